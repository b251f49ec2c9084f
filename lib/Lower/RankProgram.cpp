//===- RankProgram.cpp - Compiles and runs one device's program -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Lower/RankProgram.h"
#include "SeededValues.h"
#include "dagrt/Lower/ExtractRank.h"
#include "dagrt/Lower/Parameters.h"
#include "dagrt/Lower/Pipelines.h"
#include "dagrt/Lower/PlacedArray.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace dagrt;

namespace {
/// An argument or result of the compiled function.
struct Slot {
  int64_t number = 0; ///< In the placed function.
  Placement placement;
  RankedTensorType local;

  /// Place of a physical device in the mesh.
  int64_t getPlace(int64_t device) const {
    ArrayRef<int64_t> devices = placement.layout->getMesh().getDevices();
    return llvm::find(devices, device) - devices.begin();
  }
};
} // namespace

struct RankProgram::State {
  OwningOpRef<ModuleOp> placed, lowered;
  func::FuncOp func; ///< In `placed`, its parameters arguments.
  int64_t device = 0;
  uint64_t seed = 0;
  std::vector<Array> inputs; ///< Global, of arguments that are no parameters.
  std::vector<Slot> arguments, results;
  std::vector<Buffer> buffers; ///< Of arguments, then of results.
  std::unique_ptr<CompiledModule> compiled;
};

RankProgram::RankProgram() : state(std::make_unique<State>()) {}
RankProgram::~RankProgram() = default;

//===----------------------------------------------------------------------===//
// Compilation
//===----------------------------------------------------------------------===//

/// A copy of the module of `func` that has no other functions, and the copy of `func`.
static std::pair<OwningOpRef<ModuleOp>, func::FuncOp> cloneAlone(func::FuncOp func) {
  OwningOpRef<ModuleOp> module = func->getParentOfType<ModuleOp>().clone();
  auto copy = module->lookupSymbol<func::FuncOp>(func.getSymName());
  for (auto other : llvm::make_early_inc_range(module->getOps<func::FuncOp>()))
    if (other != copy)
      other.erase();
  return {std::move(module), copy};
}

/// Lowers the function of one device to the LLVM dialect.
static LogicalResult lower(ModuleOp module, StringRef name, double memoryLimit) {
  DagrtToLLVMOptions options;
  auto toBuffers = PassManager::on<ModuleOp>(module.getContext());
  buildDagrtToBuffersPipeline(toBuffers, options);
  if (failed(toBuffers.run(module)))
    return failure();
  auto func = module.lookupSymbol<func::FuncOp>(name);
  if (failed(checkMemory(func.getLoc(), "run compiled", estimateBufferMemory(func), memoryLimit)))
    return failure();
  // The runtime takes memrefs of any shape, which have no bare pointers; who calls the program has.
  func->setAttr("llvm.bareptr", UnitAttr::get(module.getContext()));
  auto toLLVM = PassManager::on<ModuleOp>(module.getContext());
  buildBuffersToLLVMPipeline(toLLVM, /*barePointers=*/false);
  return toLLVM.run(module);
}

FailureOr<std::unique_ptr<RankProgram>> RankProgram::compile(func::FuncOp func, int64_t device,
                                                             const CompiledRunOptions &options) {
  if (failed(checkRunsOnRanks(func)) || failed(checkSignature(func)))
    return failure();
  DialectRegistry registry;
  registerLoweringDialects(registry);
  MLIRContext *context = func.getContext();
  context->appendDialectRegistry(registry);
  context->loadDialect<arith::ArithDialect, bufferization::BufferizationDialect,
                       linalg::LinalgDialect, memref::MemRefDialect, tensor::TensorDialect>();
  std::unique_ptr<RankProgram> program(new RankProgram());
  State &state = *program->state;
  state.device = device;
  state.seed = options.seed;
  state.inputs = makeInputs(func, options);
  std::tie(state.placed, state.func) = cloneAlone(func);
  if (failed(hoistParameters(state.func)))
    return failure();
  func::FuncOp local;
  std::tie(state.lowered, local) = cloneAlone(state.func);
  FailureOr<func::FuncOp> extracted = extractRank(local, device, {options.toF64, /*useGemm=*/true});
  if (failed(extracted))
    return failure();

  auto getSlot = [&](Attribute number, Type placed, Type local) -> Slot {
    return {cast<IntegerAttr>(number).getInt(),
            Placement::get(state.func, cast<RankedTensorType>(placed)),
            cast<RankedTensorType>(local)};
  };
  for (auto [i, type] : llvm::enumerate(extracted->getArgumentTypes())) {
    auto number = extracted->getArgAttrOfType<IntegerAttr>(i, kArgumentAttrName);
    state.arguments.push_back(
        getSlot(number, state.func.getArgumentTypes()[number.getInt()], type));
  }
  for (auto [i, type] : llvm::enumerate(extracted->getResultTypes())) {
    auto number = extracted->getResultAttrOfType<IntegerAttr>(i, kResultAttrName);
    state.results.push_back(getSlot(number, state.func.getResultTypes()[number.getInt()], type));
  }
  // The translation to LLVM warns of attributes that it does not know.
  extracted->removeArgAttrsAttr();
  extracted->removeResAttrsAttr();
  if (failed(lower(*state.lowered, state.func.getSymName(), options.memoryLimit)))
    return failure();
  auto compiled = CompiledModule::compile(*state.lowered, options.jit);
  if (failed(compiled))
    return failure();
  state.compiled = std::move(*compiled);
  return program;
}

//===----------------------------------------------------------------------===//
// Execution
//===----------------------------------------------------------------------===//

/// The device's shard of an input; padding is zero.
static Array cutShard(const Array &global, const Placement &placement, int64_t place) {
  return fillShard(placement, place, [&](ArrayRef<int64_t> index, bool isReal) {
    return isReal ? global.at(index) : 0;
  });
}

LogicalResult RankProgram::prepare() {
  std::vector<Buffer> &buffers = state->buffers;
  for (const Slot &slot : state->arguments) {
    auto parameter = getHoistedParameter(state->func, slot.number);
    if (failed(parameter))
      return failure();
    int64_t place = slot.getPlace(state->device);
    Array array = *parameter ? makeShard(**parameter, slot.placement, place, state->seed)
                             : cutShard(state->inputs[slot.number], slot.placement, place);
    buffers.emplace_back(slot.local.getElementType(), slot.local.getNumElements());
    buffers.back().store(array.elements, 0);
  }
  for (const Slot &slot : state->results)
    buffers.emplace_back(slot.local.getElementType(), slot.local.getNumElements());
  return state->compiled->prepare(state->func.getSymName());
}

FailureOr<std::vector<ResultShard>> RankProgram::run() {
  SmallVector<void *> pointers;
  for (Buffer &buffer : state->buffers)
    pointers.push_back(buffer.data());
  if (failed(state->compiled->call(state->func.getSymName(), pointers)))
    return failure();
  std::vector<ResultShard> results;
  for (auto [i, slot] : llvm::enumerate(state->results)) {
    results.push_back({slot.number, Array(slot.local.getShape())});
    state->buffers[state->arguments.size() + i].load(results.back().array.elements, 0);
  }
  return results;
}

FailureOr<std::vector<Array>> dagrt::joinResults(func::FuncOp func, ArrayRef<int64_t> devices,
                                                 ArrayRef<std::vector<ResultShard>> shards,
                                                 double tolerance) {
  std::vector<PlacedArray> values;
  for (Type type : func.getResultTypes())
    values.push_back(PlacedArray::getZeros(Placement::get(func, cast<RankedTensorType>(type))));
  for (auto [device, ofDevice] : llvm::zip_equal(devices, shards))
    for (const ResultShard &shard : ofDevice) {
      PlacedArray &value = values[shard.number];
      ArrayRef<int64_t> mesh = value.placement.layout->getMesh().getDevices();
      value.locals[llvm::find(mesh, device) - mesh.begin()] = shard.array;
    }
  std::vector<Array> results;
  auto terminator = cast<func::ReturnOp>(func.getBody().front().getTerminator());
  for (auto [i, value] : llvm::enumerate(values))
    if (failed(collectResult(terminator, i, std::move(value), tolerance, results.emplace_back())))
      return failure();
  return results;
}

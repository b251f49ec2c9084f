//===- RunCompiled.cpp - Lowers, compiles and runs a program -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The program is lowered to buffers in a copy of its module, measured, lowered on and compiled. Its
// arguments are filled as the evaluator's are: each device's part of an input, and each device's
// shard of a weight by the weight's name.
//
//===----------------------------------------------------------------------===//

#include "SeededValues.h"
#include "dagrt/Lower/Jit.h"
#include "dagrt/Lower/Parameters.h"
#include "dagrt/Lower/Pipelines.h"
#include "dagrt/Lower/PlacedArray.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/SymbolTable.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static double getBytes(MemRefType type) {
  // Shapes of reshapes have index elements, which are 64 bits here.
  Type element = type.getElementType();
  double bytes = element.isIndex() ? 8 : std::max(element.getIntOrFloatBitWidth() / 8, 1u);
  for (int64_t size : type.getShape())
    bytes *= static_cast<double>(size);
  return bytes;
}

/// The peak of what the functions allocate, found once for each.
static double getPeak(func::FuncOp func, llvm::DenseMap<Operation *, double> &peaks) {
  if (auto known = peaks.find(func); known != peaks.end())
    return known->second;
  peaks[func] = 0;
  double bytes = 0, peak = 0;
  func.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (auto alloc = dyn_cast<memref::AllocOp>(op)) {
      bytes += getBytes(alloc.getType());
      peak = std::max(peak, bytes);
    } else if (auto dealloc = dyn_cast<memref::DeallocOp>(op)) {
      if (auto alloc = dealloc.getMemref().getDefiningOp<memref::AllocOp>())
        bytes -= getBytes(alloc.getType());
    } else if (auto call = dyn_cast<func::CallOp>(op)) {
      auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(op, call.getCalleeAttr());
      if (callee && !callee.isExternal())
        peak = std::max(peak, bytes + getPeak(callee, peaks));
    }
  });
  return peaks[func] = peak;
}

double dagrt::estimateBufferMemory(func::FuncOp func) {
  double bytes = 0;
  for (Type type : func.getArgumentTypes())
    if (auto buffer = dyn_cast<MemRefType>(type))
      bytes += getBytes(buffer);
  llvm::DenseMap<Operation *, double> peaks;
  return bytes + getPeak(func, peaks);
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

/// A module of `func`, what it calls and the meshes.
static OwningOpRef<ModuleOp> isolate(func::FuncOp func) {
  auto module = func->getParentOfType<ModuleOp>();
  SmallVector<Operation *> reached{func};
  SymbolTable symbols(module);
  for (size_t next = 0; next < reached.size(); ++next)
    reached[next]->walk([&](func::CallOp call) {
      Operation *callee = symbols.lookup(call.getCallee());
      if (callee && !llvm::is_contained(reached, callee))
        reached.push_back(callee);
    });
  OwningOpRef<ModuleOp> isolated = ModuleOp::create(module.getLoc());
  OpBuilder builder = OpBuilder::atBlockEnd(isolated->getBody());
  for (Operation &op : *module.getBody())
    if (isa<MeshOp>(op) || llvm::is_contained(reached, &op))
      builder.clone(op);
  cast<func::FuncOp>(isolated->lookupSymbol(func.getSymNameAttr())).setPublic();
  return isolated;
}

namespace {
/// What goes into a function or comes out of it.
struct Port {
  Placement placement;
  Type elementType;                       ///< In compiled code.
  std::optional<ParameterInfo> parameter; ///< Of an argument that is a weight.

  Port(func::FuncOp func, Type type, bool toF64)
      : placement(Placement::get(func, cast<RankedTensorType>(type))),
        elementType(cast<RankedTensorType>(type).getElementType()) {
    if (toF64 && isa<FloatType>(elementType))
      elementType = Float64Type::get(type.getContext());
  }

  int64_t getLocalElements() const { return getNumElements(placement.localShape); }
  Buffer makeBuffer() const {
    return Buffer(elementType, placement.getNumDevices() * getLocalElements());
  }
};
} // namespace

/// The arguments of `func`, which has its parameters hoisted, then its results.
static FailureOr<std::vector<Port>> getPorts(func::FuncOp func, bool toF64) {
  std::vector<Port> ports;
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes())) {
    FailureOr<std::optional<ParameterInfo>> parameter = getHoistedParameter(func, i);
    if (failed(parameter))
      return failure();
    ports.emplace_back(func, type, toF64).parameter = *parameter;
  }
  for (Type type : func.getResultTypes())
    ports.emplace_back(func, type, toF64);
  for (const Port &port : ports)
    if (!Buffer::canHold(port.elementType))
      return func.emitOpError() << "expects elements of f64, f32, f16, bf16 or integers to run "
                                   "compiled, got "
                                << port.elementType << "; in f64 any float runs";
  return ports;
}

/// Compiled code has a stack, which a function that calls itself has no condition to leave.
static LogicalResult checkCallsEnd(func::FuncOp func, SmallVectorImpl<Operation *> &callers,
                                   llvm::DenseSet<Operation *> &checked) {
  if (llvm::is_contained(callers, func))
    return func.emitOpError() << "expects a function that does not call itself to run it compiled";
  if (!checked.insert(func).second)
    return success();
  callers.push_back(func);
  WalkResult result = func.walk([&](func::CallOp call) {
    auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(call, call.getCalleeAttr());
    return callee ? WalkResult(checkCallsEnd(callee, callers, checked)) : WalkResult::advance();
  });
  callers.pop_back();
  return failure(result.wasInterrupted());
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

static Buffer fill(const Port &port, const PlacedArray &value) {
  Buffer buffer = port.makeBuffer();
  for (auto [device, local] : llvm::enumerate(value.locals))
    buffer.store(local.elements, device * port.getLocalElements());
  return buffer;
}

/// The global array of a result; a sum not yet reduced is reduced, as the evaluator does.
static FailureOr<Array> collect(const Port &port, const Buffer &buffer, double tolerance,
                                Location loc, size_t number) {
  PlacedArray value = PlacedArray::getZeros(port.placement);
  for (auto [device, local] : llvm::enumerate(value.locals))
    buffer.load(local.elements, device * port.getLocalElements());
  if (port.placement.isPlaced() && port.placement.layout->isPartial())
    value = allReduce(value, port.placement.layout->getPartial(), port.placement);
  Array global;
  std::optional<ReplicaMismatch> mismatch = gather(value, tolerance, global);
  if (!mismatch)
    return global;
  return emitError(loc) << "expects all replicas of result #" << number << " to agree, got "
                        << llvm::formatv("{0:e6} on device {1} and {2:e6} on device {3}",
                                         mismatch->first, mismatch->firstDevice, mismatch->second,
                                         mismatch->secondDevice)
                               .str();
}

/// What a compiled function needs beside its code: the placements of what goes in and comes out
/// refer to the meshes of `module`.
struct CompiledFunction::Program {
  OwningOpRef<ModuleOp> module;
  std::string name;
  Location loc;
  CompiledRunOptions options;
  size_t numArguments = 0;
  std::vector<Port> ports;
  std::unique_ptr<CompiledModule> code;

  explicit Program(func::FuncOp func, const CompiledRunOptions &options)
      : name(func.getSymName()), loc(func.getLoc()), options(options) {}

  LogicalResult compile(func::FuncOp func);
};

CompiledFunction::CompiledFunction(std::unique_ptr<Program> program)
    : program(std::move(program)) {}
CompiledFunction::~CompiledFunction() = default;

LogicalResult CompiledFunction::Program::compile(func::FuncOp func) {
  MLIRContext *context = func.getContext();
  module = isolate(func);
  auto isolated = cast<func::FuncOp>(module->lookupSymbol(name));
  if (failed(hoistParameters(isolated)))
    return failure();
  FailureOr<std::vector<Port>> found = getPorts(isolated, options.toF64);
  if (failed(found))
    return failure();
  ports = std::move(*found);
  numArguments = isolated.getNumArguments();

  DagrtToLLVMOptions lowering;
  lowering.elementType = options.toF64 ? ElementTypes::F64 : ElementTypes::Model;
  auto toBuffers = PassManager::on<ModuleOp>(context), toLLVM = PassManager::on<ModuleOp>(context);
  buildDagrtToBuffersPipeline(toBuffers, lowering);
  buildBuffersToLLVMPipeline(toLLVM);
  // Placements refer to the meshes, which lowering takes away.
  OwningOpRef<ModuleOp> lowered = module->clone();
  if (failed(toBuffers.run(*lowered)))
    return failure();
  auto onBuffers = cast<func::FuncOp>(lowered->lookupSymbol(name));
  if (failed(
          checkMemory(loc, "run compiled", estimateBufferMemory(onBuffers), options.memoryLimit)) ||
      failed(toLLVM.run(*lowered)))
    return failure();
  FailureOr<std::unique_ptr<CompiledModule>> compiled =
      CompiledModule::compile(*lowered, options.jit);
  if (failed(compiled))
    return failure();
  code = std::move(*compiled);
  return success();
}

FailureOr<std::unique_ptr<CompiledFunction>>
CompiledFunction::compile(func::FuncOp func, const CompiledRunOptions &options) {
  SmallVector<Operation *> callers;
  llvm::DenseSet<Operation *> checked;
  if (failed(checkSignature(func)) || failed(checkCallsEnd(func, callers, checked)))
    return failure();
  DialectRegistry registry;
  registerLoweringDialects(registry);
  func.getContext()->appendDialectRegistry(registry);
  auto program = std::make_unique<Program>(func, options);
  if (failed(program->compile(func)))
    return failure();
  return std::unique_ptr<CompiledFunction>(new CompiledFunction(std::move(program)));
}

FailureOr<std::vector<Array>> CompiledFunction::run(ArrayRef<Array> inputs) {
  const std::vector<Port> &ports = program->ports;
  std::vector<Buffer> buffers;
  const Array *input = inputs.begin();
  for (auto [i, port] : llvm::enumerate(ports)) {
    if (i >= program->numArguments)
      buffers.push_back(port.makeBuffer());
    else if (port.parameter)
      buffers.push_back(
          fill(port, makeParameter(*port.parameter, port.placement, program->options.seed)));
    else
      buffers.push_back(fill(port, scatter(*input++, port.placement)));
  }
  SmallVector<void *> pointers;
  for (Buffer &buffer : buffers)
    pointers.push_back(buffer.data());
  if (failed(program->code->call(program->name, pointers)))
    return failure();

  std::vector<Array> results;
  for (size_t i = program->numArguments; i < ports.size(); ++i) {
    FailureOr<Array> result = collect(ports[i], buffers[i], program->options.replicaTolerance,
                                      program->loc, i - program->numArguments);
    if (failed(result))
      return failure();
    results.push_back(std::move(*result));
  }
  return results;
}

FailureOr<std::vector<Array>> dagrt::runCompiled(func::FuncOp func, ArrayRef<Array> inputs,
                                                 const CompiledRunOptions &options) {
  FailureOr<std::unique_ptr<CompiledFunction>> compiled = CompiledFunction::compile(func, options);
  if (failed(compiled))
    return failure();
  return (*compiled)->run(inputs);
}

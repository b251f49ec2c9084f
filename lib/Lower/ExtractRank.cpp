//===- ExtractRank.cpp - The program of one device -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One walk over the placed function. An op of a mesh that the device belongs to is cloned with the
// device's shapes; what depends on the device becomes a constant or a slice; communication becomes
// calls of the runtime. All devices walk the same ops in the same order and number the same
// messages, so each message has one tag on both sides, and no rank waits for a message that a later
// op sends: a receive is posted where the message is defined, and no send blocks.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Lower/ExtractRank.h"
#include "EmptyTensors.h"
#include "RankExtractor.h"
#include "dagrt/Lower/LowerInterfaces.h"
#include "dagrt/Lower/Parameters.h"
#include "dagrt/Lower/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"

#include <set>

namespace dagrt {
#define GEN_PASS_DEF_EXTRACTRANKPASS
#include "dagrt/Lower/Passes.h.inc"
} // namespace dagrt

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

// Collectives are written as messages between all pairs of devices.
constexpr size_t kMostRanks = 1024;

/// A static placed tensor of numbers that ranks can send. `what` names the value.
static LogicalResult checkType(Operation *op, Type type, const Twine &what,
                               SymbolTableCollection &symbols) {
  RankedTensorType tensor = getCarriedType(type);
  if (!tensor || !getDist(tensor))
    return op->emitOpError() << "expects " << what << " to be placed to run it on ranks, got "
                             << type << "; partition the program first";
  if (!tensor.hasStaticShape() || ShapedType::isDynamicShape(getGlobalShape(tensor)))
    return op->emitOpError() << "expects " << what << " to have a static shape to run it on ranks, "
                             << "got " << type
                             << "; give named sizes numbers with --dagrt-bind-sizes, or import the "
                                "model with numbers";
  if (!hasRuntimeCalls(tensor.getElementType()))
    return op->emitOpError() << "expects " << what
                             << " to have elements of 64, 32 or 16 bits that ranks can send, got "
                             << type;
  return verifyPlacedType(op, tensor, what, symbols);
}

/// A device runs an op with operands that it holds: only messages cross meshes.
static LogicalResult checkOneMesh(Operation *op) {
  auto isMessage = [](Type type) { return isa<MessageType>(type); };
  if (isa<func::ReturnOp>(op) || llvm::any_of(op->getResultTypes(), isMessage) ||
      llvm::any_of(op->getOperandTypes(), isMessage))
    return success();
  if (op->getNumResults() == 0)
    return op->emitError() << "expects an op with results to run it on ranks, got '"
                           << op->getName() << "' with none";
  FlatSymbolRefAttr mesh = getDist(getCarriedType(op->getResultTypes().front())).getMesh();
  for (auto [i, type] : llvm::enumerate(op->getResultTypes()))
    if (getDist(getCarriedType(type)).getMesh() != mesh)
      return op->emitOpError() << "expects result #" << i << " on the mesh of result #0, '" << mesh
                               << "', to run it on ranks, got " << type;
  for (auto [i, type] : llvm::enumerate(op->getOperandTypes())) {
    RankedTensorType tensor = getCarriedType(type);
    DistAttr dist = tensor ? getDist(tensor) : DistAttr();
    if (!dist || dist.getMesh() != mesh)
      return op->emitOpError() << "expects operand #" << i << " on the mesh of its result, '"
                               << mesh << "', to run it on ranks, got " << type;
  }
  return success();
}

static LogicalResult checkOp(Operation *op, SymbolTableCollection &symbols) {
  if (op->getNumRegions() != 0)
    return op->emitError() << "expects an op without regions to run it on ranks, got '"
                           << op->getName() << '\'';
  for (auto [i, type] : llvm::enumerate(op->getResultTypes()))
    if (failed(checkType(op, type, "result #" + Twine(i), symbols)))
      return failure();
  auto own = dyn_cast<RankExtractionOpInterface>(op);
  if (own && failed(own.verifyRunsOnRanks()))
    return failure();
  return checkOneMesh(op);
}

LogicalResult dagrt::checkRunsOnRanks(func::FuncOp func) {
  if (!func.getBody().hasOneBlock())
    return func.emitOpError() << "expects a body of one block to run it on ranks, got "
                              << llvm::range_size(func.getBody()) << " blocks";
  SymbolTableCollection symbols;
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes())) {
    if (isa<MessageType>(type))
      return func.emitOpError() << "expects argument #" << i << " to be a value, got " << type;
    if (failed(checkType(func, type, "argument #" + Twine(i), symbols)))
      return failure();
  }
  for (Operation &op : func.getBody().front())
    if (failed(checkOp(&op, symbols)))
      return failure();
  size_t ranks = getRankDevices(func).size();
  if (ranks > kMostRanks)
    return func.emitOpError() << "expects at most " << kMostRanks
                              << " devices to run it on ranks, got " << ranks;
  return success();
}

SmallVector<int64_t> dagrt::getRankDevices(func::FuncOp func) {
  std::set<int64_t> devices;
  llvm::DenseSet<Attribute> seen;
  auto add = [&](Type type) {
    DistAttr dist = getDist(getCarriedType(type));
    if (!dist || !seen.insert(dist.getMesh()).second)
      return;
    if (MeshOp mesh = lookupMesh(func, dist.getMesh()))
      devices.insert(mesh.getDevices().begin(), mesh.getDevices().end());
  };
  llvm::for_each(func.getArgumentTypes(), add);
  func.walk([&](Operation *op) { llvm::for_each(op->getResultTypes(), add); });
  return SmallVector<int64_t>(devices.begin(), devices.end());
}

//===----------------------------------------------------------------------===//
// Extraction
//===----------------------------------------------------------------------===//

void RankExtractor::extract(Operation *op) {
  auto own = dyn_cast<RankExtractionOpInterface>(op);
  SmallVector<Value> results = own ? own.extractRank(*this) : extractCompute(op);
  if (!results.empty())
    mapping.map(op->getResults(), results);
}

/// The values of the device, each with its number among all results.
void RankExtractor::extractReturn(func::ReturnOp op) {
  SmallVector<Value> results;
  SmallVector<DictionaryAttr> attributes;
  for (auto [i, operand] : llvm::enumerate(op.getOperands())) {
    Value value = mapping.lookupOrNull(operand);
    if (!value)
      continue;
    results.push_back(value);
    attributes.push_back(builder.getDictionaryAttr(
        builder.getNamedAttr(kResultAttrName, builder.getI64IntegerAttr(i))));
  }
  func::ReturnOp::create(builder, loc, results);
  local.setFunctionType(
      builder.getFunctionType(local.getArgumentTypes(), ValueRange(results).getTypes()));
  local.setAllResultAttrs(attributes);
}

LogicalResult RankExtractor::run() {
  for (auto [i, argument] : llvm::enumerate(placed.getArguments())) {
    if (!findPlace(argument.getType()))
      continue;
    unsigned position = local.getNumArguments();
    NamedAttrList attributes(placed.getArgAttrDict(i));
    attributes.set(kArgumentAttrName, builder.getI64IntegerAttr(i));
    if (failed(local.insertArgument(
            position, getLocalType(cast<RankedTensorType>(argument.getType())),
            attributes.getDictionary(builder.getContext()), argument.getLoc())))
      return failure();
    mapping.map(argument, local.getArgument(position));
  }
  for (Operation &op : placed.getBody().front()) {
    loc = op.getLoc();
    if (auto terminator = dyn_cast<func::ReturnOp>(op))
      extractReturn(terminator);
    else
      extract(&op);
    ++number;
  }
  return success();
}

FailureOr<func::FuncOp> dagrt::extractRank(func::FuncOp func, int64_t device,
                                           ExtractRankOptions options) {
  if (failed(hoistParameters(func)) || failed(checkRunsOnRanks(func)))
    return failure();
  SmallVector<int64_t> devices = getRankDevices(func);
  if (!llvm::is_contained(devices, device)) {
    InFlightDiagnostic error = func.emitOpError() << "expects a device that runs it, of [";
    llvm::interleaveComma(devices, error);
    return error << "], got " << device;
  }
  // No rank sends what has no elements.
  replaceEmptyTensors(func);
  OpBuilder builder(func);
  auto local = func::FuncOp::create(builder, func.getLoc(), func.getSymName(),
                                    builder.getFunctionType({}, {}));
  local.setVisibility(func.getVisibility());
  if (failed(RankExtractor(func, local, device, options).run())) {
    local.erase();
    return failure();
  }
  func.erase();
  return local;
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

/// How much of the device's program is calls of the runtime.
static void emitTotals(func::FuncOp local, int64_t device) {
  int64_t ops = 0, calls = 0;
  local.walk([&](Operation *op) {
    ++ops;
    calls += isa<func::CallOp>(op);
  });
  remark::analysis(local.getLoc(), remark::RemarkOpts::name("RankExtracted")
                                       .category("extract-rank")
                                       .function(local.getSymName()))
      << remark::add("device {0} runs {1} ops, of which {2} call the runtime", device, ops, calls)
      << remark::metric("Ops", ops) << remark::metric("RuntimeCalls", calls);
}

namespace {
struct ExtractRank final : dagrt::impl::ExtractRankPassBase<ExtractRank> {
  using ExtractRankPassBase::ExtractRankPassBase;

  void runOnOperation() override {
    ExtractRankOptions rankOptions;
    rankOptions.toF64 = elementType == ElementTypes::F64;
    rankOptions.useGemm = gemm == MatmulLowering::Blas;
    bool holdsDeclarations = false;
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp func : functions) {
      holdsDeclarations |= func.isExternal();
      if (func.isExternal())
        continue;
      FailureOr<func::FuncOp> local = extractRank(func, device, rankOptions);
      if (failed(local))
        return signalPassFailure();
      emitTotals(*local, device);
    }
    // Types name meshes; none is left, but in declarations.
    if (!holdsDeclarations)
      for (MeshOp mesh : llvm::make_early_inc_range(getOperation().getOps<MeshOp>()))
        mesh.erase();
  }
};
} // namespace

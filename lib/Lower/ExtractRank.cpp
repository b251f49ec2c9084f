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
// messages, so each message has one tag on both sides, and nobody waits for a message that a later
// op sends: a receive is posted where the message is defined, and no send blocks.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Lower/ExtractRank.h"
#include "EmptyTensors.h"
#include "RankExtractor.h"
#include "dagrt/Lower/Parameters.h"
#include "dagrt/Lower/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"

#include "llvm/ADT/TypeSwitch.h"

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

// Collectives are written as messages between all pairs of devices, and positions as constants.
constexpr size_t kMostRanks = 1024;
constexpr int64_t kMostPositions = 1 << 24;

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
  if (isa<SendOp, RecvOp, func::ReturnOp>(op))
    return success();
  if (op->getNumResults() == 0)
    return op->emitError() << "expects an op of one result to run it on ranks, got '"
                           << op->getName() << "' with none";
  FlatSymbolRefAttr mesh = getDist(getCarriedType(op->getResult(0).getType())).getMesh();
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
  if (op->getNumRegions() != 0 || op->getNumResults() > 1)
    return op->emitError() << "expects an op without regions and of one result to run it on ranks, "
                           << "got '" << op->getName() << '\'';
  for (auto [i, type] : llvm::enumerate(op->getResultTypes()))
    if (failed(checkType(op, type, "result #" + Twine(i), symbols)))
      return failure();
  auto constant = dyn_cast<arith::ConstantOp>(op);
  if (constant && !isa<DenseIntOrFPElementsAttr>(constant.getValue()))
    return op->emitOpError() << "expects dense elements to run it on ranks, got "
                             << constant.getValue();
  auto recv = dyn_cast<RecvOp>(op);
  if (recv && !recv.getMessage().getDefiningOp<SendOp>())
    return op->emitOpError() << "expects a message that 'dagrt.send' defines to run it on ranks";
  auto positions = dyn_cast<PositionsOp>(op);
  if (positions && getGlobalShape(positions.getType())[0] > kMostPositions)
    return op->emitOpError() << "expects at most " << kMostPositions
                             << " positions to run it on ranks, got " << positions.getType();
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

RankExtractor::RankExtractor(func::FuncOp placed, func::FuncOp local, int64_t device,
                             const ExtractRankOptions &options)
    : placed(placed), local(local), device(device), options(options),
      builder(OpBuilder::atBlockEnd(local.addEntryBlock())), calls(builder, local),
      loc(placed.getLoc()) {
  for (auto [rank, id] : llvm::enumerate(getRankDevices(placed)))
    ranks[id] = static_cast<int64_t>(rank);
}

Type RankExtractor::convert(Type elementType) const {
  return options.toF64 && isa<FloatType>(elementType) ? Float64Type::get(elementType.getContext())
                                                      : elementType;
}

RankedTensorType RankExtractor::getLocalType(RankedTensorType type) const {
  return RankedTensorType::get(type.getShape(), convert(type.getElementType()));
}

/// The device's place in the mesh of a value; none if it holds no part of it.
std::optional<int64_t> RankExtractor::findPlace(Type type) {
  return PlacedType(placed, getCarriedType(type)).findDevice(device);
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

/// An op that computes a device's result from that device's operands.
FailureOr<Value> RankExtractor::extractCompute(Operation *op) {
  if (op->getNumResults() == 0 || !findPlace(op->getResult(0).getType()))
    return Value();
  calls.begin(number);
  auto lookup = dyn_cast<EmbeddingOp>(op);
  auto matmul = dyn_cast<MatmulOp>(op);
  Value result;
  if (lookup && lookup.getShard()) {
    result = extractLookup(lookup);
  } else if (matmul && options.useGemm && hasGemm(convert(matmul.getType().getElementType()))) {
    result = multiply(getOperand(op, 0), getOperand(op, 1), matmul.getContract(),
                      getLocalType(matmul.getType()));
  } else {
    SmallVector<Value> operands;
    for (unsigned i = 0, e = op->getNumOperands(); i < e; ++i)
      operands.push_back(getOperand(op, i));
    Operation *copy = builder.clone(*op);
    copy->setOperands(operands);
    result = copy->getResult(0);
    result.setType(getLocalType(cast<RankedTensorType>(result.getType())));
    // In global numbers there are as many queries as keys but for `past`; a device has fewer.
    if (auto attention = dyn_cast<AttentionOp>(copy)) {
      int64_t queries = attention.getQuery().getType().getDimSize(1);
      int64_t keys = attention.getKey().getType().getDimSize(1);
      if (keys < queries)
        return op->emitOpError() << "expects at least as many keys as queries on a device to run "
                                 << "it on ranks, got " << keys << " keys and " << queries
                                 << " queries";
      attention.setPast(keys - queries);
    }
  }
  calls.end(number);
  return result;
}

LogicalResult RankExtractor::extract(Operation *op) {
  bool ok = true;
  Value result =
      TypeSwitch<Operation *, Value>(op)
          .Case([&](PositionsOp op) { return extractPositions(op); })
          .Case([&](AlibiSlopesOp op) { return extractSlopes(op); })
          .Case([&](AxisIndexOp op) { return extractAxisIndex(op); })
          .Case([&](arith::ConstantOp op) { return extractConstant(op); })
          .Case([&](AllReduceOp op) { return extractAllReduce(op); })
          .Case([&](ReduceScatterOp op) { return extractCollective(op, op.getAxes(), true); })
          .Case<AllGatherOp, AllToAllOp>(
              [&](auto op) { return extractCollective(op, op.getAxes(), false); })
          .Case([&](ShiftOp op) {
            AxesAttr axes = getDist(op.getOperand().getType()).getDims()[op.getDim()];
            return extractCollective(op, axes, false);
          })
          .Case([&](AllSliceOp op) { return extractAllSlice(op); })
          .Case([&](RecvOp op) { return extractRecv(op); })
          .Case([&](MatmulStepOp op) { return extractMatmulStep(op); })
          .Case([&](MatmulJoinOp op) { return extractJoin(op); })
          .Case([&](SendOp op) {
            extractSend(op);
            return Value();
          })
          .Default([&](Operation *op) {
            FailureOr<Value> result = extractCompute(op);
            ok = succeeded(result);
            return ok ? *result : Value();
          });
  if (result)
    mapping.map(op->getResult(0), result);
  return success(ok);
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
    else if (failed(extract(&op)))
      return failure();
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

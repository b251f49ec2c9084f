//===- Communication.cpp - Collectives and messages -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A collective looks at the devices of its group and at no others: its axes are dims of their own,
// and only those are summed, or exchanged with a dim of the local array. A rotated axis holds
// shard `i + r` at device `i`; it is turned back before its shards are joined, and on after they
// are sliced. Only a message goes through the global value.
//
// On ranks a collective is the messages of its pieces, and a message those of its boxes.
//
//===----------------------------------------------------------------------===//

#include "../RankExtractor.h"
#include "../ToLinalg/MeshFactors.h"
#include "../ToLinalg/Patterns.h"
#include "ArrayArithmetic.h"
#include "Models.h"
#include "dagrt/IR/MatmulStep.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <numeric>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

static PlacedArray evaluateAllReduce(AllReduceOp op, PlacedOperands x, Placement placement,
                                     uint64_t) {
  return allReduce(*x[0], op.getAxes(), std::move(placement));
}

/// all_gather and all_to_all.
template <typename OpT>
static PlacedArray evaluateExchange(OpT op, PlacedOperands x, Placement placement, uint64_t) {
  return exchange(*x[0], op.getAxes(), std::move(placement));
}

static PlacedArray evaluateReduceScatter(ReduceScatterOp op, PlacedOperands x, Placement placement,
                                         uint64_t) {
  return reduceScatter(*x[0], op.getAxes(), std::move(placement));
}

static PlacedArray evaluateAllSlice(AllSliceOp, PlacedOperands x, Placement placement, uint64_t) {
  return cutOwn(*x[0], std::move(placement));
}

static PlacedArray evaluateShift(ShiftOp op, PlacedOperands x, Placement placement, uint64_t) {
  AxisRefAttr axis = placement.layout->getDim(op.getDim()).getAxes()[0];
  return shift(*x[0], axis.getName(), op.getBy(), std::move(placement));
}

static PlacedArray evaluateSend(SendOp, PlacedOperands x, Placement placement, uint64_t) {
  return transfer(*x[0], std::move(placement));
}

static PlacedArray evaluateRecv(RecvOp op, PlacedOperands operands, Placement placement, uint64_t) {
  const PlacedArray &message = *operands[0];
  if (!op.getPiece())
    return message;
  PlacedArray result(std::move(placement));
  int64_t dim = *op.getDim(), offset = getPieceRange(op).begin;
  for (const Array &local : message.locals)
    result.locals.push_back(sliceAlong(local, dim, offset, result.placement.localShape));
  return result;
}

//===----------------------------------------------------------------------===//
// Ranks
//===----------------------------------------------------------------------===//

/// all_gather, all_to_all, shift; reduce_scatter, where pieces are terms of a sum.
static Value extractCollective(CollectiveOpInterface op, AxesAttr axes, bool sums,
                               RankExtractor &rank) {
  std::vector<RankPiece> pieces =
      getCollectivePieces(rank.getLayout(op.getSource()), rank.getLayout(op.getTarget()), axes);
  int64_t firstTag = rank.nextTag;
  rank.nextTag += pieces.size();
  if (!rank.findPlace(op.getTarget().getType()))
    return {};
  RankedTensorType type = rank.getLocalType(getCarriedType(op.getTarget().getType()));
  rank.calls.begin(rank.number);
  rank.exchange(pieces, firstTag, rank.mapping.lookup(op.getSource()), type.getElementType());
  Value target = rank.makeTarget(pieces, type, sums);
  for (auto [i, piece] : llvm::enumerate(pieces)) {
    if (piece.receiver != rank.device)
      continue;
    int64_t peer = rank.getRank(piece.sender), tag = firstTag + static_cast<int64_t>(i);
    if (sums)
      rank.calls.accumulate(peer, tag, target, piece.target, type.getElementType());
    else
      rank.calls.receive(peer, tag, target, piece.target);
  }
  Value result = rank.calls.getTensor(target);
  if (result.getType() != type)
    result = arith::TruncFOp::create(rank.builder, rank.loc, type, result);
  rank.calls.end(rank.number);
  return result;
}

template <typename OpT>
static Value extractExchange(OpT op, RankExtractor &rank) {
  return extractCollective(op, op.getGroupAxes(), /*sums=*/false, rank);
}

static Value extractReduceScatter(ReduceScatterOp op, RankExtractor &rank) {
  return extractCollective(op, op.getAxes(), /*sums=*/true, rank);
}

static Value extractAllReduce(AllReduceOp op, RankExtractor &rank) {
  int64_t tag = rank.nextTag;
  rank.nextTag += 2;
  std::optional<int64_t> place = rank.findPlace(op.getType());
  if (!place)
    return {};
  MeshOp mesh = rank.getLayout(op.getOperand()).getMesh();
  std::vector<SmallVector<int64_t>> peers = getPeers(mesh, op.getAxes());
  SmallVector<int64_t> group;
  for (int64_t member : peers[*place])
    group.push_back(rank.getRank(mesh.getDevices()[member]));
  RankedTensorType type = rank.getLocalType(op.getType());
  rank.calls.begin(rank.number);
  Value source = rank.calls.getBuffer(rank.mapping.lookup(op.getOperand()));
  Value target = rank.calls.makeBuffer(type.getShape(), type.getElementType(), /*zero=*/false);
  rank.calls.allReduce(group, tag, source, target);
  Value result = rank.calls.getTensor(target);
  rank.calls.end(rank.number);
  return result;
}

/// The real elements of the device's shard, and zeros behind them.
static Value extractAllSlice(AllSliceOp op, RankExtractor &rank) {
  std::optional<int64_t> place = rank.findPlace(op.getType());
  if (!place)
    return {};
  auto [source, target] =
      getOwnBox(rank.getLayout(op.getOperand()), rank.getLayout(op.getResult()), *place);
  RankedTensorType type = rank.getLocalType(op.getType());
  if (source.getNumElements() == 0)
    return arith::ConstantOp::create(rank.builder, rank.loc, rank.builder.getZeroAttr(type));
  SmallVector<OpFoldResult> offsets, sizes, steps, low, high;
  for (auto [dim, size] : llvm::enumerate(source.sizes)) {
    offsets.push_back(rank.builder.getIndexAttr(source.offsets[dim]));
    sizes.push_back(rank.builder.getIndexAttr(size));
    steps.push_back(rank.builder.getIndexAttr(1));
    low.push_back(rank.builder.getIndexAttr(0));
    high.push_back(rank.builder.getIndexAttr(type.getDimSize(dim) - size));
  }
  Value slice = tensor::ExtractSliceOp::create(
      rank.builder, rank.loc, rank.mapping.lookup(op.getOperand()), offsets, sizes, steps);
  if (slice.getType() == type)
    return slice;
  Value zero = arith::ConstantOp::create(rank.builder, rank.loc,
                                         rank.builder.getZeroAttr(type.getElementType()));
  return tensor::PadOp::create(rank.builder, rank.loc, type, slice, low, high, zero);
}

static Value extractSend(SendOp op, RankExtractor &rank) {
  auto payload = getCarriedType(op.getMessage().getType());
  std::vector<RankPiece> pieces =
      getMessagePieces(rank.getLayout(op.getOperand()), rank.getLayout(payload));
  int64_t firstTag = rank.sendTags[op] = rank.nextTag;
  rank.nextTag += pieces.size();
  bool sends = rank.findPlace(op.getOperand().getType()).has_value();
  if (sends)
    rank.calls.begin(rank.number);
  rank.exchange(pieces, firstTag, rank.mapping.lookupOrNull(op.getOperand()),
                rank.convert(payload.getElementType()));
  if (sends)
    rank.calls.end(rank.number);
  return {};
}

/// Moves a box of the payload into the piece of it that `op` receives; false if it lies in another.
/// What a sender sends is one piece: the sent value has as many shards.
static bool takePiece(RecvOp op, LocalBox &box) {
  if (!op.getPiece())
    return true;
  dagrt::Range piece = getPieceRange(op);
  int64_t &offset = box.offsets[*op.getDim()];
  if (offset < piece.begin || offset >= piece.end)
    return false;
  offset -= piece.begin;
  return true;
}

static Value extractRecv(RecvOp op, RankExtractor &rank) {
  if (!rank.findPlace(op.getType()))
    return {};
  auto send = op.getMessage().getDefiningOp<SendOp>();
  auto payload = getCarriedType(op.getMessage().getType());
  std::vector<RankPiece> pieces =
      getMessagePieces(rank.getLayout(send.getOperand()), rank.getLayout(payload));
  std::vector<std::pair<int64_t, RankPiece>> own;
  for (auto [i, piece] : llvm::enumerate(pieces))
    if (piece.receiver == rank.device && takePiece(op, piece.target))
      own.push_back({rank.sendTags[send] + static_cast<int64_t>(i), piece});
  std::vector<RankPiece> boxes;
  for (auto &[tag, piece] : own)
    boxes.push_back(piece);
  rank.calls.begin(rank.number);
  Value target = rank.makeTarget(boxes, rank.getLocalType(op.getType()), /*sums=*/false);
  for (auto &[tag, piece] : own)
    rank.calls.receive(rank.getRank(piece.sender), tag, target, piece.target);
  Value result = rank.calls.getTensor(target);
  rank.calls.end(rank.number);
  return result;
}

static LogicalResult verifyRecv(RecvOp op) {
  if (op.getMessage().getDefiningOp<SendOp>())
    return success();
  return op.emitOpError() << "expects a message that 'dagrt.send' defines to run it on ranks";
}

//===----------------------------------------------------------------------===//
// Linalg
//===----------------------------------------------------------------------===//

namespace {
/// A collective's operand with the axes of its mesh as dims, before the dims of the local array.
struct Devices {
  Devices(Emitter &emit, CollectiveOpInterface op) : emit(emit), op(op) {}

  /// Nothing if the axes do not nest.
  static std::optional<Devices> get(Emitter &emit, CollectiveOpInterface op, Value operand,
                                    AxesAttr axes) {
    Devices devices(emit, op);
    Layout source = *Layout::get(op, op.getSource().getType());
    const Layout &target = *(devices.layout = Layout::get(op, op.getTarget().getType()));
    SmallVector<AxesAttr> uses(source.getDims());
    llvm::append_range(uses, target.getDims());
    uses.append({source.getPartial(), target.getPartial(), axes});
    std::optional<MeshFactors> factors = MeshFactors::get(target.getMesh(), uses);
    if (!factors)
      return std::nullopt;
    devices.axes = axes;
    devices.group = factors->find(axes);
    devices.sizes = factors->getSizes();
    devices.factors = *factors;
    devices.value = emit.split(operand, 0, devices.sizes);
    return devices;
  }

  int64_t getNumFactors() const { return sizes.size(); }
  bool isInGroup(int64_t dim) const { return llvm::is_contained(group, dim); }
  /// Size of dim `dim` of the result's local array.
  int64_t getLocalSize(int64_t dim) {
    return cast<RankedTensorType>(op.getTarget().getType()).getDimSize(dim);
  }
  SmallVector<int64_t> getGroupSizes() const {
    SmallVector<int64_t> result;
    for (int64_t dim : group)
      result.push_back(sizes[dim]);
    return result;
  }

  /// Turns rotated axes of the group, `sign` times as far as they are rotated. The group's dims are
  /// those from `first` on, or where the mesh has them.
  void turn(int64_t sign, std::optional<int64_t> first = std::nullopt) {
    for (AxisRefAttr axis : axes) {
      if (axis.getRotation() == 0)
        continue;
      int64_t dim = factors->find(axis).front();
      if (first)
        dim = *first + (llvm::find(group, dim) - group.begin());
      value = emit.rotate(value, dim, sign * axis.getRotation());
    }
  }

  /// Splits local dim `dim` into a part for each device of the group: dims of their own, before it.
  void cut(int64_t dim) {
    int64_t at = dim + static_cast<int64_t>(Emitter::getShape(value).size()) -
                 cast<RankedTensorType>(op.getTarget().getType()).getRank();
    SmallVector<int64_t> parts = getGroupSizes();
    int64_t count = std::accumulate(parts.begin(), parts.end(), int64_t(1), std::multiplies<>());
    parts.push_back(getLocalSize(dim));
    value = emit.split(emit.pad(value, at, parts.back() * count), at, parts);
  }

  /// All devices as one dim again, and zeros where nothing real is.
  Value finish() {
    value = emit.join(value, 0, getNumFactors());
    return clearsPadding ? zeroPadding(emit, value, *layout) : value;
  }

  Emitter &emit;
  CollectiveOpInterface op;
  std::optional<Layout> layout; ///< Of the result.
  AxesAttr axes;
  std::optional<MeshFactors> factors;
  SmallVector<int64_t> group; ///< Factors of the mesh, as dims, most significant first.
  SmallVector<int64_t> sizes; ///< Of all factors.
  Value value;
  bool clearsPadding = true; ///< Where parts are joined or split; else padding is as it was.
};

LogicalResult failToNest(Operation *op, ConversionPatternRewriter &rewriter) {
  return rewriter.notifyMatchFailure(op, "uses parts of an axis that do not nest");
}

void lower(AllReduceOp op, Devices &devices) {
  Emitter &emit = devices.emit;
  SmallVector<int64_t> shape(Emitter::getShape(devices.value));
  Value sum = emit.reduce(devices.value, devices.group, Reduction::Sum);
  sum = emit.convert(sum, Emitter::getElementType(devices.value));
  devices.value = emit.broadcast(sum, shape, devices.group);
  devices.clearsPadding = false;
}

void lower(AllGatherOp op, Devices &devices) {
  Emitter &emit = devices.emit;
  devices.turn(-1);
  // The group's dims go before the dim that they are joined with, all others stay in order.
  int64_t factors = devices.getNumFactors(), rank = op.getType().getRank(), dim = op.getDim();
  SmallVector<int64_t> permutation, shape(devices.sizes);
  for (int64_t factor = 0; factor < factors; ++factor)
    if (!devices.isInGroup(factor))
      permutation.push_back(factor);
  int64_t at = permutation.size() + dim;
  for (int64_t local = 0; local < rank; ++local) {
    if (local == dim)
      llvm::append_range(permutation, devices.group);
    permutation.push_back(factors + local);
    shape.push_back(op.getType().getDimSize(local));
  }
  Value joined =
      emit.join(emit.transpose(devices.value, permutation), at, devices.group.size() + 1);
  joined = emit.slice(joined, at, 0, shape[factors + dim]);
  devices.value = emit.broadcast(joined, shape, devices.group);
}

void lower(ReduceScatterOp op, Devices &devices) {
  Emitter &emit = devices.emit;
  Value sum = emit.reduce(devices.value, devices.group, Reduction::Sum);
  devices.value = emit.convert(sum, Emitter::getElementType(devices.value));
  devices.cut(op.getDim());
  // Parts replace the group's dims, which the sum no longer has.
  int64_t factors = devices.getNumFactors(), count = devices.group.size();
  int64_t rest = factors - count, first = rest + op.getDim(), next = 0;
  SmallVector<int64_t> permutation;
  for (int64_t factor = 0; factor < factors; ++factor)
    permutation.push_back(devices.isInGroup(factor)
                              ? first + (llvm::find(devices.group, factor) - devices.group.begin())
                              : next++);
  for (int64_t local = 0, rank = op.getType().getRank(); local < rank; ++local)
    permutation.push_back(rest + local + (local >= static_cast<int64_t>(op.getDim()) ? count : 0));
  devices.value = emit.transpose(devices.value, permutation);
  devices.turn(1);
}

void lower(AllToAllOp op, Devices &devices) {
  Emitter &emit = devices.emit;
  devices.turn(-1);
  devices.cut(op.getScatter());
  // The group's dims and the parts of the split dim are exchanged; the former then stand
  // before the dim that they are joined with.
  int64_t factors = devices.getNumFactors(), count = devices.group.size();
  int64_t scatter = op.getScatter(), gather = op.getGather(), first = factors + scatter;
  SmallVector<int64_t> permutation;
  for (int64_t factor = 0; factor < factors; ++factor)
    permutation.push_back(devices.isInGroup(factor)
                              ? first + (llvm::find(devices.group, factor) - devices.group.begin())
                              : factor);
  for (int64_t local = 0, rank = op.getType().getRank(); local < rank; ++local) {
    if (local == gather)
      llvm::append_range(permutation, devices.group);
    permutation.push_back(factors + local + (local >= scatter ? count : 0));
  }
  Value value = emit.join(emit.transpose(devices.value, permutation), factors + gather, count + 1);
  devices.value = emit.slice(value, factors + gather, 0, devices.getLocalSize(gather));
  devices.turn(1);
}

/// Each device keeps its own part of its own replica: the diagonal of devices and parts.
void lower(AllSliceOp op, Devices &devices) {
  Emitter &emit = devices.emit;
  unsigned factors = devices.getNumFactors(), dim = op.getDim();
  unsigned rank = factors + op.getType().getRank();
  devices.cut(dim);
  devices.turn(1, factors + dim);
  SmallVector<int64_t> shape(devices.sizes);
  SmallVector<unsigned> from;
  for (unsigned i = 0; i < rank; ++i) {
    if (i == factors + dim)
      from.append(devices.group.begin(), devices.group.end());
    if (i >= factors)
      shape.push_back(op.getType().getDimSize(i - factors));
    from.push_back(i);
  }
  devices.value = emit.map(devices.value, emit.select(rank, from), shape,
                           Emitter::getElementType(devices.value),
                           [](OpBuilder &, Location, ValueRange x) { return x[0]; });
}

void lower(ShiftOp op, Devices &devices) {
  Emitter &emit = devices.emit;
  for (int64_t dim : devices.group)
    devices.value = emit.rotate(devices.value, dim, op.getBy());
  devices.clearsPadding = false;
}

/// A collective inside groups of devices: `lower` turns the operand into the result.
template <typename OpT>
struct CollectivePattern final : OpConversionPattern<OpT> {
  using OpConversionPattern<OpT>::OpConversionPattern;
  LogicalResult matchAndRewrite(OpT op, typename OpT::Adaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    auto devices = Devices::get(emit, op, adaptor.getOperand(), op.getGroupAxes());
    if (!devices)
      return failToNest(op, rewriter);
    lower(op, *devices);
    rewriter.replaceOp(op, devices->finish());
    return success();
  }
};

/// A message is what arrives: the value is resharded where it is sent.
struct SendPattern final : OpConversionPattern<SendOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(SendOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Layout source = *Layout::get(op, op.getOperand().getType());
    Layout target = *Layout::get(op, op.getMessage().getType().getPayload());
    if (!MeshFactors::get(source.getMesh(), source.getDims()) ||
        !MeshFactors::get(target.getMesh(), target.getDims()))
      return failToNest(op, rewriter);
    Value global = gatherGlobal(emit, adaptor.getOperand(), source);
    rewriter.replaceOp(op, distribute(emit, global, target));
    return success();
  }
};

struct RecvPattern final : OpConversionPattern<RecvOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(RecvOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value value = adaptor.getMessage();
    if (op.getPiece()) {
      dagrt::Range piece = getPieceRange(op);
      value = emit.slice(value, *op.getDim() + getLead(op.getType()), piece.begin, piece.size());
    }
    rewriter.replaceOp(op, value);
    return success();
  }
};
} // namespace

void dagrt::populateCommunicationPatterns(const LinalgTypeConverter &converter,
                                          RewritePatternSet &patterns) {
  patterns.add<CollectivePattern<AllReduceOp>, CollectivePattern<AllGatherOp>,
               CollectivePattern<ReduceScatterOp>, CollectivePattern<AllToAllOp>,
               CollectivePattern<AllSliceOp>, CollectivePattern<ShiftOp>, SendPattern, RecvPattern>(
      converter, patterns.getContext());
}

void dagrt::attachCommunicationModels(MLIRContext &context) {
  AllReduceOp::attachInterface<PlacedModel<AllReduceOp, evaluateAllReduce>,
                               RankModel<AllReduceOp, extractAllReduce>>(context);
  AllGatherOp::attachInterface<PlacedModel<AllGatherOp, evaluateExchange<AllGatherOp>>,
                               RankModel<AllGatherOp, extractExchange<AllGatherOp>>>(context);
  AllToAllOp::attachInterface<PlacedModel<AllToAllOp, evaluateExchange<AllToAllOp>>,
                              RankModel<AllToAllOp, extractExchange<AllToAllOp>>>(context);
  ReduceScatterOp::attachInterface<
      PlacedModel<ReduceScatterOp, evaluateReduceScatter>,
      RankModel<ReduceScatterOp, extractReduceScatter, verifyNothing, /*zeroPadding=*/true>>(
      context);
  AllSliceOp::attachInterface<
      PlacedModel<AllSliceOp, evaluateAllSlice>,
      RankModel<AllSliceOp, extractAllSlice, verifyNothing, /*zeroPadding=*/true>>(context);
  ShiftOp::attachInterface<PlacedModel<ShiftOp, evaluateShift>,
                           RankModel<ShiftOp, extractExchange<ShiftOp>>>(context);
  SendOp::attachInterface<PlacedModel<SendOp, evaluateSend>, RankModel<SendOp, extractSend>>(
      context);
  RecvOp::attachInterface<PlacedModel<RecvOp, evaluateRecv>,
                          RankModel<RecvOp, extractRecv, verifyRecv, /*zeroPadding=*/true>>(
      context);
}

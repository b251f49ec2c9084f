//===- CommunicationPatterns.cpp - Collectives and messages -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A collective looks at the devices of its group and at no others: its axes are dims of their own,
// and only those are summed, or change places with a dim of the local array. A rotated axis holds
// shard `i + r` at device `i`; it is turned back before its shards are joined, and on after they
// are cut. Only a message goes through the global value.
//
//===----------------------------------------------------------------------===//

#include "MeshFactors.h"
#include "Patterns.h"
#include "dagrt/IR/MatmulStep.h"

#include <numeric>

using namespace mlir;
using namespace dagrt;

namespace {
/// A collective's operand with the axes of its mesh as dims, before the dims of the local array.
struct Devices {
  Devices(Emitter &emit, Operation *op) : emit(emit), op(op) {}

  /// Nothing if the axes do not nest.
  static std::optional<Devices> get(Emitter &emit, Operation *op, Value operand, AxesAttr axes) {
    Devices devices(emit, op);
    DistAttr source = getDist(op->getOperand(0).getType());
    devices.dist = getDist(op->getResult(0).getType());
    devices.mesh = lookupMesh(op, source.getMesh());
    SmallVector<AxesAttr> uses(source.getDims());
    llvm::append_range(uses, devices.dist.getDims());
    uses.append({source.getPartial(), devices.dist.getPartial(), axes});
    std::optional<MeshFactors> factors = MeshFactors::get(devices.mesh, uses);
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
  int64_t getLocalSize(int64_t dim) const {
    return cast<RankedTensorType>(op->getResult(0).getType()).getDimSize(dim);
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

  /// Cuts local dim `dim` into a part for each device of the group: dims of their own, before it.
  void cut(int64_t dim) {
    int64_t at = dim + static_cast<int64_t>(Emitter::getShape(value).size()) -
                 cast<RankedTensorType>(op->getResult(0).getType()).getRank();
    SmallVector<int64_t> parts = getGroupSizes();
    int64_t count = std::accumulate(parts.begin(), parts.end(), int64_t(1), std::multiplies<>());
    parts.push_back(getLocalSize(dim));
    value = emit.split(emit.pad(value, at, parts.back() * count), at, parts);
  }

  /// All devices as one dim again, and zeros where nothing real is.
  Value finish() {
    value = emit.join(value, 0, getNumFactors());
    return clearsPadding ? zeroPadding(emit, value, mesh, dist) : value;
  }

  Emitter &emit;
  Operation *op;
  DistAttr dist; ///< Of the result.
  MeshOp mesh;
  AxesAttr axes;
  std::optional<MeshFactors> factors;
  SmallVector<int64_t> group; ///< Factors of the mesh, as dims, most significant first.
  SmallVector<int64_t> sizes; ///< Of all factors.
  Value value;
  bool clearsPadding = true; ///< Where parts are joined or cut; else padding is as it was.
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
  // Parts take the places of the group's dims, which the sum no longer has.
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
  // The group's dims and the parts of the dim that is cut change places; the former then stand
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

template <typename OpT>
AxesAttr getGroupAxes(OpT op) {
  return op.getAxes();
}
AxesAttr getGroupAxes(ShiftOp op) {
  return getDist(op.getOperand().getType()).getDims()[op.getDim()];
}

/// A collective inside groups of devices: `lower` turns the operand into the result.
template <typename OpT>
struct CollectivePattern final : OpConversionPattern<OpT> {
  using OpConversionPattern<OpT>::OpConversionPattern;
  LogicalResult matchAndRewrite(OpT op, typename OpT::Adaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    auto devices = Devices::get(emit, op, adaptor.getOperand(), getGroupAxes(op));
    if (!devices)
      return failToNest(op, rewriter);
    lower(op, *devices);
    rewriter.replaceOp(op, devices->finish());
    return success();
  }
};

/// A message is what arrives: the value is laid anew where it is sent.
struct SendPattern final : OpConversionPattern<SendOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(SendOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    DistAttr from = getDist(op.getOperand().getType());
    DistAttr to = getDist(op.getMessage().getType().getPayload());
    MeshOp source = lookupMesh(op, from.getMesh()), target = lookupMesh(op, to.getMesh());
    if (!MeshFactors::get(source, from.getDims()) || !MeshFactors::get(target, to.getDims()))
      return failToNest(op, rewriter);
    Value global = gatherGlobal(emit, adaptor.getOperand(), source, from);
    rewriter.replaceOp(op, distribute(emit, global, target, to));
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

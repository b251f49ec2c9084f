//===- CommunicationOps.cpp - Collectives and messages -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each collective changes its operand's distribution in one way; the verifiers apply that change
// and compare.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Dagrt.h"
#include "dagrt/IR/Transfer.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace dagrt;

StringRef dagrt::getCommunicationKindName(CommunicationKind kind) {
  switch (kind) {
  case CommunicationKind::AllReduce:
    return "all_reduce";
  case CommunicationKind::AllGather:
    return "all_gather";
  case CommunicationKind::ReduceScatter:
    return "reduce_scatter";
  case CommunicationKind::AllToAll:
    return "all_to_all";
  case CommunicationKind::Shift:
    return "shift";
  case CommunicationKind::Transfer:
    return "send";
  }
  llvm_unreachable("all kinds have names");
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

namespace {
/// A collective's operand distribution, taken apart so that it can be changed.
struct Change {
  Operation *op;
  MeshOp mesh;
  RankedTensorType source;
  SmallVector<AxesAttr> dims;
  AxesAttr partial;

  /// An error with notes at the operand and the mesh.
  InFlightDiagnostic emitError() {
    InFlightDiagnostic error = op->emitOpError();
    error.attachNote(op->getOperand(0).getLoc()) << "operand defined here, of type " << source;
    return error;
  }

  LogicalResult checkDim(int64_t dim) {
    if (dim >= 0 && dim < source.getRank())
      return success();
    return emitError() << "expects a dim from 0 to " << source.getRank() - 1 << ", got " << dim;
  }

  /// Takes `axes` off the end of dim `dim`.
  LogicalResult gather(int64_t dim, AxesAttr axes) {
    if (failed(checkDim(dim)))
      return failure();
    std::optional<AxesAttr> rest = removeTail(mesh, dims[dim], axes);
    if (!rest || axes.empty())
      return emitError() << "expects dim " << dim << " of the operand to be cut over " << axes.str()
                         << ", got " << dims[dim].str();
    dims[dim] = *rest;
    return success();
  }

  /// Appends `axes` to dim `dim`; they must not be in use.
  LogicalResult scatter(int64_t dim, AxesAttr axes) {
    if (failed(checkDim(dim)))
      return failure();
    bool used = overlaps(mesh, partial, axes);
    for (AxesAttr other : dims)
      used |= overlaps(mesh, other, axes);
    if (used || axes.empty())
      return emitError() << "expects the operand to hold replicas over " << axes.str() << ", got "
                         << getDist(source);
    dims[dim] = concatAxes(mesh, dims[dim], axes);
    return success();
  }

  /// Takes `axes` off the pending sum.
  LogicalResult reduce(AxesAttr axes) {
    // The order of a sum does not matter: whole axes are removed one by one.
    std::optional<AxesAttr> rest = removeTail(mesh, partial, axes);
    if (!rest)
      rest = removeHead(mesh, partial, axes);
    if (!rest || axes.empty())
      return emitError() << "expects an operand partial over " << axes.str() << ", got "
                         << getDist(source);
    partial = *rest;
    return success();
  }

  /// Compares the result with the changed operand.
  LogicalResult checkResult() {
    RankedTensorType expected =
        getPlacedType(mesh, getGlobalShape(source), source.getElementType(), dims, partial);
    if (op->getResult(0).getType() == expected)
      return success();
    return emitError() << "expects a result of type " << expected << ", got "
                       << op->getResult(0).getType();
  }
};
} // namespace

/// Checks operand, result and axes of a collective, and takes the operand apart.
static FailureOr<Change> startChange(Operation *op, AxesAttr axes) {
  auto source = cast<RankedTensorType>(op->getOperand(0).getType());
  DistAttr dist = getDist(source);
  if (!dist) {
    InFlightDiagnostic error = op->emitOpError() << "expects a placed operand, got " << source;
    error.attachNote(op->getOperand(0).getLoc()) << "operand defined here";
    return failure();
  }
  if (failed(verifyPlacedType(op, source, "operand #0")) ||
      failed(verifyPlacedType(op, op->getResult(0).getType(), "result #0")))
    return failure();
  MeshOp mesh = lookupMesh(op, dist.getMesh());
  if (axes)
    for (AxisRefAttr ref : axes)
      if (mesh.getAxisSize(ref.getName()) == 0) {
        InFlightDiagnostic error = op->emitOpError() << "expects axes of mesh '@"
                                                     << mesh.getSymName() << "', got " << ref.str();
        error.attachNote(mesh.getLoc()) << "mesh declared here";
        return failure();
      }
  Change change{op, mesh, source, {}, normalizeAxes(mesh, dist.getPartial().getAxes())};
  for (AxesAttr dim : dist.getDims())
    change.dims.push_back(normalizeAxes(mesh, dim.getAxes()));
  return change;
}

LogicalResult AllReduceOp::verify() {
  // all_reduce-c1
  FailureOr<Change> change = startChange(*this, getAxes());
  if (failed(change) || failed(change->reduce(getAxes())))
    return failure();
  return change->checkResult();
}

LogicalResult AllGatherOp::verify() {
  // all_gather-c1
  FailureOr<Change> change = startChange(*this, getAxes());
  if (failed(change) || failed(change->gather(getDim(), getAxes())))
    return failure();
  return change->checkResult();
}

LogicalResult ReduceScatterOp::verify() {
  // reduce_scatter-c1
  FailureOr<Change> change = startChange(*this, getAxes());
  if (failed(change) || failed(change->reduce(getAxes())) ||
      failed(change->scatter(getDim(), getAxes())))
    return failure();
  return change->checkResult();
}

LogicalResult AllToAllOp::verify() {
  // all_to_all-c1
  FailureOr<Change> change = startChange(*this, getAxes());
  if (failed(change) || failed(change->gather(getGather(), getAxes())) ||
      failed(change->scatter(getScatter(), getAxes())))
    return failure();
  return change->checkResult();
}

LogicalResult AllSliceOp::verify() {
  // all_slice-c1
  FailureOr<Change> change = startChange(*this, getAxes());
  if (failed(change) || failed(change->scatter(getDim(), getAxes())))
    return failure();
  return change->checkResult();
}

LogicalResult ShiftOp::verify() {
  // shift-c1
  FailureOr<Change> change = startChange(*this, {});
  if (failed(change) || failed(change->checkDim(getDim())))
    return failure();
  AxesAttr axes = change->dims[getDim()];
  if (axes.size() != 1 || !axes.getAxes()[0].isWhole())
    return change->emitError() << "expects dim " << getDim()
                               << " to be cut over one whole axis, got " << axes.str();
  AxisRefAttr axis = axes.getAxes()[0];
  int64_t size = change->mesh.getAxisSize(axis.getName());
  int64_t rotation = (axis.getRotation() + static_cast<int64_t>(getBy()) % size + size) % size;
  change->dims[getDim()] =
      AxesAttr::get(getContext(), AxisRefAttr::get(getContext(), axis.getName(), 0, 0, rotation));
  return change->checkResult();
}

LogicalResult SendOp::verify() {
  auto source = getOperand().getType();
  RankedTensorType target = getMessage().getType().getPayload();
  DistAttr from = getDist(source), to = getDist(target);
  auto noteOperand = [&](InFlightDiagnostic &error) {
    error.attachNote(getOperand().getLoc()) << "operand defined here";
  };
  if (!from) {
    InFlightDiagnostic error = emitOpError() << "expects a placed operand, got " << source;
    noteOperand(error);
    return error;
  }
  if (failed(verifyPlacedType(*this, source, "operand #0")) ||
      failed(verifyPlacedType(*this, target, "the payload")))
    return failure();
  // send-c1
  if (from.isPartial()) {
    InFlightDiagnostic error = emitOpError()
                               << "expects an operand that is not partial, got a sum not yet "
                                  "reduced over "
                               << from.getPartial().str();
    error.attachNote(getOperand().getLoc())
        << "operand defined here; 'dagrt.all_reduce' or 'dagrt.reduce_scatter' completes it";
    return error;
  }
  if (to.isPartial()) {
    InFlightDiagnostic error = emitOpError() << "expects a payload that is not partial, got " << to;
    noteOperand(error);
    return error;
  }
  // send-c2
  if (from.getMesh() == to.getMesh()) {
    InFlightDiagnostic error = emitOpError()
                               << "expects a payload on another mesh than '" << from.getMesh()
                               << "'; a collective lays a value anew inside its mesh";
    noteOperand(error);
    return error;
  }
  if (from.getOf() != to.getOf() || source.getElementType() != target.getElementType()) {
    InFlightDiagnostic error = emitOpError()
                               << "expects a payload of the operand's global shape and element "
                                  "type, got "
                               << target << " for " << source;
    noteOperand(error);
    return error;
  }
  // send-c3
  if (getMessage().hasOneUse() && isa<RecvOp>(*getMessage().user_begin()))
    return success();
  InFlightDiagnostic error = emitOpError() << "expects its message to be received once, got "
                                           << llvm::range_size(getMessage().getUses()) << " uses";
  for (Operation *user : getMessage().getUsers())
    error.attachNote(user->getLoc()) << "used here";
  if (getMessage().use_empty())
    error.attachNote(getLoc()) << "no 'dagrt.recv' names this message";
  return error;
}

LogicalResult RecvOp::verify() {
  // recv-c1
  RankedTensorType payload = getMessage().getType().getPayload();
  if (getResult().getType() != payload) {
    InFlightDiagnostic error = emitOpError() << "expects a result of type " << payload << ", got "
                                             << getResult().getType();
    error.attachNote(getMessage().getLoc()) << "message defined here";
    return error;
  }
  return verifyPlacedType(*this, payload, "the payload");
}

//===----------------------------------------------------------------------===//
// Communication
//===----------------------------------------------------------------------===//

static double getRealBytes(RankedTensorType type) {
  double bytes = getElementBytes(type.getElementType());
  for (int64_t size : getGlobalShape(type))
    bytes *= size;
  return bytes;
}

/// Bytes of what one group of a collective over `axes` has in common: the buffer that is reduced,
/// or the whole that is gathered.
static double getGroupBytes(MeshOp mesh, RankedTensorType type, AxesAttr axes) {
  double bytes = getRealBytes(type);
  for (AxesAttr dim : getDist(type).getDims())
    bytes /= getNumShards(mesh, dim);
  return bytes;
}

static Communication describe(Operation *op, CommunicationKind kind, AxesAttr axes,
                              RankedTensorType whole) {
  Communication result;
  result.kind = kind;
  result.source = cast<RankedTensorType>(op->getOperand(0).getType());
  result.target = cast<RankedTensorType>(op->getResult(0).getType());
  DistAttr dist = getDist(whole);
  result.mesh = dist.getMesh();
  result.axes = axes;
  result.bytes = getGroupBytes(lookupMesh(op, dist.getMesh()), whole, axes);
  return result;
}

Communication AllReduceOp::getCommunication() {
  return describe(*this, CommunicationKind::AllReduce, getAxes(), getType());
}

Communication AllGatherOp::getCommunication() {
  return describe(*this, CommunicationKind::AllGather, getAxes(), getType());
}

Communication ReduceScatterOp::getCommunication() {
  return describe(*this, CommunicationKind::ReduceScatter, getAxes(), getOperand().getType());
}

Communication AllToAllOp::getCommunication() {
  Communication result = describe(*this, CommunicationKind::AllToAll, getAxes(), getType());
  result.bytes *= getNumShards(lookupMesh(*this, result.mesh), getAxes());
  return result;
}

Communication ShiftOp::getCommunication() {
  return describe(*this, CommunicationKind::Shift, getDist(getType()).getDims()[getDim()],
                  getType());
}

Communication SendOp::getCommunication() {
  Communication result;
  result.kind = CommunicationKind::Transfer;
  result.source = getOperand().getType();
  result.target = getMessage().getType().getPayload();
  result.mesh = getDist(result.source).getMesh();
  result.destination = getDist(result.target).getMesh();
  result.axes = AxesAttr::get(getContext(), {});
  MeshOp mesh = lookupMesh(*this, result.destination);
  result.bytes = getRealBytes(result.target) * getNumReplicas(mesh, getDist(result.target));
  return result;
}

//===----------------------------------------------------------------------===//
// Canonicalization
//===----------------------------------------------------------------------===//

namespace {
/// all_gather(all_slice(x)) of the same axes and dim -> x
struct GatherOfSlice final : OpRewritePattern<AllGatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AllGatherOp op, PatternRewriter &rewriter) const override {
    auto slice = op.getOperand().getDefiningOp<AllSliceOp>();
    if (!slice || slice.getOperand().getType() != op.getType() || slice.getDim() != op.getDim())
      return rewriter.notifyMatchFailure(op, "does not undo a slice");
    rewriter.replaceOp(op, slice.getOperand());
    return success();
  }
};

/// all_slice(all_gather(x)) of the same axes and dim -> x
struct SliceOfGather final : OpRewritePattern<AllSliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AllSliceOp op, PatternRewriter &rewriter) const override {
    auto gather = op.getOperand().getDefiningOp<AllGatherOp>();
    if (!gather || gather.getOperand().getType() != op.getType() || gather.getDim() != op.getDim())
      return rewriter.notifyMatchFailure(op, "does not undo a gather");
    rewriter.replaceOp(op, gather.getOperand());
    return success();
  }
};

/// A message that nobody reads is neither received nor sent.
struct DropUnreadMessage final : OpRewritePattern<RecvOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RecvOp op, PatternRewriter &rewriter) const override {
    auto send = op.getMessage().getDefiningOp<SendOp>();
    if (!op.getResult().use_empty() || !send)
      return rewriter.notifyMatchFailure(op, "is read");
    rewriter.eraseOp(op);
    rewriter.eraseOp(send);
    return success();
  }
};
} // namespace

void AllGatherOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<GatherOfSlice>(context);
}
void AllSliceOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<SliceOfGather>(context);
}
void RecvOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<DropUnreadMessage>(context);
}

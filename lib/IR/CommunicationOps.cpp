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
#include "dagrt/IR/MatmulStep.h"
#include "dagrt/IR/Transfer.h"

#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/DenseSet.h"

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
    if (source.getRank() == 0)
      return emitError() << "expects an operand that has dims, got " << source;
    return emitError() << "expects a dim from 0 to " << source.getRank() - 1 << ", got " << dim;
  }

  /// Checks that cutting shards of dim `dim` over `outer` into `inner` parts each makes the shards
  /// of the whole cut. Each cut rounds up for itself: 5 elements in halves of 3 and 2 are not
  /// quarters of 2, 2, 1 and 0 in pairs, and a group along `inner` would miss elements.
  LogicalResult checkNested(int64_t dim, AxesAttr outer, AxesAttr inner) {
    int64_t size = getGlobalShape(source)[dim];
    int64_t shards = getNumShards(mesh, outer), parts = getNumShards(mesh, inner);
    if (ShapedType::isDynamic(size) || shards == 1 || parts == 1)
      return success();
    int64_t shard = getShardSize(size, shards), part = getShardSize(size, shards * parts);
    if (size <= 1 || shard == parts * part)
      return success();
    return emitError() << "expects dim " << dim << " of " << size
                       << " elements to have shards over " << outer.str() << " of " << parts
                       << " parts of " << part << ", got " << shard << " elements";
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
    return checkNested(dim, *rest, axes);
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
    AxesAttr outer = dims[dim];
    dims[dim] = concatAxes(mesh, outer, axes);
    return checkNested(dim, outer, axes);
  }

  /// Takes `axes` off the pending sum.
  LogicalResult reduce(AxesAttr axes) {
    std::optional<AxesAttr> rest = removeAxes(mesh, partial, axes);
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
    auto actual = cast<RankedTensorType>(op->getResult(0).getType());
    // The local shape of a placed type follows from its distribution.
    if (actual == expected ||
        (actual.getElementType() == expected.getElementType() && getDist(actual) &&
         isSameDist(mesh, getDist(actual), getDist(expected))))
      return success();
    return emitError() << "expects a result of type " << expected << ", got " << actual;
  }
};
} // namespace

/// Checks operand, result and axes of a collective, and takes the operand apart.
static FailureOr<Change> startChange(Operation *op, AxesAttr axes, SymbolTableCollection &symbols) {
  auto source = cast<RankedTensorType>(op->getOperand(0).getType());
  DistAttr dist = getDist(source);
  if (!dist) {
    InFlightDiagnostic error = op->emitOpError() << "expects a placed operand, got " << source;
    error.attachNote(op->getOperand(0).getLoc()) << "operand defined here";
    return failure();
  }
  if (failed(verifyPlacedType(op, source, "operand #0", symbols)) ||
      failed(verifyPlacedType(op, op->getResult(0).getType(), "result #0", symbols)))
    return failure();
  MeshOp mesh = lookupMesh(op, dist.getMesh(), symbols);
  if (axes && failed(verifyAxes(op, mesh, axes, "'axes'")))
    return failure();
  Change change{op, mesh, source, {}, normalizeAxes(mesh, dist.getPartial().getAxes())};
  for (AxesAttr dim : dist.getDims())
    change.dims.push_back(normalizeAxes(mesh, dim.getAxes()));
  return change;
}

LogicalResult AllReduceOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // all_reduce-c1
  FailureOr<Change> change = startChange(*this, getAxes(), symbols);
  if (failed(change) || failed(change->reduce(getAxes())))
    return failure();
  return change->checkResult();
}

LogicalResult AllGatherOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // all_gather-c1, all_gather-c2
  FailureOr<Change> change = startChange(*this, getAxes(), symbols);
  if (failed(change) || failed(change->gather(getDim(), getAxes())))
    return failure();
  return change->checkResult();
}

LogicalResult ReduceScatterOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // reduce_scatter-c1, reduce_scatter-c2
  FailureOr<Change> change = startChange(*this, getAxes(), symbols);
  if (failed(change) || failed(change->reduce(getAxes())) ||
      failed(change->scatter(getDim(), getAxes())))
    return failure();
  return change->checkResult();
}

LogicalResult AllToAllOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // all_to_all-c1, all_to_all-c2
  FailureOr<Change> change = startChange(*this, getAxes(), symbols);
  if (failed(change) || failed(change->gather(getGather(), getAxes())) ||
      failed(change->scatter(getScatter(), getAxes())))
    return failure();
  return change->checkResult();
}

LogicalResult AllSliceOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // all_slice-c1, all_slice-c2
  FailureOr<Change> change = startChange(*this, getAxes(), symbols);
  if (failed(change) || failed(change->scatter(getDim(), getAxes())))
    return failure();
  return change->checkResult();
}

LogicalResult ShiftOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // shift-c1
  FailureOr<Change> change = startChange(*this, {}, symbols);
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

/// send-c3: each piece of the message that `first` receives a piece of is received once.
static LogicalResult verifyReceivedInPieces(Operation *op, RecvOp first) {
  int64_t pieces = *first.getPieces();
  llvm::DenseSet<int64_t> received;
  for (Operation *user : first.getMessage().getUsers()) {
    auto recv = cast<RecvOp>(user);
    if (recv.getPieces() == first.getPieces() && recv.getDim() == first.getDim() &&
        received.insert(recv.getPiece().value_or(-1)).second)
      continue;
    InFlightDiagnostic error = op->emitOpError()
                               << "expects each of the message's " << pieces
                               << " pieces to be received once, along one dim, got two of one or "
                                  "of different ones";
    error.attachNote(first.getLoc()) << "a piece is received here";
    error.attachNote(recv.getLoc()) << "and another here";
    return error;
  }
  if (static_cast<int64_t>(received.size()) == pieces)
    return success();
  InFlightDiagnostic error = op->emitOpError()
                             << "expects each of the message's " << pieces
                             << " pieces to be received once, got " << received.size();
  error.attachNote(first.getLoc()) << "a piece is received here";
  return error;
}

/// send-c3: a message has one use, a recv in the block that defines it, or one for each piece.
static LogicalResult verifyReceivedOnce(Operation *op, Value message) {
  auto isRecv = [&](Operation *user) {
    return isa<RecvOp>(user) && user->getBlock() == message.getParentBlock();
  };
  auto first = message.use_empty() ? RecvOp() : dyn_cast<RecvOp>(*message.user_begin());
  if (first && first.getPieces() && llvm::all_of(message.getUsers(), isRecv))
    return verifyReceivedInPieces(op, first);
  if (message.hasOneUse() && isRecv(*message.user_begin()))
    return success();
  InFlightDiagnostic error = op->emitOpError();
  error << "expects its message to be received once, in the same block, got ";
  if (message.use_empty())
    error << "no 'dagrt.recv'";
  else if (message.hasOneUse())
    error << "a use by '" << message.user_begin()->getName() << "'";
  else
    error << llvm::range_size(message.getUses()) << " uses";
  // Uses are listed last first.
  SmallVector<Operation *> users(message.getUsers());
  for (Operation *user : llvm::reverse(users))
    error.attachNote(user->getLoc()) << "used here";
  if (message.use_empty())
    error.attachNote(op->getOperand(0).getLoc())
        << "the value that nobody receives is defined here";
  return error;
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
  if (getGlobalShape(from) != getGlobalShape(to) ||
      source.getElementType() != target.getElementType()) {
    InFlightDiagnostic error = emitOpError()
                               << "expects a payload of the operand's global shape and element "
                                  "type, got "
                               << target << " for " << source;
    noteOperand(error);
    return error;
  }
  return verifyReceivedOnce(*this, getMessage());
}

LogicalResult SendOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return success(
      succeeded(verifyPlacedType(*this, getOperand().getType(), "operand #0", symbols)) &&
      succeeded(
          verifyPlacedType(*this, getMessage().getType().getPayload(), "the payload", symbols)));
}

/// recv-c2
static LogicalResult verifyPiece(RecvOp op, SymbolTableCollection &symbols) {
  RankedTensorType payload = op.getMessage().getType().getPayload();
  if (!op.getDim() || !op.getPiece() || !op.getPieces())
    return op.emitOpError() << "expects a piece to have a dim, a number and a count, got "
                            << op->getPropertiesAsAttribute();
  int64_t dim = *op.getDim(), piece = *op.getPiece(), pieces = *op.getPieces();
  if (dim < 0 || dim >= payload.getRank())
    return op.emitOpError() << "expects a dim from 0 to " << payload.getRank() - 1 << ", got "
                            << dim;
  if (pieces < 1 || piece < 0 || piece >= pieces)
    return op.emitOpError() << "expects a piece from 0 to " << std::max<int64_t>(pieces, 1) - 1
                            << ", got " << piece;
  DistAttr dist = getDist(payload);
  MeshOp mesh = lookupMesh(op, dist.getMesh(), symbols);
  if (getNumShards(mesh, dist.getDims()[dim]) != 1)
    return op.emitOpError() << "expects a payload whose dim " << dim
                            << " is whole to receive it in pieces, got " << payload;
  int64_t size = dist.getOf()[dim];
  if (!ShapedType::isDynamic(size) && getBlockRange(size, pieces, pieces - 1).size() == 0)
    return op.emitOpError() << "expects " << pieces << " pieces of at least 1 element, got " << size
                            << " elements";
  auto send = op.getMessage().getDefiningOp<SendOp>();
  DistAttr source = send ? getDist(send.getOperand().getType()) : DistAttr();
  MeshOp from = source ? lookupMesh(op, source.getMesh(), symbols) : MeshOp();
  if (!from || !from.hasShape() || source.getDims().size() != dist.getDims().size() ||
      getNumShards(from, source.getDims()[dim]) == pieces)
    return success();
  InFlightDiagnostic error =
      op.emitOpError() << "expects as many pieces as the sent value has shards along dim " << dim
                       << ", " << getNumShards(from, source.getDims()[dim]) << ", got " << pieces;
  error.attachNote(send.getLoc()) << "sent here";
  return error;
}

LogicalResult RecvOp::verify() {
  // A message that comes from elsewhere has no send that counts its uses.
  if (!getMessage().getDefiningOp<SendOp>())
    return verifyReceivedOnce(*this, getMessage());
  return success();
}

LogicalResult RecvOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // recv-c1
  RankedTensorType payload = getMessage().getType().getPayload(), expected = payload;
  if (failed(verifyPlacedType(*this, payload, "the payload", symbols)))
    return failure();
  if (getDim() || getPiece() || getPieces()) {
    if (failed(verifyPiece(*this, symbols)))
      return failure();
    expected = getPieceType(payload, *getDim(), *getPiece(), *getPieces());
  }
  if (getResult().getType() != expected) {
    InFlightDiagnostic error = emitOpError() << "expects a result of type " << expected << ", got "
                                             << getResult().getType();
    error.attachNote(getMessage().getLoc()) << "message defined here";
    return error;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Communication
//===----------------------------------------------------------------------===//

/// Symbolic sizes count as none.
static double getRealBytes(RankedTensorType type) {
  double bytes = getElementBytes(type.getElementType());
  for (int64_t size : getGlobalShape(type))
    bytes *= ShapedType::isDynamic(size) ? 0.0 : static_cast<double>(size);
  return bytes;
}

/// Bytes of what the busiest group of a collective has in common: the buffer that is reduced, or
/// the whole that is gathered, as one device holds it.
static double getGroupBytes(RankedTensorType type) {
  return getLocalElements(type) * getElementBytes(type.getElementType());
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
  result.bytes = getGroupBytes(whole);
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
  // What a group has in common is the operand with dim `gather` whole.
  RankedTensorType type = getOperand().getType();
  DistAttr dist = getDist(type);
  MeshOp mesh = lookupMesh(*this, dist.getMesh());
  SmallVector<AxesAttr> dims(dist.getDims());
  dims[getGather()] = *removeTail(mesh, dims[getGather()], getAxes());
  return describe(*this, CommunicationKind::AllToAll, getAxes(),
                  getPlacedType(mesh, getGlobalShape(dist), type.getElementType(), dims));
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
  MeshOp from = lookupMesh(*this, result.mesh), to = lookupMesh(*this, result.destination);
  DistAttr source = getDist(result.source), target = getDist(result.target);
  result.bytes = getRealBytes(result.target) * getNumReplicas(to, target);
  llvm::DenseSet<int64_t> senders(from.getDevices().begin(), from.getDevices().end());
  if (ShapedType::isDynamicShape(source.getOf()) ||
      llvm::none_of(to.getDevices(), [&](int64_t id) { return senders.contains(id); }))
    return result;
  // What a device of both meshes holds itself crosses no link.
  double elements = 0;
  for (const TransferPiece &piece : getTransferPieces(from, source, to, target))
    if (from.getDevices()[piece.sender] != to.getDevices()[piece.receiver])
      elements += piece.elements;
  result.bytes = elements * getElementBytes(result.target.getElementType());
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

/// True if no shard of dim `dim` has padding, whatever the sizes.
static bool isEven(MeshOp mesh, RankedTensorType type, int64_t dim) {
  int64_t shards = getNumShards(mesh, getDist(type).getDims()[dim]);
  SizeAttr rest = getGlobalSizes(type)[dim].mod(SizeAttr::getConstant(type.getContext(), shards));
  return rest.isConstant() && rest.getValue() == 0;
}

/// all_slice(all_gather(x)) of the same axes and dim -> x, where no shard has padding: that of a
/// slice is zero, and that of `x` need not be.
struct SliceOfGather final : OpRewritePattern<AllSliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AllSliceOp op, PatternRewriter &rewriter) const override {
    auto gather = op.getOperand().getDefiningOp<AllGatherOp>();
    if (!gather || gather.getOperand().getType() != op.getType() || gather.getDim() != op.getDim())
      return rewriter.notifyMatchFailure(op, "does not undo a gather");
    if (!isEven(lookupMesh(op, getDist(op.getType()).getMesh()), op.getType(), op.getDim()))
      return rewriter.notifyMatchFailure(op, "shards have padding");
    rewriter.replaceOp(op, gather.getOperand());
    return success();
  }
};

/// A message that nobody reads is neither received nor sent.
struct DropUnreadMessage final : OpRewritePattern<RecvOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(RecvOp op, PatternRewriter &rewriter) const override {
    auto send = op.getMessage().getDefiningOp<SendOp>();
    if (!op.getResult().use_empty() || !send || op.getPiece())
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

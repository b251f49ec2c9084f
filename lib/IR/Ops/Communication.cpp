//===- Communication.cpp - Collectives and messages -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each collective changes its operand's layout in one way, which the verifier and the builders
// apply.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Layout.h"
#include "dagrt/IR/MatmulStep.h"
#include "dagrt/IR/ResultType.h"
#include "dagrt/IR/Transfer.h"

#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Collectives
//===----------------------------------------------------------------------===//

/// A collective's operand is placed, and its result's type is that of the changed layout.
LogicalResult dagrt::verifyCollective(Operation *op, SymbolTableCollection &symbols) {
  auto collective = cast<CollectiveOpInterface>(op);
  Value operand = collective.getSource();
  auto source = cast<RankedTensorType>(operand.getType());
  auto actual = cast<RankedTensorType>(collective.getTarget().getType());
  if (!getDist(source)) {
    InFlightDiagnostic error = op->emitOpError() << "expects a placed operand, got " << source;
    error.attachNote(operand.getLoc()) << "operand defined here";
    return failure();
  }
  if (failed(verifyPlacedType(op, source, "operand #0", symbols)) ||
      failed(verifyPlacedType(op, actual, "result #0", symbols)))
    return failure();
  Layout layout = Layout::get(symbols, op, source)->getNormalized();
  auto axes = op->getAttrOfType<AxesAttr>("axes");
  if (axes && failed(verifyAxes(op, layout.getMesh(), axes, "'axes'")))
    return failure();
  auto emitError = [&]() {
    InFlightDiagnostic error = op->emitOpError();
    error.attachNote(operand.getLoc()) << "operand defined here, of type " << source;
    return error;
  };
  if (failed(collective.changeLayout(layout, emitError)))
    return failure();
  std::optional<Layout> result = Layout::get(symbols, op, actual);
  if (result && *result == layout && actual.getElementType() == source.getElementType())
    return success();
  return emitError() << "expects a result of type " << layout.getType(source.getElementType())
                     << ", got " << actual;
}

// all_reduce-c1
LogicalResult AllReduceOp::changeLayout(Layout &layout, EmitErrorFn emitError) {
  return layout.reduce(getAxes(), emitError);
}

// all_gather-c1, all_gather-c2
LogicalResult AllGatherOp::changeLayout(Layout &layout, EmitErrorFn emitError) {
  return layout.gather(getDim(), getAxes(), emitError);
}

// reduce_scatter-c1, reduce_scatter-c2
LogicalResult ReduceScatterOp::changeLayout(Layout &layout, EmitErrorFn emitError) {
  return failure(failed(layout.reduce(getAxes(), emitError)) ||
                 failed(layout.scatter(getDim(), getAxes(), emitError)));
}

// all_to_all-c1, all_to_all-c2
LogicalResult AllToAllOp::changeLayout(Layout &layout, EmitErrorFn emitError) {
  return layout.exchange(getGather(), getScatter(), getAxes(), emitError);
}

// all_slice-c1, all_slice-c2
LogicalResult AllSliceOp::changeLayout(Layout &layout, EmitErrorFn emitError) {
  return layout.scatter(getDim(), getAxes(), emitError);
}

// shift-c1
LogicalResult ShiftOp::changeLayout(Layout &layout, EmitErrorFn emitError) {
  return layout.rotate(getDim(), getBy(), emitError);
}

AxesAttr AllReduceOp::getGroupAxes() { return getAxes(); }
AxesAttr AllGatherOp::getGroupAxes() { return getAxes(); }
AxesAttr ReduceScatterOp::getGroupAxes() { return getAxes(); }
AxesAttr AllToAllOp::getGroupAxes() { return getAxes(); }
AxesAttr AllSliceOp::getGroupAxes() { return getAxes(); }
AxesAttr ShiftOp::getGroupAxes() { return getDist(getOperand().getType()).getDims()[getDim()]; }

/// Gives a collective's result its type; until then it has the operand's. `operand` lies on `mesh`
/// as the op needs it.
template <typename OpT>
static void inferResult(OperationState &state, MeshOp mesh, Value operand) {
  auto type = cast<RankedTensorType>(operand.getType());
  // An op that stands nowhere and is asked what it does.
  OwningOpRef<OpT> op(cast<OpT>(Operation::create(state)));
  Layout layout = Layout(mesh, getDist(type)).getNormalized();
  [[maybe_unused]] LogicalResult changed = op->changeLayout(layout, {});
  assert(succeeded(changed) && "expects an operand that lies as the collective needs it");
  state.types = {layout.getType(type.getElementType())};
}

void AllReduceOp::build(OpBuilder &builder, OperationState &state, MeshOp mesh, Value operand,
                        AxesAttr axes) {
  build(builder, state, operand.getType(), operand, axes);
  inferResult<AllReduceOp>(state, mesh, operand);
}

void AllGatherOp::build(OpBuilder &builder, OperationState &state, MeshOp mesh, Value operand,
                        int64_t dim, AxesAttr axes) {
  build(builder, state, operand.getType(), operand, dim, axes);
  inferResult<AllGatherOp>(state, mesh, operand);
}

void ReduceScatterOp::build(OpBuilder &builder, OperationState &state, MeshOp mesh, Value operand,
                            int64_t dim, AxesAttr axes) {
  build(builder, state, operand.getType(), operand, dim, axes);
  inferResult<ReduceScatterOp>(state, mesh, operand);
}

void AllToAllOp::build(OpBuilder &builder, OperationState &state, MeshOp mesh, Value operand,
                       int64_t gather, int64_t scatter, AxesAttr axes) {
  build(builder, state, operand.getType(), operand, gather, scatter, axes);
  inferResult<AllToAllOp>(state, mesh, operand);
}

void AllSliceOp::build(OpBuilder &builder, OperationState &state, MeshOp mesh, Value operand,
                       int64_t dim, AxesAttr axes) {
  build(builder, state, operand.getType(), operand, dim, axes);
  inferResult<AllSliceOp>(state, mesh, operand);
}

void ShiftOp::build(OpBuilder &builder, OperationState &state, MeshOp mesh, Value operand,
                    int64_t dim, int64_t by) {
  build(builder, state, operand.getType(), operand, dim, by);
  inferResult<ShiftOp>(state, mesh, operand);
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

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
        << "the value that is not received is defined here";
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
                               << "'; a collective reshards a value inside its mesh";
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
  if (failed(verifyPlacedType(*this, getOperand().getType(), "operand #0", symbols)))
    return failure();
  return verifyPlacedType(*this, getMessage().getType().getPayload(), "the payload", symbols);
}

/// recv-c2, but for what the meshes say.
static LogicalResult verifyPiece(RecvOp op) {
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
  int64_t size = getGlobalShape(payload)[dim];
  if (!ShapedType::isDynamic(size) && getBlockRange(size, pieces, pieces - 1).size() == 0)
    return op.emitOpError() << "expects " << pieces << " pieces of at least 1 element, got " << size
                            << " elements";
  return success();
}

/// recv-c2: the dim is replicated where it arrives, and each shard of it is a piece.
static LogicalResult verifyPieceShards(RecvOp op, SymbolTableCollection &symbols) {
  int64_t dim = *op.getDim(), pieces = *op.getPieces();
  RankedTensorType payload = op.getMessage().getType().getPayload();
  std::optional<Layout> target = Layout::get(symbols, op, payload);
  if (target->getNumShards(dim) != 1)
    return op.emitOpError() << "expects a payload whose dim " << dim
                            << " is replicated to receive it in pieces, got " << payload;
  auto send = op.getMessage().getDefiningOp<SendOp>();
  std::optional<Layout> source =
      send ? Layout::get(symbols, send, send.getOperand().getType()) : std::nullopt;
  if (!source || source->getRank() != target->getRank() || source->getNumShards(dim) == pieces)
    return success();
  InFlightDiagnostic error = op.emitOpError()
                             << "expects as many pieces as the sent value has shards along dim "
                             << dim << ", " << source->getNumShards(dim) << ", got " << pieces;
  error.attachNote(send.getLoc()) << "sent here";
  return error;
}

LogicalResult RecvOp::verify() {
  // recv-c1
  RankedTensorType payload = getMessage().getType().getPayload(), expected = payload;
  if (getDim() || getPiece() || getPieces()) {
    if (failed(verifyPiece(*this)))
      return failure();
    expected = getPieceType(payload, *getDim(), *getPiece(), *getPieces());
  }
  if (getResult().getType() != expected) {
    InFlightDiagnostic error = emitOpError() << "expects a result of type " << expected << ", got "
                                             << getResult().getType();
    error.attachNote(getMessage().getLoc()) << "message defined here";
    return error;
  }
  // A message that comes from elsewhere has no send that counts its uses.
  if (!getMessage().getDefiningOp<SendOp>())
    return verifyReceivedOnce(*this, getMessage());
  return success();
}

LogicalResult RecvOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  auto message = dyn_cast<MessageType>(adaptor.getMessage().getType());
  if (!message)
    return failure();
  RankedTensorType type = message.getPayload();
  if (adaptor.getDim() && adaptor.getPiece() && adaptor.getPieces())
    type = getPieceType(type, *adaptor.getDim(), *adaptor.getPiece(), *adaptor.getPieces());
  return addInferred(types, type);
}

LogicalResult RecvOp::verifySymbolUses(SymbolTableCollection &symbols) {
  RankedTensorType payload = getMessage().getType().getPayload();
  if (failed(verifyPlacedType(*this, payload, "the payload", symbols)))
    return failure();
  return getPiece() ? verifyPieceShards(*this, symbols) : success();
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
/// the gathered value, as one device holds it.
static double getGroupBytes(RankedTensorType type) {
  return getLocalElements(type) * getElementBytes(type.getElementType());
}

static Communication describe(CollectiveOpInterface op, CommunicationKind kind, AxesAttr axes,
                              RankedTensorType whole) {
  Communication result;
  result.kind = kind;
  result.source = cast<RankedTensorType>(op.getSource().getType());
  result.target = cast<RankedTensorType>(op.getTarget().getType());
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
  // What a group has in common is the operand with dim `gather` gathered.
  RankedTensorType type = getOperand().getType();
  Layout whole = *Layout::get(*this, type);
  [[maybe_unused]] LogicalResult gathered = whole.gather(getGather(), getAxes());
  assert(succeeded(gathered) && "expects a verified op");
  return describe(*this, CommunicationKind::AllToAll, getAxes(),
                  whole.getType(type.getElementType()));
}

Communication ShiftOp::getCommunication() {
  Communication result =
      describe(*this, CommunicationKind::Shift, getDist(getType()).getDims()[getDim()], getType());
  result.shiftBy = getBy();
  return result;
}

Communication SendOp::getCommunication() {
  Communication result;
  result.kind = CommunicationKind::Transfer;
  result.source = getOperand().getType();
  result.target = getMessage().getType().getPayload();
  result.mesh = getDist(result.source).getMesh();
  result.destination = getDist(result.target).getMesh();
  result.axes = AxesAttr::get(getContext(), {});
  Layout source = *Layout::get(*this, result.source), target = *Layout::get(*this, result.target);
  ArrayRef<int64_t> from = source.getMesh().getDevices(), to = target.getMesh().getDevices();
  result.bytes = getRealBytes(result.target) * static_cast<double>(target.getNumReplicas());
  llvm::DenseSet<int64_t> senders(from.begin(), from.end());
  if (ShapedType::isDynamicShape(source.getShape()) ||
      llvm::none_of(to, [&](int64_t id) { return senders.contains(id); }))
    return result;
  // What a device of both meshes holds itself crosses no link.
  double elements = 0;
  for (const TransferPiece &piece : getTransferPieces(source, target))
    if (from[piece.sender] != to[piece.receiver])
      elements += piece.elements;
  result.bytes = elements * getElementBytes(result.target.getElementType());
  return result;
}

/// What a device keeps of a replica is a view of it.
Work AllSliceOp::getWork() { return Work(); }

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

/// A message without readers is neither received nor sent.
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

//===- Cache.cpp - KV caches and the positions of their slots -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A device updates the slots that it holds, and which tokens these are for is an operand: the slots
// are a free dim, and the new rows are needed by every device.
//
//===----------------------------------------------------------------------===//

#include "Checks.h"
#include "dagrt/IR/ResultType.h"

#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Updates
//===----------------------------------------------------------------------===//

/// Positions of `tokens`, by their dims.
static FactorNumbers getPositionDims(Value positions, unsigned batch, unsigned tokens) {
  if (getTensor(positions).getRank() == 1)
    return {tokens};
  return {batch, tokens};
}

ShardingRule CacheUpdateOp::getShardingRule() {
  ShardingRule rule;
  GlobalShape cache = getGlobalShape(getCache().getType());
  unsigned batch = rule.addFactor("batch", cache[0]);
  unsigned slot = rule.addFactor("slots", cache[1]);
  unsigned heads = rule.addFactor("heads", cache[2]);
  unsigned dim = rule.addFactor("head_dim", cache[3]);
  unsigned token =
      rule.addFactor("tokens", getGlobalShape(getRows().getType())[1], FactorKind::Indivisible);
  rule.operands.push_back({batch, slot, heads, dim});
  rule.operands.push_back({batch, token, heads, dim});
  rule.operands.push_back(getPositionDims(getSlotPositions(), batch, slot));
  rule.operands.push_back(getPositionDims(getRowPositions(), batch, token));
  rule.results.push_back({batch, slot, heads, dim});
  return rule;
}

/// One dim, or two with the batch before it.
static LogicalResult verifyPositions(Operation *op, Value positions, StringRef what) {
  int64_t rank = getTensor(positions).getRank();
  if (rank == 1 || rank == 2)
    return success();
  return op->emitOpError() << "expects " << what << " of 1 or 2 dims, got " << positions.getType();
}

/// cache_update-c2: a value whose memory is written over has no reader after that.
static LogicalResult verifyLastReader(CacheUpdateOp op) {
  for (Operation *user : op.getCache().getUsers()) {
    if (user == op || user->getBlock() != op->getBlock() || user->isBeforeInBlock(op))
      continue;
    InFlightDiagnostic error =
        op.emitOpError() << "expects to be the last reader of the cache that it updates in place";
    error.attachNote(user->getLoc()) << "read here after it; without 'in_place' it is copied";
    return error;
  }
  return success();
}

LogicalResult CacheUpdateOp::verify() {
  // cache_update-c1
  if (failed(verifyRank(*this, getCache(), 4, "a cache")) ||
      failed(verifyRank(*this, getRows(), 4, "rows")) ||
      failed(verifyRank(*this, getResult(), 4, "a result")) ||
      failed(verifyPositions(*this, getSlotPositions(), "positions of slots")) ||
      failed(verifyPositions(*this, getRowPositions(), "positions of rows")) ||
      failed(verifyElementTypes(*this, {getCache(), getResult()})))
    return failure();
  // cache_update-c2
  if (getInPlace() && failed(verifyLastReader(*this)))
    return failure();
  return verifyLogicalByRule(*this);
}

/// In place, the rows are read and written; otherwise all slots are, too.
Work CacheUpdateOp::getWork() {
  Work work = getStreamingWork(*this, WorkKind::Elementwise, 0);
  double rows = getLocalBytes(getRows().getType());
  double positions =
      getLocalBytes(getSlotPositions().getType()) + getLocalBytes(getRowPositions().getType());
  double cache = getInPlace() ? 0 : getLocalBytes(getCache().getType());
  work.bytesRead = rows + positions + cache;
  work.bytesWritten = getInPlace() ? rows : cache;
  if (!getInPlace())
    return work;
  ArrayRef<int64_t> shape = getTensor(getRows()).getShape();
  work.columns = shape.back();
  work.rows = countRows(getLocalElements(getRows().getType()), work.columns);
  return work;
}

SmallVector<SizeProduct, 3> CacheUpdateOp::getWorkSizes() {
  SizeProduct sizes =
      getSizesOnDevice(*this, getInPlace() ? getRows().getType() : getResult().getType());
  SizeProduct last = {sizes.back()};
  sizes.pop_back();
  return {sizes, last};
}

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

ShardingRule RollingPositionsOp::getShardingRule() {
  ShardingRule rule;
  GlobalShape positions = getGlobalShape(getPositions().getType());
  unsigned slot = rule.addFactor("slots", getGlobalShape(getSlots().getType())[0]);
  FactorNumbers batch = addFactors(rule, "batch", positions.drop_back(1));
  unsigned token = rule.addFactor("tokens", positions.back(), FactorKind::Indivisible);
  rule.operands.push_back({slot});
  rule.operands.push_back(concat(batch, {token}));
  rule.results.push_back(concat(batch, {slot}));
  return rule;
}

LogicalResult RollingPositionsOp::inferReturnTypes(MLIRContext *, std::optional<Location>,
                                                   Adaptor adaptor, SmallVectorImpl<Type> &types) {
  RankedTensorType positions = getTensor(adaptor.getPositions());
  ResultType result;
  result.addDims(positions, 0, positions.getRank() - 1).addDims(getTensor(adaptor.getSlots()));
  return addInferred(types, result.get(positions.getElementType()));
}

LogicalResult RollingPositionsOp::verify() {
  // rolling_positions-c1
  if (failed(verifyRank(*this, getSlots(), 1, "numbers of slots")) ||
      failed(verifyPositions(*this, getPositions(), "positions")) ||
      failed(verifyRank(*this, getResult(), getTensor(getPositions()).getRank(), "a result")))
    return failure();
  // rolling_positions-c2
  SizeAttr cycle = getCycle();
  if (cycle.isConstant() && cycle.getValue() < 1)
    return emitOpError() << "expects a cycle of at least 1 slot, got " << cycle.getValue();
  return verifyLogicalByRule(*this);
}

Work RollingPositionsOp::getWork() { return Work(); }

ShardingRule OffsetPositionsOp::getShardingRule() {
  return getElementwiseRule(*this, PartialRule::None);
}

LogicalResult OffsetPositionsOp::verify() {
  // offset_positions-c1
  if (getPositions().getType() != getResult().getType())
    return emitOpError() << "expects a result of type " << getPositions().getType() << ", got "
                         << getResult().getType();
  if (static_cast<int64_t>(getBy()) < 0)
    return emitOpError() << "expects 'by' not to be negative, got "
                         << static_cast<int64_t>(getBy());
  return verifyLogicalByRule(*this);
}

Work OffsetPositionsOp::getWork() { return Work(); }

//===----------------------------------------------------------------------===//
// Slots
//===----------------------------------------------------------------------===//

Attribute SlotsAttr::parse(AsmParser &parser, Type) {
  SizeAttr first;
  TokenOrderAttr order;
  bool rolling = false;
  if (parser.parseLess())
    return {};
  if (succeeded(parser.parseOptionalKeyword("rolling")))
    rolling = true;
  if (succeeded(parser.parseOptionalKeyword("order"))) {
    FailureOr<TokenOrderAttr> parsed = TokenOrderAttr::parseOrder(parser);
    if (failed(parsed))
      return {};
    order = *parsed;
  }
  if (succeeded(parser.parseOptionalKeyword("from"))) {
    FailureOr<SizeAttr> parsed = SizeAttr::parseExpression(parser);
    if (failed(parsed))
      return {};
    first = *parsed;
  }
  if (parser.parseGreater())
    return {};
  return SlotsAttr::get(parser.getContext(), first, order, rolling);
}

void SlotsAttr::print(AsmPrinter &printer) const {
  SmallVector<std::string, 3> parts;
  if (getRolling())
    parts.push_back("rolling");
  if (TokenOrderAttr order = getOrder())
    parts.push_back("order " + order.str());
  if (SizeAttr first = getFirst())
    parts.push_back("from " + first.str());
  printer << '<';
  llvm::interleave(parts, printer.getStream(), " ");
  printer << '>';
}

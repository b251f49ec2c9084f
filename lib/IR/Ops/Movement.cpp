//===- Movement.cpp - Parts of values, and values in parts -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Checks.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace dagrt;

ShardingRule SliceOp::getShardingRule() {
  ShardingRule rule;
  rule.partial = PartialRule::Bilinear;
  GlobalShape shape = getGlobalShape(getOperand().getType());
  SmallVector<unsigned, 6> source, target;
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    bool touched = dim == static_cast<size_t>(getDim());
    source.push_back(
        rule.addFactor("d", shape[dim], touched ? FactorKind::Indivisible : FactorKind::Free));
    target.push_back(touched ? rule.addFactor("d", getGlobalShape(getResult().getType())[dim],
                                              FactorKind::Indivisible)
                             : source.back());
  }
  rule.operands.push_back(source);
  rule.results.push_back(target);
  return rule;
}

/// A size as types print it; `?` of one that is unknown.
static std::string getSizeName(SizeAttr size) { return size ? size.str() : "?"; }

void SliceOp::build(OpBuilder &builder, OperationState &state, Type result, Value operand,
                    int64_t dim, int64_t offset) {
  build(builder, state, result, operand, dim, SizeAttr::getConstant(builder.getContext(), offset));
}

LogicalResult SliceOp::verify() {
  // slice-c1
  auto type = getTensor(getOperand());
  if (failed(verifyDim(*this, getDim(), type)) ||
      failed(verifyRank(*this, getResult(), type.getRank(), "a result")) ||
      failed(verifyElementTypes(*this, {getOperand(), getResult()})))
    return failure();
  // slice-c2
  SizeAttr size = getGlobalSizes(type)[getDim()];
  SizeAttr count = getGlobalSizes(getTensor(getResult()))[getDim()];
  SizeAttr offset = getOffset();
  bool isBefore = offset.isConstant() && offset.getValue() < 0;
  // What is left of the operand after the elements; a number may be known of expressions, too.
  SizeAttr rest = size && count ? size.minus(offset.plus(count)) : SizeAttr();
  bool isBeyond = rest && rest.isConstant() && rest.getValue() < 0;
  bool overflows =
      rest && !rest.isConstant() && size.isConstant() && count.isConstant() && offset.isConstant();
  if (isBefore || isBeyond || overflows)
    return emitOpError() << "expects elements inside dim " << getDim() << " of size "
                         << getSizeName(size) << ", got " << getSizeName(count) << " elements from "
                         << offset.str() << " on";
  return verifyLogicalByRule(*this);
}

/// True if the slice takes all elements.
static bool isFull(SliceOp op) {
  SizeAttr size = getGlobalSizes(op.getOperand().getType())[op.getDim()];
  return size && size == getGlobalSizes(op.getType())[op.getDim()];
}

/// Where the token at `offset` of `tokens` stands in the order; null if that is not known.
static SizeAttr getPosition(TokenOrderAttr order, SizeAttr offset, SizeAttr tokens) {
  if (offset.isConstant() && tokens.isConstant())
    return SizeAttr::getConstant(order.getContext(),
                                 order.getPositionOf(offset.getValue(), tokens.getValue()));
  return offset.plus(1) == tokens ? order.getLastPosition(tokens) : SizeAttr();
}

namespace {
/// slice(x) of all elements -> x
struct DropFullSlice final : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op, PatternRewriter &rewriter) const override {
    if (op.getOperand().getType() != op.getResult().getType() || !isFull(op))
      return rewriter.notifyMatchFailure(op, "takes a part");
    rewriter.replaceOp(op, op.getOperand());
    return success();
  }
};

/// slice(reorder(x) inverse) of one token -> slice(x) where that token stands: one token needs
/// no permutation of all.
struct SliceBeforeReorder final : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op, PatternRewriter &rewriter) const override {
    auto reorder = op.getOperand().getDefiningOp<ReorderOp>();
    if (!reorder || !reorder.getInverse() || reorder.getDim() != op.getDim())
      return rewriter.notifyMatchFailure(op, "not a slice of reordered tokens");
    int64_t dim = op.getDim();
    SizeAttr tokens = getGlobalSizes(getTensor(op.getOperand()))[dim];
    if (!tokens || getGlobalShape(getTensor(op.getResult()))[dim] != 1)
      return rewriter.notifyMatchFailure(op, "more than one token");
    SizeAttr position = getPosition(reorder.getOrder(), op.getOffset(), tokens);
    if (!position)
      return rewriter.notifyMatchFailure(op, "a token whose place depends on the sizes");
    rewriter.modifyOpInPlace(op, [&]() {
      op.getOperandMutable().assign(reorder.getOperand());
      op.setOffsetAttr(position);
    });
    return success();
  }
};
} // namespace

void SliceOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.addWithLabel<DropFullSlice>({SliceOp::kDropFullSliceLabel}, context);
  patterns.add<SliceBeforeReorder>(context);
}

ShardingRule ConcatOp::getShardingRule() {
  ShardingRule rule;
  rule.partial = PartialRule::Additive;
  SmallVector<unsigned, 6> target;
  GlobalShape shape = getGlobalShape(getTensor(getResult()));
  for (size_t dim = 0; dim < shape.size(); ++dim)
    target.push_back(rule.addFactor("d", shape[dim],
                                    dim == static_cast<size_t>(getDim()) ? FactorKind::Indivisible
                                                                         : FactorKind::Free));
  for (Value part : getParts()) {
    rule.operands.push_back(target);
    rule.operands.back()[getDim()] =
        rule.addFactor("d", getGlobalShape(getTensor(part))[getDim()], FactorKind::Indivisible);
  }
  rule.results.push_back(target);
  return rule;
}

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  if (adaptor.getParts().empty())
    return failure();
  RankedTensorType first = getTensor(adaptor.getParts().front());
  auto dim = static_cast<int64_t>(adaptor.getDim());
  if (dim < 0 || dim >= first.getRank())
    return failure();
  // What is not known of one part is not known of the sum.
  SizeAttr sum = SizeAttr::getConstant(first.getContext(), 0);
  for (Value part : adaptor.getParts()) {
    SizeAttr size = dim < getTensor(part).getRank() ? getGlobalSizes(getTensor(part))[dim] : sum;
    sum = sum && size ? sum.plus(size) : SizeAttr();
  }
  GlobalSize size(sum ? sum.toNumber() : ShapedType::kDynamic,
                  sum && !sum.isConstant() ? sum : SizeAttr());
  ResultType result;
  result.addDims(first, 0, dim).addDim(size).addDims(first, dim + 1, first.getRank() - dim - 1);
  return addInferred(types, result.keepPartial(first).get(first.getElementType()));
}

LogicalResult ConcatOp::verify() {
  // concat-c1
  if (getParts().empty())
    return emitOpError() << "expects at least one part, got none";
  auto type = getTensor(getResult());
  if (failed(verifyDim(*this, getDim(), type)))
    return failure();
  int64_t sum = 0;
  bool isStatic = true;
  for (auto [i, part] : llvm::enumerate(getParts())) {
    if (failed(verifyRank(*this, part, type.getRank(), ("part #" + Twine(i)).str())) ||
        failed(verifyElementTypes(*this, {getResult(), part})))
      return failure();
    int64_t size = getGlobalShape(getTensor(part))[getDim()];
    isStatic &= !ShapedType::isDynamic(size);
    if (isStatic && llvm::AddOverflow(sum, size, sum))
      return emitOpError() << "expects parts of fewer than 2^63 elements along dim " << getDim();
  }
  // concat-c2
  int64_t size = getGlobalShape(type)[getDim()];
  if (isStatic && !ShapedType::isDynamic(size) && size != sum)
    return emitOpError() << "expects a result of " << sum << " elements along dim " << getDim()
                         << ", as the parts have together, got " << size;
  return verifyLogicalByRule(*this);
}

/// concat(x) of one part -> x
OpFoldResult ConcatOp::fold(FoldAdaptor) {
  if (getParts().size() == 1 && getParts().front().getType() == getType())
    return getParts().front();
  return {};
}

ShardingRule ReorderOp::getShardingRule() {
  ShardingRule rule = getElementwiseRule(*this, PartialRule::Bilinear);
  rule.factors[getDim()].kind = FactorKind::Indivisible;
  return rule;
}

LogicalResult ReorderOp::verify() {
  // reorder-c1
  if (failed(verifyDim(*this, getDim(), getTensor(getOperand()))))
    return failure();
  if (getOperand().getType() != getResult().getType())
    return emitOpError() << "expects a result of type " << getOperand().getType() << ", got "
                         << getResult().getType();
  return verifyLogicalByRule(*this);
}

/// reorder(reorder(x)) there and back -> x
OpFoldResult ReorderOp::fold(FoldAdaptor) {
  auto other = getOperand().getDefiningOp<ReorderOp>();
  if (other && other.getDim() == getDim() && other.getOrder() == getOrder() &&
      other.getInverse() != getInverse())
    return other.getOperand();
  return {};
}

//===----------------------------------------------------------------------===//
// Work
//===----------------------------------------------------------------------===//

/// A part of one dim is a view of its operand.
Work SliceOp::getWork() { return Work(); }

/// These move every element.
Work ConcatOp::getWork() { return getStreamingWork(*this, WorkKind::Elementwise, 0); }
Work ReorderOp::getWork() { return getStreamingWork(*this, WorkKind::Elementwise, 0); }

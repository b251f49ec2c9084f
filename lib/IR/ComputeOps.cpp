//===- ComputeOps.cpp - Rules and checks of the compute ops -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For each op its sharding rule (which dims are one factor, and what cutting it
// means) and the checks that the rule cannot express.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Dagrt.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/PatternMatch.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

static RankedTensorType getTensor(Value value) { return cast<RankedTensorType>(value.getType()); }

static SmallVector<unsigned, 6> concat(ArrayRef<unsigned> a, ArrayRef<unsigned> b) {
  SmallVector<unsigned, 6> result(a);
  llvm::append_range(result, b);
  return result;
}

/// One factor for each size.
static SmallVector<unsigned, 6> addFactors(ShardingRule &rule, StringRef name, GlobalShape sizes,
                                           FactorKind kind = FactorKind::Free) {
  SmallVector<unsigned, 6> factors;
  for (size_t dim = 0; dim < sizes.size(); ++dim)
    factors.push_back(rule.addFactor(name, sizes[dim], kind));
  return factors;
}

static LogicalResult verifyRank(Operation *op, Value value, int64_t rank, StringRef what) {
  if (getTensor(value).getRank() == rank)
    return success();
  return op->emitOpError() << "expects " << what << " of " << rank << " dims, got "
                           << value.getType();
}

static LogicalResult verifyElementTypes(Operation *op, ArrayRef<Value> values) {
  Type type = getTensor(values.front()).getElementType();
  for (Value value : values.drop_front())
    if (getTensor(value).getElementType() != type)
      return op->emitOpError() << "expects one element type, got " << type << " and "
                               << getTensor(value).getElementType();
  return success();
}

//===----------------------------------------------------------------------===//
// Embedding
//===----------------------------------------------------------------------===//

ShardingRule EmbeddingOp::getShardingRule() {
  ShardingRule rule;
  GlobalShape ids = getGlobalShape(getIds().getType());
  GlobalShape table = getGlobalShape(getTable().getType());
  SmallVector<unsigned, 6> tokens = addFactors(rule, "tokens", ids);
  unsigned rows = rule.addFactor("vocab", table.front(),
                                 getShard() ? FactorKind::Contracted : FactorKind::Decomposable);
  // Ids count them.
  rule.factors[rows].hasPlaces = true;
  SmallVector<unsigned, 6> hidden = addFactors(rule, "hidden", table.drop_front());
  rule.operands.push_back(tokens);
  rule.operands.push_back(concat({rows}, hidden));
  rule.results.push_back(concat(tokens, hidden));
  return rule;
}

LogicalResult EmbeddingOp::verify() {
  // embedding-c1
  int64_t idsRank = getIds().getType().getRank(), tableRank = getTable().getType().getRank();
  if (tableRank < 1)
    return emitOpError() << "expects a table of at least 1 dim, got " << getTable().getType();
  if (failed(verifyRank(*this, getResult(), idsRank + tableRank - 1, "a result")) ||
      failed(verifyElementTypes(*this, {getTable(), getResult()})))
    return failure();
  // embedding-c2
  if (getShard()) {
    DistAttr shard = getDist(getShard().getType()), table = getDist(getTable().getType());
    if (!shard || !table || shard.getDims().size() != 1)
      return emitOpError() << "expects a placed table and shard numbers of one dim, got "
                           << getShard().getType();
  }
  return verifyLogicalByRule(*this);
}

/// embedding-c2: on the mesh.
static LogicalResult verifyShardNumbers(EmbeddingOp op, SymbolTableCollection &symbols) {
  RankedTensorType shardType = getTensor(op.getShard()), tableType = op.getTable().getType();
  if (failed(verifyPlacedType(op, shardType, "the shard numbers", symbols)) ||
      failed(verifyPlacedType(op, tableType, "the table", symbols)))
    return failure();
  DistAttr shard = getDist(shardType), table = getDist(tableType);
  MeshOp mesh = lookupMesh(op, table.getMesh(), symbols);
  auto getAxes = [&](DistAttr dist) { return normalizeAxes(mesh, dist.getDims()[0].getAxes()); };
  if (shard.getMesh() == table.getMesh() && getAxes(shard) == getAxes(table) &&
      shard.getOf()[0] == getNumShards(mesh, getAxes(table)) && !shard.isPartial())
    return success();
  InFlightDiagnostic error = op.emitOpError()
                             << "expects a shard number for each shard of the table's rows, "
                             << table.getDims()[0].str() << " of '" << table.getMesh() << "', got "
                             << shard;
  error.attachNote(op.getShard().getLoc()) << "shard numbers defined here";
  error.attachNote(op.getTable().getLoc()) << "table defined here";
  return error;
}

LogicalResult EmbeddingOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (getShard() && failed(verifyShardNumbers(*this, symbols)))
    return failure();
  return verifyPlacedByRule(*this, symbols);
}

bool EmbeddingOp::canDecompose(unsigned factor) {
  return getShardingRule().factors[factor].name == "vocab";
}

/// embedding(ids, table) with cut rows -> embedding(ids, table) shard axis_index: each device
/// looks up its own rows, and the result is a partial sum.
FailureOr<SmallVector<Value>> EmbeddingOp::decompose(OpBuilder &builder, ValueRange operands,
                                                     ArrayRef<AxesAttr> factorAxes) {
  auto ids = getTensor(operands[0]), table = getTensor(operands[1]);
  DistAttr dist = getDist(table);
  MeshOp mesh = lookupMesh(builder.getInsertionBlock()->getParentOp(), dist.getMesh());
  AxesAttr rows = dist.getDims().front();
  int64_t shards = getNumShards(mesh, rows);
  RankedTensorType shardType = getPlacedType(mesh, {shards}, builder.getI32Type(), {rows});
  auto shard = AxisIndexOp::create(builder, getLoc(), shardType);
  SmallVector<AxesAttr> dims(getDist(ids).getDims());
  llvm::append_range(dims, dist.getDims().drop_front());
  RankedTensorType type = getPlacedType(mesh, getGlobalShape(getResult().getType()),
                                        table.getElementType(), dims, rows);
  auto lookup = EmbeddingOp::create(builder, getLoc(), type, operands[0], operands[1], shard);
  lookup->setDiscardableAttrs(getOperation()->getDiscardableAttrDictionary());
  return SmallVector<Value>{lookup.getResult()};
}

//===----------------------------------------------------------------------===//
// Matmul
//===----------------------------------------------------------------------===//

ShardingRule MatmulOp::getShardingRule() {
  ShardingRule rule;
  rule.partial = PartialRule::Bilinear;
  GlobalShape lhs = getGlobalShape(getLhs().getType());
  GlobalShape rhs = getGlobalShape(getRhs().getType());
  SmallVector<unsigned, 6> m = addFactors(rule, "m", lhs.drop_back(getContract()));
  SmallVector<unsigned, 6> k =
      addFactors(rule, "k", rhs.take_front(getContract()), FactorKind::Contracted);
  SmallVector<unsigned, 6> n = addFactors(rule, "n", rhs.drop_front(getContract()));
  rule.operands.push_back(concat(m, k));
  rule.operands.push_back(concat(k, n));
  rule.results.push_back(concat(m, n));
  return rule;
}

LogicalResult MatmulOp::verify() {
  // matmul-c1
  int64_t contract = getContract();
  int64_t lhs = getLhs().getType().getRank(), rhs = getRhs().getType().getRank();
  if (contract < 1 || contract > std::min(lhs, rhs))
    return emitOpError() << "expects to contract 1 to " << std::min(lhs, rhs) << " dims, got "
                         << contract;
  // matmul-c2
  if (failed(verifyRank(*this, getResult(), lhs + rhs - 2 * contract, "a result")))
    return failure();
  return verifyLogicalByRule(*this);
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

ShardingRule SiluOp::getShardingRule() { return getElementwiseRule(*this, PartialRule::None); }
ShardingRule ReluOp::getShardingRule() { return getElementwiseRule(*this, PartialRule::None); }
ShardingRule GeluOp::getShardingRule() { return getElementwiseRule(*this, PartialRule::None); }
ShardingRule ScaleOp::getShardingRule() { return getElementwiseRule(*this, PartialRule::Bilinear); }
ShardingRule SoftCapOp::getShardingRule() { return getElementwiseRule(*this, PartialRule::None); }
ShardingRule AddOp::getShardingRule() { return getElementwiseRule(*this, PartialRule::Additive); }
ShardingRule MulOp::getShardingRule() { return getElementwiseRule(*this, PartialRule::Bilinear); }

LogicalResult SiluOp::verify() { return verifyLogicalByRule(*this); }
LogicalResult ReluOp::verify() { return verifyLogicalByRule(*this); }
LogicalResult GeluOp::verify() { return verifyLogicalByRule(*this); }

LogicalResult ScaleOp::verify() {
  // scale-c1
  if (!getBy().isFinite())
    return emitOpError() << "expects a finite number to multiply with, got "
                         << getBy().convertToDouble();
  return verifyLogicalByRule(*this);
}

static LogicalResult verifyCap(Operation *op, const APFloat &cap) {
  if (cap.isFinite() && cap.convertToDouble() > 0)
    return success();
  return op->emitOpError() << "expects a finite cap above 0, got " << cap.convertToDouble();
}

LogicalResult SoftCapOp::verify() {
  // soft_cap-c1
  if (failed(verifyCap(*this, getCap())))
    return failure();
  return verifyLogicalByRule(*this);
}

/// add-c1, mul-c1
template <typename OpT>
static LogicalResult verifyBinary(OpT op) {
  int64_t rank = op.getLhs().getType().getRank();
  if (failed(verifyRank(op, op.getResult(), rank, "a result")))
    return failure();
  if (op.getRhs().getType().getRank() > rank)
    return op.emitOpError() << "expects the right operand to have at most " << rank << " dims, got "
                            << op.getRhs().getType();
  if (failed(verifyElementTypes(op, {op.getLhs(), op.getRhs(), op.getResult()})))
    return failure();
  return verifyLogicalByRule(op);
}

LogicalResult AddOp::verify() { return verifyBinary(*this); }
LogicalResult MulOp::verify() { return verifyBinary(*this); }

//===----------------------------------------------------------------------===//
// Rope
//===----------------------------------------------------------------------===//

ShardingRule RopeOp::getShardingRule() {
  ShardingRule rule;
  GlobalShape x = getGlobalShape(getX().getType());
  unsigned batch = rule.addFactor("batch", x[0]);
  unsigned tokens = rule.addFactor("tokens", x[1]);
  SmallVector<unsigned, 6> heads = addFactors(rule, "heads", x.drop_front(2).drop_back());
  unsigned headDim = rule.addFactor("head_dim", x.back(), FactorKind::Indivisible);
  SmallVector<unsigned, 6> all = concat({batch, tokens}, concat(heads, {headDim}));
  rule.operands.push_back(all);
  rule.operands.push_back({tokens});
  rule.results.push_back(all);
  return rule;
}

LogicalResult RopeOp::verify() {
  // rope-c1
  if (getX().getType().getRank() < 3)
    return emitOpError() << "expects an operand of at least 3 dims, got " << getX().getType();
  if (failed(verifyRank(*this, getPositions(), 1, "positions")) ||
      failed(verifyRank(*this, getResult(), getX().getType().getRank(), "a result")) ||
      failed(verifyElementTypes(*this, {getX(), getResult()})))
    return failure();
  // rope-c2
  int64_t headDim = getGlobalShape(getX().getType()).back();
  if (!ShapedType::isDynamic(headDim) && getConfig().getDims() > headDim)
    return emitOpError() << "expects at most " << headDim << " rotated dims, got "
                         << getConfig().getDims();
  return verifyLogicalByRule(*this);
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

/// Positions come in pairs, and masks need them.
template <typename OpT>
static LogicalResult verifyMask(OpT op) {
  bool hasPositions = static_cast<bool>(op.getQueryPositions());
  if (hasPositions != static_cast<bool>(op.getKeyPositions()))
    return op.emitOpError() << "expects positions of both queries and keys, or of neither, "
                               "got those of one";
  if ((op.getCausal() || op.getWindow()) && !hasPositions)
    return op.emitOpError() << "expects positions of queries and keys with a mask, got none";
  if (op.getSlopes() && !hasPositions)
    return op.emitOpError() << "expects positions of queries and keys with ALiBi, got none";
  if (std::optional<int64_t> window = op.getWindow())
    if (!op.getCausal() || *window < 1)
      return op.emitOpError() << "expects a causal window of at least 1, got " << *window
                              << (op.getCausal() ? "" : " without 'causal'");
  if (!hasPositions)
    return success();
  if (failed(verifyRank(op, op.getQueryPositions(), 1, "query positions")))
    return failure();
  return verifyRank(op, op.getKeyPositions(), 1, "key positions");
}

/// Slopes are two dims of heads, and a cap is a number that scores can reach.
template <typename OpT>
static LogicalResult verifyScoreChanges(OpT op) {
  if (std::optional<APFloat> cap = op.getSoftCap())
    if (failed(verifyCap(op, *cap)))
      return failure();
  if (!op.getSlopes())
    return success();
  return verifyRank(op, op.getSlopes(), 2, "slopes");
}

ShardingRule AttentionOp::getShardingRule() {
  ShardingRule rule;
  GlobalShape q = getGlobalShape(getQuery().getType());
  GlobalShape v = getGlobalShape(getValue().getType());
  unsigned batch = rule.addFactor("batch", q[0]);
  unsigned query = rule.addFactor("query", q[1]);
  unsigned group = rule.addFactor("heads", q[2]);
  unsigned head = rule.addFactor("heads", q[3]);
  unsigned headDim = rule.addFactor("head_dim", q[4], FactorKind::Indivisible);
  unsigned key = rule.addFactor("key", v[1], FactorKind::Decomposable);
  unsigned valueDim = rule.addFactor("value_dim", v[3], FactorKind::Indivisible);
  rule.operands.push_back({batch, query, group, head, headDim});
  rule.operands.push_back({batch, key, group, headDim});
  rule.operands.push_back({batch, key, group, valueDim});
  if (getQueryPositions()) {
    rule.operands.push_back({query});
    rule.operands.push_back({key});
  }
  if (getSlopes())
    rule.operands.push_back({group, head});
  rule.results.push_back({batch, query, group, head, valueDim});
  return rule;
}

LogicalResult AttentionOp::verify() {
  // attention-c1
  if (failed(verifyRank(*this, getQuery(), 5, "a query")) ||
      failed(verifyRank(*this, getKey(), 4, "a key")) ||
      failed(verifyRank(*this, getValue(), 4, "a value")) ||
      failed(verifyRank(*this, getResult(), 5, "a result")) ||
      failed(verifyElementTypes(*this, {getQuery(), getKey(), getValue(), getResult()})))
    return failure();
  // attention-c2
  if (failed(verifyMask(*this)))
    return failure();
  // attention-c3
  int64_t past = getPast();
  if (past < 0)
    return emitOpError() << "expects a 'past' that is not negative, got " << past;
  SizeAttr queries = getGlobalSizes(getQuery().getType())[1];
  SizeAttr keys = getGlobalSizes(getKey().getType())[1];
  if (queries && keys && keys != queries.plus(past)) {
    InFlightDiagnostic error =
        emitOpError() << "expects 'past' to be the number of keys before the first query, "
                      << keys.str() << " keys - " << queries.str() << " queries, got " << past;
    error.attachNote(getKey().getLoc()) << "keys defined here";
    return error;
  }
  // attention-c4
  if (failed(verifyScoreChanges(*this)))
    return failure();
  return verifyLogicalByRule(*this);
}

ShardingRule AttentionScoresOp::getShardingRule() {
  ShardingRule rule;
  GlobalShape q = getGlobalShape(getQuery().getType());
  unsigned batch = rule.addFactor("batch", q[0]);
  unsigned query = rule.addFactor("query", q[1]);
  unsigned group = rule.addFactor("heads", q[2]);
  unsigned head = rule.addFactor("heads", q[3]);
  unsigned headDim = rule.addFactor("head_dim", q[4], FactorKind::Contracted);
  unsigned key = rule.addFactor("key", getGlobalShape(getKey().getType())[1]);
  rule.partial = PartialRule::Bilinear;
  rule.operands.push_back({batch, query, group, head, headDim});
  rule.operands.push_back({batch, key, group, headDim});
  rule.results.push_back({batch, group, head, query, key});
  return rule;
}

LogicalResult AttentionScoresOp::verify() {
  // attention_scores-c1
  if (failed(verifyRank(*this, getQuery(), 5, "a query")) ||
      failed(verifyRank(*this, getKey(), 4, "a key")) ||
      failed(verifyRank(*this, getResult(), 5, "a result")))
    return failure();
  return verifyLogicalByRule(*this);
}

ShardingRule SoftmaxOp::getShardingRule() {
  ShardingRule rule;
  GlobalShape scores = getGlobalShape(getScores().getType());
  SmallVector<unsigned, 6> leading = addFactors(rule, "heads", scores.drop_back(2));
  unsigned query = rule.addFactor("query", scores[scores.size() - 2]);
  unsigned key = rule.addFactor("key", scores.back(), FactorKind::Decomposable);
  SmallVector<unsigned, 6> all = concat(leading, {query, key});
  rule.operands.push_back(all);
  if (getQueryPositions()) {
    rule.operands.push_back({query});
    rule.operands.push_back({key});
  }
  if (getSlopes())
    rule.operands.push_back(SmallVector<unsigned, 6>(ArrayRef(leading).take_back(2)));
  rule.results.push_back(all);
  return rule;
}

LogicalResult SoftmaxOp::verify() {
  // softmax-c1
  if (getScores().getType().getRank() < 2)
    return emitOpError() << "expects an operand of at least 2 dims, got " << getScores().getType();
  if (failed(verifyRank(*this, getResult(), getScores().getType().getRank(), "a result")) ||
      failed(verifyElementTypes(*this, {getScores(), getResult()})))
    return failure();
  // softmax-c2
  if (failed(verifyMask(*this)))
    return failure();
  // softmax-c3
  if (getSlopes() && getScores().getType().getRank() < 4)
    return emitOpError() << "expects an operand of at least 4 dims with ALiBi, got "
                         << getScores().getType();
  if (failed(verifyScoreChanges(*this)))
    return failure();
  return verifyLogicalByRule(*this);
}

ShardingRule AttentionContextOp::getShardingRule() {
  ShardingRule rule;
  GlobalShape p = getGlobalShape(getWeights().getType());
  unsigned batch = rule.addFactor("batch", p[0]);
  unsigned group = rule.addFactor("heads", p[1]);
  unsigned head = rule.addFactor("heads", p[2]);
  unsigned query = rule.addFactor("query", p[3]);
  unsigned key = rule.addFactor("key", p[4], FactorKind::Contracted);
  unsigned headDim = rule.addFactor("head_dim", getGlobalShape(getValue().getType())[3]);
  rule.partial = PartialRule::Bilinear;
  rule.operands.push_back({batch, group, head, query, key});
  rule.operands.push_back({batch, key, group, headDim});
  rule.results.push_back({batch, query, group, head, headDim});
  return rule;
}

LogicalResult AttentionContextOp::verify() {
  // attention_context-c1
  if (failed(verifyRank(*this, getWeights(), 5, "weights")) ||
      failed(verifyRank(*this, getValue(), 4, "a value")) ||
      failed(verifyRank(*this, getResult(), 5, "a result")))
    return failure();
  return verifyLogicalByRule(*this);
}

//===----------------------------------------------------------------------===//
// Slice, concat and reorder
//===----------------------------------------------------------------------===//

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

static LogicalResult verifyDim(Operation *op, int64_t dim, RankedTensorType type) {
  if (dim >= 0 && dim < type.getRank())
    return success();
  if (type.getRank() == 0)
    return op->emitOpError() << "expects an operand that has dims, got " << type;
  return op->emitOpError() << "expects a dim from 0 to " << type.getRank() - 1 << ", got " << dim;
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

//===- Attention.cpp - Attention, fused and in steps -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Checks.h"

#include "../BytecodeVersion.h"

#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace dagrt;

/// Positions are `[tokens]`, or `[batch, tokens]`.
static LogicalResult verifyPositions(Operation *op, Value positions, StringRef what) {
  int64_t rank = getTensor(positions).getRank();
  if (rank == 1 || rank == 2)
    return success();
  return op->emitOpError() << "expects " << what << " of 1 or 2 dims, got " << positions.getType();
}

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
  if (failed(verifyPositions(op, op.getQueryPositions(), "query positions")))
    return failure();
  return verifyPositions(op, op.getKeyPositions(), "key positions");
}

/// Slopes and sinks are two dims of heads, a cap is a number that scores can reach, and a mask has
/// a number for each pair of a query and a key.
template <typename OpT>
static LogicalResult verifyScoreChanges(OpT op) {
  if (std::optional<APFloat> cap = op.getSoftCap())
    if (failed(verifyCap(op, *cap)))
      return failure();
  if (op.getSlopes() && failed(verifyRank(op, op.getSlopes(), 2, "slopes")))
    return failure();
  if (op.getSink() && failed(verifyRank(op, op.getSink(), 2, "a sink")))
    return failure();
  if (!op.getMask())
    return success();
  int64_t rank = getTensor(op.getMask()).getRank();
  if (rank == 2 || rank == 3)
    return success();
  return op.emitOpError() << "expects a mask of 2 or 3 dims, got " << op.getMask().getType();
}

namespace {
/// The factors that positions, slopes, masks and sinks have dims of.
struct ScoreFactors {
  unsigned batch, query, key;
  FactorNumbers heads; ///< Groups, then heads in a group.
};
} // namespace

/// Adds what changes the scores to a rule, in the order of the operands up to the sink.
template <typename OpT>
static void addScoreOperands(OpT op, ShardingRule &rule, const ScoreFactors &factors) {
  auto add = [&](Value value, FactorNumbers dims) {
    // Without the batch, all of its elements have the same.
    if (value)
      rule.operands.push_back(FactorNumbers(ArrayRef(dims).take_back(getTensor(value).getRank())));
  };
  add(op.getQueryPositions(), {factors.batch, factors.query});
  add(op.getKeyPositions(), {factors.batch, factors.key});
  add(op.getSlopes(), factors.heads);
  add(op.getMask(), {factors.batch, factors.query, factors.key});
  add(op.getSink(), factors.heads);
}

/// The type that log-sums are kept in.
static Type getSumType(Type type) {
  return type.isF64() ? type : Type(Float32Type::get(type.getContext()));
}

ShardingRule AttentionOp::getShardingRule() {
  ShardingRule rule;
  GlobalShape q = getGlobalShape(getQuery().getType());
  GlobalShape k = getGlobalShape(getKey().getType());
  GlobalShape result = getGlobalShape(getResult().getType());
  unsigned batch = rule.addFactor("batch", q[0]);
  unsigned query = rule.addFactor("query", q[1]);
  unsigned group = rule.addFactor("heads", q[2]);
  unsigned head = rule.addFactor("heads", q[3]);
  unsigned headDim = rule.addFactor("head_dim", q[4], FactorKind::Indivisible);
  unsigned key =
      rule.addFactor("key", k[1], getShard() ? FactorKind::Local : FactorKind::Decomposable);
  GlobalSize values = getValue() ? getGlobalShape(getValue().getType())[3]
                                 : GlobalSize(static_cast<int64_t>(*getValueDims()));
  unsigned valueDim = rule.addFactor("value_dim", values, FactorKind::Indivisible);
  rule.operands.push_back({batch, query, group, head, headDim});
  rule.operands.push_back({batch, key, group, headDim});
  if (getValue())
    rule.operands.push_back({batch, key, group, valueDim});
  addScoreOperands(*this, rule, {batch, query, key, {group, head}});
  FactorNumbers parts, rows = {batch, query, group, head};
  if (getShard()) {
    parts.push_back(rule.addFactor("part", result.front()));
    rule.operands.push_back(parts);
  }
  rule.results.push_back(concat(parts, concat(rows, {valueDim})));
  if (getLogSums())
    rule.results.push_back(concat(parts, rows));
  return rule;
}

LogicalResult AttentionOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  RankedTensorType query = getTensor(adaptor.getQuery());
  ResultType context, sums;
  if (Value shard = adaptor.getShard()) {
    context.addDims(getTensor(shard));
    sums.addDims(getTensor(shard));
  }
  context.addDims(query, 0, 4);
  sums.addDims(query, 0, 4);
  if (Value value = adaptor.getValue())
    context.addDims(getTensor(value), 3, 1);
  else
    context.addDim(static_cast<int64_t>(adaptor.getValueDims().value_or(0)));
  Type element = query.getElementType();
  if (failed(addInferred(types, context.get(element))))
    return failure();
  // Without a shard, log-sums are a choice: callers that need them give both types.
  return adaptor.getShard() ? addInferred(types, sums.get(getSumType(element))) : success();
}

/// attention-c1
static LogicalResult verifyValues(AttentionOp op) {
  bool hasValue = static_cast<bool>(op.getValue()), hasDims = op.getValueDims().has_value();
  if (hasValue == hasDims)
    return op.emitOpError() << "expects either a value or 'value_dims', got "
                            << (hasValue ? "both" : "neither");
  if (hasValue)
    return verifyRank(op, op.getValue(), 4, "a value");
  auto dims = static_cast<int64_t>(*op.getValueDims());
  int64_t most = getGlobalShape(op.getKey().getType()).back();
  if (dims >= 1 && (ShapedType::isDynamic(most) || dims <= most))
    return success();
  return op.emitOpError() << "expects 'value_dims' from 1 to " << most << ", got " << dims;
}

/// attention-c3, but for what meshes say.
static LogicalResult verifyLogSums(AttentionOp op) {
  if (op.getShard() && !op.getLogSums())
    return op.emitOpError() << "expects log-sums as second result with a shard, got none";
  if (op.getShard() && (!getDist(op.getShard().getType()) || !getDist(op.getKey().getType()) ||
                        op.getShard().getType().getRank() != 1))
    return op.emitOpError() << "expects placed keys and shard numbers of one dim, got "
                            << op.getShard().getType();
  if (!op.getLogSums())
    return success();
  if (op.getSink())
    return op.emitOpError() << "expects no sink with log-sums: it joins where parts are merged";
  Type type = getSumType(op.getQuery().getType().getElementType());
  if (getTensor(op.getLogSums()).getElementType() != type)
    return op.emitOpError() << "expects log-sums of " << type << ", got "
                            << op.getLogSums().getType();
  return verifyRank(op, op.getLogSums(), 4 + op.getNumPartDims(), "log-sums");
}

LogicalResult AttentionOp::verify() {
  // attention-c1
  if (failed(verifyRank(*this, getQuery(), 5, "a query")) ||
      failed(verifyRank(*this, getKey(), 4, "a key")) || failed(verifyValues(*this)) ||
      failed(verifyRank(*this, getResult(), 5 + getNumPartDims(), "a result")))
    return failure();
  // attention-c6
  if (failed(verifyElementTypes(*this, {getQuery(), getResult()})) ||
      (getValue() && failed(verifyElementTypes(*this, {getKey(), getValue()}))))
    return failure();
  // attention-c7
  if (getVisible() && getVisible()->isConstant() && getVisible()->getValue() < 0)
    return emitOpError() << "expects 'visible' not to be negative, got "
                         << getVisible()->getValue();
  // attention-c2
  if (failed(verifyMask(*this)))
    return failure();
  // attention-c3, attention-c4
  if (failed(verifyLogSums(*this)) || failed(verifyScoreChanges(*this)))
    return failure();
  return verifyLogicalByRule(*this);
}

LogicalResult AttentionOp::verifySymbolUses(SymbolTableCollection &tables) {
  // attention-c5
  if (getShard() && failed(verifyShardNumbers(*this, getShard(), getKey(), 1, "the keys", tables)))
    return failure();
  return verifyPlacedByRule(*this, tables);
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

LogicalResult AttentionScoresOp::inferReturnTypes(MLIRContext *, std::optional<Location>,
                                                  Adaptor adaptor, SmallVectorImpl<Type> &types) {
  RankedTensorType query = getTensor(adaptor.getQuery()), key = getTensor(adaptor.getKey());
  ResultType result;
  result.addDims(query, 0, 1).addDims(query, 2, 2).addDims(query, 1, 1).addDims(key, 1, 1);
  result.keepPartial(query).keepPartial(key).contract(query, 4, 1);
  return addInferred(types, result.get(query.getElementType()));
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
  FactorNumbers leading = addFactors(rule, "heads", scores.drop_back(2));
  unsigned query = rule.addFactor("query", scores[scores.size() - 2]);
  unsigned key = rule.addFactor("key", scores.back(), FactorKind::Decomposable);
  FactorNumbers all = concat(leading, {query, key});
  rule.operands.push_back(all);
  ArrayRef<unsigned> heads = ArrayRef(leading).take_back(2);
  addScoreOperands(*this, rule, {all.front(), query, key, FactorNumbers(heads)});
  rule.results.push_back(all);
  return rule;
}

/// Dims of the largest operand that has one for the batch, beside the queries and keys.
static bool readsBatch(SoftmaxOp op) {
  auto hasRank = [](Value value, int64_t rank) {
    return value && getTensor(value).getRank() == rank;
  };
  return hasRank(op.getQueryPositions(), 2) || hasRank(op.getKeyPositions(), 2) ||
         hasRank(op.getMask(), 3);
}

LogicalResult SoftmaxOp::verify() {
  // softmax-c1
  int64_t rank = getScores().getType().getRank();
  if (rank < 2)
    return emitOpError() << "expects an operand of at least 2 dims, got " << getScores().getType();
  if (failed(verifyRank(*this, getResult(), rank, "a result")) ||
      failed(verifyElementTypes(*this, {getScores(), getResult()})))
    return failure();
  // softmax-c2
  if (failed(verifyMask(*this)))
    return failure();
  // softmax-c3
  if ((getSlopes() || getSink()) && rank < 4)
    return emitOpError() << "expects an operand of at least 4 dims with "
                         << (getSlopes() ? "ALiBi" : "a sink") << ", got " << getScores().getType();
  if (failed(verifyScoreChanges(*this)))
    return failure();
  // softmax-c4
  if (readsBatch(*this) && rank < 3)
    return emitOpError() << "expects an operand of at least 3 dims with a batch of positions or "
                            "masks, got "
                         << getScores().getType();
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

LogicalResult AttentionContextOp::inferReturnTypes(MLIRContext *, std::optional<Location>,
                                                   Adaptor adaptor, SmallVectorImpl<Type> &types) {
  RankedTensorType weights = getTensor(adaptor.getWeights());
  RankedTensorType value = getTensor(adaptor.getValue());
  ResultType result;
  result.addDims(weights, 0, 1).addDims(weights, 3, 1).addDims(weights, 1, 2).addDims(value, 3, 1);
  result.keepPartial(weights).keepPartial(value).contract(weights, 4, 1);
  return addInferred(types, result.get(weights.getElementType()));
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
// Keys and values
//===----------------------------------------------------------------------===//

using TokenCounts = std::optional<std::pair<SizeAttr, SizeAttr>>;

TokenCounts AttentionOp::getTokens() {
  return {{getGlobalSizes(getQuery().getType())[1], getGlobalSizes(getKey().getType())[1]}};
}

SmallVector<Value> AttentionOp::getKeysAndValues() {
  SmallVector<Value> values = {getKey()};
  if (getValue())
    values.push_back(getValue());
  return values;
}

/// Softmax has other uses, too, which have other roles.
TokenCounts SoftmaxOp::getTokens() {
  RoleAttr role = getOperation()->getAttrOfType<RoleAttr>(DagrtDialect::kRoleAttrName);
  if (!role || !role.isWithin("attention"))
    return std::nullopt;
  SmallVector<SizeAttr> scores = getGlobalSizes(getTensor(getResult()));
  return {{scores[scores.size() - 2], scores.back()}};
}

// Decomposed, the softmax has the mask: from it, the matmuls are found along values of the scores'
// rank, through whatever scales, caps, biases or moves scores.
static bool isOfScores(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  // [batch, groups, heads of a group, queries, keys].
  return type && type.getRank() == 5;
}

/// From scores back to the matmuls that made them.
static void collectKeys(Value scores, SmallVectorImpl<Value> &keys) {
  SmallVector<Value> pending = {scores};
  llvm::SmallPtrSet<Operation *, 8> seen;
  while (!pending.empty()) {
    Operation *op = pending.pop_back_val().getDefiningOp();
    if (!op || !seen.insert(op).second)
      continue;
    if (auto product = dyn_cast<AttentionScoresOp>(op)) {
      keys.push_back(product.getKey());
      continue;
    }
    for (Value operand : op->getOperands())
      if (isOfScores(operand))
        pending.push_back(operand);
  }
}

/// From weights on to the matmuls that read them.
static void collectValues(Value weights, SmallVectorImpl<Value> &values) {
  SmallVector<Value> pending = {weights};
  llvm::SmallPtrSet<Operation *, 8> seen;
  while (!pending.empty())
    for (Operation *user : pending.pop_back_val().getUsers()) {
      if (!seen.insert(user).second)
        continue;
      if (auto product = dyn_cast<AttentionContextOp>(user)) {
        values.push_back(product.getValue());
        continue;
      }
      for (Value result : user->getResults())
        if (isOfScores(result))
          pending.push_back(result);
    }
}

SmallVector<Value> SoftmaxOp::getKeysAndValues() {
  SmallVector<Value> values;
  collectKeys(getScores(), values);
  collectValues(getResult(), values);
  return values;
}

//===----------------------------------------------------------------------===//
// Bytecode
//===----------------------------------------------------------------------===//

LogicalResult AttentionOp::readProperties(DialectBytecodeReader &reader, OperationState &state) {
  auto &properties = state.getOrAddProperties<Properties>();
  uint64_t version = getBytecodeVersion(reader);
  bool isFirst = version < 2;
  IntegerAttr past;
  if (failed(reader.readOptionalAttribute(properties.causal)) ||
      (isFirst && failed(reader.readOptionalAttribute(past))) ||
      failed(reader.readAttribute(properties.scale)) ||
      failed(reader.readOptionalAttribute(properties.soft_cap)) ||
      (!isFirst && failed(reader.readOptionalAttribute(properties.value_dims))) ||
      (version > 2 && failed(reader.readOptionalAttribute(properties.visible))) ||
      failed(reader.readOptionalAttribute(properties.window)))
    return failure();
  if (past && past.getInt() != 0)
    return reader.emitError() << "expects attention without 'past', which positions say now, got "
                              << past.getInt();
  return reader.readSparseArray(MutableArrayRef(properties.operandSegmentSizes));
}

void AttentionOp::writeProperties(DialectBytecodeWriter &writer) {
  const Properties &properties = getProperties();
  writer.writeOptionalAttribute(properties.causal);
  writer.writeAttribute(properties.scale);
  writer.writeOptionalAttribute(properties.soft_cap);
  writer.writeOptionalAttribute(properties.value_dims);
  writer.writeOptionalAttribute(properties.visible);
  writer.writeOptionalAttribute(properties.window);
  writer.writeSparseArray(ArrayRef(properties.operandSegmentSizes));
}

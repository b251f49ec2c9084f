//===- Attention.cpp - Attention, fused and in steps -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The definition of attention and of its three steps, and attention to one shard of the keys on a
// rank. Its lowering to linalg is in AttentionToLinalg.cpp.
//
//===----------------------------------------------------------------------===//

#include "../RankExtractor.h"
#include "Models.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

namespace {
/// Which keys a query sees, and what becomes of their scores. Arrays are null where the op has no
/// such operand.
struct Mask {
  const Array *queries = nullptr,
              *keys = nullptr; ///< Positions, for each batch element or for all.
  bool causal = false;
  std::optional<int64_t> window;
  std::optional<APFloat> cap;
  const Array *slopes = nullptr, *addend = nullptr, *sink = nullptr;

  static double getPosition(const Array &positions, int64_t batch, int64_t token) {
    int64_t tokens = positions.shape.back();
    return positions.elements[(positions.shape.size() == 2 ? batch * tokens : 0) + token];
  }

  /// The scaled score of a head, capped and biased.
  double change(double score, int64_t batch, int64_t head, int64_t query, int64_t key) const {
    if (cap)
      score = cap->convertToDouble() * std::tanh(score / cap->convertToDouble());
    if (slopes)
      score += slopes->elements[head] *
               (getPosition(*keys, batch, key) - getPosition(*queries, batch, query));
    if (addend) {
      size_t rank = addend->shape.size();
      int64_t row = (rank == 3 ? batch * addend->shape[1] : 0) + query;
      score += addend->elements[row * addend->shape[rank - 1] + key];
    }
    return score;
  }

  bool sees(int64_t batch, int64_t query, int64_t key) const {
    if (!causal)
      return true;
    double p = getPosition(*queries, batch, query), r = getPosition(*keys, batch, key);
    return r <= p && (!window || r > p - static_cast<double>(*window));
  }
};
} // namespace

/// The array of an operand of `op`; null if there is none.
static const Array *find(Operation *op, ArrayRef<const Array *> arrays, Value operand) {
  for (auto [value, array] : llvm::zip_equal(op->getOperands(), arrays))
    if (operand && value == operand)
      return array;
  return nullptr;
}

template <typename OpT>
static Mask getMask(OpT op, ArrayRef<const Array *> arrays) {
  Mask mask;
  mask.queries = find(op, arrays, op.getQueryPositions());
  mask.keys = find(op, arrays, op.getKeyPositions());
  mask.causal = op.getCausal();
  if (op.getWindow())
    mask.window = static_cast<int64_t>(*op.getWindow());
  mask.cap = op.getSoftCap();
  mask.slopes = find(op, arrays, op.getSlopes());
  mask.addend = find(op, arrays, op.getMask());
  mask.sink = find(op, arrays, op.getSink());
  return mask;
}

/// Softmax of the changed scores in `row`, those of a head's query, of the elements that it sees;
/// the others become 0. A query that sees no key (padding) gets zeros, so that no NaN spreads from
/// it. Returns the logarithm of the sum of exponentials.
static double applySoftmax(MutableArrayRef<double> row, const Mask &mask, int64_t batch,
                           int64_t head, int64_t query) {
  constexpr double hidden = -std::numeric_limits<double>::infinity();
  double sink = mask.sink ? mask.sink->elements[head] : hidden, largest = sink, sum = 0;
  for (auto [key, score] : llvm::enumerate(row)) {
    score = mask.sees(batch, query, key) ? mask.change(score, batch, head, query, key) : hidden;
    largest = std::max(largest, score);
  }
  if (largest == hidden) {
    llvm::fill(row, 0.0);
    return hidden;
  }
  for (double &score : row)
    sum += score = std::exp(score - largest);
  sum += std::exp(sink - largest);
  for (double &weight : row)
    weight /= sum;
  return largest + std::log(sum);
}

static double dot(const double *a, const double *b, int64_t size) {
  double sum = 0;
  for (int64_t i = 0; i < size; ++i)
    sum += a[i] * b[i];
  return sum;
}

/// Keys on a device that are real. Only those of a shard have padding among them.
static int64_t countRealKeys(AttentionOp op, const Array &key, const Array *shard) {
  int64_t keys = key.shape[1];
  if (!shard)
    return keys;
  int64_t first = static_cast<int64_t>(shard->elements[0]) * keys;
  return std::clamp<int64_t>(getGlobalShape(op.getKey().getType())[1] - first, 0, keys);
}

static SmallVector<Array> computeAttention(AttentionOp op, Operands operands,
                                           ArrayRef<SmallVector<int64_t>> shapes) {
  const Array &query = *operands[0], &key = *operands[1];
  // A value is the first elements of its key where there is no other.
  const Array &value = op.getValue() ? *operands[2] : key;
  Mask mask = getMask(op, operands);
  double scale = op.getScale().convertToDouble();
  int64_t keys = countRealKeys(op, key, find(op, operands, op.getShard()));
  int64_t headDim = query.shape[4], valueDim = op.getNumValueDims();
  SmallVector<int64_t> heads(query.shape.begin(), query.shape.end() - 1);
  SmallVector<Array> results;
  for (ArrayRef<int64_t> shape : shapes)
    results.emplace_back(shape);
  std::vector<double> row(keys);
  forEachIndex(heads, [&](ArrayRef<int64_t> head) {
    int64_t batch = head[0], token = head[1], group = head[2], number = getOffset(heads, head);
    const double *q = &query.elements[number * headDim];
    for (int64_t t = 0; t < keys; ++t)
      row[t] = scale * dot(q, &key.elements[getOffset(key.shape, {batch, t, group, 0})], headDim);
    double logSum = applySoftmax(row, mask, batch, group * heads[3] + head[3], token);
    double *out = results[0].elements.data() + number * valueDim;
    for (int64_t t = 0; t < keys; ++t) {
      const double *v = &value.elements[getOffset(value.shape, {batch, t, group, 0})];
      for (int64_t d = 0; d < valueDim; ++d)
        out[d] += row[t] * v[d];
    }
    if (results.size() > 1)
      results[1].elements[number] = logSum;
  });
  return results;
}

static Array computeScores(AttentionScoresOp op, Operands operands, ArrayRef<int64_t>) {
  const Array &query = *operands[0], &key = *operands[1];
  double scale = op.getScale().convertToDouble();
  ArrayRef<int64_t> q = query.shape;
  Array result(ArrayRef<int64_t>{q[0], q[2], q[3], q[1], key.shape[1]});
  int64_t offset = 0;
  forEachIndex(result.shape, [&](ArrayRef<int64_t> i) {
    int64_t batch = i[0], group = i[1], head = i[2], s = i[3], t = i[4];
    const double *a = &query.elements[getOffset(q, {batch, s, group, head, 0})];
    const double *b = &key.elements[getOffset(key.shape, {batch, t, group, 0})];
    result.elements[offset++] = scale * dot(a, b, q[4]);
  });
  return result;
}

static Array computeSoftmax(SoftmaxOp op, Operands operands, ArrayRef<int64_t>) {
  Array result = *operands[0];
  Mask mask = getMask(op, operands);
  ArrayRef<int64_t> shape = result.shape;
  if (result.elements.empty())
    return result;
  int64_t keys = shape.back(), queries = shape[shape.size() - 2];
  // Heads are the two dims before the queries.
  int64_t heads = shape.size() < 4 ? 1 : getNumElements(shape.drop_back(2).take_back(2));
  int64_t rows = result.elements.size() / keys, perBatch = std::max<int64_t>(rows / shape[0], 1);
  for (int64_t row = 0; row < rows; ++row)
    applySoftmax({&result.elements[row * keys], static_cast<size_t>(keys)}, mask, row / perBatch,
                 row / queries % heads, row % queries);
  return result;
}

static Array computeContext(AttentionContextOp, Operands operands, ArrayRef<int64_t>) {
  const Array &weights = *operands[0], &value = *operands[1];
  ArrayRef<int64_t> p = weights.shape;
  Array result(ArrayRef<int64_t>{p[0], p[3], p[1], p[2], value.shape[3]});
  int64_t offset = 0;
  forEachIndex(p, [&](ArrayRef<int64_t> i) {
    int64_t batch = i[0], group = i[1], head = i[2], s = i[3], t = i[4];
    double weight = weights.elements[offset++];
    double *out = &result.elements[getOffset(result.shape, {batch, s, group, head, 0})];
    const double *v = &value.elements[getOffset(value.shape, {batch, t, group, 0})];
    for (int64_t d = 0; d < value.shape[3]; ++d)
      out[d] += weight * v[d];
  });
  return result;
}

//===----------------------------------------------------------------------===//
// Ranks
//===----------------------------------------------------------------------===//

/// The first `size` elements of `value` along `dim`.
static Value takeFirst(RankExtractor &rank, Value value, int64_t dim, int64_t size) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getDimSize(dim) == size)
    return value;
  SmallVector<OpFoldResult> offsets(type.getRank(), rank.builder.getIndexAttr(0)), sizes;
  SmallVector<OpFoldResult> steps(type.getRank(), rank.builder.getIndexAttr(1));
  for (auto [i, whole] : llvm::enumerate(type.getShape()))
    sizes.push_back(rank.builder.getIndexAttr(static_cast<int64_t>(i) == dim ? size : whole));
  return tensor::ExtractSliceOp::create(rank.builder, rank.loc, value, offsets, sizes, steps);
}

/// All elements of `type` are `value`.
static Value makeSplat(OpBuilder &builder, Location loc, RankedTensorType type, double value) {
  Attribute element = builder.getFloatAttr(type.getElementType(), value);
  return arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(type, element));
}

/// Attention to the real keys of the device's shard: one part of both results.
static SmallVector<Value> extractShard(AttentionOp op, RankExtractor &rank) {
  int64_t keys =
      rank.getLayout(op.getKey()).getBox(*rank.findPlace(op.getKey().getType()))[1].size();
  RankedTensorType types[] = {rank.getLocalType(getCarriedType(op.getResult().getType())),
                              rank.getLocalType(getCarriedType(op.getLogSums().getType()))};
  if (keys == 0)
    return {makeSplat(rank.builder, rank.loc, types[0], 0),
            makeSplat(rank.builder, rank.loc, types[1], -std::numeric_limits<double>::infinity())};
  auto get = [&](Value operand) { return operand ? rank.mapping.lookup(operand) : Value(); };
  // Keys are dim 1, and the last dim of positions and masks.
  auto take = [&](Value operand, bool isLast) {
    return operand ? takeFirst(rank, get(operand),
                               isLast ? getCarriedType(operand.getType()).getRank() - 1 : 1, keys)
                   : Value();
  };
  auto dropPart = [](RankedTensorType type) {
    return RankedTensorType::get(type.getShape().drop_front(), type.getElementType());
  };
  auto part = AttentionOp::create(
      rank.builder, rank.loc, dropPart(types[0]), dropPart(types[1]), get(op.getQuery()),
      take(op.getKey(), false), take(op.getValue(), false), get(op.getQueryPositions()),
      take(op.getKeyPositions(), true), get(op.getSlopes()), take(op.getMask(), true),
      /*sink=*/Value(), /*shard=*/Value(), op.getValueDimsAttr(), op.getCausalAttr(),
      op.getWindowAttr(), op.getSoftCapAttr(), op.getVisibleAttr(), op.getScaleAttr());
  part->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  SmallVector<Value> results;
  for (auto [value, type] : llvm::zip_equal(part->getResults(), types)) {
    // The part is the first dim.
    SmallVector<ReassociationIndices> groups = {{0, 1}};
    for (int64_t dim = 2; dim < type.getRank(); ++dim)
      groups.push_back({dim});
    results.push_back(tensor::ExpandShapeOp::create(rank.builder, rank.loc, type, value, groups));
  }
  return results;
}

static SmallVector<Value> extractAttention(AttentionOp op, RankExtractor &rank) {
  if (!op.getShard())
    return rank.extractCompute(op);
  if (!rank.findPlace(op.getResult().getType()))
    return {};
  rank.calls.begin(rank.number);
  SmallVector<Value> results = extractShard(op, rank);
  rank.calls.end(rank.number);
  return results;
}

namespace {
/// Attention has two results where keys are sharded.
struct AttentionModel final : LocalComputeOpInterface::ExternalModel<AttentionModel, AttentionOp> {
  SmallVector<Array> computeLocal(Operation *op, Operands operands,
                                  ArrayRef<SmallVector<int64_t>> shapes) const {
    return computeAttention(cast<AttentionOp>(op), operands, shapes);
  }
};
} // namespace

void dagrt::attachAttentionModels(MLIRContext &context) {
  AttentionOp::attachInterface<AttentionModel, RankModel<AttentionOp, extractAttention>>(context);
  AttentionScoresOp::attachInterface<LocalModel<AttentionScoresOp, computeScores>>(context);
  SoftmaxOp::attachInterface<LocalModel<SoftmaxOp, computeSoftmax>>(context);
  AttentionContextOp::attachInterface<LocalModel<AttentionContextOp, computeContext>>(context);
}

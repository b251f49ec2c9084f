//===- AttentionKernels.cpp - Attention, fused and in steps -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shapes as in the dialect: queries [batch, s, G, Q, D], keys and values [batch, t, G, D], scores
// [batch, G, Q, s, t]. The loops are the definitions.
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace dagrt;

double dagrt::applyCap(const APFloat &cap, double x) {
  double most = cap.convertToDouble();
  return most * std::tanh(x / most);
}

namespace {
/// Which keys a query sees, and what becomes of their scores.
struct Mask {
  const Array *queries = nullptr; ///< Positions; null without positions.
  const Array *keys = nullptr;
  bool causal = false;
  std::optional<int64_t> window;
  std::optional<APFloat> cap;
  const Array *slopes = nullptr; ///< Null without ALiBi.

  /// The scaled score of a head, capped and biased.
  double change(double score, int64_t head, int64_t query, int64_t key) const {
    if (cap)
      score = applyCap(*cap, score);
    if (slopes)
      score += slopes->elements[head] * (keys->elements[key] - queries->elements[query]);
    return score;
  }

  bool sees(int64_t query, int64_t key) const {
    if (!causal)
      return true;
    double p = queries->elements[query], r = keys->elements[key];
    return r <= p && (!window || r > p - static_cast<double>(*window));
  }
};
} // namespace

/// `positions` are those of queries and keys, or nothing; slopes follow them.
template <typename OpT>
static Mask getMask(OpT op, ArrayRef<const Array *> positions) {
  Mask mask;
  mask.cap = op.getSoftCap();
  if (positions.empty())
    return mask;
  if (op.getSlopes())
    mask.slopes = positions[2];
  mask.queries = positions[0];
  mask.keys = positions[1];
  mask.causal = op.getCausal();
  if (op.getWindow())
    mask.window = static_cast<int64_t>(*op.getWindow());
  return mask;
}

/// Softmax of the elements of `row` that `query` sees; the others become 0. A query that sees no
/// key (padding) gets zeros, so that no NaN spreads from it.
static void applySoftmax(MutableArrayRef<double> row, const Mask &mask, int64_t query) {
  double largest = -std::numeric_limits<double>::infinity(), sum = 0;
  for (auto [key, score] : llvm::enumerate(row))
    if (mask.sees(query, key))
      largest = std::max(largest, score);
  for (auto [key, score] : llvm::enumerate(row)) {
    score = mask.sees(query, key) ? std::exp(score - largest) : 0;
    sum += score;
  }
  if (sum == 0)
    return;
  for (double &weight : row)
    weight /= sum;
}

static double dot(const double *a, const double *b, int64_t size) {
  double sum = 0;
  for (int64_t i = 0; i < size; ++i)
    sum += a[i] * b[i];
  return sum;
}

Array dagrt::computeAttention(AttentionOp op, ArrayRef<const Array *> operands) {
  const Array &query = *operands[0], &key = *operands[1], &value = *operands[2];
  Mask mask = getMask(op, operands.drop_front(3));
  double scale = op.getScale().convertToDouble();
  int64_t keys = key.shape[1], headDim = query.shape[4], valueDim = value.shape[3];
  SmallVector<int64_t> heads(query.shape.begin(), query.shape.end() - 1), shape(heads);
  shape.push_back(valueDim);
  Array result(shape);
  std::vector<double> row(keys);
  forEachIndex(heads, [&](ArrayRef<int64_t> head) {
    int64_t batch = head[0], token = head[1], group = head[2];
    const double *q = &query.elements[getOffset(heads, head) * headDim];
    double *out = &result.elements[getOffset(heads, head) * valueDim];
    for (int64_t t = 0; t < keys; ++t) {
      double score =
          scale * dot(q, &key.elements[getOffset(key.shape, {batch, t, group, 0})], headDim);
      row[t] = mask.change(score, group * heads[3] + head[3], token, t);
    }
    applySoftmax(row, mask, token);
    for (int64_t t = 0; t < keys; ++t) {
      const double *v = &value.elements[getOffset(value.shape, {batch, t, group, 0})];
      for (int64_t d = 0; d < valueDim; ++d)
        out[d] += row[t] * v[d];
    }
  });
  return result;
}

Array dagrt::computeScores(AttentionScoresOp op, ArrayRef<const Array *> operands) {
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

Array dagrt::computeSoftmax(SoftmaxOp op, ArrayRef<const Array *> operands) {
  Array result = *operands[0];
  Mask mask = getMask(op, operands.drop_front(1));
  int64_t keys = result.shape.back(), queries = result.shape[result.shape.size() - 2];
  if (keys == 0)
    return result;
  int64_t heads = mask.slopes ? mask.slopes->elements.size() : 1;
  for (int64_t row = 0, rows = result.elements.size() / keys; row < rows; ++row) {
    MutableArrayRef<double> scores(&result.elements[row * keys], keys);
    for (auto [key, score] : llvm::enumerate(scores))
      score = mask.change(score, row / queries % heads, row % queries, key);
    applySoftmax(scores, mask, row % queries);
  }
  return result;
}

Array dagrt::computeContext(ArrayRef<const Array *> operands) {
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

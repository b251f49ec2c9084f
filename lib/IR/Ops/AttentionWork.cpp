//===- AttentionWork.cpp - Work of attention, fused and in steps -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The FLOPs of fused attention are those of the pairs of queries and keys that the mask lets
// through, on the device that has the most of them.
//
//===----------------------------------------------------------------------===//

#include "Checks.h"

#include "mlir/IR/TypeUtilities.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace dagrt;

Work AttentionScoresOp::getWork() {
  auto getShape = [](ArrayRef<int64_t> scores, ArrayRef<int64_t> query) {
    return GemmShape{getProduct(scores.take_front(3)), scores[3], query[4], scores[4]};
  };
  return getGemmWork(*this, getShape(getType().getShape(), getQuery().getType().getShape()),
                     getShape(getGlobalShape(getType()), getGlobalShape(getQuery().getType())));
}

/// As in the literature: batch elements are rows, and heads lie side by side in the dim of
/// head_dim.
static SmallVector<SizeProduct, 3> getScoreSizes(SizeProduct query, SizeProduct key) {
  return {{query[0], query[1]}, {query[2], query[3], query[4]}, {key[1]}};
}

SmallVector<SizeProduct, 3> AttentionScoresOp::getWorkSizes() {
  return getScoreSizes(getSizesOnDevice(*this, getQuery().getType()),
                       getSizesOnDevice(*this, getKey().getType()));
}

SmallVector<SizeProduct, 3> AttentionContextOp::getWorkSizes() {
  // Weights are [batch, group, query head, query, key], values [batch, key, group, head_dim].
  SizeProduct weights = getSizesOnDevice(*this, getWeights().getType());
  SizeProduct value = getSizesOnDevice(*this, getValue().getType());
  return {{weights[0], weights[3]}, {weights[4]}, {weights[1], weights[2], value[3]}};
}

Work AttentionContextOp::getWork() {
  auto getShape = [](ArrayRef<int64_t> weights, ArrayRef<int64_t> value) {
    return GemmShape{getProduct(weights.take_front(3)), weights[3], weights[4], value[3]};
  };
  return getGemmWork(
      *this, getShape(getWeights().getType().getShape(), getValue().getType().getShape()),
      getShape(getGlobalShape(getWeights().getType()), getGlobalShape(getValue().getType())));
}

/// Keys at positions up to p, summed over p from 0 to `end` - 1; the keys stand at 0 to
/// `keys` - 1.
static double countBefore(double end, double keys) {
  double rising = std::clamp(end, 0.0, keys);
  return rising * (rising + 1) / 2 + std::max(end - keys, 0.0) * keys;
}

/// Keys that queries at the positions `[first, first + count)` see, summed: a query at `p` sees
/// those up to `p`, but not those up to `p - window`.
static double countRun(double first, double count, double keys, double window) {
  double hidden = first - window;
  return countBefore(first + count, keys) - countBefore(first, keys) -
         (countBefore(hidden + count, keys) - countBefore(hidden, keys));
}

/// Pairs of the queries of each block of `size` queries, in order. Linear in blocks and runs, both
/// of which grow with the devices.
static SmallVector<double> countBlocks(ArrayRef<std::pair<int64_t, int64_t>> runs, int64_t size,
                                       double keys, double window) {
  SmallVector<double> blocks;
  int64_t room = 0;
  for (auto [first, count] : runs)
    while (count > 0) {
      if (room == 0) {
        blocks.push_back(0);
        room = size;
      }
      int64_t taken = std::min(count, room);
      blocks.back() += countRun(first, taken, keys, window);
      first += taken;
      count -= taken;
      room -= taken;
    }
  return blocks;
}

/// Where queries stand, relative to the first key. Positions that no `dagrt.positions` makes are
/// taken to be in order, the last query at the last key.
static SmallVector<std::pair<int64_t, int64_t>> getQueryRuns(AttentionOp op, int64_t queries,
                                                             int64_t keys) {
  auto ofQueries = op.getQueryPositions().getDefiningOp<PositionsOp>();
  auto ofKeys = op.getKeyPositions().getDefiningOp<PositionsOp>();
  if (!ofQueries || !ofKeys)
    return {{std::max<int64_t>(keys - queries, 0), queries}};
  SmallVector<std::pair<int64_t, int64_t>> runs = {{0, queries}};
  if (TokenOrderAttr order = ofQueries.getOrderAttr())
    runs = order.getRuns(queries);
  for (auto &run : runs)
    run.first +=
        static_cast<int64_t>(ofQueries.getFirst()) - static_cast<int64_t>(ofKeys.getFirst());
  return runs;
}

/// Of the first `tokens` cached tokens, those on the busiest device, which is the first: stripes
/// are dealt in turn.
static double countStriped(double tokens, TokenOrderAttr order) {
  auto stripe = static_cast<double>(order.getStripe());
  double round = stripe * static_cast<double>(order.getBlocks());
  double rounds = std::floor(tokens / round);
  return rounds * stripe + std::min(stripe, tokens - rounds * round);
}

namespace {
/// Keys in a cache that hold tokens, and which of them a device has.
struct CachedKeys {
  double visible = 0;   ///< Tokens, the queries' own among them.
  TokenOrderAttr order; ///< Of slots that are dealt to devices; else null.
  double shards = 1;    ///< Of the keys.

  /// None of attention that does not say how many keys are visible; nothing visible if the number
  /// is not known.
  static std::optional<CachedKeys> get(AttentionOp op);
  /// Of the first `tokens` tokens, those on the busiest device.
  double countOnDevice(double tokens) const {
    return order ? countStriped(tokens, order) : std::ceil(tokens / shards);
  }
};
} // namespace

std::optional<CachedKeys> CachedKeys::get(AttentionOp op) {
  std::optional<SizeAttr> size = op.getVisible();
  if (!size)
    return std::nullopt;
  CachedKeys keys;
  keys.visible = size->isConstant() ? static_cast<double>(size->getValue()) : 0;
  if (auto positions =
          op.getKeyPositions() ? op.getKeyPositions().getDefiningOp<PositionsOp>() : PositionsOp())
    if (TokenOrderAttr order = positions.getOrderAttr(); order && order.isStriped())
      keys.order = order;
  double slots = getGlobalShape(op.getKey().getType())[1].number;
  double local = op.getKey().getType().getDimSize(1);
  if (local > 0)
    keys.shards = std::max(std::round(slots / local), 1.0);
  if (local >= slots)
    keys.order = {};
  return keys;
}

/// Pairs of a step with a cache, in which queries stand at the last of the visible tokens: on the
/// busiest device, and of all.
static std::pair<double, double> countCachedPairs(AttentionOp op, const CachedKeys &keys) {
  double queries = getGlobalShape(op.getQuery().getType())[1].number;
  double size = op.getQuery().getType().getDimSize(1);
  double window = static_cast<double>(op.getWindow().value_or(INT64_MAX));
  double first = std::max(keys.visible - queries, 0.0);
  double all = countRun(first, queries, keys.visible, window);
  // Blocks of queries: the last one sees most.
  double last = size > 0 && size < queries ? size : queries;
  double begin = std::max(keys.visible - last, 0.0);
  if (keys.shards == 1)
    return {countRun(begin, last, keys.visible, window), all};
  double busiest = 0;
  for (double query = begin; query < keys.visible; ++query)
    busiest +=
        keys.countOnDevice(query + 1) - keys.countOnDevice(std::max(query + 1 - window, 0.0));
  return {busiest, all};
}

/// Pairs on the busiest device, which has one block of the queries and one of the keys, and over
/// all of them.
static std::pair<double, double> countPairs(AttentionOp op) {
  int64_t queries = getGlobalShape(op.getQuery().getType())[1];
  int64_t keys = getGlobalShape(op.getKey().getType())[1];
  int64_t size = op.getQuery().getType().getDimSize(1);
  int64_t width = op.getKey().getType().getDimSize(1);
  if (ShapedType::isDynamic(queries) || ShapedType::isDynamic(keys))
    return {0, 0};
  if (std::optional<CachedKeys> cached = CachedKeys::get(op); cached && op.getCausal())
    return countCachedPairs(op, *cached);
  if (!op.getCausal())
    return {static_cast<double>(size) * static_cast<double>(width),
            static_cast<double>(queries) * static_cast<double>(keys)};
  // Without a window, one that no query reaches back past.
  double window = static_cast<double>(op.getWindow().value_or(INT64_MAX));
  SmallVector<std::pair<int64_t, int64_t>> runs = getQueryRuns(op, queries, keys);
  double all = 0, busiest = 0;
  for (auto [first, count] : runs)
    all += countRun(first, count, keys, window);
  if ((size == queries || size == 0) && (width == keys || width == 0))
    return {all, all};
  for (int64_t begin = 0; begin < keys; begin += std::max<int64_t>(width, 1)) {
    double held = std::min(width, keys - begin);
    for (double pairs : countBlocks(runs, std::max<int64_t>(size, 1), held, window))
      busiest = std::max(busiest, pairs);
    // Queries stand relative to the first key of the next block.
    for (auto &run : runs)
      run.first -= width;
  }
  return {busiest, all};
}

SmallVector<SizeProduct, 3> AttentionOp::getWorkSizes() {
  return getScoreSizes(getSizesOnDevice(*this, getQuery().getType()),
                       getSizesOnDevice(*this, getKey().getType()));
}

Work AttentionOp::getWork() {
  Work work = getStreamingWork(*this, WorkKind::Attention, 0);
  ArrayRef<int64_t> q = getQuery().getType().getShape(), k = getKey().getType().getShape();
  work.lhsType = getElementTypeOrSelf(getQuery());
  work.rhsType = getElementTypeOrSelf(getKey());
  auto [busiest, all] = countPairs(*this);
  AttentionShape shape;
  shape.batch = q[0];
  shape.queries = q[1];
  shape.keys = k[1];
  shape.heads = getProduct(q.slice(2, 2));
  shape.keyHeads = k[2];
  shape.headDim = q[4];
  shape.valueDim = getNumValueDims();
  shape.valuesAreKeys = !getValue();
  shape.pairs = busiest;
  shape.causal = getCausal();
  if (getWindow())
    shape.window = *getWindow();
  shape.hasOtherScores = getSoftCap() || getSlopes() || getMask() || getSink();
  if (std::optional<CachedKeys> cached = CachedKeys::get(*this)) {
    // Slots that hold no token are not read.
    double held = std::min(cached->countOnDevice(cached->visible), static_cast<double>(k[1]));
    double unread = k[1] > 0 ? 1 - held / static_cast<double>(k[1]) : 0;
    double stored = getLocalBytes(getKey().getType());
    if (getValue())
      stored += getLocalBytes(getValue().getType());
    work.bytesRead -= unread * stored;
    shape.keys = static_cast<int64_t>(held);
  }
  work.attention = shape;
  // A dot product of 2 * head_dim FLOPs for the score of a pair, and another for its value.
  // Softmax, a soft cap and ALiBi are not matmuls, and are left out as kernels' authors do.
  double perPair = 2.0 * static_cast<double>(shape.headDim + shape.valueDim);
  work.flops = perPair * busiest * shape.batch * shape.heads;
  ArrayRef<int64_t> global = getGlobalShape(getQuery().getType());
  setTotalFlops(*this, work,
                perPair * all * global[0] * static_cast<double>(getProduct(global.slice(2, 2))));
  return work;
}

/// A soft cap takes a division, a tanh and a multiplication more; ALiBi the distance, its
/// multiplication with the slope, and the sum; a mask a sum. A sink is one more key.
Work SoftmaxOp::getWork() {
  double flops = 4 + (getSoftCap() ? 3 : 0) + (getSlopes() ? 3 : 0) + (getMask() ? 1 : 0);
  Work work = getStreamingWork(*this, WorkKind::Softmax, flops);
  work.kernel = "softmax";
  return work;
}

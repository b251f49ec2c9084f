//===- AttentionToLinalg.cpp - Attention as linalg -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shapes as in the dialect: queries [batch, s, G, Q, D], keys and values [batch, t, G, D], scores
// [batch, G, Q, s, t], the devices before them. Fused attention is the three steps without rounding
// between them. `linalg.softmax` has no mask and no lowering to loops, so softmax is spelled out.
//
//===----------------------------------------------------------------------===//

#include "../ToLinalg/MeshFactors.h"
#include "../ToLinalg/Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"

#include <limits>
#include <numeric>

using namespace mlir;
using namespace dagrt;

static Value emitNumber(OpBuilder &b, Location loc, Type type, double value) {
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
}

Value dagrt::emitCap(OpBuilder &b, Location loc, Value x, double cap) {
  Value most = emitNumber(b, loc, x.getType(), cap);
  Value turned = math::TanhOp::create(b, loc, arith::DivFOp::create(b, loc, x, most));
  return arith::MulFOp::create(b, loc, turned, most);
}

static Value widen(OpBuilder &b, Location loc, Value position) {
  if (position.getType().isInteger(64))
    return position;
  return arith::ExtSIOp::create(b, loc, b.getI64Type(), position);
}

namespace {
/// Which keys a query sees, and what becomes of their scores.
struct Mask {
  Value queries; ///< Positions, one for each query.
  Value keys;
  bool causal = false;
  std::optional<int64_t> window;
  std::optional<double> cap;
  Value slopes;         ///< Null without ALiBi.
  Value addend;         ///< Of the scores; null without a mask operand.
  Value sink;           ///< Null without one.
  Value firstKeys;      ///< Global number of each device's first key; null if keys are not sharded.
  int64_t realKeys = 0; ///< Of all devices.

  template <typename OpT>
  static Mask get(OpT op, typename OpT::Adaptor adaptor) {
    Mask mask;
    mask.queries = adaptor.getQueryPositions();
    mask.keys = adaptor.getKeyPositions();
    mask.causal = op.getCausal();
    if (op.getWindow())
      mask.window = static_cast<int64_t>(*op.getWindow());
    if (op.getSoftCap())
      mask.cap = op.getSoftCap()->convertToDouble();
    mask.slopes = adaptor.getSlopes();
    mask.addend = adaptor.getMask();
    mask.sink = adaptor.getSink();
    return mask;
  }

  bool hides() const { return causal || firstKeys; }

  /// True where the mask lets the query at position `query` see the key at `key`.
  Value sees(OpBuilder &b, Location loc, Value query, Value key) const {
    query = widen(b, loc, query);
    key = widen(b, loc, key);
    Value sees = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sle, key, query);
    if (window) {
      Value width = arith::ConstantIntOp::create(b, loc, *window, 64);
      Value last = arith::SubIOp::create(b, loc, query, width);
      Value near = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt, key, last);
      sees = arith::AndIOp::create(b, loc, sees, near);
    }
    return sees;
  }

  /// True where the key that dim `keyDim` counts, on a device whose first key is `first`, is real.
  Value isReal(OpBuilder &b, Location loc, Value first, unsigned keyDim) const {
    Value key = linalg::IndexOp::create(b, loc, keyDim);
    key = arith::AddIOp::create(b, loc, key, first);
    Value end = arith::ConstantIndexOp::create(b, loc, realKeys);
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, key, end);
  }
};

/// Dims of scores `[devices?, batch, ..., queries, keys]`, by what they are.
struct ScoreDims {
  ScoreDims(unsigned rank, unsigned lead) : rank(rank), lead(lead) {}

  /// The dims of an operand whose last dims are `last`, with the batch before them if it has one
  /// more.
  AffineMap select(Emitter &emit, Value operand, SmallVector<unsigned> last) const {
    if (Emitter::getShape(operand).size() > lead + last.size())
      last.insert(last.begin(), lead);
    if (lead)
      last.insert(last.begin(), 0);
    return emit.select(rank, last);
  }
  AffineMap selectQueries(Emitter &emit, Value operand) const {
    return select(emit, operand, {rank - 2});
  }
  AffineMap selectKeys(Emitter &emit, Value operand) const {
    return select(emit, operand, {rank - 1});
  }
  AffineMap selectPairs(Emitter &emit, Value operand) const {
    return select(emit, operand, {rank - 2, rank - 1});
  }
  AffineMap selectHeads(Emitter &emit) const {
    SmallVector<unsigned> dims = {rank - 4, rank - 3};
    if (lead)
      dims.insert(dims.begin(), 0);
    return emit.select(rank, dims);
  }

  unsigned rank, lead;
};
} // namespace

/// The scaled scores, capped and biased, in their compute type.
static Value emitChangedScores(Emitter &emit, Value scores, const Mask &mask, unsigned lead) {
  if (!mask.cap && !mask.slopes && !mask.addend)
    return scores;
  SmallVector<int64_t> shape(Emitter::getShape(scores));
  ScoreDims dims(shape.size(), lead);
  Type type = getComputeType(Emitter::getElementType(scores));
  SmallVector<Value> inputs = {scores};
  SmallVector<AffineMap> maps = {emit.builder.getMultiDimIdentityMap(dims.rank)};
  if (mask.slopes) {
    inputs.append({mask.queries, mask.keys, emit.convert(mask.slopes, type)});
    maps.append({dims.selectQueries(emit, mask.queries), dims.selectKeys(emit, mask.keys),
                 dims.selectHeads(emit)});
  }
  if (mask.addend) {
    inputs.push_back(emit.convert(mask.addend, type));
    maps.push_back(dims.selectPairs(emit, mask.addend));
  }
  auto change = [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
    Value score = mask.cap ? emitCap(b, loc, x[0], *mask.cap) : x[0];
    if (mask.slopes) {
      Value distance = arith::SubIOp::create(b, loc, widen(b, loc, x[2]), widen(b, loc, x[1]));
      distance = arith::SIToFPOp::create(b, loc, type, distance);
      Value bias = arith::MulFOp::create(b, loc, x[3], distance);
      score = arith::AddFOp::create(b, loc, score, bias);
    }
    return mask.addend ? arith::AddFOp::create(b, loc, score, x.back()) : score;
  };
  return emit.map(inputs, maps, shape, type, change);
}

namespace {
/// What a softmax over the last dim makes.
struct Softmax {
  Value weights;
  Value largest, sum; ///< Of each row: the largest score, and the sum of exponentials over its.
};
} // namespace

static Value emitHidden(OpBuilder &b, Location loc, Type type) {
  return emitNumber(b, loc, type, -std::numeric_limits<double>::infinity());
}

/// A map over `inputs`, the first of which are the scores; `hidden` where the mask hides a key.
static Value emitMasked(Emitter &emit, const Mask &mask, ScoreDims dims, SmallVector<Value> inputs,
                        SmallVector<AffineMap> maps, double hidden, Emitter::Body formula) {
  SmallVector<int64_t> shape(Emitter::getShape(inputs.front()));
  Type type = getComputeType(Emitter::getElementType(inputs.front()));
  if (mask.firstKeys) {
    inputs.push_back(mask.firstKeys);
    maps.push_back(emit.select(dims.rank, 0));
  }
  if (mask.causal) {
    inputs.append({mask.queries, mask.keys});
    maps.append({dims.selectQueries(emit, mask.queries), dims.selectKeys(emit, mask.keys)});
  }
  return emit.map(inputs, maps, shape, type, [&](OpBuilder &b, Location loc, ValueRange x) {
    Value seen = formula(b, loc, x);
    Value sees;
    if (mask.causal) {
      sees = mask.sees(b, loc, x.drop_back().back(), x.back());
      x = x.drop_back(2);
    }
    if (mask.firstKeys) {
      Value isReal = mask.isReal(b, loc, x.back(), dims.rank - 1);
      sees = sees ? arith::AndIOp::create(b, loc, sees, isReal) : isReal;
    }
    if (!sees)
      return seen;
    return arith::SelectOp::create(b, loc, sees, seen, emitNumber(b, loc, type, hidden))
        .getResult();
  });
}

/// A map over rows of scores and, as the last input, the sink of their heads.
static Value emitWithSink(Emitter &emit, const Mask &mask, ScoreDims dims,
                          SmallVector<Value> inputs, Emitter::Body formula) {
  SmallVector<int64_t> shape(Emitter::getShape(inputs.front()));
  Type type = Emitter::getElementType(inputs.front());
  SmallVector<AffineMap> maps(inputs.size(), emit.builder.getMultiDimIdentityMap(dims.rank - 1));
  inputs.push_back(emit.convert(mask.sink, type));
  // Rows have no keys; their heads are the same dims.
  maps.push_back(AffineMap::get(dims.rank - 1, 0, dims.selectHeads(emit).getResults(),
                                emit.builder.getContext()));
  return emit.map(inputs, maps, shape, type, formula);
}

/// Softmax over the last dim of `scores`, in their compute type. A query that sees no key gets
/// zeros.
static Softmax emitSoftmax(Emitter &emit, Value scores, const Mask &mask, unsigned lead) {
  scores = emitChangedScores(emit, scores, mask, lead);
  SmallVector<int64_t> shape(Emitter::getShape(scores));
  ScoreDims dims(shape.size(), lead);
  Type type = getComputeType(Emitter::getElementType(scores));
  SmallVector<unsigned> rowDims(dims.rank - 1);
  std::iota(rowDims.begin(), rowDims.end(), 0);
  AffineMap all = emit.builder.getMultiDimIdentityMap(dims.rank);
  AffineMap rows = emit.select(dims.rank, rowDims);
  Value visible = scores;
  if (mask.hides())
    visible =
        emitMasked(emit, mask, dims, {scores}, {all}, -std::numeric_limits<double>::infinity(),
                   [](OpBuilder &, Location, ValueRange x) { return x[0]; });
  int64_t last = dims.rank - 1;
  Softmax result;
  result.largest = emit.reduce(visible, last, Reduction::Max);
  if (mask.sink)
    result.largest = emitWithSink(emit, mask, dims, {result.largest},
                                  [](OpBuilder &b, Location loc, ValueRange x) -> Value {
                                    return arith::MaximumFOp::create(b, loc, x[0], x[1]);
                                  });
  result.weights =
      emitMasked(emit, mask, dims, {scores, result.largest}, {all, rows}, 0,
                 [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
                   Value weight =
                       math::ExpOp::create(b, loc, arith::SubFOp::create(b, loc, x[0], x[1]));
                   if (!mask.addend)
                     return weight;
                   // A mask operand hides by minus infinity, which has no distance from itself.
                   Value isHidden = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x[0],
                                                          emitHidden(b, loc, x[0].getType()));
                   return arith::SelectOp::create(b, loc, isHidden,
                                                  emitNumber(b, loc, x[0].getType(), 0), weight);
                 });
  result.sum = emit.reduce(result.weights, last, Reduction::Sum);
  if (mask.sink)
    result.sum = emitWithSink(emit, mask, dims, {result.sum, result.largest},
                              [](OpBuilder &b, Location loc, ValueRange x) -> Value {
                                Value rest = arith::SubFOp::create(b, loc, x[2], x[1]);
                                Value sink = math::ExpOp::create(b, loc, rest);
                                return arith::AddFOp::create(b, loc, x[0], sink);
                              });
  result.weights =
      emit.map({result.weights, result.sum}, {all, rows}, shape, type,
               [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
                 Value zero = emitNumber(b, loc, type, 0), one = emitNumber(b, loc, type, 1);
                 Value none = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x[1], zero);
                 Value divisor = arith::SelectOp::create(b, loc, none, one, x[1]);
                 return arith::DivFOp::create(b, loc, x[0], divisor);
               });
  return result;
}

/// The logarithm of the sum of exponentials of each query, `[devices?, batch, s, G, Q]`; minus
/// infinity where the sum is empty.
static Value emitLogSums(Emitter &emit, const Softmax &softmax, unsigned lead, Type type) {
  SmallVector<int64_t> shape(Emitter::getShape(softmax.sum));
  AffineMap all = emit.builder.getMultiDimIdentityMap(shape.size());
  Type inner = Emitter::getElementType(softmax.sum);
  Value sums =
      emit.map({softmax.largest, softmax.sum}, {all, all}, shape, inner,
               [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
                 Value none = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x[1],
                                                    emitNumber(b, loc, inner, 0));
                 Value sum = arith::AddFOp::create(b, loc, x[0], math::LogOp::create(b, loc, x[1]));
                 return arith::SelectOp::create(b, loc, none, emitHidden(b, loc, inner), sum);
               });
  // From [batch, G, Q, s] to [batch, s, G, Q].
  SmallVector<int64_t> order = {lead, lead + 3, lead + 1, lead + 2};
  if (lead)
    order.insert(order.begin(), 0);
  return emit.convert(emit.transpose(sums, order), type);
}

/// scale * q k^T, in elements of `type`.
static Value emitScores(Emitter &emit, Value query, Value key, double scale, unsigned lead,
                        Type type) {
  ArrayRef<int64_t> q = Emitter::getShape(query), k = Emitter::getShape(key);
  unsigned b = lead, g = lead + 1, h = lead + 2, s = lead + 3, t = lead + 4, d = lead + 5;
  SmallVector<unsigned> left{b, s, g, h, d}, right{b, t, g, d}, result{b, g, h, s, t};
  SmallVector<int64_t> shape(q.take_front(lead));
  if (lead)
    for (auto *dims : {&left, &right, &result})
      dims->insert(dims->begin(), 0);
  q = q.drop_front(lead);
  shape.append({q[0], q[2], q[3], q[1], k[lead + 1]});
  auto maps = {emit.select(lead + 6, left), emit.select(lead + 6, right),
               emit.select(lead + 6, result)};
  Value products = emit.contract(query, key, maps, shape, getComputeType(type));
  return emit.map(products, type, [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
    return arith::MulFOp::create(b, loc, x[0], emitNumber(b, loc, x[0].getType(), scale));
  });
}

/// Values weighted, in elements of `type`.
static Value emitContext(Emitter &emit, Value weights, Value value, unsigned lead, Type type) {
  ArrayRef<int64_t> w = Emitter::getShape(weights);
  unsigned b = lead, s = lead + 1, g = lead + 2, h = lead + 3, t = lead + 4, d = lead + 5;
  SmallVector<unsigned> left{b, g, h, s, t}, right{b, t, g, d}, result{b, s, g, h, d};
  SmallVector<int64_t> shape(w.take_front(lead));
  if (lead)
    for (auto *dims : {&left, &right, &result})
      dims->insert(dims->begin(), 0);
  w = w.drop_front(lead);
  shape.append({w[0], w[3], w[1], w[2], Emitter::getShape(value).back()});
  auto maps = {emit.select(lead + 6, left), emit.select(lead + 6, right),
               emit.select(lead + 6, result)};
  return emit.contract(weights, value, maps, shape, type);
}

namespace {
struct ScoresPattern final : OpConversionPattern<AttentionScoresOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(AttentionScoresOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value query = zeroContracted(emit, op, 0, adaptor.getQuery());
    Value key = zeroContracted(emit, op, 1, adaptor.getKey());
    Type type = getElementTypeOrSelf(getTypeConverter()->convertType(op.getType()));
    rewriter.replaceOp(op, emitScores(emit, query, key, op.getScale().convertToDouble(),
                                      getLead(op.getType()), type));
    return success();
  }
};

struct SoftmaxPattern final : OpConversionPattern<SoftmaxOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(SoftmaxOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value scores = adaptor.getScores();
    Softmax result = emitSoftmax(emit, scores, Mask::get(op, adaptor), getLead(op.getType()));
    rewriter.replaceOp(op, emit.convert(result.weights, Emitter::getElementType(scores)));
    return success();
  }
};

struct ContextPattern final : OpConversionPattern<AttentionContextOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(AttentionContextOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value weights = zeroContracted(emit, op, 0, adaptor.getWeights());
    Value value = zeroContracted(emit, op, 1, adaptor.getValue());
    Type type = getElementTypeOrSelf(getTypeConverter()->convertType(op.getType()));
    rewriter.replaceOp(op, emitContext(emit, weights, value, getLead(op.getType()), type));
    return success();
  }
};

struct AttentionPattern final : OpConversionPattern<AttentionOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(AttentionOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    unsigned lead = getLead(op.getResult().getType());
    Value key = adaptor.getKey();
    Value value = adaptor.getValue() ? adaptor.getValue()
                                     : emit.slice(key, lead + 3, 0, op.getNumValueDims());
    Mask mask = Mask::get(op, adaptor);
    if (op.getShard()) {
      Layout layout = *Layout::get(op, op.getKey().getType());
      mask.realKeys = layout.getShape()[1];
      mask.firstKeys = emitFirstKeys(emit, adaptor.getShard(), layout.getLocalShape()[1]);
      // A weight of 0 hides a number, and no NaN.
      Layout values = op.getValue() ? *Layout::get(op, op.getValue().getType()) : layout;
      value = zeroPadding(emit, value, values);
    }
    Type type = Emitter::getElementType(value);
    Value scores = emitScores(emit, adaptor.getQuery(), key, op.getScale().convertToDouble(), lead,
                              getComputeType(type));
    Softmax softmax = emitSoftmax(emit, scores, mask, lead);
    SmallVector<Value> results = {emitContext(emit, softmax.weights, value, lead, type)};
    if (op.getLogSums()) {
      Type converted = getTypeConverter()->convertType(op.getLogSums().getType());
      results.push_back(emitLogSums(emit, softmax, lead, getElementTypeOrSelf(converted)));
    }
    // A device's part is the first dim of its array.
    if (op.getShard())
      for (Value &result : results)
        result = emit.split(result, lead, {1, Emitter::getShape(result)[lead]});
    rewriter.replaceOp(op, results);
    return success();
  }

  /// Global numbers of the first of `keys` keys that each device holds, as indices.
  static Value emitFirstKeys(Emitter &emit, Value shards, int64_t keys) {
    Value numbers = emit.join(shards, 0, 2);
    Type type = emit.builder.getIndexType();
    return emit.map({numbers}, {emit.builder.getMultiDimIdentityMap(1)}, Emitter::getShape(numbers),
                    type, [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
                      Value count = arith::ConstantIndexOp::create(b, loc, keys);
                      Value shard = arith::IndexCastOp::create(b, loc, type, x[0]);
                      return arith::MulIOp::create(b, loc, shard, count);
                    });
  }
};
} // namespace

void dagrt::populateAttentionPatterns(const LinalgTypeConverter &converter,
                                      RewritePatternSet &patterns) {
  patterns.add<ScoresPattern, SoftmaxPattern, ContextPattern, AttentionPattern>(
      converter, patterns.getContext());
}

//===- AttentionPatterns.cpp - Attention, fused and in steps -*- C++ -*-===//
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

#include "MeshFactors.h"
#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
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
  Value slopes; ///< Null without ALiBi.

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
    return mask;
  }

  /// `seen` where the mask lets the query at position `query` see the key at `key`, else `hidden`.
  Value select(OpBuilder &b, Location loc, Value query, Value key, Value seen, Value hidden) const {
    query = widen(b, loc, query);
    key = widen(b, loc, key);
    Value sees = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sle, key, query);
    if (window) {
      Value width = arith::ConstantIntOp::create(b, loc, *window, 64);
      Value last = arith::SubIOp::create(b, loc, query, width);
      Value near = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sgt, key, last);
      sees = arith::AndIOp::create(b, loc, sees, near);
    }
    return arith::SelectOp::create(b, loc, sees, seen, hidden);
  }
};
} // namespace

/// The scaled scores, capped and biased, in their compute type.
static Value emitChangedScores(Emitter &emit, Value scores, const Mask &mask, unsigned lead) {
  if (!mask.cap && !mask.slopes)
    return scores;
  SmallVector<int64_t> shape(Emitter::getShape(scores));
  unsigned rank = shape.size();
  Type type = getComputeType(Emitter::getElementType(scores));
  SmallVector<Value> inputs = {scores};
  SmallVector<AffineMap> maps = {emit.builder.getMultiDimIdentityMap(rank)};
  if (mask.slopes) {
    SmallVector<SmallVector<unsigned>> dims = {{rank - 2}, {rank - 1}, {rank - 4, rank - 3}};
    for (auto &input : dims) {
      if (lead)
        input.insert(input.begin(), 0);
      maps.push_back(emit.select(rank, input));
    }
    inputs.append({mask.queries, mask.keys, emit.convert(mask.slopes, type)});
  }
  auto change = [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
    Value score = mask.cap ? emitCap(b, loc, x[0], *mask.cap) : x[0];
    if (!mask.slopes)
      return score;
    Value distance = arith::SubIOp::create(b, loc, widen(b, loc, x[2]), widen(b, loc, x[1]));
    distance = arith::SIToFPOp::create(b, loc, type, distance);
    Value bias = arith::MulFOp::create(b, loc, x[3], distance);
    return arith::AddFOp::create(b, loc, score, bias);
  };
  return emit.map(inputs, maps, shape, type, change);
}

/// Softmax over the last dim of `scores`, in their compute type. A query that sees no key gets
/// zeros.
static Value emitSoftmax(Emitter &emit, Value scores, const Mask &mask, unsigned lead) {
  scores = emitChangedScores(emit, scores, mask, lead);
  SmallVector<int64_t> shape(Emitter::getShape(scores));
  unsigned rank = shape.size();
  Type type = getComputeType(Emitter::getElementType(scores));
  SmallVector<unsigned> rowDims(rank - 1), queryDims, keyDims;
  std::iota(rowDims.begin(), rowDims.end(), 0);
  if (lead) {
    queryDims.push_back(0);
    keyDims.push_back(0);
  }
  queryDims.push_back(rank - 2);
  keyDims.push_back(rank - 1);
  AffineMap all = emit.builder.getMultiDimIdentityMap(rank), rows = emit.select(rank, rowDims);

  // A map over the scores, with the positions as the last two inputs if there is a mask.
  auto mapMasked = [&](SmallVector<Value> inputs, SmallVector<AffineMap> maps, double hidden,
                       Emitter::Body formula) {
    if (mask.causal) {
      inputs.append({mask.queries, mask.keys});
      maps.append({emit.select(rank, queryDims), emit.select(rank, keyDims)});
    }
    return emit.map(inputs, maps, shape, type, [&](OpBuilder &b, Location loc, ValueRange x) {
      Value seen = formula(b, loc, x);
      if (!mask.causal)
        return seen;
      ValueRange positions = x.take_back(2);
      return mask.select(b, loc, positions[0], positions[1], seen,
                         emitNumber(b, loc, type, hidden));
    });
  };
  Value visible = scores;
  if (mask.causal)
    visible = mapMasked({scores}, {all}, -std::numeric_limits<double>::infinity(),
                        [](OpBuilder &, Location, ValueRange x) { return x[0]; });
  int64_t last = rank - 1;
  Value largest = emit.reduce(visible, last, Reduction::Max);
  Value weights = mapMasked(
      {scores, largest}, {all, rows}, 0, [](OpBuilder &b, Location loc, ValueRange x) -> Value {
        return math::ExpOp::create(b, loc, arith::SubFOp::create(b, loc, x[0], x[1]));
      });
  Value sum = emit.reduce(weights, last, Reduction::Sum);
  return emit.map({weights, sum}, {all, rows}, shape, type,
                  [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
                    Value zero = emitNumber(b, loc, type, 0), one = emitNumber(b, loc, type, 1);
                    Value none =
                        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x[1], zero);
                    Value divisor = arith::SelectOp::create(b, loc, none, one, x[1]);
                    return arith::DivFOp::create(b, loc, x[0], divisor);
                  });
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
    Value result = emitSoftmax(emit, scores, Mask::get(op, adaptor), getLead(op.getType()));
    rewriter.replaceOp(op, emit.convert(result, Emitter::getElementType(scores)));
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
    unsigned lead = getLead(op.getType());
    Type type = Emitter::getElementType(adaptor.getValue());
    Value scores = emitScores(emit, adaptor.getQuery(), adaptor.getKey(),
                              op.getScale().convertToDouble(), lead, getComputeType(type));
    Value weights = emitSoftmax(emit, scores, Mask::get(op, adaptor), lead);
    rewriter.replaceOp(op, emitContext(emit, weights, adaptor.getValue(), lead, type));
    return success();
  }
};
} // namespace

void dagrt::populateAttentionPatterns(const LinalgTypeConverter &converter,
                                      RewritePatternSet &patterns) {
  patterns.add<ScoresPattern, SoftmaxPattern, ContextPattern, AttentionPattern>(
      converter, patterns.getContext());
}

//===- AttentionMerge.cpp - Parts of attention, joined -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each part's context is weighed by its share of the sum of exponentials. Shares are relative to
// the largest log-sum, so that none overflows; where no part saw a key all of them are zero.
//
//===----------------------------------------------------------------------===//

#include "../RankExtractor.h"
#include "../ToLinalg/MeshFactors.h"
#include "../ToLinalg/Patterns.h"
#include "Models.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

/// The shares of parts with these log-sums, beside a sink.
static SmallVector<double> getShares(ArrayRef<double> logSums, double sink) {
  double largest = sink, sum = 0;
  for (double logSum : logSums)
    largest = std::max(largest, logSum);
  SmallVector<double> shares(logSums.size());
  if (std::isinf(largest))
    return shares;
  for (auto [share, logSum] : llvm::zip_equal(shares, logSums))
    sum += share = std::exp(logSum - largest);
  sum += std::exp(sink - largest);
  for (double &share : shares)
    share /= sum;
  return shares;
}

static Array computeMerge(AttentionMergeOp op, Operands operands, ArrayRef<int64_t> shape) {
  const Array &contexts = *operands[0], &logSums = *operands[1];
  const Array *sink = op.getSink() ? operands[2] : nullptr;
  int64_t first = op.getShard() ? static_cast<int64_t>(operands.back()->elements[0]) : 0;
  int64_t parts = logSums.shape[0], own = contexts.shape[0], dims = shape.back();
  int64_t heads = getNumElements(shape.slice(2, 2)), rows = getNumElements(shape.drop_back());
  Array result(shape);
  SmallVector<double> sums(parts);
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t part = 0; part < parts; ++part)
      sums[part] = logSums.elements[part * rows + row];
    double last = sink ? sink->elements[row % heads] : -std::numeric_limits<double>::infinity();
    SmallVector<double> shares = getShares(sums, last);
    for (int64_t part = 0; part < own; ++part)
      for (int64_t dim = 0; dim < dims; ++dim)
        result.elements[row * dims + dim] +=
            shares[first + part] * contexts.elements[(part * rows + row) * dims + dim];
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Ranks
//===----------------------------------------------------------------------===//

/// The rank's own part stands among parts of zeros, which add nothing.
static Value extractMerge(AttentionMergeOp op, RankExtractor &rank) {
  std::optional<int64_t> place = rank.findPlace(op.getType());
  if (!place)
    return {};
  Value contexts = rank.mapping.lookup(op.getContexts());
  Value logSums = rank.mapping.lookup(op.getLogSums());
  Value sink = op.getSink() ? rank.mapping.lookup(op.getSink()) : Value();
  rank.calls.begin(rank.number);
  if (op.getShard()) {
    int64_t number = rank.getLayout(op.getShard()).getShardIndex(0, *place);
    auto own = cast<RankedTensorType>(contexts.getType());
    SmallVector<int64_t> shape(own.getShape());
    shape[0] = cast<RankedTensorType>(logSums.getType()).getDimSize(0);
    auto type = RankedTensorType::get(shape, own.getElementType());
    Value zeros = arith::ConstantOp::create(rank.builder, rank.loc, rank.builder.getZeroAttr(type));
    SmallVector<OpFoldResult> offsets(shape.size(), rank.builder.getIndexAttr(0)), sizes;
    SmallVector<OpFoldResult> steps(shape.size(), rank.builder.getIndexAttr(1));
    offsets[0] = rank.builder.getIndexAttr(number);
    for (int64_t size : own.getShape())
      sizes.push_back(rank.builder.getIndexAttr(size));
    contexts = tensor::InsertSliceOp::create(rank.builder, rank.loc, contexts, zeros, offsets,
                                             sizes, steps);
  }
  auto merged = AttentionMergeOp::create(rank.builder, rank.loc, rank.getLocalType(op.getType()),
                                         contexts, logSums, sink, /*shard=*/Value());
  merged->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  rank.calls.end(rank.number);
  return merged;
}

//===----------------------------------------------------------------------===//
// Linalg
//===----------------------------------------------------------------------===//

static Value emitNumber(OpBuilder &b, Location loc, Type type, double value) {
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
}

/// exp(x - largest), 0 of minus infinity.
static Value emitExponential(OpBuilder &b, Location loc, Value x, Value largest) {
  Value hidden = emitNumber(b, loc, x.getType(), -std::numeric_limits<double>::infinity());
  Value none = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x, hidden);
  Value power = math::ExpOp::create(b, loc, arith::SubFOp::create(b, loc, x, largest));
  return arith::SelectOp::create(b, loc, none, emitNumber(b, loc, x.getType(), 0), power);
}

namespace {
struct AttentionMergePattern final : OpConversionPattern<AttentionMergeOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(AttentionMergeOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    unsigned lead = getLead(op.getType());
    Value shares = emitShares(emit, adaptor, lead);
    Value contexts = adaptor.getContexts();
    SmallVector<int64_t> shape(Emitter::getShape(contexts));
    unsigned rank = shape.size();
    Type type = Emitter::getElementType(contexts);
    Type inner = getComputeType(type);
    AffineMap all = rewriter.getMultiDimIdentityMap(rank);
    SmallVector<Value> inputs = {contexts};
    SmallVector<AffineMap> maps = {all};
    if (op.getShard()) {
      inputs.push_back(adaptor.getShard());
      maps.push_back(emit.select(rank, countFrom(0, lead + 1)));
    } else {
      inputs.push_back(shares);
      maps.push_back(emit.select(rank, countFrom(0, rank - 1)));
    }
    auto weigh = [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
      Value share = x[1];
      if (op.getShard()) {
        SmallVector<Value> index;
        for (unsigned dim = 0; dim + 1 < rank; ++dim)
          index.push_back(linalg::IndexOp::create(b, loc, dim));
        index[lead] = arith::IndexCastOp::create(b, loc, b.getIndexType(), x[1]);
        share = tensor::ExtractOp::create(b, loc, shares, index);
      }
      if (share.getType() != inner)
        share = inner.isF64() ? Value(arith::ExtFOp::create(b, loc, inner, share))
                              : Value(arith::TruncFOp::create(b, loc, inner, share));
      return arith::MulFOp::create(b, loc, x[0], share);
    };
    Value terms = emit.map(inputs, maps, shape, inner, weigh);
    Value sum = emit.reduce(terms, lead, Reduction::Sum);
    rewriter.replaceOp(op, emit.convert(sum, type));
    return success();
  }

  /// The share of each part, `[devices?, P, batch, s, G, Q]`.
  static Value emitShares(Emitter &emit, OpAdaptor adaptor, unsigned lead) {
    Value logSums = adaptor.getLogSums();
    SmallVector<int64_t> shape(Emitter::getShape(logSums));
    unsigned rank = shape.size();
    Type type = Emitter::getElementType(logSums);
    SmallVector<unsigned> rowDims = countFrom(0, lead);
    llvm::append_range(rowDims, countFrom(lead + 1, rank - lead - 1));
    AffineMap all = emit.builder.getMultiDimIdentityMap(rank), rows = emit.select(rank, rowDims);
    Value largest = emit.reduce(logSums, lead, Reduction::Max);
    if (adaptor.getSink())
      largest = emitWithSink(emit, adaptor, {largest}, lead,
                             [](OpBuilder &b, Location loc, ValueRange x) -> Value {
                               return arith::MaximumFOp::create(b, loc, x[0], x[1]);
                             });
    Value powers = emit.map({logSums, largest}, {all, rows}, shape, type,
                            [](OpBuilder &b, Location loc, ValueRange x) -> Value {
                              return emitExponential(b, loc, x[0], x[1]);
                            });
    Value sum = emit.reduce(powers, lead, Reduction::Sum);
    if (adaptor.getSink())
      sum = emitWithSink(emit, adaptor, {sum, largest}, lead,
                         [](OpBuilder &b, Location loc, ValueRange x) -> Value {
                           return arith::AddFOp::create(b, loc, x[0],
                                                        emitExponential(b, loc, x[2], x[1]));
                         });
    return emit.map({powers, sum}, {all, rows}, shape, type,
                    [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
                      Value zero = emitNumber(b, loc, x[1].getType(), 0);
                      Value none =
                          arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x[1], zero);
                      Value one = emitNumber(b, loc, x[1].getType(), 1);
                      Value divisor = arith::SelectOp::create(b, loc, none, one, x[1]);
                      return arith::DivFOp::create(b, loc, x[0], divisor);
                    });
  }

  /// A map over rows, `[devices?, batch, s, G, Q]`, and, as last input, the sink of their heads.
  static Value emitWithSink(Emitter &emit, OpAdaptor adaptor, SmallVector<Value> inputs,
                            unsigned lead, Emitter::Body formula) {
    SmallVector<int64_t> shape(Emitter::getShape(inputs.front()));
    unsigned rank = shape.size();
    Type type = Emitter::getElementType(inputs.front());
    SmallVector<AffineMap> maps(inputs.size(), emit.builder.getMultiDimIdentityMap(rank));
    inputs.push_back(emit.convert(adaptor.getSink(), type));
    maps.push_back(selectLast(emit, rank, 2, lead));
    return emit.map(inputs, maps, shape, type, formula);
  }
};
} // namespace

void dagrt::populateAttentionMergePatterns(const LinalgTypeConverter &converter,
                                           RewritePatternSet &patterns) {
  patterns.add<AttentionMergePattern>(converter, patterns.getContext());
}

void dagrt::attachAttentionMergeModels(MLIRContext &context) {
  AttentionMergeOp::attachInterface<LocalModel<AttentionMergeOp, computeMerge>,
                                    RankModel<AttentionMergeOp, extractMerge>>(context);
}

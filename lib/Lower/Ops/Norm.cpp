//===- Norm.cpp - Norms and their moments -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A norm over a sharded dim takes its moments, which are sums over all shards, as operands.
//
//===----------------------------------------------------------------------===//

#include "../ToLinalg/MeshFactors.h"
#include "../ToLinalg/Patterns.h"
#include "Models.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

/// The mean of a power over the last dims, of whose elements a device may hold a part.
static Array computeMoment(MomentOp op, Operands operands, ArrayRef<int64_t> shape) {
  const Array &x = *operands[0];
  Array result(shape);
  int64_t dims = op.getDims();
  int64_t columns = getNumElements(ArrayRef<int64_t>(x.shape).take_back(dims));
  auto count = static_cast<double>(op.getCount());
  for (auto [i, element] : llvm::enumerate(x.elements))
    result.elements[i / columns] += (op.getOrder() == 2 ? element * element : element) / count;
  return result;
}

namespace {
/// Weights and moments of a norm.
struct NormArrays {
  const Array *scale = nullptr;
  const Array *bias = nullptr; ///< Null if nothing is added.
  /// Null where the norm finds them itself; the mean also for an rms norm.
  const Array *mean = nullptr, *square = nullptr;
  bool isPlusOne = false; ///< The scale is stored less one.
  bool centers = false;   ///< A layer norm, which subtracts the mean.
};
} // namespace

/// Mean and variance of a row, the mean 0 and the variance the mean square for an rms norm.
static std::pair<double, double> getRowMoments(ArrayRef<double> x, const NormArrays &arrays,
                                               int64_t row) {
  auto columns = static_cast<double>(x.size());
  double mean = 0, variance = 0;
  if (arrays.square) {
    mean = arrays.mean ? arrays.mean->elements[row] : 0;
    return {mean, std::max(arrays.square->elements[row] - mean * mean, 0.0)};
  }
  if (arrays.centers)
    for (double element : x)
      mean += element / columns;
  for (double element : x)
    variance += (element - mean) * (element - mean) / columns;
  return {mean, variance};
}

/// Normalizes rows, the last `normed` dims. The scale may go on over more dims than these.
static Array computeNorm(const Array &x, const NormArrays &arrays, int64_t normed, double epsilon) {
  Array result = x;
  int64_t columns = getNumElements(ArrayRef<int64_t>(x.shape).take_back(normed));
  double offset = arrays.isPlusOne ? 1 : 0;
  size_t weights = arrays.scale->elements.size();
  int64_t rows = columns ? x.elements.size() / columns : 0;
  for (int64_t row = 0; row < rows; ++row) {
    MutableArrayRef<double> out(&result.elements[row * columns], columns);
    auto [mean, variance] = getRowMoments(out, arrays, row);
    for (auto [i, element] : llvm::enumerate(out)) {
      size_t weight = (row * columns + i) % weights;
      double scale = offset + arrays.scale->elements[weight];
      element = (element - mean) / std::sqrt(variance + epsilon) * scale +
                (arrays.bias ? arrays.bias->elements[weight] : 0);
    }
  }
  return result;
}

static Array computeRmsNorm(RmsNormOp op, Operands operands, ArrayRef<int64_t>) {
  NormArrays arrays{operands[1]};
  arrays.isPlusOne = op.getPlusOne();
  if (op.getSquare())
    arrays.square = operands[2];
  return computeNorm(*operands[0], arrays, op.getNormed(), op.getEpsilon().convertToDouble());
}

static Array computeLayerNorm(LayerNormOp op, Operands operands, ArrayRef<int64_t>) {
  NormArrays arrays{operands[1]};
  arrays.centers = true;
  if (op.getBias())
    arrays.bias = operands[2];
  if (op.getMean()) {
    arrays.mean = operands.drop_back().back();
    arrays.square = operands.back();
  }
  return computeNorm(*operands[0], arrays, op.getNormed(), op.getEpsilon().convertToDouble());
}

//===----------------------------------------------------------------------===//
// Linalg
//===----------------------------------------------------------------------===//

namespace {
/// A tensor and its rows, the last `columns` dims.
struct Rows {
  Rows(Emitter &emit, Value x, unsigned columns, unsigned lead)
      : emit(emit), rank(Emitter::getShape(x).size()), columns(columns), lead(lead) {
    for (unsigned dim = rank - columns; dim < rank; ++dim) {
      dims.push_back(dim);
      count *= Emitter::getShape(x)[dim];
    }
  }

  /// The mean of each row, of which `x` may hold a part: `count` is that of all its elements.
  Value getMean(Value x) { return getMean(x, count); }
  Value getMean(Value x, int64_t count) {
    Value sum = emit.reduce(x, dims, Reduction::Sum);
    return emit.map(sum, Emitter::getElementType(sum),
                    [=](OpBuilder &b, Location loc, ValueRange x) -> Value {
                      Value size = arith::ConstantOp::create(
                          b, loc, b.getFloatAttr(x[0].getType(), static_cast<double>(count)));
                      return arith::DivFOp::create(b, loc, x[0], size);
                    });
  }

  AffineMap getIdentity() { return emit.builder.getMultiDimIdentityMap(rank); }
  /// Of a tensor with an element for each row.
  AffineMap getRowMap() { return emit.select(rank, countFrom(0, rank - columns)); }
  /// Of weights, which have the last `dims` dims.
  AffineMap getWeightMap(unsigned dims) { return selectLast(emit, rank, dims, lead); }

  Emitter &emit;
  unsigned rank, columns, lead;
  SmallVector<int64_t> dims;
  int64_t count = 1;
};

Value emitSquares(Emitter &emit, Value x) {
  return emit.map(x, getComputeType(Emitter::getElementType(x)),
                  [](OpBuilder &b, Location loc, ValueRange x) -> Value {
                    return arith::MulFOp::create(b, loc, x[0], x[0]);
                  });
}

/// The scale of a norm, which may be stored less one.
Value emitPlusOne(OpBuilder &b, Location loc, Value scale, bool isPlusOne) {
  if (!isPlusOne)
    return scale;
  Value one = arith::ConstantOp::create(b, loc, b.getFloatAttr(scale.getType(), 1));
  return arith::AddFOp::create(b, loc, one, scale);
}

/// x / sqrt(square + epsilon) * scale, of scalars.
Value emitScaled(OpBuilder &b, Location loc, Value x, Value square, Value scale, double epsilon) {
  Value small = arith::ConstantOp::create(b, loc, b.getFloatAttr(x.getType(), epsilon));
  Value root = math::SqrtOp::create(b, loc, arith::AddFOp::create(b, loc, square, small));
  return arith::MulFOp::create(b, loc, arith::DivFOp::create(b, loc, x, root), scale);
}

/// square - mean * mean, which rounding may take below zero.
Value emitVariance(Emitter &emit, Value mean, Value square) {
  AffineMap identity = emit.builder.getMultiDimIdentityMap(Emitter::getShape(mean).size());
  return emit.map(
      {mean, square}, {identity, identity}, Emitter::getShape(mean), Emitter::getElementType(mean),
      [](OpBuilder &b, Location loc, ValueRange x) -> Value {
        Value product = arith::MulFOp::create(b, loc, x[0], x[0]);
        Value variance = arith::SubFOp::create(b, loc, x[1], product);
        Value zero = arith::ConstantOp::create(b, loc, b.getFloatAttr(variance.getType(), 0));
        return arith::MaximumFOp::create(b, loc, variance, zero);
      });
}

struct MomentPattern final : OpConversionPattern<MomentOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(MomentOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value x = zeroContracted(emit, op, 0, adaptor.getX());
    Rows rows(emit, x, op.getDims(), getLead(op.getType()));
    rewriter.replaceOp(op,
                       rows.getMean(op.getOrder() == 2 ? emitSquares(emit, x) : x, op.getCount()));
    return success();
  }
};

struct RmsNormPattern final : OpConversionPattern<RmsNormOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(RmsNormOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value x = adaptor.getX();
    Rows rows(emit, x, op.getNormed(), getLead(op.getType()));
    AffineMap weights = rows.getWeightMap(op.getScale().getType().getRank());
    Value square = op.getSquare() ? adaptor.getSquare() : rows.getMean(emitSquares(emit, x));
    double epsilon = op.getEpsilon().convertToDouble();
    bool isPlusOne = op.getPlusOne();
    rewriter.replaceOp(op, emit.map({x, square, adaptor.getScale()},
                                    {rows.getIdentity(), rows.getRowMap(), weights},
                                    Emitter::getShape(x), Emitter::getElementType(x),
                                    [&](OpBuilder &b, Location loc, ValueRange x) {
                                      Value scale = emitPlusOne(b, loc, x[2], isPlusOne);
                                      return emitScaled(b, loc, x[0], x[1], scale, epsilon);
                                    }));
    return success();
  }
};

struct LayerNormPattern final : OpConversionPattern<LayerNormOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(LayerNormOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value x = adaptor.getX();
    Type type = Emitter::getElementType(x);
    Rows rows(emit, x, op.getNormed(), getLead(op.getType()));
    Value mean = op.getMean() ? adaptor.getMean() : rows.getMean(x);
    Value centered =
        emit.map({x, mean}, {rows.getIdentity(), rows.getRowMap()}, Emitter::getShape(x),
                 getComputeType(type), [](OpBuilder &b, Location loc, ValueRange x) -> Value {
                   return arith::SubFOp::create(b, loc, x[0], x[1]);
                 });
    Value variance = op.getMean() ? emitVariance(emit, mean, adaptor.getSquare())
                                  : rows.getMean(emitSquares(emit, centered));
    double epsilon = op.getEpsilon().convertToDouble();
    AffineMap weights = rows.getWeightMap(op.getScale().getType().getRank());
    SmallVector<Value> inputs = {centered, variance, adaptor.getScale()};
    SmallVector<AffineMap> maps = {rows.getIdentity(), rows.getRowMap(), weights};
    if (op.getBias()) {
      inputs.push_back(adaptor.getBias());
      maps.push_back(weights);
    }
    rewriter.replaceOp(op, emit.map(inputs, maps, Emitter::getShape(x), type,
                                    [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
                                      Value scaled = emitScaled(b, loc, x[0], x[1], x[2], epsilon);
                                      return x.size() < 4
                                                 ? scaled
                                                 : arith::AddFOp::create(b, loc, scaled, x[3]);
                                    }));
    return success();
  }
};

} // namespace

void dagrt::populateNormPatterns(const LinalgTypeConverter &converter,
                                 RewritePatternSet &patterns) {
  patterns.add<MomentPattern, RmsNormPattern, LayerNormPattern>(converter, patterns.getContext());
}

void dagrt::attachNormModels(MLIRContext &context) {
  MomentOp::attachInterface<LocalModel<MomentOp, computeMoment>>(context);
  RmsNormOp::attachInterface<LocalModel<RmsNormOp, computeRmsNorm>>(context);
  LayerNormOp::attachInterface<LocalModel<LayerNormOp, computeLayerNorm>>(context);
}

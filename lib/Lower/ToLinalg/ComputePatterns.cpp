//===- ComputePatterns.cpp - Products, norms, elementwise -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each device computes its result from its own operands: the devices are a dim that every operand
// and the result have, and the ops are those of one device otherwise.
//
//===----------------------------------------------------------------------===//

#include "MeshFactors.h"
#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

#include <cmath>
#include <numeric>

using namespace mlir;
using namespace dagrt;

/// `count` numbers from `first` on.
static SmallVector<unsigned> count(unsigned first, unsigned count) {
  SmallVector<unsigned> numbers(count);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

/// The map of a tensor that has the devices, if any, and the last of `rank` dims.
static AffineMap selectLast(Emitter &emit, unsigned rank, unsigned last, unsigned lead) {
  SmallVector<unsigned> dims = count(0, lead);
  llvm::append_range(dims, count(rank - last, last));
  return emit.select(rank, dims);
}

//===----------------------------------------------------------------------===//
// Matmul
//===----------------------------------------------------------------------===//

Value dagrt::emitMatmul(Emitter &emit, Value lhs, Value rhs, unsigned lead, unsigned k, Type type) {
  ArrayRef<int64_t> left = Emitter::getShape(lhs), right = Emitter::getShape(rhs);
  unsigned m = left.size() - lead - k, n = right.size() - lead - k, rank = lead + m + k + n;
  // The columns are innermost: consecutive in the right operand and in the result.
  SmallVector<unsigned> devices = count(0, lead), rows = count(lead, m), sums = count(lead + m, k),
                        columns = count(lead + m + k, n);
  auto pick = [&](ArrayRef<unsigned> a, ArrayRef<unsigned> b) {
    return emit.select(rank, llvm::to_vector(llvm::concat<const unsigned>(devices, a, b)));
  };
  SmallVector<int64_t> shape(left.drop_back(k));
  llvm::append_range(shape, right.drop_front(lead + k));
  return emit.contract(lhs, rhs, {pick(rows, sums), pick(sums, columns), pick(rows, columns)},
                       shape, type);
}

namespace {
struct MatmulPattern final : OpConversionPattern<dagrt::MatmulOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult matchAndRewrite(dagrt::MatmulOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value lhs = zeroContracted(emit, op, 0, adaptor.getLhs());
    Value rhs = zeroContracted(emit, op, 1, adaptor.getRhs());
    Type type = getElementTypeOrSelf(getTypeConverter()->convertType(op.getType()));
    rewriter.replaceOp(op,
                       emitMatmul(emit, lhs, rhs, getLead(op.getType()), op.getContract(), type));
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

Value emitSilu(OpBuilder &b, Location loc, Value x) {
  Value one = arith::ConstantOp::create(b, loc, b.getFloatAttr(x.getType(), 1));
  Value e = math::ExpOp::create(b, loc, arith::NegFOp::create(b, loc, x));
  return arith::DivFOp::create(b, loc, x, arith::AddFOp::create(b, loc, one, e));
}

Value emitRelu(OpBuilder &b, Location loc, Value x) {
  Value zero = arith::ConstantOp::create(b, loc, b.getFloatAttr(x.getType(), 0));
  return arith::MaximumFOp::create(b, loc, x, zero);
}

/// x * Phi(x), with Phi(x) = erfc(-x / sqrt(2)) / 2: small arguments keep their digits.
Value emitGelu(OpBuilder &b, Location loc, Value x) {
  auto number = [&](double value) -> Value {
    return arith::ConstantOp::create(b, loc, b.getFloatAttr(x.getType(), value));
  };
  Value tail = math::ErfcOp::create(b, loc, arith::MulFOp::create(b, loc, x, number(-M_SQRT1_2)));
  return arith::MulFOp::create(b, loc, arith::MulFOp::create(b, loc, x, number(0.5)), tail);
}

Value emitGeluTanh(OpBuilder &b, Location loc, Value x) {
  auto number = [&](double value) -> Value {
    return arith::ConstantOp::create(b, loc, b.getFloatAttr(x.getType(), value));
  };
  auto multiply = [&](Value a, Value c) -> Value { return arith::MulFOp::create(b, loc, a, c); };
  Value cube = multiply(multiply(x, x), x);
  Value inner = arith::AddFOp::create(b, loc, x, multiply(cube, number(0.044715)));
  Value tanh = math::TanhOp::create(b, loc, multiply(inner, number(std::sqrt(2 / M_PI))));
  return multiply(multiply(x, number(0.5)), arith::AddFOp::create(b, loc, number(1), tanh));
}

/// An op of one operand and a formula for each element.
template <typename OpT, Value (*formula)(OpBuilder &, Location, Value)>
struct UnaryPattern : OpConversionPattern<OpT> {
  using OpConversionPattern<OpT>::OpConversionPattern;
  LogicalResult matchAndRewrite(OpT op, typename OpT::Adaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value x = adaptor.getOperand();
    auto body = [](OpBuilder &b, Location loc, ValueRange x) { return formula(b, loc, x[0]); };
    rewriter.replaceOp(op, emit.map(x, Emitter::getElementType(x), body));
    return success();
  }
};

struct GeluPattern final : OpConversionPattern<GeluOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(GeluOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value x = adaptor.getOperand();
    bool tanh = op.getTanh();
    auto body = [&](OpBuilder &b, Location loc, ValueRange x) {
      return tanh ? emitGeluTanh(b, loc, x[0]) : emitGelu(b, loc, x[0]);
    };
    rewriter.replaceOp(op, emit.map(x, Emitter::getElementType(x), body));
    return success();
  }
};

struct ScalePattern final : OpConversionPattern<ScaleOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(ScaleOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value x = adaptor.getOperand();
    double by = op.getBy().convertToDouble();
    auto body = [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
      Value factor = arith::ConstantOp::create(b, loc, b.getFloatAttr(x[0].getType(), by));
      return arith::MulFOp::create(b, loc, x[0], factor);
    };
    rewriter.replaceOp(op, emit.map(x, Emitter::getElementType(x), body));
    return success();
  }
};

struct SoftCapPattern final : OpConversionPattern<SoftCapOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(SoftCapOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value x = adaptor.getOperand();
    double cap = op.getCap().convertToDouble();
    auto body = [&](OpBuilder &b, Location loc, ValueRange x) {
      return emitCap(b, loc, x[0], cap);
    };
    rewriter.replaceOp(op, emit.map(x, Emitter::getElementType(x), body));
    return success();
  }
};

/// An op of two operands; the right one has the last dims of the left one.
template <typename OpT, typename ScalarOpT>
struct BinaryPattern : OpConversionPattern<OpT> {
  using OpConversionPattern<OpT>::OpConversionPattern;
  LogicalResult matchAndRewrite(OpT op, typename OpT::Adaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value lhs = adaptor.getLhs(), rhs = adaptor.getRhs();
    ArrayRef<int64_t> shape = Emitter::getShape(lhs);
    unsigned rank = shape.size(), last = op.getRhs().getType().getRank();
    AffineMap right = selectLast(emit, rank, last, getLead(op.getType()));
    auto body = [](OpBuilder &b, Location loc, ValueRange x) -> Value {
      return ScalarOpT::create(b, loc, x[0], x[1]);
    };
    rewriter.replaceOp(op, emit.map({lhs, rhs}, {rewriter.getMultiDimIdentityMap(rank), right},
                                    shape, Emitter::getElementType(lhs), body));
    return success();
  }
};

//===----------------------------------------------------------------------===//
// Norms
//===----------------------------------------------------------------------===//

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
  AffineMap getRowMap() { return emit.select(rank, ::count(0, rank - columns)); }
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

//===----------------------------------------------------------------------===//
// Embedding
//===----------------------------------------------------------------------===//

/// Looks up rows: a row outside the table, or outside a device's shard of it, is zero.
struct EmbeddingPattern final : OpConversionPattern<EmbeddingOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(EmbeddingOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value ids = adaptor.getIds(), table = adaptor.getTable();
    unsigned lead = getLead(op.getType());
    unsigned idDims = Emitter::getShape(ids).size(),
             rowDims = op.getTable().getType().getRank() - 1;
    int64_t rows = op.getTable().getType().getDimSize(0);
    int64_t realRows = getGlobalShape(op.getTable().getType()).front();
    SmallVector<int64_t> shape(Emitter::getShape(ids));
    llvm::append_range(shape, Emitter::getShape(table).take_back(rowDims));
    Type type = Emitter::getElementType(table);
    if (rows == 0) {
      rewriter.replaceOp(op, emit.fill(shape, type, 0));
      return success();
    }
    unsigned rank = shape.size();
    SmallVector<Value> inputs{ids};
    SmallVector<AffineMap> maps{emit.select(rank, count(0, idDims))};
    if (op.getShard()) {
      inputs.push_back(emit.takeFirst(adaptor.getShard(), {lead}));
      maps.push_back(emit.select(rank, count(0, lead)));
    }
    auto body = [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
      auto number = [&](int64_t value) -> Value {
        return arith::ConstantIndexOp::create(b, loc, value);
      };
      auto toIndex = [&](Value integer) -> Value {
        return arith::IndexCastOp::create(b, loc, b.getIndexType(), integer);
      };
      // As unsigned numbers, indices below zero are past the end.
      auto isBelow = [&](Value a, int64_t limit) -> Value {
        return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, a, number(limit));
      };
      Value id = toIndex(x[0]), row = id, found = isBelow(id, realRows);
      if (x.size() > 1) {
        Value first = arith::MulIOp::create(b, loc, toIndex(x[1]), number(rows));
        row = arith::SubIOp::create(b, loc, id, first);
        found = arith::AndIOp::create(b, loc, found, isBelow(row, rows));
      } else if (rows < realRows) {
        found = isBelow(id, rows);
      }
      row = arith::SelectOp::create(b, loc, found, row, number(0));
      SmallVector<Value> index;
      if (lead)
        index.push_back(linalg::IndexOp::create(b, loc, 0));
      index.push_back(row);
      for (unsigned dim = rank - rowDims; dim < rank; ++dim)
        index.push_back(linalg::IndexOp::create(b, loc, dim));
      Value element = tensor::ExtractOp::create(b, loc, table, index);
      Value zero = arith::ConstantOp::create(b, loc, b.getFloatAttr(type, 0));
      return arith::SelectOp::create(b, loc, found, element, zero);
    };
    rewriter.replaceOp(op, emit.map(inputs, maps, shape, type, body));
    return success();
  }
};
} // namespace

void dagrt::populateComputePatterns(const LinalgTypeConverter &converter,
                                    RewritePatternSet &patterns) {
  patterns.add<MatmulPattern, UnaryPattern<SiluOp, emitSilu>, UnaryPattern<ReluOp, emitRelu>,
               GeluPattern, ScalePattern, SoftCapPattern, BinaryPattern<AddOp, arith::AddFOp>,
               BinaryPattern<MulOp, arith::MulFOp>, BinaryPattern<MatmulJoinOp, arith::AddFOp>,
               MomentPattern, RmsNormPattern, LayerNormPattern, EmbeddingPattern>(
      converter, patterns.getContext());
}

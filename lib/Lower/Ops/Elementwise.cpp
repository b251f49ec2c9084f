//===- Elementwise.cpp - Ops on single elements -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each element of the result comes from one element of each operand.
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

static Array mapElements(const Array &x, function_ref<double(double)> function) {
  Array result = x;
  for (double &element : result.elements)
    element = function(element);
  return result;
}

/// `rhs` has the dims `dims` of `lhs`, and is repeated along the others.
static Array mapElements(const Array &lhs, const Array &rhs, ArrayRef<int64_t> dims,
                         function_ref<double(double, double)> function) {
  Array result = lhs;
  int64_t first = static_cast<int64_t>(lhs.shape.size() - dims.size());
  if (llvm::equal(dims, llvm::seq<int64_t>(first, lhs.shape.size()))) {
    for (auto [i, element] : llvm::enumerate(result.elements))
      element = function(element, rhs.elements[i % rhs.elements.size()]);
    return result;
  }
  SmallVector<int64_t> own(dims.size());
  auto element = result.elements.begin();
  forEachIndex(lhs.shape, [&](ArrayRef<int64_t> index) {
    for (auto [i, dim] : llvm::enumerate(dims))
      own[i] = index[dim];
    *element = function(*element, rhs.at(own));
    ++element;
  });
  return result;
}

static double silu(double x) { return x / (1 + std::exp(-x)); }

static double gelu(double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }

/// Hendrycks and Gimpel's approximation.
static double geluTanh(double x) {
  double inner = std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x);
  return 0.5 * x * (1 + std::tanh(inner));
}

static Array computeSilu(SiluOp, Operands x, ArrayRef<int64_t>) { return mapElements(*x[0], silu); }

static Array computeRelu(ReluOp, Operands x, ArrayRef<int64_t>) {
  return mapElements(*x[0], [](double e) { return std::max(e, 0.0); });
}

static Array computeGelu(GeluOp op, Operands x, ArrayRef<int64_t>) {
  return mapElements(*x[0], op.getTanh() ? geluTanh : gelu);
}

static Array computeScale(ScaleOp op, Operands x, ArrayRef<int64_t>) {
  double by = op.getBy().convertToDouble();
  return mapElements(*x[0], [=](double e) { return by * e; });
}

static Array computeSoftCap(SoftCapOp op, Operands x, ArrayRef<int64_t>) {
  double cap = op.getCap().convertToDouble();
  return mapElements(*x[0], [=](double e) { return cap * std::tanh(e / cap); });
}

static Array computeAdd(AddOp op, Operands x, ArrayRef<int64_t>) {
  return mapElements(*x[0], *x[1], op.getRhsDims(), std::plus<double>());
}

static Array computeMul(MulOp op, Operands x, ArrayRef<int64_t>) {
  return mapElements(*x[0], *x[1], op.getRhsDims(), std::multiplies<double>());
}

//===----------------------------------------------------------------------===//
// Linalg
//===----------------------------------------------------------------------===//

namespace {
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

/// An op of two operands; the right one has some dims of the left one.
template <typename OpT, typename ScalarOpT>
struct BinaryPattern : OpConversionPattern<OpT> {
  using OpConversionPattern<OpT>::OpConversionPattern;
  LogicalResult matchAndRewrite(OpT op, typename OpT::Adaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Emitter emit(rewriter, op.getLoc());
    Value lhs = adaptor.getLhs(), rhs = adaptor.getRhs();
    ArrayRef<int64_t> shape = Emitter::getShape(lhs);
    unsigned rank = shape.size(), lead = getLead(op.getType());
    SmallVector<unsigned> dims = countFrom(0, lead);
    for (int64_t dim : op.getRhsDims())
      dims.push_back(lead + dim);
    AffineMap right = emit.select(rank, dims);
    auto body = [](OpBuilder &b, Location loc, ValueRange x) -> Value {
      return ScalarOpT::create(b, loc, x[0], x[1]);
    };
    rewriter.replaceOp(op, emit.map({lhs, rhs}, {rewriter.getMultiDimIdentityMap(rank), right},
                                    shape, Emitter::getElementType(lhs), body));
    return success();
  }
};

} // namespace

void dagrt::populateElementwisePatterns(const LinalgTypeConverter &converter,
                                        RewritePatternSet &patterns) {
  patterns.add<UnaryPattern<SiluOp, emitSilu>, UnaryPattern<ReluOp, emitRelu>, GeluPattern,
               ScalePattern, SoftCapPattern, BinaryPattern<AddOp, arith::AddFOp>,
               BinaryPattern<MulOp, arith::MulFOp>>(converter, patterns.getContext());
}

void dagrt::attachElementwiseModels(MLIRContext &context) {
  SiluOp::attachInterface<LocalModel<SiluOp, computeSilu>>(context);
  ReluOp::attachInterface<LocalModel<ReluOp, computeRelu>>(context);
  GeluOp::attachInterface<LocalModel<GeluOp, computeGelu>>(context);
  ScaleOp::attachInterface<LocalModel<ScaleOp, computeScale>>(context);
  SoftCapOp::attachInterface<LocalModel<SoftCapOp, computeSoftCap>>(context);
  AddOp::attachInterface<LocalModel<AddOp, computeAdd>>(context);
  MulOp::attachInterface<LocalModel<MulOp, computeMul>>(context);
}

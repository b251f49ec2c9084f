//===- Upstream.cpp - Ops of arith in placed programs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Constants, and arithmetic on all elements.
//
//===----------------------------------------------------------------------===//

#include "../RankExtractor.h"
#include "../ToLinalg/MeshFactors.h"
#include "../ToLinalg/Patterns.h"
#include "Models.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

static PlacedArray evaluateConstant(arith::ConstantOp op, PlacedOperands, Placement placement,
                                    uint64_t) {
  PlacedArray result = PlacedArray::getZeros(std::move(placement));
  auto elements = cast<DenseIntOrFPElementsAttr>(op.getValue());
  std::vector<double> numbers;
  if (isa<FloatType>(elements.getElementType()))
    for (APFloat number : elements.getValues<APFloat>()) {
      bool losesInfo;
      number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
      numbers.push_back(number.convertToDouble());
    }
  else
    for (const APInt &number : elements.getValues<APInt>())
      numbers.push_back(number.signedRoundToDouble());
  for (Array &local : result.locals)
    local.elements = numbers;
  return result;
}

template <typename OpT, typename Function>
static Array computeBinary(OpT, Operands operands, ArrayRef<int64_t>) {
  Array result = *operands[0];
  for (auto [element, other] : llvm::zip_equal(result.elements, operands[1]->elements))
    element = Function()(element, other);
  return result;
}

static LogicalResult verifyDense(arith::ConstantOp op, StringRef purpose) {
  if (isa<DenseIntOrFPElementsAttr>(op.getValue()))
    return success();
  return op.emitOpError() << "expects dense elements to " << purpose << ", got " << op.getValue();
}
static LogicalResult verifyEvaluable(arith::ConstantOp op) {
  return verifyDense(op, "evaluate it");
}
static LogicalResult verifyRunsOnRanks(arith::ConstantOp op) {
  return verifyDense(op, "run it on ranks");
}

//===----------------------------------------------------------------------===//
// Ranks
//===----------------------------------------------------------------------===//

/// A constant holds the same elements on every device.
static Value extractConstant(arith::ConstantOp op, RankExtractor &rank) {
  auto type = cast<RankedTensorType>(op.getType());
  if (!rank.findPlace(type))
    return {};
  auto elements = cast<DenseElementsAttr>(op.getValue());
  RankedTensorType localType = rank.getLocalType(type);
  if (localType.getElementType() != type.getElementType())
    elements = elements.mapValues(localType.getElementType(), [&](const APFloat &element) {
      APFloat number = element;
      bool losesInfo;
      number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
      return number.bitcastToAPInt();
    });
  return arith::ConstantOp::create(rank.builder, rank.loc, elements.reshape(localType));
}

//===----------------------------------------------------------------------===//
// Linalg
//===----------------------------------------------------------------------===//

/// `value` in the semantics of `type`.
static APFloat convert(APFloat value, FloatType type) {
  bool losesInfo;
  value.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven, &losesInfo);
  return value;
}

namespace {
/// Each device holds the constant.
struct ConstantPattern final : OpConversionPattern<arith::ConstantOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(arith::ConstantOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op.getType());
    auto elements = dyn_cast<DenseIntOrFPElementsAttr>(op.getValue());
    if (!type || !elements)
      return rewriter.notifyMatchFailure(op, "is no dense tensor");
    Emitter emit(rewriter, op.getLoc());
    auto converted = cast<RankedTensorType>(getTypeConverter()->convertType(type));
    if (type.getNumElements() == 0) {
      rewriter.replaceOpWithNewOp<arith::ConstantOp>(op, rewriter.getZeroAttr(converted));
      return success();
    }
    auto local = RankedTensorType::get(type.getShape(), converted.getElementType());
    DenseElementsAttr numbers = elements.reshape(type.clone(type.getShape()).cloneWithEncoding({}));
    if (auto floatType = dyn_cast<FloatType>(local.getElementType()))
      numbers = elements
                    .mapValues(floatType,
                               [&](const APFloat &number) {
                                 return convert(number, floatType).bitcastToAPInt();
                               })
                    .reshape(local);
    Value result = arith::ConstantOp::create(rewriter, op.getLoc(), local, numbers);
    if (getLead(type))
      result = emit.broadcast(result, converted.getShape(), 0);
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct ElementwisePattern final : ConversionPattern {
  ElementwisePattern(const TypeConverter &converter, MLIRContext *context)
      : ConversionPattern(converter, MatchAnyOpTypeTag(), /*benefit=*/1, context) {}

  LogicalResult matchAndRewrite(Operation *op, ArrayRef<Value> operands,
                                ConversionPatternRewriter &rewriter) const override {
    if (isa<DagrtDialect>(op->getDialect()) || !OpTrait::hasElementwiseMappableTraits(op))
      return rewriter.notifyMatchFailure(op, "is not elementwise");
    SmallVector<Type> types;
    if (failed(getTypeConverter()->convertTypes(op->getResultTypes(), types)))
      return failure();
    OperationState state(op->getLoc(), op->getName(), operands, types, op->getAttrs());
    rewriter.replaceOp(op, rewriter.create(state)->getResults());
    return success();
  }
};
} // namespace

void dagrt::populateUpstreamPatterns(const LinalgTypeConverter &converter,
                                     RewritePatternSet &patterns) {
  patterns.add<ConstantPattern, ElementwisePattern>(converter, patterns.getContext());
}

template <typename OpT, typename Function>
static void attachBinary(MLIRContext &context) {
  OpT::template attachInterface<LocalModel<OpT, computeBinary<OpT, Function>>>(context);
}

void dagrt::attachUpstreamModels(MLIRContext &context) {
  arith::ConstantOp::attachInterface<
      PlacedModel<arith::ConstantOp, evaluateConstant, verifyEvaluable>,
      RankModel<arith::ConstantOp, extractConstant, verifyRunsOnRanks>>(context);
  attachBinary<arith::AddFOp, std::plus<double>>(context);
  attachBinary<arith::SubFOp, std::minus<double>>(context);
  attachBinary<arith::MulFOp, std::multiplies<double>>(context);
  attachBinary<arith::DivFOp, std::divides<double>>(context);
}

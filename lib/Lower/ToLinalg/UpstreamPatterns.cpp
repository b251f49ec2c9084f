//===- UpstreamPatterns.cpp - Constants and foreign elementwise ops -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Elementwise ops of other dialects mean the same with one dim more, and with other element types.
//
//===----------------------------------------------------------------------===//

#include "Patterns.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace dagrt;

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

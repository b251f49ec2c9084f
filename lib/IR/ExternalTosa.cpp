//===- ExternalTosa.cpp - Work of TOSA -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Matmuls and convolutions are GEMMs. Elementwise ops, reductions, poolings and ops that move data
// read their operands and write their results once; reshapes are views. What stands in none of
// these lists is not counted, and is listed as such.
//
//===----------------------------------------------------------------------===//

#include "ExternalWork.h"

#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace dagrt;

/// Sizes of a ranked tensor, none if it is unranked.
static ArrayRef<int64_t> getShape(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type ? type.getShape() : ArrayRef<int64_t>();
}

static GemmShape getTosaShape(tosa::MatMulOp op) {
  ArrayRef<int64_t> a = getShape(op.getA()), b = getShape(op.getB());
  return {getProduct(a[0]), getProduct(a[1]), getProduct(a[2]), getProduct(b[2])};
}

/// Filters are `[out, height, width, in]` (and a depth); results end with the output channels.
template <typename ConvOp>
static GemmShape getTosaShape(ConvOp op) {
  ArrayRef<int64_t> filter = getShape(op.getWeight()), output = getShape(op.getOutput());
  return {1, getProduct(output.drop_back()), getProduct(filter.drop_front()),
          getProduct(filter.front())};
}

/// Filters are `[height, width, channels, multiplier]`: a matmul for each channel.
static GemmShape getTosaShape(tosa::DepthwiseConv2DOp op) {
  ArrayRef<int64_t> filter = getShape(op.getWeight()), output = getShape(op.getOutput());
  return {getProduct(filter[2]), getProduct(output.drop_back()), getProduct(filter.take_front(2)),
          getProduct(filter[3])};
}

/// Each input element meets the entire filter of each output channel.
static GemmShape getTosaShape(tosa::TransposeConv2DOp op) {
  ArrayRef<int64_t> filter = getShape(op.getWeight()), input = getShape(op.getInput());
  return {1, getProduct(input.drop_back()), getProduct(filter.back()),
          getProduct(filter.drop_back())};
}

namespace {
template <typename OpT>
struct ProductWork final : WorkOpInterface::ExternalModel<ProductWork<OpT>, OpT> {
  Work getWork(Operation *op) const {
    Type result = cast<OpT>(op).getType();
    if (!llvm::all_of(op->getOperandTypes(), isStored) || !isStored(result))
      return getUnknownWork();
    Work work = getMovingWork(op, WorkKind::Gemm, op->getOperandTypes(), result);
    setGemm(op, work, getTosaShape(cast<OpT>(op)), getElementTypeOrSelf(op->getOperand(0)),
            getElementTypeOrSelf(op->getOperand(1)));
    return work;
  }
};

/// One FLOP for each element of the input.
template <typename OpT>
struct ReductionWork final : WorkOpInterface::ExternalModel<ReductionWork<OpT>, OpT> {
  Work getWork(Operation *op) const {
    Type input = op->getOperand(0).getType(), result = cast<OpT>(op).getType();
    if (!isStored(input) || !isStored(result))
      return getUnknownWork();
    Work work = getMovingWork(op, WorkKind::Elementwise, op->getOperandTypes(), result);
    setFlops(op, work, getShapedElements(input));
    return work;
  }
};

/// One FLOP for each element of the window of each element of the result.
template <typename OpT>
struct PoolingWork final : WorkOpInterface::ExternalModel<PoolingWork<OpT>, OpT> {
  Work getWork(Operation *op) const {
    Type input = op->getOperand(0).getType(), result = cast<OpT>(op).getType();
    if (!isStored(input) || !isStored(result))
      return getUnknownWork();
    Work work = getMovingWork(op, WorkKind::Elementwise, op->getOperandTypes(), result);
    auto window = static_cast<double>(getProduct(cast<OpT>(op).getKernel()));
    setFlops(op, work, window * getShapedElements(result));
    return work;
  }
};
} // namespace

/// Ops that say by a trait that they are elementwise.
template <typename... Ops>
static void attachElementwise(MLIRContext *context) {
  auto attach = [context](auto *op) {
    using OpT = std::remove_pointer_t<decltype(op)>;
    if constexpr (OpT::template hasTrait<OpTrait::tosa::TosaElementwiseOperator>())
      OpT::template attachInterface<ElementwiseWork<OpT>>(*context);
  };
  (attach(static_cast<Ops *>(nullptr)), ...);
}

static void attachTosa(MLIRContext *context, tosa::TosaDialect *) {
  using namespace tosa;
  attachElementwise<
#define GET_OP_LIST
#include "mlir/Dialect/Tosa/IR/TosaOps.cpp.inc"
      >(context);
  attachModels<ElementwiseWork, tosa::CastOp, tosa::MulOp, NegateOp, RescaleOp, TableOp>(context);
  attachModels<ProductWork, MatMulOp, Conv2DOp, Conv3DOp, DepthwiseConv2DOp, TransposeConv2DOp>(
      context);
  attachModels<ReductionWork, ArgMaxOp, ReduceAllOp, ReduceAnyOp, ReduceMaxOp, ReduceMinOp,
               ReduceProductOp, ReduceSumOp>(context);
  attachModels<PoolingWork, AvgPool2dOp, MaxPool2dOp>(context);
  attachModels<CopyWork, tosa::ConcatOp, GatherOp, tosa::PadOp, ResizeOp, ReverseOp, ScatterOp,
               TileOp, TransposeOp>(context);
  attachModels<NoWork, ConstOp, ConstShapeOp, IdentityOp, tosa::ReshapeOp, tosa::SliceOp>(context);
}

void dagrt::registerTosaModels(DialectRegistry &registry) { registry.addExtension(attachTosa); }

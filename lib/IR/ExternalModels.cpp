//===- ExternalModels.cpp - Work of upstream ops -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the ops of upstream dialects compute, so that costs and the critical path work on IR that
// was never written for this project. Three kinds are told apart: contractions, which are GEMMs
// (convolutions as the matmuls they are lowered to); ops that read their operands and write
// their results once; and views, which take no time. Ops on scalars take none either: they stand
// in the bodies of the others, or compute addresses. What has no model here, such as an access to
// one element, is not counted, and reports list it. Larger dialects have files of their own.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/ExternalModels.h"

#include "ExternalWork.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dagrt;

namespace {
/// What is inserted is read and written; the rest of the destination stays where it is.
template <typename OpT>
struct InsertedWork final : WorkOpInterface::ExternalModel<InsertedWork<OpT>, OpT> {
  Work getWork(Operation *op) const { return getCopyWork(op, cast<OpT>(op).getSource().getType()); }
};

/// Elementwise on tensors of one shape; an op on scalars has no dims to shard.
template <typename OpT, PartialRule Partial>
struct ElementwiseRule final
    : ShardingRuleOpInterface::ExternalModel<ElementwiseRule<OpT, Partial>, OpT> {
  ShardingRule getShardingRule(Operation *op) const {
    auto result = dyn_cast<RankedTensorType>(cast<OpT>(op).getType());
    auto isLikeResult = [&](Type type) {
      auto tensor = dyn_cast<RankedTensorType>(type);
      return tensor && tensor.getRank() == result.getRank();
    };
    if (result && llvm::all_of(op->getOperandTypes(), isLikeResult))
      return getElementwiseRule(op, Partial);
    ShardingRule rule;
    rule.operands.resize(op->getNumOperands());
    rule.results.resize(op->getNumResults());
    return rule;
  }
};
} // namespace

template <PartialRule Partial, typename... Ops>
static void attachElementwise(MLIRContext *context) {
  (Ops::template attachInterface<ElementwiseWork<Ops>, ElementwiseRule<Ops, Partial>>(*context),
   ...);
}

static void attachArith(MLIRContext *context, arith::ArithDialect *) {
  using namespace arith;
  attachElementwise<PartialRule::Additive, AddFOp, SubFOp>(context);
  // Linear in each operand while the other is complete.
  attachElementwise<PartialRule::Bilinear, MulFOp, NegFOp>(context);
  attachElementwise<PartialRule::None, DivFOp, RemFOp, MaximumFOp, MinimumFOp, MaxNumFOp, MinNumFOp,
                    AddIOp, SubIOp, MulIOp, DivSIOp, DivUIOp, RemSIOp, RemUIOp, MaxSIOp, MaxUIOp,
                    MinSIOp, MinUIOp, AndIOp, OrIOp, XOrIOp, CmpFOp, CmpIOp, SelectOp, ExtFOp,
                    TruncFOp, ExtSIOp, ExtUIOp, TruncIOp, SIToFPOp, UIToFPOp, FPToSIOp, FPToUIOp,
                    CeilDivSIOp, CeilDivUIOp, FloorDivSIOp, ShLIOp, ShRSIOp, ShRUIOp, IndexCastOp,
                    IndexCastUIOp>(context);
  attachModels<NoWork, ConstantOp, BitcastOp>(context);
}

static void attachMath(MLIRContext *context, math::MathDialect *) {
  using namespace math;
  attachElementwise<PartialRule::None, AbsFOp, AbsIOp, AcosOp, AcoshOp, AsinOp, AsinhOp, AtanOp,
                    AtanhOp, CountLeadingZerosOp, CountTrailingZerosOp, CtPopOp, IPowIOp,
                    IsFiniteOp, IsInfOp, IsNaNOp, IsNormalOp, Atan2Op, CbrtOp, CeilOp, ClampFOp,
                    CopySignOp, CosOp, CoshOp, ErfOp, ErfcOp, ExpOp, Exp2Op, ExpM1Op, FloorOp,
                    FmaOp, FPowIOp, LogOp, Log10Op, Log1pOp, Log2Op, PowFOp, RoundOp, RoundEvenOp,
                    RsqrtOp, SinOp, SinhOp, SqrtOp, TanOp, TanhOp, TruncOp>(context);
}

static void attachTensor(MLIRContext *context, tensor::TensorDialect *) {
  using namespace tensor;
  attachModels<NoWork, BitcastOp, CastOp, CollapseShapeOp, DimOp, EmptyOp, ExpandShapeOp,
               ExtractSliceOp, RankOp, ReshapeOp>(context);
  attachModels<CopyWork, tensor::ConcatOp, FromElementsOp, GatherOp, GenerateOp, PadOp, ScatterOp,
               SplatOp>(context);
  attachModels<InsertedWork, InsertSliceOp, ParallelInsertSliceOp>(context);
}

void dagrt::registerExternalModels(DialectRegistry &registry) {
  registry.addExtension(attachArith);
  registry.addExtension(attachMath);
  registry.addExtension(attachTensor);
  registerLinalgModels(registry);
  registerMemoryModels(registry);
  registerShardModels(registry);
  registerTosaModels(registry);
}

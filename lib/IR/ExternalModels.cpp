//===- ExternalModels.cpp - Work of upstream ops -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the ops of upstream dialects compute, so that costs and the critical path work on IR that
// was never written for this project. Three kinds are told apart: contractions, which are GEMMs
// (convolutions as the products they are lowered to); ops that read their operands and write
// their results once; and views, which take no time. Ops on scalars take none either: they stand
// in the bodies of the others, or compute addresses. A symbolic size counts as 0, as in all work.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/ExternalModels.h"
#include "dagrt/IR/Dagrt.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

/// Product of sizes in 64 bits; 0 if one is symbolic or the product does not fit.
static int64_t getProduct(ArrayRef<int64_t> sizes) {
  int64_t product = 1;
  for (int64_t size : sizes)
    if (ShapedType::isDynamic(size) || llvm::MulOverflow(product, size, product))
      return 0;
  return product;
}

/// Elements of a tensor or buffer; 0 for any other type.
static double getElements(Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  if (!shaped || !shaped.hasRank())
    return 0;
  double elements = 1;
  for (int64_t size : shaped.getShape())
    elements *= ShapedType::isDynamic(size) ? 0.0 : static_cast<double>(size);
  return elements;
}

static double getBytes(Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  return shaped ? getElements(type) * getElementBytes(shaped.getElementType()) : 0;
}

static bool isTensor(Type type) { return isa<RankedTensorType>(type); }

//===----------------------------------------------------------------------===//
// Work
//===----------------------------------------------------------------------===//

/// Sets FLOPs: on one device `flops`, and on all devices of the mesh if the op is placed. Without
/// a sharding rule each device that holds no replica is taken to do a part of its own.
static void setFlops(Operation *op, Work &work, double flops) {
  work.flops = work.totalFlops = work.logicalFlops = flops;
  DistAttr dist = op->getNumResults() ? getDist(op->getResult(0).getType()) : DistAttr();
  MeshOp mesh = dist ? lookupMesh(op, dist.getMesh()) : MeshOp();
  if (!mesh || !mesh.hasShape())
    return;
  // Padding is no work of the model's.
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  work.logicalFlops = flops * static_cast<double>(getNumShards(mesh, dist.getPartial()));
  for (auto [local, size] : llvm::zip_equal(type.getShape(), dist.getOf()))
    if (!ShapedType::isDynamic(local) && !ShapedType::isDynamic(size) && local > 0)
      work.logicalFlops *= static_cast<double>(size) / static_cast<double>(local);
  work.totalFlops =
      work.logicalFlops * static_cast<double>(std::max<int64_t>(getNumReplicas(mesh, dist), 1));
}

/// Work of an op that reads `operands` and writes `written`, which also gives rows and columns.
static Work getMovingWork(Operation *op, WorkKind kind, TypeRange read, Type written) {
  Work work;
  work.kind = kind;
  work.elementType = getElementTypeOrSelf(written);
  for (Type type : read)
    work.bytesRead += getBytes(type);
  work.bytesWritten = getBytes(written);
  auto shaped = dyn_cast<ShapedType>(written);
  if (!shaped || !shaped.hasRank())
    return work;
  ArrayRef<int64_t> shape = shaped.getShape();
  work.columns = shape.empty() ? 1 : getProduct(shape.take_back());
  work.rows = shape.empty() ? 1 : getProduct(shape.drop_back());
  return work;
}

static void setGemm(Operation *op, Work &work, const GemmShape &shape) {
  work.kind = WorkKind::Gemm;
  work.gemm = shape;
  setFlops(op, work, 2.0 * shape.batch * shape.m * shape.k * shape.n);
}

/// One FLOP for each element of a tensor result; scalars take no time.
static Work getElementwiseWork(Operation *op) {
  if (op->getNumResults() == 0 || !isTensor(op->getResult(0).getType()))
    return Work();
  Work work =
      getMovingWork(op, WorkKind::Elementwise, op->getOperandTypes(), op->getResult(0).getType());
  setFlops(op, work, getElements(op->getResult(0).getType()));
  return work;
}

/// Reads and writes each element of the result.
static Work getCopyWork(Operation *op) {
  if (op->getNumResults() == 0 || !isTensor(op->getResult(0).getType()))
    return Work();
  Type result = op->getResult(0).getType();
  return getMovingWork(op, WorkKind::Elementwise, result, result);
}

//===----------------------------------------------------------------------===//
// linalg
//===----------------------------------------------------------------------===//

/// Arithmetic ops in the body of a linalg op.
static int64_t countBodyOps(linalg::LinalgOp op) {
  return llvm::count_if(op.getBlock()->without_terminator(),
                        [](Operation &inner) { return inner.hasTrait<OpTrait::Elementwise>(); });
}

/// The product that a contraction or convolution is, if it is one.
static std::optional<GemmShape> getGemmShape(linalg::LinalgOp op) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  auto getSize = [&](ArrayRef<unsigned> dims) {
    SmallVector<int64_t> sizes;
    for (unsigned dim : dims)
      sizes.push_back(ranges[dim]);
    return getProduct(sizes);
  };
  if (linalg::isaContractionOpInterface(op)) {
    FailureOr<linalg::ContractionDimensions> dims = linalg::inferContractionDims(op);
    if (succeeded(dims))
      return GemmShape{getSize(dims->batch), getSize(dims->m), getSize(dims->k), getSize(dims->n)};
  }
  if (linalg::isaConvolutionOpInterface(op)) {
    FailureOr<linalg::ConvolutionDimensions> dims = linalg::inferConvolutionDims(op);
    // A pooling has a window instead of a filter, and neither channel to contract.
    if (succeeded(dims) && (!dims->inputChannel.empty() || !dims->depth.empty()) &&
        !linalg::isaContractionOpInterface(op) && countBodyOps(op) >= 2) {
      int64_t m = getProduct({getSize(dims->batch), getSize(dims->outputImage)});
      int64_t k = getProduct({getSize(dims->filterLoop), getSize(dims->inputChannel)});
      return GemmShape{getSize(dims->depth), m, k, getSize(dims->outputChannel)};
    }
  }
  return std::nullopt;
}

static Work getLinalgWork(linalg::LinalgOp op) {
  SmallVector<Type> read;
  for (OpOperand &operand : op->getOpOperands())
    if (op.payloadUsesValueFromOperand(&operand))
      read.push_back(operand.get().getType());
  // On buffers the outputs are operands.
  Type written = op.getDpsInits().empty() ? Type() : op.getDpsInits().front().getType();
  if (!written)
    return Work();
  Work work = getMovingWork(op, WorkKind::Elementwise, read, written);
  for (Value output : op.getDpsInits().drop_front())
    work.bytesWritten += getBytes(output.getType());
  if (std::optional<GemmShape> shape = getGemmShape(op)) {
    setGemm(op, work, *shape);
    return work;
  }
  double points = 1;
  for (int64_t range : op.getStaticLoopRanges())
    points *= ShapedType::isDynamic(range) ? 0.0 : static_cast<double>(range);
  setFlops(op, work, points * countBodyOps(op));
  return work;
}

/// Maximum, exponential, sum and division, as `dagrt.softmax`.
static Work getSoftmaxWork(linalg::SoftmaxOp op) {
  Type input = op.getInput().getType();
  Work work = getMovingWork(op, WorkKind::Softmax, input, op.getOutput().getType());
  work.kernel = "softmax";
  setFlops(op, work, 4 * getElements(input));
  return work;
}

//===----------------------------------------------------------------------===//
// tosa
//===----------------------------------------------------------------------===//

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

/// Filters are `[height, width, channels, multiplier]`: a product for each channel.
static GemmShape getTosaShape(tosa::DepthwiseConv2DOp op) {
  ArrayRef<int64_t> filter = getShape(op.getWeight()), output = getShape(op.getOutput());
  return {getProduct(filter[2]), getProduct(output.drop_back()), getProduct(filter.take_front(2)),
          getProduct(filter[3])};
}

/// Each input element meets the whole filter of each output channel.
static GemmShape getTosaShape(tosa::TransposeConv2DOp op) {
  ArrayRef<int64_t> filter = getShape(op.getWeight()), input = getShape(op.getInput());
  return {1, getProduct(input.drop_back()), getProduct(filter.back()),
          getProduct(filter.drop_back())};
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

namespace {
template <typename OpT>
struct ElementwiseWork final : WorkOpInterface::ExternalModel<ElementwiseWork<OpT>, OpT> {
  Work getWork(Operation *op) const { return getElementwiseWork(op); }
};

template <typename OpT>
struct CopyWork final : WorkOpInterface::ExternalModel<CopyWork<OpT>, OpT> {
  Work getWork(Operation *op) const { return getCopyWork(op); }
};

template <typename OpT>
struct NoWork final : WorkOpInterface::ExternalModel<NoWork<OpT>, OpT> {
  Work getWork(Operation *) const { return Work(); }
};

template <typename OpT>
struct LinalgWork final : WorkOpInterface::ExternalModel<LinalgWork<OpT>, OpT> {
  Work getWork(Operation *op) const { return getLinalgWork(cast<linalg::LinalgOp>(op)); }
};

struct SoftmaxWork final : WorkOpInterface::ExternalModel<SoftmaxWork, linalg::SoftmaxOp> {
  Work getWork(Operation *op) const { return getSoftmaxWork(cast<linalg::SoftmaxOp>(op)); }
};

template <typename OpT>
struct TosaWork final : WorkOpInterface::ExternalModel<TosaWork<OpT>, OpT> {
  Work getWork(Operation *op) const {
    if (!llvm::all_of(op->getOperandTypes(), isTensor) || !isTensor(op->getResult(0).getType()))
      return Work();
    Work work =
        getMovingWork(op, WorkKind::Gemm, op->getOperandTypes(), op->getResult(0).getType());
    setGemm(op, work, getTosaShape(cast<OpT>(op)));
    return work;
  }
};

/// Elementwise on tensors of one shape; an op on scalars has no dims to cut.
template <typename OpT, PartialRule Partial>
struct ElementwiseRule final
    : ShardingRuleOpInterface::ExternalModel<ElementwiseRule<OpT, Partial>, OpT> {
  ShardingRule getShardingRule(Operation *op) const {
    auto result = dyn_cast<RankedTensorType>(op->getResult(0).getType());
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

template <template <typename> class Model, typename... Ops>
static void attach(MLIRContext *context) {
  (Ops::template attachInterface<Model<Ops>>(*context), ...);
}

template <PartialRule Partial, typename... Ops>
static void attachElementwise(MLIRContext *context) {
  (Ops::template attachInterface<ElementwiseWork<Ops>, ElementwiseRule<Ops, Partial>>(*context),
   ...);
}

static void attachArith(MLIRContext *context, arith::ArithDialect *) {
  using namespace arith;
  attachElementwise<PartialRule::Additive, AddFOp, SubFOp>(context);
  // Linear in each operand while the other is whole.
  attachElementwise<PartialRule::Bilinear, MulFOp, NegFOp>(context);
  attachElementwise<PartialRule::None, DivFOp, RemFOp, MaximumFOp, MinimumFOp, MaxNumFOp, MinNumFOp,
                    AddIOp, SubIOp, MulIOp, DivSIOp, DivUIOp, RemSIOp, RemUIOp, MaxSIOp, MaxUIOp,
                    MinSIOp, MinUIOp, AndIOp, OrIOp, XOrIOp, CmpFOp, CmpIOp, SelectOp, ExtFOp,
                    TruncFOp, ExtSIOp, ExtUIOp, TruncIOp, SIToFPOp, UIToFPOp, FPToSIOp, FPToUIOp>(
      context);
  attach<NoWork, ConstantOp, BitcastOp, IndexCastOp>(context);
}

static void attachMath(MLIRContext *context, math::MathDialect *) {
  using namespace math;
  attachElementwise<PartialRule::None, AbsFOp, AbsIOp, AcosOp, AsinOp, AtanOp, Atan2Op, CbrtOp,
                    CeilOp, ClampFOp, CopySignOp, CosOp, CoshOp, ErfOp, ErfcOp, ExpOp, Exp2Op,
                    ExpM1Op, FloorOp, FmaOp, FPowIOp, LogOp, Log10Op, Log1pOp, Log2Op, PowFOp,
                    RoundOp, RoundEvenOp, RsqrtOp, SinOp, SinhOp, SqrtOp, TanOp, TanhOp, TruncOp>(
      context);
}

static void attachTensor(MLIRContext *context, tensor::TensorDialect *) {
  using namespace tensor;
  attach<NoWork, BitcastOp, CastOp, CollapseShapeOp, DimOp, EmptyOp, ExpandShapeOp, ExtractOp,
         ExtractSliceOp, RankOp, ReshapeOp>(context);
  attach<CopyWork, tensor::ConcatOp, FromElementsOp, GatherOp, GenerateOp, InsertOp, InsertSliceOp,
         PadOp, ScatterOp, SplatOp>(context);
}

static void attachLinalg(MLIRContext *context, linalg::LinalgDialect *) {
  attach<LinalgWork,
#define GET_OP_LIST
#include "mlir/Dialect/Linalg/IR/LinalgStructuredOps.cpp.inc"
         >(context);
  linalg::SoftmaxOp::attachInterface<SoftmaxWork>(*context);
  attach<CopyWork, linalg::PackOp, linalg::UnPackOp>(context);
}

static void attachTosa(MLIRContext *context, tosa::TosaDialect *) {
  attach<TosaWork, tosa::MatMulOp, tosa::Conv2DOp, tosa::Conv3DOp, tosa::DepthwiseConv2DOp,
         tosa::TransposeConv2DOp>(context);
}

void dagrt::registerExternalModels(DialectRegistry &registry) {
  registry.addExtension(attachArith);
  registry.addExtension(attachMath);
  registry.addExtension(attachTensor);
  registry.addExtension(attachLinalg);
  registry.addExtension(attachTosa);
}

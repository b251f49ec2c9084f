//===- ExternalLinalg.cpp - Work of linalg -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Contractions are GEMMs, and convolutions the matmuls they are lowered to. All others read their
// operands and write their results once. On buffers the outputs are operands.
//
//===----------------------------------------------------------------------===//

#include "ExternalContraction.h"
#include "ExternalWork.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Interfaces/CastInterfaces.h"

using namespace mlir;
using namespace dagrt;

/// Arithmetic ops in the body of a linalg op.
static int64_t countBodyOps(linalg::LinalgOp op) {
  return llvm::count_if(op.getBlock()->without_terminator(),
                        [](Operation &inner) { return inner.hasTrait<OpTrait::Elementwise>(); });
}

/// The matmul that a contraction or convolution is, if it is one.
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
  if (std::optional<FusedContraction> dims = matchFusedContraction(op))
    return GemmShape{getSize(dims->batch), getSize(dims->m), getSize(dims->k), getSize(dims->n)};
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

namespace {
/// A number that a body multiplies.
struct BodyFactor {
  Type type;         ///< The narrowest that it has been on its way from an operand.
  unsigned rank = 0; ///< Of that operand.
};
} // namespace

static bool isProduct(Operation *op) {
  return isa_and_nonnull<arith::MulFOp, arith::MulIOp, complex::MulOp>(op);
}

/// The matmul that `value` is, seen through casts.
static bool isCastProduct(Value value) {
  Operation *op = value.getDefiningOp();
  while (op && isa<CastOpInterface>(op))
    op = op->getOperand(0).getDefiningOp();
  return isProduct(op);
}

/// What `value` is, seen through casts and the subtraction of a zero point. Units multiply the
/// narrowest type; the body is written in the type of the sum.
static BodyFactor getFactor(linalg::LinalgOp op, Value value) {
  BodyFactor factor{value.getType()};
  while (Operation *producer = value.getDefiningOp()) {
    if (!isa<CastOpInterface, arith::SubIOp, arith::SubFOp>(producer))
      return factor;
    value = producer->getOperand(0);
    Type type = value.getType();
    if (type.isIntOrFloat() && factor.type.isIntOrFloat() &&
        type.getIntOrFloatBitWidth() < factor.type.getIntOrFloatBitWidth())
      factor.type = type;
  }
  auto argument = dyn_cast<BlockArgument>(value);
  if (argument && argument.getOwner() == op.getBlock())
    factor.rank = op.getMatchingIndexingMap(op.getMatchingOpOperand(argument)).getNumResults();
  return factor;
}

/// The two factors that the body of a matmul multiplies; a third is a scale, which has fewer dims.
static std::pair<Type, Type> getFactorTypes(linalg::LinalgOp op) {
  SmallVector<BodyFactor> factors;
  for (Operation &inner : op.getBlock()->without_terminator())
    if (isProduct(&inner))
      for (Value operand : inner.getOperands())
        if (!isCastProduct(operand))
          factors.push_back(getFactor(op, operand));
  llvm::stable_sort(factors,
                    [](const BodyFactor &a, const BodyFactor &b) { return a.rank > b.rank; });
  if (factors.size() >= 2)
    return {factors[0].type, factors[1].type};
  auto getType = [&](int64_t i) {
    return getElementTypeOrSelf(op.getDpsInputOperand(i)->get().getType());
  };
  return {getType(0), getType(op.getNumDpsInputs() > 1 ? 1 : 0)};
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
    work.bytesWritten += getShapedBytes(output.getType());
  if (std::optional<GemmShape> shape = getGemmShape(op)) {
    auto [lhs, rhs] = getFactorTypes(op);
    setGemm(op, work, *shape, lhs, rhs);
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
  setFlops(op, work, 4 * getShapedElements(input));
  return work;
}

namespace {
template <typename OpT>
struct LinalgWork final : WorkOpInterface::ExternalModel<LinalgWork<OpT>, OpT> {
  Work getWork(Operation *op) const { return getLinalgWork(cast<linalg::LinalgOp>(op)); }
};

struct SoftmaxWork final : WorkOpInterface::ExternalModel<SoftmaxWork, linalg::SoftmaxOp> {
  Work getWork(Operation *op) const { return getSoftmaxWork(cast<linalg::SoftmaxOp>(op)); }
};

/// Layouts are changed by reading the source and writing the destination.
template <typename OpT>
struct LayoutWork final : WorkOpInterface::ExternalModel<LayoutWork<OpT>, OpT> {
  Work getWork(Operation *op) const {
    auto layout = cast<OpT>(op);
    return getMovingWork(op, WorkKind::Elementwise, layout.getSource().getType(),
                         layout.getDest().getType());
  }
};
} // namespace

static void attachLinalg(MLIRContext *context, linalg::LinalgDialect *) {
  attachModels<LinalgWork,
#define GET_OP_LIST
#include "mlir/Dialect/Linalg/IR/LinalgStructuredOps.cpp.inc"
               >(context);
  linalg::SoftmaxOp::attachInterface<SoftmaxWork>(*context);
  attachModels<LayoutWork, linalg::PackOp, linalg::UnPackOp>(context);
}

void dagrt::registerLinalgModels(DialectRegistry &registry) { registry.addExtension(attachLinalg); }

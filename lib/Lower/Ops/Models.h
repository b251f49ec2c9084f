//===- Models.h - How a family of ops is run -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A file beside this one holds all that running a family of ops takes: what a device computes, what
// a rank does where that is not the op itself, and the patterns to linalg. The templates here make
// external models of plain functions.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_LOWER_OPS_MODELS_H
#define DAGRT_LIB_LOWER_OPS_MODELS_H

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Lower/LowerInterfaces.h"

#include "mlir/IR/MLIRContext.h"

namespace dagrt {

/// What one device holds of an op's operands, and what all devices hold.
using Operands = llvm::ArrayRef<const Array *>;
using PlacedOperands = llvm::ArrayRef<const PlacedArray *>;

/// An op of one result, which each device computes with `compute`.
template <typename OpT, Array (*compute)(OpT, Operands, llvm::ArrayRef<int64_t>)>
struct LocalModel final : LocalComputeOpInterface::ExternalModel<LocalModel<OpT, compute>, OpT> {
  llvm::SmallVector<Array> computeLocal(mlir::Operation *op, Operands operands,
                                        llvm::ArrayRef<llvm::SmallVector<int64_t>> shapes) const {
    return {compute(llvm::cast<OpT>(op), operands, shapes.front())};
  }
};

template <typename OpT>
llvm::LogicalResult verifyNothing(OpT) {
  return llvm::success();
}

/// An op of one result whose meaning depends on where values are.
template <typename OpT, PlacedArray (*evaluate)(OpT, PlacedOperands, Placement, uint64_t),
          llvm::LogicalResult (*verify)(OpT) = verifyNothing<OpT>>
struct PlacedModel final
    : PlacedEvaluationOpInterface::ExternalModel<PlacedModel<OpT, evaluate, verify>, OpT> {
  PlacedArray evaluatePlaced(mlir::Operation *op, PlacedOperands operands, Placement placement,
                             uint64_t seed) const {
    return evaluate(llvm::cast<OpT>(op), operands, std::move(placement), seed);
  }
  llvm::LogicalResult verifyEvaluable(mlir::Operation *op) const {
    return verify(llvm::cast<OpT>(op));
  }
};

/// The results of what a rank does: one value, null if the rank holds no part of it, or several.
inline llvm::SmallVector<mlir::Value> listResults(mlir::Value result) {
  return result ? llvm::SmallVector<mlir::Value>{result} : llvm::SmallVector<mlir::Value>();
}
inline llvm::SmallVector<mlir::Value> listResults(llvm::SmallVector<mlir::Value> results) {
  return results;
}

/// An op for which a rank does `extract`.
template <typename OpT, auto extract, llvm::LogicalResult (*verify)(OpT) = verifyNothing<OpT>,
          bool zeroPadding = false>
struct RankModel final
    : RankExtractionOpInterface::ExternalModel<RankModel<OpT, extract, verify, zeroPadding>, OpT> {
  llvm::SmallVector<mlir::Value> extractRank(mlir::Operation *op, RankExtractor &rank) const {
    return listResults(extract(llvm::cast<OpT>(op), rank));
  }
  llvm::LogicalResult verifyRunsOnRanks(mlir::Operation *op) const {
    return verify(llvm::cast<OpT>(op));
  }
  bool hasZeroPadding(mlir::Operation *) const { return zeroPadding; }
};

/// An op that is not converted to linalg in every form.
template <typename OpT, llvm::LogicalResult (*verify)(OpT)>
struct ToLinalgModel final : ToLinalgOpInterface::ExternalModel<ToLinalgModel<OpT, verify>, OpT> {
  llvm::LogicalResult verifyToLinalg(mlir::Operation *op) const {
    return verify(llvm::cast<OpT>(op));
  }
};

/// Emits an error if a table of so many tokens would be much more than `op`.
llvm::LogicalResult verifyTableOfTokens(mlir::Operation *op, int64_t tokens);

void attachAttentionModels(mlir::MLIRContext &context);
void attachAttentionMergeModels(mlir::MLIRContext &context);
void attachCacheModels(mlir::MLIRContext &context);
void attachCommunicationModels(mlir::MLIRContext &context);
void attachElementwiseModels(mlir::MLIRContext &context);
void attachEmbeddingModels(mlir::MLIRContext &context);
void attachMatmulModels(mlir::MLIRContext &context);
void attachMovementModels(mlir::MLIRContext &context);
void attachNormModels(mlir::MLIRContext &context);
void attachRopeModels(mlir::MLIRContext &context);
void attachStructureModels(mlir::MLIRContext &context);
void attachUpstreamModels(mlir::MLIRContext &context);

} // namespace dagrt

#endif // DAGRT_LIB_LOWER_OPS_MODELS_H

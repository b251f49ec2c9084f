//===- AnnotateSteps.h - Steps of annotate-cost -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the steps of `annotateCosts` share.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_ANNOTATESTEPS_H
#define DAGRT_COST_ANNOTATESTEPS_H

#include "dagrt/Cost/CostModel.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"

namespace dagrt {

/// Takes two ops to be the same when their costs must be: one name, equal properties and types. A
/// kernel's work may depend on positions (a causal mask does), so operands of
/// integers must be the same values.
struct SameCostInfo {
  static mlir::Operation *getEmptyKey() {
    return llvm::DenseMapInfo<mlir::Operation *>::getEmptyKey();
  }
  static mlir::Operation *getTombstoneKey() {
    return llvm::DenseMapInfo<mlir::Operation *>::getTombstoneKey();
  }
  static unsigned getHashValue(const mlir::Operation *op);
  static bool isEqual(const mlir::Operation *a, const mlir::Operation *b);
};

/// A cost and the number of ops that it stands for. Null for ops that take no time.
struct SharedCost {
  CostAttr cost;
  int64_t count = 0;
};

/// The costs of a function by the first op of each kind, in program order.
using CostTable = llvm::MapVector<mlir::Operation *, SharedCost,
                                  llvm::DenseMap<mlir::Operation *, unsigned, SameCostInfo>>;

/// What annotation found, for remarks.
struct AnnotationSummary {
  CostTable costs;
  int64_t costed = 0; ///< By the model.
  int64_t kept = 0;   ///< That carried a cost before.
  int64_t fixed = 0;  ///< That the cluster's description fixes.
  /// Ops that nothing is known about, by name: the first and how many.
  llvm::MapVector<mlir::OperationName, std::pair<mlir::Operation *, int64_t>> unknown;
};

/// True if `op` computes or communicates, so that it takes time.
bool takesTime(mlir::Operation *op);

/// Puts the times that the cluster's description fixes on the ops they are for. Returns how many
/// ops got one. A key that matches nothing gives a warning.
int64_t applyFixedTimes(mlir::func::FuncOp function, const Cluster &cluster);

/// Emits an error if a mesh that `function` uses has a device id that the cluster does not have.
llvm::LogicalResult checkDevices(mlir::func::FuncOp function, const Cluster &cluster);

/// The meshes that values of `function` lie on, in the order of their first use.
llvm::SmallVector<MeshOp> getUsedMeshes(mlir::func::FuncOp function);

/// Says where meshes lie, which algorithm each collective got, and the totals.
void emitCostRemarks(mlir::func::FuncOp function, const Cluster &cluster,
                     const AnnotationSummary &summary);

} // namespace dagrt

#endif // DAGRT_COST_ANNOTATESTEPS_H

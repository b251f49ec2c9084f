//===- AnnotateSteps.h - Steps of annotate-cost -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the steps of costing a function share.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_ANNOTATESTEPS_H
#define DAGRT_COST_ANNOTATESTEPS_H

#include "dagrt/Cost/SymbolicCosts.h"

#include "llvm/ADT/DenseMap.h"

namespace dagrt {

/// True if `op` computes or communicates, so that it takes time.
bool takesTime(mlir::Operation *op);

/// Costs that the cluster's description fixes, of ops that carry none. Looked up only; never
/// iterated.
using FixedTimes = llvm::DenseMap<mlir::Operation *, CostAttr>;

/// The costs that the cluster's description fixes. A key that names nothing known, and nothing in
/// the module of `function`, is an error.
mlir::FailureOr<FixedTimes> getFixedTimes(mlir::func::FuncOp function, const Cluster &cluster);

/// Emits an error if a mesh that `function` uses has a device id that the cluster does not have.
llvm::LogicalResult checkDevices(mlir::func::FuncOp function, const Cluster &cluster);

/// The meshes that values of `function` lie on, in the order of their first use.
llvm::SmallVector<MeshOp> getUsedMeshes(mlir::func::FuncOp function);

/// Says where meshes lie, which algorithm each collective got, and the totals: the model costed
/// `costed` ops again and found `unchanged` others to have their cost.
void emitCostRemarks(const SymbolicCosts &costs, int64_t costed, int64_t unchanged);

} // namespace dagrt

#endif // DAGRT_COST_ANNOTATESTEPS_H

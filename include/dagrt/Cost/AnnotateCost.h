//===- AnnotateCost.h - Costs of ops -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_ANNOTATECOST_H
#define DAGRT_COST_ANNOTATECOST_H

#include "dagrt/IR/Sizes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Support/LLVM.h"

#include <string>

namespace dagrt {

/// What costs are computed with. Names and files are as on the command line. What is empty is
/// taken over from the costs that a program carries, or else has its default.
struct CostOptions {
  std::string cluster; ///< Name of a built-in cluster, or a file (default: dgx-h100).
  std::string model;   ///< Name of a cost model (default: calibrated).
  std::string table;   ///< File of measurements, for models that read one.
  /// Named sizes, `seq_len=8192`, that differ from the module's default.
  std::string sizes;

  bool operator==(const CostOptions &other) const {
    return cluster == other.cluster && model == other.model && table == other.table &&
           sizes == other.sizes;
  }
};

/// Options without blanks.
struct ResolvedCostOptions {
  CostOptions options;
  /// True if something is as the costs of the program were computed with, and was not named.
  bool isTakenOver = false;
};

/// What costs of `function` are to be computed with: what `options` name, else what its
/// `dagrt.cost_model` says, else the defaults. An error if both name something, and not the same.
mlir::FailureOr<ResolvedCostOptions> resolveCostOptions(mlir::func::FuncOp function,
                                                        const CostOptions &options);

/// The same for all functions of `module`, which must agree.
mlir::FailureOr<ResolvedCostOptions> resolveCostOptions(mlir::ModuleOp module,
                                                        const CostOptions &options);

/// The binding that costs of `function` are to hold at: the module's default, with what `sizes`
/// says instead. Costs that are there for another one are an error; they decide if `sizes` is
/// empty.
mlir::FailureOr<SizeBinding> readCostSizes(mlir::func::FuncOp function, llvm::StringRef sizes);

/// The binding that a question about `module` starts from: as `sizes` says, or, if it is
/// empty, as the costs that functions carry were computed at.
mlir::FailureOr<SizeBinding> readCostSizes(mlir::ModuleOp module, llvm::StringRef sizes);

/// What `annotateCosts` found and did.
struct CostSummary {
  ResolvedCostOptions used;
  int64_t modelled = 0; ///< Ops whose time a model says.
  int64_t given = 0;    ///< Ops whose time was given.
  ClusterAttr cluster;  ///< What models were asked about; null if none was.
};

/// Puts a `dagrt.cost` on every op of `function` that takes time. An op keeps one that was given,
/// and one that a model computed for the very work, device and model; others are computed again.
/// Errors are emitted on the op or function they belong to.
llvm::LogicalResult annotateCosts(mlir::func::FuncOp function, const CostOptions &options,
                                  CostSummary *summary = nullptr);

} // namespace dagrt

#endif // DAGRT_COST_ANNOTATECOST_H

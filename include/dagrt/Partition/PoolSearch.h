//===- PoolSearch.h - Who decides the size of a pool -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `--partition-fa-pool=pool=auto` takes the size with the shortest critical path. Partitioning
// knows neither costs nor schedules, so whoever makes the pass brings the search; `registerPasses`
// of dagrt/Pipelines/Registration.h registers the pass with one.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_PARTITION_POOLSEARCH_H
#define DAGRT_PARTITION_POOLSEARCH_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <functional>
#include <memory>
#include <string>

namespace dagrt {

/// What a search is asked.
struct PoolSearchRequest {
  int64_t limit = 0;                 ///< The largest size to try; the smallest is 0.
  std::string cluster, model, table; ///< What times are computed with, as of `--annotate-cost`.
  /// Partitions a module, which is in logical form and may belong to any context, with a pool of a
  /// size.
  llvm::function_ref<llvm::LogicalResult(mlir::ModuleOp, int64_t)> partition;
};

/// Chooses a size for a module in logical form, on which it leaves a note for which cluster. Errors
/// are emitted on the module.
using PoolSearch =
    std::function<mlir::FailureOr<int64_t>(mlir::ModuleOp, const PoolSearchRequest &)>;

/// The pass `--partition-fa-pool` with a search for `pool=auto`.
std::unique_ptr<mlir::Pass> createPartitionFaPool(PoolSearch search);

} // namespace dagrt

#endif // DAGRT_PARTITION_POOLSEARCH_H

//===- PoolSearch.h - The search of pool=auto -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_PIPELINES_POOLSEARCH_H
#define DAGRT_LIB_PIPELINES_POOLSEARCH_H

#include "mlir/IR/BuiltinOps.h"

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

/// Tries every size, and takes the fastest that fits in memory, or else the fastest. Leaves a note
/// on `module`, which is in logical form, for which cluster. Errors are emitted on the module.
mlir::FailureOr<int64_t> searchPoolSize(mlir::ModuleOp module, const PoolSearchRequest &request);

} // namespace dagrt

#endif // DAGRT_LIB_PIPELINES_POOLSEARCH_H

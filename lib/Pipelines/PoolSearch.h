//===- PoolSearch.h - The search of pool=auto -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_PIPELINES_POOLSEARCH_H
#define DAGRT_LIB_PIPELINES_POOLSEARCH_H

#include "dagrt/Partition/PoolSearch.h"

namespace dagrt {

/// Tries every size, and takes the fastest that fits in memory, or else the fastest.
mlir::FailureOr<int64_t> searchPoolSize(mlir::ModuleOp module, const PoolSearchRequest &request);

} // namespace dagrt

#endif // DAGRT_LIB_PIPELINES_POOLSEARCH_H

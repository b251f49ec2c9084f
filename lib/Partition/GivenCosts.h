//===- GivenCosts.h - What a placed op loses -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A time is that of an op as it is. When passes shard an op, each device does a part of it: a time
// that a model computed is dropped, to be computed again, and one that a person gave is an error,
// as the time of a part is not known.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_PARTITION_GIVENCOSTS_H
#define DAGRT_LIB_PARTITION_GIVENCOSTS_H

#include "mlir/IR/Operation.h"

namespace dagrt {

/// Drops what is said about the time of `op`, which is about to be split, as `how` says: "sharded
/// over 4 devices". Emits an error if its cost was given.
llvm::LogicalResult dropTimes(mlir::Operation *op, const llvm::Twine &how);

} // namespace dagrt

#endif // DAGRT_LIB_PARTITION_GIVENCOSTS_H

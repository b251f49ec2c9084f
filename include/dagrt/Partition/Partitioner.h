//===- Partitioner.h - Logical form to placed form -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_PARTITION_PARTITIONER_H
#define DAGRT_PARTITION_PARTITIONER_H

#include "dagrt/Partition/Strategy.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace dagrt {

/// Rewrites every function of `module` from logical into placed form as `strategy` says, and adds
/// the strategy's meshes. Errors are emitted on the op they belong to; `module` is then
/// in an undefined state. Remarks of the category `partition` say what is replicated and what is
/// padded. Linear in the number of ops.
llvm::LogicalResult partitionModule(mlir::ModuleOp module, const Strategy &strategy);

/// The same by a built-in strategy, `tp-pp` or `fa-pool`, with values of its options.
llvm::LogicalResult partitionModule(mlir::ModuleOp module, llvm::StringRef builtin,
                                    const StrategyOptions &options);

/// Puts the tokens of a logical function into a zigzag order of `blocks` blocks: arguments,
/// parameters and constants with dims of tokens are permuted once, positions say so, and what
/// depends on positions of tokens (results, slices) sees them in their own order again. The
/// function computes the same. Changes nothing if the function has no positions; emits an error if
/// they are ordered already.
llvm::LogicalResult reorderTokens(mlir::func::FuncOp function, int64_t blocks);

/// Deals the slots of a logical function's full caches to `shards` shards, `stripe` tokens at a
/// time, and rounds their number up to full rounds: sharded in as many blocks, each holds its
/// share of whatever the context is. Caches of windows stay as they are. The function computes the
/// same. Emits an error if the function has no such cache, or something but an update or attention
/// reads one.
llvm::LogicalResult stripeCaches(mlir::func::FuncOp function, int64_t shards, int64_t stripe);

/// Checks that a placed function conserves its model: FLOPs summed over devices are the
/// model's, up to replicas, which are remarked; each parameter's parts cover it on each
/// mesh that holds it; each message delivers exactly the elements that its receivers hold.
llvm::LogicalResult verifyPlacement(mlir::func::FuncOp function);

} // namespace dagrt

#endif // DAGRT_PARTITION_PARTITIONER_H

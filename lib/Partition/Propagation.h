//===- Propagation.h - How one op is sharded -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the partitioner: what the strategy says about an op, and the axes of its factors that
// follow from it.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_PARTITION_PROPAGATION_H
#define DAGRT_LIB_PARTITION_PROPAGATION_H

#include "dagrt/IR/Layout.h"
#include "dagrt/IR/Sizes.h"
#include "dagrt/Partition/Strategy.h"

namespace dagrt {

/// What a strategy's entries say, together, about the ops of one role.
struct Directive {
  llvm::StringRef mesh;                             ///< Empty: follow the operands.
  const std::vector<CutSpec> *cut = nullptr;        ///< Null: nothing.
  const std::vector<CutSpec> *resultCut = nullptr;  ///< Null: nothing.
  const std::vector<std::string> *result = nullptr; ///< Null: follow the factors.
  const std::vector<std::string> *travels = nullptr;
};

/// How an op will be sharded.
struct OpPlan {
  MeshOp mesh;
  ShardingRule rule;
  /// Axes of each factor.
  llvm::SmallVector<AxesAttr, 8> axes;
  /// A pending sum of all operands that the op commutes with; empty if there is none.
  AxesAttr pending;
  /// The results as the strategy wants them, which may be more than the factors give; none if it
  /// says nothing of results.
  llvm::SmallVector<mlir::RankedTensorType, 2> wanted;
  /// True if a sharded factor makes the op decompose itself.
  bool decomposes = false;
};

/// What is known of an operand when its user is planned: its placed type, or null for one that
/// can be made on any mesh in any way (parameters, positions, arguments not yet placed).
using OperandTypes = llvm::ArrayRef<mlir::RankedTensorType>;

/// Decides how `op` is sharded on `mesh`. In order of precedence: the strategy's `cut`, its
/// `result`, then the shardings of the operands, the first operand first. An axis shards one
/// factor: what comes later goes without, and its operand is gathered. An axis that is spread over
/// factors by their sizes takes symbolic ones at `sizes`. `symbols` are those of the module, its
/// meshes among them.
mlir::FailureOr<OpPlan> planOp(mlir::Operation *op, MeshOp mesh, const Directive &directive,
                               OperandTypes operands, const SizeBinding &sizes,
                               const mlir::SymbolTable &symbols);

/// The axis `name` of `mesh` as a list; empty if it has the size 1.
AxesAttr getWholeAxis(MeshOp mesh, llvm::StringRef name);

/// Reads a list of axis names, one for each dim, `_` for none; missing dims are replicated.
mlir::FailureOr<llvm::SmallVector<AxesAttr>>
readDims(mlir::Operation *op, MeshOp mesh, llvm::ArrayRef<std::string> names, int64_t rank);

} // namespace dagrt

#endif // DAGRT_LIB_PARTITION_PROPAGATION_H

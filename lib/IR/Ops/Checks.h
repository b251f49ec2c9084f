//===- Checks.h - What the rules and verifiers of op families share -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_IR_OPS_CHECKS_H
#define DAGRT_LIB_IR_OPS_CHECKS_H

#include "dagrt/IR/Layout.h"
#include "dagrt/IR/ResultType.h"

namespace dagrt {

inline mlir::RankedTensorType getTensor(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType());
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

using FactorNumbers = llvm::SmallVector<unsigned, 6>;

FactorNumbers concat(llvm::ArrayRef<unsigned> a, llvm::ArrayRef<unsigned> b);

/// One factor for each size.
FactorNumbers addFactors(ShardingRule &rule, llvm::StringRef name, GlobalShape sizes,
                         FactorKind kind = FactorKind::Free);

//===----------------------------------------------------------------------===//
// Verifiers. Each emits an error on `op`.
//===----------------------------------------------------------------------===//

/// `value`, which is called `what`, has `rank` dims.
llvm::LogicalResult verifyRank(mlir::Operation *op, mlir::Value value, int64_t rank,
                               llvm::StringRef what);

/// All values have the element type of the first.
llvm::LogicalResult verifyElementTypes(mlir::Operation *op, llvm::ArrayRef<mlir::Value> values);

/// `dim` is one of `type`, the type of an operand.
llvm::LogicalResult verifyDim(mlir::Operation *op, int64_t dim, mlir::RankedTensorType type);

/// A soft cap is finite and positive.
llvm::LogicalResult verifyCap(mlir::Operation *op, const llvm::APFloat &cap);

/// `shard` has the number of each shard that dim `dim` of `value`, which is called `what`, is split
/// into.
llvm::LogicalResult verifyShardNumbers(mlir::Operation *op, mlir::Value shard, mlir::Value value,
                                       int64_t dim, llvm::StringRef what,
                                       mlir::SymbolTableCollection &tables);

} // namespace dagrt

#endif // DAGRT_LIB_IR_OPS_CHECKS_H

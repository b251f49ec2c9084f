//===- EqualOps.h - Equivalent ops -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ops are equal as MLIR has it (OperationEquivalence): one name, equal properties, types of
// operands and results, and equal regions, whatever their locations and discardable attributes.
// Which operands must be the same values, beyond their types, depends on what is asked.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SUPPORT_EQUALOPS_H
#define DAGRT_SUPPORT_EQUALOPS_H

#include "mlir/IR/Operation.h"

#include "llvm/ADT/DenseMapInfo.h"

namespace dagrt {

/// True for an operand that equal ops must have in common.
using IsIdentityFn = llvm::function_ref<bool(mlir::Value)>;

/// The keys of a map of ops that agree in name and properties, whatever their types, operands and
/// regions.
struct SamePropertiesInfo : llvm::DenseMapInfo<mlir::Operation *> {
  static unsigned getHashValue(const mlir::Operation *op);
  static bool isEqual(const mlir::Operation *a, const mlir::Operation *b);
};

/// Equal ops have equal hashes. Regions do not count.
unsigned hashEqualOp(mlir::Operation *op, IsIdentityFn isIdentity);

/// True if the ops are equal. Values that ops in their regions take from outside are compared as
/// operands are.
bool areEqualOps(mlir::Operation *a, mlir::Operation *b, IsIdentityFn isIdentity);

/// The keys of a map of equal ops. `Policy` has a static `isIdentity` of operands, and an `extra`
/// that equal ops have in common as well.
template <typename Policy>
struct EqualOpInfo {
  using Base = llvm::DenseMapInfo<mlir::Operation *>;
  static mlir::Operation *getEmptyKey() { return Base::getEmptyKey(); }
  static mlir::Operation *getTombstoneKey() { return Base::getTombstoneKey(); }

  static unsigned getHashValue(const mlir::Operation *constOp) {
    auto *op = const_cast<mlir::Operation *>(constOp);
    return static_cast<unsigned>(
        llvm::hash_combine(hashEqualOp(op, Policy::isIdentity), Policy::extra(op)));
  }
  static bool isEqual(const mlir::Operation *constA, const mlir::Operation *constB) {
    auto *a = const_cast<mlir::Operation *>(constA), *b = const_cast<mlir::Operation *>(constB);
    auto isKey = [](mlir::Operation *op) { return op == getEmptyKey() || op == getTombstoneKey(); };
    if (a == b || isKey(a) || isKey(b))
      return a == b;
    return Policy::extra(a) == Policy::extra(b) && areEqualOps(a, b, Policy::isIdentity);
  }
};

} // namespace dagrt

#endif // DAGRT_SUPPORT_EQUALOPS_H

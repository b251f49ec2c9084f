//===- EqualOps.cpp - Equivalent ops -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Values that are made inside of regions are equal where MLIR has marked them so: as arguments of
// one block, or as results of equal ops.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Support/EqualOps.h"

#include "mlir/IR/OperationSupport.h"

using namespace mlir;
using namespace dagrt;

static constexpr auto kFlags = OperationEquivalence::Flags(
    OperationEquivalence::IgnoreLocations | OperationEquivalence::IgnoreDiscardableAttrs);

unsigned SamePropertiesInfo::getHashValue(const Operation *constOp) {
  auto *op = const_cast<Operation *>(constOp);
  return static_cast<unsigned>(llvm::hash_combine(op->getName(), op->hashProperties()));
}

bool SamePropertiesInfo::isEqual(const Operation *constA, const Operation *constB) {
  auto *a = const_cast<Operation *>(constA), *b = const_cast<Operation *>(constB);
  auto isKey = [](Operation *op) { return op == getEmptyKey() || op == getTombstoneKey(); };
  if (a == b || isKey(a) || isKey(b))
    return a == b;
  return a->getName() == b->getName() &&
         a->getName().compareOpProperties(a->getPropertiesStorage(), b->getPropertiesStorage());
}

// MLIR's hash makes a dictionary of the attributes that do not count, for each op.
unsigned dagrt::hashEqualOp(Operation *op, IsIdentityFn isIdentity) {
  llvm::hash_code hash(SamePropertiesInfo::getHashValue(op));
  for (Value operand : op->getOperands())
    hash = llvm::hash_combine(hash, operand.getType(),
                              isIdentity(operand) ? operand.getAsOpaquePointer() : nullptr);
  for (Type type : op->getResultTypes())
    hash = llvm::hash_combine(hash, type);
  return static_cast<unsigned>(hash);
}

bool dagrt::areEqualOps(Operation *a, Operation *b, IsIdentityFn isIdentity) {
  llvm::SmallDenseMap<Value, Value, 4> inside;
  llvm::SmallDenseSet<Value, 4> insideB;
  auto check = [&](Value x, Value y) {
    if (auto it = inside.find(x); it != inside.end())
      return success(it->second == y);
    if (insideB.contains(y))
      return failure();
    return success(x == y || (x.getType() == y.getType() && !isIdentity(x)));
  };
  auto mark = [&](Value x, Value y) {
    inside[x] = y;
    insideB.insert(y);
  };
  return OperationEquivalence::isEquivalentTo(a, b, check, mark, kFlags);
}

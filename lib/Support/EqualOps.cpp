//===- EqualOps.cpp - Ops that do the same -*- C++ -*-===//
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

unsigned dagrt::hashEqualOp(Operation *op, IsIdentityFn isIdentity) {
  auto hashOperand = [&](Value value) {
    return llvm::hash_combine(value.getType(),
                              isIdentity(value) ? value.getAsOpaquePointer() : nullptr);
  };
  return static_cast<unsigned>(OperationEquivalence::computeHash(
      op, hashOperand, OperationEquivalence::ignoreHashValue, kFlags));
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

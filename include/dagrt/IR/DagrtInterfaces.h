//===- DagrtInterfaces.h - Sharding rule, work, communication -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_DAGRTINTERFACES_H
#define DAGRT_IR_DAGRTINTERFACES_H

#include "dagrt/IR/ShardingRule.h"
#include "dagrt/IR/Work.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpDefinition.h"

namespace dagrt {

/// Emits an error where operands and results of `op` differ in type from its first operand.
llvm::LogicalResult verifySameTypes(mlir::Operation *op);

/// All operands and results have one type.
template <typename ConcreteType>
struct SameTypes : mlir::OpTrait::TraitBase<ConcreteType, SameTypes> {
  static llvm::LogicalResult verifyTrait(mlir::Operation *op) { return verifySameTypes(op); }
};

/// Verifies a placed op by its sharding rule, on the mesh that its types name (ShardingRule.h).
llvm::LogicalResult verifyPlacedByRule(mlir::Operation *op, mlir::SymbolTableCollection &symbols);

/// Implements SymbolUserOpInterface for an op whose distributions follow from its sharding rule.
template <typename ConcreteType>
struct VerifiedByRule : mlir::OpTrait::TraitBase<ConcreteType, VerifiedByRule> {
  llvm::LogicalResult verifySymbolUses(mlir::SymbolTableCollection &symbols) {
    return verifyPlacedByRule(this->getOperation(), symbols);
  }
};

} // namespace dagrt

#include "dagrt/IR/DagrtInterfaces.h.inc"

#endif // DAGRT_IR_DAGRTINTERFACES_H

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
#include "mlir/IR/SymbolTable.h"

namespace dagrt {

/// Emits an error where operands and results of `op` differ in type from its first operand.
llvm::LogicalResult verifySameTypes(mlir::Operation *op);

/// All operands and results have one type.
template <typename ConcreteType>
struct SameTypes : mlir::OpTrait::TraitBase<ConcreteType, SameTypes> {
  static llvm::LogicalResult verifyTrait(mlir::Operation *op) { return verifySameTypes(op); }
};

/// The result has the type of the first operand, which builders infer.
template <typename ConcreteType>
struct FirstOperandsType : mlir::OpTrait::TraitBase<ConcreteType, FirstOperandsType> {};

class Layout;

/// Verifies the placed types of an op, and that its results lie as they must by its sharding rule
/// (ShardingRule.h), if it has one. An op without operands may produce any distribution that is not
/// partial.
llvm::LogicalResult verifyPlacedByRule(mlir::Operation *op, mlir::SymbolTableCollection &symbols);

/// Verifies that the result of a CollectiveOpInterface lies as the op changes its operand's layout.
llvm::LogicalResult verifyCollective(mlir::Operation *op, mlir::SymbolTableCollection &symbols);

/// Implements SymbolUserOpInterface for an op whose distributions follow from its sharding rule.
template <typename ConcreteType>
struct VerifiedByRule : mlir::OpTrait::TraitBase<ConcreteType, VerifiedByRule> {
  llvm::LogicalResult verifySymbolUses(mlir::SymbolTableCollection &symbols) {
    return verifyPlacedByRule(this->getOperation(), symbols);
  }
};

/// Implements SymbolUserOpInterface for a collective.
template <typename ConcreteType>
struct VerifiedByLayout : mlir::OpTrait::TraitBase<ConcreteType, VerifiedByLayout> {
  llvm::LogicalResult verifySymbolUses(mlir::SymbolTableCollection &symbols) {
    return verifyCollective(this->getOperation(), symbols);
  }
};

} // namespace dagrt

#include "dagrt/IR/DagrtInterfaces.h.inc"

#endif // DAGRT_IR_DAGRTINTERFACES_H

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

} // namespace dagrt

#include "dagrt/IR/DagrtInterfaces.h.inc"

#endif // DAGRT_IR_DAGRTINTERFACES_H

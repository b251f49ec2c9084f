//===- Dagrt.h - The dagrt dialect -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One include for users of the dialect: attributes, interfaces, types and ops.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_DAGRT_H
#define DAGRT_IR_DAGRT_H

#include "dagrt/IR/DagrtAttributes.h"
#include "dagrt/IR/DagrtInterfaces.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#define GET_TYPEDEF_CLASSES
#include "dagrt/IR/DagrtTypes.h.inc"

#define GET_OP_CLASSES
#include "dagrt/IR/DagrtOps.h.inc"

namespace dagrt {

/// The role attribute of `op`, or null.
RoleAttr getRole(mlir::Operation *op);

/// The cost attribute of `op`, or null.
CostAttr getCost(mlir::Operation *op);

} // namespace dagrt

#endif // DAGRT_IR_DAGRT_H

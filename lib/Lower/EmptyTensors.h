//===- EmptyTensors.h - Ops on tensors without elements -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_LOWER_EMPTYTENSORS_H
#define DAGRT_LIB_LOWER_EMPTYTENSORS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dagrt {

/// Replaces results without elements, and sums over none, by constants.
void replaceEmptyTensors(mlir::func::FuncOp func);

/// Emits an error if an operand of `op` has no elements: no pattern is for such.
llvm::LogicalResult checkEmptyOperands(mlir::Operation *op);

} // namespace dagrt

#endif // DAGRT_LIB_LOWER_EMPTYTENSORS_H

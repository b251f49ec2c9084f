//===- LogicalTotals.h - What a model computes, counted once -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The totals of a program in either form. They do not change when equal ops are merged (CSE), when
// ops that nothing reads are removed, or when a value is resharded: what no result
// depends on counts nothing, and ops that compute the same thing, wherever and however often, count
// once. Operations that differ in their role are different ones, as they are for CSE.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_LOGICALTOTALS_H
#define DAGRT_IR_LOGICALTOTALS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dagrt {

struct LogicalTotals {
  double flops = 0;
  int64_t parameters = 0;    ///< Elements of the stored weights that results depend on.
  int64_t allParameters = 0; ///< Of all stored weights.
};

/// Linear in the number of ops. All sizes are numbers.
LogicalTotals getLogicalTotals(mlir::func::FuncOp function);

} // namespace dagrt

#endif // DAGRT_IR_LOGICALTOTALS_H

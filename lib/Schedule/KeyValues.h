//===- KeyValues.h - Keys and values that decoding needs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the schedule.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_SCHEDULE_KEYVALUES_H
#define DAGRT_LIB_SCHEDULE_KEYVALUES_H

#include "dagrt/IR/Dagrt.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include "llvm/ADT/MapVector.h"

namespace dagrt {

/// Each value of `[batch, tokens, ...]` that a function would hand on to decoding, once, in program
/// order, with the number of last tokens that decoding can see; 0 for all of them.
using KeyValues = llvm::MapVector<mlir::Value, int64_t>;

/// The keys and values of the causal attention in the body of `function`, where they lie: a copy
/// that was gathered for one op, or is passed on in a ring, stands for what it was made from.
KeyValues findKeyValues(mlir::func::FuncOp function);

} // namespace dagrt

#endif // DAGRT_LIB_SCHEDULE_KEYVALUES_H

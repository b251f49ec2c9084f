//===- Question.h - Checks behind the warnings -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the report.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_REPORT_QUESTION_H
#define DAGRT_LIB_REPORT_QUESTION_H

#include "dagrt/IR/Sizes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dagrt {

/// `prefill`, or `decode` if attention has one new token after cached keys; empty if the function
/// has no attention.
llvm::StringRef getPhase(mlir::func::FuncOp function, const SizeBinding &binding);

/// Warnings where `function` is likely to be taken for another program: one in logical form for the
/// use of a cluster, one token without cached keys for a step of decoding.
std::vector<std::string> findOtherQuestions(mlir::func::FuncOp function, const SizeBinding &binding,
                                            int64_t clusterDevices);

/// Adds a warning if a partition of `module` chose its sizes for another cluster than `cluster`.
void addChosenForOther(mlir::ModuleOp module, llvm::StringRef cluster,
                       std::vector<std::string> &warnings);

} // namespace dagrt

#endif // DAGRT_LIB_REPORT_QUESTION_H

//===- Outputs.h - Prints and compares outputs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_RUN_OUTPUTS_H
#define DAGRT_RUN_OUTPUTS_H

#include "Program.h"

namespace dagrt {

/// Each row, along the last dim, with its index.
void printElements(const Array &array);

/// Shape, norm, mean and largest magnitude.
void printSummary(size_t number, const Array &array);

/// Complains of the first element of each output that is not a finite number.
llvm::LogicalResult checkFinite(const Program &program);

/// The two programs must take the same inputs, or their outputs say nothing.
llvm::LogicalResult checkInputs(const Program &program, const Program &reference);

/// The tolerance for runs in the programs' own types; warns if it is so large that comparing finds
/// nothing.
double chooseModelTolerance(const Program &program, const Program &reference);

/// Prints the error of each output; fails beyond the tolerance.
llvm::LogicalResult compareOutputs(const Program &program, const Program &reference,
                                   double tolerance);

} // namespace dagrt

#endif // DAGRT_RUN_OUTPUTS_H

//===- Execution.h - Pairs, compiled and on ranks -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The other ways to run a program, which share nothing with the evaluator but the seeded numbers.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_TOOLS_FUZZ_EXECUTION_H
#define DAGRT_TOOLS_FUZZ_EXECUTION_H

#include "dagrt/Lower/Array.h"

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace dagrt {

/// The program that starts ranks: what the build found, or nothing.
llvm::StringRef getDefaultMpirun();

/// Compiles `module` into this process and compares its outputs with `reference`: a sentence, or
/// nothing. Emits errors if it cannot run.
std::string compareCompiled(mlir::ModuleOp module, uint64_t seed, llvm::ArrayRef<Array> reference);

/// Runs `dagrt-run --mpi placed --compare model` on as many ranks as the program has devices. Its
/// complaint, or nothing.
std::string compareOnRanks(mlir::ModuleOp placed, mlir::ModuleOp model, uint64_t seed,
                           llvm::StringRef mpirun);

} // namespace dagrt

#endif // DAGRT_TOOLS_FUZZ_EXECUTION_H

//===- Program.h - Modules in memory -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What all checks need of a module: a context, its text, its only function, the errors that an
// action emits, and the numbers it computes.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_TOOLS_FUZZ_PROGRAM_H
#define DAGRT_TOOLS_FUZZ_PROGRAM_H

#include "Case.h"
#include "dagrt/Lower/Evaluator.h"

#include "mlir/IR/Diagnostics.h"

#include <memory>

namespace dagrt {

/// A context with every dialect that programs may hold, and those that compiling needs if asked.
std::unique_ptr<mlir::MLIRContext> makeContext(bool compiles = false);

/// The model of `setup`.
mlir::OwningOpRef<mlir::ModuleOp> buildModel(const Setup &setup, mlir::MLIRContext *context);

/// The only function of a module.
mlir::func::FuncOp getFunction(mlir::ModuleOp module);

/// The module as text.
std::string print(mlir::ModuleOp module);

/// Runs a textual pipeline.
llvm::LogicalResult runPasses(mlir::ModuleOp module, llvm::StringRef pipeline);

/// Collects the errors that are emitted while it lives, in place of printing them.
class Errors {
public:
  explicit Errors(mlir::MLIRContext *context);
  /// The first error, in one line.
  const std::string &str() const { return text; }

private:
  std::string text;
  mlir::ScopedDiagnosticHandler handler;
};

/// Outputs of the module's function on seeded inputs; prints errors if it cannot run.
llvm::FailureOr<std::vector<Array>> run(mlir::ModuleOp module, uint64_t seed);

/// What differs: a sentence, or nothing if every output is within `tolerance`.
std::string compareOutputs(llvm::ArrayRef<Array> outputs, llvm::ArrayRef<Array> reference,
                           double tolerance = 1e-9);

} // namespace dagrt

#endif // DAGRT_TOOLS_FUZZ_PROGRAM_H

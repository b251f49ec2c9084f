//===- PlanEvaluator.h - Time and memory of a plan -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Searches try plans on a copy of the program in a context of its own: remarks and errors of
// rejected plans do not reach the user, and a pass may run a pass manager on the copy.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_PIPELINES_PLANEVALUATOR_H
#define DAGRT_LIB_PIPELINES_PLANEVALUATOR_H

#include "dagrt/Schedule/ProgramAnalysis.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <memory>
#include <string>
#include <vector>

namespace dagrt {

/// A copy of a module in a context of its own, which keeps errors to itself.
class PrivateModule {
public:
  /// Copies `module`; emits an error on it if that cannot be done.
  static mlir::FailureOr<std::unique_ptr<PrivateModule>> create(mlir::ModuleOp module);

  mlir::ModuleOp get() { return *module; }
  mlir::MLIRContext &getContext() { return *context; }

  /// The first error since the last call, with its place in the program where it has one, or an
  /// empty text.
  std::string takeError();

private:
  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string error;
};

/// Checks once what would fail for every plan alike. Errors are emitted on `module`.
llvm::LogicalResult checkCostOptions(mlir::ModuleOp module, const CostOptions &options);

/// A placed program, evaluated at any binding of its sizes. It must not change while this lives.
class PlacedPlan {
public:
  /// Errors are emitted on the op they belong to.
  static mlir::FailureOr<PlacedPlan> create(mlir::ModuleOp placed, AnalysisOptions options);

  /// Ops that take time that is not counted, and functions that are not analyzed.
  llvm::ArrayRef<NamedOps> getUncounted() const { return uncounted; }

  /// The outcome at `sizes`, of all functions one after the other; names that it leaves out have
  /// the module's default.
  mlir::FailureOr<Outcome> evaluate(const SizeBinding &sizes);

private:
  explicit PlacedPlan(TimedProgram program) : program(std::move(program)) {}

  TimedProgram program;
  std::vector<NamedOps> uncounted;
};

} // namespace dagrt

#endif // DAGRT_LIB_PIPELINES_PLANEVALUATOR_H

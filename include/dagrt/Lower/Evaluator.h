//===- Evaluator.h - Runs both forms of a program in f64 -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The meaning of the dialect, executable: every op by its definition, in f64, whatever the element
// types. In placed form every device of a mesh holds an array of its own, padding included, and
// data moves between devices only as the communication ops say; so a wrong
// partition gives wrong numbers. Shares no code with any lowering.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_EVALUATOR_H
#define DAGRT_LOWER_EVALUATOR_H

#include "dagrt/Lower/Array.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dagrt {

struct EvaluatorOptions {
  /// Of weights and inputs.
  uint64_t seed = 0;
  /// Bytes that the arrays may take at the same time.
  double memoryLimit = 8.0 * (1ULL << 30);
  /// How far replicas of a result may be apart, relative to its largest element.
  double replicaTolerance = 1e-12;
  /// Every float is an f64. Else each weight, input and result of an op is rounded to its own
  /// element type.
  bool toF64 = true;
};

/// How far two runs of `func` that round to its own element types may be apart, relative to the
/// largest element of an output: by its coarsest type, its longest path, the rows that its norms
/// divide by their length and the size of its outputs (Tolerance.cpp). At 1 and above nothing is
/// found by comparing.
double getModelTolerance(mlir::func::FuncOp func);

/// One argument of a function, without regard to where it lies.
struct InputDescription {
  llvm::SmallVector<int64_t> shape; ///< Global.
  bool isInteger = false;
  /// Of token ids: rows of the smallest table that they are looked up in.
  std::optional<int64_t> vocabulary;

  /// A KV cache, whose slots two programs may have more or fewer of.
  bool isCache = false;

  bool operator==(const InputDescription &other) const;
  bool operator!=(const InputDescription &other) const { return !(*this == other); }
};

/// The arguments of `func` that are inputs and not hoisted parameters. Precondition: they are
/// static tensors.
llvm::SmallVector<InputDescription> describeInputs(mlir::func::FuncOp func);

/// Checks that arguments and results of `func` are static tensors of numbers, and that arguments
/// are global values or hoisted parameters. Emits an error at the function.
llvm::LogicalResult checkSignature(mlir::func::FuncOp func);

/// Checks that the evaluator knows every op and type of `func`, and that the arrays fit into the
/// memory limit. Emits an error at the op to blame.
llvm::LogicalResult checkEvaluable(mlir::func::FuncOp func, const EvaluatorOptions &options);

/// Bytes of the arrays that are alive at the same time. Precondition: static types.
double estimateMemory(mlir::func::FuncOp func);

/// Bytes that the inputs of a function take. Precondition: `checkSignature` succeeded.
double estimateInputMemory(mlir::func::FuncOp func);

/// Emits an error at `loc` if running (`how` is the verb) takes more bytes than the limit.
llvm::LogicalResult checkMemory(mlir::Location loc, llvm::StringRef how, double bytes,
                                double limit);

/// Inputs for `func` from the seed: floats uniform in [-1, 1), token ids uniform in their
/// vocabulary, other integers the numbers 0, 1, ... along the last dim, as positions are. A cache
/// holds the context that the program's attention expects, and a token less or two in some
/// requests; positions go on from there. Precondition: `checkEvaluable` succeeded.
std::vector<Array> makeInputs(mlir::func::FuncOp func, const EvaluatorOptions &options);

/// Runs `func` on global `inputs` and returns its results as global arrays. Emits an error if
/// replicas of a result differ. Precondition: `checkEvaluable` succeeded.
llvm::FailureOr<std::vector<Array>> evaluate(mlir::func::FuncOp func, llvm::ArrayRef<Array> inputs,
                                             const EvaluatorOptions &options);

} // namespace dagrt

#endif // DAGRT_LOWER_EVALUATOR_H

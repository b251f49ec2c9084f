//===- Steps.h - Steps of decoding after each other -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs a program whose results update its arguments as often as asked for: a prefill fills the
// caches, and each step reads the tokens of its positions. A token follows from its request and its
// position alone, so that prefill, steps and the model that is compared with read the same.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_RUN_STEPS_H
#define DAGRT_RUN_STEPS_H

#include "Program.h"
#include "dagrt/Lower/CacheSlots.h"
#include "dagrt/Lower/Evaluator.h"

namespace dagrt {

/// Runs a program on inputs. Engines differ in how; a program is compiled once for all its runs.
using RunFn = llvm::function_ref<llvm::FailureOr<std::vector<Array>>(llvm::ArrayRef<Array>)>;

/// What a run of several steps starts from and makes.
struct StepRun {
  int64_t steps = 1;
  uint64_t seed = 0;
  /// Words of the smallest vocabulary of the programs, which tokens are drawn from; none of
  /// programs that read activations.
  std::optional<int64_t> vocabulary;
  /// Tokens of each request before the first step.
  llvm::SmallVector<int64_t> lengths;
  int64_t newTokens = 0;
  /// The output of each step.
  std::vector<Array> outputs;
  /// The results that update arguments, by the numbers of the results, after the last step.
  std::vector<std::pair<unsigned, Array>> caches;

  int64_t getEnd(int64_t request) const { return lengths[request] + steps * newTokens; }
};

/// Checks that `program` is a step with caches that its results update, and that its caches have
/// slots for `steps` steps after `lengths` tokens. Prints an error.
llvm::LogicalResult checkSteps(Program &program, const StepRun &run);

/// The tokens of a program without a cache, `[batch, tokens]` or activations.
Array makeTokens(Program &program, const StepRun &run);

/// Checks that what `prefill` returns fits the caches of `program`. Prints an error.
llvm::LogicalResult checkPrefill(Program &program, Program &prefill, const StepRun &run);

/// Inputs of the first step of `program`: caches from the outputs of `prefill`, or seeded if it is
/// null.
std::vector<Array> makeFirstInputs(Program &program, Program *prefill, const StepRun &run,
                                   const EvaluatorOptions &options);

/// Runs the steps from `inputs` on.
llvm::LogicalResult runSteps(Program &program, std::vector<Array> inputs, RunFn step, StepRun &run);

/// Compares the steps' outputs with those that `whole`, a model without a cache, has for the same
/// positions, and their caches, if it returns any. Prints what it finds.
llvm::LogicalResult compareSteps(Program &program, const StepRun &run, Program &whole,
                                 double tolerance);

/// Compares two programs' steps: their outputs, and their caches by the positions of the tokens.
/// Prints what it finds.
llvm::LogicalResult compareStepRuns(Program &program, const StepRun &run, Program &reference,
                                    const StepRun &other, double tolerance);

} // namespace dagrt

#endif // DAGRT_RUN_STEPS_H

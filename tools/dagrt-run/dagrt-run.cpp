//===- dagrt-run.cpp - Executes programs and compares them -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs a program on weights and inputs generated from a seed, and prints the difference of its
// outputs from those of another program. Outputs go to standard output, errors to standard error;
// the exit status is 0 only if every comparison holds.
//
//===----------------------------------------------------------------------===//

#include "Outputs.h"
#include "Program.h"
#include "RunOnRanks.h"
#include "Steps.h"
#include "dagrt/Lower/Evaluator.h"
#include "dagrt/Lower/Jit.h"
#include "dagrt/Pipelines/Registration.h"
#include "dagrt/Support/Version.h"

#include "mlir/InitAllDialects.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"

using namespace mlir;
using namespace dagrt;
namespace cl = llvm::cl;

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

namespace {
enum class Engine { Default, Evaluator, Jit };
enum class Dtype { F64, Model };

/// Members of main's frame, so that nothing is registered before main.
struct Options {
  cl::OptionCategory category{"Options of dagrt-run"};
  cl::opt<std::string> input{cl::Positional, cl::desc("<program> (default: standard input)"),
                             cl::init("-"), cl::cat(category)};
  cl::opt<uint64_t> seed{"seed", cl::desc("Seed of weights and inputs (default 0)"), cl::init(0),
                         cl::cat(category)};
  cl::opt<std::string> compare{
      "compare", cl::value_desc("program"),
      cl::desc("Run this program on the same weights and inputs, and compare the outputs with its "
               "(default: none)"),
      cl::cat(category)};
  cl::opt<double> tolerance{
      "tolerance", cl::init(1e-9),
      cl::desc("Largest max|a-b| / max|b| of an output that passes (default 1e-9; with "
               "--dtype=model what roundings of the program's types add up to)"),
      cl::cat(category)};
  cl::opt<Dtype> dtype{
      "dtype", cl::desc("Type of floating-point arithmetic"), cl::init(Dtype::F64),
      cl::cat(category),
      cl::values(clEnumValN(Dtype::F64, "f64", "f64, whatever their type (default)"),
                 clEnumValN(Dtype::F64, "fp64", "the same"),
                 clEnumValN(Dtype::F64, "float64", "the same"),
                 clEnumValN(Dtype::Model, "model", "the program's own types"))};
  cl::opt<Engine> engine{
      "engine", cl::desc("How to run the program"), cl::init(Engine::Evaluator), cl::cat(category),
      cl::values(clEnumValN(Engine::Evaluator, "evaluator", "every op by its definition (default)"),
                 clEnumValN(Engine::Jit, "jit", "lowered and compiled"))};
  cl::opt<Engine> compareEngine{
      "compare-engine", cl::init(Engine::Default), cl::cat(category),
      cl::desc("Engine of the other program (default: as --engine). Without --compare, the "
               "program itself"),
      cl::values(clEnumValN(Engine::Evaluator, "evaluator", "every op by its definition"),
                 clEnumValN(Engine::Jit, "jit", "lowered and compiled"))};
  cl::opt<unsigned> optLevel{
      "opt-level", cl::init(JitOptions().optLevel), cl::cat(category),
      cl::desc("LLVM's optimization level of compiled programs, 0 to 3 (default: 0)")};
  cl::opt<std::string> function{"function", cl::value_desc("name"),
                                cl::desc("Function to run (default: the only one that has a body)"),
                                cl::cat(category)};
  cl::opt<std::string> compareFunction{
      "compare-function", cl::value_desc("name"),
      cl::desc("Function of the other program (default: as --function)"), cl::cat(category)};
  cl::opt<std::string> sizes{
      "sizes", cl::value_desc("name=N,..."), cl::cat(category),
      cl::desc("Numbers of symbolic sizes, such as seq_len=5; those left out take the program's "
               "default. A program that is compared with is bound, too, if it has named sizes")};
  cl::opt<std::string> prefill{
      "prefill", cl::value_desc("program"), cl::cat(category),
      cl::desc("Run this prefill, which returns its caches, before the first of --steps (default: "
               "none; caches are seeded up to the context)")};
  cl::opt<int64_t> steps{
      "steps", cl::value_desc("m"), cl::init(0), cl::cat(category),
      cl::desc("Run a step of decoding m times, each on the caches of the one before and on the "
               "tokens of its positions. --compare names a model without a cache that has these "
               "positions, or another such step (default: run the program once)")};
  cl::list<int64_t> lengths{
      "lengths", cl::value_desc("n,..."), cl::CommaSeparated, cl::cat(category),
      cl::desc("With --steps: tokens of each request before the first step (default: those of the "
               "prefill, or the context)")};
  cl::opt<double> memoryLimit{
      "memory-limit", cl::value_desc("GiB"), cl::init(8), cl::cat(category),
      cl::desc("Refuse to run beyond this estimate (default 8 GiB, of 2^30 bytes)")};
  cl::opt<bool> onRanks{
      "mpi", cl::cat(category),
      cl::desc("Run as one rank of a job, one for each device of a placed "
               "program: mpirun -n <devices> dagrt-run --mpi <program>. Ranks are "
               "compiled; --engine is for what they are compared with")};
  cl::opt<double> stallLimit{
      "stall-limit", cl::value_desc("seconds"), cl::init(10), cl::cat(category),
      cl::desc(
          "With --mpi: abort the job if a rank sends no heartbeat, or none makes progress, for so "
          "long (default 10)")};
  cl::opt<std::string> trace{"trace", cl::value_desc("file"), cl::cat(category),
                             cl::desc("With --mpi: write the measured timeline, in Chrome's Trace "
                                      "Event Format (default: none)")};
  cl::opt<bool> predicted{
      "predicted", cl::cat(category),
      cl::desc("With --trace: put the predicted timeline into the same file (default: off)")};
  cl::opt<bool> printOutputs{"print-outputs",
                             cl::desc("Print every element of the outputs (default: off)"),
                             cl::cat(category)};
};
} // namespace

//===----------------------------------------------------------------------===//
// main
//===----------------------------------------------------------------------===//

/// Loads a program and checks that it can run.
static LogicalResult load(MLIRContext &context, llvm::SourceMgr &sources, Engine engine,
                          const CompiledRunOptions &options, Program &program) {
  if (failed(program.load(context, sources)))
    return failure();
  if (engine != Engine::Jit)
    return checkEvaluable(program.func, options);
  // Compiled code is estimated when there is some; the inputs are made before.
  return success(succeeded(checkSignature(program.func)) &&
                 succeeded(checkMemory(program.func.getLoc(), "run compiled",
                                       estimateInputMemory(program.func), options.memoryLimit)));
}

/// Runs a program; its outputs must be numbers.
static LogicalResult run(Engine engine, const CompiledRunOptions &options, Program &program) {
  std::vector<Array> inputs = makeInputs(program.func, options);
  FailureOr<std::vector<Array>> outputs = engine == Engine::Jit
                                              ? runCompiled(program.func, inputs, options)
                                              : evaluate(program.func, inputs, options);
  if (failed(outputs))
    return failure();
  program.outputs = std::move(*outputs);
  return checkFinite(program);
}

/// Compiles `program` once, or evaluates it each time.
static FailureOr<std::function<FailureOr<std::vector<Array>>(ArrayRef<Array>)>>
makeRunner(Engine engine, const CompiledRunOptions &options, Program &program) {
  func::FuncOp func = program.func;
  if (engine != Engine::Jit)
    return std::function<FailureOr<std::vector<Array>>(ArrayRef<Array>)>(
        [func, options](ArrayRef<Array> inputs) { return evaluate(func, inputs, options); });
  FailureOr<std::unique_ptr<CompiledFunction>> compiled = CompiledFunction::compile(func, options);
  if (failed(compiled))
    return failure();
  std::shared_ptr<CompiledFunction> code = std::move(*compiled);
  return std::function<FailureOr<std::vector<Array>>(ArrayRef<Array>)>(
      [code](ArrayRef<Array> inputs) { return code->run(inputs); });
}

/// The first input of a program is its tokens.
static void limitVocabulary(Program &program, StepRun &run) {
  SmallVector<InputDescription> inputs = describeInputs(program.func);
  if (inputs.empty() || !inputs.front().vocabulary)
    return;
  int64_t words = *inputs.front().vocabulary;
  run.vocabulary = std::min(run.vocabulary.value_or(words), words);
}

/// True if the program has caches as arguments.
static bool isStep(Program &program) { return !CachedRequests::get(program.func).lengths.empty(); }

/// Runs a program without a cache on the tokens of `run`.
static LogicalResult runOnTokens(Engine engine, const CompiledRunOptions &options, Program &program,
                                 const StepRun &run) {
  if (program.func.getNumArguments() != 1)
    return complain("expects one argument, the tokens, of '" + program.name + "', got " +
                    Twine(program.func.getNumArguments()));
  auto runner = makeRunner(engine, options, program);
  if (failed(runner))
    return failure();
  FailureOr<std::vector<Array>> outputs = (*runner)({makeTokens(program, run)});
  if (failed(outputs))
    return failure();
  program.outputs = std::move(*outputs);
  return checkFinite(program);
}

/// Runs the steps of a program, from the caches of `prefill` on if there is one.
static LogicalResult runAllSteps(Engine engine, const CompiledRunOptions &options, Program &program,
                                 Program *prefill, StepRun &run) {
  auto runner = makeRunner(engine, options, program);
  if (failed(runner))
    return failure();
  return runSteps(program, makeFirstInputs(program, prefill, run, options), *runner, run);
}

/// Sets how many tokens each request has before the first step.
static LogicalResult setLengths(const Options &options, Program &program, Program *prefill,
                                StepRun &run) {
  CachedRequests requests = CachedRequests::get(program.func);
  run.lengths = requests.lengths;
  run.newTokens = requests.newTokens;
  if (!prefill && options.lengths.empty())
    return success();
  int64_t tokens = INT64_MAX;
  if (prefill) {
    ArrayRef<int64_t> shape =
        getGlobalShape(cast<RankedTensorType>(prefill->func.getArgumentTypes()[0]));
    tokens = shape.size() > 1 ? shape[1] : 0;
    llvm::fill(run.lengths, tokens);
  }
  if (options.lengths.empty())
    return success();
  if (!prefill)
    return complain("expects --prefill with --lengths: seeded caches hold what the context says");
  if (options.lengths.size() != run.lengths.size())
    return complain("expects --lengths of " + Twine(run.lengths.size()) + " requests, got " +
                    Twine(options.lengths.size()));
  for (auto [length, given] : llvm::zip_equal(run.lengths, options.lengths)) {
    if (given < 0 || given > tokens)
      return complain("expects --lengths from 0 to the " + Twine(tokens) +
                      " tokens of the prefill, got " + Twine(given));
    length = given;
  }
  return success();
}

/// `--steps`: the program is a step, and what it is compared with has no cache, or is a step, too.
static LogicalResult runStepped(const Options &options, const CompiledRunOptions &runOptions,
                                MLIRContext &context, Program &program, Program &reference) {
  Engine engine = options.engine;
  llvm::SourceMgr sources, prefillSources, referenceSources;
  Program prefill(options.prefill, "");
  prefill.sizes = options.sizes;
  auto loadWith = [&](llvm::SourceMgr &from, Program &loaded) {
    SourceMgrDiagnosticHandler diagnostics(from, &context, getErrorStream());
    return load(context, from, engine, runOptions, loaded);
  };
  bool hasPrefill = !options.prefill.empty(), hasReference = !options.compare.empty();
  if (failed(loadWith(sources, program)) ||
      (hasPrefill && failed(loadWith(prefillSources, prefill))) ||
      (hasReference && failed(loadWith(referenceSources, reference))))
    return failure();
  SourceMgrDiagnosticHandler diagnostics(sources, &context, getErrorStream());
  StepRun run;
  run.steps = options.steps;
  run.seed = options.seed;
  Program *first = hasPrefill ? &prefill : nullptr;
  if (failed(setLengths(options, program, first, run)) || failed(checkSteps(program, run)) ||
      (first && failed(checkPrefill(program, prefill, run))))
    return failure();
  limitVocabulary(program, run);
  if (hasPrefill)
    limitVocabulary(prefill, run);
  if (hasReference)
    limitVocabulary(reference, run);
  if ((hasPrefill && failed(runOnTokens(engine, runOptions, prefill, run))) ||
      failed(runAllSteps(engine, runOptions, program, first, run)))
    return failure();
  if (!hasReference) {
    for (auto [number, output] : llvm::enumerate(run.outputs)) {
      llvm::outs() << "step " << number << ", ";
      printSummary(0, output);
    }
    return success();
  }
  double tolerance = options.tolerance;
  if (options.tolerance.getNumOccurrences() == 0 && !runOptions.toF64)
    tolerance = chooseModelTolerance(program, reference);
  if (isStep(reference)) {
    StepRun other = run;
    other.outputs.clear();
    other.caches.clear();
    if (failed(checkSteps(reference, other)) ||
        (first && failed(checkPrefill(reference, prefill, other))) ||
        failed(runAllSteps(engine, runOptions, reference, first, other)))
      return failure();
    return compareStepRuns(program, run, reference, other, tolerance);
  }
  if (!hasPrefill)
    return complain("expects --prefill to compare with '" + reference.name +
                    "', which has no cache: the steps go on from its first tokens");
  if (failed(runOnTokens(engine, runOptions, reference, run)))
    return failure();
  return compareSteps(program, run, reference, tolerance);
}

static RankRunOptions getRankOptions(const Options &options, const CompiledRunOptions &run) {
  RankRunOptions ranks;
  ranks.run = run;
  llvm::raw_string_ostream(ranks.shared)
      << options.seed << ' ' << run.toF64 << ' ' << options.function << ' '
      << !options.trace.empty() << ' ' << options.sizes;
  ranks.stallLimit = options.stallLimit;
  ranks.trace = options.trace;
  ranks.withPrediction = options.predicted;
  return ranks;
}

static LogicalResult runTool(const Options &options) {
  if (options.input == "-" && options.compare == "-")
    return complain("expects two programs, got standard input for both");
  if (!(options.tolerance >= 0) || !(options.memoryLimit > 0))
    return complain("expects a tolerance that is not negative and a memory limit above 0");
  if (options.steps.getNumOccurrences() > 0 && options.steps < 1)
    return complain("expects at least 1 of --steps, got " + Twine(options.steps));
  if (options.steps == 0 && (!options.prefill.empty() || !options.lengths.empty()))
    return complain("expects --steps with --prefill and --lengths: how many of them to run");
  if (options.steps > 0 && (options.compareEngine != Engine::Default || options.printOutputs))
    return complain(
        "expects --steps without --compare-engine and --print-outputs: all programs run "
        "in one engine, and outputs are compared or summed up");
  if (options.steps > 0 && options.onRanks)
    return complain("expects --steps without --mpi: ranks run one step");
  if (!(options.stallLimit > 0))
    return complain("expects a stall limit above 0 seconds");
  if (!options.onRanks && !options.trace.empty())
    return complain("expects --mpi with --trace: a run on ranks is what is measured");
  if (options.trace.empty() && options.predicted)
    return complain("expects --trace with --predicted: the file that it joins");
  if (!options.onRanks && options.stallLimit.getNumOccurrences() > 0)
    return complain("expects --mpi with --stall-limit: only ranks wait for each other");
  if (options.optLevel > 3)
    return complain("expects an --opt-level from 0 to 3, got " + Twine(options.optLevel));
  DialectRegistry registry;
  registerAllDialects(registry);
  registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false);
  CompiledRunOptions runOptions;
  runOptions.seed = options.seed;
  runOptions.toF64 = options.dtype == Dtype::F64;
  runOptions.jit.optLevel = options.optLevel;
  runOptions.memoryLimit = options.memoryLimit * static_cast<double>(1ULL << 30);
  Engine engine = options.engine, compareEngine = options.compareEngine;
  bool comparesEngines = options.compare.empty() && compareEngine != Engine::Default;
  if (compareEngine == Engine::Default)
    compareEngine = engine;

  llvm::SourceMgr sources, referenceSources;
  StringRef function = options.function, other = options.compareFunction;
  Program program(options.input, function);
  Program reference(options.compare, other.empty() ? function : other);
  program.sizes = reference.sizes = options.sizes;
  if (options.steps > 0)
    return runStepped(options, runOptions, context, program, reference);
  auto runReference = [&]() -> LogicalResult {
    if (comparesEngines) {
      reference.name = program.name;
      reference.func = program.func;
      return run(compareEngine, runOptions, reference);
    }
    if (options.compare.empty())
      return success();
    SourceMgrDiagnosticHandler referenceDiagnostics(referenceSources, &context, getErrorStream());
    return success(
        succeeded(load(context, referenceSources, compareEngine, runOptions, reference)) &&
        succeeded(checkInputs(program, reference)) &&
        succeeded(run(compareEngine, runOptions, reference)));
  };
  auto report = [&]() -> LogicalResult {
    if (!options.sizes.empty() && !program.isBound && !reference.isBound)
      return complain("expects a program with named sizes with --sizes, got numbers only");
    for (auto [number, array] : llvm::enumerate(program.outputs)) {
      if (options.compare.empty() && !comparesEngines)
        printSummary(number, array);
      if (options.printOutputs)
        printElements(array);
    }
    if (options.compare.empty() && !comparesEngines)
      return success();
    double tolerance = options.tolerance;
    if (options.tolerance.getNumOccurrences() == 0 && !runOptions.toF64)
      tolerance = chooseModelTolerance(program, reference);
    return compareOutputs(program, reference, tolerance);
  };
  if (options.onRanks)
    return runOnRanks(context, program, getRankOptions(options, runOptions), runReference, [&] {
      return success(succeeded(checkFinite(program)) && succeeded(report()));
    });
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  if (failed(load(context, sources, engine, runOptions, program)) || failed(runReference()) ||
      failed(run(engine, runOptions, program)))
    return failure();
  return report();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::SetVersionPrinter(printVersion);
  Options options;
  // LLVM's shared library brings options of its own, which are not about this tool.
  cl::HideUnrelatedOptions(options.category);
  cl::ParseCommandLineOptions(argc, argv,
                              "dagrt-run: runs a program on seeded weights and inputs\n");
  return failed(runTool(options));
}

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

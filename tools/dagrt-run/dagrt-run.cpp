//===- dagrt-run.cpp - Executes programs and compares them -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs a program on weights and inputs that follow from a seed, and says how far its outputs are
// from those of another program on the same weights and inputs. Outputs go to standard output,
// complaints to standard error; the exit status is 0 only if every comparison holds.
//
//===----------------------------------------------------------------------===//

#include "Outputs.h"
#include "Program.h"
#include "dagrt/Lower/Evaluator.h"
#include "dagrt/Pipelines/Registration.h"

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
enum class Engine { Evaluator };

/// Members of main's frame, so that nothing is registered before main.
struct Options {
  cl::OptionCategory category{"Options of dagrt-run"};
  cl::opt<std::string> input{cl::Positional, cl::desc("<program>"), cl::init("-"),
                             cl::cat(category)};
  cl::opt<uint64_t> seed{"seed", cl::desc("Seed of weights and inputs (default 0)"), cl::init(0),
                         cl::cat(category)};
  cl::opt<std::string> compare{
      "compare", cl::value_desc("program"),
      cl::desc("Run this program on the same weights and inputs, and compare the outputs with its"),
      cl::cat(category)};
  cl::opt<double> tolerance{
      "tolerance", cl::init(1e-9),
      cl::desc("Largest max|a-b| / max|b| of an output that passes (default 1e-9)"),
      cl::cat(category)};
  cl::opt<Engine> engine{"engine", cl::desc("How to run"), cl::init(Engine::Evaluator),
                         cl::cat(category),
                         cl::values(clEnumValN(Engine::Evaluator, "evaluator",
                                               "every op by its definition, in f64 (default)"))};
  cl::opt<std::string> function{"function", cl::value_desc("name"),
                                cl::desc("Function to run (default: the only one that has a body)"),
                                cl::cat(category)};
  cl::opt<std::string> compareFunction{
      "compare-function", cl::value_desc("name"),
      cl::desc("Function of the other program (default: as --function)"), cl::cat(category)};
  cl::opt<double> memoryLimit{"memory-limit", cl::value_desc("GiB"), cl::init(8), cl::cat(category),
                              cl::desc("Refuse to run beyond this estimate (default 8 GiB)")};
  cl::opt<bool> printOutputs{"print-outputs", cl::desc("Print every element of the outputs"),
                             cl::cat(category)};
};
} // namespace

//===----------------------------------------------------------------------===//
// main
//===----------------------------------------------------------------------===//

/// Loads a program and checks that it can run.
static LogicalResult load(MLIRContext &context, llvm::SourceMgr &sources,
                          const EvaluatorOptions &evaluator, Program &program) {
  if (failed(program.load(context, sources)))
    return failure();
  return checkEvaluable(program.func, evaluator);
}

/// Runs a program; its outputs must be numbers.
static LogicalResult run(const EvaluatorOptions &options, Program &program) {
  FailureOr<std::vector<Array>> outputs =
      evaluate(program.func, makeInputs(program.func, options), options);
  if (failed(outputs))
    return failure();
  program.outputs = std::move(*outputs);
  return checkFinite(program);
}

static LogicalResult runTool(const Options &options) {
  if (options.input == "-" && options.compare == "-")
    return complain("expects two programs, got standard input for both");
  if (!(options.tolerance >= 0) || !(options.memoryLimit > 0))
    return complain("expects a tolerance that is not negative and a memory limit above 0");
  DialectRegistry registry;
  registerAllDialects(registry);
  registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false);
  EvaluatorOptions evaluator;
  evaluator.seed = options.seed;
  evaluator.memoryLimit = options.memoryLimit * static_cast<double>(1ULL << 30);

  llvm::SourceMgr sources, referenceSources;
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  StringRef function = options.function, other = options.compareFunction;
  Program program(options.input, function);
  Program reference(options.compare, other.empty() ? function : other);
  if (failed(load(context, sources, evaluator, program)))
    return failure();
  if (!options.compare.empty()) {
    SourceMgrDiagnosticHandler referenceDiagnostics(referenceSources, &context);
    if (failed(load(context, referenceSources, evaluator, reference)) ||
        failed(checkInputs(program, reference)) || failed(run(evaluator, reference)))
      return failure();
  }
  if (failed(run(evaluator, program)))
    return failure();
  for (auto [number, array] : llvm::enumerate(program.outputs)) {
    if (options.compare.empty())
      printSummary(number, array);
    if (options.printOutputs)
      printElements(array);
  }
  if (options.compare.empty())
    return success();
  return compareOutputs(program, reference, options.tolerance);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  Options options;
  // LLVM's shared library brings options of its own, which are not about this tool.
  cl::HideUnrelatedOptions(options.category);
  cl::ParseCommandLineOptions(argc, argv,
                              "dagrt-run: runs a program on seeded weights and inputs\n");
  return failed(runTool(options));
}

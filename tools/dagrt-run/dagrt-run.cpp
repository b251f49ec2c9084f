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

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Lower/Compare.h"
#include "dagrt/Lower/Evaluator.h"
#include "dagrt/Pipelines/Registration.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/InitAllDialects.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"

#include <cmath>

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

/// `dagrt-run: error: ...` on standard error; returns failure.
static LogicalResult complain(const Twine &message) {
  llvm::errs() << "dagrt-run: error: " << message << '\n';
  return failure();
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

namespace {
/// A program and what it computed.
struct Program {
  Program(StringRef file, StringRef function)
      : file(file), name(file == "-" ? "standard input" : file), function(function) {}

  std::string file;
  std::string name;   ///< For messages.
  StringRef function; ///< Its name, or empty for the only one.
  OwningOpRef<ModuleOp> module;
  func::FuncOp func;
  std::vector<Array> outputs;
};
} // namespace

static LogicalResult parse(MLIRContext &context, llvm::SourceMgr &sources, Program &program) {
  std::string message;
  std::unique_ptr<llvm::MemoryBuffer> buffer = openInputFile(program.file, &message);
  if (!buffer)
    return complain(message);
  sources.AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
  program.module = parseSourceFile<ModuleOp>(sources, &context);
  return success(static_cast<bool>(program.module));
}

/// Finds the function to run.
static LogicalResult select(Program &program) {
  StringRef name = program.function;
  SmallVector<func::FuncOp> functions;
  for (auto func : program.module->getOps<func::FuncOp>())
    if (!func.isExternal() && (name.empty() || func.getSymName() == name))
      functions.push_back(func);
  if (functions.size() == 1) {
    program.func = functions.front();
    return success();
  }
  if (!name.empty())
    return complain("expects a function '@" + name + "' with a body in '" + program.file +
                    "', got none");
  if (functions.empty())
    return complain("expects a function with a body in '" + program.name + "', got none");
  std::string names;
  llvm::raw_string_ostream os(names);
  llvm::interleaveComma(functions, os, [&](func::FuncOp func) { os << '@' << func.getSymName(); });
  return complain("expects one function in '" + program.name + "', got " + names +
                  "; name one with --function");
}

//===----------------------------------------------------------------------===//
// Reports
//===----------------------------------------------------------------------===//

static std::string join(ArrayRef<int64_t> numbers, StringRef separator) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(numbers, os, separator);
  return text;
}

static std::string describeShape(ArrayRef<int64_t> shape) {
  return shape.empty() ? "scalar" : join(shape, "x");
}

/// Each row, along the last dim, with its index.
static void printElements(const Array &array) {
  ArrayRef<int64_t> shape = array.shape;
  ArrayRef<int64_t> rows = shape.empty() ? shape : shape.drop_back();
  int64_t columns = shape.empty() ? 1 : shape.back(), next = 0;
  forEachIndex(rows, [&](ArrayRef<int64_t> row) {
    llvm::outs() << "  [" << join(row, ", ") << "]:";
    for (int64_t i = 0; i < columns; ++i)
      llvm::outs() << ' ' << llvm::format("%.9g", array.elements[next++]);
    llvm::outs() << '\n';
  });
}

/// Shape, norm, mean and largest magnitude.
static void printSummary(size_t number, const Array &array) {
  double squares = 0, sum = 0, largest = 0;
  for (double element : array.elements) {
    squares += element * element;
    sum += element;
    largest = std::max(largest, std::abs(element));
  }
  double count = std::max<double>(array.elements.size(), 1);
  llvm::outs() << "output #" << number << ": " << describeShape(array.shape)
               << llvm::format(", norm %.9g, mean %.9g, max %.9g\n", std::sqrt(squares),
                               sum / count, largest);
}

static LogicalResult checkFinite(const Program &program) {
  bool ok = true;
  for (auto [number, array] : llvm::enumerate(program.outputs))
    if (std::optional<int64_t> offset = findNotFinite(array))
      ok = succeeded(complain("expects finite outputs of '" + program.name + "', got " +
                              llvm::formatv("{0}", array.elements[*offset]).str() + " in output #" +
                              Twine(number) + " at [" + join(getIndex(array.shape, *offset), ", ") +
                              "]"));
  return success(ok);
}

/// The two programs must take the same inputs, or their outputs say nothing.
static LogicalResult checkInputs(Program &program, Program &reference) {
  SmallVector<InputDescription> a = describeInputs(program.func);
  SmallVector<InputDescription> b = describeInputs(reference.func);
  if (a.size() != b.size())
    return complain("expects the inputs of '" + reference.name + "', " + Twine(b.size()) +
                    ", got " + Twine(a.size()) + " in '" + program.name + "'");
  auto describe = [](const InputDescription &input) {
    std::string text = describeShape(input.shape) + (input.isInteger ? " integers" : " floats");
    return input.vocabulary ? text + " below " + std::to_string(*input.vocabulary) : text;
  };
  for (auto [number, x, y] : llvm::enumerate(a, b))
    if (!(x == y))
      return complain("expects input #" + Twine(number) + " as in '" + reference.name + "', " +
                      describe(y) + ", got " + describe(x) + " in '" + program.name + "'");
  return success();
}

/// Prints the error of each output; fails beyond the tolerance.
static LogicalResult compareOutputs(const Program &program, const Program &reference,
                                    double tolerance) {
  if (program.outputs.size() != reference.outputs.size())
    return complain("expects the outputs of '" + reference.name + "', " +
                    Twine(reference.outputs.size()) + ", got " + Twine(program.outputs.size()) +
                    " in '" + program.name + "'");
  bool ok = true;
  for (auto [number, a, b] : llvm::enumerate(program.outputs, reference.outputs)) {
    if (a.shape != b.shape) {
      ok = succeeded(complain("expects output #" + Twine(number) + " of shape " +
                              describeShape(b.shape) + ", got " + describeShape(a.shape)));
      continue;
    }
    Difference difference = compare(a, b);
    double error = difference.getError();
    std::string where = "[" + join(difference.index, ", ") + "]";
    llvm::outs() << "output #" << number << ": " << describeShape(a.shape)
                 << llvm::format(", error %.2e (max|a-b| %.2e, max|b| %.2e)", error,
                                 difference.largest, difference.reference)
                 << ", largest at " << where << '\n';
    // Written so that an error that is not a number fails too.
    if (error <= tolerance)
      continue;
    std::string numbers = llvm::formatv("{0:e2}, got {1:e2}", tolerance, error).str();
    ok = succeeded(
        complain("expects output #" + Twine(number) + " within " + numbers + " at " + where));
  }
  return success(ok);
}

//===----------------------------------------------------------------------===//
// main
//===----------------------------------------------------------------------===//

/// Parses a program, finds its function and checks that it can run.
static LogicalResult load(MLIRContext &context, llvm::SourceMgr &sources,
                          const EvaluatorOptions &evaluator, Program &program) {
  if (failed(parse(context, sources, program)) || failed(select(program)))
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

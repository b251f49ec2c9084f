//===- dagrt-bench.cpp - Time and memory per op of each step -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs the way from a config to a report in one process, one step after the other, and measures
// each: import, partition, costs, critical path and report. Beside them stands what MLIR itself
// takes to parse the partitioned module, printed without costs: machines differ, and a time
// without something to compare it with says little. Then all of it again with many times the
// layers; a step whose time grows faster than the program is not linear.
//
// Every step verifies its result, as the tools do, and so does MLIR's parser. Times are medians
// of several runs in a fresh context each, without threads. Memory is the growth of the process's
// peak over what it held before the step.
//
// With --lowering, what it takes to lower and compile the model instead; with --stages, what each
// step takes on one mesh and on many.
//
//===----------------------------------------------------------------------===//

#include "Config.h"
#include "Lowering.h"
#include "Stages.h"
#include "dagrt/Import/ImportHFConfig.h"
#include "dagrt/Pipelines/Registration.h"
#include "dagrt/Support/InputFile.h"
#include "dagrt/Support/Version.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"

#include <chrono>
#include <fstream>
#include <malloc.h>

using namespace mlir;
namespace cl = llvm::cl;

namespace {

/// Kilobytes of the field `name` (VmHWM: the peak, VmRSS: now) of this process, 0 if not known.
int64_t readProcessMemory(StringRef name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    StringRef rest(line);
    int64_t kilobytes;
    if (rest.consume_front(name) && rest.consume_front(":") &&
        !rest.trim().split(' ').first.getAsInteger(10, kilobytes))
      return kilobytes;
  }
  return 0;
}

/// What one step took in one run.
struct Measurement {
  double seconds = 0;
  int64_t kilobytes = 0;
};

/// A step's name and what it took, median over the runs.
struct Step {
  StringRef name;
  std::vector<Measurement> runs;
  int64_t ops = 0; ///< Ops of the program it makes or reads.

  double getSeconds() const {
    std::vector<double> seconds;
    for (const Measurement &run : runs)
      seconds.push_back(run.seconds);
    llvm::sort(seconds);
    return seconds[seconds.size() / 2];
  }
  /// The first run starts in a process that holds nothing to reuse.
  int64_t getKilobytes() const { return runs.front().kilobytes; }
};

/// The steps in their order; indices into `Bench::steps`.
enum StepIndex { Import, Parse, Partition, Cost, CriticalPath, Sweep };

/// One model, run several times.
struct Bench {
  std::string config;    ///< JSON text.
  std::string partition; ///< Textual pipeline of the partition step.
  int64_t seqLen = 0;
  std::string reportFile;
  std::vector<Step> steps = {{"import", {}, 0},
                             {"parse (MLIR)", {}, 0},
                             {"partition", {}, 0},
                             {"annotate costs", {}, 0},
                             {"critical path and report", {}, 0},
                             {"sweep of 64 points", {}, 0}};

  /// Runs and measures `action`.
  LogicalResult measure(StepIndex index, llvm::function_ref<LogicalResult()> action) {
    malloc_trim(0);
    // Sets the peak back to what the process holds now.
    std::ofstream("/proc/self/clear_refs") << "5";
    int64_t before = readProcessMemory("VmRSS");
    auto start = std::chrono::steady_clock::now();
    LogicalResult result = action();
    std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    steps[index].runs.push_back({time.count(), readProcessMemory("VmHWM") - before});
    return result;
  }

  LogicalResult runPasses(StepIndex index, ModuleOp module, StringRef pipeline) {
    PassManager passes(module.getContext(), ModuleOp::getOperationName(),
                       OpPassManager::Nesting::Implicit);
    if (failed(parsePassPipeline(pipeline, passes)))
      return failure();
    return measure(index, [&] { return passes.run(module); });
  }

  /// All steps once.
  LogicalResult run(const DialectRegistry &registry);

  /// The program with a symbolic length, at 64 lengths.
  LogicalResult runSweep(const DialectRegistry &registry);
};

int64_t countOps(ModuleOp module) {
  int64_t ops = 0;
  module.walk([&](Operation *) { ++ops; });
  return ops;
}

/// A context with every dialect loaded, so that no step pays for it.
std::unique_ptr<MLIRContext> makeContext(const DialectRegistry &registry) {
  auto context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  return context;
}

LogicalResult Bench::run(const DialectRegistry &registry) {
  std::unique_ptr<MLIRContext> context = makeContext(registry);
  dagrt::ImportOptions options;
  options.seqLen = seqLen;
  OwningOpRef<ModuleOp> module;
  auto import = [&]() -> LogicalResult {
    auto imported =
        dagrt::importHFConfig(llvm::MemoryBufferRef(config, "config"), options, context.get());
    if (failed(imported))
      return failure();
    module = std::move(*imported);
    return verify(*module);
  };
  if (failed(measure(Import, import)))
    return failure();
  steps[Import].ops = countOps(*module);
  if (failed(runPasses(Partition, *module, partition)))
    return failure();
  for (StepIndex index : {Parse, Partition, Cost, CriticalPath})
    steps[index].ops = countOps(*module);

  std::string text;
  llvm::raw_string_ostream(text) << *module;
  std::unique_ptr<MLIRContext> parseContext = makeContext(registry);
  OwningOpRef<ModuleOp> parsed;
  auto parse = [&]() -> LogicalResult {
    parsed = parseSourceString<ModuleOp>(text, parseContext.get());
    return success(bool(parsed));
  };
  if (failed(measure(Parse, parse)))
    return failure();
  parsed = {};
  parseContext.reset();
  return success(succeeded(runPasses(Cost, *module, "annotate-cost")) &&
                 succeeded(runPasses(CriticalPath, *module,
                                     "critical-path{report=" + reportFile + " format=text}")) &&
                 succeeded(runSweep(registry)));
}

LogicalResult Bench::runSweep(const DialectRegistry &registry) {
  std::unique_ptr<MLIRContext> context = makeContext(registry);
  dagrt::ImportOptions options;
  options.isSeqLenSymbolic = true;
  auto imported =
      dagrt::importHFConfig(llvm::MemoryBufferRef(config, "config"), options, context.get());
  if (failed(imported))
    return failure();
  OwningOpRef<ModuleOp> module = std::move(*imported);
  PassManager passes(context.get(), ModuleOp::getOperationName(), OpPassManager::Nesting::Implicit);
  if (failed(parsePassPipeline(partition, passes)) || failed(passes.run(*module)))
    return failure();
  steps[Sweep].ops = countOps(*module);
  return runPasses(Sweep, *module,
                   "critical-path{sweep=seq_len=1024:65536:1024 report=" + reportFile +
                       " format=text}");
}

void printTable(const Bench &bench, int64_t scale) {
  llvm::outs() << llvm::formatv("\n{0} x the layers\n", scale)
               << llvm::formatv("{0,-26}{1,9}{2,12}{3,11}{4,11}{5,12}\n", "step", "ops", "time ms",
                                "us per op", "peak MB", "bytes/op");
  for (const Step &step : bench.steps) {
    double seconds = step.getSeconds();
    llvm::outs() << llvm::formatv("{0,-26}{1,9}{2,12:f1}{3,11:f2}{4,11:f1}{5,12}\n", step.name,
                                  step.ops, seconds * 1e3, seconds * 1e6 / step.ops,
                                  step.getKilobytes() / 1024.0,
                                  step.getKilobytes() * 1024 / step.ops);
  }
}

/// Seconds of partition, costs, critical path and report together.
double getOwnSeconds(const Bench &bench) {
  double seconds = 0;
  for (StepIndex index : {Partition, Cost, CriticalPath})
    seconds += bench.steps[index].getSeconds();
  return seconds;
}

void printRatios(const Bench &one, const Bench &many, int64_t scale) {
  llvm::outs() << "\npartition + costs + critical path + report, against MLIR's parser\n";
  for (auto [bench, factor] : {std::pair(&one, int64_t(1)), std::pair(&many, scale)})
    llvm::outs() << llvm::formatv("{0,4} x the layers: {1:f2} times the parser\n", factor,
                                  getOwnSeconds(*bench) / bench->steps[Parse].getSeconds());
  llvm::outs() << "\nsweep of 64 points, against one run of costs, critical path and report\n";
  for (auto [bench, factor] : {std::pair(&one, int64_t(1)), std::pair(&many, scale)})
    llvm::outs() << llvm::formatv(
        "{0,4} x the layers: {1:f2} times one run\n", factor,
        bench->steps[Sweep].getSeconds() /
            (bench->steps[Cost].getSeconds() + bench->steps[CriticalPath].getSeconds()));
  llvm::outs() << llvm::formatv("\ntime at {0} x the layers, against 1 x\n", scale);
  for (size_t i = 0; i < one.steps.size(); ++i)
    llvm::outs() << llvm::formatv("{0,-26}{1,9:f1} times\n", one.steps[i].name,
                                  many.steps[i].getSeconds() / one.steps[i].getSeconds());
  llvm::outs() << llvm::formatv("{0,-26}{1,9:f1} times\n", "partition to report",
                                getOwnSeconds(many) / getOwnSeconds(one));
}

int fail(const llvm::Twine &message) {
  llvm::errs() << "dagrt-bench: " << message << "\n";
  return EXIT_FAILURE;
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::SetVersionPrinter(dagrt::printVersion);
  cl::opt<std::string> file(cl::Positional, cl::Required, cl::desc("<config.json>"));
  cl::opt<std::string> partition("pipeline", cl::init("partition-tp-pp{tp=8 pp=16}"),
                                 cl::desc("the partition step"));
  cl::opt<int64_t> seqLen("seq-len", cl::init(8192), cl::desc("tokens"));
  cl::opt<int64_t> scale("scale", cl::init(16), cl::desc("times the layers, the second time"));
  cl::opt<int64_t> runs("runs", cl::init(5), cl::desc("runs; times are their medians"));
  cl::opt<bool> lowering("lowering", cl::desc("instead, seconds to lower and compile the model"));
  cl::opt<int64_t> stages("stages",
                          cl::desc("instead, seconds of each step with so many layers, on one mesh "
                                   "and on as many"));
  cl::ParseCommandLineOptions(argc, argv, "Time and memory per op of each of dagrt's steps\n");
  if (scale < 1 || runs < 1)
    return fail("expects --scale and --runs of at least 1");
  if (stages.getNumOccurrences() > 0 && stages < 1)
    return fail("expects --stages of at least 1");

  auto buffer = dagrt::readInputFile(file, dagrt::kLargestDescription);
  if (!buffer)
    return fail("cannot read '" + file + "': " + llvm::toString(buffer.takeError()));
  DialectRegistry registry;
  dagrt::registerDialects(registry);
  dagrt::registerPasses();
  if (lowering || stages > 0) {
    std::string error = "a step failed";
    StringRef config = (*buffer)->getBuffer();
    LogicalResult result =
        lowering ? dagrt::printLoweringTimes(registry, config, seqLen, runs, error)
                 : dagrt::printStageTimes(registry, config, seqLen, stages, runs, error);
    return failed(result) ? fail(error) : EXIT_SUCCESS;
  }
  SmallString<128> report;
  if (auto error = llvm::sys::fs::createTemporaryFile("dagrt-bench", "txt", report))
    return fail("cannot create a temporary file: " + error.message());

  std::vector<Bench> benches;
  bool ok = true;
  for (int64_t factor : {int64_t(1), scale.getValue()}) {
    llvm::Expected<std::string> config = dagrt::changeLayers(
        (*buffer)->getBuffer(), [&](int64_t layers) { return layers * factor; });
    if (!config)
      return fail(llvm::toString(config.takeError()));
    Bench &bench = benches.emplace_back();
    bench.config = *config;
    bench.partition = partition;
    bench.seqLen = seqLen;
    bench.reportFile = report.str();
    for (int64_t run = 0; run < runs && ok; ++run)
      ok = succeeded(bench.run(registry));
    if (!ok)
      break;
    printTable(bench, factor);
  }
  llvm::sys::fs::remove(report);
  if (!ok)
    return fail("a step failed");
  printRatios(benches.front(), benches.back(), scale);
  return EXIT_SUCCESS;
}

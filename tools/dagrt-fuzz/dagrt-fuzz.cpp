//===- dagrt-fuzz.cpp - Random models, random strategies -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Draws small models and strategies from a seed, and checks that each model computes the same
// after it is partitioned, and checks all other properties of a partition. A pair that fails is
// printed as a line that reproduces it, and as the simplest case that fails alike.
//
//===----------------------------------------------------------------------===//

#include "Execution.h"
#include "MutantReport.h"
#include "Pair.h"
#include "ProgramPairs.h"
#include "dagrt/Pipelines/Registration.h"
#include "dagrt/Support/Version.h"

#include "mlir/Transforms/Passes.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"

using namespace mlir;
using namespace dagrt;
namespace cl = llvm::cl;

namespace {
/// Members of main's frame, so that nothing is registered before main.
struct Options {
  cl::OptionCategory category{"Options of dagrt-fuzz"};
  cl::opt<uint64_t> count{"count", cl::desc("Pairs to check (default 200)"), cl::init(200),
                          cl::cat(category)};
  cl::opt<uint64_t> seed{"seed", cl::desc("Random seed (default 0)"), cl::init(0),
                         cl::cat(category)};
  cl::opt<uint64_t> first{"first", cl::desc("Number of the first pair that is drawn (default 0)"),
                          cl::init(0), cl::cat(category)};
  cl::opt<std::string> single{"case", cl::value_desc("choices"), cl::cat(category),
                              cl::desc("Check this one, as failures print it")};
  cl::opt<std::string> output{"output-dir", cl::value_desc("folder"), cl::init("."),
                              cl::desc("Where failures are written (default .)"),
                              cl::cat(category)};
  cl::opt<uint64_t> compiledEvery{
      "compiled-every", cl::value_desc("N"), cl::init(10), cl::cat(category),
      cl::desc("Run every Nth pair also compiled, 0 for none (default 10)")};
  cl::opt<uint64_t> ranksEvery{
      "ranks-every", cl::value_desc("N"), cl::init(100), cl::cat(category),
      cl::desc("Run one of N pairs also on ranks, 0 for none (default 100)")};
  cl::opt<std::string> mpirun{
      "mpirun", cl::value_desc("program"), cl::init(getDefaultMpirun().str()), cl::cat(category),
      cl::desc("Launcher of ranks; empty for no runs on ranks (default: as it was built)")};
  cl::opt<bool> verbose{"verbose", cl::desc("Print each case before it is checked"),
                        cl::cat(category)};
  cl::opt<bool> programs{
      "programs", cl::cat(category),
      cl::desc("Draw programs that are no models, and strategies that shard any factor")};
  cl::opt<bool> mutants{
      "mutants", cl::cat(category),
      cl::desc("Mutate placed programs in every field, and print which check detects each")};
  cl::list<std::string> files{cl::Positional, cl::desc("<programs for --mutants>"),
                              cl::cat(category)};
  cl::opt<std::string> corruption{
      "corrupt", cl::value_desc("kind"), cl::cat(category), cl::ReallyHidden,
      cl::desc("Mutate every placed program, as a test of the checks: scale, order")};
};
} // namespace

/// Prints what failed, the simplest case that fails alike, and how to look at it.
static void reportFailure(const Case &choices, const Outcome &outcome, const Options &options,
                          const PairOptions &pairOptions) {
  llvm::errs() << "dagrt-fuzz: error: " << outcome.step << ": " << outcome.message << '\n'
               << "  reproduce: ./dev fuzz --case=\"" << formatCase(choices) << "\"\n";
  llvm::errs().flush();
  Case reduced = reduceCase(choices, outcome.step, pairOptions);
  llvm::errs() << "  reduced:   ./dev fuzz --case=\"" << formatCase(reduced) << "\"\n";
  Setup setup = makeSetup(reduced);
  llvm::errs() << "  reduced:   " << checkPair(setup, pairOptions).message << '\n'
               << "  written:   " << writePair(setup, options.output + "/failure") << '\n';
}

/// Prints the page of all mutants. Fields that no mutant damages are errors, and survivors that are
/// not proved to be equivalent.
static LogicalResult reportMutants(const Options &options) {
  std::vector<std::string> files(options.files.begin(), options.files.end());
  FailureOr<MutantReport> report = runMutants(files, options.verbose);
  if (failed(report))
    return failure();
  report->print(llvm::outs());
  std::vector<std::string> undamaged = report->findUndamaged();
  for (const std::string &field : undamaged)
    llvm::errs() << "dagrt-fuzz: error: expects a mutant for each field of the dialect, got none "
                    "for '"
                 << field << "'; add a program that has it\n";
  std::vector<Survivor> unproved = report->findUnproved();
  for (const Survivor &survivor : unproved)
    llvm::errs() << "dagrt-fuzz: error: expects a mutant to be noticed, got " << survivor.place
                 << ' ' << survivor.what << ": " << survivor.how << '\n';
  return success(undamaged.empty() && unproved.empty());
}

/// Ranks are processes, so programs for more devices than this run on none.
static constexpr int64_t kMostRanks = 4;

/// The case of the command line, in every way that it can run.
static LogicalResult checkSingle(const Options &options) {
  FailureOr<Case> choices = parseCase(options.single);
  if (failed(choices))
    return failure();
  Setup setup = makeSetup(*choices);
  PairOptions pairOptions{options.corruption, /*compiled=*/true, ""};
  if (setup.getNumDevices() <= kMostRanks)
    pairOptions.mpirun = options.mpirun;
  Outcome outcome = checkPair(setup, pairOptions);
  if (outcome.kind == Outcome::Failed) {
    reportFailure(*choices, outcome, options, pairOptions);
    return failure();
  }
  if (outcome.kind == Outcome::Refused)
    llvm::outs() << "refused, as documented: " << outcome.message << '\n';
  else
    llvm::outs() << "1 pair, 0 failures\n";
  return success();
}

static LogicalResult checkMany(const Options &options) {
  uint64_t compiledEvery = options.compiledEvery, ranksEvery = options.ranksEvery;
  uint64_t passed = 0, refused = 0, compiled = 0, onRanks = 0;
  for (uint64_t index = options.first; passed < options.count; ++index) {
    Case choices = drawCase(options.seed, index);
    Setup setup = makeSetup(choices);
    if (options.verbose)
      llvm::errs() << index << ": " << formatCase(choices) << '\n';
    // The next pair that there are ranks for, once one is due.
    bool runsOnRanks = !options.mpirun.empty() && setup.getNumDevices() <= kMostRanks &&
                       ranksEvery > 0 && passed / ranksEvery >= onRanks;
    bool runsCompiled = compiledEvery > 0 && passed % compiledEvery == 0;
    PairOptions pairOptions{options.corruption, runsCompiled,
                            runsOnRanks ? options.mpirun.getValue() : ""};
    Outcome outcome = checkPair(setup, pairOptions);
    if (outcome.kind == Outcome::Failed) {
      llvm::errs() << "dagrt-fuzz: pair " << index << " of seed " << options.seed << '\n';
      reportFailure(choices, outcome, options, pairOptions);
      return failure();
    }
    if (outcome.kind == Outcome::Refused) {
      ++refused;
      continue;
    }
    ++passed;
    compiled += runsCompiled;
    onRanks += runsOnRanks;
  }
  llvm::outs() << passed << " pairs, 0 failures; " << compiled << " also compiled, " << onRanks
               << " also on ranks; " << refused << " refused, as documented\n";
  return success();
}

static LogicalResult runTool(const Options &options) {
  if (options.mutants)
    return reportMutants(options);
  if (std::error_code error = llvm::sys::fs::create_directories(options.output)) {
    llvm::errs() << "dagrt-fuzz: error: expects a folder to write to, got '" << options.output
                 << "': " << error.message() << '\n';
    return failure();
  }
  if (options.programs)
    return checkPrograms({options.count, options.seed, options.first, options.compiledEvery,
                          options.ranksEvery, options.mpirun, options.output, options.verbose});
  return options.single.getNumOccurrences() > 0 ? checkSingle(options) : checkMany(options);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::SetVersionPrinter(printVersion);
  Options options;
  cl::HideUnrelatedOptions(options.category);
  cl::ParseCommandLineOptions(argc, argv,
                              "dagrt-fuzz: checks that random models compute the same after "
                              "random strategies partitioned them\n");
  registerPasses();
  mlir::registerCSEPass();
  mlir::registerCanonicalizerPass();
  return failed(runTool(options));
}

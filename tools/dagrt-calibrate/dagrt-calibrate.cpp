//===- dagrt-calibrate.cpp - Measures, and fits cost models -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `measure` times kernels on the machine that it runs on and writes tables; `fit` reads tables, of
// this or of any machine, and writes device descriptions with coefficients (docs/calibration.md).
//
//===----------------------------------------------------------------------===//

#include "FitTables.h"
#include "MeasureMachine.h"

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Support/Version.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace dagrt;
namespace cl = llvm::cl;

namespace {
/// What --help shows; LLVM has options of its own.
cl::OptionCategory &getCategory() {
  static cl::OptionCategory category{"dagrt-calibrate options"};
  return category;
}

/// The command line of `fit`.
struct FitCommand {
  cl::SubCommand command{"fit", "Fit coefficients to tables of measurements"};
  cl::list<std::string> tables{cl::Positional, cl::OneOrMore, cl::desc("<CSV files>"),
                               cl::sub(command), cl::cat(getCategory())};
  cl::list<std::string> devices{"device", cl::desc("Description of a device that is not built in"),
                                cl::value_desc("file"), cl::sub(command), cl::cat(getCategory())};
  cl::opt<std::string> descriptions{
      "descriptions",           cl::desc("Folder with a <gpu>.yaml for each device of the tables"),
      cl::value_desc("folder"), cl::Required,
      cl::sub(command),         cl::cat(getCategory())};
  cl::opt<std::string> output{
      "o", cl::desc("Folder for the descriptions with coefficients (default: the same)"),
      cl::value_desc("folder"), cl::sub(command), cl::cat(getCategory())};
  cl::opt<std::string> source{"source",
                              cl::desc("Where the measurements come from"),
                              cl::value_desc("text"),
                              cl::init("measured by the user"),
                              cl::sub(command),
                              cl::cat(getCategory())};
  cl::opt<bool> generic{"generic", cl::desc("Fit all devices together as well, into generic.yaml"),
                        cl::sub(command), cl::cat(getCategory())};
};

enum class Target { Cpu, Cuda };

/// The command line of `measure`.
struct MeasureCommand {
  cl::SubCommand command{"measure", "Time kernels on this machine, and collectives between ranks "
                                    "that mpirun started, or between GPUs"};
  cl::opt<std::string> folder{"o",
                              cl::desc("Folder for the tables and descriptions"),
                              cl::value_desc("folder"),
                              cl::Required,
                              cl::sub(command),
                              cl::cat(getCategory())};
  cl::opt<Target> target{
      "on",
      cl::desc("What to measure"),
      cl::values(clEnumValN(Target::Cpu, "cpu", "One core, through BLAS and MPI (default)"),
                 clEnumValN(Target::Cuda, "cuda", "The first GPU, through cuBLAS and NCCL")),
      cl::init(Target::Cpu),
      cl::sub(command),
      cl::cat(getCategory())};
  cl::opt<std::string> device{"device", cl::desc("Name of the device (default: cpu or gpu)"),
                              cl::value_desc("name"), cl::sub(command), cl::cat(getCategory())};
  cl::opt<std::string> like{"like", cl::desc("Built-in device whose data sheet it has"),
                            cl::value_desc("name"), cl::sub(command), cl::cat(getCategory())};
  cl::opt<double> seconds{"seconds",
                          cl::desc("Longest time for one row, beyond its first run (default: 0.1, "
                                   "or 0.01 with --quick)"),
                          cl::value_desc("N"),
                          cl::init(0.1),
                          cl::sub(command),
                          cl::cat(getCategory())};
  cl::opt<bool> cold{"cold", cl::desc("Empty the caches before each run"), cl::sub(command),
                     cl::cat(getCategory())};
  cl::opt<bool> quick{"quick", cl::desc("A few sizes only: to try it, not to rely on"),
                      cl::sub(command), cl::cat(getCategory())};
};
} // namespace

static LogicalResult runFit(const FitCommand &line, MLIRContext *context) {
  FitOptions options;
  options.tables.assign(line.tables.begin(), line.tables.end());
  options.devices.assign(line.devices.begin(), line.devices.end());
  options.descriptions = line.descriptions;
  options.output = line.output.empty() ? line.descriptions : line.output;
  options.source = line.source;
  options.generic = line.generic;
  return fitTables(options, context);
}

static LogicalResult complain(const Twine &message) {
  llvm::errs() << "dagrt-calibrate: error: " << message << '\n';
  return failure();
}

static LogicalResult runMeasure(const MeasureCommand &line) {
  bool isCuda = line.target == Target::Cuda;
  std::string name = isCuda ? "gpu" : "cpu";
  if (line.device.getNumOccurrences() > 0)
    name = line.device;
  if (!llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '-' || c == '_'; }) ||
      name.empty())
    return complain("expects a --device of letters, digits, '-' and '_', got '" + name + "'");
  if (name == line.like)
    return complain("expects a --device with a name of its own, got that of --like");
  if (!(line.seconds > 0 && line.seconds <= 3600))
    return complain("expects --seconds above 0 and at most 3600, got " +
                    std::to_string(line.seconds));
  MeasureOptions measure;
  measure.caches = line.cold ? Caches::Cold : Caches::Warm;
  measure.budgetSeconds = line.quick && line.seconds.getNumOccurrences() == 0 ? 0.01 : line.seconds;
  std::string error;
  std::unique_ptr<MeasuredDevice> device =
      isCuda ? makeCudaGpu(measure, error) : makeCpuCore(measure, error);
  if (!device)
    return complain(error);
  if (succeeded(measureMachine({line.folder, name, line.like, line.quick}, *device, error)))
    return success();
  // All ranks of a job find the same.
  return device->isFirst() ? complain(error) : failure();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::SetVersionPrinter(printVersion);
  FitCommand fitLine;
  MeasureCommand measureLine;
  cl::HideUnrelatedOptions(getCategory());
  cl::HideUnrelatedOptions(getCategory(), fitLine.command);
  cl::HideUnrelatedOptions(getCategory(), measureLine.command);
  cl::ParseCommandLineOptions(argc, argv, "dagrt: fits cost models to measurements\n");
  MLIRContext context(MLIRContext::Threading::DISABLED);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  // What is about the command line has no place in a file.
  ScopedDiagnosticHandler ownErrors(&context, [](Diagnostic &diagnostic) {
    if (!isa<UnknownLoc>(diagnostic.getLocation()))
      return failure();
    llvm::errs() << "dagrt-calibrate: error: " << diagnostic << '\n';
    return success();
  });
  if (fitLine.command)
    return failed(runFit(fitLine, &context));
  if (measureLine.command)
    return failed(runMeasure(measureLine));
  return failed(complain("expects the command fit or measure, got none; see --help"));
}

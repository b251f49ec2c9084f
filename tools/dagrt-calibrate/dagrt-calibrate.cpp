//===- dagrt-calibrate.cpp - Fits cost models to measurements -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `measure` times kernels on the machine that it runs on and writes tables; `fit` reads tables, of
// this or of any machine, and writes device descriptions with coefficients (docs/accuracy.md).
//
//===----------------------------------------------------------------------===//

#include "FitTables.h"

#include "dagrt/IR/Dagrt.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace dagrt;
namespace cl = llvm::cl;

namespace {
/// The command line of `fit`.
struct FitCommand {
  cl::SubCommand command{"fit", "Fit coefficients to tables of measurements"};
  cl::list<std::string> tables{cl::Positional, cl::OneOrMore, cl::desc("<CSV files>"),
                               cl::sub(command)};
  cl::list<std::string> devices{"device", cl::desc("Description of a device that is not built in"),
                                cl::value_desc("file"), cl::sub(command)};
  cl::opt<std::string> descriptions{
      "descriptions", cl::desc("Folder with a <gpu>.yaml for each device of the tables"),
      cl::value_desc("folder"), cl::Required, cl::sub(command)};
  cl::opt<std::string> output{
      "o", cl::desc("Folder for the descriptions with coefficients (default: the same)"),
      cl::value_desc("folder"), cl::sub(command)};
  cl::opt<std::string> source{"source", cl::desc("Where the measurements come from"),
                              cl::value_desc("text"), cl::init("measured by the user"),
                              cl::sub(command)};
  cl::opt<bool> generic{"generic", cl::desc("Fit all devices together as well, into generic.yaml"),
                        cl::sub(command)};
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

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  FitCommand fitLine;
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
  llvm::errs() << "dagrt-calibrate: error: expects the command fit, got none; see --help\n";
  return 1;
}

//===- dagrt-opt.cpp - Runs passes on dagrt and upstream IR -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Help.h"
#include "PassNames.h"
#include "ShortNames.h"
#include "UpstreamPasses.h"

#include "dagrt/Pipelines/ReadProgram.h"
#include "dagrt/Pipelines/Registration.h"
#include "dagrt/Report/ReportFiles.h"
#include "dagrt/Support/OutputFile.h"
#include "dagrt/Support/Version.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>
#include <vector>

using namespace mlir;

/// Errors say what is wrong and where; the current operation (a module, often) below each of
/// them helps only those who ask for it with --mlir-print-op-on-diagnostic.
static std::vector<char *> quietDiagnostics(int argc, char **argv) {
  static char option[] = "--mlir-print-op-on-diagnostic=false";
  std::vector<char *> arguments(argv, argv + argc);
  bool chosen = llvm::any_of(arguments, [](llvm::StringRef argument) {
    return argument.ltrim('-').starts_with("mlir-print-op-on-diagnostic");
  });
  if (!chosen)
    arguments.insert(arguments.begin() + 1, option);
  return arguments;
}

/// Options of passes print their own errors, and MLIR adds one without a text, which is dropped.
static void dropEmptyErrors(MlirOptMainConfig &config) {
  config.setPassPipelineSetupFn([parsed = config](PassManager &passes) {
    ScopedDiagnosticHandler handler(passes.getContext(), [](Diagnostic &diagnostic) {
      return success(diagnostic.str().empty());
    });
    return parsed.setupPassPipeline(passes);
  });
}

/// As MLIR's own, but for how the input is read.
static LogicalResult optimize(StringRef input, StringRef outputName, DialectRegistry &registry) {
  auto complain = [](const llvm::Twine &where, const llvm::Twine &message) {
    std::string place = where.str();
    llvm::errs() << (place.empty() ? "dagrt-opt" : place) << ": error: " << message << '\n';
  };
  if (input == "-" && llvm::sys::Process::StandardInIsUserInput())
    llvm::errs() << "(processing input from stdin now, hit ctrl-c/ctrl-d to interrupt)\n";
  auto buffer = dagrt::readProgram(input, complain);
  if (failed(buffer))
    return failure();
  // The output replaces the file only when all of it is there; until then the file is as it was,
  // and may be the input.
  std::string text;
  llvm::raw_string_ostream os(text);
  auto config = MlirOptMainConfig::createFromCLOptions();
  dropEmptyErrors(config);
  dagrt::ReportFiles reports(dagrt::ReportFiles::When::AtEnd, !config.inputSplitMarker().empty());
  reports.keepFree(input, "the program is read from there");
  reports.keepFree(outputName, "the program is written there");
  dagrt::shareReportFiles(registry, reports);
  LogicalResult result = MlirOptMain(os, std::move(*buffer), registry, config);
  // Standard output gets what could be done, as from every tool of MLIR.
  if (failed(result) && outputName != "-")
    return failure();
  if (llvm::Error error = succeeded(result) ? reports.write() : llvm::Error::success())
    return complain("", llvm::toString(std::move(error))), failure();
  if (llvm::Error error = dagrt::replaceFile(outputName, text)) {
    complain("", "cannot write " +
                     (outputName == "-" ? "standard output" : ("'" + outputName + "'").str()) +
                     ": " + llvm::toString(std::move(error)));
    return failure();
  }
  return result;
}

int main(int argc, char **argv) {
  DialectRegistry registry;
  registerAllDialects(registry);
  registerAllExtensions(registry);
  dagrt::registerDialects(registry);
  dagrt::registerPasses();
  dagrt::PassNames ours = dagrt::getRegisteredPasses();
  dagrt::registerUpstreamPasses();
  dagrt::PassNames upstream = dagrt::getRegisteredPasses();
  for (const std::string &name : ours)
    upstream.erase(name);
  dagrt::registerShortNames(ours);
  llvm::cl::SetVersionPrinter(dagrt::printVersion);
  std::string overview = registerCLIOptions(dagrt::kOverview, registry);
  std::vector<char *> arguments = quietDiagnostics(argc, argv);
  if (dagrt::asksForHelp(llvm::ArrayRef(arguments).drop_front())) {
    dagrt::printHelp(ours, upstream);
    return EXIT_SUCCESS;
  }
  argc = static_cast<int>(arguments.size());
  argv = arguments.data();
  auto [input, output] = parseCLIOptions(argc, argv, overview);
  auto config = MlirOptMainConfig::createFromCLOptions();
  if (config.shouldShowDialects() || config.shouldListPasses())
    return asMainReturnCode(MlirOptMain(argc, argv, input, output, registry));
  llvm::InitLLVM init(argc, argv);
  return asMainReturnCode(optimize(input, output, registry));
}

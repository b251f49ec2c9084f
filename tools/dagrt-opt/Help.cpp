//===- Help.cpp - What dagrt-opt --help shows -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM's help of a tool that links all of LLVM and MLIR is more than a thousand lines, of code
// generators for the most part, in alphabetical order. This one begins with dagrt's passes.
//
//===----------------------------------------------------------------------===//

#include "Help.h"

#include "mlir/Pass/PassRegistry.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"

#include <vector>

using namespace mlir;

static constexpr size_t kColumns = 100;

/// Options of MLIR that are about reading, running passes and writing.
static constexpr llvm::StringLiteral kOftenUsed[] = {"allow-unregistered-dialect",
                                                     "dump-pass-pipeline",
                                                     "emit-bytecode",
                                                     "help",
                                                     "help-hidden",
                                                     "list-passes",
                                                     "load-dialect-plugin",
                                                     "load-pass-plugin",
                                                     "mlir-disable-threading",
                                                     "mlir-print-debuginfo",
                                                     "mlir-print-ir-after-all",
                                                     "mlir-print-op-on-diagnostic",
                                                     "mlir-timing",
                                                     "o",
                                                     "pass-pipeline",
                                                     "remark-format",
                                                     "remarks-filter",
                                                     "show-dialects",
                                                     "split-input-file",
                                                     "verify-diagnostics",
                                                     "verify-each",
                                                     "verify-roundtrip",
                                                     "version"};

bool dagrt::asksForHelp(llvm::ArrayRef<char *> arguments) {
  for (llvm::StringRef argument : arguments) {
    if (argument == "--")
      return false;
    if (argument == "--help" || argument == "-help" || argument == "-h" || argument == "--h")
      return true;
  }
  return false;
}

static void printPasses(const dagrt::PassNames &names) {
  size_t width = 0;
  for (const std::string &name : names)
    width = std::max(width, dagrt::lookupPass(name)->getOptionWidth() + 4);
  for (const std::string &name : names)
    dagrt::lookupPass(name)->printHelpStr(/*indent=*/2, width);
}

/// Names with commas between them, in lines of their own.
static void printNames(const dagrt::PassNames &names) {
  std::string line = " ";
  for (const std::string &name : names) {
    if (line.size() + name.size() + 2 > kColumns) {
      llvm::outs() << line << '\n';
      line = " ";
    }
    line += " " + name + (name == *names.rbegin() ? "" : ",");
  }
  llvm::outs() << line << '\n';
}

static void printOptions() {
  std::vector<llvm::cl::Option *> options;
  const auto &registered = llvm::cl::getRegisteredOptions();
  for (llvm::StringRef name : kOftenUsed)
    if (auto found = registered.find(name); found != registered.end())
      options.push_back(found->second);
  size_t width = 0;
  for (const llvm::cl::Option *option : options)
    width = std::max(width, option->getOptionWidth());
  for (const llvm::cl::Option *option : options)
    option->printOptionInfo(width);
}

void dagrt::printHelp(const PassNames &ours, const PassNames &upstream) {
  llvm::outs() << "OVERVIEW: " << kOverview << "\nUSAGE: dagrt-opt [options] <input file>\n\n"
               << "PASSES OF DAGRT, as flags and in --pass-pipeline; here the prefix dagrt- may be "
                  "left out:\n\n";
  printPasses(ours);
  llvm::outs() << "\nPASSES OF MLIR, whose options --help-hidden lists:\n\n";
  printNames(upstream);
  llvm::outs() << "\nOPTIONS, the others with --help-hidden:\n\n";
  printOptions();
}

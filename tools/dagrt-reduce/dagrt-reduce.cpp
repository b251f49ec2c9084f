//===- dagrt-reduce.cpp - Reduces a failing program to a small one -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// MLIR's own reducer, which opens its output file before it knows whether there will be one. So it
// is given a temporary file, and the file that was asked for is replaced when the reduction is
// done.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Pipelines/Registration.h"
#include "dagrt/Support/InputFile.h"
#include "dagrt/Support/OutputFile.h"
#include "dagrt/Support/Version.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>
#include <string>
#include <vector>

using namespace mlir;

static int complain(const llvm::Twine &message) {
  llvm::errs() << "dagrt-reduce: error: " << message << '\n';
  return EXIT_FAILURE;
}

/// Takes `-o FILE` (or `-o=FILE`) out of `arguments`; empty if there is none, or standard output.
static std::string takeOutput(std::vector<std::string> &arguments) {
  std::string output;
  for (size_t i = 1; i < arguments.size(); ++i) {
    llvm::StringRef name = llvm::StringRef(arguments[i]);
    if (!name.consume_front("-"))
      continue;
    name.consume_front("-");
    bool isSeparate = name == "o" && i + 1 < arguments.size();
    if (!isSeparate && !name.starts_with("o="))
      continue;
    output = isSeparate ? arguments[i + 1] : name.drop_front(2).str();
    auto first = arguments.begin() + i;
    arguments.erase(first, first + (isSeparate ? 2 : 1));
    --i;
  }
  return output == "-" ? std::string() : output;
}

static LogicalResult reduce(const std::vector<std::string> &arguments, MLIRContext &context) {
  std::vector<char *> pointers;
  for (const std::string &argument : arguments)
    pointers.push_back(const_cast<char *>(argument.c_str()));
  pointers.push_back(nullptr);
  return mlirReduceMain(static_cast<int>(arguments.size()), pointers.data(), context);
}

int main(int argc, char **argv) {
  llvm::cl::SetVersionPrinter(dagrt::printVersion);
  DialectRegistry registry;
  registerAllDialects(registry);
  registerAllExtensions(registry);
  registerAllPasses();
  dagrt::registerDialects(registry);
  dagrt::registerPasses();
  MLIRContext context(registry);
  std::vector<std::string> arguments(argv, argv + argc);
  std::string output = takeOutput(arguments);
  if (output.empty())
    return failed(reduce(arguments, context)) ? EXIT_FAILURE : EXIT_SUCCESS;
  llvm::SmallString<128> temporary;
  if (std::error_code error = llvm::sys::fs::createTemporaryFile("dagrt-reduce", "mlir", temporary))
    return complain("expects to write a temporary file, got: " + error.message());
  llvm::scope_exit removeFile([&] { llvm::sys::fs::remove(temporary); });
  arguments.push_back("-o=" + temporary.str().str());
  if (failed(reduce(arguments, context)))
    return EXIT_FAILURE;
  auto result = dagrt::readInputFile(temporary, dagrt::kLargestProgram);
  if (!result)
    return complain("expects a reduced program, got: " + llvm::toString(result.takeError()));
  if (llvm::Error error = dagrt::replaceFile(output, (*result)->getBuffer()))
    return complain("cannot write '" + output + "': " + llvm::toString(std::move(error)));
  return EXIT_SUCCESS;
}

//===- dagrt-opt.cpp - Runs passes on dagrt and upstream IR -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Pipelines/Registration.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"

#include <vector>

/// Errors say what is wrong and where; the whole current operation (a module, often) below each of
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

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllPasses();
  dagrt::registerDialects(registry);
  dagrt::registerPasses();
  std::vector<char *> arguments = quietDiagnostics(argc, argv);
  return mlir::asMainReturnCode(mlir::MlirOptMain(
      static_cast<int>(arguments.size()), arguments.data(),
      "dagrt: where each part of a language model runs, how long it takes, and why\n", registry));
}

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

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllPasses();
  dagrt::registerDialects(registry);
  dagrt::registerPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(
      argc, argv, "dagrt: where each part of a language model runs, how long it takes, and why\n",
      registry));
}

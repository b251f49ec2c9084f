//===- dagrt-plugin.cpp - The dialect and passes for any *-opt -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loaded with `--load-dialect-plugin` and `--load-pass-plugin`. The host's options are parsed
// before the plugin is loaded, so passes are named in `--pass-pipeline`, not as flags.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Pipelines/Registration.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

#include "llvm/Config/llvm-config.h"
#include "llvm/Support/Compiler.h"

/// A host that links dagrt has it already; another copy of a dialect or a pass would end the
/// process.
static void registerDialects(mlir::DialectRegistry *registry) {
  if (!registry->getDialectAllocator("dagrt"))
    dagrt::registerDialects(*registry);
}

static void registerPasses() {
  if (!mlir::PassInfo::lookup("annotate-cost"))
    dagrt::registerPasses();
}

extern "C" LLVM_ATTRIBUTE_WEAK mlir::DialectPluginLibraryInfo mlirGetDialectPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "dagrt", LLVM_VERSION_STRING, registerDialects};
}

extern "C" LLVM_ATTRIBUTE_WEAK mlir::PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "dagrt", LLVM_VERSION_STRING, registerPasses};
}

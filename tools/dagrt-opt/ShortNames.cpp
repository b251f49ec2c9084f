//===- ShortNames.cpp - Names of passes without their prefix -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Passes whose names a host may have itself begin with `dagrt-`. In dagrt-opt there is no host, so
// the prefix may be left out, of flags and in pipelines. A short name is a pipeline of that one
// pass; what is printed has the full name, which every tool reads.
//
//===----------------------------------------------------------------------===//

#include "ShortNames.h"

#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

static void registerShortName(llvm::StringRef shortName, const std::string &name) {
  auto addPass = [name](OpPassManager &passes, llvm::StringRef options,
                        llvm::function_ref<LogicalResult(const llvm::Twine &)> emitError) {
    return PassInfo::lookup(name)->addToPipeline(passes, options, emitError);
  };
  // The options are listed at the full name.
  auto listOptions = [](llvm::function_ref<void(const detail::PassOptions &)>) {};
  registerPassPipeline(shortName, "Short for --" + name, addPass, listOptions);
}

void dagrt::registerShortNames(const PassNames &passes) {
  for (const std::string &name : passes) {
    llvm::StringRef shortName = name;
    if (PassInfo::lookup(name) && shortName.consume_front("dagrt-") && !lookupPass(shortName))
      registerShortName(shortName, name);
  }
}

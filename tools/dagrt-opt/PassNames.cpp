//===- PassNames.cpp - Names of registered passes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// MLIR's registry finds passes by name and lists them for people only. An option that takes passes
// lists them for programs: each pass is a flag. So one is made, read, and taken away again.
//
//===----------------------------------------------------------------------===//

#include "PassNames.h"

#include "mlir/Pass/PassRegistry.h"

#include "llvm/Support/CommandLine.h"

using namespace mlir;

dagrt::PassNames dagrt::getRegisteredPasses() {
  PassNameCLParser flags(/*arg=*/"", "passes that are registered");
  llvm::cl::Option *option = nullptr;
  PassNames names;
  for (auto &[name, candidate] : llvm::cl::getRegisteredOptions()) {
    if (candidate->hasArgStr() || !lookupPass(name))
      continue;
    option = candidate;
    names.insert(name.str());
  }
  if (option)
    option->removeArgument();
  return names;
}

const PassRegistryEntry *dagrt::lookupPass(llvm::StringRef name) {
  if (const PassInfo *pass = PassInfo::lookup(name))
    return pass;
  return PassPipelineInfo::lookup(name);
}

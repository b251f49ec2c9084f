//===- Version.cpp - The text of --version -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Support/Version.h"

#include "llvm/Config/llvm-config.h"
#include "llvm/Support/raw_ostream.h"

void dagrt::printVersion(llvm::raw_ostream &os) {
  os << "dagrt " DAGRT_VERSION " (LLVM " LLVM_VERSION_STRING ")\n";
}

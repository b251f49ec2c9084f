//===- PassNames.h - Names of registered passes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_OPT_PASSNAMES_H
#define DAGRT_OPT_PASSNAMES_H

#include "llvm/ADT/StringRef.h"

#include <set>
#include <string>

namespace mlir {
class PassRegistryEntry;
}

namespace dagrt {

using PassNames = std::set<std::string>;

/// The passes and pipelines that are registered now. Call it before options are parsed.
PassNames getRegisteredPasses();

/// The pass or pipeline of this name; null if there is none.
const mlir::PassRegistryEntry *lookupPass(llvm::StringRef name);

} // namespace dagrt

#endif // DAGRT_OPT_PASSNAMES_H

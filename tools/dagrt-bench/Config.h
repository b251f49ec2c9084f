//===- Config.h - Configs with another number of layers -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_BENCH_CONFIG_H
#define DAGRT_BENCH_CONFIG_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

#include <string>

namespace dagrt {

/// The config as JSON text, with `change` of its number of layers.
llvm::Expected<std::string> changeLayers(llvm::StringRef json,
                                         llvm::function_ref<int64_t(int64_t)> change);

} // namespace dagrt

#endif // DAGRT_BENCH_CONFIG_H

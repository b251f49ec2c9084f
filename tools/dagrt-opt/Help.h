//===- Help.h - What dagrt-opt --help shows -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_OPT_HELP_H
#define DAGRT_OPT_HELP_H

#include "PassNames.h"

#include "llvm/ADT/ArrayRef.h"

namespace dagrt {

inline constexpr llvm::StringLiteral kOverview =
    "dagrt: where each part of a language model runs, how long it takes, and why\n";

/// True if `--help` or `-h` is among the arguments.
bool asksForHelp(llvm::ArrayRef<char *> arguments);

/// Writes to standard output what `ours` do, with their options, names of the `upstream` passes,
/// and the options that are used often. LLVM's own `--help-hidden` lists everything. Options must
/// be registered.
void printHelp(const PassNames &ours, const PassNames &upstream);

} // namespace dagrt

#endif // DAGRT_OPT_HELP_H

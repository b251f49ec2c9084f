//===- ProgramPairs.h - Random programs under random strategies -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Pairs of RandomProgram.h, checked in the steps of Pair.h. A pair that fails is reduced: ops
// become arguments, results and entries are left out, as long as it fails in the same step.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_TOOLS_FUZZ_PROGRAMPAIRS_H
#define DAGRT_TOOLS_FUZZ_PROGRAMPAIRS_H

#include "llvm/Support/LogicalResult.h"

#include <cstdint>
#include <string>

namespace dagrt {

struct ProgramOptions {
  uint64_t count, seed, first, compiledEvery, ranksEvery;
  std::string mpirun, output;
  bool verbose;
};

/// Checks `count` pairs that are not refused. Reports the first that fails.
llvm::LogicalResult checkPrograms(const ProgramOptions &options);

} // namespace dagrt

#endif // DAGRT_TOOLS_FUZZ_PROGRAMPAIRS_H

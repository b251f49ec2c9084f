//===- Pair.h - Checks of one pair -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_TOOLS_FUZZ_PAIR_H
#define DAGRT_TOOLS_FUZZ_PAIR_H

#include "Case.h"

namespace dagrt {

/// How a pair is put to the test.
struct PairOptions {
  /// A known corruption of the placed program, to test the test: `scale` or `order`.
  std::string corruption;
  /// Also run the pair compiled into this process.
  bool compiled = false;
  /// Also run it on ranks that this program starts, if it is not empty.
  std::string mpirun;
};

/// What came of a pair.
struct Outcome {
  enum Kind {
    Passed,
    Refused, ///< As documented; the pair does not count.
    Failed,
  };
  Kind kind = Passed;
  /// Name of the step that failed, and why.
  std::string step, message;
};

/// Builds the model, partitions it, and checks all properties.
Outcome checkPair(const Setup &setup, const PairOptions &options);

/// The simplest case that fails in the same step as `choices` does: each choice is moved towards
/// its simplest as long as that is so.
Case reduceCase(Case choices, llvm::StringRef step, const PairOptions &options);

/// Writes the model, and the strategy if it is not built in, to files that begin with `prefix`.
/// Returns the command that partitions the model and compares the two.
std::string writePair(const Setup &setup, llvm::StringRef prefix);

} // namespace dagrt

#endif // DAGRT_TOOLS_FUZZ_PAIR_H

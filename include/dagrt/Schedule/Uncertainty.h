//===- Uncertainty.h - How sure a makespan is -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The error bars of the ops on the critical path, joined.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SCHEDULE_UNCERTAINTY_H
#define DAGRT_SCHEDULE_UNCERTAINTY_H

#include "dagrt/Schedule/Analysis.h"

namespace dagrt {

/// The ops of one kind on one mesh (of a transfer, between two) on the critical path.
struct UncertaintyGroup {
  std::string kind;            ///< `gemm`, `all_reduce`, ...
  std::string mesh;            ///< `base`, `base -> pool`; empty without a mesh.
  int64_t picoseconds = 0;     ///< That they take on the path.
  double errorPicoseconds = 0; ///< Half the width of their interval together.
};

/// How sure a makespan is. Errors of one kind of ops on one mesh are those of one model on one
/// device, and add up; errors of different ones are independent, and add up by their squares.
struct Uncertainty {
  double errorPicoseconds = 0; ///< Half the width of the interval of the makespan.
  /// Time on the path of ops whose cost has no error bar and is not given: the interval is too
  /// narrow by what these are wrong.
  int64_t unknownPicoseconds = 0;
  /// Ops on the path whose cost is extrapolated, and their time.
  int64_t extrapolatedOps = 0, extrapolatedPicoseconds = 0;
  std::vector<UncertaintyGroup> groups; ///< Those with an error, the largest first.

  /// True if any op on the path has an error bar.
  bool isKnown() const { return !groups.empty(); }
};

/// Joins the error bars of the ops on the critical path, in time linear in their number.
Uncertainty computeUncertainty(const Timeline &timeline, llvm::ArrayRef<OpFacts> facts);

} // namespace dagrt

#endif // DAGRT_SCHEDULE_UNCERTAINTY_H

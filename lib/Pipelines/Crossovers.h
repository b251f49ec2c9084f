//===- Crossovers.h - The fastest plan by size -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Over a sweep of one size: the fastest plan at each of its points, and between neighbouring points
// of which each has another, the size after which it changes, to the token.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_PIPELINES_CROSSOVERS_H
#define DAGRT_LIB_PIPELINES_CROSSOVERS_H

#include "PlanEvaluator.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <optional>
#include <vector>

namespace dagrt {

/// How much longer a plan takes than the winner, and how sure that is.
struct PlanDistance {
  int64_t picoseconds = 0;
  Deviation error; ///< How much smaller and larger that may be.

  bool isDistinguishable() const { return static_cast<double>(picoseconds) > error.below; }
};

/// By plan; none for the winner itself, for what cannot win, and where too little is known.
using PlanDistances = std::vector<std::optional<PlanDistance>>;

/// What each plan takes at one size, and which one wins. Among equals the earlier plan does.
struct PlanPoint {
  int64_t size = 0;
  /// With uncertainties whose kinds are dropped.
  std::vector<Outcome> outcomes;
  unsigned fastest = 0;
  std::optional<unsigned> fastestThatFits;
  PlanDistances behindFastest, behindFastestThatFits;
};

/// Sizes with one winner.
struct PlanRange {
  int64_t first = 0, last = 0;
  /// None if no plan fits.
  std::optional<unsigned> plan;
};

/// The plans at all sizes of a sweep.
struct Comparison {
  std::vector<PlanPoint> points;
  /// From the first size to the last without a gap. A change of winners inside an interval whose
  /// ends agree is not found.
  std::vector<PlanRange> fastest, fastestThatFits;
};

/// Gives the outcome of each plan at a size; there is at least one plan.
using EvaluatePlans = llvm::function_ref<mlir::FailureOr<std::vector<Outcome>>(int64_t size)>;

/// Compares plans at `sizes`, of which there is at least one, in any order. Each change of winners
/// costs the logarithm of its interval in evaluations.
mlir::FailureOr<Comparison> findCrossovers(llvm::ArrayRef<int64_t> sizes, EvaluatePlans evaluate);

} // namespace dagrt

#endif // DAGRT_LIB_PIPELINES_CROSSOVERS_H

//===- Crossovers.h - Which plan is fastest where -*- C++ -*-===//
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

/// What each plan takes at one size, and which one wins. Among equals the earlier plan does.
struct PlanPoint {
  int64_t size = 0;
  std::vector<PlanOutcome> outcomes;
  unsigned fastest = 0;
  std::optional<unsigned> fastestThatFits;
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
using EvaluatePlans = llvm::function_ref<mlir::FailureOr<std::vector<PlanOutcome>>(int64_t size)>;

/// Compares plans at `sizes`, of which there is at least one, in any order. Each change of winners
/// costs the logarithm of its interval in evaluations.
mlir::FailureOr<Comparison> findCrossovers(llvm::ArrayRef<int64_t> sizes, EvaluatePlans evaluate);

} // namespace dagrt

#endif // DAGRT_LIB_PIPELINES_CROSSOVERS_H

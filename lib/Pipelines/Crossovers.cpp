//===- Crossovers.cpp - The fastest plan by size -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Bisection keeps an interval whose ends have different winners until it is two neighbouring sizes.
// What lies behind them is searched in the same way, until its winner is that of the far end.
//
//===----------------------------------------------------------------------===//

#include "Crossovers.h"

#include "llvm/ADT/STLExtras.h"

#include <map>

using namespace mlir;
using namespace dagrt;

/// True if the outcome's interval says something. One without any error bar is exact.
static bool isTelling(const Outcome &outcome) {
  return outcome.uncertainty.isTelling(outcome.makespan);
}

/// How far the plans are behind `winner`; of those that do not fit, nothing if `mustFit`.
static PlanDistances measureDistances(ArrayRef<Outcome> outcomes, unsigned winner, bool mustFit) {
  PlanDistances distances(outcomes.size());
  const Outcome &best = outcomes[winner];
  for (auto [plan, outcome] : llvm::enumerate(outcomes))
    if (plan != winner && (outcome.fits || !mustFit) && isTelling(outcome) && isTelling(best))
      distances[plan] = {outcome.makespan - best.makespan,
                         computeDifferenceError(outcome.uncertainty, best.uncertainty)};
  return distances;
}

namespace {
/// Evaluates each size once.
class Table {
public:
  explicit Table(EvaluatePlans evaluate) : evaluate(evaluate) {}

  /// Null if an evaluation fails. The point stays where it is.
  const PlanPoint *get(int64_t size) {
    auto it = points.find(size);
    if (it != points.end())
      return &it->second;
    FailureOr<std::vector<Outcome>> outcomes = evaluate(size);
    if (failed(outcomes))
      return nullptr;
    PlanPoint point;
    point.size = size;
    point.outcomes = std::move(*outcomes);
    for (auto [plan, outcome] : llvm::enumerate(point.outcomes)) {
      if (outcome.makespan < point.outcomes[point.fastest].makespan)
        point.fastest = plan;
      std::optional<unsigned> &best = point.fastestThatFits;
      if (outcome.fits && (!best || outcome.makespan < point.outcomes[*best].makespan))
        best = plan;
    }
    point.behindFastest = measureDistances(point.outcomes, point.fastest, /*mustFit=*/false);
    point.behindFastestThatFits.resize(point.outcomes.size());
    if (point.fastestThatFits)
      point.behindFastestThatFits =
          measureDistances(point.outcomes, *point.fastestThatFits, /*mustFit=*/true);
    // A sweep may have many points.
    for (Outcome &outcome : point.outcomes)
      outcome.uncertainty.dropKinds();
    return &points.emplace(size, std::move(point)).first->second;
  }

private:
  EvaluatePlans evaluate;
  std::map<int64_t, PlanPoint> points;
};
} // namespace

/// The plan that wins a point, in one of two senses.
using GetWinner = std::optional<unsigned> (*)(const PlanPoint &);

/// Between `low` and `high`, whose winners differ, the size whose successor has another winner than
/// `low`.
static FailureOr<int64_t> findLast(Table &table, GetWinner getWinner, int64_t low, int64_t high) {
  std::optional<unsigned> winner = getWinner(*table.get(low));
  while (high - low > 1) {
    int64_t middle = low + (high - low) / 2;
    const PlanPoint *point = table.get(middle);
    if (!point)
      return failure();
    (getWinner(*point) == winner ? low : high) = middle;
  }
  return low;
}

static FailureOr<std::vector<PlanRange>> findRanges(Table &table, GetWinner getWinner,
                                                    ArrayRef<int64_t> sizes) {
  auto winnerAt = [&](int64_t size) { return getWinner(*table.get(size)); };
  std::vector<PlanRange> ranges = {{sizes.front(), sizes.front(), winnerAt(sizes.front())}};
  for (int64_t next : sizes.drop_front()) {
    while (ranges.back().plan != winnerAt(next)) {
      FailureOr<int64_t> last = findLast(table, getWinner, ranges.back().last, next);
      if (failed(last))
        return failure();
      ranges.back().last = *last;
      ranges.push_back({*last + 1, *last + 1, winnerAt(*last + 1)});
    }
    ranges.back().last = next;
  }
  return ranges;
}

FailureOr<Comparison> dagrt::findCrossovers(ArrayRef<int64_t> sizes, EvaluatePlans evaluate) {
  SmallVector<int64_t> sorted(sizes);
  llvm::sort(sorted);
  sorted.erase(llvm::unique(sorted), sorted.end());
  Table table(evaluate);
  Comparison comparison;
  for (int64_t size : sorted) {
    const PlanPoint *point = table.get(size);
    if (!point)
      return failure();
    comparison.points.push_back(*point);
  }
  auto getFastest = [](const PlanPoint &point) { return std::optional<unsigned>(point.fastest); };
  auto getFitting = [](const PlanPoint &point) { return point.fastestThatFits; };
  FailureOr<std::vector<PlanRange>> fastest = findRanges(table, getFastest, sorted);
  FailureOr<std::vector<PlanRange>> fitting = findRanges(table, getFitting, sorted);
  if (failed(fastest) || failed(fitting))
    return failure();
  comparison.fastest = std::move(*fastest);
  comparison.fastestThatFits = std::move(*fitting);
  return comparison;
}

//===- Uncertainty.cpp - Error bars of a makespan -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model that is 5 % too fast on one matmul of a device may be so on all of them, but that
// says nothing about messages. So errors of one kind are added, and the sums by their squares. An
// op has on the path the time until the next op starts; its error counts in that proportion. Both
// directions are added up for themselves, since a time cannot fall below what physics allows, but
// may well be far above. The path itself is taken as given: where another one is nearly as long,
// its errors are not in this.
//
// For a sum, adding errors is conservative; for a difference it is not, because equal errors
// cancel. Let a part r of the variance of a kind be shared by its kernels, and the
// rest be each kernel's own. With d the differences of the errors by kernel, the variance of the
// kind's difference is r (sum d)^2 + (1 - r) sum d^2: linear in r, so the larger of the two ends
// bounds it for every r. Where one side is empty, that is the sum of its errors, as above.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Schedule/Uncertainty.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace dagrt;

Deviation EqualCosts::getError() const {
  auto time = static_cast<double>(picoseconds);
  if (!cost.hasErrorBar())
    return {time, time};
  return {time * cost.getBelowPercent().value / 100, time * cost.getAbovePercent().value / 100};
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

namespace {
/// Collects times by kind, and of each kind by cost, in the order in which they come.
class Groups {
public:
  void add(StringRef kind, CostAttr cost, int64_t picoseconds) {
    unsigned number = numbers.try_emplace(kind, groups.size()).first->second;
    if (number == groups.size())
      groups.emplace_back().kind = kind.str();
    UncertaintyGroup &group = groups[number];
    unsigned place = places.try_emplace({number, cost}, group.costs.size()).first->second;
    if (place == group.costs.size())
      group.costs.push_back({cost, 0});
    group.costs[place].picoseconds += picoseconds;
    group.picoseconds += picoseconds;
  }

  /// The groups, the largest error first.
  std::vector<UncertaintyGroup> take() {
    for (UncertaintyGroup &group : groups)
      for (const EqualCosts &equal : group.costs) {
        Deviation error = equal.getError();
        group.error.below += error.below;
        group.error.above += error.above;
      }
    llvm::stable_sort(groups, [](const UncertaintyGroup &a, const UncertaintyGroup &b) {
      return a.error.getHalfWidth() > b.error.getHalfWidth();
    });
    return std::move(groups);
  }

private:
  // Both maps are looked up only; never iterated.
  llvm::StringMap<unsigned> numbers;
  llvm::DenseMap<std::pair<unsigned, Attribute>, unsigned> places;
  std::vector<UncertaintyGroup> groups;
};

/// Times by name.
using Times = llvm::MapVector<StringRef, int64_t>;
} // namespace

/// The groups with an error bar, those without, and their sums.
static void setGroups(Uncertainty &result, Groups &known, Groups &unknown) {
  result.groups = known.take();
  result.unknownGroups = unknown.take();
  for (const UncertaintyGroup &group : result.unknownGroups)
    result.unknownPicoseconds += group.picoseconds;
  Deviation squares;
  for (const UncertaintyGroup &group : result.groups) {
    result.knownPicoseconds += group.picoseconds;
    squares.below += group.error.below * group.error.below;
    squares.above += group.error.above * group.error.above;
  }
  result.error = {std::sqrt(squares.below), std::sqrt(squares.above)};
}

static void setExtrapolated(Uncertainty &result, const Times &times) {
  for (auto [kind, picoseconds] : times) {
    result.extrapolatedKinds.push_back({kind.str(), picoseconds});
    result.extrapolatedPicoseconds += picoseconds;
  }
  llvm::stable_sort(result.extrapolatedKinds,
                    [](const Share &a, const Share &b) { return a.picoseconds > b.picoseconds; });
}

Uncertainty dagrt::computeUncertainty(const Timeline &timeline, ArrayRef<OpFacts> facts) {
  Uncertainty result;
  Groups known, unknown;
  Times extrapolated;
  for (unsigned index : timeline.criticalPath) {
    const ScheduledOp &op = timeline.ops[index];
    if (!op.cost || op.onPath == 0)
      continue;
    StringRef kind = facts[index].kind;
    if (op.cost.getProvenance() == Provenance::extrapolated) {
      ++result.extrapolatedOps;
      extrapolated[kind] += op.onPath;
    }
    if (op.cost.hasErrorBar())
      known.add(kind, op.cost, op.onPath);
    else if (op.cost.getProvenance() != Provenance::given)
      unknown.add(kind, op.cost, op.onPath);
  }
  setGroups(result, known, unknown);
  setExtrapolated(result, extrapolated);
  return result;
}

Uncertainty dagrt::joinUncertainties(ArrayRef<Uncertainty> parts) {
  Uncertainty result;
  Groups known, unknown;
  Times extrapolated;
  auto addAll = [](ArrayRef<UncertaintyGroup> from, Groups &to) {
    for (const UncertaintyGroup &group : from)
      for (const EqualCosts &equal : group.costs)
        to.add(group.kind, equal.cost, equal.picoseconds);
  };
  for (const Uncertainty &part : parts) {
    result.extrapolatedOps += part.extrapolatedOps;
    for (const Share &share : part.extrapolatedKinds)
      extrapolated[share.name] += share.picoseconds;
    addAll(part.groups, known);
    addAll(part.unknownGroups, unknown);
  }
  setGroups(result, known, unknown);
  setExtrapolated(result, extrapolated);
  return result;
}

int64_t dagrt::roundToTime(double picoseconds) {
  return static_cast<int64_t>(std::clamp(picoseconds, 0.0, 9.2e18));
}

int64_t Uncertainty::getLow(int64_t makespan) const {
  return roundToTime(static_cast<double>(makespan) - error.below);
}

int64_t Uncertainty::getHigh(int64_t makespan) const {
  return roundToTime(static_cast<double>(makespan) + error.above);
}

void Uncertainty::hide(int64_t makespan) {
  error = {};
  knownPicoseconds = 0;
  // Of a program that counts nothing, nothing is known either.
  unknownPicoseconds = std::max<int64_t>(makespan, 1);
  groups.clear();
  unknownGroups.clear();
}

void Uncertainty::dropKinds() {
  groups = {};
  unknownGroups = {};
  extrapolatedKinds = {};
}

//===----------------------------------------------------------------------===//
// Differences
//===----------------------------------------------------------------------===//

namespace {
/// By kind and cost, how much longer the first of two programs takes for it.
using Differences = llvm::MapVector<StringRef, llvm::MapVector<Attribute, double>>;
} // namespace

static Differences subtract(ArrayRef<UncertaintyGroup> a, ArrayRef<UncertaintyGroup> b) {
  Differences differences;
  auto add = [&](ArrayRef<UncertaintyGroup> groups, double sign) {
    for (const UncertaintyGroup &group : groups)
      for (const EqualCosts &equal : group.costs)
        differences[group.kind][equal.cost] += sign * static_cast<double>(equal.picoseconds);
  };
  add(a, 1);
  add(b, -1);
  return differences;
}

/// The squares of the deviations of one kind.
static Deviation squareDifference(const llvm::MapVector<Attribute, double> &differences) {
  // What all kernels of the kind make of it if they are at the lower ends of their bars, and at the
  // upper ones; and the squares if each is where it makes the most of it.
  double allLow = 0, allHigh = 0;
  Deviation own;
  for (auto [attribute, difference] : differences) {
    auto cost = cast<CostAttr>(attribute);
    double low = difference * cost.getBelowPercent().value / 100,
           high = difference * cost.getAbovePercent().value / 100;
    allLow -= low;
    allHigh += high;
    double below = difference > 0 ? low : high, above = difference > 0 ? high : low;
    own.below += below * below;
    own.above += above * above;
  }
  double below = std::min({allLow, allHigh, 0.0}), above = std::max({allLow, allHigh, 0.0});
  return {std::max(below * below, own.below), std::max(above * above, own.above)};
}

Deviation dagrt::computeDifferenceError(const Uncertainty &a, const Uncertainty &b) {
  Deviation squares;
  for (const auto &[kind, differences] : subtract(a.groups, b.groups)) {
    Deviation square = squareDifference(differences);
    squares.below += square.below;
    squares.above += square.above;
  }
  double unknown = 0;
  for (const auto &[kind, differences] : subtract(a.unknownGroups, b.unknownGroups))
    for (auto [cost, difference] : differences)
      unknown += std::abs(difference);
  return {std::sqrt(squares.below) + unknown, std::sqrt(squares.above) + unknown};
}

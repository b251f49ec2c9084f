//===- NestedCosts.cpp - Costs of loops, branches and calls -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sums are taken over classes of equal costs, so that a body of a thousand equal layers is one
// term.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/NestedCosts.h"

#include <algorithm>
#include <map>

using namespace mlir;
using namespace dagrt;

namespace {
/// The times of parts, added up.
struct Sum {
  double picoseconds = 0, below = 0, above = 0;
  bool hasErrorBar = true;
  Provenance provenance = Provenance::given;
  std::map<Bound, double> byBound;

  void add(CostAttr cost, double times) {
    double time = times * static_cast<double>(cost.getPicoseconds());
    picoseconds += time;
    byBound[cost.getBound()] += time;
    provenance = std::max(provenance, cost.getProvenance());
    // What is given is taken for exact.
    hasErrorBar &= cost.hasErrorBar() || cost.getProvenance() == Provenance::given || time == 0;
    if (cost.hasErrorBar()) {
      below += time * cost.getBelowPercent().value / 100;
      above += time * cost.getAbovePercent().value / 100;
    }
  }

  Cost getCost(double times) const {
    Cost cost;
    cost.picoseconds = picoseconds * times;
    // A sum is not given, even if its parts are: it is computed again when they change.
    cost.provenance = std::max(provenance, Provenance::modelled);
    if (picoseconds > 0 && hasErrorBar) {
      cost.belowPercent = std::min(100 * below / picoseconds, 100.0);
      cost.abovePercent = 100 * above / picoseconds;
    }
    double most = 0;
    for (auto [bound, time] : byBound)
      if (time > most)
        std::tie(cost.bound, most) = std::pair(bound, time);
    return cost;
  }
};
} // namespace

Cost dagrt::computeNestedCost(const NestedCost &nested,
                              llvm::function_ref<CostAttr(unsigned)> getCost) {
  std::vector<Sum> sums(nested.isChoice ? nested.bodies.size() : 1);
  for (auto [index, body] : llvm::enumerate(nested.bodies))
    for (auto [number, count] : body)
      sums[nested.isChoice ? index : 0].add(getCost(number), static_cast<double>(count));
  const Sum &longest = *std::max_element(sums.begin(), sums.end(), [](const Sum &a, const Sum &b) {
    return a.picoseconds < b.picoseconds;
  });
  return longest.getCost(static_cast<double>(nested.trips));
}

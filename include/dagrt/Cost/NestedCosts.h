//===- NestedCosts.h - Costs of loops, branches and calls -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An op that consists of others takes as long as they do: a loop its body times its trips, a branch
// its longest body, a call what its callee takes.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_NESTEDCOSTS_H
#define DAGRT_COST_NESTEDCOSTS_H

#include "dagrt/Cost/CostModel.h"
#include "dagrt/Cost/Coverage.h"

namespace dagrt {

/// What an op consists of, as classes of costs: `bodies` have each class and how often it stands
/// there.
struct NestedCost {
  int64_t trips = 1;
  bool isChoice = false;
  std::vector<std::vector<std::pair<unsigned, int64_t>>> bodies;
};

/// The cost of `nested`, whose classes cost what `getCost` says. What most of the time is bound by
/// bounds the sum; it is as sure as the least sure of its parts; error bars add up, and one that
/// is missing makes that of the sum unknown.
Cost computeNestedCost(const NestedCost &nested, llvm::function_ref<CostAttr(unsigned)> getCost);

} // namespace dagrt

#endif // DAGRT_COST_NESTEDCOSTS_H

//===- Uncertainty.cpp - How sure a makespan is -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model that is 5 % too fast on one matrix product of a device is so on all of them, but says
// nothing about messages. So errors of one kind on one mesh are added, and the sums by their
// squares. What an op has on the path is the time until the next op starts; its error counts in
// that proportion. The path itself is taken as given: where another one is nearly as long, its
// errors are not in this.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Schedule/Uncertainty.h"

#include "llvm/ADT/MapVector.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

/// True if the time of `cost` is what somebody fixed, and so not in doubt.
static bool isExact(CostAttr cost) { return cost.getProvenance() == Provenance::given; }

Uncertainty dagrt::computeUncertainty(const Timeline &timeline, ArrayRef<OpFacts> facts) {
  Uncertainty result;
  llvm::MapVector<std::pair<StringRef, std::pair<unsigned, unsigned>>, UncertaintyGroup> groups;
  for (unsigned index : timeline.criticalPath) {
    const ScheduledOp &op = timeline.ops[index];
    if (!op.cost || op.onPath == 0)
      continue;
    if (op.cost.getProvenance() == Provenance::extrapolated) {
      ++result.extrapolatedOps;
      result.extrapolatedPicoseconds += op.onPath;
    }
    double percent = op.cost.getErrorPercent().value;
    if (percent < 0) {
      result.unknownPicoseconds += isExact(op.cost) ? 0 : op.onPath;
      continue;
    }
    UncertaintyGroup &group = groups[{facts[index].kind, {op.mesh, op.destination}}];
    group.kind = facts[index].kind.str();
    if (group.picoseconds == 0)
      group.mesh = getMeshLabel(timeline, op);
    group.picoseconds += op.onPath;
    group.errorPicoseconds += static_cast<double>(op.onPath) * percent / 100;
  }
  double squares = 0;
  for (auto &[key, group] : groups) {
    squares += group.errorPicoseconds * group.errorPicoseconds;
    result.groups.push_back(std::move(group));
  }
  result.errorPicoseconds = std::sqrt(squares);
  llvm::stable_sort(result.groups, [](const UncertaintyGroup &a, const UncertaintyGroup &b) {
    return a.errorPicoseconds > b.errorPicoseconds;
  });
  return result;
}

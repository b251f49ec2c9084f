//===- Uncertainty.h - Error bars of a makespan -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The error bars of the ops on the critical path, joined, and those of the difference of two paths.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SCHEDULE_UNCERTAINTY_H
#define DAGRT_SCHEDULE_UNCERTAINTY_H

#include "dagrt/Schedule/Analysis.h"

namespace dagrt {

/// How much shorter and longer a time may be, in picoseconds.
struct Deviation {
  double below = 0, above = 0;

  double getHalfWidth() const { return (below + above) / 2; }
};

/// Ops of one kind on the critical path that cost the same: calls of one kernel with one size, so
/// what one is wrong by, all are.
struct EqualCosts {
  CostAttr cost;
  int64_t picoseconds = 0; ///< That they take on the path.

  /// What they may be shorter and longer together; all of the time if they have no error bar.
  Deviation getError() const;
};

/// The ops of one kind on the critical path, wherever they run: a cluster has one kind of device,
/// so their times come from one model.
struct UncertaintyGroup {
  std::string kind;              ///< `gemm`, `all_reduce`, ...
  int64_t picoseconds = 0;       ///< That they take on the path.
  Deviation error;               ///< Of that time.
  std::vector<EqualCosts> costs; ///< The same by cost, in the order of the path.
};

/// How sure a makespan is. Errors of one kind of ops are those of one model, and add up; errors of
/// different kinds are independent, and add up by their squares.
struct Uncertainty {
  /// How much shorter and longer the makespan may be. Each op takes at least the lower end of its
  /// own bar.
  Deviation error;
  /// Time on the path of ops with an error bar.
  int64_t knownPicoseconds = 0;
  /// Time on the path of ops whose cost has no error bar and is not given: the interval is too
  /// narrow by what these are wrong.
  int64_t unknownPicoseconds = 0;
  /// Ops on the path whose cost is extrapolated, and their time.
  int64_t extrapolatedOps = 0, extrapolatedPicoseconds = 0;
  std::vector<Share> extrapolatedKinds; ///< That time by kind, the longest first.
  std::vector<UncertaintyGroup> groups; ///< Those with an error bar, the largest error first.
  std::vector<UncertaintyGroup> unknownGroups; ///< Those of the unknown time.

  /// True if any op on the path has an error bar.
  bool isKnown() const { return knownPicoseconds > 0; }
  /// True if the interval says something: of no more than a quarter of the makespan is unknown how
  /// sure it is.
  bool isTelling(int64_t makespan) const { return unknownPicoseconds <= makespan / 4; }
  /// The ends of the interval of `makespan`.
  int64_t getLow(int64_t makespan) const;
  int64_t getHigh(int64_t makespan) const;
  /// Forgets how sure `makespan` is, of a program that does more than it counts.
  void hide(int64_t makespan);
  /// Frees what is known by kind: what is left is small, and no more than a report of many shows.
  void dropKinds();
};

/// A width or an end of an interval as a time: at least 0, and what 64 bits hold.
int64_t roundToTime(double picoseconds);

/// Joins the error bars of the ops on the critical path, in time linear in their number. Of `facts`
/// only kinds are read.
Uncertainty computeUncertainty(const Timeline &timeline, llvm::ArrayRef<OpFacts> facts);

/// The uncertainty of programs that run one after the other.
Uncertainty joinUncertainties(llvm::ArrayRef<Uncertainty> parts);

/// How much smaller and larger the difference of two makespans, `a` less `b`, may be. Equal costs
/// are wrong by the same, and only what one program has more of counts. Whether kernels of one kind
/// but of different sizes are wrong alike or each in its own way is not known, so that the wider of
/// these two is taken; kinds add up by their squares. What has no error bar and is not equal in
/// both counts with all of its time. Without such, the difference to nothing is as sure as the
/// makespan.
Deviation computeDifferenceError(const Uncertainty &a, const Uncertainty &b);

} // namespace dagrt

#endif // DAGRT_SCHEDULE_UNCERTAINTY_H

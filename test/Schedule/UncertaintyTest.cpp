//===- UncertaintyTest.cpp - Error bars, joined by hand -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Paths of a few ops whose errors are easy to add in one's head: 30 +- 10 % and 40 +- 10 % are 3
// and 4, together 7 if they add up, and 5 by their squares.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Schedule/Uncertainty.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

namespace {

constexpr double kNoBar = -1;

class Uncertainties : public ::testing::Test {
protected:
  Uncertainties() { context.loadDialect<DagrtDialect>(); }

  /// Puts an op at the end of the path.
  ScheduledOp &add(StringRef kind, int64_t picoseconds, double percent,
                   Provenance provenance = Provenance::modelled) {
    timeline.criticalPath.push_back(timeline.ops.size());
    ScheduledOp op;
    op.cost = CostAttr::get(&context, picoseconds, Bound::none, provenance, "", Real(percent));
    op.onPath = picoseconds;
    timeline.ops.push_back(op);
    timeline.makespan += picoseconds;
    facts.push_back({kind, std::nullopt});
    return timeline.ops.back();
  }

  /// Puts an op at the end of the path whose time may be less and more by these percents.
  ScheduledOp &addBar(StringRef kind, int64_t picoseconds, double below, double above) {
    ScheduledOp &op = add(kind, picoseconds, 0);
    op.cost = CostAttr::get(&context, picoseconds, Bound::none, Provenance::modelled, "",
                            Real(below), Real(above), /*fingerprint=*/0);
    return op;
  }

  /// The uncertainty of the path, which then is empty again.
  Uncertainty take() {
    Uncertainty uncertainty = computeUncertainty(timeline, facts);
    timeline = Timeline();
    facts.clear();
    return uncertainty;
  }

  MLIRContext context;
  Timeline timeline;
  std::vector<OpFacts> facts;
};

TEST_F(Uncertainties, EmptyPathIsNotKnown) {
  Uncertainty none = take();
  EXPECT_FALSE(none.isKnown());
  EXPECT_EQ(none.error.getHalfWidth(), 0);
  EXPECT_TRUE(none.groups.empty());
}

TEST_F(Uncertainties, OneKindAddsUp) {
  add("gemm", 30, 10);
  add("gemm", 20, 20);
  Uncertainty found = take();
  EXPECT_DOUBLE_EQ(found.error.getHalfWidth(), 3 + 4);
  ASSERT_EQ(found.groups.size(), 1u);
  EXPECT_EQ(found.groups[0].kind, "gemm");
  EXPECT_EQ(found.groups[0].picoseconds, 50);
  EXPECT_EQ(found.groups[0].costs.size(), 2u);
}

TEST_F(Uncertainties, KindsAddUpByTheirSquares) {
  add("gemm", 30, 10);
  add("send", 40, 10);
  add("norm", 120, 10);
  Uncertainty found = take();
  EXPECT_DOUBLE_EQ(found.error.getHalfWidth(), 13); // 9 + 16 + 144 = 169
  EXPECT_EQ(found.knownPicoseconds, 190);
  ASSERT_EQ(found.groups.size(), 3u);
  EXPECT_EQ(found.groups[0].kind, "norm");
  EXPECT_EQ(found.groups[1].kind, "send");
  EXPECT_EQ(found.groups[2].kind, "gemm");
}

TEST_F(Uncertainties, MeshesAndDirectionsDoNotMatter) {
  auto place = [](ScheduledOp &op, unsigned mesh, unsigned destination) {
    op.mesh = mesh;
    op.destination = destination;
  };
  place(add("send", 30, 10), 0, 1);
  place(add("send", 40, 10), 1, 0);
  EXPECT_DOUBLE_EQ(take().error.getHalfWidth(), 7);
  place(add("gemm", 30, 10), 0, kNone);
  place(add("gemm", 40, 10), 1, kNone);
  EXPECT_DOUBLE_EQ(take().error.getHalfWidth(), 7);
}

TEST_F(Uncertainties, ErrorCountsInProportionToTimeOnThePath) {
  add("send", 100, 10).onPath = 60;
  add("norm", 100, 10).onPath = 0;
  Uncertainty found = take();
  EXPECT_DOUBLE_EQ(found.error.getHalfWidth(), 6);
  EXPECT_EQ(found.groups.size(), 1u);
}

TEST_F(Uncertainties, OpsWithoutBarAreUnknownUnlessGiven) {
  add("gemm", 75, 20);
  add("other", 25, kNoBar);
  add("norm", 1000, kNoBar, Provenance::given);
  Uncertainty found = take();
  EXPECT_DOUBLE_EQ(found.error.getHalfWidth(), 15);
  EXPECT_EQ(found.knownPicoseconds, 75);
  EXPECT_EQ(found.unknownPicoseconds, 25);
  // More than a quarter is too much.
  EXPECT_TRUE(found.isTelling(100));
  EXPECT_FALSE(found.isTelling(99));
}

TEST_F(Uncertainties, BarOfZeroIsKnown) {
  add("gemm", 50, 0, Provenance::measured);
  Uncertainty found = take();
  EXPECT_TRUE(found.isKnown());
  EXPECT_EQ(found.error.getHalfWidth(), 0);
  EXPECT_EQ(found.unknownPicoseconds, 0);
}

TEST_F(Uncertainties, IntervalEndsAtZero) {
  // The bar is as wide below as above; no time is negative.
  add("gemm", 100, 150);
  Uncertainty found = take();
  EXPECT_EQ(found.getLow(100), 0);
  EXPECT_EQ(found.getHigh(100), 250);
  add("gemm", 100, 30);
  found = take();
  EXPECT_EQ(found.getLow(100), 70);
  EXPECT_EQ(found.getHigh(100), 130);
  // Nor is one longer than 64 bits hold.
  add("gemm", INT64_MAX, 50);
  EXPECT_GT(take().getHigh(INT64_MAX), INT64_MAX / 8 * 7);
}

TEST_F(Uncertainties, ExtrapolatedOpsAreCountedByKind) {
  add("send", 10, 10, Provenance::extrapolated);
  add("gemm", 30, kNoBar, Provenance::extrapolated);
  add("send", 15, 10, Provenance::extrapolated);
  add("gemm", 99, 10, Provenance::interpolated);
  Uncertainty found = take();
  EXPECT_EQ(found.extrapolatedOps, 3);
  EXPECT_EQ(found.extrapolatedPicoseconds, 55);
  ASSERT_EQ(found.extrapolatedKinds.size(), 2u);
  EXPECT_EQ(found.extrapolatedKinds[0].name, "gemm");
  EXPECT_EQ(found.extrapolatedKinds[0].picoseconds, 30);
  EXPECT_EQ(found.extrapolatedKinds[1].picoseconds, 25);
  found.dropKinds();
  EXPECT_EQ(found.extrapolatedPicoseconds, 55);
  EXPECT_TRUE(found.isKnown());
}

TEST_F(Uncertainties, ProgramsAfterEachOtherAreOnePath) {
  add("gemm", 30, 10);
  add("other", 7, kNoBar);
  Uncertainty first = take();
  add("gemm", 30, 10);
  add("gemm", 40, 10, Provenance::extrapolated);
  add("send", 240, 10);
  Uncertainty both = joinUncertainties({first, take()});
  EXPECT_DOUBLE_EQ(both.error.getHalfWidth(), 26); // (3 + 3 + 4)^2 + 24^2 = 26^2
  EXPECT_EQ(both.knownPicoseconds, 340);
  EXPECT_EQ(both.unknownPicoseconds, 7);
  EXPECT_EQ(both.extrapolatedOps, 1);
  EXPECT_EQ(both.extrapolatedPicoseconds, 40);
  ASSERT_EQ(both.groups.size(), 2u);
  EXPECT_EQ(both.groups[1].costs.size(), 2u);
  EXPECT_EQ(joinUncertainties({}).error.getHalfWidth(), 0);
}

TEST_F(Uncertainties, DirectionsAddUpForThemselves) {
  addBar("gemm", 100, 3, 30);
  addBar("gemm", 100, 1, 10);
  addBar("send", 100, 3, 9);
  Uncertainty found = take();
  EXPECT_DOUBLE_EQ(found.error.below, 5);                    // (3 + 1)^2 + 3^2
  EXPECT_DOUBLE_EQ(found.error.above, std::sqrt(1600 + 81)); // (30 + 10)^2 + 9^2
  EXPECT_EQ(found.groups[0].kind, "gemm");
}

TEST_F(Uncertainties, NoPathIsShorterThanTheLowerEndsOfItsOps) {
  // A bar that allows no time at all does not eat what is given.
  add("gemm", 70, 400);
  add("send", 30, 0);
  add("norm", 50, kNoBar, Provenance::given);
  EXPECT_EQ(take().getLow(150), 80);
}

//===----------------------------------------------------------------------===//
// Differences
//===----------------------------------------------------------------------===//

TEST_F(Uncertainties, EqualCostsCancel) {
  for (int i = 0; i < 5; ++i)
    add("gemm", 30, 10);
  add("send", 40, 10);
  Uncertainty more = take();
  EXPECT_EQ(computeDifferenceError(more, more).getHalfWidth(), 0);
  for (int i = 0; i < 3; ++i)
    add("gemm", 30, 10);
  add("send", 40, 10);
  Uncertainty fewer = take();
  // Two matmuls of 30 +- 3: far less than either error, which is above 9.
  EXPECT_DOUBLE_EQ(computeDifferenceError(more, fewer).getHalfWidth(), 6);
  EXPECT_DOUBLE_EQ(computeDifferenceError(fewer, more).getHalfWidth(), 6);
}

TEST_F(Uncertainties, OtherSizesOfOneKindDoNotCancel) {
  // Equally long, but of other kernels: each may be wrong in its own way.
  add("gemm", 60, 5);
  Uncertainty a = take();
  add("gemm", 20, 10);
  add("gemm", 40, 5);
  Uncertainty b = take();
  EXPECT_DOUBLE_EQ(computeDifferenceError(a, b).getHalfWidth(), std::sqrt(9 + 4 + 4));
}

TEST_F(Uncertainties, OtherSizesOfOneKindAddUpOnOneSide) {
  add("gemm", 30, 10);
  add("gemm", 40, 10);
  Uncertainty a = take();
  add("gemm", 50, 2);
  Uncertainty b = take();
  // In common 3 + 4 - 1; each on its own sqrt(9 + 16 + 1).
  EXPECT_DOUBLE_EQ(computeDifferenceError(a, b).getHalfWidth(), 6);
}

TEST_F(Uncertainties, DifferencesOfKindsAddUpByTheirSquares) {
  add("gemm", 30, 10);
  Uncertainty a = take();
  add("send", 40, 10);
  Uncertainty b = take();
  EXPECT_DOUBLE_EQ(computeDifferenceError(a, b).getHalfWidth(), 5);
}

TEST_F(Uncertainties, WhatHasNoBarCountsWholeUnlessItIsEqual) {
  add("gemm", 30, 10);
  add("other", 7, kNoBar);
  Uncertainty a = take();
  add("other", 7, kNoBar);
  Uncertainty b = take();
  add("other", 8, kNoBar);
  add("norm", 1000, kNoBar, Provenance::given);
  Uncertainty c = take();
  EXPECT_DOUBLE_EQ(computeDifferenceError(a, b).getHalfWidth(), 3);
  EXPECT_DOUBLE_EQ(computeDifferenceError(a, c).getHalfWidth(), 3 + 7 + 8);
}

TEST_F(Uncertainties, DifferenceToNothingIsAsSureAsTheMakespan) {
  add("gemm", 30, 10);
  add("gemm", 40, 10);
  add("send", 240, 10);
  Uncertainty a = take();
  EXPECT_DOUBLE_EQ(a.error.getHalfWidth(), 25);
  EXPECT_DOUBLE_EQ(computeDifferenceError(a, Uncertainty()).getHalfWidth(), 25);
  EXPECT_DOUBLE_EQ(computeDifferenceError(Uncertainty(), a).getHalfWidth(), 25);
}

} // namespace

TEST_F(Uncertainties, ADifferenceTakesTheEndsThatMakeIt) {
  addBar("gemm", 100, 2, 50);
  addBar("gemm", 100, 2, 50);
  Uncertainty two = take();
  addBar("gemm", 100, 2, 50);
  Uncertainty one = take();
  Deviation error = computeDifferenceError(two, one);
  EXPECT_DOUBLE_EQ(error.below, 2);
  EXPECT_DOUBLE_EQ(error.above, 50);
  error = computeDifferenceError(one, two);
  EXPECT_DOUBLE_EQ(error.below, 50);
  EXPECT_DOUBLE_EQ(error.above, 2);
  // Less 80 of another size of the kind, each wrong in its own way: 2 and 8, and 50 and 4.
  addBar("gemm", 80, 5, 10);
  error = computeDifferenceError(one, take());
  EXPECT_DOUBLE_EQ(error.below, std::sqrt(2 * 2 + 8 * 8));
  EXPECT_DOUBLE_EQ(error.above, std::sqrt(50 * 50 + 4 * 4));
}

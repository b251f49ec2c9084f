//===- CrossoversTest.cpp - Winners, and where they change -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Plans whose times are written down as functions of the size, so that every change of winners is
// known beforehand; and the pass that has nobody to search for it.
//
//===----------------------------------------------------------------------===//

#include "Crossovers.h"
#include "dagrt/IR/Dagrt.h"
#include "dagrt/Pipelines/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"

#include "gtest/gtest.h"

#include <functional>
#include <set>

using namespace mlir;
using namespace dagrt;

namespace {

using Time = std::function<int64_t(int64_t)>;
using Fits = std::function<bool(int64_t)>;

Outcome makeOutcome(int64_t makespan, bool fits = true) {
  Outcome outcome;
  outcome.makespan = makespan;
  outcome.fits = fits;
  return outcome;
}

/// Ranges as `1-5:0 6-9:-`.
std::string str(ArrayRef<PlanRange> ranges) {
  std::string text;
  for (const PlanRange &range : ranges)
    text += (text.empty() ? "" : " ") + std::to_string(range.first) + "-" +
            std::to_string(range.last) + ":" + (range.plan ? std::to_string(*range.plan) : "-");
  return text;
}

Comparison compare(ArrayRef<int64_t> sizes, ArrayRef<Time> times, ArrayRef<Fits> fits = {}) {
  auto evaluate = [&](int64_t size) -> FailureOr<std::vector<Outcome>> {
    std::vector<Outcome> outcomes;
    for (auto [plan, time] : llvm::enumerate(times))
      outcomes.push_back(makeOutcome(time(size), fits.empty() || fits[plan](size)));
    return outcomes;
  };
  FailureOr<Comparison> comparison = findCrossovers(sizes, evaluate);
  EXPECT_TRUE(succeeded(comparison));
  return succeeded(comparison) ? *comparison : Comparison();
}

TEST(Crossovers, AreExactToOne) {
  // 3 n against n + 1001: equal nowhere, and the first is faster up to 500.
  Comparison found =
      compare({1, 1 << 20}, {[](int64_t n) { return 3 * n; }, [](int64_t n) { return n + 1001; }});
  EXPECT_EQ(str(found.fastest), "1-500:0 501-1048576:1");
  EXPECT_EQ(str(found.fastestThatFits), "1-500:0 501-1048576:1");
}

TEST(Crossovers, EqualTimesGoToTheEarlierPlan) {
  Comparison found =
      compare({1, 100}, {[](int64_t) { return 50; }, [](int64_t n) { return 100 - n; }});
  EXPECT_EQ(str(found.fastest), "1-50:0 51-100:1");
}

TEST(Crossovers, AThirdWinnerBetweenTwoPointsIsFound) {
  Comparison found =
      compare({0, 1000}, {[](int64_t n) { return 4 * n; }, [](int64_t n) { return 2 * n + 201; },
                          [](int64_t n) { return 1001; }});
  EXPECT_EQ(str(found.fastest), "0-100:0 101-400:1 401-1000:2");
}

TEST(Crossovers, FlipsBetweenPointsOfOneWinnerAreNotSearched) {
  Time bump = [](int64_t n) { return n == 5 ? 100 : 10; };
  Time flat = [](int64_t) { return 50; };
  EXPECT_EQ(str(compare({1, 9}, {bump, flat}).fastest), "1-9:0");
  // With a point there, both sides of it are.
  EXPECT_EQ(str(compare({1, 5, 9}, {bump, flat}).fastest), "1-4:0 5-5:1 6-9:0");
}

TEST(Crossovers, PlansThatDoNotFitAreRankedApart) {
  Time fast = [](int64_t) { return 1; };
  Time slow = [](int64_t) { return 2; };
  Fits small = [](int64_t n) { return n <= 30; };
  Fits large = [](int64_t n) { return n <= 700; };
  Comparison found = compare({1, 1000}, {fast, slow}, {small, large});
  EXPECT_EQ(str(found.fastest), "1-1000:0");
  EXPECT_EQ(str(found.fastestThatFits), "1-30:0 31-700:1 701-1000:-");
}

TEST(Crossovers, PointsAreSortedAndEvaluatedOnce) {
  std::multiset<int64_t> asked;
  auto evaluate = [&](int64_t size) -> FailureOr<std::vector<Outcome>> {
    asked.insert(size);
    return std::vector<Outcome>{makeOutcome(size), makeOutcome(300)};
  };
  FailureOr<Comparison> found = findCrossovers({1024, 1, 512, 512}, evaluate);
  ASSERT_TRUE(succeeded(found));
  ASSERT_EQ(found->points.size(), 3u);
  EXPECT_EQ(found->points[1].size, 512);
  EXPECT_EQ(str(found->fastest), "1-300:0 301-1024:1");
  for (int64_t size : asked)
    EXPECT_EQ(asked.count(size), 1u) << size;
  // Three points, and the logarithm of 511.
  EXPECT_LE(asked.size(), 3u + 9u);
}

TEST(Crossovers, OnePointIsOneRange) {
  EXPECT_EQ(str(compare({7}, {[](int64_t n) { return n; }}).fastest), "7-7:0");
}

TEST(Crossovers, AFailureBetweenPointsIsAFailure) {
  auto evaluate = [&](int64_t size) -> FailureOr<std::vector<Outcome>> {
    if (size > 10 && size < 90)
      return failure();
    return std::vector<Outcome>{makeOutcome(size), makeOutcome(50)};
  };
  EXPECT_TRUE(failed(findCrossovers({1, 100}, evaluate)));
}

TEST(PoolSearch, ThePassHasIt) {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.loadDialect<DagrtDialect, func::FuncDialect>();
  std::string error;
  context.getDiagEngine().registerHandler(
      [&](Diagnostic &diagnostic) { error = diagnostic.str(); });
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  PartitionFaPoolPassOptions options;
  options.pool = "auto";
  options.poolLimit = 3;
  options.model = ModelChoice::Roofline;
  PassManager passes(&context);
  passes.addPass(createPartitionFaPoolPass(options));
  EXPECT_TRUE(failed(passes.run(*module)));
  EXPECT_EQ(error,
            "expects a size of the pool from 0 to 3 that can be partitioned and scheduled, "
            "got none; without a pool: expects a function with a body to partition, got none");
}

} // namespace

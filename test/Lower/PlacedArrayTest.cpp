//===- PlacedArrayTest.cpp - Replicas that differ -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// No verified program makes replicas that differ, so the check of replicas is tested here, on
// arrays made by hand; as are numbers that no op makes.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Lower/PlacedArray.h"
#include "dagrt/Lower/Compare.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace dagrt;

namespace {

/// A vector of 5 elements in halves, each held by two of four devices.
class PlacedArrayTest : public ::testing::Test {
protected:
  PlacedArrayTest() {
    context.loadDialect<DagrtDialect>();
    module = parseSourceString<ModuleOp>(
        R"(dagrt.mesh @m <"dp" = 2, "tp" = 2> devices [4, 5, 6, 7])", &context);
    auto axes = AxesAttr::get(&context, AxisRefAttr::get(&context, "tp", 0, 0, 0));
    placement.layout = Layout(*module->getOps<MeshOp>().begin(), {5}, {axes});
    placement.localShape = {3};
  }

  PlacedArray scatterVector() { return scatter(Array({5}, {10, 11, 12, 13, 14}), placement); }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  Placement placement;
};

TEST_F(PlacedArrayTest, ScatterPadsWithZeros) {
  PlacedArray value = scatterVector();
  ASSERT_EQ(value.locals.size(), 4u);
  EXPECT_EQ(value.locals[0].elements, (std::vector<double>{10, 11, 12}));
  EXPECT_EQ(value.locals[1].elements, (std::vector<double>{13, 14, 0}));
  EXPECT_EQ(value.locals[2].elements, value.locals[0].elements);
}

TEST_F(PlacedArrayTest, GatherDropsPadding) {
  PlacedArray value = scatterVector();
  value.locals[3].elements[2] = 99;
  Array global;
  EXPECT_FALSE(gather(value, 0, global));
  EXPECT_EQ(global.elements, (std::vector<double>{10, 11, 12, 13, 14}));
}

TEST_F(PlacedArrayTest, GatherFindsTheLargestDifferenceOfReplicas) {
  PlacedArray value = scatterVector();
  value.locals[2].elements[1] = 11.5;
  value.locals[3].elements[0] = 15;
  Array global;
  std::optional<ReplicaMismatch> mismatch = gather(value, 1e-12, global);
  ASSERT_TRUE(mismatch);
  EXPECT_EQ(mismatch->index, (SmallVector<int64_t>{3}));
  EXPECT_EQ(mismatch->firstDevice, 5);
  EXPECT_EQ(mismatch->secondDevice, 7);
  EXPECT_EQ(mismatch->first, 13);
  EXPECT_EQ(mismatch->second, 15);
}

TEST_F(PlacedArrayTest, GatherAllowsDifferencesWithinTheTolerance) {
  PlacedArray value = scatterVector();
  value.locals[2].elements[1] += 1e-14;
  Array global;
  EXPECT_FALSE(gather(value, 1e-12, global));
  EXPECT_TRUE(gather(value, 1e-16, global));
}

TEST_F(PlacedArrayTest, GatherFindsANaNInOneReplica) {
  PlacedArray value = scatterVector();
  value.locals[2].elements[1] = std::numeric_limits<double>::quiet_NaN();
  Array global;
  EXPECT_TRUE(gather(value, 1e-12, global));
}

TEST(Compare, ErrorIsRelativeToTheLargestElementOfTheReference) {
  Difference difference = compare(Array({2, 2}, {1, 2, 3, 4}), Array({2, 2}, {1, 2, 3.5, -8}));
  EXPECT_EQ(difference.largest, 12);
  EXPECT_EQ(difference.reference, 8);
  EXPECT_EQ(difference.getError(), 1.5);
  EXPECT_EQ(difference.index, (SmallVector<int64_t>{1, 1}));
}

TEST(Compare, EqualZerosHaveNoError) {
  EXPECT_EQ(compare(Array({2}, {0, 0}), Array({2}, {0, 0})).getError(), 0);
  EXPECT_TRUE(std::isinf(compare(Array({2}, {0, 1}), Array({2}, {0, 0})).getError()));
}

TEST(Compare, NaNOnEitherSideIsAnError) {
  double nan = std::numeric_limits<double>::quiet_NaN();
  for (bool left : {true, false}) {
    Array number({2}, {1, 2}), none({2}, {1, nan});
    Difference difference = left ? compare(none, number) : compare(number, none);
    EXPECT_TRUE(std::isnan(difference.getError()));
    EXPECT_EQ(difference.index, (SmallVector<int64_t>{1}));
  }
}

} // namespace

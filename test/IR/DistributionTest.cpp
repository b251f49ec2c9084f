//===- DistributionTest.cpp - Boxes of placed values -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Distribution.h"
#include "dagrt/IR/Dagrt.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

using namespace mlir;
using namespace dagrt;

namespace {

/// A module with one mesh of 2 x 3 devices.
class DistributionTest : public ::testing::Test {
protected:
  DistributionTest() {
    context.loadDialect<DagrtDialect>();
    module = parseSourceString<ModuleOp>(
        R"(dagrt.mesh @m <"dp" = 2, "tp" = 3> devices [4, 5, 6, 7, 8, 9])", &context);
    mesh = *module->getOps<MeshOp>().begin();
  }

  /// How often the boxes of all devices cover each of `size` elements cut over `axes`.
  std::vector<int> countCovers(int64_t size, ArrayRef<AxisRefAttr> axes) {
    auto dist = DistAttr::get(&context, FlatSymbolRefAttr::get(&context, "m"),
                              AxesAttr::get(&context, axes), size, AxesAttr::get(&context, {}));
    std::vector<int> covers(size, 0);
    for (int64_t device = 0; device < 6; ++device) {
      Range box = getBox(mesh, dist, device).front();
      for (int64_t i = box.begin; i < box.end; ++i)
        ++covers[i];
    }
    return covers;
  }

  AxisRefAttr axis(StringRef name) { return AxisRefAttr::get(&context, name, 0, 0, 0); }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  MeshOp mesh;
};

TEST_F(DistributionTest, ShardsOfAllAxesCoverEachElementOnce) {
  for (int64_t size : {1, 5, 6, 7, 8, 12, 13})
    for (int count : countCovers(size, {axis("dp"), axis("tp")}))
      EXPECT_EQ(count, 1) << "of " << size << " elements";
}

TEST_F(DistributionTest, AxesThatCutNothingHoldReplicas) {
  for (int count : countCovers(7, {axis("tp")}))
    EXPECT_EQ(count, 2);
  for (int count : countCovers(7, {axis("dp")}))
    EXPECT_EQ(count, 3);
}

TEST_F(DistributionTest, ShardSizeRoundsUp) {
  EXPECT_EQ(getShardSize(8192, 5), 1639);
  EXPECT_EQ(getShardSize(10, 5), 2);
  EXPECT_EQ(getShardSize(0, 5), 0);
  EXPECT_EQ(getShardSize(1, 5), 1);
}

} // namespace

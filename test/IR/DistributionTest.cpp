//===- DistributionTest.cpp - Axes and boxes of placed values -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IRTest.h"

#include "dagrt/IR/Layout.h"

#include <random>

using namespace mlir;
using namespace dagrt;

namespace {

/// A mesh of 2 x 12 devices: the second axis has many factors.
class DistributionTest : public IRTest {
protected:
  DistributionTest() {
    std::string devices = "0";
    for (int i = 1; i < 24; ++i)
      devices += ", " + std::to_string(i);
    std::string mesh = " <\"dp\" = 2, \"tp\" = 12> devices [" + devices + "]\n";
    parse("dagrt.mesh @m" + mesh + "dagrt.mesh @n" + mesh);
    this->mesh = getMesh("m");
  }

  /// How often the boxes of all devices cover each of the elements, row-major.
  std::vector<int> countCovers(DistAttr dist) {
    std::vector<int> covers(dist.getOf()[0] * dist.getOf()[1], 0);
    for (int64_t device = 0; device < mesh.getNumDevices(); ++device) {
      Box box = Layout(mesh, dist).getBox(device);
      for (int64_t i = box[0].begin; i < box[0].end; ++i)
        for (int64_t j = box[1].begin; j < box[1].end; ++j)
          ++covers[i * dist.getOf()[1] + j];
    }
    return covers;
  }

  std::string normalize(const std::string &text) {
    return normalizeAxes(mesh, axes(text).getAxes()).str();
  }
  std::string concat(const std::string &front, const std::string &back) {
    return concatAxes(mesh, axes(front), axes(back)).str();
  }
  static std::string show(std::optional<AxesAttr> axes) { return axes ? axes->str() : "none"; }
  std::string cutTail(const std::string &whole, const std::string &tail) {
    return show(removeTail(mesh, axes(whole), axes(tail)));
  }
  std::string cutHead(const std::string &whole, const std::string &head) {
    return show(removeHead(mesh, axes(whole), axes(head)));
  }
  std::string remove(const std::string &whole, const std::string &gone) {
    return show(removeAxes(mesh, axes(whole), axes(gone)));
  }

  MeshOp mesh;
};

TEST_F(DistributionTest, NormalFormJoinsNeighbours) {
  EXPECT_EQ(normalize(R"(["tp":(1)12])"), R"(["tp"])");
  EXPECT_EQ(normalize(R"(["tp":(1)2, "tp":(2)6])"), R"(["tp"])");
  EXPECT_EQ(normalize(R"(["tp":(1)2, "tp":(2)3])"), R"(["tp":(1)6])");
  EXPECT_EQ(normalize(R"(["tp":(2)3, "tp":(1)2])"), R"(["tp":(2)3, "tp":(1)2])");
  EXPECT_EQ(normalize(R"(["dp", "tp"])"), R"(["dp", "tp"])");
  EXPECT_EQ(normalize(R"(["tp"+1])"), R"(["tp"+1])");
  EXPECT_EQ(normalize("[]"), "[]");
}

TEST_F(DistributionTest, ConcatenationJoinsAtTheSeam) {
  EXPECT_EQ(concat(R"(["tp":(1)4])", R"(["tp":(4)3])"), R"(["tp"])");
  EXPECT_EQ(concat(R"(["dp"])", R"(["tp"])"), R"(["dp", "tp"])");
  EXPECT_EQ(concat("[]", R"(["tp"])"), R"(["tp"])");
}

TEST_F(DistributionTest, TailsAreCutOffTheEnd) {
  EXPECT_EQ(cutTail(R"(["dp", "tp"])", R"(["tp"])"), R"(["dp"])");
  EXPECT_EQ(cutTail(R"(["dp", "tp"])", R"(["dp", "tp"])"), "[]");
  EXPECT_EQ(cutTail(R"(["tp"])", R"(["tp":(4)3])"), R"(["tp":(1)4])");
  EXPECT_EQ(cutTail(R"(["tp"])", R"(["tp":(2)2, "tp":(4)3])"), R"(["tp":(1)2])");
  EXPECT_EQ(cutTail(R"(["dp", "tp"])", R"(["dp"])"), "none");
  EXPECT_EQ(cutTail(R"(["tp"])", R"(["tp":(1)4])"), "none");
  EXPECT_EQ(cutTail(R"(["tp"])", R"(["dp", "tp"])"), "none");
  EXPECT_EQ(cutTail(R"(["tp"+1])", R"(["tp"])"), "none");
  EXPECT_EQ(cutTail(R"(["tp"+1])", R"(["tp"+1])"), "[]");
}

TEST_F(DistributionTest, HeadsAreCutOffTheFront) {
  EXPECT_EQ(cutHead(R"(["dp", "tp"])", R"(["dp"])"), R"(["tp"])");
  EXPECT_EQ(cutHead(R"(["tp"])", R"(["tp":(1)4])"), R"(["tp":(4)3])");
  EXPECT_EQ(cutHead(R"(["tp":(1)2, "dp"])", R"(["tp":(1)2])"), R"(["dp"])");
  EXPECT_EQ(cutHead(R"(["tp"])", R"(["tp":(4)3])"), "none");
  EXPECT_EQ(cutHead(R"(["dp"])", R"(["dp", "tp"])"), "none");
}

TEST_F(DistributionTest, PendingAxesLeaveInAnyOrder) {
  EXPECT_EQ(remove(R"(["dp", "tp"])", R"(["tp", "dp"])"), "[]");
  EXPECT_EQ(remove(R"(["tp", "dp"])", R"(["tp"])"), R"(["dp"])");
  EXPECT_EQ(remove(R"(["tp"])", R"(["tp":(2)3])"), R"(["tp":(1)2, "tp":(6)2])");
  EXPECT_EQ(remove(R"(["tp":(4)3, "tp":(1)4])", R"(["tp"])"), "[]");
  EXPECT_EQ(remove(R"(["tp":(1)4])", R"(["tp"])"), "none");
  EXPECT_EQ(remove(R"(["dp"])", R"(["tp"])"), "none");
  EXPECT_EQ(remove(R"(["tp":(1)4])", R"(["tp":(2)3])"), "none");
}

TEST_F(DistributionTest, OverlapIsByPartsOfAnAxis) {
  auto meet = [&](const char *a, const char *b) { return overlaps(mesh, axes(a), axes(b)); };
  EXPECT_TRUE(meet(R"(["tp"])", R"(["tp":(4)3])"));
  EXPECT_TRUE(meet(R"(["tp":(1)4])", R"(["tp":(2)6])"));
  EXPECT_FALSE(meet(R"(["tp":(1)4])", R"(["tp":(4)3])"));
  EXPECT_FALSE(meet(R"(["dp"])", R"(["tp"])"));
  EXPECT_FALSE(meet("[]", R"(["tp"])"));
}

TEST_F(DistributionTest, SameDistributionsMayBeWrittenDifferently) {
  auto same = [&](const char *a, const char *b) {
    return Layout(mesh, dist(a)) == Layout(mesh, dist(b));
  };
  EXPECT_TRUE(same(R"(@m, ["tp"], of [8])", R"(@m, [{"tp":(1)4, "tp":(4)3}], of [8])"));
  EXPECT_TRUE(
      same(R"(@m, [_], of [8], partial ["tp", "dp"])", R"(@m, [_], of [8], partial ["dp", "tp"])"));
  EXPECT_FALSE(same(R"(@m, [{"tp", "dp"}], of [8])", R"(@m, [{"dp", "tp"}], of [8])"));
  EXPECT_FALSE(same(R"(@m, ["tp"], of [8])", R"(@m, ["tp"], of [9])"));
  EXPECT_NE(Layout(mesh, dist(R"(@m, ["tp"], of [8])")),
            Layout(getMesh("n"), dist(R"(@n, ["tp"], of [8])")));
}

TEST_F(DistributionTest, ShardIndicesFollowTheParts) {
  // Device 19 is at (1, 7); 7 is (1, 1, 1) in 2 x 3 x 2.
  EXPECT_EQ(getShardIndex(mesh, axes(R"(["tp"])"), 19), 7);
  EXPECT_EQ(getShardIndex(mesh, axes(R"(["dp", "tp"])"), 19), 19);
  EXPECT_EQ(getShardIndex(mesh, axes(R"(["tp", "dp"])"), 19), 15);
  EXPECT_EQ(getShardIndex(mesh, axes(R"(["tp":(2)3])"), 19), 0);
  EXPECT_EQ(getShardIndex(mesh, axes(R"(["tp":(6)2])"), 19), 1);
  EXPECT_EQ(getShardIndex(mesh, axes(R"(["tp"+6])"), 19), 1);
}

TEST_F(DistributionTest, BoxesCoverEachElementAsOftenAsThereAreReplicas) {
  std::mt19937 random(7);
  const char *choices[] = {"_",
                           R"("dp")",
                           R"("tp":(1)2)",
                           R"("tp":(2)3)",
                           R"("tp":(6)2)",
                           R"({"dp", "tp":(2)3})",
                           R"({"tp":(6)2, "dp"})"};
  int checked = 0;
  for (int round = 0; round < 300; ++round) {
    std::string a = choices[random() % 7], b = choices[random() % 7];
    int64_t rows = random() % 20, columns = 1 + random() % 20;
    DistAttr d = dist("@m, [" + a + ", " + b + "], of [" + std::to_string(rows) + ", " +
                      std::to_string(columns) + "]");
    if (overlaps(mesh, d.getDims()[0], d.getDims()[1]))
      continue;
    ++checked;
    for (int count : countCovers(d))
      ASSERT_EQ(count, Layout(mesh, d).getNumReplicas())
          << a << ' ' << b << ' ' << rows << ' ' << columns;
  }
  EXPECT_GT(checked, 100);
}

TEST_F(DistributionTest, BoxesOfARotatedAxisCoverEachElementOnce) {
  for (int count : countCovers(dist(R"(@m, ["tp"+5, "dp"], of [13, 3])")))
    EXPECT_EQ(count, 1);
}

TEST_F(DistributionTest, ShardSizeRoundsUp) {
  EXPECT_EQ(getShardSize(8192, 5), 1639);
  EXPECT_EQ(getShardSize(10, 5), 2);
  EXPECT_EQ(getShardSize(0, 5), 0);
  EXPECT_EQ(getShardSize(1, 5), 1);
}

} // namespace

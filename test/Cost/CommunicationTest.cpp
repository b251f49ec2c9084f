//===- CommunicationTest.cpp - Times of collectives and transfers -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/Communication.h"

#include "gtest/gtest.h"

#include <map>

using namespace mlir;
using namespace dagrt;

namespace {

constexpr double kMiB = 1 << 20;

class CommunicationTest : public ::testing::Test {
protected:
  CommunicationTest() { context.loadDialect<DagrtDialect>(); }

  /// Reading a description takes longer than a thousand questions about it.
  const Cluster &getCluster(StringRef name) {
    auto it = clusters.find(name.str());
    if (it != clusters.end())
      return it->second;
    FailureOr<Cluster> cluster = loadCluster(name, UnknownLoc::get(&context));
    EXPECT_TRUE(succeeded(cluster));
    return clusters.emplace(name.str(), *cluster).first->second;
  }

  /// One group of the devices `first, first + step, ...`.
  CommunicationTime getTime(StringRef cluster, CommunicationKind kind, double bytes, int64_t ranks,
                            int64_t step = 1) {
    CommunicationShape shape;
    shape.kind = kind;
    shape.bytes = bytes;
    std::vector<int64_t> group;
    for (int64_t i = 0; i < ranks; ++i)
      group.push_back(i * step);
    shape.groups.push_back(group);
    return getCommunicationTime(shape, getCluster(cluster));
  }

  MLIRContext context;
  std::map<std::string, Cluster> clusters;
};

// A step costs 0.6 us, there are 14, and starting costs 6.6 us; LL reaches 141 GB/s.
TEST_F(CommunicationTest, SmallAllReduceIsLowLatencyRing) {
  CommunicationTime time = getTime("dgx-h100", CommunicationKind::AllReduce, 512, 8);
  EXPECT_EQ(time.algorithm, "ring/LL");
  EXPECT_NEAR(time.latencyUs, 6.6 + 14 * 0.6, 1e-9);
  EXPECT_NEAR(time.microseconds, 15.0 + 512 / (141e3 * 8 / 14), 1e-9);
}

// The switch reduces at 0.65 of 370.8 GB/s.
TEST_F(CommunicationTest, LargeAllReduceIsNvls) {
  CommunicationTime time = getTime("dgx-h100", CommunicationKind::AllReduce, 512 * kMiB, 8);
  EXPECT_EQ(time.algorithm, "nvls");
  EXPECT_NEAR(time.microseconds, 25 + 512 * kMiB / (450e3 * 0.824 * 0.65), 1e-6);
}

TEST_F(CommunicationTest, TwoRanksDoNotUseTheSwitch) {
  CommunicationTime time = getTime("dgx-h100", CommunicationKind::AllReduce, 512 * kMiB, 2);
  EXPECT_EQ(time.algorithm, "ring/Simple");
  EXPECT_NEAR(time.microseconds, 8.4 + 2 * 3.4 + 512 * kMiB / 370800, 1e-6);
}

// 14 steps inside nodes and one between them; eight ports of 47.5 GB/s are faster than NVLink.
TEST_F(CommunicationTest, RingAcrossNodesEntersEachNodeOnce) {
  CommunicationTime time = getTime("dgx-h100", CommunicationKind::AllGather, 1024 * kMiB, 16);
  EXPECT_EQ(time.algorithm, "ring/Simple");
  EXPECT_NEAR(time.latencyUs, 8.4 + 14 * 3.4 + 14, 1e-9);
  EXPECT_NEAR(time.microseconds, 70 + 1024 * kMiB / (370800 * 16.0 / 15), 1e-6);
}

// The switch inside the nodes, one level of trees between them: 0.65 of NVLink's 370.8 GB/s, which
// eight ports of 47.5 GB/s do not limit.
TEST_F(CommunicationTest, LargeAllReduceOverTwoNodesIsHierarchical) {
  CommunicationTime time = getTime("dgx-h100", CommunicationKind::AllReduce, 512 * kMiB, 16);
  EXPECT_EQ(time.algorithm, "nvls_tree");
  EXPECT_NEAR(time.microseconds, 25 + 2 * 14 + 512 * kMiB / (370800 * 0.65), 1e-6);
}

// A chain of eight in each node, two levels of trees over four nodes, up and down.
TEST_F(CommunicationTest, MediumAllReduceOverFourNodesIsTree) {
  CommunicationTime time = getTime("dgx-h100", CommunicationKind::AllReduce, kMiB, 32);
  EXPECT_EQ(time.algorithm, "tree/LL128");
  EXPECT_NEAR(time.microseconds,
              14 + 2 * (7 * 1.25 + 2 * 8.5) + kMiB / (370800 * 0.92 * 120 / 128 * 0.5), 1e-6);
}

// One rank on each node: the network's port bounds, and its latency is exposed.
TEST_F(CommunicationTest, OneRankOnEachNodeIsBoundByItsPort) {
  CommunicationTime time = getTime("dgx-h100", CommunicationKind::AllGather, 64 * kMiB, 2, 8);
  EXPECT_EQ(time.link, LinkKind::Network);
  EXPECT_NEAR(time.microseconds, 8.4 + 14 + 64 * kMiB / (47500 * 2), 1e-6);
}

TEST_F(CommunicationTest, SmallGatherOverManyNodesIsPat) {
  EXPECT_EQ(getTime("dgx-h100", CommunicationKind::AllGather, 512, 32, 8).algorithm, "pat");
}

TEST_F(CommunicationTest, ShiftSendsOneBufferToTheNeighbour) {
  CommunicationTime time = getTime("dgx-h100", CommunicationKind::Shift, kMiB, 8);
  EXPECT_NEAR(time.microseconds, 7 + kMiB / 370800, 1e-9);
}

// Each of eight ranks holds 64 MiB and keeps an eighth of them.
TEST_F(CommunicationTest, AllToAllKeepsItsOwnPart) {
  CommunicationTime time = getTime("dgx-h100", CommunicationKind::AllToAll, 8 * 64 * kMiB, 8);
  EXPECT_NEAR(time.microseconds, 7 + 56 * kMiB / 370800, 1e-6);
}

TEST_F(CommunicationTest, TransferIsBoundByItsBusiestPort) {
  CommunicationShape shape;
  // Device 8 receives twice over the network, what device 0 sends to itself is free.
  shape.messages = {{0, 8, kMiB}, {1, 8, kMiB}, {2, 9, kMiB}, {0, 0, 1000 * kMiB}};
  CommunicationTime time = getCommunicationTime(shape, getCluster("dgx-h100"));
  EXPECT_EQ(time.algorithm, "p2p/Simple");
  EXPECT_NEAR(time.microseconds, 17 + 2 * kMiB / 47500, 1e-9);
}

TEST_F(CommunicationTest, NineMessagesAreTwoRounds) {
  CommunicationShape shape;
  for (int64_t i = 1; i <= 9; ++i)
    shape.messages.push_back({0, i, kMiB});
  CommunicationTime time = getCommunicationTime(shape, getCluster("h100-nvlink-16"));
  EXPECT_NEAR(time.latencyUs, 14, 1e-9);
}

// Eight devices share the two network ports of their node.
TEST_F(CommunicationTest, DevicesShareTheNodesPorts) {
  CommunicationShape shape;
  for (int64_t i = 0; i < 8; ++i)
    shape.messages.push_back({i, 8 + i, kMiB});
  CommunicationTime time = getCommunicationTime(shape, getCluster("l40s-pcie-8"));
  EXPECT_NEAR(time.microseconds, 17 + 8 * kMiB / (50e3 * 0.95), 1e-6);
}

TEST_F(CommunicationTest, OneRankTakesNoTime) {
  EXPECT_EQ(getTime("dgx-h100", CommunicationKind::AllReduce, kMiB, 1).microseconds, 0);
}

TEST_F(CommunicationTest, MoreBytesNeverTakeLessTime) {
  for (CommunicationKind kind :
       {CommunicationKind::AllReduce, CommunicationKind::AllGather,
        CommunicationKind::ReduceScatter, CommunicationKind::AllToAll, CommunicationKind::Shift})
    for (const std::string &cluster : getBuiltinClusters())
      for (int64_t ranks : {2, 5, 8}) {
        double last = 0;
        for (double bytes = 1; bytes < 1e12; bytes *= 1.5) {
          double time = getTime(cluster, kind, bytes, ranks).microseconds;
          ASSERT_GE(time, last) << cluster << " " << ranks << " " << bytes;
          last = time;
        }
      }
}

struct Measurement {
  const char *cluster;
  CommunicationKind kind;
  int64_t ranks;
  double bytes, microseconds;
};

// Medians of nccl-tests as recorded by ai-dynamo/aiconfigurator (Apache-2.0), and send_recv of
// microsoft/vidur (MIT), restated. A latency and a bandwidth for each algorithm are within a factor
// of two of all of them.
TEST_F(CommunicationTest, IsWithinTwiceOfMeasurements) {
  constexpr auto reduce = CommunicationKind::AllReduce, gather = CommunicationKind::AllGather,
                 scatter = CommunicationKind::ReduceScatter, exchange = CommunicationKind::AllToAll,
                 shift = CommunicationKind::Shift;
  for (const Measurement &m :
       std::vector<Measurement>{{"dgx-h100", reduce, 8, 512, 15.5},
                                {"dgx-h100", reduce, 8, 524288, 19.8},
                                {"dgx-h100", reduce, 8, 16777216, 122.1},
                                {"dgx-h100", reduce, 8, 536870912, 2111.4},
                                {"dgx-h100", reduce, 2, 67108864, 253.6},
                                {"dgx-h100", gather, 8, 131072, 13.6},
                                {"dgx-h100", gather, 8, 268435456, 730.4},
                                {"dgx-h100", scatter, 8, 16777216, 71.1},
                                {"dgx-h100", exchange, 8, 8.0 * 268435456, 763.9},
                                {"dgx-h100", shift, 2, 20578304, 64.0},
                                {"dgx-a100", reduce, 8, 33554432, 367.0},
                                {"dgx-a100", gather, 4, 262144, 15.9},
                                {"dgx-b200", reduce, 8, 536870912, 1355.4},
                                {"gb200-nvl72", gather, 4, 536870912, 710.0},
                                {"rtx-pro-6000-pcie-8", gather, 8, 67108864, 2589.9}}) {
    double ratio = getTime(m.cluster, m.kind, m.bytes, m.ranks).microseconds / m.microseconds;
    EXPECT_GT(ratio, 0.5) << m.cluster << " " << m.bytes;
    EXPECT_LT(ratio, 2.0) << m.cluster << " " << m.bytes;
  }
}

} // namespace

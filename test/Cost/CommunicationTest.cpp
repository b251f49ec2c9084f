//===- CommunicationTest.cpp - Times of collectives and transfers -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/Communication.h"
#include "dagrt/Cost/KernelQuery.h"

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

// The switch reduces: each rank sends its buffer once, and its own part of the sum a second time.
TEST_F(CommunicationTest, AllReduceThroughTheSwitch) {
  CommunicationTime time = getTime("dgx-h100", CommunicationKind::AllReduce, 512 * kMiB, 8);
  EXPECT_EQ(time.link, LinkKind::NvLink);
  EXPECT_NEAR(time.microseconds, 512 * kMiB * 9 / 8 / 450e3, 1e-6);
}

// Of two ranks, each sends a half and passes on the sum of the other.
TEST_F(CommunicationTest, AllReduceOfTwoRanks) {
  EXPECT_NEAR(getTime("dgx-h100", CommunicationKind::AllReduce, 512 * kMiB, 2).microseconds,
              512 * kMiB / 450e3, 1e-6);
}

// Without such a switch, 7 / 8 twice.
TEST_F(CommunicationTest, AllReduceWithoutTheSwitch) {
  EXPECT_NEAR(getTime("dgx-a100", CommunicationKind::AllReduce, 512 * kMiB, 8).microseconds,
              2 * 512 * kMiB * 7 / 8 / 300e3, 1e-6);
}

// Half of it enters each node, through eight ports of 50 GB/s.
TEST_F(CommunicationTest, GatherAcrossNodesUsesAllPorts) {
  CommunicationTime time = getTime("dgx-h100", CommunicationKind::AllGather, 1024 * kMiB, 16);
  EXPECT_EQ(time.link, LinkKind::Network);
  EXPECT_NEAR(time.microseconds, 1024 * kMiB / 2 / 8 / 50e3, 1e-6);
}

TEST_F(CommunicationTest, OneRankOnEachNodeIsBoundByItsPort) {
  CommunicationTime time = getTime("dgx-h100", CommunicationKind::AllGather, 64 * kMiB, 2, 8);
  EXPECT_EQ(time.link, LinkKind::Network);
  EXPECT_NEAR(time.microseconds, 64 * kMiB / 2 / 50e3, 1e-6);
}

TEST_F(CommunicationTest, ShiftSendsOneBufferToTheNeighbour) {
  EXPECT_NEAR(getTime("dgx-h100", CommunicationKind::Shift, kMiB, 8).microseconds, kMiB / 450e3,
              1e-9);
}

// Each of eight ranks holds 64 MiB and keeps an eighth of them.
TEST_F(CommunicationTest, AllToAllKeepsItsOwnPart) {
  EXPECT_NEAR(getTime("dgx-h100", CommunicationKind::AllToAll, 8 * 64 * kMiB, 8).microseconds,
              56 * kMiB / 450e3, 1e-6);
}

TEST_F(CommunicationTest, TransferIsBoundByItsBusiestPort) {
  CommunicationShape shape;
  // Device 8 receives twice over the network, what device 0 sends to itself is free.
  shape.messages = {{0, 8, kMiB}, {1, 8, kMiB}, {2, 9, kMiB}, {0, 0, 1000 * kMiB}};
  CommunicationTime time = getCommunicationTime(shape, getCluster("dgx-h100"));
  EXPECT_EQ(time.link, LinkKind::Network);
  EXPECT_NEAR(time.microseconds, 2 * kMiB / 50e3, 1e-9);
}

// Eight devices share the two network ports of their node.
TEST_F(CommunicationTest, DevicesShareTheNodesPorts) {
  CommunicationShape shape;
  for (int64_t i = 0; i < 8; ++i)
    shape.messages.push_back({i, 8 + i, kMiB});
  CommunicationTime time = getCommunicationTime(shape, getCluster("l40s-pcie-8"));
  EXPECT_NEAR(time.microseconds, 8 * kMiB / 50e3, 1e-6);
}

// What NCCL's tuner picks on H100s.
TEST_F(CommunicationTest, PicksAlgorithmsAsNcclDoes) {
  struct Pick {
    const char *op;
    double bytes, ranks, nodes;
    const char *algorithm;
  };
  const Device &device = getCluster("dgx-h100").device;
  for (const Pick &pick : std::vector<Pick>{{"all_reduce", 512, 8, 1, "ring/LL"},
                                            {"all_reduce", 512 * kMiB, 8, 1, "nvls"},
                                            {"all_reduce", 512 * kMiB, 2, 1, "ring/Simple"},
                                            {"all_reduce", kMiB, 32, 4, "tree/LL128"},
                                            {"all_reduce", 512 * kMiB, 16, 2, "nvls_tree"},
                                            {"all_gather", 1024 * kMiB, 16, 2, "ring/Simple"},
                                            {"all_gather", 512, 32, 32, "pat"},
                                            {"all_to_all", 8 * kMiB, 8, 1, "p2p/Simple"}}) {
    std::string error;
    auto query = makeCollectiveQuery(pick.op, pick.bytes, pick.ranks, pick.nodes,
                                     pick.nodes > 1 ? "network" : "nvlink", "", device, error);
    ASSERT_TRUE(succeeded(query)) << error;
    EXPECT_EQ(getAlgorithm(*query, device, predict(*query, device)), pick.algorithm)
        << pick.op << " " << pick.bytes << " " << pick.ranks;
  }
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
// microsoft/vidur (MIT), restated. Nothing is faster than the bound, and what is large comes near
// it.
TEST_F(CommunicationTest, IsBelowMeasurements) {
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
    EXPECT_LT(ratio, 1) << m.cluster << " " << m.bytes;
    if (m.bytes > 2e7) {
      EXPECT_GT(ratio, 0.3) << m.cluster << " " << m.bytes;
    }
  }
}

} // namespace

//===- KernelsTest.cpp - What every kernel model promises -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Properties of the calibrated model on all built-in devices and on many shapes, small and absurdly
// large: times are positive numbers, not below what the hardware can do, and do not fall much when
// there is more to do.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/KernelQuery.h"

#include "dagrt/IR/Dagrt.h"

#include "mlir/IR/MLIRContext.h"

#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace mlir;
using namespace dagrt;

namespace {
class KernelsTest : public testing::Test {
protected:
  KernelsTest() {
    for (const std::string &name : getBuiltinDevices())
      devices.push_back(*loadDevice(name, UnknownLoc::get(&context)));
  }

  /// A size from 1 to 2^most, all magnitudes alike.
  double draw(double most) {
    return std::floor(std::exp2(std::uniform_real_distribution<double>(0, most)(random)));
  }

  MLIRContext context{MLIRContext::Threading::DISABLED};
  std::vector<Device> devices;
  std::mt19937 random{7};
  std::string error;
};

/// The type that a device has a rate for, bf16 where it can.
static std::string getType(const Device &device) { return device.bf16 ? "bf16" : "fp32"; }

static void expectSane(const Prediction &p, const std::string &device) {
  ASSERT_TRUE(std::isfinite(p.time.microseconds)) << device;
  EXPECT_GT(p.time.microseconds, 0) << device;
  EXPECT_GT(p.getLowUs(), 0) << device;
  EXPECT_LE(p.getLowUs(), p.time.microseconds) << device;
  EXPECT_GE(p.getHighUs(), p.time.microseconds) << device;
}
} // namespace

TEST_F(KernelsTest, ProductsArePositiveAndAboveTheRoofline) {
  for (const Device &device : devices) {
    for (int i = 0; i < 400; ++i) {
      double most = i % 2 ? 16 : 40;
      auto query = makeGemmQuery(getType(device), draw(6), draw(most), draw(most), draw(most),
                                 false, device, error);
      ASSERT_TRUE(succeeded(query)) << error;
      Prediction p = predict(*query, device);
      expectSane(p, device.name);
      Prediction bound = predictRoofline(*query, device);
      EXPECT_GE(p.time.microseconds * 1.000001, bound.time.computeUs) << device.name;
      // What the L2 keeps may come faster.
      if (bound.time.bytes > 20 * device.l2Bytes) {
        EXPECT_GE(p.time.microseconds * 1.02, bound.time.memoryUs) << device.name;
      }
    }
  }
}

TEST_F(KernelsTest, AttentionIsPositiveAndAboveTheRoofline) {
  for (const Device &device : devices) {
    if (!device.bf16)
      continue;
    for (int i = 0; i < 400; ++i) {
      AttentionCall call;
      call.isDecode = i % 2;
      call.batch = draw(10);
      call.keys = draw(22);
      call.queries = call.isDecode ? 1 : std::min(call.keys, draw(22));
      call.keyHeads = draw(5);
      call.heads = call.keyHeads * draw(4);
      call.headDim = 64 << i % 3;
      call.pairs = getCausalPairs(call.queries, call.keys);
      auto query = makeAttentionQuery(call, "bf16", i % 3 ? "vllm-0.24.0" : "", device, error);
      ASSERT_TRUE(succeeded(query)) << error;
      Prediction p = predict(*query, device);
      expectSane(p, device.name);
      Prediction bound = predictRoofline(*query, device);
      EXPECT_GE(p.time.microseconds * 1.000001, bound.time.computeUs) << device.name;
    }
  }
}

TEST_F(KernelsTest, OpsOnRowsArePositive) {
  for (const Device &device : devices)
    for (StringRef op : getRowwiseNames())
      for (int i = 0; i < 60; ++i) {
        auto query =
            makeRowwiseQuery(op, i % 2 ? "fp16" : "fp32", draw(30), draw(20), i % 5 == 0, error);
        ASSERT_TRUE(succeeded(query)) << error;
        expectSane(predict(*query, device), device.name + " " + op.str());
      }
}

TEST_F(KernelsTest, CollectivesArePositiveAndOneRankIsFree) {
  for (const Device &device : devices)
    for (StringRef op : getCollectiveNames())
      for (int i = 0; i < 60; ++i) {
        double nodes = i % 3 ? 1 : draw(10), ranks = nodes * std::exp2(1 + i % 4);
        auto query = makeCollectiveQuery(op, draw(44), ranks, nodes, i % 2 ? "nvlink" : "pcie", "",
                                         device, error);
        ASSERT_TRUE(succeeded(query)) << error;
        expectSane(predict(*query, device), device.name + " " + op.str());
        auto alone = makeCollectiveQuery(op, 1e6, 1, 1, "nvlink", "", device, error);
        EXPECT_EQ(predict(*alone, device).time.microseconds, 0);
      }
}

TEST_F(KernelsTest, MoreOfOneShapeIsNotMuchCheaper) {
  for (const Device &device : devices) {
    for (int i = 0; i < 300; ++i) {
      double sizes[3] = {draw(16), draw(14), draw(14)};
      auto small =
          makeGemmQuery(getType(device), 1, sizes[0], sizes[1], sizes[2], false, device, error);
      sizes[i % 3] *= 2;
      auto large =
          makeGemmQuery(getType(device), 1, sizes[0], sizes[1], sizes[2], false, device, error);
      double before = predict(*small, device).time.microseconds;
      EXPECT_GE(predict(*large, device).time.microseconds, 0.93 * before)
          << device.name << ": " << sizes[0] << " " << sizes[1] << " " << sizes[2];
    }
  }
}

TEST_F(KernelsTest, DevicesWithoutMeasurementsBorrow) {
  for (const Device &device : devices) {
    auto query = makeGemmQuery(getType(device), 1, 4096, 4096, 4096, false, device, error);
    ASSERT_TRUE(succeeded(query)) << error;
    Prediction p = predict(*query, device);
    ASSERT_NE(p.found.calibration, nullptr) << device.name;
    EXPECT_EQ(p.found.isBorrowed, p.provenance == Provenance::extrapolated) << device.name;
  }
}

TEST_F(KernelsTest, NamesThatAreNotKnownAreErrors) {
  const Device &device = devices.front();
  EXPECT_TRUE(failed(makeGemmQuery("int4", 1, 1, 1, 1, false, device, error)));
  EXPECT_EQ(error, "expects a data type that is fp64, fp32, fp16, bf16 or fp8, got 'int4'");
  EXPECT_TRUE(failed(makeRowwiseQuery("conv", "fp16", 1, 1, false, error)));
  EXPECT_NE(error.find("got 'conv'"), std::string::npos);
  EXPECT_TRUE(failed(makeCollectiveQuery("gossip", 1, 2, 1, "nvlink", "", device, error)));
  EXPECT_NE(error.find("got 'gossip'"), std::string::npos);
}

// A few measurements of ai-dynamo/aiconfigurator (Apache-2.0): what the shipped coefficients and
// the formula say together, which no property above would notice to be wrong.
TEST_F(KernelsTest, ShippedCoefficientsPredictMeasurements) {
  FailureOr<Device> device = loadDevice("h100-sxm", UnknownLoc::get(&context));
  ASSERT_TRUE(succeeded(device));
  struct Row {
    double m, k, n, microseconds;
  };
  for (const Row &row :
       {Row{1, 8192, 2048, 16.0}, Row{6, 1024, 7168, 8.08}, Row{2048, 1024, 7168, 43.0},
        Row{16384, 8192, 2048, 679}, Row{12, 65536, 5120, 237}, Row{3841, 8192, 2048, 162.5}}) {
    auto query = makeGemmQuery("bf16", 1, row.m, row.k, row.n, false, *device, error);
    ASSERT_TRUE(succeeded(query)) << error;
    EXPECT_NEAR(predict(*query, *device).time.microseconds / row.microseconds, 1, 0.15)
        << row.m << " " << row.k << " " << row.n;
  }
}

//===- MonotoneTest.cpp - What no time may do, whatever was fitted -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Scans of sizes on devices that were measured and on devices that borrow: more work never takes
// less time, no interval reaches below what physics allows, and what one laboratory measured is
// less sure. Sizes lie around powers of two, where kernels and protocols change.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/CostModel.h"
#include "dagrt/Cost/KernelQuery.h"

#include "mlir/IR/MLIRContext.h"

#include "gtest/gtest.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <string>
#include <vector>

using namespace mlir;
using namespace dagrt;

static MLIRContext &getContext() {
  static MLIRContext context(MLIRContext::Threading::DISABLED);
  return context;
}

/// All that are built in.
static const std::vector<Device> &getDevices() {
  static const std::vector<Device> devices = [] {
    std::vector<Device> loaded;
    for (const std::string &name : getBuiltinDevices())
      loaded.push_back(*loadDevice(name, UnknownLoc::get(&getContext())));
    return loaded;
  }();
  return devices;
}

static const Device &getDevice(StringRef name) {
  return *llvm::find_if(getDevices(), [&](const Device &device) { return device.name == name; });
}

/// The type that a device has a rate for, bf16 where it can.
static StringRef getType(const Device &device) { return device.bf16 ? "bf16" : "fp32"; }

/// Numbers at, below and above powers of two.
static std::vector<double> getSizes(double last) {
  std::vector<double> sizes = {1};
  for (double size = 2; size <= last; size *= 2)
    sizes.insert(sizes.end(), {size, size + 1, std::floor(size * 1.4)});
  llvm::sort(sizes);
  return sizes;
}

/// Times at sizes, each at least `1 - tolerance` of the longest before it, within its interval, and
/// with a lower end that physics allows.
template <typename MakeQuery>
static void expectNotFalling(const std::string &what, const Device &device, double last,
                             double tolerance, MakeQuery makeQuery) {
  double longest = 0;
  for (double size : getSizes(last)) {
    std::string error;
    FailureOr<KernelQuery> query = makeQuery(size, error);
    ASSERT_TRUE(succeeded(query)) << error;
    Prediction p = predict(*query, device);
    double us = p.time.microseconds;
    EXPECT_GE(us, (1 - tolerance) * longest)
        << what << " on " << device.name << " at " << size << ": falls from " << longest;
    longest = std::max(longest, us);
    EXPECT_LE(p.getLowUs(), us * (1 + 1e-12)) << what << " on " << device.name << " at " << size;
    EXPECT_GE(p.getHighUs(), us * (1 - 1e-12)) << what << " on " << device.name << " at " << size;
  }
}

TEST(MonotoneTest, MoreBytesOfACollectiveNeverTakeLess) {
  for (const Device &device : getDevices())
    for (StringRef op : getCollectiveNames())
      for (StringRef library : {"nccl-tests", ""})
        for (auto [ranks, nodes] : {std::pair(2, 1), {3, 1}, {8, 1}, {2, 2}, {16, 2}, {32, 4}}) {
          if (op == "send_recv" && ranks > 2)
            continue;
          expectNotFalling((op + " of " + Twine(ranks)).str(), device, 1LL << 31, 1e-9,
                           [&, ranks = ranks, nodes = nodes](double bytes, std::string &error) {
                             return makeCollectiveQuery(op, bytes, ranks, nodes,
                                                        getUsualLink(device, nodes), library,
                                                        device, error);
                           });
        }
}

/// The time of a collective of the first `ranks` devices of a cluster, or of a message to the last
/// of them.
static double getCostUs(const CostModel &model, const Cluster &cluster, CommunicationKind kind,
                        int64_t ranks, double bytes) {
  CommunicationShape shape;
  shape.kind = kind;
  shape.bytes = bytes;
  if (kind == CommunicationKind::Transfer) {
    shape.messages = {{0, ranks - 1, bytes}};
  } else {
    auto &group = shape.groups.emplace_back();
    for (int64_t device = 0; device < ranks; ++device)
      group.push_back(device);
  }
  auto emitError = [] { return mlir::emitError(UnknownLoc::get(&getContext())); };
  return model.getCommunicationCost(shape, cluster, emitError)->picoseconds / 1e6;
}

TEST(MonotoneTest, MoreBytesOnAClusterNeverTakeLess) {
  auto model = createCalibratedModel(nullptr);
  unsigned asked = 0;
  for (const std::string &name : getBuiltinClusters()) {
    Cluster cluster = *loadCluster(name, UnknownLoc::get(&getContext()));
    for (int64_t ranks : {2, 3, 8, 16})
      for (auto kind : {CommunicationKind::AllReduce, CommunicationKind::AllGather,
                        CommunicationKind::ReduceScatter, CommunicationKind::AllToAll,
                        CommunicationKind::Shift, CommunicationKind::Transfer}) {
        if (ranks > cluster.getNumDevices())
          continue;
        double longest = 0;
        for (double bytes : getSizes(1 << 30)) {
          double us = getCostUs(*model, cluster, kind, ranks, bytes);
          EXPECT_GE(us, longest * (1 - 1e-9))
              << name << " " << stringifyCommunicationKind(kind).str() << " of " << ranks << " at "
              << bytes;
          longest = std::max(longest, us);
          ++asked;
        }
      }
  }
  EXPECT_GT(asked, 10000u);
}

/// A decode of `keys`.
static FailureOr<KernelQuery> makeDecode(double batch, double keys, double heads, double keyHeads,
                                         const Device &device, std::string &error) {
  AttentionCall call;
  call.isDecode = true;
  call.queries = 1;
  call.headDim = 128;
  call.batch = batch;
  call.keys = call.pairs = keys;
  call.heads = heads;
  call.keyHeads = keyHeads;
  return makeAttentionQuery(call, "bf16", "", device, error);
}

/// A causal prefill of the last `queries` of `keys` tokens.
static FailureOr<KernelQuery> makePrefill(double batch, double queries, double keys, double heads,
                                          const Device &device, std::string &error) {
  AttentionCall call;
  call.queries = queries;
  call.headDim = 128;
  call.batch = batch;
  call.keys = keys;
  call.pairs = getCausalPairs(queries, keys);
  call.heads = heads;
  call.keyHeads = 8;
  return makeAttentionQuery(call, "bf16", "", device, error);
}

TEST(MonotoneTest, MoreDecodedNeverTakesLess) {
  for (const Device &device : getDevices()) {
    if (!device.bf16)
      continue;
    for (auto [heads, keyHeads] : {std::pair(64, 1), {32, 8}, {8, 8}, {64, 8}}) {
      auto ask = [&, heads = heads, keyHeads = keyHeads](double batch, double keys, double factor,
                                                         std::string &error) {
        return makeDecode(batch, keys, factor * heads, factor * keyHeads, device, error);
      };
      // The parts of a split are rounded up to steps of keys.
      for (double keys : {1.0, 300.0, 8000.0})
        expectNotFalling(
            "decode by batch", device, 256, 0.03,
            [&](double batch, std::string &error) { return ask(batch, keys, 1, error); });
      for (double batch : {1.0, 16.0})
        expectNotFalling(
            "decode by keys", device, 65536, 0.03,
            [&](double keys, std::string &error) { return ask(batch, keys, 1, error); });
      expectNotFalling("decode by heads", device, 64, 0.03, [&](double factor, std::string &error) {
        return ask(1, 1000, factor, error);
      });
    }
  }
}

TEST(MonotoneTest, MoreTokensOfAPromptNeverTakeLess) {
  for (const Device &device : getDevices()) {
    if (!device.bf16)
      continue;
    for (double heads : {8.0, 32.0}) {
      auto ask = [&](double batch, double queries, double keys, std::string &error) {
        return makePrefill(batch, queries, keys, heads, device, error);
      };
      expectNotFalling("tokens", device, 32768, 0.02, [&](double tokens, std::string &error) {
        return ask(1, tokens, tokens, error);
      });
      expectNotFalling("prompts", device, 64, 0.02, [&](double batch, std::string &error) {
        return ask(batch, 500, 500, error);
      });
      expectNotFalling("old keys", device, 65536, 0.02, [&](double keys, std::string &error) {
        return ask(1, 256, 256 + keys, error);
      });
      // How keys are split for the tiles of a chunk was not measured.
      expectNotFalling("a chunk", device, 2048, 0.05, [&](double queries, std::string &error) {
        return ask(1, queries, 4096, error);
      });
    }
  }
}

TEST(MonotoneTest, MoreRowsAndColumnsNeverTakeLess) {
  for (const Device &device : getDevices())
    for (StringRef op : getRowwiseNames())
      for (double other : {1.0, 5000.0}) {
        expectNotFalling((op + " by rows").str(), device, 65536, 1e-9,
                         [&](double rows, std::string &error) {
                           return makeRowwiseQuery(op, "fp16", rows, other, false, error);
                         });
        // Softmax and norms have blocks of powers of two.
        expectNotFalling((op + " by columns").str(), device, 65536, 0.02,
                         [&](double columns, std::string &error) {
                           return makeRowwiseQuery(op, "fp16", other, columns, false, error);
                         });
      }
}

TEST(MonotoneTest, LargerProductsNeverTakeLess) {
  struct Base {
    double batch, m, k, n;
  };
  for (const Device &device : getDevices())
    for (StringRef type : {getType(device), StringRef("fp8")})
      for (Base base : {Base{1, 16, 4096, 4096}, {1, 2048, 4096, 11008}, {32, 128, 128, 128}})
        for (int which : {0, 1, 2, 3}) {
          if (type == "fp8" && !device.fp8)
            continue;
          // Where another tile or split is the fastest, the model may fall a little.
          expectNotFalling(
              "a matmul by its size " + std::to_string(which), device, which == 0 ? 64 : 16384,
              0.02, [&](double size, std::string &error) {
                Base b = base;
                (which == 0 ? b.batch : which == 1 ? b.m : which == 2 ? b.k : b.n) = size;
                return makeGemmQuery(type, b.batch, b.m, b.k, b.n, false, device, error);
              });
        }
}

TEST(MonotoneTest, AFusedKernelTakesAtMostItsParts) {
  for (const Device &device : getDevices())
    for (double rows : {1.0, 100.0, 20000.0}) {
      std::string error;
      auto getUs = [&](StringRef op) {
        return predict(*makeRowwiseQuery(op, "fp16", rows, 4096, false, error), device)
            .time.microseconds;
      };
      EXPECT_LE(getUs("add_rmsnorm"), getUs("add") + getUs("rmsnorm") + 1e-9) << device.name;
      EXPECT_LE(getUs("silu_mul"), getUs("silu") + getUs("mul") + 1e-9) << device.name;
    }
}

TEST(IntervalTest, NoLowerEndIsBelowPhysics) {
  for (const Device &device : getDevices()) {
    std::string error;
    double rate = *getMatrixFlops(device, getType(device));
    for (double size : {1.0, 100.0, 8192.0, 32768.0}) {
      Prediction product = predict(
          *makeGemmQuery(getType(device), 1, size, 8192, 8192, false, device, error), device);
      EXPECT_GE(product.getLowUs(), 2 * size * 8192 * 8192 / rate * 1e6 * (1 - 1e-9))
          << device.name;
    }
    // An all_gather of 1 GB on 8 devices receives 7/8 of it over the link.
    FailureOr<KernelQuery> query = makeCollectiveQuery(
        "all_gather", 1e9, 8, 1, getUsualLink(device, 1), "nccl-tests", device, error);
    double linkRate = std::get<CollectiveCall>(query->call).linkRate;
    EXPECT_GE(predict(*query, device).getLowUs(), 7 / 8.0 * 1e9 / linkRate * 1e6 * (1 - 1e-9))
        << device.name;
    // A message of 100 MB, with or without a protocol for it.
    query = makeCollectiveQuery("send_recv", 1e8, 2, 1, getUsualLink(device, 1), "", device, error);
    linkRate = std::get<CollectiveCall>(query->call).linkRate;
    EXPECT_GE(predict(*query, device).getLowUs(), 1e8 / linkRate * 1e6 * (1 - 1e-9)) << device.name;
    // Two operands and a result that no cache holds.
    Prediction sum = predict(*makeRowwiseQuery("add", "fp16", 65536, 16384, false, error), device);
    EXPECT_GE(sum.getLowUs(), 3 * 2 * 65536.0 * 16384 / device.memoryBandwidth * 1e6 * (1 - 1e-9))
        << device.name;
    // A decode whose keys and values no cache holds.
    if (device.bf16) {
      Prediction decode = predict(*makeDecode(64, 32768, 32, 8, device, error), device);
      EXPECT_GE(decode.getLowUs(),
                2 * 2 * 64.0 * 32768 * 8 * 128 / device.memoryBandwidth * 1e6 * (1 - 1e-9))
          << device.name;
    }
  }
}

TEST(IntervalTest, OneSourceIsLessSure) {
  std::string error;
  const Device &device = getDevice("b200");
  EXPECT_TRUE(isOfOneSource(device));
  // Far from what physics allows, where the lower end is the fit's, too.
  Prediction product =
      predict(*makeGemmQuery("bf16", 1, 64, 7168, 4096, false, device, error), device);
  const KernelCalibration &own = *product.found.calibration;
  EXPECT_NEAR(product.errorBar.high / own.errorBars[product.regime].high, 1.37, 1e-9);
  EXPECT_NEAR(product.errorBar.low / own.errorBars[product.regime].low, 0.73, 1e-9);
  // What borrows from such a device knows no more.
  EXPECT_TRUE(isOfOneSource(getDevice("l40s")));
  // The H100 was measured by two.
  const Device &known = getDevice("h100-sxm");
  EXPECT_FALSE(isOfOneSource(known));
  product = predict(*makeGemmQuery("bf16", 1, 4096, 7168, 4096, false, known, error), known);
  EXPECT_EQ(product.errorBar.high, product.found.calibration->errorBars[product.regime].high);
}

//===- PartitionTpPp.cpp - Tensor and pipeline parallelism -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Fills in the built-in strategy tp-pp.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Partition/Partitioner.h"
#include "dagrt/Partition/Passes.h"

namespace dagrt {
#define GEN_PASS_DEF_PARTITIONTPPPPASS
#include "dagrt/Partition/Passes.h.inc"
} // namespace dagrt

using namespace mlir;
using namespace dagrt;

namespace {
struct PartitionTpPp final : dagrt::impl::PartitionTpPpPassBase<PartitionTpPp> {
  using PartitionTpPpPassBase::PartitionTpPpPassBase;

  void runOnOperation() override {
    StrategyOptions options = {{"tp", std::to_string(tp)},
                               {"pp", std::to_string(pp)},
                               {"layout", getValueName(layout).str()},
                               {"microbatches", std::to_string(microbatches)},
                               {"order", getValueName(order).str()},
                               {"virtual", std::to_string(virtualStages)},
                               {"kvp", std::to_string(kvp)},
                               {"qkv", getValueName(qkv).str()},
                               {"stripe", std::to_string(stripe)},
                               {"dp", std::to_string(dp)},
                               {"ffn", getValueName(ffn).str()}};
    if (failed(partitionModule(getOperation(), "tp-pp", options)))
      signalPassFailure();
  }
};
} // namespace

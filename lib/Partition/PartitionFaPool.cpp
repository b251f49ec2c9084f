//===- PartitionFaPool.cpp - Attention-FFN disaggregation -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Fills in the built-in strategy fa-pool.
//
//===----------------------------------------------------------------------===//

#include "BuiltinPartition.h"
#include "dagrt/Partition/Passes.h"

namespace dagrt {
#define GEN_PASS_DEF_PARTITIONFAPOOLPASS
#include "dagrt/Partition/Passes.h.inc"
} // namespace dagrt

using namespace mlir;
using namespace dagrt;

/// A causal fused kernel skips what the mask hides, so contiguous blocks are uneven; decomposed
/// scores are computed in full.
static bool hasCausalKernel(ModuleOp module) {
  return module
      .walk([](AttentionOp op) {
        return op.getCausal() ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

namespace {
struct PartitionFaPool final : dagrt::impl::PartitionFaPoolPassBase<PartitionFaPool> {
  using PartitionFaPoolPassBase::PartitionFaPoolPassBase;

  void runOnOperation() override {
    std::string blockOrder = blocks;
    if (blockOrder == "auto")
      blockOrder = hasCausalKernel(getOperation()) ? "zigzag" : "contiguous";
    StrategyOptions options = {{"tp", std::to_string(tp)},
                               {"pool", std::to_string(pool)},
                               {"layout", layout},
                               {"cut", cut},
                               {"blocks", blockOrder},
                               {"microbatches", std::to_string(microbatches)},
                               {"order", order}};
    if (failed(partitionByText(getOperation(), *getBuiltinStrategy("fa-pool"), "fa-pool", options)))
      signalPassFailure();
  }
};
} // namespace

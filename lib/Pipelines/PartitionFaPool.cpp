//===- PartitionFaPool.cpp - Attention-FFN disaggregation -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Fills in the built-in strategy fa-pool. Without a pool, attention is tensor-parallel on the base,
// as in tp-pp with one stage.
//
//===----------------------------------------------------------------------===//

#include "PoolSearch.h"

#include "dagrt/IR/Sizes.h"
#include "dagrt/Partition/Partitioner.h"
#include "dagrt/Pipelines/Passes.h"

#include "mlir/IR/Remarks.h"

namespace dagrt {
#define GEN_PASS_DEF_PARTITIONFAPOOLPASS
#include "dagrt/Pipelines/Passes.h.inc"
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
/// Requests and new tokens of a step with a cache; none of a program without one.
struct Step {
  std::optional<int64_t> requests;
  int64_t tokens = 0;
};
} // namespace

static std::optional<Step> findStep(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    for (CacheUpdateOp update : function.getOps<CacheUpdateOp>()) {
      ArrayRef<int64_t> rows = getGlobalShape(update.getRows().getType());
      SizeAttr batch = getGlobalSizes(update.getRows().getType())[0];
      Step step{std::nullopt, rows[1]};
      ScopedDiagnosticHandler silent(module.getContext(), [](Diagnostic &) { return success(); });
      FailureOr<int64_t> requests =
          batch ? batch.evaluate(getDefaultSizes(module),
                                 [&]() { return emitError(module.getLoc()); })
                : FailureOr<int64_t>(failure());
      if (succeeded(requests))
        step.requests = *requests;
      return step;
    }
  return std::nullopt;
}

/// As strategies call it.
static StringRef getSplitName(PoolSplit split) {
  switch (split) {
  case PoolSplit::Keys:
    return "keys";
  case PoolSplit::Batch:
    return "batch";
  case PoolSplit::Auto:
  case PoolSplit::Queries:
    return "queries";
  }
  llvm_unreachable("all splits have names");
}

/// What the options name a size of the pool to be found by.
static constexpr StringLiteral kAuto = "auto";
static constexpr int64_t kLargestPool = 1 << 20;

namespace {
struct PartitionFaPool final : dagrt::impl::PartitionFaPoolPassBase<PartitionFaPool> {
  using PartitionFaPoolPassBase::PartitionFaPoolPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<int64_t> size = pool == kAuto ? searchSize(module) : parseSize(module);
    if (failed(size) || failed(partition(module, *size)))
      signalPassFailure();
  }

  /// The options of the search do nothing without one. Their defaults may be written out, as
  /// printed pipelines do.
  LogicalResult checkSearchOptions(ModuleOp module) {
    for (auto [name, isGiven] :
         {std::pair("pool-limit", poolLimit != 8), std::pair("cluster", !cluster.empty()),
          std::pair("model", model != ModelChoice::Auto), std::pair("table", !table.empty())})
      if (isGiven) {
        emitError(module.getLoc()) << "expects '" << name << "' with 'pool=" << kAuto
                                   << "' alone, which it is for, got it with pool=" << pool;
        return failure();
      }
    return success();
  }

  FailureOr<int64_t> parseSize(ModuleOp module) {
    if (failed(checkSearchOptions(module)))
      return failure();
    int64_t size = 0;
    if (StringRef(pool).getAsInteger(10, size) || size < 0 || size > kLargestPool) {
      emitError(module.getLoc()) << "expects 'pool' to be a number of devices from 0 to "
                                 << kLargestPool << ", or '" << kAuto << "', got '" << pool << "'";
      return failure();
    }
    return size;
  }

  FailureOr<int64_t> searchSize(ModuleOp module) {
    if (poolLimit < 0 || poolLimit > kLargestPool) {
      emitError(module.getLoc()) << "expects 'pool-limit' to be a number of devices from 0 to "
                                 << kLargestPool << ", got " << int64_t(poolLimit);
      return failure();
    }
    auto partitionAs = [&](ModuleOp candidate, int64_t size) { return partition(candidate, size); };
    return searchPoolSize(module,
                          {poolLimit, cluster, getModelName(model).str(), table, partitionAs});
  }

  /// One token cannot be sharded along the sequence.
  StringRef chooseLayout(ModuleOp module, const std::optional<Step> &step) {
    if (!step || step->tokens != 1 || layout != ActivationLayout::SequenceParallel)
      return getValueName(layout);
    remark::passed(module.getLoc(), remark::RemarkOpts::name("OneToken").category("partition"))
        << "activations of one token for each request are replicated: layout=megatron";
    return "megatron";
  }

  PoolSplit chooseSplit(const std::optional<Step> &step, int64_t size) {
    if (poolSplit != PoolSplit::Auto)
      return poolSplit;
    if (!step)
      return PoolSplit::Queries;
    return step->requests && *step->requests % size == 0 ? PoolSplit::Batch : PoolSplit::Keys;
  }

  LogicalResult partition(ModuleOp module, int64_t size) {
    std::optional<Step> step = findStep(module);
    StrategyOptions options = {{"tp", std::to_string(tp)},
                               {"layout", chooseLayout(module, step).str()},
                               {"microbatches", std::to_string(microbatches)},
                               {"order", getValueName(order).str()}};
    if (size == 0) {
      options["pp"] = "1";
      // One mesh has nothing to alternate with.
      if (order == PoolOrder::PingPong)
        options["order"] = "breadth-first";
      return partitionModule(module, "tp-pp", options);
    }
    options["pool"] = std::to_string(size);
    options["cut"] = getValueName(cut).str();
    PoolSplit split = chooseSplit(step, size);
    options["split"] = getSplitName(split).str();
    options["stripe"] = std::to_string(stripe);
    options["blocks"] = split == PoolSplit::Queries ? chooseBlocks(module) : "contiguous";
    if (split != PoolSplit::Queries && blocks == BlockOrder::Zigzag)
      options["blocks"] = "zigzag";
    return partitionModule(module, "fa-pool", options);
  }

  std::string chooseBlocks(ModuleOp module) {
    if (blocks != BlockOrder::Auto)
      return getValueName(blocks).str();
    return hasCausalKernel(module) ? "zigzag" : "contiguous";
  }
};
} // namespace

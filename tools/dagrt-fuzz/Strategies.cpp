//===- Strategies.cpp - Strategies of the random pairs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The built-in strategies run as the passes that users name. Beside them stand strategies as a
// user would write them, that shard what the built-in ones do not: the batch, meshes of two axes,
// meshes that share devices.
//
//===----------------------------------------------------------------------===//

#include "Strategies.h"
#include "Program.h"
#include "dagrt/Partition/Partitioner.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dagrt;

/// The batch over one axis, tensor parallelism over the other. {0} and {1} are their sizes, {2} and
/// {3} say what is done with micro-batches.
static constexpr StringLiteral kGrid = R"yaml(name: grid
meshes:
  - {{name: grid, axes: [{{name: dp, size: {0}}, {{name: tp, size: {1}}]}
microbatches: {{count: {2}, order: {3}}
entries:
  - {{role: "", mesh: grid}
  - {{role: embedding, cut: [{{axis: tp, over: [vocab]}], result: [dp]}
  - {{role: embedding.position, cut: [], result: []}
  - {{role: embedding.sum, cut: [], result: [dp]}
  - {{role: norm.attention, result: [dp]}
  - {{role: attention.query, cut: [{{axis: tp, over: [n0, n1]}]}
  - {{role: attention.key, cut: [{{axis: tp, over: [n0], rest: replicated}]}
  - {{role: attention.value, cut: [{{axis: tp, over: [n0], rest: replicated}]}
  - {{role: attention.query.norm.full, cut: [{{axis: tp, over: [hidden0, hidden1]}]}
  - {{role: attention.key.norm.full, cut: [{{axis: tp, over: [hidden0], rest: replicated}]}
  - {{role: attention.output, cut: [{{axis: tp, over: [k0, k1]}]}
  - {{role: ffn.gate, cut: [{{axis: tp, over: [n0]}]}
  - {{role: ffn.up, cut: [{{axis: tp, over: [n0]}]}
  - {{role: ffn.down, cut: [{{axis: tp, over: [k0]}]}
  - {{role: residual, result: [dp]}
)yaml";

/// Attention on three devices of which the other mesh has two; its residual is sharded over tokens
/// and over hidden, and norms of a sharded dim have to be all-gathered. {0} and {1} are for
/// micro-batches.
static constexpr StringLiteral kShared = R"yaml(name: shared
meshes:
  - {{name: square, axes: [{{name: x, size: 2}, {{name: y, size: 2}], devices: [3, 1, 2, 0]}
  - {{name: row, axes: [{{name: z, size: 3}], devices: [2, 4, 3]}
microbatches: {{count: {0}, order: {1}}
entries:
  - {{role: "", mesh: square}
  - {{role: attention, mesh: row}
  - {{role: attention.query, result: [_, z]}
  - {{role: attention.key, result: [_, z]}
  - {{role: attention.value, result: [_, z]}
  - {{role: attention.output, travels: [_, y, x]}
  - {{role: ffn.gate, cut: [{{axis: y, over: [n0]}]}
  - {{role: ffn.up, cut: [{{axis: y, over: [n0]}]}
  - {{role: ffn.down, cut: [{{axis: y, over: [k0]}]}
  - {{role: residual, result: [_, x, y]}
)yaml";

std::string dagrt::getStrategyText(const Setup &setup) {
  if (!setup.strategyText.empty())
    return setup.strategyText;
  if (setup.strategy == "grid")
    return llvm::formatv(kGrid.data(), setup.pp, setup.tp, setup.microbatches, setup.order).str();
  if (setup.strategy == "shared")
    return llvm::formatv(kShared.data(), setup.microbatches, setup.order).str();
  return "";
}

static LogicalResult applyStrategy(ModuleOp module, const Setup &setup) {
  std::string text = getStrategyText(setup);
  if (text.empty()) {
    auto passes = PassManager::on<ModuleOp>(module.getContext());
    return failure(failed(parsePassPipeline(setup.getPipeline(), passes)) ||
                   failed(passes.run(module)));
  }
  auto report = [&](const Twine &error, TextPosition) { emitError(module.getLoc()) << error; };
  FailureOr<Strategy> strategy = parseStrategy(text, setup.strategy, {}, report);
  if (failed(strategy))
    return failure();
  return partitionModule(module, *strategy);
}

LogicalResult dagrt::partition(ModuleOp module, const Setup &setup) {
  if (failed(applyStrategy(module, setup)))
    return failure();
  return setup.decompose ? runPasses(module, "dagrt-decompose-collective-matmul") : success();
}

std::string dagrt::getPartitionCommand(const Setup &setup, StringRef strategyFile) {
  std::string pipeline = setup.getPipeline();
  StringRef more = setup.decompose ? " --decompose-collective-matmul" : "";
  if (pipeline.empty())
    return ("--partition=strategy=" + strategyFile + more).str();
  auto [pass, options] = StringRef(pipeline).split('{');
  return ("--" + pass + "=\"" + options.drop_back() + "\"" + more).str();
}

//===----------------------------------------------------------------------===//
// Refusals
//===----------------------------------------------------------------------===//

/// The error if an axis of `devices` shards `elements` elements, or nothing.
static std::string getAtMost(int64_t elements, int64_t devices) {
  if (devices <= elements)
    return "";
  return llvm::formatv("expects at most {0} devices along axis", elements).str();
}

/// The rule for heads: groups first, then the heads of a group.
static std::string getHeadRefusal(const DecoderSpec &spec, int64_t tp) {
  int64_t groups = std::min(tp, spec.groups);
  if (std::string refusal = getAtMost(spec.groups * spec.queriesPerGroup, tp); !refusal.empty())
    return refusal;
  if (tp % groups != 0)
    return llvm::formatv("{0} key/value heads on {1} devices", spec.groups, tp).str();
  return getAtMost(groups * spec.queriesPerGroup, tp);
}

std::string dagrt::getExpectedRefusal(const Setup &setup) {
  const DecoderSpec &spec = setup.spec;
  if (!setup.program.empty())
    return "";
  if (setup.strategy == "shared")
    return getAtMost(spec.ffn, 2);
  bool isPool = setup.strategy == "fa-pool";
  bool isHidden = setup.layout == "hidden" && setup.strategy != "grid";
  if (isPool && isHidden && setup.cut == "core")
    return "expects options that go together";
  if (setup.strategy == "tp-pp" && setup.pp > spec.layers)
    return llvm::formatv("expects at most {0} stages, one for each layer, got {1}", spec.layers,
                         setup.pp)
        .str();
  // In program order: the first op that cannot be sharded is named.
  std::string vocabulary;
  if (spec.vocabulary > 0)
    vocabulary = getAtMost(spec.vocabulary, setup.tp);
  std::string refusal = isHidden ? getAtMost(spec.hidden, setup.tp) : vocabulary;
  if (refusal.empty() && (!isPool || setup.cut == "core"))
    refusal = getHeadRefusal(spec, setup.tp);
  if (refusal.empty())
    refusal = getAtMost(spec.ffn, setup.tp);
  bool hasHead = *setup.options.logits != LogitsForm::None;
  return refusal.empty() && hasHead ? vocabulary : refusal;
}

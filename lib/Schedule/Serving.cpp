//===- Serving.cpp - A step in the units of serving -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Schedule/Serving.h"

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Schedule/ProgramAnalysis.h"

#include "llvm/ADT/DenseSet.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace dagrt;

namespace {
/// A cache at the sizes of an analysis.
struct BoundCache {
  RankedTensorType type;
  bool rolling = false;
};
} // namespace

static std::vector<BoundCache> findCaches(const FunctionAnalysis &analysis) {
  func::FuncOp function = analysis.getTimeline().function;
  std::vector<BoundCache> caches;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    auto slots = function.getArgAttrOfType<SlotsAttr>(i, DagrtDialect::kSlotsAttrName);
    if (!slots)
      continue;
    // Sizes were bound before without an error.
    FailureOr<Type> bound = bindType(function.getArgumentTypes()[i], analysis.binding, function,
                                     [&]() { return function.emitError(); });
    auto type = succeeded(bound) ? dyn_cast<RankedTensorType>(*bound) : RankedTensorType();
    if (type && type.hasStaticShape() && type.getRank() == 4)
      caches.push_back({type, slots.getRolling()});
  }
  return caches;
}

/// Tokens that attention sees at most, the new ones among them; 0 if it does not say.
static int64_t findVisible(const FunctionAnalysis &analysis) {
  int64_t most = 0;
  func::FuncOp function = analysis.getTimeline().function;
  for (AttentionOp op : function.getOps<AttentionOp>()) {
    std::optional<SizeAttr> size = op.getVisible();
    if (!size)
      continue;
    FailureOr<int64_t> number =
        size->evaluate(analysis.binding, [&]() { return op.emitOpError(); });
    if (succeeded(number))
      most = std::max(most, *number);
  }
  return most;
}

/// The part of the caches' bytes that holds tokens.
static double getHeldPart(ArrayRef<BoundCache> caches, int64_t visible) {
  double held = 0, stored = 0;
  for (const BoundCache &cache : caches) {
    double bytes = getLocalBytes(cache.type);
    double slots = static_cast<double>(getGlobalShape(cache.type)[1].number);
    held += bytes * std::min(static_cast<double>(visible) / std::max(slots, 1.0), 1.0);
    stored += bytes;
  }
  return stored > 0 ? held / stored : 0;
}

/// Of a placed cache the mesh, null of others.
static FlatSymbolRefAttr getMeshName(RankedTensorType type) {
  DistAttr dist = getDist(type);
  return dist ? dist.getMesh() : FlatSymbolRefAttr();
}

/// Cached tokens that the devices of the fullest mesh have room for.
static std::optional<int64_t> countRoom(const FunctionAnalysis &analysis,
                                        ArrayRef<BoundCache> caches, double utilization) {
  constexpr double kBlock = 16;
  if (analysis.getDeviceMemory() == 0)
    return std::nullopt;
  double usable = utilization * static_cast<double>(analysis.getDeviceMemory()) -
                  static_cast<double>(analysis.getReservedMemory());
  std::optional<int64_t> fewest;
  for (auto [mesh, memory] : llvm::zip_equal(analysis.getTimeline().meshes, analysis.memory)) {
    double tokens = 0;
    for (const BoundCache &cache : caches) {
      FlatSymbolRefAttr name = getMeshName(cache.type);
      bool isHere =
          MeshOp(mesh.op) ? name && name.getAttr() == MeshOp(mesh.op).getSymNameAttr() : !name;
      ArrayRef<int64_t> shape = cache.type.getShape();
      if (isHere && !cache.rolling)
        tokens = std::max(tokens, static_cast<double>(shape[0]) * static_cast<double>(shape[1]));
    }
    if (tokens == 0 || memory.keptBytes == 0)
      continue;
    auto others = static_cast<double>(memory.peakBytes - memory.keptBytes);
    double room = std::max(usable - others, 0.0) / static_cast<double>(memory.keptBytes) * tokens;
    auto blocks = static_cast<int64_t>(std::floor(room / kBlock) * kBlock);
    fewest = std::min(fewest.value_or(blocks), blocks);
  }
  return fewest;
}

/// The rate of matmuls in the type of the function's weights.
static std::optional<double> getPeak(const FunctionAnalysis &analysis) {
  func::FuncOp function = analysis.getTimeline().function;
  for (ParameterOp op : function.getOps<ParameterOp>())
    return analysis.timed.getCosts().getCluster().device.getMatrixFlops(
        op.getType().getElementType());
  return std::nullopt;
}

std::optional<ServingRates> dagrt::computeServing(const FunctionAnalysis &analysis,
                                                  double utilization) {
  const Timeline &timeline = analysis.getTimeline();
  std::vector<BoundCache> caches = findCaches(analysis);
  if (caches.empty() || timeline.makespan <= 0)
    return std::nullopt;
  ServingRates rates;
  rates.requests = getGlobalShape(caches.front().type)[0];
  func::FuncOp function = timeline.function;
  for (CacheUpdateOp op : function.getOps<CacheUpdateOp>())
    rates.newTokens = getGlobalShape(op.getRows().getType())[1];
  int64_t visible = findVisible(analysis);
  rates.cachedTokens = std::max<int64_t>(visible - rates.newTokens, 0);
  llvm::DenseSet<int64_t> devices;
  double weights = 0, kept = 0, flops = 0;
  for (auto [mesh, memory] : llvm::zip_equal(timeline.meshes, analysis.memory)) {
    devices.insert(mesh.devices.begin(), mesh.devices.end());
    auto count = static_cast<double>(mesh.devices.size());
    weights += count * static_cast<double>(memory.weightBytes);
    kept += count * static_cast<double>(memory.keptBytes);
  }
  for (const OpFacts &facts : analysis.facts)
    flops += facts.logicalFlops;
  rates.devices = static_cast<int64_t>(devices.size());
  double seconds = static_cast<double>(timeline.makespan) * 1e-12;
  auto count = static_cast<double>(std::max<int64_t>(rates.devices, 1));
  rates.tokensPerSecond = static_cast<double>(rates.requests * rates.newTokens) / seconds;
  rates.tokensPerSecondPerDevice = rates.tokensPerSecond / count;
  if (std::optional<double> peak = analysis.isModelled ? getPeak(analysis) : std::nullopt)
    rates.mfu = flops / (count * *peak * seconds);
  double bandwidth =
      analysis.isModelled ? analysis.timed.getCosts().getCluster().device.memoryBandwidth : 0;
  if (bandwidth > 0 && visible > 0)
    rates.mbu = (weights + kept * getHeldPart(caches, visible)) / (count * bandwidth * seconds);
  rates.kvTokens = countRoom(analysis, caches, utilization);
  return rates;
}

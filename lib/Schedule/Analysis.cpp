//===- Analysis.cpp - Tables of a timeline -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each table is one pass over the critical path or over the ops. Shares are summed in integers, so
// that they add up to the makespan exactly.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Schedule/Analysis.h"
#include "dagrt/Schedule/Memory.h"

#include "dagrt/Cost/BoundOps.h"
#include "dagrt/IR/OpKinds.h"

#include "mlir/Interfaces/CallInterfaces.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

#include <map>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Facts and attribution
//===----------------------------------------------------------------------===//

static OpFacts getFacts(Operation *op) {
  if (auto communication = dyn_cast<CommunicationOpInterface>(op))
    return {stringifyCommunicationKind(communication.getCommunication().kind), std::nullopt};
  if (auto workOp = dyn_cast<WorkOpInterface>(op))
    if (Work work = workOp.getWork(); work.kind != WorkKind::None && work.kind != WorkKind::Unknown)
      return {getWorkKindName(work.kind), work.gemm, work.flops, work.totalFlops,
              work.logicalFlops};
  // A loop, a branch or a call says what it is by its name.
  if (op->getNumRegions() > 0 || isa<CallOpInterface>(op))
    return {op->getName().getStringRef(), std::nullopt};
  return {"other", std::nullopt};
}

OpGroups dagrt::groupEqualOps(const Timeline &timeline) {
  OpKinds kinds;
  // Looked up only; never iterated.
  llvm::DenseMap<unsigned, unsigned> known;
  OpGroups groups;
  groups.groupOf.assign(timeline.ops.size(), kNone);
  for (auto [index, op] : llvm::enumerate(timeline.ops)) {
    if (op.occupancy == Occupancy::Nothing)
      continue;
    unsigned group = known.try_emplace(kinds.getKind(op.op), groups.firstOps.size()).first->second;
    if (group == groups.firstOps.size())
      groups.firstOps.push_back(index);
    groups.groupOf[index] = group;
  }
  return groups;
}

/// Facts by op, from facts by group.
static std::vector<OpFacts> spreadFacts(const OpGroups &groups, ArrayRef<OpFacts> known) {
  std::vector<OpFacts> facts(groups.groupOf.size());
  for (auto [index, group] : llvm::enumerate(groups.groupOf))
    if (group != kNone)
      facts[index] = known[group];
  return facts;
}

FailureOr<std::vector<OpFacts>> dagrt::collectFacts(const Timeline &timeline,
                                                    const SizeBinding &binding) {
  OpGroups groups = groupEqualOps(timeline);
  SmallVector<Operation *> ops;
  for (unsigned first : groups.firstOps)
    ops.push_back(timeline.ops[first].op);
  BoundOps bound(ops);
  if (failed(bound.bind(binding)))
    return failure();
  std::vector<OpFacts> known;
  for (size_t group = 0; group < ops.size(); ++group)
    known.push_back(getFacts(bound[group]));
  return spreadFacts(groups, known);
}

std::vector<OpFacts> dagrt::collectKinds(const Timeline &timeline) {
  OpGroups groups = groupEqualOps(timeline);
  std::vector<OpFacts> known;
  for (unsigned first : groups.firstOps)
    known.push_back({getFacts(timeline.ops[first].op).kind, std::nullopt});
  return spreadFacts(groups, known);
}

std::string dagrt::getMeshLabel(const Timeline &timeline, const ScheduledOp &op) {
  if (op.mesh == kNone)
    return "";
  std::string label = timeline.meshes[op.mesh].getName().str();
  if (op.destination != kNone)
    label += (" -> " + timeline.meshes[op.destination].getName()).str();
  return label;
}

/// Shares by falling time, then by name, without those of no time.
static std::vector<Share> sortShares(const llvm::StringMap<int64_t> &times) {
  std::vector<Share> shares;
  for (const auto &entry : times)
    if (entry.getValue() > 0)
      shares.push_back({entry.getKey().str(), entry.getValue()});
  llvm::sort(shares, [](const Share &a, const Share &b) {
    return std::make_pair(-a.picoseconds, StringRef(a.name)) <
           std::make_pair(-b.picoseconds, StringRef(b.name));
  });
  return shares;
}

Attribution dagrt::attributeCriticalPath(const Timeline &timeline, ArrayRef<OpFacts> facts) {
  llvm::StringMap<int64_t> kinds, meshes, bounds, provenances;
  std::map<int64_t, int64_t> layers;
  for (unsigned index : timeline.criticalPath) {
    const ScheduledOp &op = timeline.ops[index];
    int64_t time = op.onPath;
    if (time == 0)
      continue;
    CostAttr cost = op.cost;
    kinds[facts[index].kind] += time;
    std::string mesh = getMeshLabel(timeline, op);
    meshes[mesh.empty() ? "none" : StringRef(mesh)] += time;
    bounds[stringifyBound(cost.getBound())] += time;
    provenances[stringifyProvenance(cost.getProvenance())] += time;
    RoleAttr role = getRole(op.op);
    layers[role && role.hasLayer() ? role.getLayer() : INT64_MAX] += time;
  }
  Attribution result;
  result.byKind = sortShares(kinds);
  result.byMesh = sortShares(meshes);
  result.byBound = sortShares(bounds);
  result.byProvenance = sortShares(provenances);
  for (auto [layer, time] : layers)
    result.byLayer.push_back({layer == INT64_MAX ? "none" : ("layer " + Twine(layer)).str(), time});
  return result;
}

//===----------------------------------------------------------------------===//
// Usage of meshes
//===----------------------------------------------------------------------===//

namespace {
/// Half-open spans of time, and the length of their union.
struct Spans {
  std::vector<std::pair<int64_t, int64_t>> spans;

  int64_t measure() {
    // With limited resources spans come in order and do not overlap.
    if (!llvm::is_sorted(spans))
      llvm::sort(spans);
    int64_t total = 0, covered = 0;
    for (auto [begin, end] : spans) {
      total += std::max<int64_t>(0, end - std::max(begin, covered));
      covered = std::max(covered, end);
    }
    return total;
  }
};
} // namespace

/// The largest sum of weights on a device of `mesh`, at most 2^62.
static int64_t getWeightBytes(const Timeline &timeline, const ScheduledMesh &mesh,
                              ArrayRef<double> bytesOfMesh) {
  double largest = 0;
  for (unsigned deviceClass : mesh.classes) {
    double bytes = 0;
    for (unsigned other : timeline.classes[deviceClass].meshes)
      bytes += bytesOfMesh[other];
    largest = std::max(largest, bytes);
  }
  return static_cast<int64_t>(std::min(largest, 0x1p62));
}

std::vector<MeshUsage> dagrt::computeMeshUsage(const Timeline &timeline) {
  // One list for each resource of each class, and one more for what computes.
  constexpr unsigned kLists = kNumResources + 1;
  std::vector<Spans> lists(timeline.classes.size() * kLists);
  for (const ScheduledOp &op : timeline.ops) {
    if (op.getDuration() == 0)
      continue;
    for (Use use : timeline.getUses(op)) {
      lists[use.deviceClass * kLists + unsigned(use.resource)].spans.push_back({op.start, op.end});
      if (op.occupancy == Occupancy::Compute)
        lists[use.deviceClass * kLists + kNumResources].spans.push_back({op.start, op.end});
    }
  }
  std::vector<double> seconds;
  for (Spans &list : lists)
    seconds.push_back(static_cast<double>(list.measure()));
  std::vector<double> weights = sumWeights(timeline);
  std::vector<MeshUsage> usages;
  for (const ScheduledMesh &mesh : timeline.meshes) {
    MeshUsage usage;
    usage.weightBytesPerDevice = getWeightBytes(timeline, mesh, weights);
    auto average = [&](unsigned list) {
      double sum = 0, devices = 0;
      for (unsigned deviceClass : mesh.classes) {
        // A class without devices is the one of ops on no mesh: count it as one.
        double size = std::max<size_t>(timeline.classes[deviceClass].devices.size(), 1);
        sum += size * seconds[deviceClass * kLists + list];
        devices += size;
      }
      return timeline.makespan > 0 ? sum / devices / timeline.makespan : 0;
    };
    usage.utilization = average(kNumResources);
    for (unsigned resource = 0; resource < kNumResources; ++resource)
      usage.busy[resource] = average(resource);
    usages.push_back(usage);
  }
  return usages;
}

//===----------------------------------------------------------------------===//
// Waits and slack
//===----------------------------------------------------------------------===//

std::vector<ResourceWait> dagrt::collectWaits(const Timeline &timeline) {
  std::vector<ResourceWait> waits(timeline.classes.size() * kNumResources);
  for (auto [index, op] : llvm::enumerate(timeline.ops)) {
    if (op.cause != StartCause::Resource)
      continue;
    ResourceWait &wait = waits[op.deviceClass * kNumResources + unsigned(op.resource)];
    wait.resource = op.resource;
    wait.deviceClass = op.deviceClass;
    ++wait.ops;
    wait.onCriticalPath += op.critical;
    int64_t time = op.start - op.ready;
    if (llvm::AddOverflow(wait.picoseconds, time, wait.picoseconds))
      wait.picoseconds = INT64_MAX;
    const ScheduledOp *longest = wait.longest == kNone ? nullptr : &timeline.ops[wait.longest];
    if (!longest || time > longest->start - longest->ready)
      wait.longest = index;
  }
  llvm::erase_if(waits, [](const ResourceWait &wait) { return wait.ops == 0; });
  llvm::stable_sort(waits, [](const ResourceWait &a, const ResourceWait &b) {
    return a.picoseconds > b.picoseconds;
  });
  return waits;
}

NearCritical dagrt::computeNearCritical(const Timeline &timeline) {
  NearCritical near;
  for (auto [index, op] : llvm::enumerate(timeline.ops)) {
    if (op.critical || op.getDuration() == 0)
      continue;
    ++near.all;
    near.none += op.slack == 0;
    near.within1 += op.slack <= timeline.makespan / 100;
    near.within10 += op.slack <= timeline.makespan / 10;
    if (near.nearest == kNone || op.slack < timeline.ops[near.nearest].slack)
      near.nearest = index;
  }
  return near;
}

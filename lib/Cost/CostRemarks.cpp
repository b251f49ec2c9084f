//===- CostRemarks.cpp - Remarks of annotate-cost -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Remarks: where each mesh lies on the cluster, which algorithm each kind of collective got, ops
// that count as free because nothing is known about them, and the totals. Collectives
// that differ in nothing that they take time for are one remark with a count.
//
//===----------------------------------------------------------------------===//

#include "AnnotateSteps.h"

#include "dagrt/Support/Units.h"

#include "mlir/IR/Remarks.h"

#include <map>
#include <set>
#include <tuple>

using namespace mlir;
using namespace dagrt;

static constexpr StringLiteral kCategory = "annotate-cost";

/// `0-7, 12`.
static std::string formatIds(const std::set<int64_t> &ids) {
  std::string text;
  for (auto it = ids.begin(); it != ids.end();) {
    int64_t first = *it, last = first;
    for (++it; it != ids.end() && *it == last + 1; ++it)
      last = *it;
    text += (text.empty() ? "" : ", ") + std::to_string(first);
    if (last > first)
      text += "-" + std::to_string(last);
  }
  return text;
}

static void reportMeshes(func::FuncOp function, const Cluster &cluster,
                         remark::RemarkOpts options) {
  for (MeshOp mesh : getUsedMeshes(function)) {
    std::set<int64_t> devices(mesh.getDevices().begin(), mesh.getDevices().end()), nodes;
    for (int64_t device : devices)
      nodes.insert(cluster.getNode(device));
    remark::passed(mesh.getLoc(), options)
        << remark::add("mesh '@{0}' lies on {1} {2} of '{3}', devices {4}", mesh.getSymName().str(),
                       nodes.size() == 1 ? "node" : "nodes", formatIds(nodes), cluster.name,
                       formatIds(devices))
        << remark::metric("Nodes", nodes.size()) << remark::metric("Devices", devices.size());
  }
}

namespace {
/// Communication ops that are alike for the reader of a remark.
struct CommunicationUse {
  Operation *first = nullptr;
  Communication what;
  CostAttr cost;
  int64_t ranks = 0, count = 0;
  CommunicationTime bound; ///< With the link that takes longest.
};
} // namespace

static std::vector<CommunicationUse> collectUses(const SymbolicCosts &costs) {
  // Addresses of attributes serve for look-up only: their order reaches no output.
  using Key = std::tuple<CommunicationKind, double, const void *, const void *, int64_t, int64_t,
                         std::string>;
  std::map<Key, size_t> numbers;
  std::vector<CommunicationUse> uses;
  llvm::DenseMap<unsigned, CommunicationUse> knownKinds;
  for (auto [index, entry] : llvm::enumerate(costs.getClasses())) {
    Operation *op = costs.getBoundOp(index);
    auto communicationOp = dyn_cast<CommunicationOpInterface>(op);
    if (!communicationOp || entry.given)
      continue;
    CommunicationUse &known = knownKinds[entry.kind];
    if (!known.first) {
      known.what = communicationOp.getCommunication();
      CommunicationShape shape = getCommunicationShape(op);
      known.ranks = shape.groups.empty() ? 0 : shape.groups.front().size();
      known.bound = getCommunicationTime(shape, costs.getCluster());
      known.first = entry.op;
    }
    CommunicationUse use = known;
    use.first = entry.op;
    use.cost = entry.cost;
    use.count = entry.count;
    // Ops of one kind differ in their meshes.
    SmallVector<MeshOp, 2> meshes = costs.getMeshes(index);
    if (!meshes.empty())
      use.what.mesh = FlatSymbolRefAttr::get(meshes.front().getSymNameAttr());
    if (meshes.size() > 1)
      use.what.destination = FlatSymbolRefAttr::get(meshes.back().getSymNameAttr());
    Key key{use.what.kind,
            use.what.bytes,
            use.what.mesh.getAsOpaquePointer(),
            use.what.destination.getAsOpaquePointer(),
            use.ranks,
            use.cost.getPicoseconds(),
            use.cost.getAlgorithm().str()};
    auto [it, isNew] = numbers.try_emplace(key, uses.size());
    if (isNew)
      uses.push_back(use);
    else
      uses[it->second].count += use.count;
  }
  return uses;
}

static void reportCommunication(const CommunicationUse &use, remark::RemarkOpts options) {
  std::string where = "of mesh '@" + use.what.mesh.getValue().str() + "'";
  if (use.what.destination)
    where = "from '@" + use.what.mesh.getValue().str() + "' to '@" +
            use.what.destination.getValue().str() + "'";
  else
    where = "over " + std::to_string(use.ranks) + " devices " + where;
  double microseconds = use.cost.getPicoseconds() / 1e6;
  StringRef algorithm = use.cost.getAlgorithm();
  std::string way = "nothing crosses a link";
  if (use.bound.microseconds > 0)
    way = (algorithm + (algorithm.empty() ? "" : " ") + "on " + getLinkKindName(use.bound.link))
              .str();
  remark::passed(use.first->getLoc(), options)
      << remark::add("{0} x {1} of {2} {3}: {4}, {5:f3} us", use.count,
                     stringifyCommunicationKind(use.what.kind), formatBytes(use.what.bytes), where,
                     way, microseconds)
      << remark::metric("Algorithm", algorithm) << remark::metric("Bytes", use.what.bytes)
      << remark::metric("Ranks", use.ranks) << remark::metric("Microseconds", microseconds)
      << remark::metric("Count", use.count);
}

void dagrt::emitCostRemarks(const SymbolicCosts &costs, int64_t costed, int64_t unchanged) {
  func::FuncOp function = costs.getFunction();
  const Cluster &cluster = costs.getCluster();
  if (!function.getContext()->getRemarkEngine())
    return;
  auto name = [&](StringRef name) {
    return remark::RemarkOpts::name(name).category(kCategory).function(function.getName());
  };
  reportMeshes(function, cluster, name("MeshPlacement"));
  for (const CommunicationUse &use : collectUses(costs))
    reportCommunication(use, name("CollectiveAlgorithm"));
  for (const NamedOps &ops : costs.getUncounted())
    remark::missed(ops.first->getLoc(), name("UnknownWork"))
        << remark::add("{0} x '{1}' are not counted", ops.count, ops.name)
        << remark::reason("{0}", ops.reason.empty() ? "the op does not say what it computes"
                                                    : ops.reason.str())
        << remark::suggest("implement WorkOpInterface for it, or give it a 'dagrt.cost'");
  int64_t kept = costs.countKept() + unchanged;
  int64_t distinct =
      llvm::count_if(costs.getClasses(), [](const CostClass &entry) { return !entry.given; });
  remark::analysis(function.getLoc(), name("CostTotals"))
      << remark::add(
             "{0} ops costed for '{1}', {2} of them distinct; {3} fixed by it, {4} kept their cost",
             costed, cluster.name, distinct, costs.countFixed(), kept)
      << remark::metric("Costed", costed) << remark::metric("Fixed", costs.countFixed())
      << remark::metric("Kept", kept);
}

//===- AnnotateCost.cpp - Puts a time on every op -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Writes the costs of a function at one binding of its sizes on its ops. An op that carries a cost
// keeps it.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/AnnotateCost.h"
#include "dagrt/Cost/Passes.h"
#include "dagrt/Cost/SymbolicCosts.h"

#include "AnnotateSteps.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace dagrt;

namespace dagrt {
#define GEN_PASS_DEF_ANNOTATECOSTPASS
#include "dagrt/Cost/Passes.h.inc"
} // namespace dagrt

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

SmallVector<MeshOp> dagrt::getUsedMeshes(func::FuncOp function) {
  llvm::SetVector<Attribute> names;
  auto add = [&](TypeRange types) {
    for (Type type : types)
      if (DistAttr dist = getDist(type))
        names.insert(dist.getMesh());
  };
  add(function.getArgumentTypes());
  for (Block &block : function.getBody())
    for (Operation &op : block)
      add(op.getResultTypes());
  SmallVector<MeshOp> meshes;
  SymbolTableCollection symbols;
  for (Attribute name : names)
    if (MeshOp mesh = lookupMesh(function, cast<FlatSymbolRefAttr>(name), symbols))
      meshes.push_back(mesh);
  return meshes;
}

LogicalResult dagrt::checkDevices(func::FuncOp function, const Cluster &cluster) {
  for (MeshOp mesh : getUsedMeshes(function)) {
    ArrayRef<int64_t> devices = mesh.getDevices();
    int64_t largest = *std::max_element(devices.begin(), devices.end());
    if (largest < cluster.getNumDevices())
      continue;
    return mesh.emitOpError() << "expects a cluster with a device " << largest << ", got '"
                              << cluster.name << "' of " << cluster.getNumDevices() << " devices ("
                              << cluster.nodes << " nodes of " << cluster.devicesPerNode
                              << "); use fewer devices, or another cluster";
  }
  return success();
}

/// Writes the costs on the ops. What is said of an op that takes no time, or that takes another
/// time than it did, no longer holds. Counts the ops whose cost is another one, and those of them
/// whose cost a model says.
static std::pair<int64_t, int64_t> writeOpCosts(const SymbolicCosts &costs) {
  func::FuncOp function = costs.getFunction();
  auto costName = StringAttr::get(function.getContext(), DagrtDialect::kCostAttrName);
  auto timingName = StringAttr::get(function.getContext(), DagrtDialect::kTimingAttrName);
  unsigned number = 0;
  int64_t changed = 0, computed = 0;
  for (Block &block : function.getBody()) {
    for (Operation &op : block) {
      unsigned index = costs.getClass(number);
      CostAttr cost = costs.getCost(number++);
      if (op.getDiscardableAttr(costName) == cost)
        continue;
      ++changed;
      computed += cost && !costs.getClasses()[index].given;
      if (cost)
        op.setDiscardableAttr(costName, cost);
      else
        op.removeDiscardableAttr(costName);
    }
  }
  if (changed > 0)
    function->walk([&](Operation *op) { op->removeDiscardableAttr(timingName); });
  return {changed, computed};
}

/// Says on the function what its costs were computed with.
static void writeOrigin(func::FuncOp function, const SymbolicCosts &costs,
                        const SizeBinding &binding) {
  Builder builder(function.getContext());
  NamedAttrList names;
  const CostOptions &options = costs.getOptions();
  names.set("cluster", builder.getStringAttr(options.cluster));
  names.set("model", builder.getStringAttr(options.model));
  if (!options.table.empty())
    names.set("table", builder.getStringAttr(options.table));
  function->setAttr(DagrtDialect::kCostModelAttrName, names.getDictionary(function.getContext()));
  function->setAttr(DagrtDialect::kClusterAttrName,
                    getClusterAttr(function.getContext(), costs.getCluster()));
  if (costs.dependsOnSizes())
    function->setAttr(DagrtDialect::kCostsAtAttrName, getSizesAttr(function.getContext(), binding));
}

/// Times that the cluster's description fixes are of that cluster, as those of models are.
static bool isOfCluster(const SymbolicCosts &costs) {
  return costs.countModelled() > 0 || costs.countFixed() > 0;
}

bool dagrt::writeCosts(const SymbolicCosts &costs, const SizeBinding &binding) {
  func::FuncOp function = costs.getFunction();
  auto [changed, computed] = writeOpCosts(costs);
  DictionaryAttr before = function->getDiscardableAttrDictionary();
  if (isOfCluster(costs))
    writeOrigin(function, costs, binding);
  emitCostRemarks(costs, computed, costs.countModelled() - computed);
  return changed > 0 || function->getDiscardableAttrDictionary() != before;
}

LogicalResult dagrt::annotateCosts(func::FuncOp function, const CostOptions &options,
                                   const CostModelRegistry &registry, CostSummary *summary) {
  if (function.isExternal())
    return success();
  FailureOr<SizeBinding> binding = readCostSizes(function, options.sizes);
  if (failed(binding))
    return failure();
  FailureOr<SymbolicCosts> costs = SymbolicCosts::create(function, options, registry);
  if (failed(costs) || failed(costs->evaluate(*binding)))
    return failure();
  writeCosts(*costs, *binding);
  if (summary) {
    summary->used = {costs->getOptions(), costs->isTakenOver()};
    summary->modelled = costs->countModelled();
    summary->given = costs->countFixed() + costs->countKept();
    if (isOfCluster(*costs))
      summary->cluster = getClusterAttr(function.getContext(), costs->getCluster());
  }
  return success();
}

LogicalResult dagrt::annotateCosts(func::FuncOp function, const CostOptions &options,
                                   CostSummary *summary) {
  return annotateCosts(function, options, CostModelRegistry::getBuiltin(), summary);
}

namespace {
struct AnnotateCostPass final : dagrt::impl::AnnotateCostPassBase<AnnotateCostPass> {
  using AnnotateCostPassBase::AnnotateCostPassBase;

  void runOnOperation() override {
    CostOptions options{cluster, getModelName(model).str(), table, sizes};
    WalkResult result = getOperation().walk(
        [&](func::FuncOp function) { return WalkResult(annotateCosts(function, options)); });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace

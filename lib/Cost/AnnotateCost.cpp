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
  for (Attribute name : names)
    if (MeshOp mesh = lookupMesh(function, cast<FlatSymbolRefAttr>(name)))
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

FailureOr<SizeBinding> dagrt::readCostSizes(func::FuncOp function, StringRef sizes) {
  auto emitError = [&]() { return function.emitError(); };
  auto module = function->getParentOfType<ModuleOp>();
  // Without a choice there is no name to check, which takes a walk over the module.
  FailureOr<SizeBinding> binding = SizeBinding();
  if (module)
    binding = sizes.empty() ? FailureOr<SizeBinding>(getDefaultSizes(module))
                            : readSizes(module, sizes, emitError);
  if (failed(binding))
    return failure();
  auto existing = function->getAttrOfType<DictionaryAttr>(DagrtDialect::kCostsAtAttrName);
  if (!existing || getSizeBinding(existing) == *binding)
    return binding;
  if (sizes.empty())
    return getSizeBinding(existing);
  return function.emitError() << "expects costs at " << binding->str() << " or none, got costs at "
                              << getSizeBinding(existing).str()
                              << "; costs hold at one binding: start from the program without them";
}

LogicalResult dagrt::annotateCosts(func::FuncOp function, const CostOptions &options,
                                   const CostModelRegistry &registry) {
  if (function.isExternal())
    return success();
  FailureOr<SizeBinding> binding = readCostSizes(function, options.sizes);
  if (failed(binding))
    return failure();
  FailureOr<SymbolicCosts> costs = SymbolicCosts::create(function, options, registry);
  if (failed(costs) || failed(costs->evaluate(*binding)))
    return failure();
  MLIRContext *context = function.getContext();
  auto name = StringAttr::get(context, DagrtDialect::kCostAttrName);
  unsigned number = 0;
  int64_t costed = 0;
  for (Block &block : function.getBody()) {
    for (Operation &op : block) {
      CostAttr cost = costs->getCost(number++);
      if (!cost) {
        // What a loop or a call cost when its body was another.
        op.removeDiscardableAttr(name);
        continue;
      }
      op.setDiscardableAttr(name, cost);
      ++costed;
    }
  }
  costed -= costs->countFixed() + costs->countKept();
  if (costed > 0 && !function->hasAttr(DagrtDialect::kClusterAttrName))
    function->setAttr(DagrtDialect::kClusterAttrName, getClusterAttr(context, costs->getCluster()));
  if (costed > 0 && costs->dependsOnSizes())
    function->setAttr(DagrtDialect::kCostsAtAttrName, getSizesAttr(context, *binding));
  emitCostRemarks(*costs, costed);
  return success();
}

LogicalResult dagrt::annotateCosts(func::FuncOp function, const CostOptions &options) {
  return annotateCosts(function, options, CostModelRegistry::getBuiltin());
}

namespace {
struct AnnotateCostPass final : dagrt::impl::AnnotateCostPassBase<AnnotateCostPass> {
  using AnnotateCostPassBase::AnnotateCostPassBase;

  void runOnOperation() override {
    CostOptions options{cluster, model, table, sizes};
    WalkResult result = getOperation().walk(
        [&](func::FuncOp function) { return WalkResult(annotateCosts(function, options)); });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace

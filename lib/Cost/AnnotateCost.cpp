//===- AnnotateCost.cpp - Puts a time on every op -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each op says what it does (WorkOpInterface, CommunicationOpInterface), and a cost model says how
// long that takes. A transformer repeats its layers, so most ops equal one that was costed
// before: costs are kept in a table by name, properties and types, and each distinct op is
// costed once. Times that the cluster's description fixes are put on their ops first;
// an op that carries a cost keeps it.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/AnnotateCost.h"
#include "dagrt/Cost/Passes.h"

#include "AnnotateSteps.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

namespace dagrt {
#define GEN_PASS_DEF_ANNOTATECOSTPASS
#include "dagrt/Cost/Passes.h.inc"
} // namespace dagrt

//===----------------------------------------------------------------------===//
// Equal costs
//===----------------------------------------------------------------------===//

static bool holdsIntegers(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isInteger();
}

unsigned SameCostInfo::getHashValue(const Operation *constOp) {
  auto *op = const_cast<Operation *>(constOp);
  llvm::hash_code hash = llvm::hash_combine(op->getName(), op->hashProperties());
  for (Value operand : op->getOperands())
    hash = llvm::hash_combine(hash, operand.getType(),
                              holdsIntegers(operand) ? operand.getAsOpaquePointer() : nullptr);
  for (Type type : op->getResultTypes())
    hash = llvm::hash_combine(hash, type);
  return static_cast<unsigned>(hash);
}

bool SameCostInfo::isEqual(const Operation *constA, const Operation *constB) {
  if (constA == constB)
    return true;
  for (const Operation *op : {constA, constB})
    if (op == getEmptyKey() || op == getTombstoneKey())
      return false;
  auto *a = const_cast<Operation *>(constA), *b = const_cast<Operation *>(constB);
  if (a->getName() != b->getName() || a->getNumOperands() != b->getNumOperands() ||
      a->getResultTypes() != b->getResultTypes() ||
      !a->getName().compareOpProperties(a->getPropertiesStorage(), b->getPropertiesStorage()))
    return false;
  return llvm::all_of(llvm::zip_equal(a->getOperands(), b->getOperands()), [](auto pair) {
    auto [x, y] = pair;
    return x.getType() == y.getType() && (!holdsIntegers(x) || x == y);
  });
}

//===----------------------------------------------------------------------===//
// One op
//===----------------------------------------------------------------------===//

bool dagrt::takesTime(Operation *op) {
  if (isa<CommunicationOpInterface>(op))
    return true;
  auto workOp = dyn_cast<WorkOpInterface>(op);
  return workOp && workOp.getWork().kind != WorkKind::None;
}

/// A time can be computed of numbers only.
static LogicalResult checkStatic(Operation *op) {
  auto isSymbolic = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && !tensor.hasStaticShape();
  };
  for (TypeRange types : {TypeRange(op->getOperandTypes()), TypeRange(op->getResultTypes())})
    for (Type type : types)
      if (isSymbolic(type))
        return op->emitOpError() << "expects sizes that are numbers, got the symbolic size in "
                                 << type << "; import the model with a number for it, such as "
                                 << "'--seq-len=8192'";
  return success();
}

/// Rounds to picoseconds. An op that does something takes one at least.
static FailureOr<CostAttr> getCostAttr(Operation *op, const Cost &cost) {
  // 2^63, which the largest time is below.
  constexpr double limit = 9223372036854775808.0;
  if (!(cost.picoseconds >= 0 && cost.picoseconds < limit))
    return op->emitOpError() << "expects a time of at most 2^63 - 1 ps (106 days), got "
                             << llvm::formatv("{0:e3}", cost.picoseconds).str() << " ps";
  int64_t picoseconds = std::llround(cost.picoseconds);
  if (cost.picoseconds > 0)
    picoseconds = std::max<int64_t>(picoseconds, 1);
  return CostAttr::get(op->getContext(), picoseconds, cost.bound, cost.provenance, cost.algorithm,
                       cost.errorPercent);
}

/// The cost of `op`; null if it takes no time.
static FailureOr<CostAttr> computeCost(Operation *op, const CostModel &model,
                                       const Cluster &cluster) {
  auto emitError = [op]() { return op->emitOpError(); };
  if (isa<CommunicationOpInterface>(op)) {
    if (failed(checkStatic(op)))
      return failure();
    FailureOr<Cost> cost =
        model.getCommunicationCost(getCommunicationShape(op), cluster, emitError);
    return failed(cost) ? FailureOr<CostAttr>() : getCostAttr(op, *cost);
  }
  auto workOp = dyn_cast<WorkOpInterface>(op);
  Work work = workOp ? workOp.getWork() : Work();
  if (work.kind == WorkKind::None)
    return CostAttr();
  if (failed(checkStatic(op)))
    return failure();
  FailureOr<Cost> cost = model.getComputeCost(work, cluster.device, emitError);
  return failed(cost) ? FailureOr<CostAttr>() : getCostAttr(op, *cost);
}

/// True if `op` may well take time, but does not say how much it does.
static bool isUnknown(Operation *op) {
  if (isa<CommunicationOpInterface, WorkOpInterface>(op) || op->hasTrait<OpTrait::IsTerminator>())
    return false;
  return llvm::any_of(op->getOperandTypes(), [](Type type) { return isa<RankedTensorType>(type); });
}

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

/// Costs one op and notes it in the summary.
static LogicalResult annotateOp(Operation *op, const CostModel &model, const Cluster &cluster,
                                StringAttr name, AnnotationSummary &summary) {
  if (op->hasAttr(name)) {
    ++summary.kept;
    return success();
  }
  if (isUnknown(op)) {
    auto &[first, count] = summary.unknown[op->getName()];
    first = first ? first : op;
    ++count;
    return success();
  }
  CostAttr cost;
  auto it = op->getNumRegions() == 0 ? summary.costs.find(op) : summary.costs.end();
  if (it != summary.costs.end()) {
    ++it->second.count;
    cost = it->second.cost;
  } else {
    FailureOr<CostAttr> computed = computeCost(op, model, cluster);
    if (failed(computed))
      return failure();
    cost = *computed;
    // What an op with a region does is not in its types.
    if (op->getNumRegions() == 0)
      summary.costs[op] = {cost, 1};
  }
  if (!cost)
    return success();
  op->setDiscardableAttr(name, cost);
  ++summary.costed;
  return success();
}

LogicalResult dagrt::annotateCosts(func::FuncOp function, const CostOptions &options,
                                   const CostModelRegistry &registry) {
  if (function.isExternal())
    return success();
  FailureOr<Cluster> cluster = loadCluster(options.cluster, function.getLoc());
  if (failed(cluster))
    return failure();
  FailureOr<std::unique_ptr<CostModel>> model =
      registry.create(options, [&]() { return function.emitError(); });
  if (failed(model) || failed(checkDevices(function, *cluster)))
    return failure();
  AnnotationSummary summary;
  summary.fixed = applyFixedTimes(function, *cluster);
  auto name = StringAttr::get(function.getContext(), DagrtDialect::kCostAttrName);
  for (Block &block : function.getBody())
    for (Operation &op : block)
      if (failed(annotateOp(&op, **model, *cluster, name, summary)))
        return failure();
  summary.kept -= summary.fixed;
  if (summary.costed > 0 && !function->hasAttr(DagrtDialect::kClusterAttrName))
    function->setAttr(DagrtDialect::kClusterAttrName,
                      getClusterAttr(function.getContext(), *cluster));
  emitCostRemarks(function, *cluster, summary);
  return success();
}

LogicalResult dagrt::annotateCosts(func::FuncOp function, const CostOptions &options) {
  return annotateCosts(function, options, CostModelRegistry::getBuiltin());
}

namespace {
struct AnnotateCostPass final : dagrt::impl::AnnotateCostPassBase<AnnotateCostPass> {
  using AnnotateCostPassBase::AnnotateCostPassBase;

  void runOnOperation() override {
    CostOptions options{cluster, model, table};
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (failed(annotateCosts(function, options)))
        return signalPassFailure();
  }
};
} // namespace

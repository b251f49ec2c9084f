//===- PlacementRemarks.cpp - What a placement replicates and pads -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Redundant work is never silent. Remarks are folded over layers: one for each role and mesh
// (replicas), mesh (weights) and size (padding).
//
//===----------------------------------------------------------------------===//

#include "PlacementRemarks.h"

#include "dagrt/IR/Layout.h"
#include "dagrt/IR/OpKinds.h"
#include "dagrt/Support/Units.h"

#include "mlir/IR/Remarks.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dagrt;

namespace {
/// Ops of one role and mesh that several devices compute alike.
struct Replicas {
  int64_t ops = 0;
  double copies = 1, extraFlops = 0;
};

/// Counts over one placed function.
struct Survey {
  func::FuncOp function;
  llvm::MapVector<std::pair<StringRef, Attribute>, Replicas> replicas;
  llvm::MapVector<Attribute, double> weightBytes, replicatedBytes;
  llvm::MapVector<std::tuple<Attribute, int64_t, int64_t, int64_t>, int64_t> padding;
  double imbalance = 0;
  int64_t communication = 0;
  SymbolTableCollection symbols;
  OpKinds kinds;
  llvm::DenseMap<unsigned, Work> workOfKind;

  explicit Survey(func::FuncOp function) : function(function) {}

  const Work &getWork(WorkOpInterface op) {
    auto [it, isNew] = workOfKind.try_emplace(kinds.getKind(op));
    if (isNew)
      it->second = op.getWork();
    return it->second;
  }
  void countWork(Operation *op);
  void countParameter(ParameterOp op);
  void countPadding(Operation *op);
  remark::RemarkOpts name(StringRef event) {
    return remark::RemarkOpts::name(event).category("partition").function(function.getName());
  }
  void emit();
};
} // namespace

void Survey::countWork(Operation *op) {
  auto workOp = dyn_cast<WorkOpInterface>(op);
  Value result = getLargestResult(op);
  DistAttr dist = result ? getDist(result.getType()) : DistAttr();
  if (!workOp || !dist)
    return;
  const Work &work = getWork(workOp);
  if (work.logicalFlops > 0 && work.totalFlops > work.logicalFlops) {
    RoleAttr role = getRole(op);
    StringRef name = role ? role.getName() : op->getName().getStringRef();
    Replicas &entry = replicas[{name, dist.getMesh()}];
    ++entry.ops;
    entry.copies = work.totalFlops / work.logicalFlops;
    entry.extraFlops += work.totalFlops - work.logicalFlops;
  }
  auto attention = dyn_cast<AttentionOpInterface>(op);
  if (attention && attention.getCausal() && work.kind == WorkKind::Attention &&
      work.totalFlops > 0) {
    MeshOp mesh = lookupMesh(op, dist.getMesh(), symbols);
    imbalance = std::max(imbalance, work.flops * mesh.getNumDevices() / work.totalFlops);
  }
}

void Survey::countParameter(ParameterOp op) {
  Layout layout = *Layout::get(symbols, op, op.getType());
  auto mesh = FlatSymbolRefAttr::get(layout.getMesh().getSymNameAttr());
  double bytes = getElementBytes(op.getType().getElementType());
  for (int64_t size : op.getType().getShape())
    bytes *= size;
  weightBytes[mesh] += bytes;
  if (layout.getNumReplicas() > 1)
    replicatedBytes[mesh] += bytes;
}

void Survey::countPadding(Operation *op) {
  for (Value result : op->getResults()) {
    std::optional<Layout> layout = Layout::get(symbols, op, result.getType());
    if (!layout)
      continue;
    FlatSymbolRefAttr mesh = layout->getDist().getMesh();
    for (size_t dim = 0; dim < layout->getRank(); ++dim) {
      int64_t size = layout->getShape()[dim], shards = layout->getNumShards(dim);
      int64_t padded = getShardSize(size, shards) * shards;
      if (padded != size)
        ++padding[{mesh, size, shards, padded}];
    }
  }
}

void Survey::emit() {
  Location loc = function.getLoc();
  for (auto &[key, entry] : replicas)
    remark::analysis(loc, name("Replicated"))
        << remark::add(
               "{0} runs alike on {1} devices of mesh '{2}': {3} ops, {4} GFLOP more than the "
               "model's",
               key.first, static_cast<int64_t>(entry.copies),
               cast<FlatSymbolRefAttr>(key.second).getValue(), entry.ops,
               llvm::formatv("{0:F3}", entry.extraFlops / 1e9).str())
        << remark::metric("ExtraFlops", entry.extraFlops);
  for (auto &[mesh, bytes] : weightBytes)
    remark::analysis(loc, name("Weights"))
        << remark::add("a device of mesh '{0}' holds {1} of weights, {2} of it in replicas",
                       cast<FlatSymbolRefAttr>(mesh).getValue(), formatBytes(bytes),
                       formatBytes(replicatedBytes.lookup(mesh)));
  for (auto &[key, count] : padding)
    remark::analysis(loc, name("Padded")) << remark::add(
        "a dim of {0} over {1} shards on mesh '{2}' is padded to {3} ({4} values)",
        std::get<1>(key), std::get<2>(key), cast<FlatSymbolRefAttr>(std::get<0>(key)).getValue(),
        std::get<3>(key), count);
  if (imbalance > 0)
    remark::analysis(loc, name("AttentionBalance"))
        << remark::add("the busiest device has {0} times the mean work of causal attention",
                       llvm::formatv("{0:F3}", imbalance).str())
        << remark::metric("Imbalance", imbalance);
  remark::passed(loc, name("Partitioned")) << remark::add("{0} ops communicate", communication)
                                           << remark::metric("CommunicationOps", communication);
}

void dagrt::emitPlacementRemarks(func::FuncOp function) {
  if (!function.getContext()->getRemarkEngine())
    return;
  Survey survey(function);
  for (Operation &op : function.getBody().front()) {
    survey.countWork(&op);
    survey.countPadding(&op);
    if (auto parameter = dyn_cast<ParameterOp>(op))
      survey.countParameter(parameter);
    survey.communication += isa<CommunicationOpInterface>(op);
  }
  survey.emit();
}

//===- CostOrigin.cpp - Provenance of a program's costs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A function whose costs were computed says by which model, with which tables, and for which
// cluster (`dagrt.cost_model`, and the facts in `dagrt.cluster`), and at which sizes
// (`dagrt.costs_at`). These are the defaults when costs are asked for again; naming others is an
// error, because the costs in the program would be replaced.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/AnnotateCost.h"
#include "dagrt/Cost/Cluster.h"
#include "dagrt/IR/Dagrt.h"

using namespace mlir;
using namespace dagrt;

static constexpr StringLiteral kDefaultCluster = "dgx-h100", kDefaultModel = "calibrated";

/// An entry of `dagrt.cost_model`, empty if there is none.
static StringRef getRecorded(func::FuncOp function, StringRef key) {
  auto record = function->getAttrOfType<DictionaryAttr>(DagrtDialect::kCostModelAttrName);
  auto name = record ? record.getAs<StringAttr>(key) : StringAttr();
  return name ? name.getValue() : StringRef();
}

static InFlightDiagnostic emitConflict(func::FuncOp function, StringRef what, StringRef named,
                                       StringRef recorded) {
  return function.emitError()
         << "expects costs " << what << " '" << named << "' or none, got costs " << what << " '"
         << recorded << "' (dagrt.cost_model); name no other, or start from the program before "
         << "--annotate-cost";
}

/// Whether the description that is named is the recorded one by another name.
static bool isSameCluster(func::FuncOp function, StringRef named) {
  auto recorded = function->getAttrOfType<ClusterAttr>(DagrtDialect::kClusterAttrName);
  if (!recorded)
    return false;
  FailureOr<Cluster> cluster = loadCluster(named, function.getLoc());
  return succeeded(cluster) && getClusterAttr(function.getContext(), *cluster) == recorded;
}

FailureOr<ResolvedCostOptions> dagrt::resolveCostOptions(func::FuncOp function,
                                                         const CostOptions &options) {
  ResolvedCostOptions resolved{options, false};
  CostOptions &used = resolved.options;
  StringRef cluster = getRecorded(function, "cluster"), model = getRecorded(function, "model"),
            table = getRecorded(function, "table");
  // A file that is not there is an error of its own.
  if (!options.cluster.empty() && options.cluster != cluster &&
      failed(loadCluster(options.cluster, function.getLoc())))
    return failure();
  if (!options.cluster.empty() && !cluster.empty() && options.cluster != cluster &&
      !isSameCluster(function, options.cluster))
    return emitConflict(function, "for cluster", options.cluster, cluster);
  if (!options.model.empty() && !model.empty() && options.model != model)
    return emitConflict(function, "by model", options.model, model);
  if (!options.table.empty() && !model.empty() && options.table != table)
    return emitConflict(function, "with table", options.table, table);
  auto take = [&](std::string &option, StringRef recorded, StringRef other) {
    if (!option.empty())
      return;
    resolved.isTakenOver |= !recorded.empty();
    option = (recorded.empty() ? other : recorded).str();
  };
  take(used.cluster, cluster, kDefaultCluster);
  take(used.table, table, "");
  take(used.model, model, kDefaultModel);
  return resolved;
}

FailureOr<ResolvedCostOptions> dagrt::resolveCostOptions(ModuleOp module,
                                                         const CostOptions &options) {
  ResolvedCostOptions all{options, false};
  bool isFirst = true;
  for (auto function : module.getOps<func::FuncOp>()) {
    bool hasRecord = function->hasAttr(DagrtDialect::kCostModelAttrName);
    if (function.isExternal() || (!isFirst && !hasRecord))
      continue;
    // Once something is taken over it is as good as named: all functions must agree with it.
    FailureOr<ResolvedCostOptions> resolved =
        resolveCostOptions(function, all.isTakenOver ? all.options : options);
    if (failed(resolved))
      return failure();
    if (isFirst || !all.isTakenOver)
      all = std::move(*resolved);
    isFirst = false;
  }
  all.options.cluster = all.options.cluster.empty() ? kDefaultCluster.str() : all.options.cluster;
  all.options.model = all.options.model.empty() ? kDefaultModel.str() : all.options.model;
  return all;
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

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

FailureOr<SizeBinding> dagrt::readCostSizes(ModuleOp module, StringRef sizes) {
  auto emitError = [&]() { return mlir::emitError(module.getLoc()); };
  if (sizes.empty())
    for (auto function : module.getOps<func::FuncOp>())
      if (auto at = function->getAttrOfType<DictionaryAttr>(DagrtDialect::kCostsAtAttrName))
        return getSizeBinding(at);
  return readSizes(module, sizes, emitError);
}

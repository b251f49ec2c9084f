//===- StrategyUse.cpp - What of a strategy has an effect -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Entries, names of factors, meshes and axes, in the order of the file: the first that had no
// effect is reported where it stands.
//
//===----------------------------------------------------------------------===//

#include "StrategyUse.h"
#include "dagrt/Support/NearestName.h"

#include "llvm/ADT/StringExtras.h"

#include <map>

using namespace mlir;
using namespace dagrt;

void StrategyUse::addCuts(ArrayRef<CutSpec> specs, const ShardingRule &rule) {
  std::map<std::string, unsigned> counts;
  std::set<std::string> names;
  for (const Factor &factor : rule.factors) {
    names.insert(factor.name.str() + std::to_string(counts[factor.name.str()]));
    // The first of a name may be called without its number.
    if (counts[factor.name.str()]++ == 0)
      names.insert(factor.name.str());
  }
  for (const CutSpec &spec : specs) {
    CutUse &use = cuts[&spec];
    use.found.resize(spec.over.size());
    use.factors.insert(names.begin(), names.end());
    for (auto [found, name] : llvm::zip_equal(use.found, spec.over))
      found = found || names.count(name);
  }
}

InFlightDiagnostic StrategyUse::emitError(ModuleOp module, TextPosition position) const {
  Location loc = module.getLoc();
  if (position.line > 0)
    loc = FileLineColLoc::get(module.getContext(), strategy.file, position.line, position.column);
  return mlir::emitError(loc);
}

LogicalResult StrategyUse::checkEntries(ModuleOp module) const {
  std::vector<std::string> known;
  for (const std::string &role : roles) {
    known.push_back(role);
    known.push_back(StringRef(role).split('.').first.str());
  }
  for (const StrategyEntry &entry : strategy.entries) {
    if (!isUsed(entry) && !entry.isOptional)
      return emitError(module, entry.position)
             << "expects each entry to match an op, got the entry for role '" << entry.role
             << "', which matches none of this model" << suggestName(entry.role, known)
             << "; 'optional: true' keeps it for other models";
    if (!entry.cut)
      continue;
    for (const CutSpec &cut : *entry.cut) {
      auto use = cuts.find(&cut);
      if (use == cuts.end())
        continue;
      for (auto [i, name] : llvm::enumerate(cut.over))
        if (!use->second.found[i]) {
          std::vector<std::string> factors(use->second.factors.begin(), use->second.factors.end());
          return emitError(module, cut.positions[i])
                 << "expects factors of the ops of role '" << entry.role << "', which are "
                 << llvm::join(factors, ", ") << "; got '" << name << '\''
                 << suggestName(name, factors);
        }
    }
  }
  return success();
}

/// Meshes that values are on, and axes that shard one, each as `mesh` or `mesh/axis`.
static std::set<std::string> collectUses(ModuleOp module) {
  std::set<std::string> uses;
  llvm::DenseSet<Attribute> seen;
  auto add = [&](Type type) {
    DistAttr dist = getDist(type);
    if (!dist || !seen.insert(dist).second)
      return;
    std::string mesh = dist.getMesh().getValue().str();
    uses.insert(mesh);
    auto addAxes = [&](AxesAttr axes) {
      for (AxisRefAttr axis : axes)
        uses.insert(mesh + "/" + axis.getName().str());
    };
    for (AxesAttr axes : dist.getDims())
      addAxes(axes);
    addAxes(dist.getPartial());
  };
  module.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      add(type);
  });
  return uses;
}

LogicalResult StrategyUse::checkMeshes(ModuleOp module) const {
  std::set<std::string> uses = collectUses(module);
  for (const MeshSpec &mesh : strategy.meshes) {
    bool isUsed = false;
    std::set<StringRef> cutting;
    for (int64_t i = 0; i < mesh.repeat.value_or(1); ++i) {
      std::string name = mesh.repeat ? mesh.name + std::to_string(i) : mesh.name;
      isUsed |= uses.count(name) > 0;
      for (const auto &axis : mesh.axes)
        if (uses.count(name + "/" + axis.first))
          cutting.insert(axis.first);
    }
    if (!isUsed)
      return emitError(module, mesh.position)
             << "expects each mesh to be used, got mesh '" << mesh.name << "', which no op runs on";
    for (const auto &[axis, size] : mesh.axes)
      if (size > 1 && !cutting.count(axis))
        return emitError(module, mesh.position)
               << "expects each axis to shard something, got axis '" << axis << "' of mesh '"
               << mesh.name << "': its " << size << " devices would all do the same work";
  }
  return success();
}

LogicalResult StrategyUse::check(ModuleOp module) const {
  if (strategy.file.empty())
    return success();
  return success(succeeded(checkEntries(module)) && succeeded(checkMeshes(module)));
}

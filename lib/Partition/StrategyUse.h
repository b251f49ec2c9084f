//===- StrategyUse.h - What of a strategy has an effect -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A mistyped role or factor leaves a model replicated on every device, which takes longer and says
// nothing. So what a strategy says is counted where it is used, and what never was is an error.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_PARTITION_STRATEGYUSE_H
#define DAGRT_LIB_PARTITION_STRATEGYUSE_H

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Partition/Strategy.h"

#include "mlir/IR/BuiltinOps.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

#include <set>

namespace dagrt {

/// Counts what of a strategy is used.
class StrategyUse {
public:
  explicit StrategyUse(const Strategy &strategy) : strategy(strategy) {}

  void addRole(llvm::StringRef role) { roles.insert(role.str()); }
  void addEntry(const StrategyEntry &entry) { entries.insert(&entry); }
  bool isUsed(const StrategyEntry &entry) const { return entries.contains(&entry); }
  /// Notes which factors of `rule` the entries name.
  void addCuts(llvm::ArrayRef<CutSpec> cuts, const ShardingRule &rule);

  /// Emits an error where something of the strategy's file had no effect on `module`; a built-in
  /// strategy is for all models.
  mlir::LogicalResult check(mlir::ModuleOp module) const;

private:
  mlir::LogicalResult checkEntries(mlir::ModuleOp module) const;
  mlir::LogicalResult checkMeshes(mlir::ModuleOp module) const;
  mlir::InFlightDiagnostic emitError(mlir::ModuleOp module, TextPosition position) const;

  const Strategy &strategy;
  std::set<std::string> roles;
  llvm::DenseSet<const StrategyEntry *> entries;
  /// Of each `cut` that was applied: the factors that its ops have, and for each name of `over`
  /// whether it was one of them.
  struct CutUse {
    std::set<std::string> factors;
    llvm::SmallVector<bool, 4> found;
  };
  llvm::DenseMap<const CutSpec *, CutUse> cuts;
};

} // namespace dagrt

#endif // DAGRT_LIB_PARTITION_STRATEGYUSE_H

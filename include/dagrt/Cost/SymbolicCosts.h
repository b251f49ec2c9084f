//===- SymbolicCosts.h - Costs of ops at any sizes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The costs of a function as a function of its sizes. A model repeats its layers, so there are few
// classes of ops whose costs must be equal: one op of each class is kept, and each binding asks the
// cost model about these only. The function is read, never changed.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_SYMBOLICCOSTS_H
#define DAGRT_COST_SYMBOLICCOSTS_H

#include "dagrt/Cost/BoundOps.h"
#include "dagrt/Cost/CostModel.h"
#include "dagrt/Cost/Coverage.h"
#include "dagrt/Cost/NestedCosts.h"
#include "dagrt/IR/OpKinds.h"

#include "llvm/ADT/DenseMap.h"

namespace dagrt {

/// Ops whose cost is the same at any binding.
struct CostClass {
  mlir::Operation *op = nullptr; ///< The first of them.
  int64_t count = 0;             ///< How many they are.
  /// The cost that was given to them, or that the cluster's description fixes; null if the model is
  /// asked.
  CostAttr given;
  CostAttr cost; ///< At the last binding.
  /// The cost that a model computed for them before; it holds while its fingerprint does.
  CostAttr carried;
  /// Classes of one kind differ in what they carry and in which meshes they lie on, and cost the
  /// same: the model is asked about the first of them.
  unsigned kind = 0;
};

/// What the ops of a function cost, at any binding of its sizes.
class SymbolicCosts {
public:
  /// Groups the ops of `function`. Errors are emitted on the op they belong to.
  static mlir::FailureOr<SymbolicCosts> create(mlir::func::FuncOp function,
                                               const CostOptions &options,
                                               const CostModelRegistry &registry);

  /// Asks the cost model about each class at `binding`.
  mlir::LogicalResult evaluate(const SizeBinding &binding);

  /// The cost at the last binding of op `number`, counted through the function's blocks; null if it
  /// takes no time.
  CostAttr getCost(unsigned number) const {
    return classOf[number] == kFree ? CostAttr() : classes[classOf[number]].cost;
  }
  bool takesTime(unsigned number) const { return classOf[number] != kFree; }
  /// The class of op `number`, kFree if it takes no time.
  unsigned getClass(unsigned number) const { return classOf[number]; }

  static constexpr unsigned kFree = ~0u;

  llvm::ArrayRef<CostClass> getClasses() const { return classes; }
  /// The meshes that class `index` lies on: those of classes of one kind correspond.
  llvm::SmallVector<MeshOp, 2> getMeshes(unsigned index) const {
    return kinds->getMeshes(classes[index].op);
  }
  /// What stands for class `index` at the last binding.
  mlir::Operation *getBoundOp(unsigned index) const { return (*bound)[index]; }
  /// True if a cost may depend on the binding.
  bool dependsOnSizes() const { return bound->hasCopies(); }
  const Cluster &getCluster() const { return cluster; }
  /// The cluster, model and table that were named, taken over, or are the defaults.
  const CostOptions &getOptions() const { return options; }
  bool isTakenOver() const { return takenOver; }
  mlir::func::FuncOp getFunction() const { return function; }

  int64_t countFixed() const { return fixed; } ///< That the cluster's description fixes.
  int64_t countKept() const { return kept; }   ///< That were given a cost.
  int64_t countModelled() const;               ///< Whose cost a model says.
  /// True if a model says what some of the ops cost.
  bool isModelled() const;
  /// Ops that take time that is not counted, by name.
  llvm::ArrayRef<NamedOps> getUncounted() const { return uncounted; }
  /// Branches that count as long as their longest body.
  llvm::ArrayRef<NamedOps> getBranches() const { return branches; }

private:
  SymbolicCosts() = default;
  mlir::LogicalResult groupOps();
  /// Decides which model is asked; null if all that is known of it are costs that it computed.
  mlir::LogicalResult createModel(const CostModelRegistry &registry);
  struct KindCost;
  mlir::LogicalResult describeKind(const CostClass &entry, mlir::Operation *boundOp,
                                   KindCost &kind) const;
  uint32_t getClassPrint(const CostClass &entry, const KindCost &kind) const;
  mlir::FailureOr<CostAttr> getModelledCost(const CostClass &entry, KindCost &kind) const;
  mlir::LogicalResult checkGiven(const CostClass &entry) const;

  mlir::func::FuncOp function;
  Cluster cluster;
  CostOptions options;
  bool takenOver = false;
  std::unique_ptr<CostModel> model;
  uint64_t machinePrint = 0;
  uint32_t modelPrint = 0;
  std::vector<unsigned> classOf;
  std::vector<CostClass> classes;
  std::unique_ptr<OpKinds> kinds;
  std::unique_ptr<BoundOps> bound;
  std::optional<MicrobatchSizes> microbatches;
  int64_t fixed = 0, kept = 0;
  std::vector<NamedOps> uncounted, branches;
  /// What the classes consist of that are loops, branches or calls. Looked up only.
  llvm::DenseMap<unsigned, NestedCost> nested;

  friend class OpGrouper;
};

/// Writes the costs at the last binding, which is `binding`, on the ops of their function, and what
/// they were computed with on the function. True if that changes anything.
bool writeCosts(const SymbolicCosts &costs, const SizeBinding &binding);

} // namespace dagrt

#endif // DAGRT_COST_SYMBOLICCOSTS_H

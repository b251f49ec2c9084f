//===- LogicalTotals.cpp - What a model computes, counted once -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/LogicalTotals.h"
#include "dagrt/IR/Dagrt.h"
#include "dagrt/IR/OpKinds.h"
#include "dagrt/IR/Work.h"
#include "dagrt/Support/EqualOps.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/Allocator.h"

using namespace mlir;
using namespace dagrt;

namespace {
/// Gives ops of one block numbers: equal ones where they compute the same thing.
class Numbering {
public:
  /// At most `ops` ops are numbered.
  explicit Numbering(size_t ops) {
    values.reserve(ops);
    first.reserve(ops);
  }

  /// False if an op before `op` computes the same.
  bool add(Operation *op);

private:
  using Key = SmallVector<uintptr_t, 8>;

  Key getKey(Operation *op);
  uintptr_t getNumber(Value value);
  uintptr_t getGlobalType(Type type);

  uintptr_t next = 0;
  // All are looked up only, and never iterated.
  llvm::DenseMap<Value, uintptr_t> values;
  llvm::DenseMap<Operation *, uintptr_t, SamePropertiesInfo> properties;
  llvm::DenseMap<Type, uintptr_t> globalTypes;
  /// The number of the first result of an op. The keys are in `storage`.
  llvm::DenseMap<ArrayRef<uintptr_t>, uintptr_t> first;
  llvm::BumpPtrAllocator storage;
};
} // namespace

/// True if `op` leaves the value as it is, and changes only where it lies.
static bool onlyMoves(Operation *op) {
  if (auto recv = dyn_cast<RecvOp>(op))
    return !recv.getPiece();
  return isa<CollectiveOpInterface, SendOp>(op);
}

uintptr_t Numbering::getNumber(Value value) {
  auto [it, isNew] = values.try_emplace(value, next);
  next += isNew;
  return it->second;
}

/// Of a type, what does not depend on where the value lies.
uintptr_t Numbering::getGlobalType(Type type) {
  auto [it, isNew] = globalTypes.try_emplace(type);
  if (!isNew)
    return it->second;
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (tensor && getDist(tensor))
    type = RankedTensorType::get(getGlobalShape(tensor).getNumbers(), tensor.getElementType());
  return it->second = reinterpret_cast<uintptr_t>(type.getAsOpaquePointer());
}

Numbering::Key Numbering::getKey(Operation *op) {
  Attribute role = op->getDiscardableAttr(DagrtDialect::kRoleAttrName);
  Key key{properties.try_emplace(op, properties.size()).first->second,
          reinterpret_cast<uintptr_t>(role.getAsOpaquePointer()), op->getNumResults()};
  for (Type type : op->getResultTypes())
    key.push_back(getGlobalType(type));
  for (Value operand : op->getOperands())
    key.push_back(getNumber(operand));
  return key;
}

bool Numbering::add(Operation *op) {
  if (onlyMoves(op)) {
    for (Value result : op->getResults())
      values[result] = getNumber(op->getOperand(0));
    return true;
  }
  if (op->getNumRegions() > 0 || !isMemoryEffectFree(op))
    return true;
  Key key = getKey(op);
  auto it = first.find(key);
  bool isNew = it == first.end();
  uintptr_t number = isNew ? next : it->second;
  if (isNew) {
    first.try_emplace(ArrayRef(key).copy(storage), number);
    next += op->getNumResults();
  }
  for (auto [i, result] : llvm::enumerate(op->getResults()))
    values[result] = number + i;
  return isNew;
}

/// The ops of a function's blocks that results or side effects depend on.
static llvm::DenseSet<Operation *> findLiveOps(Region &body) {
  llvm::DenseSet<Operation *> live;
  for (Block &block : llvm::reverse(body))
    for (Operation &op : llvm::reverse(block)) {
      if (isMemoryEffectFree(&op) && !op.hasTrait<OpTrait::IsTerminator>() && !live.contains(&op))
        continue;
      live.insert(&op);
      op.walk([&](Operation *inner) {
        for (Value operand : inner->getOperands())
          if (Operation *producer = operand.getDefiningOp())
            live.insert(producer);
      });
    }
  return live;
}

static int64_t getStoredElements(ParameterOp op) {
  ArrayRef<int64_t> shape = getGlobalShape(op.getType());
  if (ViewAttr view = op.getViewAttr())
    shape = view.getStored();
  int64_t elements = 1;
  for (int64_t size : shape)
    elements *= size;
  return elements;
}

LogicalTotals dagrt::getLogicalTotals(func::FuncOp function) {
  LogicalTotals totals;
  llvm::DenseSet<Operation *> live = findLiveOps(function.getBody());
  OpKinds kinds;
  llvm::DenseMap<unsigned, double> flopsOfKind;
  auto getFlops = [&](WorkOpInterface op) {
    auto [it, isNew] = flopsOfKind.try_emplace(kinds.getKind(op));
    if (isNew)
      it->second = op.getWork().logicalFlops;
    return it->second;
  };
  for (Block &block : function.getBody()) {
    Numbering numbering(live.size());
    for (Operation &op : block) {
      if (!live.contains(&op) || !numbering.add(&op))
        continue;
      op.walk([&](WorkOpInterface inner) { totals.flops += getFlops(inner); });
    }
  }
  llvm::DenseSet<StringRef> all, used;
  function.walk([&](ParameterOp op) {
    if (all.insert(op.getName()).second)
      totals.allParameters += getStoredElements(op);
    bool isUsed = op->getBlock()->getParentOp() != function || live.contains(op);
    if (isUsed && used.insert(op.getName()).second)
      totals.parameters += getStoredElements(op);
  });
  return totals;
}

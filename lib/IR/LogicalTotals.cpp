//===- LogicalTotals.cpp - What a model computes, counted once -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/LogicalTotals.h"
#include "dagrt/IR/Dagrt.h"
#include "dagrt/IR/Work.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/DenseSet.h"

#include <map>
#include <vector>

using namespace mlir;
using namespace dagrt;

namespace {
/// Gives ops of one block numbers: equal ones where they compute the same thing.
class Numbering {
public:
  /// False if an op before `op` computes the same.
  bool add(Operation *op);

private:
  using Key = std::vector<uintptr_t>;

  Key getKey(Operation *op);
  uintptr_t getNumber(Value value);

  uintptr_t next = 0;
  llvm::DenseMap<Value, uintptr_t> values;
  std::map<Key, uintptr_t> first; ///< The number of the first result of an op.
};
} // namespace

/// True if `op` leaves the value as it is, and changes only where it lies.
static bool onlyMoves(Operation *op) {
  if (auto recv = dyn_cast<RecvOp>(op))
    return !recv.getPiece();
  return isa<AllReduceOp, AllGatherOp, ReduceScatterOp, AllToAllOp, AllSliceOp, SendOp>(op);
}

uintptr_t Numbering::getNumber(Value value) {
  auto [it, isNew] = values.try_emplace(value, next);
  next += isNew;
  return it->second;
}

/// Of a type, what does not depend on where the value lies.
static const void *getGlobalType(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !getDist(tensor))
    return type.getAsOpaquePointer();
  return RankedTensorType::get(getGlobalShape(tensor).getNumbers(), tensor.getElementType())
      .getAsOpaquePointer();
}

Numbering::Key Numbering::getKey(Operation *op) {
  auto add = [](const void *pointer) { return reinterpret_cast<uintptr_t>(pointer); };
  Key key{add(op->getName().getAsOpaquePointer()),
          add(op->getPropertiesAsAttribute().getAsOpaquePointer()),
          add(op->getAttr(DagrtDialect::kRoleAttrName).getAsOpaquePointer())};
  for (Type type : op->getResultTypes())
    key.push_back(add(getGlobalType(type)));
  for (Value operand : op->getOperands())
    key.push_back(getNumber(operand));
  return key;
}

bool Numbering::add(Operation *op) {
  if (onlyMoves(op)) {
    values[op->getResult(0)] = getNumber(op->getOperand(0));
    return true;
  }
  if (op->getNumRegions() > 0 || !isMemoryEffectFree(op))
    return true;
  auto [it, isNew] = first.try_emplace(getKey(op), next);
  if (isNew)
    next += op->getNumResults();
  for (auto [i, result] : llvm::enumerate(op->getResults()))
    values[result] = it->second + i;
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
  for (Block &block : function.getBody()) {
    Numbering numbering;
    for (Operation &op : block) {
      if (!live.contains(&op) || !numbering.add(&op))
        continue;
      op.walk([&](WorkOpInterface inner) { totals.flops += inner.getWork().logicalFlops; });
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

//===- KeyValues.cpp - Keys and values that decoding needs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// They are operands of attention: of the fused op, or of the two matmuls around a softmax. Only
// causal attention has a next token. Decomposed, the softmax has the mask: from it, the matmuls are
// found along values of the scores' rank, through whatever scales, caps, biases or moves scores.
//
//===----------------------------------------------------------------------===//

#include "KeyValues.h"

#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace dagrt;

/// Where `value` lies: what copies were gathered or shifted from, on the same devices.
static Value findHome(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<AllGatherOp, ShiftOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

static bool isOfScores(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  // [batch, groups, heads of a group, queries, keys].
  return type && type.getRank() == 5;
}

namespace {
/// Collects keys and values of one function.
class Collector {
public:
  void visit(Operation &op) {
    if (auto attention = dyn_cast<AttentionOp>(op)) {
      int64_t window = attention.getWindow().value_or(0);
      if (!attention.getCausal() && window == 0)
        return;
      keep(attention.getKey(), window);
      if (attention.getValue())
        keep(attention.getValue(), window);
    } else if (auto softmax = dyn_cast<SoftmaxOp>(op)) {
      int64_t window = softmax.getWindow().value_or(0);
      if (!softmax.getCausal() && window == 0)
        return;
      keepKeys(softmax.getScores(), window);
      keepValues(softmax.getResult(), window);
    }
  }

  KeyValues take() { return std::move(kept); }

private:
  /// Of several readers, the one that sees most decides.
  void keep(Value value, int64_t window) {
    auto [it, isNew] = kept.try_emplace(findHome(value), window);
    if (!isNew)
      it->second = it->second == 0 || window == 0 ? 0 : std::max(it->second, window);
  }

  /// From scores back to the matmul that made them.
  void keepKeys(Value scores, int64_t window) {
    SmallVector<Value> pending = {scores};
    llvm::SmallPtrSet<Operation *, 8> seen;
    while (!pending.empty()) {
      Operation *op = pending.pop_back_val().getDefiningOp();
      if (!op || !seen.insert(op).second)
        continue;
      if (auto product = dyn_cast<AttentionScoresOp>(op)) {
        keep(product.getKey(), window);
        continue;
      }
      for (Value operand : op->getOperands())
        if (isOfScores(operand))
          pending.push_back(operand);
    }
  }

  /// From weights on to the matmuls that read them.
  void keepValues(Value weights, int64_t window) {
    SmallVector<Value> pending = {weights};
    llvm::SmallPtrSet<Operation *, 8> seen;
    while (!pending.empty())
      for (Operation *user : pending.pop_back_val().getUsers()) {
        if (!seen.insert(user).second)
          continue;
        if (auto product = dyn_cast<AttentionContextOp>(user)) {
          keep(product.getValue(), window);
          continue;
        }
        for (Value result : user->getResults())
          if (isOfScores(result))
            pending.push_back(result);
      }
  }

  KeyValues kept;
};
} // namespace

KeyValues dagrt::findKeyValues(func::FuncOp function) {
  Collector collector;
  for (Operation &op : function.getBody().front())
    collector.visit(op);
  return collector.take();
}

//===- KeyValues.cpp - Keys and values that decoding needs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// They are operands of attention: of the fused op, or of the two matmuls around a softmax, which
// finds them. Only causal attention has a next token.
//
//===----------------------------------------------------------------------===//

#include "KeyValues.h"

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

/// Of several readers, the one that sees most decides.
static void keep(KeyValues &kept, Value value, int64_t window) {
  auto [it, isNew] = kept.try_emplace(findHome(value), window);
  if (!isNew)
    it->second = it->second == 0 || window == 0 ? 0 : std::max(it->second, window);
}

KeyValues dagrt::findKeyValues(func::FuncOp function) {
  KeyValues kept;
  for (auto attention : function.getOps<AttentionOpInterface>()) {
    int64_t window = attention.getWindow().value_or(0);
    if (!attention.getCausal() && window == 0)
      continue;
    for (Value value : attention.getKeysAndValues())
      keep(kept, value, window);
  }
  return kept;
}

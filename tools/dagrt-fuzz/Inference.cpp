//===- Inference.cpp - Results that follow from operands -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Inference.h"
#include "dagrt/IR/Layout.h"

#include "mlir/Interfaces/InferTypeOpInterface.h"

using namespace mlir;
using namespace dagrt;

/// True if both have one shape and lie alike, however their axes are written.
static bool isAlike(Operation *op, Type a, Type b) {
  auto tensorA = dyn_cast<RankedTensorType>(a), tensorB = dyn_cast<RankedTensorType>(b);
  if (!tensorA || !tensorB || tensorA.getShape() != tensorB.getShape())
    return false;
  std::optional<Layout> layoutA = Layout::get(op, a), layoutB = Layout::get(op, b);
  return layoutA && layoutB ? *layoutA == *layoutB : tensorA.getEncoding() == tensorB.getEncoding();
}

std::string dagrt::findOtherResults(func::FuncOp function) {
  for (auto op : function.getOps<InferTypeOpInterface>()) {
    if (!isa<DagrtDialect>(op->getDialect()))
      continue;
    SmallVector<Type> types;
    bool follows = succeeded(op.inferReturnTypes(
        op->getContext(), op->getLoc(), op->getOperands(), op->getRawDictionaryAttrs(),
        op->getPropertiesStorage(), op->getRegions(), types));
    // Attention may have log-sums without a need for them.
    follows &= types.size() <= op->getNumResults() && !types.empty();
    for (auto [inferred, actual] : llvm::zip(types, op->getResultTypes()))
      follows &= isAlike(op, inferred, actual);
    if (!follows)
      return ("expects the results of '" + op->getName().getStringRef() +
              "' to follow from its operands, got others")
          .str();
  }
  return "";
}

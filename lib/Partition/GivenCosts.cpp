//===- GivenCosts.cpp - What a placed op loses -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GivenCosts.h"

#include "dagrt/IR/Dagrt.h"

using namespace mlir;
using namespace dagrt;

LogicalResult dagrt::dropTimes(Operation *op, const Twine &how) {
  op->removeDiscardableAttr(DagrtDialect::kTimingAttrName);
  CostAttr cost = getCost(op);
  if (!cost)
    return success();
  if (!cost.isGiven()) {
    op->removeDiscardableAttr(DagrtDialect::kCostAttrName);
    return success();
  }
  return op->emitOpError() << "expects no given time on an op that is " << how << ", got " << cost
                           << "; remove its 'dagrt.cost', or give times to the placed program";
}

//===- EmptyTensors.cpp - Ops on tensors without elements -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// linalg has no loops over dims without elements. What has no elements needs no op, and a sum over
// none of them is zero: both are constants.
//
//===----------------------------------------------------------------------===//

#include "EmptyTensors.h"
#include "CarriedType.h"
#include "dagrt/IR/Dagrt.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace dagrt;

/// True of a tensor, or a message of one, that has no elements on a device.
static bool isEmpty(Type type) {
  RankedTensorType tensor = getCarriedType(type);
  return tensor && llvm::is_contained(tensor.getShape(), 0);
}

static void replaceByZero(Operation *op) {
  OpBuilder builder(op);
  for (Value result : op->getResults()) {
    TypedAttr zero = builder.getZeroAttr(result.getType());
    result.replaceAllUsesWith(arith::ConstantOp::create(builder, op->getLoc(), zero));
  }
  op->erase();
}

/// True for a sum of no terms: the op contracts a dim that has no elements.
static bool isEmptySum(Operation *op) {
  auto sharded = dyn_cast<ShardingRuleOpInterface>(op);
  if (!sharded || llvm::none_of(op->getOperandTypes(), isEmpty))
    return false;
  ShardingRule rule = sharded.getShardingRule();
  for (auto [type, factors] : llvm::zip(op->getOperandTypes(), rule.operands))
    for (auto [size, factor] : llvm::zip(cast<RankedTensorType>(type).getShape(), factors))
      if (size == 0 && rule.factors[factor].kind == FactorKind::Contracted)
        return true;
  return false;
}

/// Leaves out the parts of a concatenation that add nothing.
static void dropEmptyParts(ConcatOp concat) {
  SmallVector<Value> parts(llvm::make_filter_range(
      concat->getOperands(), [](Value part) { return !isEmpty(part.getType()); }));
  if (parts.size() < concat->getNumOperands())
    concat->setOperands(parts);
}

void dagrt::replaceEmptyTensors(func::FuncOp func) {
  if (func.isExternal())
    return;
  SmallVector<Operation *> sends;
  for (Operation &op : llvm::make_early_inc_range(func.getOps())) {
    if (op.getNumResults() == 0 || op.hasTrait<OpTrait::ConstantLike>() ||
        !(isa_and_nonnull<DagrtDialect>(op.getDialect()) ||
          OpTrait::hasElementwiseMappableTraits(&op)))
      continue;
    if (auto concat = dyn_cast<ConcatOp>(op); concat && !isEmpty(concat.getType())) {
      dropEmptyParts(concat);
      continue;
    }
    bool isNothing = llvm::all_of(op.getResultTypes(), isEmpty);
    if (isa<SendOp>(op) && isNothing)
      sends.push_back(&op);
    else if (isNothing || isEmptySum(&op))
      replaceByZero(&op);
  }
  // Messages without elements are not received.
  for (Operation *send : sends)
    if (send->use_empty())
      send->erase();
}

LogicalResult dagrt::checkEmptyOperands(Operation *op) {
  for (auto [i, type] : llvm::enumerate(op->getOperandTypes()))
    if (isEmpty(type))
      return op->emitError() << "expects operand #" << i
                             << " to have elements along each dim to convert it to linalg, got "
                             << type << "; the evaluator runs programs with empty tensors";
  return success();
}

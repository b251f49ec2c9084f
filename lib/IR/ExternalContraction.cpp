//===- ExternalContraction.cpp - Matmuls in linalg bodies -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The yielded value is `out + f1 * f2 * ...`, with casts anywhere. Each factor is what it reads:
// the loops of its operands. The factor with the most loops of the output begins one group, and
// takes all factors that run over no other ones; the rest are the other group.
//
//===----------------------------------------------------------------------===//

#include "ExternalContraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Complex/IR/Complex.h"
#include "mlir/Interfaces/CastInterfaces.h"

#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace dagrt;
using llvm::SmallBitVector;

static Operation *skipCasts(Value value) {
  Operation *op = value.getDefiningOp();
  while (op && isa<CastOpInterface>(op) && op->getNumOperands() == 1)
    op = op->getOperand(0).getDefiningOp();
  return op;
}

/// What remains of the yielded value when the output is not added; null if it is no sum with it.
static Value getAddend(linalg::LinalgOp op) {
  Operation *sum = skipCasts(op.getBlock()->getTerminator()->getOperand(0));
  if (!sum || !isa<arith::AddFOp, arith::AddIOp, complex::AddOp>(sum))
    return Value();
  Value output = op.getRegionOutputArgs().front();
  for (unsigned operand : {0, 1}) {
    Value value = sum->getOperand(operand);
    while (Operation *cast = value.getDefiningOp()) {
      if (!isa<CastOpInterface>(cast))
        break;
      value = cast->getOperand(0);
    }
    if (value == output)
      return sum->getOperand(1 - operand);
  }
  return Value();
}

/// The loops over which the operands run that `value` is computed from.
static SmallBitVector getLoops(linalg::LinalgOp op, Value value) {
  SmallBitVector loops(op.getNumLoops());
  SmallVector<Value> worklist = {value};
  llvm::SmallPtrSet<Operation *, 16> seen;
  while (!worklist.empty()) {
    Value next = worklist.pop_back_val();
    if (auto argument = dyn_cast<BlockArgument>(next);
        argument && argument.getOwner() == op.getBlock()) {
      AffineMap map = op.getMatchingIndexingMap(op.getMatchingOpOperand(argument));
      for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
        if (map.isFunctionOfDim(loop))
          loops.set(loop);
    } else if (Operation *producer = next.getDefiningOp();
               producer && op->isProperAncestor(producer) && seen.insert(producer).second) {
      llvm::append_range(worklist, producer->getOperands());
    }
  }
  return loops;
}

/// The loops of each factor of the matmul `value`, from left to right: m is of the first operand.
static SmallVector<SmallBitVector> getFactors(linalg::LinalgOp op, Value value) {
  SmallVector<SmallBitVector> factors;
  SmallVector<Value> worklist = {value};
  // A factor that is used twice would double the list each time.
  for (unsigned steps = 0; !worklist.empty() && steps < 64; ++steps) {
    Value next = worklist.pop_back_val();
    Operation *product = skipCasts(next);
    if (product && isa<arith::MulFOp, arith::MulIOp, complex::MulOp>(product))
      llvm::append_range(worklist, llvm::reverse(product->getOperands()));
    else
      factors.push_back(getLoops(op, next));
  }
  return factors;
}

std::optional<FusedContraction> dagrt::matchFusedContraction(linalg::LinalgOp op) {
  if (op.getNumDpsInits() != 1 || op.getNumReductionLoops() == 0)
    return std::nullopt;
  Value addend = getAddend(op);
  if (!addend)
    return std::nullopt;
  SmallBitVector output(op.getNumLoops());
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
    output[loop] = op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isFunctionOfDim(loop);
  auto getOutputLoops = [&](SmallBitVector loops) { return loops &= output; };
  SmallVector<SmallBitVector> factors = getFactors(op, addend);
  auto *largest = llvm::max_element(factors, [&](const SmallBitVector &a, const SmallBitVector &b) {
    return getOutputLoops(a).count() < getOutputLoops(b).count();
  });
  SmallBitVector mine = getOutputLoops(*largest), left(op.getNumLoops()), right = left;
  for (const SmallBitVector &factor : factors)
    (getOutputLoops(factor).test(mine) ? right : left) |= factor;
  FusedContraction contraction;
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop) {
    bool isBoth = left[loop] && right[loop];
    // A loop of one operand that is summed up is no part of a matmul.
    if (!output[loop] && !isBoth)
      return std::nullopt;
    (isBoth       ? output[loop] ? contraction.batch : contraction.k
     : left[loop] ? contraction.m
                  : contraction.n)
        .push_back(loop);
  }
  bool isProduct = !contraction.k.empty() && !contraction.m.empty() && !contraction.n.empty();
  return isProduct ? std::optional<FusedContraction>(contraction) : std::nullopt;
}

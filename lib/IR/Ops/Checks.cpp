//===- Checks.cpp - What the rules and verifiers of op families share -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Checks.h"

using namespace mlir;
using namespace dagrt;

FactorNumbers dagrt::concat(ArrayRef<unsigned> a, ArrayRef<unsigned> b) {
  FactorNumbers result(a);
  llvm::append_range(result, b);
  return result;
}

FactorNumbers dagrt::addFactors(ShardingRule &rule, StringRef name, GlobalShape sizes,
                                FactorKind kind) {
  FactorNumbers factors;
  for (size_t dim = 0; dim < sizes.size(); ++dim)
    factors.push_back(rule.addFactor(name, sizes[dim], kind));
  return factors;
}

LogicalResult dagrt::verifyRank(Operation *op, Value value, int64_t rank, StringRef what) {
  if (getTensor(value).getRank() == rank)
    return success();
  return op->emitOpError() << "expects " << what << " of " << rank << " dims, got "
                           << value.getType();
}

LogicalResult dagrt::verifyElementTypes(Operation *op, ArrayRef<Value> values) {
  Type type = getTensor(values.front()).getElementType();
  for (Value value : values.drop_front())
    if (getTensor(value).getElementType() != type)
      return op->emitOpError() << "expects one element type, got " << type << " and "
                               << getTensor(value).getElementType();
  return success();
}

LogicalResult dagrt::verifyDim(Operation *op, int64_t dim, RankedTensorType type) {
  if (dim >= 0 && dim < type.getRank())
    return success();
  if (type.getRank() == 0)
    return op->emitOpError() << "expects an operand that has dims, got " << type;
  return op->emitOpError() << "expects a dim from 0 to " << type.getRank() - 1 << ", got " << dim;
}

LogicalResult dagrt::verifyCap(Operation *op, const APFloat &cap) {
  if (cap.isFinite() && cap.convertToDouble() > 0)
    return success();
  return op->emitOpError() << "expects a finite cap above 0, got " << cap.convertToDouble();
}

LogicalResult dagrt::verifyShardNumbers(Operation *op, Value shard, Value value, int64_t dim,
                                        StringRef what, SymbolTableCollection &tables) {
  if (failed(verifyPlacedType(op, shard.getType(), "the shard numbers", tables)) ||
      failed(verifyPlacedType(op, value.getType(), what, tables)))
    return failure();
  Layout numbers = Layout::get(tables, op, shard.getType())->getNormalized();
  Layout layout = Layout::get(tables, op, value.getType())->getNormalized();
  if (numbers.getMesh() == layout.getMesh() && numbers.getDim(0) == layout.getDim(dim) &&
      numbers.getShape()[0] == layout.getNumShards(dim) && !numbers.isPartial())
    return success();
  InFlightDiagnostic error = op->emitOpError()
                             << "expects a shard number for each shard of " << what << ", "
                             << layout.getDim(dim).str() << " of '@"
                             << layout.getMesh().getSymName() << "', got " << numbers.getDist();
  error.attachNote(shard.getLoc()) << "shard numbers defined here";
  error.attachNote(value.getLoc()) << what << " defined here";
  return error;
}

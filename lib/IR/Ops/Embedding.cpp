//===- Embedding.cpp - Lookup in a table of rows -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A table whose rows are sharded decomposes: each device looks up its own rows, and the result is a
// pending sum.
//
//===----------------------------------------------------------------------===//

#include "Checks.h"

using namespace mlir;
using namespace dagrt;

ShardingRule EmbeddingOp::getShardingRule() {
  ShardingRule rule;
  GlobalShape ids = getGlobalShape(getIds().getType());
  GlobalShape table = getGlobalShape(getTable().getType());
  SmallVector<unsigned, 6> tokens = addFactors(rule, "tokens", ids);
  unsigned rows = rule.addFactor("vocab", table.front(),
                                 getShard() ? FactorKind::Contracted : FactorKind::Decomposable);
  // Ids count them.
  rule.factors[rows].hasPlaces = true;
  SmallVector<unsigned, 6> hidden = addFactors(rule, "hidden", table.drop_front());
  rule.operands.push_back(tokens);
  rule.operands.push_back(concat({rows}, hidden));
  rule.results.push_back(concat(tokens, hidden));
  return rule;
}

LogicalResult EmbeddingOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  RankedTensorType ids = getTensor(adaptor.getIds()), table = getTensor(adaptor.getTable());
  ResultType result;
  result.addDims(ids).addDims(table, 1, table.getRank() - 1);
  if (adaptor.getShard())
    result.contract(table, 0, 1);
  return addInferred(types, result.get(table.getElementType()));
}

LogicalResult EmbeddingOp::verify() {
  // embedding-c1
  int64_t idsRank = getIds().getType().getRank(), tableRank = getTable().getType().getRank();
  if (tableRank < 1)
    return emitOpError() << "expects a table of at least 1 dim, got " << getTable().getType();
  if (failed(verifyRank(*this, getResult(), idsRank + tableRank - 1, "a result")) ||
      failed(verifyElementTypes(*this, {getTable(), getResult()})))
    return failure();
  // embedding-c2
  if (getShard()) {
    DistAttr shard = getDist(getShard().getType()), table = getDist(getTable().getType());
    if (!shard || !table || shard.getDims().size() != 1)
      return emitOpError() << "expects a placed table and shard numbers of one dim, got "
                           << getShard().getType();
  }
  return verifyLogicalByRule(*this);
}

LogicalResult EmbeddingOp::verifySymbolUses(SymbolTableCollection &tables) {
  // embedding-c2
  if (getShard() &&
      failed(verifyShardNumbers(*this, getShard(), getTable(), 0, "the table's rows", tables)))
    return failure();
  return verifyPlacedByRule(*this, tables);
}

bool EmbeddingOp::canDecompose(unsigned factor) {
  return getShardingRule().factors[factor].name == "vocab";
}

/// embedding(ids, table) with sharded rows -> embedding(ids, table) shard axis_index: each device
/// looks up its own rows, and the result is a partial sum.
FailureOr<SmallVector<Value>> EmbeddingOp::decompose(OpBuilder &builder, ValueRange operands,
                                                     ArrayRef<AxesAttr> factorAxes,
                                                     ArrayRef<RankedTensorType>) {
  Operation *from = builder.getInsertionBlock()->getParentOp();
  Layout table = *Layout::get(from, operands[1].getType());
  auto shard = AxisIndexOp::create(builder, getLoc(), table.getMesh(), table.getDim(0));
  auto lookup = EmbeddingOp::create(builder, getLoc(), operands[0], operands[1], shard);
  lookup->setDiscardableAttrs(getOperation()->getDiscardableAttrDictionary());
  return SmallVector<Value>{lookup.getResult()};
}

//===----------------------------------------------------------------------===//
// Work
//===----------------------------------------------------------------------===//

/// Reads the rows that are looked up, not the table.
Work EmbeddingOp::getWork() {
  Work work = getStreamingWork(*this, WorkKind::Embedding, 0);
  work.bytesRead = getLocalBytes(getIds().getType()) + work.bytesWritten;
  return work;
}

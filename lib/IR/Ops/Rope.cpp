//===- Rope.cpp - Rotary position embedding -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Checks.h"

#include "../BytecodeVersion.h"

using namespace mlir;
using namespace dagrt;

int64_t RopeOp::getNumPairs() {
  if (std::optional<RopeAttr> config = getConfig())
    return config->getDims() / 2;
  return getGlobalShape(getTensor(getCosines())).back();
}

ShardingRule RopeOp::getShardingRule() {
  ShardingRule rule;
  GlobalShape x = getGlobalShape(getX().getType());
  unsigned batch = rule.addFactor("batch", x[0]);
  unsigned tokens = rule.addFactor("tokens", x[1]);
  FactorNumbers heads = addFactors(rule, "heads", x.drop_front(2).drop_back());
  unsigned headDim = rule.addFactor("head_dim", x.back(), FactorKind::Indivisible);
  FactorNumbers all = concat({batch, tokens}, concat(heads, {headDim}));
  rule.operands.push_back(all);
  // Without the batch, all of its elements stand alike.
  FactorNumbers places = {batch, tokens};
  if (getPositions())
    places.erase(places.begin(), places.end() - getTensor(getPositions()).getRank());
  if (getPositions())
    rule.operands.push_back(places);
  if (getCosines()) {
    places.push_back(rule.addFactor("pairs", getGlobalShape(getTensor(getCosines())).back(),
                                    FactorKind::Indivisible));
    places.erase(places.begin(), places.end() - getTensor(getCosines()).getRank());
    rule.operands.append(2, places);
  }
  rule.results.push_back(all);
  return rule;
}

/// rope-c1: a config and positions, or two tables.
static LogicalResult verifyAngles(RopeOp op) {
  bool hasConfig = op.getConfig().has_value(), hasTables = static_cast<bool>(op.getCosines());
  if (hasConfig == hasTables || hasConfig != static_cast<bool>(op.getPositions()) ||
      hasTables != static_cast<bool>(op.getSines()))
    return op.emitOpError() << "expects positions and a config, or tables of cosines and sines";
  Value angles = hasConfig ? op.getPositions() : op.getCosines();
  int64_t rank = getTensor(angles).getRank(), least = hasConfig ? 1 : 2;
  if (rank != least && rank != least + 1)
    return op.emitOpError() << "expects " << (hasConfig ? "positions" : "tables") << " of " << least
                            << " or " << least + 1 << " dims, got " << angles.getType();
  if (hasTables && op.getSines().getType() != angles.getType())
    return op.emitOpError() << "expects cosines and sines of one type, got " << angles.getType()
                            << " and " << op.getSines().getType();
  // rope-c3
  if (hasConfig && (op.getAt() != 0 || op.getInterleaved()))
    return op.emitOpError() << "expects 'at' and 'interleaved' in the config, got them beside it";
  if (static_cast<int64_t>(op.getAt()) < 0)
    return op.emitOpError() << "expects rotated dims from one that is not negative on, got "
                            << static_cast<int64_t>(op.getAt());
  return success();
}

LogicalResult RopeOp::verify() {
  // rope-c1
  if (getX().getType().getRank() < 3)
    return emitOpError() << "expects an operand of at least 3 dims, got " << getX().getType();
  if (failed(verifyAngles(*this)) ||
      failed(verifyRank(*this, getResult(), getX().getType().getRank(), "a result")) ||
      failed(verifyElementTypes(*this, {getX(), getResult()})))
    return failure();
  // rope-c2
  int64_t headDim = getGlobalShape(getX().getType()).back(), pairs = getNumPairs();
  int64_t most = headDim - getFirstTurned();
  if (!ShapedType::isDynamic(headDim) && !ShapedType::isDynamic(pairs) && pairs > most / 2)
    return emitOpError() << "expects at most " << std::max<int64_t>(most, 0)
                         << " rotated dims, got " << 2 * pairs;
  return verifyLogicalByRule(*this);
}

//===----------------------------------------------------------------------===//
// Work
//===----------------------------------------------------------------------===//

/// A row is a token with all its heads.
Work RopeOp::getWork() {
  Work work = getStreamingWork(*this, WorkKind::Rope, 3);
  ArrayRef<int64_t> shape = getX().getType().getShape();
  work.kernel = "rope";
  work.rows = getProduct(shape.take_front(2));
  work.columns = getProduct(shape.drop_front(2));
  return work;
}

//===----------------------------------------------------------------------===//
// Bytecode
//===----------------------------------------------------------------------===//

LogicalResult RopeOp::readProperties(DialectBytecodeReader &reader, OperationState &state) {
  auto &properties = state.getOrAddProperties<Properties>();
  if (getBytecodeVersion(reader) < 2) {
    properties.operandSegmentSizes = {1, 1, 0, 0};
    return reader.readAttribute(properties.config);
  }
  if (failed(reader.readOptionalAttribute(properties.at)) ||
      failed(reader.readOptionalAttribute(properties.config)) ||
      failed(reader.readOptionalAttribute(properties.interleaved)))
    return failure();
  return reader.readSparseArray(MutableArrayRef(properties.operandSegmentSizes));
}

void RopeOp::writeProperties(DialectBytecodeWriter &writer) {
  const Properties &properties = getProperties();
  writer.writeOptionalAttribute(properties.at);
  writer.writeOptionalAttribute(properties.config);
  writer.writeOptionalAttribute(properties.interleaved);
  writer.writeSparseArray(ArrayRef(properties.operandSegmentSizes));
}

//===- Elementwise.cpp - Ops on one element at a time -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Checks.h"

#include "../BytecodeVersion.h"

using namespace mlir;
using namespace dagrt;

/// The dims of `rhs` as dims of `lhs`: those named, else the last ones.
template <typename OpT>
static SmallVector<int64_t> findRhsDims(OpT op) {
  if (std::optional<ArrayRef<int64_t>> dims = op.getDims())
    return SmallVector<int64_t>(*dims);
  int64_t lhs = op.getLhs().getType().getRank(), rhs = op.getRhs().getType().getRank();
  return llvm::to_vector(llvm::seq<int64_t>(lhs - rhs, lhs));
}

SmallVector<int64_t> AddOp::getRhsDims() { return findRhsDims(*this); }
SmallVector<int64_t> MulOp::getRhsDims() { return findRhsDims(*this); }

template <typename OpT>
static ShardingRule getBinaryRule(OpT op, PartialRule partial) {
  ShardingRule rule = getElementwiseRule(op, partial);
  rule.operands[1].clear();
  for (int64_t dim : op.getRhsDims())
    rule.operands[1].push_back(rule.results[0][dim]);
  return rule;
}

ShardingRule SiluOp::getShardingRule() { return getElementwiseRule(*this, PartialRule::None); }
ShardingRule ReluOp::getShardingRule() { return getElementwiseRule(*this, PartialRule::None); }
ShardingRule GeluOp::getShardingRule() { return getElementwiseRule(*this, PartialRule::None); }
ShardingRule ScaleOp::getShardingRule() { return getElementwiseRule(*this, PartialRule::Bilinear); }
ShardingRule SoftCapOp::getShardingRule() { return getElementwiseRule(*this, PartialRule::None); }
ShardingRule AddOp::getShardingRule() { return getBinaryRule(*this, PartialRule::Additive); }
ShardingRule MulOp::getShardingRule() { return getBinaryRule(*this, PartialRule::Bilinear); }

LogicalResult SiluOp::verify() { return verifyLogicalByRule(*this); }
LogicalResult ReluOp::verify() { return verifyLogicalByRule(*this); }
LogicalResult GeluOp::verify() { return verifyLogicalByRule(*this); }

LogicalResult ScaleOp::verify() {
  // scale-c1
  if (!getBy().isFinite())
    return emitOpError() << "expects a finite number to multiply with, got "
                         << getBy().convertToDouble();
  return verifyLogicalByRule(*this);
}

LogicalResult SoftCapOp::verify() {
  // soft_cap-c1
  if (failed(verifyCap(*this, getCap())))
    return failure();
  return verifyLogicalByRule(*this);
}

LogicalResult MulOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                      SmallVectorImpl<Type> &types) {
  RankedTensorType lhs = getTensor(adaptor.getLhs()), rhs = getTensor(adaptor.getRhs());
  ResultType result;
  result.addDims(lhs).keepPartial(lhs).keepPartial(rhs);
  return addInferred(types, result.get(lhs.getElementType()));
}

/// Named dims are as many as `rhs` has, and rise.
static LogicalResult verifyNamedDims(Operation *op, std::optional<ArrayRef<int64_t>> dims,
                                     int64_t expected, int64_t rank) {
  if (!dims)
    return success();
  if (static_cast<int64_t>(dims->size()) != expected)
    return op->emitOpError() << "expects to name the " << expected
                             << " dims of the right operand, got " << dims->size();
  int64_t least = 0;
  for (int64_t dim : *dims) {
    if (dim < least || dim >= rank)
      return op->emitOpError() << "expects rising dims from 0 to " << rank - 1 << ", got " << dim;
    least = dim + 1;
  }
  return success();
}

/// add-c1, mul-c1
template <typename OpT>
static LogicalResult verifyBinary(OpT op) {
  int64_t rank = op.getLhs().getType().getRank();
  if (failed(verifyRank(op, op.getResult(), rank, "a result")))
    return failure();
  if (op.getRhs().getType().getRank() > rank)
    return op.emitOpError() << "expects the right operand to have at most " << rank << " dims, got "
                            << op.getRhs().getType();
  if (failed(verifyNamedDims(op, op.getDims(), op.getRhs().getType().getRank(), rank)))
    return failure();
  if (failed(verifyElementTypes(op, {op.getLhs(), op.getRhs(), op.getResult()})))
    return failure();
  return verifyLogicalByRule(op);
}

LogicalResult AddOp::verify() { return verifyBinary(*this); }
LogicalResult MulOp::verify() { return verifyBinary(*this); }

//===----------------------------------------------------------------------===//
// Work
//===----------------------------------------------------------------------===//

// FLOPs for each result element: one for each addition, multiplication, comparison or
// transcendental function in the op's formula.
static Work getElementwiseWork(Operation *op, double flopsPerElement, StringRef kernel) {
  Work work = getStreamingWork(op, WorkKind::Elementwise, flopsPerElement);
  work.kernel = kernel;
  return work;
}

Work AddOp::getWork() { return getElementwiseWork(*this, 1, "add"); }
Work MulOp::getWork() { return getElementwiseWork(*this, 1, "mul"); }
Work ReluOp::getWork() { return getElementwiseWork(*this, 1, "relu"); }
Work SiluOp::getWork() { return getElementwiseWork(*this, 4, "silu"); }
Work GeluOp::getWork() { return getElementwiseWork(*this, 8, "gelu"); }

Work ScaleOp::getWork() { return getElementwiseWork(*this, 1, ""); }
Work SoftCapOp::getWork() { return getElementwiseWork(*this, 3, ""); }

//===----------------------------------------------------------------------===//
// Bytecode
//===----------------------------------------------------------------------===//

template <typename OpT>
static LogicalResult readDims(DialectBytecodeReader &reader, OperationState &state) {
  auto &properties = state.getOrAddProperties<typename OpT::Properties>();
  return getBytecodeVersion(reader) < 2 ? success() : reader.readOptionalAttribute(properties.dims);
}

LogicalResult AddOp::readProperties(DialectBytecodeReader &reader, OperationState &state) {
  return readDims<AddOp>(reader, state);
}
LogicalResult MulOp::readProperties(DialectBytecodeReader &reader, OperationState &state) {
  return readDims<MulOp>(reader, state);
}
void AddOp::writeProperties(DialectBytecodeWriter &writer) {
  writer.writeOptionalAttribute(getProperties().dims);
}
void MulOp::writeProperties(DialectBytecodeWriter &writer) {
  writer.writeOptionalAttribute(getProperties().dims);
}

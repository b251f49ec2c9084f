//===- Matmul.cpp - Matmul -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Checks.h"

#include "../BytecodeVersion.h"

using namespace mlir;
using namespace dagrt;

static bool isBatch(MatmulOp op, int64_t dim) { return llvm::is_contained(op.getBatch(), dim); }

ShardingRule MatmulOp::getShardingRule() {
  ShardingRule rule;
  rule.partial = PartialRule::Bilinear;
  GlobalShape lhs = getGlobalShape(getLhs().getType());
  GlobalShape rhs = getGlobalShape(getRhs().getType());
  ArrayRef<int64_t> batch = getBatch();
  FactorNumbers rows, common(batch.size());
  GlobalShape kept = lhs.drop_back(getContract());
  for (size_t dim = 0; dim < kept.size(); ++dim) {
    rows.push_back(rule.addFactor(isBatch(*this, dim) ? "batch" : "m", kept[dim]));
    if (isBatch(*this, dim))
      common[llvm::find(batch, dim) - batch.begin()] = rows.back();
  }
  GlobalShape matrix = rhs.drop_front(batch.size());
  FactorNumbers k = addFactors(rule, "k", matrix.take_front(getContract()), FactorKind::Contracted);
  FactorNumbers n = addFactors(rule, "n", matrix.drop_front(getContract()));
  rule.operands.push_back(concat(rows, k));
  rule.operands.push_back(concat(common, concat(k, n)));
  rule.results.push_back(concat(rows, n));
  return rule;
}

LogicalResult MatmulOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  RankedTensorType lhs = getTensor(adaptor.getLhs()), rhs = getTensor(adaptor.getRhs());
  auto contract = static_cast<int64_t>(adaptor.getContract());
  auto batch = static_cast<int64_t>(adaptor.getBatch().size());
  int64_t kept = lhs.getRank() - contract;
  ResultType result;
  result.addDims(lhs, 0, kept).addDims(rhs, batch + contract, rhs.getRank() - batch - contract);
  result.keepPartial(lhs).keepPartial(rhs).contract(lhs, kept, contract);
  // Of operands that differ, the left one has the activations.
  return addInferred(types, result.get(lhs.getElementType()));
}

/// matmul-c3
static LogicalResult verifyBatch(MatmulOp op, int64_t kept, int64_t free) {
  ArrayRef<int64_t> batch = op.getBatch();
  if (static_cast<int64_t>(batch.size()) > free)
    return op.emitOpError() << "expects at most " << free << " batch dims, got " << batch.size();
  for (auto [i, dim] : llvm::enumerate(batch)) {
    if (dim < 0 || dim >= kept)
      return op.emitOpError() << "expects batch dims among the " << kept
                              << " dims of the left operand that are not contracted, got " << dim;
    if (llvm::is_contained(batch.take_front(i), dim))
      return op.emitOpError() << "expects distinct batch dims, got " << dim << " twice";
  }
  return success();
}

LogicalResult MatmulOp::verify() {
  // matmul-c1
  int64_t contract = getContract();
  int64_t lhs = getLhs().getType().getRank(), rhs = getRhs().getType().getRank();
  if (contract < 1 || contract > std::min(lhs, rhs))
    return emitOpError() << "expects to contract 1 to " << std::min(lhs, rhs) << " dims, got "
                         << contract;
  if (failed(verifyBatch(*this, lhs - contract, rhs - contract)))
    return failure();
  // matmul-c2
  int64_t rank = lhs + rhs - 2 * contract - static_cast<int64_t>(getBatch().size());
  if (failed(verifyRank(*this, getResult(), rank, "a result")))
    return failure();
  return verifyLogicalByRule(*this);
}

//===----------------------------------------------------------------------===//
// Work
//===----------------------------------------------------------------------===//

namespace {
/// The dims of both operands by what they are in the matmuls.
template <typename T>
struct MatmulDims {
  MatmulDims(MatmulOp op, ArrayRef<T> lhs, ArrayRef<T> rhs) {
    int64_t contract = op.getContract();
    for (auto [dim, size] : llvm::enumerate(lhs.drop_back(contract)))
      (isBatch(op, dim) ? batch : m).push_back(size);
    ArrayRef<T> matrix = rhs.drop_front(op.getBatch().size());
    llvm::append_range(k, matrix.take_front(contract));
    llvm::append_range(n, matrix.drop_front(contract));
  }
  SmallVector<T> batch, m, k, n;
};
} // namespace

Work MatmulOp::getWork() {
  auto getShape = [&](ArrayRef<int64_t> lhs, ArrayRef<int64_t> rhs) {
    MatmulDims<int64_t> dims(*this, lhs, rhs);
    return GemmShape{getProduct(dims.batch), getProduct(dims.m), getProduct(dims.k),
                     getProduct(dims.n)};
  };
  return getGemmWork(
      *this, getShape(getLhs().getType().getShape(), getRhs().getType().getShape()),
      getShape(getGlobalShape(getLhs().getType()), getGlobalShape(getRhs().getType())));
}

SmallVector<SizeProduct, 3> MatmulOp::getWorkSizes() {
  SizeProduct lhs = getSizesOnDevice(*this, getLhs().getType());
  SizeProduct rhs = getSizesOnDevice(*this, getRhs().getType());
  MatmulDims<SizeAttr> dims(*this, lhs, rhs);
  // Batches of matmuls fold into their rows.
  SizeProduct m(dims.batch.begin(), dims.batch.end());
  llvm::append_range(m, dims.m);
  return {m, {multiplySizes(dims.k, getContext())}, {multiplySizes(dims.n, getContext())}};
}

//===----------------------------------------------------------------------===//
// Bytecode
//===----------------------------------------------------------------------===//

LogicalResult MatmulOp::readProperties(DialectBytecodeReader &reader, OperationState &state) {
  auto &properties = state.getOrAddProperties<Properties>();
  if (getBytecodeVersion(reader) >= 2 && failed(reader.readOptionalAttribute(properties.batch)))
    return failure();
  return reader.readOptionalAttribute(properties.contract);
}

void MatmulOp::writeProperties(DialectBytecodeWriter &writer) {
  writer.writeOptionalAttribute(getProperties().batch);
  writer.writeOptionalAttribute(getProperties().contract);
}

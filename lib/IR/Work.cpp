//===- Work.cpp - What ops compute -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Work of each op, from its types alone. The busiest device is the first: shards
// are filled from the front, so device 0 never holds padding. The one
// exception is a causal attention kernel, whose work depends on which
// queries a device holds; there the blocks' (query, key) pairs are counted.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Work.h"
#include "dagrt/IR/Dagrt.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace dagrt;

StringRef dagrt::getWorkKindName(WorkKind kind) {
  switch (kind) {
  case WorkKind::Unknown:
    return "unknown";
  case WorkKind::None:
    return "none";
  case WorkKind::Gemm:
    return "gemm";
  case WorkKind::Attention:
    return "attention";
  case WorkKind::Softmax:
    return "softmax";
  case WorkKind::Norm:
    return "norm";
  case WorkKind::Elementwise:
    return "elementwise";
  case WorkKind::Rope:
    return "rope";
  case WorkKind::Embedding:
    return "embedding";
  }
  llvm_unreachable("all kinds have names");
}

double dagrt::getElementBytes(Type elementType) {
  if (auto complex = dyn_cast<ComplexType>(elementType))
    return 2 * getElementBytes(complex.getElementType());
  if (!elementType.isIntOrFloat())
    return 8;
  unsigned width = elementType.getIntOrFloatBitWidth();
  if (width == 2 || width == 4)
    return width / 8.0;
  return static_cast<double>(llvm::PowerOf2Ceil((width + 7) / 8));
}

/// The type that both can be converted to without loss; of integers and floats, the float.
static Type getWider(Type a, Type b) {
  if (a == b || !b.isIntOrFloat())
    return b;
  if (!a.isIntOrFloat())
    return a;
  if (isa<FloatType>(a) != isa<FloatType>(b))
    return isa<FloatType>(a) ? a : b;
  unsigned ofA = a.getIntOrFloatBitWidth(), ofB = b.getIntOrFloatBitWidth();
  if (ofA != ofB)
    return ofA > ofB ? a : b;
  // Neither of f16 and bf16 has the numbers of the other. Formats of 8 bits share their units.
  return isa<FloatType>(a) && ofA == 16 ? Float32Type::get(a.getContext()) : a;
}

Type dagrt::getProductType(Type lhs, Type rhs, Type result) {
  if (!lhs || !rhs)
    return result;
  Type type = getWider(lhs, rhs);
  return result && result.isF64() && isa<FloatType>(type) ? result : type;
}

Type dagrt::getProductType(const Work &work) {
  return getProductType(work.lhsType, work.rhsType, work.elementType);
}

double dagrt::getLocalElements(Type type) {
  double elements = 1;
  for (int64_t size : cast<RankedTensorType>(type).getShape())
    elements *= ShapedType::isDynamic(size) ? 0.0 : static_cast<double>(size);
  return elements;
}

double dagrt::getGlobalElements(Type type) {
  double elements = 1;
  for (int64_t size : getGlobalShape(cast<RankedTensorType>(type)))
    elements *= ShapedType::isDynamic(size) ? 0.0 : static_cast<double>(size);
  return elements;
}

double dagrt::getLocalBytes(Type type) {
  return getLocalElements(type) * getElementBytes(cast<RankedTensorType>(type).getElementType());
}

SizeProduct dagrt::getSizesOnDevice(Operation *op, Type type) {
  if (auto message = dyn_cast_or_null<MessageType>(type))
    type = message.getPayload();
  auto tensor = dyn_cast_or_null<RankedTensorType>(type);
  if (!tensor)
    return {};
  DistAttr dist = getDist(tensor);
  return SizeProduct(getLocalSizes(dist ? lookupMesh(op, dist.getMesh()) : MeshOp(), tensor));
}

Value dagrt::getLargestResult(Operation *op) {
  Value largest;
  for (Value result : op->getResults())
    if (isa<RankedTensorType>(result.getType()) &&
        (!largest || getLocalElements(result.getType()) > getLocalElements(largest.getType())))
      largest = result;
  return largest;
}

SmallVector<SizeProduct, 3> dagrt::getRowsAndColumns(Operation *op) {
  Value result = getLargestResult(op);
  SizeProduct sizes = result ? getSizesOnDevice(op, result.getType()) : SizeProduct();
  if (sizes.empty())
    return {};
  SizeProduct columns = {sizes.pop_back_val()};
  return {std::move(sizes), std::move(columns)};
}

void dagrt::setTotalFlops(Operation *op, Work &work, double logicalFlops) {
  work.logicalFlops = work.totalFlops = logicalFlops;
  auto shardingOp = dyn_cast<ShardingRuleOpInterface>(op);
  Value largest = getLargestResult(op);
  DistAttr dist = largest ? getDist(largest.getType()) : DistAttr();
  if (!dist || !shardingOp)
    return;
  MeshOp mesh = lookupMesh(op, dist.getMesh());
  ShardingRule rule = shardingOp.getShardingRule();
  // Shards of each factor, read off any dim that it appears as.
  SmallVector<int64_t, 8> shards(rule.factors.size(), 1);
  auto read = [&](Type type, ArrayRef<unsigned> dims) {
    DistAttr dist = getDist(type);
    for (auto [dim, factor] : llvm::enumerate(dims))
      shards[factor] = getNumShards(mesh, dist.getDims()[dim]);
  };
  for (auto [i, dims] : llvm::enumerate(rule.operands))
    read(op->getOperand(i).getType(), dims);
  for (auto [i, dims] : llvm::enumerate(rule.results))
    read(op->getResult(i).getType(), dims);
  // The axes of a local factor are those of another, which tells its shards apart.
  double used = 1;
  for (auto [factor, count] : llvm::zip_equal(rule.factors, shards))
    used *= factor.kind == FactorKind::Local ? 1 : count;
  work.totalFlops = logicalFlops * (mesh.getNumDevices() / used);
}

int64_t dagrt::countRows(double elements, int64_t columns) {
  return columns > 0 ? static_cast<int64_t>(std::min(elements / double(columns), 0x1p62)) : 0;
}

Work dagrt::getStreamingWork(Operation *op, WorkKind kind, double flopsPerElement) {
  Work work;
  work.kind = kind;
  auto result = cast<RankedTensorType>(getLargestResult(op).getType());
  work.elementType = result.getElementType();
  for (Type type : op->getOperandTypes())
    if (isa<RankedTensorType>(type))
      work.bytesRead += getLocalBytes(type);
  for (Type type : op->getResultTypes())
    work.bytesWritten += getLocalBytes(type);
  work.flops = getLocalElements(result) * flopsPerElement;
  work.columns = result.getRank() > 0 ? result.getShape().back() : 1;
  if (ShapedType::isDynamic(work.columns))
    work.columns = 0;
  work.rows = countRows(getLocalElements(result), work.columns);
  setTotalFlops(op, work, getGlobalElements(result) * flopsPerElement);
  return work;
}

//===----------------------------------------------------------------------===//
// Matmuls
//===----------------------------------------------------------------------===//

int64_t dagrt::getProduct(ArrayRef<int64_t> sizes) {
  int64_t product = 1;
  for (int64_t size : sizes)
    if (ShapedType::isDynamic(size) || llvm::MulOverflow(product, size, product))
      return 0;
  return product;
}

static double getGemmFlops(const GemmShape &shape) {
  return 2.0 * shape.batch * shape.m * shape.k * shape.n;
}

Work dagrt::getGemmWork(Operation *op, GemmShape local, GemmShape global) {
  Work work = getStreamingWork(op, WorkKind::Gemm, 0);
  work.lhsType = getElementTypeOrSelf(op->getOperand(0));
  work.rhsType = getElementTypeOrSelf(op->getOperand(1));
  work.gemm = local;
  work.flops = getGemmFlops(local);
  setTotalFlops(op, work, getGemmFlops(global));
  return work;
}

SizeAttr dagrt::multiplySizes(ArrayRef<SizeAttr> sizes, MLIRContext *context) {
  SizeAttr product = SizeAttr::getConstant(context, 1);
  for (SizeAttr size : sizes) {
    if (!size)
      return size;
    product = product.times(size);
  }
  return product;
}

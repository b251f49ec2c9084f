//===- ExternalWork.cpp - Work of ops of other dialects -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sizes are read off shaped types of any kind: tensors, buffers, vectors. What lies in memory and
// has a rank can be counted; of what does not, it is unknown how long it takes.
//
//===----------------------------------------------------------------------===//

#include "ExternalWork.h"
#include "dagrt/IR/Layout.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace dagrt;

double dagrt::getShapedElements(Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  if (!shaped || !shaped.hasRank())
    return 0;
  double elements = 1;
  for (int64_t size : shaped.getShape())
    elements *= ShapedType::isDynamic(size) ? 0.0 : static_cast<double>(size);
  return elements;
}

double dagrt::getShapedBytes(Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  return shaped ? getShapedElements(type) * getElementBytes(shaped.getElementType()) : 0;
}

bool dagrt::isStored(Type type) { return isa<RankedTensorType, MemRefType>(type); }

Work dagrt::getUnknownWork() {
  Work work;
  work.kind = WorkKind::Unknown;
  return work;
}

void dagrt::setFlops(Operation *op, Work &work, double flops) {
  work.flops = work.totalFlops = work.logicalFlops = flops;
  Value result = getLargestResult(op);
  std::optional<Layout> layout = result ? Layout::get(op, result.getType()) : std::nullopt;
  if (!layout)
    return;
  // Padding is no work of the model's.
  auto type = cast<RankedTensorType>(result.getType());
  work.logicalFlops = flops;
  // Terms of a sum that the op makes share its work; those that it is given each repeat it.
  auto terms = static_cast<double>(getNumShards(layout->getMesh(), layout->getPartial()));
  bool isGivenTerms = llvm::any_of(op->getOperandTypes(), [](Type type) {
    DistAttr dist = getDist(type);
    return dist && dist.isPartial();
  });
  if (!isGivenTerms)
    work.logicalFlops *= terms;
  for (auto [local, size] : llvm::zip_equal(type.getShape(), layout->getShape()))
    if (!ShapedType::isDynamic(local) && !ShapedType::isDynamic(size) && local > 0)
      work.logicalFlops *= static_cast<double>(size) / static_cast<double>(local);
  work.totalFlops = work.logicalFlops * (isGivenTerms ? terms : 1) *
                    static_cast<double>(std::max<int64_t>(layout->getNumReplicas(), 1));
}

Work dagrt::getMovingWork(Operation *op, WorkKind kind, TypeRange read, Type written) {
  Work work;
  work.kind = kind;
  work.elementType = getElementTypeOrSelf(written);
  for (Type type : read)
    work.bytesRead += getShapedBytes(type);
  work.bytesWritten = getShapedBytes(written);
  auto shaped = dyn_cast<ShapedType>(written);
  if (!shaped || !shaped.hasRank())
    return work;
  ArrayRef<int64_t> shape = shaped.getShape();
  work.columns = shape.empty() ? 1 : getProduct(shape.take_back());
  work.rows = shape.empty() ? 1 : getProduct(shape.drop_back());
  return work;
}

void dagrt::setGemm(Operation *op, Work &work, const GemmShape &shape, Type lhs, Type rhs) {
  work.kind = WorkKind::Gemm;
  work.gemm = shape;
  work.lhsType = lhs;
  work.rhsType = rhs;
  setFlops(op, work, 2.0 * shape.batch * shape.m * shape.k * shape.n);
}

Work dagrt::getElementwiseWork(Operation *op) {
  // All results have one shape, and an operation makes an element of each.
  SmallVector<Type> results(
      llvm::make_filter_range(op->getResultTypes(), llvm::IsaPred<ShapedType>));
  if (results.empty())
    return Work();
  if (!llvm::all_of(results, isStored))
    return getUnknownWork();
  Work work = getMovingWork(op, WorkKind::Elementwise, op->getOperandTypes(), results.front());
  for (Type type : ArrayRef(results).drop_front())
    work.bytesWritten += getShapedBytes(type);
  setFlops(op, work, getShapedElements(results.front()));
  return work;
}

Work dagrt::getCopyWork(Operation *op, Type type) {
  return isStored(type) ? getMovingWork(op, WorkKind::Elementwise, type, type) : getUnknownWork();
}

Work dagrt::getCopyWork(Operation *op) {
  return op->getNumResults() == 1 ? getCopyWork(op, op->getResultTypes().front())
                                  : getUnknownWork();
}

//===- ResultType.cpp - A result's type, from dims of operands -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/ResultType.h"

using namespace mlir;
using namespace dagrt;

bool ResultType::hasDims(RankedTensorType type, int64_t first, int64_t count) {
  isValid &= first >= 0 && count >= 0 && first <= type.getRank() && count <= type.getRank() - first;
  DistAttr dist = getDist(type);
  if (isValid && dist && !mesh)
    mesh = dist.getMesh();
  return isValid;
}

ResultType &ResultType::addDims(RankedTensorType type, int64_t first, int64_t count) {
  if (!hasDims(type, first, count))
    return *this;
  DistAttr dist = getDist(type);
  GlobalShape shape = getGlobalShape(type);
  for (int64_t dim = first; dim < first + count; ++dim)
    dims.push_back({shape[dim], type.getDimSize(dim), dist ? dist.getDims()[dim] : AxesAttr()});
  return *this;
}

ResultType &ResultType::addDim(GlobalSize size) {
  dims.push_back({size, size.number, AxesAttr()});
  return *this;
}

ResultType &ResultType::contract(RankedTensorType type, int64_t first, int64_t count) {
  if (hasDims(type, first, count))
    if (DistAttr dist = getDist(type))
      for (AxesAttr axes : dist.getDims().slice(first, count))
        llvm::append_range(partial, axes);
  return *this;
}

ResultType &ResultType::keepPartial(RankedTensorType type) {
  if (DistAttr dist = getDist(type); dist && partial.empty())
    llvm::append_range(partial, dist.getPartial());
  return *this;
}

RankedTensorType ResultType::getPlaced(Type elementType, GlobalShape shape) const {
  MLIRContext *context = elementType.getContext();
  AxesAttr none = AxesAttr::get(context, {});
  SmallVector<AxesAttr> axes;
  SmallVector<int64_t> local;
  for (const Dim &dim : dims) {
    axes.push_back(dim.axes ? dim.axes : none);
    local.push_back(dim.local);
  }
  auto dist = DistAttr::get(context, mesh, axes, shape.getNumbers(), getSizeSymbols(context, shape),
                            AxesAttr::get(context, partial));
  return RankedTensorType::get(local, elementType, dist);
}

RankedTensorType ResultType::get(Type elementType) const {
  if (!isValid)
    return {};
  SmallVector<int64_t> numbers;
  SmallVector<SizeAttr> symbols;
  bool isKnown = true;
  for (const Dim &dim : dims) {
    numbers.push_back(dim.global.number);
    symbols.push_back(dim.global.symbol);
    isKnown &= dim.global.symbol || !ShapedType::isDynamic(dim.global.number);
  }
  if (mesh)
    return isKnown ? getPlaced(elementType, {numbers, symbols}) : RankedTensorType();
  return isKnown ? getLogicalType({numbers, symbols}, elementType)
                 : RankedTensorType::get(numbers, elementType);
}

LogicalResult dagrt::addInferred(SmallVectorImpl<Type> &types, RankedTensorType type) {
  if (type)
    types.push_back(type);
  return success(static_cast<bool>(type));
}

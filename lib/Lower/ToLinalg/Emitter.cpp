//===- Emitter.cpp - Short ways to say linalg and tensor ops -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

#include <limits>
#include <numeric>

using namespace mlir;
using namespace dagrt;

Type dagrt::getComputeType(Type elementType) {
  auto type = dyn_cast<FloatType>(elementType);
  return type && type.getWidth() < 32 ? Float32Type::get(type.getContext()) : elementType;
}

/// `value`, rounded or widened to the float type `type`.
static Value castScalar(OpBuilder &builder, Location loc, Value value, Type type) {
  auto from = dyn_cast<FloatType>(value.getType()), to = dyn_cast<FloatType>(type);
  if (!from || from == to)
    return value;
  if (from.getWidth() < to.getWidth())
    return arith::ExtFOp::create(builder, loc, to, value);
  return arith::TruncFOp::create(builder, loc, to, value);
}

ArrayRef<int64_t> Emitter::getShape(Value tensor) {
  return cast<RankedTensorType>(tensor.getType()).getShape();
}

Type Emitter::getElementType(Value tensor) {
  return cast<RankedTensorType>(tensor.getType()).getElementType();
}

AffineMap Emitter::select(unsigned numDims, ArrayRef<unsigned> dims) {
  return AffineMap::getMultiDimMapWithTargets(numDims, dims, builder.getContext());
}

//===----------------------------------------------------------------------===//
// Making elements
//===----------------------------------------------------------------------===//

Value Emitter::makeEmpty(ArrayRef<int64_t> shape, Type type) {
  return tensor::EmptyOp::create(builder, loc, shape, type);
}

Value Emitter::scalar(Type type, double value) {
  TypedAttr attribute = isa<FloatType>(type)
                            ? TypedAttr(builder.getFloatAttr(type, value))
                            : builder.getIntegerAttr(type, static_cast<int64_t>(value));
  return arith::ConstantOp::create(builder, loc, attribute);
}

Value Emitter::fill(ArrayRef<int64_t> shape, Type type, double value) {
  // One after the other: compilers order arguments as they like.
  Value init = makeEmpty(shape, type), filler = scalar(type, value);
  return linalg::FillOp::create(builder, loc, filler, init).getResult(0);
}

Value Emitter::map(ValueRange inputs, ArrayRef<AffineMap> maps, ArrayRef<int64_t> shape, Type type,
                   Body body) {
  SmallVector<AffineMap> all(maps);
  all.push_back(builder.getMultiDimIdentityMap(shape.size()));
  SmallVector<utils::IteratorType> iterators(shape.size(), utils::IteratorType::parallel);
  Value init = makeEmpty(shape, type);
  auto emitBody = [&](OpBuilder &inside, Location loc, ValueRange arguments) {
    SmallVector<Value> elements;
    for (Value argument : arguments.drop_back())
      elements.push_back(castScalar(inside, loc, argument, getComputeType(argument.getType())));
    Value element = castScalar(inside, loc, body(inside, loc, elements), type);
    linalg::YieldOp::create(inside, loc, element);
  };
  return linalg::GenericOp::create(builder, loc, init.getType(), inputs, init, all, iterators,
                                   emitBody)
      .getResult(0);
}

Value Emitter::map(ValueRange inputs, Type type, Body body) {
  ArrayRef<int64_t> shape = getShape(inputs.front());
  SmallVector<AffineMap> maps(inputs.size(), builder.getMultiDimIdentityMap(shape.size()));
  return map(inputs, maps, shape, type, body);
}

Value Emitter::convert(Value tensor, Type type) {
  if (getElementType(tensor) == type)
    return tensor;
  return map(tensor, type, [](OpBuilder &, Location, ValueRange x) { return x[0]; });
}

Value Emitter::contract(Value lhs, Value rhs, ArrayRef<AffineMap> maps, ArrayRef<int64_t> shape,
                        Type type) {
  // The sum is kept in the widest of the types, as narrower types multiply exactly in it.
  Type sumType = getComputeType(type);
  for (Value factor : {lhs, rhs})
    if (Type wide = getComputeType(getElementType(factor));
        wide.getIntOrFloatBitWidth() > sumType.getIntOrFloatBitWidth())
      sumType = wide;
  Value zero = fill(shape, sumType, 0);
  auto op = linalg::ContractOp::create(builder, loc, zero.getType(), ValueRange{lhs, rhs}, zero,
                                       builder.getAffineMapArrayAttr(maps));
  return convert(op.getResult(0), type);
}

Value Emitter::reduce(Value tensor, ArrayRef<int64_t> dims, Reduction reduction) {
  if (dims.empty())
    return tensor;
  Type type = getComputeType(getElementType(tensor));
  tensor = convert(tensor, type);
  SmallVector<int64_t> shape;
  for (auto [dim, size] : llvm::enumerate(getShape(tensor)))
    if (!llvm::is_contained(dims, static_cast<int64_t>(dim)))
      shape.push_back(size);
  bool isSum = reduction == Reduction::Sum;
  Value init = fill(shape, type, isSum ? 0 : -std::numeric_limits<double>::infinity());
  SmallVector<int64_t> sorted(dims);
  llvm::sort(sorted);
  auto combine = [&](OpBuilder &inside, Location loc, ValueRange x) {
    Value element = isSum ? arith::AddFOp::create(inside, loc, x[1], x[0]).getResult()
                          : arith::MaximumFOp::create(inside, loc, x[1], x[0]).getResult();
    linalg::YieldOp::create(inside, loc, element);
  };
  return linalg::ReduceOp::create(builder, loc, tensor, init, sorted, combine).getResult(0);
}

//===----------------------------------------------------------------------===//
// Moving elements
//===----------------------------------------------------------------------===//

Value Emitter::broadcast(Value tensor, ArrayRef<int64_t> shape, ArrayRef<int64_t> dims) {
  if (dims.empty())
    return tensor;
  SmallVector<int64_t> sorted(dims);
  llvm::sort(sorted);
  Value init = makeEmpty(shape, getElementType(tensor));
  return linalg::BroadcastOp::create(builder, loc, tensor, init, sorted).getResult()[0];
}

Value Emitter::transpose(Value tensor, ArrayRef<int64_t> permutation) {
  if (isIdentityPermutation(permutation))
    return tensor;
  SmallVector<int64_t> shape;
  for (int64_t dim : permutation)
    shape.push_back(getShape(tensor)[dim]);
  Value init = makeEmpty(shape, getElementType(tensor));
  return linalg::TransposeOp::create(builder, loc, tensor, init, permutation).getResult()[0];
}

namespace {
/// Offsets, sizes and strides of a part of a tensor.
struct Part {
  Part(OpBuilder &builder, ArrayRef<int64_t> shape)
      : offsets(shape.size(), builder.getIndexAttr(0)),
        strides(shape.size(), builder.getIndexAttr(1)) {
    for (int64_t size : shape)
      sizes.push_back(builder.getIndexAttr(size));
  }
  SmallVector<OpFoldResult> offsets, sizes, strides;
};
} // namespace

Value Emitter::slice(Value tensor, int64_t dim, int64_t offset, int64_t size, int64_t stride) {
  if (size == getShape(tensor)[dim])
    return tensor;
  Part part(builder, getShape(tensor));
  part.offsets[dim] = builder.getIndexAttr(offset);
  part.sizes[dim] = builder.getIndexAttr(size);
  part.strides[dim] = builder.getIndexAttr(stride);
  return tensor::ExtractSliceOp::create(builder, loc, tensor, part.offsets, part.sizes,
                                        part.strides);
}

Value Emitter::insert(Value tensor, Value whole, int64_t dim, int64_t offset, int64_t stride) {
  Part part(builder, getShape(tensor));
  part.offsets[dim] = builder.getIndexAttr(offset);
  part.strides[dim] = builder.getIndexAttr(stride);
  return tensor::InsertSliceOp::create(builder, loc, tensor, whole, part.offsets, part.sizes,
                                       part.strides);
}

Value Emitter::takeFirst(Value tensor, ArrayRef<int64_t> dims) {
  if (dims.empty())
    return tensor;
  Part part(builder, getShape(tensor));
  SmallVector<int64_t> shape;
  for (auto [dim, size] : llvm::enumerate(getShape(tensor))) {
    if (llvm::is_contained(dims, static_cast<int64_t>(dim)))
      part.sizes[dim] = builder.getIndexAttr(1);
    else
      shape.push_back(size);
  }
  auto type = RankedTensorType::get(shape, getElementType(tensor));
  return tensor::ExtractSliceOp::create(builder, loc, type, tensor, part.offsets, part.sizes,
                                        part.strides);
}

Value Emitter::pad(Value tensor, int64_t dim, int64_t size) {
  SmallVector<int64_t> shape(getShape(tensor));
  if (shape[dim] == size)
    return tensor;
  SmallVector<OpFoldResult> low(shape.size(), builder.getIndexAttr(0)), high(low);
  high[dim] = builder.getIndexAttr(size - shape[dim]);
  shape[dim] = size;
  Type type = RankedTensorType::get(shape, getElementType(tensor));
  return tensor::PadOp::create(builder, loc, type, tensor, low, high,
                               scalar(getElementType(tensor), 0));
}

/// Groups of dims: those of `[first, first + count)` together, all others alone.
static SmallVector<ReassociationIndices> group(int64_t rank, int64_t first, int64_t count) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t dim = 0; dim < rank; ++dim) {
    if (dim > first && dim < first + count)
      groups.back().push_back(dim);
    else
      groups.push_back({dim});
  }
  return groups;
}

Value Emitter::split(Value tensor, int64_t dim, ArrayRef<int64_t> sizes) {
  if (sizes.size() == 1)
    return tensor;
  SmallVector<int64_t> shape(getShape(tensor));
  shape.erase(shape.begin() + dim);
  shape.insert(shape.begin() + dim, sizes.begin(), sizes.end());
  Type type = RankedTensorType::get(shape, getElementType(tensor));
  return tensor::ExpandShapeOp::create(builder, loc, type, tensor,
                                       group(shape.size(), dim, sizes.size()));
}

Value Emitter::join(Value tensor, int64_t dim, int64_t count) {
  if (count == 1)
    return tensor;
  return tensor::CollapseShapeOp::create(builder, loc, tensor,
                                         group(getShape(tensor).size(), dim, count));
}

Value Emitter::rotate(Value tensor, int64_t dim, int64_t by) {
  int64_t size = getShape(tensor)[dim];
  by = size ? (by % size + size) % size : 0;
  if (by == 0)
    return tensor;
  Value result = makeEmpty(getShape(tensor), getElementType(tensor));
  result = insert(slice(tensor, dim, by, size - by), result, dim, 0);
  return insert(slice(tensor, dim, 0, by), result, dim, size - by);
}

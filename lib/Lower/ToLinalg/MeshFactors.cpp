//===- MeshFactors.cpp - The factors of the device dim -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MeshFactors.h"
#include "dagrt/IR/Padding.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <set>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Factors
//===----------------------------------------------------------------------===//

std::optional<MeshFactors> MeshFactors::get(MeshOp mesh, ArrayRef<AxesAttr> uses) {
  MeshFactors result;
  for (auto [nameAttr, full] : llvm::zip_equal(mesh.getAxisNames(), mesh.getAxisSizes())) {
    StringRef name = cast<StringAttr>(nameAttr).getValue();
    // Where a part begins or ends, an axis is split.
    std::set<int64_t> cuts{1, full};
    bool rotated = false;
    for (AxesAttr axes : uses)
      for (AxisRefAttr axis : axes) {
        if (axis.getName() != name)
          continue;
        rotated |= axis.getRotation() != 0;
        if (!axis.isWhole())
          cuts.insert({axis.getPreSize(), axis.getPreSize() * axis.getSize()});
      }
    if (rotated && cuts.size() > 2)
      return std::nullopt;
    int64_t before = 1;
    for (int64_t cut : cuts) {
      if (cut % before != 0)
        return std::nullopt;
      if (cut > before)
        result.factors.push_back({name, before, cut / before});
      before = cut;
    }
  }
  // A mesh of one device has a device dim all the same.
  if (result.factors.empty())
    result.factors.push_back({"", 1, 1});
  return result;
}

SmallVector<int64_t> MeshFactors::getSizes() const {
  SmallVector<int64_t> sizes;
  for (const Factor &factor : factors)
    sizes.push_back(factor.size);
  return sizes;
}

SmallVector<int64_t> MeshFactors::find(AxisRefAttr axis) const {
  SmallVector<int64_t> dims;
  for (auto [dim, factor] : llvm::enumerate(factors)) {
    bool isWithin = axis.isWhole() || (factor.pre >= axis.getPreSize() &&
                                       factor.pre < axis.getPreSize() * axis.getSize());
    if (factor.axis == axis.getName() && isWithin)
      dims.push_back(dim);
  }
  return dims;
}

SmallVector<int64_t> MeshFactors::find(AxesAttr axes) const {
  SmallVector<int64_t> dims;
  for (AxisRefAttr axis : axes)
    llvm::append_range(dims, find(axis));
  return dims;
}

//===----------------------------------------------------------------------===//
// Padding
//===----------------------------------------------------------------------===//

Value dagrt::emitShardIndex(OpBuilder &builder, Location loc, MeshOp mesh, AxesAttr axes,
                            Value device) {
  auto number = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(builder, loc, value);
  };
  Value shard = number(0);
  for (AxisRefAttr axis : axes) {
    int64_t stride = 1, full = mesh.getAxisSize(axis.getName());
    for (auto [name, size] :
         llvm::reverse(llvm::zip_equal(mesh.getAxisNames(), mesh.getAxisSizes()))) {
      if (cast<StringAttr>(name).getValue() == axis.getName())
        break;
      stride *= size;
    }
    int64_t size = axis.isWhole() ? full : axis.getSize();
    int64_t rest = axis.isWhole() ? 1 : full / (axis.getPreSize() * axis.getSize());
    Value index = arith::DivUIOp::create(builder, loc, device, number(stride));
    if (axis.getRotation() != 0) {
      index = arith::RemUIOp::create(builder, loc, index, number(full));
      index = arith::AddIOp::create(builder, loc, index, number(axis.getRotation()));
    }
    index = arith::DivUIOp::create(builder, loc, index, number(rest));
    index = arith::RemUIOp::create(builder, loc, index, number(size));
    shard = arith::MulIOp::create(builder, loc, shard, number(size));
    shard = arith::AddIOp::create(builder, loc, shard, index);
  }
  return shard;
}

/// `tensor` (devices, then local dims) with zeros in the padding of the dims `padded` of `layout`.
static Value zeroPaddingOf(Emitter &emit, Value tensor, const Layout &layout,
                           ArrayRef<int64_t> padded) {
  if (padded.empty())
    return tensor;
  ArrayRef<int64_t> shape = Emitter::getShape(tensor);
  Type type = Emitter::getElementType(tensor);
  return emit.map(tensor, type, [&](OpBuilder &b, Location loc, ValueRange x) -> Value {
    Value device = linalg::IndexOp::create(b, loc, 0), element = x[0];
    Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(element.getType()));
    for (int64_t dim : padded) {
      Value shard = emitShardIndex(b, loc, layout.getMesh(), layout.getDim(dim), device);
      Value size = arith::ConstantIndexOp::create(b, loc, shape[dim + 1]);
      Value index = arith::AddIOp::create(b, loc, arith::MulIOp::create(b, loc, shard, size),
                                          linalg::IndexOp::create(b, loc, dim + 1));
      Value end = arith::ConstantIndexOp::create(b, loc, layout.getShape()[dim]);
      Value isReal = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, index, end);
      element = arith::SelectOp::create(b, loc, isReal, element, zero);
    }
    return element;
  });
}

Value dagrt::zeroPadding(Emitter &emit, Value tensor, const Layout &layout) {
  SmallVector<int64_t> padded;
  for (size_t dim = 0; dim < layout.getRank(); ++dim)
    if (Emitter::getShape(tensor)[dim + 1] * layout.getNumShards(dim) != layout.getShape()[dim])
      padded.push_back(dim);
  return zeroPaddingOf(emit, tensor, layout, padded);
}

Value dagrt::zeroContracted(Emitter &emit, Operation *op, unsigned index, Value tensor) {
  SmallVector<int64_t> padded = getContractedPadding(op, index);
  if (padded.empty())
    return tensor;
  return zeroPaddingOf(emit, tensor, *Layout::get(op, op->getOperand(index).getType()), padded);
}

//===----------------------------------------------------------------------===//
// Shards of a value
//===----------------------------------------------------------------------===//

namespace {
/// A layout's dims as factors of its mesh.
struct Shards {
  explicit Shards(const Layout &layout)
      : factors(*MeshFactors::get(layout.getMesh(), layout.getDims())) {
    for (AxesAttr axes : layout.getDims()) {
      dims.push_back(factors.find(axes));
      used.append(dims.back());
      for (AxisRefAttr axis : axes)
        if (axis.getRotation() != 0)
          rotations.push_back({factors.find(axis).front(), axis.getRotation()});
    }
    for (int64_t dim = 0, e = factors.size(); dim < e; ++dim)
      if (!llvm::is_contained(used, dim))
        unused.push_back(dim);
  }

  MeshFactors factors;
  SmallVector<SmallVector<int64_t>> dims; ///< Factors that each dim is sharded over.
  SmallVector<int64_t> used, unused;      ///< Factors; the unused ones hold replicas.
  SmallVector<std::pair<int64_t, int64_t>> rotations;
};
} // namespace

Value dagrt::distribute(Emitter &emit, Value global, const Layout &layout) {
  Shards shards(layout);
  SmallVector<int64_t> factorSizes = shards.factors.getSizes();
  // Every dim becomes its factors and what one shard holds; the factors then move to the front.
  SmallVector<int64_t> place(shards.factors.size(), -1), locals;
  Value value = global;
  int64_t next = 0;
  for (auto [dim, factors] : llvm::enumerate(shards.dims)) {
    int64_t count = 1;
    SmallVector<int64_t> sizes;
    for (int64_t factor : factors) {
      sizes.push_back(factorSizes[factor]);
      count *= factorSizes[factor];
      place[factor] = next + sizes.size() - 1;
    }
    sizes.push_back(getShardSize(layout.getShape()[dim], count));
    value = emit.split(emit.pad(value, next, sizes.back() * count), next, sizes);
    next += sizes.size();
    locals.push_back(next - 1);
  }
  SmallVector<int64_t> permutation, shape(factorSizes);
  for (int64_t from : place)
    if (from >= 0)
      permutation.push_back(from);
  llvm::append_range(permutation, locals);
  for (int64_t local : locals)
    shape.push_back(Emitter::getShape(value)[local]);
  value = emit.broadcast(emit.transpose(value, permutation), shape, shards.unused);
  for (auto [dim, by] : shards.rotations)
    value = emit.rotate(value, dim, by);
  return emit.join(value, 0, shards.factors.size());
}

Value dagrt::gatherGlobal(Emitter &emit, Value tensor, const Layout &layout) {
  Shards shards(layout);
  Value value = emit.split(tensor, 0, shards.factors.getSizes());
  for (auto [dim, by] : shards.rotations)
    value = emit.rotate(value, dim, -by);
  value = emit.takeFirst(value, shards.unused);
  SmallVector<int64_t> permutation;
  llvm::sort(shards.used);
  for (auto [dim, factors] : llvm::enumerate(shards.dims)) {
    for (int64_t factor : factors)
      permutation.push_back(llvm::find(shards.used, factor) - shards.used.begin());
    permutation.push_back(shards.used.size() + dim);
  }
  value = emit.transpose(value, permutation);
  for (auto [dim, factors] : llvm::enumerate(shards.dims)) {
    value = emit.join(value, dim, factors.size() + 1);
    value = emit.slice(value, dim, 0, layout.getShape()[dim]);
  }
  return value;
}

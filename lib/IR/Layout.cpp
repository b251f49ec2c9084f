//===- Layout.cpp - How a value lies on the devices of a mesh -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each change checks first and changes last, so that a layout that cannot be changed stays what it
// was.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Layout.h"

#include "PlacedTypes.h"

#include "llvm/ADT/DenseMap.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Boxes
//===----------------------------------------------------------------------===//

Box dagrt::intersect(ArrayRef<Range> a, ArrayRef<Range> b) {
  Box box;
  for (auto [x, y] : llvm::zip_equal(a, b)) {
    int64_t begin = std::max(x.begin, y.begin);
    box.push_back({begin, std::max(begin, std::min(x.end, y.end))});
  }
  return box;
}

double dagrt::getNumElements(ArrayRef<Range> box) {
  double elements = 1;
  for (Range range : box)
    elements *= static_cast<double>(std::max<int64_t>(range.size(), 0));
  return elements;
}

//===----------------------------------------------------------------------===//
// Groups of devices
//===----------------------------------------------------------------------===//

DeviceGroups dagrt::getDeviceGroups(MeshOp mesh, AxesAttr axes) {
  SmallVector<AxisRefAttr> all;
  for (auto name : mesh.getAxisNames().getAsValueRange<StringAttr>())
    all.push_back(AxisRefAttr::get(mesh.getContext(), name, 0, 0, 0));
  // Devices of one group agree along all other axes.
  std::optional<AxesAttr> others = removeAxes(mesh, AxesAttr::get(mesh.getContext(), all), axes);
  assert(others && "expects axes of the mesh");
  int64_t size = getNumShards(mesh, axes), devices = mesh.getNumDevices();
  DeviceGroups groups;
  llvm::DenseMap<int64_t, int64_t> numbers;
  for (int64_t device = 0; device < devices; ++device) {
    auto [it, isNew] =
        numbers.try_emplace(getShardIndex(mesh, *others, device), groups.members.size());
    if (isNew)
      groups.members.emplace_back(size);
    groups.members[it->second][getShardIndex(mesh, axes, device)] = device;
    groups.groupOf.push_back(it->second);
  }
  return groups;
}

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

Layout::Layout(MeshOp mesh, GlobalShape shape, ArrayRef<AxesAttr> dims, AxesAttr partial)
    : mesh(mesh), sizes(shape.begin(), shape.end()),
      symbols(shape.getSymbols().begin(), shape.getSymbols().end()), dims(dims.begin(), dims.end()),
      partial(partial ? partial : AxesAttr::get(mesh.getContext(), {})) {
  assert(dims.size() == shape.size() && "expects axes for each dim");
}

Layout::Layout(MeshOp mesh, DistAttr dist)
    : Layout(mesh, GlobalShape(dist.getOf(), dist.getSymbols()), dist.getDims(),
             dist.getPartial()) {
  assert(mesh.getSymNameAttr() == dist.getMesh().getAttr() && "expects the mesh that is named");
}

std::optional<Layout> Layout::get(Operation *from, Type type) {
  DistAttr dist = dagrt::getDist(type);
  MeshOp mesh = dist ? lookupMesh(from, dist.getMesh()) : MeshOp();
  return mesh && mesh.hasShape() ? std::optional<Layout>(Layout(mesh, dist)) : std::nullopt;
}

std::optional<Layout> Layout::get(SymbolTableCollection &symbols, Operation *from, Type type) {
  DistAttr dist = dagrt::getDist(type);
  MeshOp mesh = dist ? lookupMesh(from, dist.getMesh(), symbols) : MeshOp();
  return mesh && mesh.hasShape() ? std::optional<Layout>(Layout(mesh, dist)) : std::nullopt;
}

DistAttr Layout::getDist() const {
  MLIRContext *context = partial.getContext();
  auto name = FlatSymbolRefAttr::get(getMesh().getSymNameAttr());
  return DistAttr::get(context, name, dims, sizes, getSizeSymbols(context, getShape()), partial);
}

RankedTensorType Layout::getType(Type elementType) const {
  return RankedTensorType::get(getLocalShape(), elementType, getDist());
}

Layout Layout::getNormalized() const {
  Layout result = *this;
  for (AxesAttr &axes : result.dims)
    axes = normalizeAxes(mesh, axes);
  result.partial = normalizeAxes(mesh, partial);
  return result;
}

bool Layout::operator==(const Layout &other) const {
  if (mesh != other.mesh || getShape() != other.getShape())
    return false;
  for (auto [a, b] : llvm::zip_equal(dims, other.dims))
    if (a != b && normalizeAxes(mesh, a) != normalizeAxes(mesh, b))
      return false;
  return isSameSet(mesh, partial, other.partial);
}

//===----------------------------------------------------------------------===//
// Devices
//===----------------------------------------------------------------------===//

int64_t Layout::getNumDevices() const { return getMesh().getNumDevices(); }

int64_t Layout::getNumShards(size_t dim) const { return dagrt::getNumShards(mesh, dims[dim]); }

int64_t Layout::getShardIndex(size_t dim, int64_t device) const {
  return dagrt::getShardIndex(mesh, dims[dim], device);
}

int64_t Layout::getNumReplicas() const {
  int64_t used = dagrt::getNumShards(mesh, partial);
  for (size_t dim = 0; dim < getRank(); ++dim)
    used *= getNumShards(dim);
  return getNumDevices() / std::max<int64_t>(used, 1);
}

SmallVector<int64_t> Layout::getLocalShape() const {
  SmallVector<int64_t> shape;
  for (size_t dim = 0; dim < getRank(); ++dim)
    shape.push_back(getShardSize(sizes[dim], getNumShards(dim)));
  return shape;
}

SmallVector<int64_t> Layout::getOrigin(int64_t device) const {
  SmallVector<int64_t> origin = getLocalShape();
  for (size_t dim = 0; dim < getRank(); ++dim)
    origin[dim] *= getShardIndex(dim, device);
  return origin;
}

Box Layout::getBox(int64_t device) const {
  Box box;
  for (size_t dim = 0; dim < getRank(); ++dim) {
    int64_t size = sizes[dim], local = getShardSize(size, getNumShards(dim));
    int64_t begin = std::min(getShardIndex(dim, device) * local, size);
    box.push_back({begin, std::min(begin + local, size)});
  }
  return box;
}

//===----------------------------------------------------------------------===//
// Changes
//===----------------------------------------------------------------------===//

/// Emits the error that `write` writes, if errors are asked for.
static LogicalResult fail(EmitErrorFn emitError, function_ref<void(InFlightDiagnostic &)> write) {
  if (emitError) {
    InFlightDiagnostic error = emitError();
    write(error);
  }
  return failure();
}

LogicalResult Layout::checkDim(int64_t dim, EmitErrorFn emitError) const {
  auto rank = static_cast<int64_t>(getRank());
  if (dim >= 0 && dim < rank)
    return success();
  return fail(emitError, [&](InFlightDiagnostic &error) {
    if (rank == 0)
      error << "expects an operand that has dims, got " << getDist();
    else
      error << "expects a dim from 0 to " << rank - 1 << ", got " << dim;
  });
}

bool Layout::isNested(size_t dim, AxesAttr outer, AxesAttr inner) const {
  int64_t size = sizes[dim];
  int64_t shards = dagrt::getNumShards(mesh, outer), parts = dagrt::getNumShards(mesh, inner);
  // One element is in the first of any shards.
  if (ShapedType::isDynamic(size) || shards == 1 || parts == 1 || size <= 1)
    return true;
  return getShardSize(size, shards) == parts * getShardSize(size, shards * parts);
}

/// Checks that splitting shards of dim `dim` over `outer` into parts over `inner` makes the shards
/// over both. Each split rounds up for itself: 5 elements in halves of 3 and 2 are not quarters of
/// 2, 2, 1 and 0 in pairs, and a group along `inner` would miss elements.
LogicalResult Layout::checkNested(int64_t dim, AxesAttr outer, AxesAttr inner,
                                  EmitErrorFn emitError) const {
  if (isNested(dim, outer, inner))
    return success();
  return fail(emitError, [&](InFlightDiagnostic &error) {
    int64_t shards = dagrt::getNumShards(mesh, outer), parts = dagrt::getNumShards(mesh, inner);
    error << "expects dim " << dim << " of " << sizes[dim] << " elements to have shards over "
          << outer.str() << " of " << parts << " parts of "
          << getShardSize(sizes[dim], shards * parts) << ", got "
          << getShardSize(sizes[dim], shards) << " elements";
  });
}

LogicalResult Layout::gather(int64_t dim, AxesAttr axes, EmitErrorFn emitError) {
  if (failed(checkDim(dim, emitError)))
    return failure();
  std::optional<AxesAttr> rest = removeTail(mesh, dims[dim], axes);
  if (!rest || axes.empty())
    return fail(emitError, [&](InFlightDiagnostic &error) {
      error << "expects dim " << dim << " of the operand to be sharded over " << axes.str()
            << ", got " << dims[dim].str();
    });
  if (failed(checkNested(dim, *rest, axes, emitError)))
    return failure();
  dims[dim] = *rest;
  return success();
}

LogicalResult Layout::scatter(int64_t dim, AxesAttr axes, EmitErrorFn emitError) {
  if (failed(checkDim(dim, emitError)))
    return failure();
  bool isUsed = overlaps(mesh, partial, axes);
  for (AxesAttr other : dims)
    isUsed |= overlaps(mesh, other, axes);
  if (isUsed || axes.empty())
    return fail(emitError, [&](InFlightDiagnostic &error) {
      error << "expects the operand to hold replicas over " << axes.str() << ", got " << getDist();
    });
  if (failed(checkNested(dim, dims[dim], axes, emitError)))
    return failure();
  dims[dim] = concatAxes(mesh, dims[dim], axes);
  return success();
}

LogicalResult Layout::reduce(AxesAttr axes, EmitErrorFn emitError) {
  std::optional<AxesAttr> rest = removeAxes(mesh, partial, axes);
  if (!rest || axes.empty())
    return fail(emitError, [&](InFlightDiagnostic &error) {
      error << "expects an operand partial over " << axes.str() << ", got " << getDist();
    });
  partial = *rest;
  return success();
}

LogicalResult Layout::exchange(int64_t from, int64_t to, AxesAttr axes, EmitErrorFn emitError) {
  Layout changed = *this;
  if (failed(changed.gather(from, axes, emitError)) || failed(changed.scatter(to, axes, emitError)))
    return failure();
  *this = std::move(changed);
  return success();
}

LogicalResult Layout::rotate(int64_t dim, int64_t by, EmitErrorFn emitError) {
  if (failed(checkDim(dim, emitError)))
    return failure();
  AxesAttr axes = dims[dim];
  if (axes.size() != 1 || !axes.getAxes()[0].isWhole())
    return fail(emitError, [&](InFlightDiagnostic &error) {
      error << "expects dim " << dim << " to be sharded over one full axis, got " << axes.str();
    });
  AxisRefAttr axis = axes.getAxes()[0];
  int64_t size = getMesh().getAxisSize(axis.getName());
  int64_t rotation = (axis.getRotation() + by % size + size) % size;
  MLIRContext *context = axes.getContext();
  dims[dim] = AxesAttr::get(context, AxisRefAttr::get(context, axis.getName(), 0, 0, rotation));
  return success();
}

//===- Structure.cpp - Meshes, parameters, positions -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Layout.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/bit.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// MeshOp
//===----------------------------------------------------------------------===//

int64_t MeshOp::getAxisSize(StringRef name) {
  for (auto [axis, size] : llvm::zip_equal(getAxisNames(), getAxisSizes()))
    if (cast<StringAttr>(axis).getValue() == name)
      return size;
  return 0;
}

bool MeshOp::hasShape() {
  auto names = getAxisNamesAttr();
  auto sizes = getAxisSizesAttr();
  if (!names || !sizes || !getDevicesAttr() || names.size() != sizes.asArrayRef().size())
    return false;
  int64_t product = 1;
  for (auto [name, size] : llvm::zip_equal(names, sizes.asArrayRef()))
    if (!isa<StringAttr>(name) || size < 1 || llvm::MulOverflow(product, size, product))
      return false;
  return product == getNumDevices();
}

LogicalResult MeshOp::verify() {
  // mesh-c1
  if (getAxisNames().size() != getAxisSizes().size())
    return emitOpError() << "expects as many axis sizes as names, " << getAxisNames().size()
                         << ", got " << getAxisSizes().size();
  llvm::DenseSet<StringRef> names;
  int64_t product = 1;
  for (auto [axis, size] : llvm::zip_equal(getAxisNames(), getAxisSizes())) {
    StringRef name = cast<StringAttr>(axis).getValue();
    if (name.empty())
      return emitOpError() << "expects axis names that are not empty, got \"\"";
    if (!names.insert(name).second)
      return emitOpError() << "expects distinct axis names, got \"" << name << "\" twice";
    if (size < 1)
      return emitOpError() << "expects axis \"" << name << "\" to have a size of at least 1, got "
                           << size;
    if (llvm::MulOverflow(product, size, product))
      return emitOpError() << "expects a number of devices below 2^63";
  }
  // mesh-c2
  if (product != getNumDevices())
    return emitOpError() << "expects " << product
                         << " devices, the product of the sizes of the axes, got "
                         << getNumDevices();
  // mesh-c3: the bound keeps ids clear of the numbers that hash tables reserve.
  constexpr int64_t kMostDevices = int64_t(1) << 31;
  llvm::DenseSet<int64_t> devices;
  for (int64_t device : getDevices()) {
    if (device < 0 || device >= kMostDevices)
      return emitOpError() << "expects device ids from 0 to " << kMostDevices - 1 << ", got "
                           << device;
    if (!devices.insert(device).second)
      return emitOpError() << "expects distinct devices, got device " << device << " twice";
  }
  return success();
}

//===----------------------------------------------------------------------===//
// ParameterOp, PositionsOp, AlibiSlopesOp, AxisIndexOp
//===----------------------------------------------------------------------===//

/// The rule of an op without operands: each dim is free.
static ShardingRule getSourceRule(Operation *op) {
  return getElementwiseRule(op, PartialRule::None);
}

/// A value that an op without operands makes is never partial.
static LogicalResult verifyNotPartial(Operation *op) {
  for (Type type : op->getResultTypes())
    if (DistAttr dist = getDist(type); dist && dist.isPartial())
      return op->emitOpError() << "expects a result that is not partial, got " << dist;
  return success();
}

ShardingRule ParameterOp::getShardingRule() { return getSourceRule(*this); }

LogicalResult ParameterOp::verify() {
  // parameter-c1
  if (getName().empty())
    return emitOpError() << "expects a name, got an empty string";
  if (static_cast<int64_t>(getFanIn()) < 1)
    return emitOpError() << "expects a fan_in of at least 1, got "
                         << static_cast<int64_t>(getFanIn());
  // parameter-c2
  ArrayRef<int64_t> shape = getGlobalShape(getType());
  if (ViewAttr view = getViewAttr()) {
    if (view.getStrides().size() != shape.size())
      return emitOpError() << "expects a stride for each of " << shape.size() << " dims, got "
                           << view.getStrides().size();
    int64_t stored = 1, first = view.getOffset(), last = view.getOffset();
    for (int64_t size : view.getStored())
      if (size < 0 || llvm::MulOverflow(stored, size, stored))
        return emitOpError() << "expects a stored weight of fewer than 2^63 elements, with sizes "
                                "that are not negative";
    for (auto [size, stride] : llvm::zip_equal(shape, view.getStrides())) {
      int64_t reach = 0;
      if (size <= 0 || llvm::MulOverflow(size - 1, stride, reach) ||
          llvm::AddOverflow(reach < 0 ? first : last, reach, reach < 0 ? first : last))
        return emitOpError() << "expects a view of static, positive sizes inside the stored weight";
    }
    if (first < 0 || last >= stored)
      return emitOpError() << "expects the view to stay inside the stored weight of " << stored
                           << " elements, got elements " << first << " to " << last;
  }
  // parameter-c3
  if (failed(verifyNotPartial(*this)))
    return failure();
  return verifyLogicalByRule(*this);
}

ShardingRule PositionsOp::getShardingRule() { return getSourceRule(*this); }

LogicalResult PositionsOp::verify() {
  // positions-c1
  if (getType().getRank() != 1)
    return emitOpError() << "expects a result of one dim, got " << getType();
  if (static_cast<int64_t>(getFirst()) < 0)
    return emitOpError() << "expects a first position that is not negative, got "
                         << static_cast<int64_t>(getFirst());
  if (failed(verifyNotPartial(*this)))
    return failure();
  return verifyLogicalByRule(*this);
}

ShardingRule AlibiSlopesOp::getShardingRule() { return getSourceRule(*this); }

LogicalResult AlibiSlopesOp::verify() {
  // alibi_slopes-c1
  ArrayRef<int64_t> heads = getGlobalShape(getType());
  if (heads.size() != 2 || ShapedType::isDynamicShape(heads))
    return emitOpError() << "expects a result of two static dims, got " << getType();
  constexpr int64_t kMostHeads = int64_t(1) << 20;
  if (heads[0] > kMostHeads || heads[1] > kMostHeads || heads[0] * heads[1] > kMostHeads)
    return emitOpError() << "expects at most " << kMostHeads << " heads, got " << getType();
  if (failed(verifyNotPartial(*this)))
    return failure();
  // alibi_slopes-c2
  double most = getBiasMax().convertToDouble();
  if (!std::isfinite(most) || most <= 0)
    return emitOpError() << "expects a finite bias_max above 0, got " << most;
  if (!getScale().isFinite())
    return emitOpError() << "expects a finite scale, got " << getScale().convertToDouble();
  return verifyLogicalByRule(*this);
}

/// Those of the largest power of two, and for the heads that remain every other one of twice as
/// many.
SmallVector<double> AlibiSlopesOp::getSlopes() {
  ArrayRef<int64_t> shape = getGlobalShape(getType());
  int64_t heads = shape[0] * shape[1];
  double most = getBiasMax().convertToDouble(), scale = getScale().convertToDouble();
  auto whole = static_cast<double>(llvm::bit_floor(static_cast<uint64_t>(heads)));
  SmallVector<double> slopes;
  for (int64_t head = 0; head < heads; ++head) {
    auto i = static_cast<double>(head);
    double exponent = i < whole ? (i + 1) / whole : (2 * (i - whole) + 1) / (2 * whole);
    slopes.push_back(scale * std::exp2(-most * exponent));
  }
  return slopes;
}

void AxisIndexOp::build(OpBuilder &builder, OperationState &state, MeshOp mesh, AxesAttr axes) {
  Layout numbers(mesh, {getNumShards(mesh, axes)}, {axes});
  build(builder, state, numbers.getType(builder.getI32Type()));
}

LogicalResult AxisIndexOp::verify() {
  // axis_index-c1
  DistAttr dist = getDist(getType());
  if (!dist || dist.getOf().size() != 1)
    return emitOpError() << "expects a placed result of one dim, got " << getType();
  return verifyNotPartial(*this);
}

LogicalResult AxisIndexOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (failed(verifyPlacedType(*this, getType(), "result #0", symbols)))
    return failure();
  Layout layout = *Layout::get(symbols, *this, getType());
  int64_t shards = layout.getNumShards(0), elements = layout.getShape().front();
  if (elements == shards)
    return success();
  InFlightDiagnostic error = emitOpError() << "expects as many elements as shards, " << shards
                                           << ", got " << elements;
  error.attachNote(layout.getMesh().getLoc()) << "mesh declared here";
  return error;
}

Work ParameterOp::getWork() { return Work(); }
Work PositionsOp::getWork() { return Work(); }
Work AlibiSlopesOp::getWork() { return Work(); }
Work AxisIndexOp::getWork() { return Work(); }

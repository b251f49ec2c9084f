//===- PlacedArray.cpp - A value on the devices of its mesh -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Collectives work in terms of boxes of global indices: what a device holds before and what it
// must hold afterwards. Sums run over the devices in ascending order, so that replicas of a sum
// are bitwise equal.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Lower/PlacedArray.h"
#include "dagrt/IR/Transfer.h"

#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Placement
//===----------------------------------------------------------------------===//

Placement Placement::get(Operation *from, RankedTensorType type) {
  Placement placement;
  placement.layout = Layout::get(from, type);
  placement.localShape.assign(type.getShape().begin(), type.getShape().end());
  return placement;
}

SmallVector<int64_t> Placement::getOrigin(int64_t device) const {
  return layout ? layout->getOrigin(device) : SmallVector<int64_t>(localShape.size(), 0);
}

Box Placement::getBox(int64_t device) const {
  if (layout)
    return layout->getBox(device);
  Box box;
  for (int64_t size : localShape)
    box.push_back({0, size});
  return box;
}

PlacedArray PlacedArray::getZeros(Placement placement) {
  PlacedArray value(std::move(placement));
  value.locals.assign(value.placement.getNumDevices(), Array(value.placement.localShape));
  return value;
}

Array dagrt::fillShard(const Placement &placement, int64_t device,
                       function_ref<double(ArrayRef<int64_t> index, bool isReal)> get) {
  ArrayRef<int64_t> shape = placement.localShape, of = placement.getGlobalShape();
  SmallVector<int64_t> origin = placement.getOrigin(device), index(origin);
  Array shard(shape);
  double *element = shard.elements.data();
  forEachIndex(shape, [&](ArrayRef<int64_t> localIndex) {
    bool isReal = true;
    for (size_t dim = 0; dim < shape.size(); ++dim) {
      index[dim] = origin[dim] + localIndex[dim];
      isReal &= index[dim] < of[dim];
    }
    *element++ = get(index, isReal);
  });
  return shard;
}

PlacedArray dagrt::fillByIndex(Placement placement,
                               function_ref<double(ArrayRef<int64_t> index, bool isReal)> get) {
  PlacedArray result(std::move(placement));
  for (int64_t device = 0, e = result.placement.getNumDevices(); device < e; ++device)
    result.locals.push_back(fillShard(result.placement, device, get));
  return result;
}

//===----------------------------------------------------------------------===//
// Boxes
//===----------------------------------------------------------------------===//

namespace {
enum class Update { Replace, Add };
} // namespace

/// Copies or adds the elements of `box` (global indices). Both arrays hold all of it; the first
/// elements of `source` and `target` have the global indices `sourceOrigin` and `targetOrigin`.
static void copyBox(const Array &source, ArrayRef<int64_t> sourceOrigin, Array &target,
                    ArrayRef<int64_t> targetOrigin, ArrayRef<Range> box, Update update) {
  SmallVector<int64_t> shape;
  for (Range range : box)
    shape.push_back(range.size());
  SmallVector<int64_t> from(box.size()), to(box.size());
  forEachIndex(shape, [&](ArrayRef<int64_t> index) {
    for (size_t dim = 0; dim < box.size(); ++dim) {
      from[dim] = box[dim].begin + index[dim] - sourceOrigin[dim];
      to[dim] = box[dim].begin + index[dim] - targetOrigin[dim];
    }
    double &element = target.at(to);
    element = (update == Update::Add ? element : 0) + source.at(from);
  });
}

/// Global index of the first element, and the shape, of `box`.
static std::pair<SmallVector<int64_t>, SmallVector<int64_t>> getExtent(ArrayRef<Range> box) {
  std::pair<SmallVector<int64_t>, SmallVector<int64_t>> extent;
  for (Range range : box) {
    extent.first.push_back(range.begin);
    extent.second.push_back(range.size());
  }
  return extent;
}

Array dagrt::cutBox(const Array &source, ArrayRef<int64_t> origin, ArrayRef<Range> box) {
  auto [begin, shape] = getExtent(box);
  Array part(shape);
  copyBox(source, origin, part, begin, box, Update::Replace);
  return part;
}

void dagrt::addBox(const Array &part, Array &target, ArrayRef<int64_t> origin,
                   ArrayRef<Range> box) {
  copyBox(part, getExtent(box).first, target, origin, box, Update::Add);
}

/// Copies or adds what `sender` holds of the box that `receiver` must hold in `result`.
static void passOn(const PlacedArray &value, int64_t sender, PlacedArray &result, int64_t receiver,
                   Update update) {
  Box box = intersect(value.placement.getBox(sender), result.placement.getBox(receiver));
  copyBox(value.locals[sender], value.placement.getOrigin(sender), result.locals[receiver],
          result.placement.getOrigin(receiver), box, update);
}

PlacedArray dagrt::scatter(const Array &global, Placement placement) {
  PlacedArray value = PlacedArray::getZeros(std::move(placement));
  SmallVector<int64_t> zero(global.shape.size(), 0);
  for (int64_t device = 0, e = value.locals.size(); device < e; ++device)
    copyBox(global, zero, value.locals[device], value.placement.getOrigin(device),
            value.placement.getBox(device), Update::Replace);
  return value;
}

std::optional<ReplicaMismatch> dagrt::gather(const PlacedArray &value, double tolerance,
                                             Array &global) {
  const Placement &placement = value.placement;
  global = Array(placement.getGlobalShape());
  // The device that each element came from: -1 where none wrote yet.
  std::vector<int64_t> writer(global.elements.size(), -1);
  double largest = 0, worst = 0;
  std::optional<ReplicaMismatch> mismatch;
  for (int64_t device = 0, e = value.locals.size(); device < e; ++device) {
    SmallVector<int64_t> origin = placement.getOrigin(device);
    SmallVector<int64_t> shape, here(origin.size()), local(origin.size());
    Box box = placement.getBox(device);
    for (Range range : box)
      shape.push_back(range.size());
    forEachIndex(shape, [&](ArrayRef<int64_t> index) {
      for (size_t dim = 0; dim < box.size(); ++dim) {
        here[dim] = box[dim].begin + index[dim];
        local[dim] = here[dim] - origin[dim];
      }
      double element = value.locals[device].at(local);
      int64_t offset = getOffset(global.shape, here);
      largest = std::max(largest, std::abs(element));
      if (writer[offset] < 0) {
        writer[offset] = device;
        global.elements[offset] = element;
        return;
      }
      double first = global.elements[offset];
      // Two NaNs agree: the comparison of outputs reports them. One NaN differs from any number.
      if (element == first || (std::isnan(element) && std::isnan(first)))
        return;
      double distance = std::abs(element - first);
      if (std::isnan(distance))
        distance = HUGE_VAL;
      if (distance <= worst)
        return;
      worst = distance;
      ArrayRef<int64_t> devices = placement.layout->getMesh().getDevices();
      mismatch = {here, devices[writer[offset]], devices[device], first, element};
    });
  }
  if (worst <= tolerance * largest)
    return std::nullopt;
  return mismatch;
}

LogicalResult dagrt::collectResult(func::ReturnOp op, unsigned number, PlacedArray value,
                                   double tolerance, Array &global) {
  if (value.placement.isPlaced() && value.placement.layout->isPartial())
    value = allReduce(value, value.placement.layout->getPartial(), value.placement);
  std::optional<ReplicaMismatch> mismatch = gather(value, tolerance, global);
  if (!mismatch)
    return success();
  InFlightDiagnostic error = op.emitOpError();
  error << "expects all replicas of result #" << number << " to agree, got "
        << llvm::formatv("{0:e6} on device {1} and {2:e6} on device {3}", mismatch->first,
                         mismatch->firstDevice, mismatch->second, mismatch->secondDevice)
               .str()
        << " at [";
  llvm::interleaveComma(mismatch->index, error);
  error << ']';
  error.attachNote(op.getOperand(number).getLoc()) << "result defined here";
  return failure();
}

//===----------------------------------------------------------------------===//
// Groups of devices. Found with arithmetic of the evaluator's own, and not by getDeviceGroups: what
// ranks and compiled programs do is compared with what stands here.
//===----------------------------------------------------------------------===//

/// Product of the sizes of the axes after `axis`: devices are in row-major order of the axes.
static int64_t getAxisStride(MeshOp mesh, StringRef axis) {
  int64_t stride = 1;
  for (size_t i = mesh.getAxisSizes().size(); i-- > 0;) {
    if (cast<StringAttr>(mesh.getAxisNames()[i]).getValue() == axis)
      return stride;
    stride *= mesh.getAxisSizes()[i];
  }
  return stride;
}

/// The first device of the group along `axes` that `device` belongs to: the one with index 0 along
/// each of them. Devices of one group have the same.
static int64_t getGroup(MeshOp mesh, AxesAttr axes, int64_t device) {
  int64_t group = device;
  for (AxisRefAttr axis : axes) {
    int64_t size = mesh.getAxisSize(axis.getName()), stride = getAxisStride(mesh, axis.getName());
    int64_t index = device / stride % size;
    // An axis is read as pre x size x rest; the reference means the factor in the middle.
    int64_t count = axis.isWhole() ? size : axis.getSize();
    int64_t rest = axis.isWhole() ? 1 : size / (axis.getPreSize() * axis.getSize());
    group -= index / rest % count * rest * stride;
  }
  return group;
}

/// For each device the devices of its group, in ascending order.
static std::vector<std::vector<int64_t>> getGroups(MeshOp mesh, AxesAttr axes) {
  std::vector<std::vector<int64_t>> members(mesh.getNumDevices()), groups;
  for (int64_t device = 0, e = mesh.getNumDevices(); device < e; ++device)
    members[getGroup(mesh, axes, device)].push_back(device);
  for (int64_t device = 0, e = mesh.getNumDevices(); device < e; ++device)
    groups.push_back(members[getGroup(mesh, axes, device)]);
  return groups;
}

//===----------------------------------------------------------------------===//
// Communication
//===----------------------------------------------------------------------===//

PlacedArray dagrt::allReduce(const PlacedArray &value, AxesAttr axes, Placement placement) {
  PlacedArray result = PlacedArray::getZeros(std::move(placement));
  for (auto [device, group] : llvm::enumerate(getGroups(value.placement.layout->getMesh(), axes)))
    for (int64_t member : group)
      for (auto [sum, term] :
           llvm::zip_equal(result.locals[device].elements, value.locals[member].elements))
        sum += term;
  return result;
}

PlacedArray dagrt::exchange(const PlacedArray &value, AxesAttr axes, Placement placement) {
  PlacedArray result = PlacedArray::getZeros(std::move(placement));
  for (auto [device, group] : llvm::enumerate(getGroups(value.placement.layout->getMesh(), axes)))
    for (int64_t member : group)
      passOn(value, member, result, device, Update::Replace);
  return result;
}

PlacedArray dagrt::reduceScatter(const PlacedArray &value, AxesAttr axes, Placement placement) {
  PlacedArray result = PlacedArray::getZeros(std::move(placement));
  for (auto [device, group] : llvm::enumerate(getGroups(value.placement.layout->getMesh(), axes)))
    for (int64_t member : group)
      passOn(value, member, result, device, Update::Add);
  return result;
}

PlacedArray dagrt::cutOwn(const PlacedArray &value, Placement placement) {
  PlacedArray result = PlacedArray::getZeros(std::move(placement));
  for (int64_t device = 0, e = result.locals.size(); device < e; ++device)
    passOn(value, device, result, device, Update::Replace);
  return result;
}

PlacedArray dagrt::shift(const PlacedArray &value, StringRef axis, int64_t by,
                         Placement placement) {
  PlacedArray result(std::move(placement));
  MeshOp mesh = value.placement.layout->getMesh();
  int64_t size = mesh.getAxisSize(axis), stride = getAxisStride(mesh, axis);
  for (int64_t device = 0, e = mesh.getNumDevices(); device < e; ++device) {
    int64_t index = device / stride % size;
    int64_t next = ((index + by % size) % size + size) % size;
    result.locals.push_back(value.locals[device + (next - index) * stride]);
  }
  return result;
}

PlacedArray dagrt::transfer(const PlacedArray &value, Placement placement) {
  PlacedArray result = PlacedArray::getZeros(std::move(placement));
  const Placement &from = value.placement, &to = result.placement;
  for (const TransferPiece &piece : getTransferPieces(*from.layout, *to.layout))
    copyBox(value.locals[piece.sender], from.getOrigin(piece.sender), result.locals[piece.receiver],
            to.getOrigin(piece.receiver), piece.box, Update::Replace);
  return result;
}

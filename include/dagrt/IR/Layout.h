//===- Layout.h - How a value lies on the devices of a mesh -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A layout is a distribution whose mesh has been looked up: the one noun for "this tensor, sharded
// this way, on these devices". It answers who holds what, and collectives change it: gather,
// scatter, reduce, exchange, rotate. Verification, the partitioner, the lowerings and the rank
// programs all ask here. The evaluator finds the devices of a collective's groups with arithmetic
// of its own (lib/Lower/PlacedArray.cpp): it is what the others are compared with.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_LAYOUT_H
#define DAGRT_IR_LAYOUT_H

#include "dagrt/IR/Dagrt.h"

namespace dagrt {

//===----------------------------------------------------------------------===//
// Boxes
//===----------------------------------------------------------------------===//

/// What both boxes hold; empty ranges where they do not meet.
Box intersect(llvm::ArrayRef<Range> a, llvm::ArrayRef<Range> b);

/// Number of elements in a box; 1 in that of a scalar.
double getNumElements(llvm::ArrayRef<Range> box);

//===----------------------------------------------------------------------===//
// Groups of devices
//===----------------------------------------------------------------------===//

/// The groups of devices that a collective over some axes of a mesh works in: those that differ
/// along these axes only.
struct DeviceGroups {
  /// Indices of the devices in the mesh's list. Member `i` has the index `i` along the axes. Groups
  /// are in the order of their first devices.
  std::vector<llvm::SmallVector<int64_t>> members;
  /// The group of the device at each place.
  std::vector<int64_t> groupOf;
};

DeviceGroups getDeviceGroups(MeshOp mesh, AxesAttr axes);

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

/// A global shape, the axes that shard each of its dims, the axes of a sum that is pending, and the
/// mesh. A value: it owns what it refers to, but for the mesh.
class Layout {
public:
  Layout(MeshOp mesh, GlobalShape shape, llvm::ArrayRef<AxesAttr> dims, AxesAttr partial = {});
  /// Precondition: `dist` names `mesh`.
  Layout(MeshOp mesh, DistAttr dist);

  /// The layout of a placed type, whose mesh is looked up from `from`; none if the type is not
  /// placed, or names no mesh that has a shape.
  static std::optional<Layout> get(mlir::Operation *from, mlir::Type type);
  static std::optional<Layout> get(mlir::SymbolTableCollection &symbols, mlir::Operation *from,
                                   mlir::Type type);

  MeshOp getMesh() const { return mesh; }
  size_t getRank() const { return dims.size(); }
  GlobalShape getShape() const { return {sizes, symbols}; }
  llvm::ArrayRef<AxesAttr> getDims() const { return dims; }
  AxesAttr getDim(size_t dim) const { return dims[dim]; }
  AxesAttr getPartial() const { return partial; }
  bool isPartial() const { return !partial.empty(); }

  /// As an attribute and as a placed type.
  DistAttr getDist() const;
  mlir::RankedTensorType getType(mlir::Type elementType) const;

  /// True if both say the same, however their axes are written.
  bool operator==(const Layout &other) const;
  bool operator!=(const Layout &other) const { return !(*this == other); }

  /// The same layout with normalized axes.
  Layout getNormalized() const;

  //===--------------------------------------------------------------------===//
  // Devices. A device is given by its place in the mesh's list.
  //===--------------------------------------------------------------------===//

  int64_t getNumDevices() const;
  int64_t getNumShards(size_t dim) const;
  /// Index of the shard of dim `dim` that a device holds.
  int64_t getShardIndex(size_t dim, int64_t device) const;
  /// Devices that hold one and the same box, or one term of the same partial sum.
  int64_t getNumReplicas() const;
  /// The shape of each device's array, padding included.
  llvm::SmallVector<int64_t> getLocalShape() const;
  /// Global index of the first element of a device's array; past the end if all of it is padding.
  llvm::SmallVector<int64_t> getOrigin(int64_t device) const;
  /// The real (unpadded) elements that a device holds. The sizes are numbers.
  Box getBox(int64_t device) const;

  //===--------------------------------------------------------------------===//
  // Changes. Each succeeds, or leaves the layout as it was and says through `emitError` what it
  // expected; a null function says nothing.
  //===--------------------------------------------------------------------===//

  /// Takes `axes` off the end of dim `dim`: all_gather.
  llvm::LogicalResult gather(int64_t dim, AxesAttr axes, EmitErrorFn emitError = {});
  /// Shards dim `dim` over `axes`, too, over which devices hold replicas: all_slice.
  llvm::LogicalResult scatter(int64_t dim, AxesAttr axes, EmitErrorFn emitError = {});
  /// Completes the sum over `axes`: all_reduce.
  llvm::LogicalResult reduce(AxesAttr axes, EmitErrorFn emitError = {});
  /// Moves `axes` from dim `from` to dim `to`: all_to_all.
  llvm::LogicalResult exchange(int64_t from, int64_t to, AxesAttr axes, EmitErrorFn emitError = {});
  /// Rotates the one full axis of dim `dim` by `by` devices: shift.
  llvm::LogicalResult rotate(int64_t dim, int64_t by, EmitErrorFn emitError = {});

  /// Shards dim `dim` over `axes` and no others. Checks nothing.
  void setDim(size_t dim, AxesAttr axes) { dims[dim] = axes; }
  /// Leaves no sum pending, or one over `axes`. Checks nothing.
  void setPartial(AxesAttr axes) { partial = axes; }

  /// True if shards of dim `dim` over `outer` are whole numbers of those over both.
  bool isNested(size_t dim, AxesAttr outer, AxesAttr inner) const;

private:
  llvm::LogicalResult checkDim(int64_t dim, EmitErrorFn emitError) const;
  llvm::LogicalResult checkNested(int64_t dim, AxesAttr outer, AxesAttr inner,
                                  EmitErrorFn emitError) const;

  MeshOp mesh;
  llvm::SmallVector<int64_t, 6> sizes;
  llvm::SmallVector<SizeAttr, 0> symbols;
  llvm::SmallVector<AxesAttr, 6> dims;
  AxesAttr partial;
};

} // namespace dagrt

#endif // DAGRT_IR_LAYOUT_H

//===- Distribution.h - Arithmetic of distributions -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a distribution means: local shapes, the box of the global tensor that a
// device holds, and whether a placed type is consistent. All rounding up
// happens here.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_DISTRIBUTION_H
#define DAGRT_IR_DISTRIBUTION_H

#include "dagrt/IR/DagrtAttributes.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

namespace dagrt {
class MeshOp;

/// The distribution of a tensor type, or null if it is not placed (or null).
DistAttr getDist(mlir::Type type);

/// The global shape: `of` of a placed tensor, else the shape.
llvm::ArrayRef<int64_t> getGlobalShape(mlir::RankedTensorType type);

/// The mesh that `name` names, seen from `from`; null if there is none.
MeshOp lookupMesh(mlir::Operation *from, mlir::FlatSymbolRefAttr name);

/// Number of shards that `axes` cut a dim into.
int64_t getNumShards(MeshOp mesh, AxesAttr axes);

/// Index along `axes` of the device at `device` (its place in the mesh's list).
int64_t getShardIndex(MeshOp mesh, AxesAttr axes, int64_t device);

/// Size of one of the `shards` shards of `size` elements: the quotient, rounded up.
inline int64_t getShardSize(int64_t size, int64_t shards) {
  return size == 0 ? 0 : (size - 1) / shards + 1;
}

/// Half-open range of global elements that a device holds in one dim.
struct Range {
  int64_t begin = 0, end = 0;
  int64_t size() const { return end - begin; }
};

/// The real (unpadded) elements that the device at `device` holds.
llvm::SmallVector<Range> getBox(MeshOp mesh, DistAttr dist, int64_t device);

/// Devices that hold one and the same box, or one term of the same partial sum.
int64_t getNumReplicas(MeshOp mesh, DistAttr dist);

/// A placed type: the global shape cut as `dims` says, on `mesh`.
mlir::RankedTensorType getPlacedType(MeshOp mesh, llvm::ArrayRef<int64_t> globalShape,
                                     mlir::Type elementType, llvm::ArrayRef<AxesAttr> dims,
                                     AxesAttr partial = {});

/// Joins neighbouring sub-axes, drops axes of size 1 and writes whole axes as such, so that
/// equal cuts are equal attributes.
AxesAttr normalizeAxes(MeshOp mesh, llvm::ArrayRef<AxisRefAttr> axes);

/// `front` followed by `back`, normalized.
AxesAttr concatAxes(MeshOp mesh, AxesAttr front, AxesAttr back);

/// True if the two lists use a common part of an axis.
bool overlaps(MeshOp mesh, AxesAttr a, AxesAttr b);

/// If `whole` ends with `tail`, what stands before it. A sub-axis may be cut off a whole axis.
std::optional<AxesAttr> removeTail(MeshOp mesh, AxesAttr whole, AxesAttr tail);

/// If `whole` begins with `head`, what stands after it.
std::optional<AxesAttr> removeHead(MeshOp mesh, AxesAttr whole, AxesAttr head);

/// `axes` without the parts of axes in `gone`, in any order; none if `axes` does not hold them
/// all. For pending sums, whose axes have no order.
std::optional<AxesAttr> removeAxes(MeshOp mesh, AxesAttr axes, AxesAttr gone);

/// True if the two lists hold the same parts of axes, in any order.
bool isSameSet(MeshOp mesh, AxesAttr a, AxesAttr b);

/// True if two distributions on `mesh` say the same, however their axes are written.
bool isSameDist(MeshOp mesh, DistAttr a, DistAttr b);

/// Checks that `mesh` has the axes, whole or in part. `what` names their user in the error.
llvm::LogicalResult verifyAxes(mlir::Operation *op, MeshOp mesh, AxesAttr axes,
                               const llvm::Twine &what);

/// Checks a placed type against its mesh: the mesh and its axes exist, no axis is
/// used twice, and the local shape follows from the global one. `what` names the value in the
/// error ("operand #0"). A type that is not placed is consistent.
llvm::LogicalResult verifyPlacedType(mlir::Operation *op, mlir::Type type, const llvm::Twine &what);

/// The same with a mesh that has been looked up: most types of an op lie on one mesh. Another
/// mesh, or none, is looked up.
llvm::LogicalResult verifyPlacedType(mlir::Operation *op, mlir::Type type, const llvm::Twine &what,
                                     MeshOp known);

} // namespace dagrt

#endif // DAGRT_IR_DISTRIBUTION_H

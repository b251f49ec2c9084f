//===- PlacedArray.h - A value on the devices of its mesh -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each device really holds an array of its own, padding included, and data moves from one device
// to another only as a communication op says. Nothing here looks at a global copy.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_PLACEDARRAY_H
#define DAGRT_LOWER_PLACEDARRAY_H

#include "dagrt/IR/Layout.h"
#include "dagrt/Lower/Array.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dagrt {

/// Where a value lies: a layout, or nowhere in particular (the logical form).
struct Placement {
  std::optional<Layout> layout;
  llvm::SmallVector<int64_t> localShape;

  /// Precondition: `type` is static and has passed `verifyPlacedType`.
  static Placement get(mlir::Operation *from, mlir::RankedTensorType type);

  bool isPlaced() const { return layout.has_value(); }
  int64_t getNumDevices() const { return layout ? layout->getNumDevices() : 1; }
  llvm::ArrayRef<int64_t> getGlobalShape() const {
    return layout ? layout->getShape().getNumbers() : llvm::ArrayRef<int64_t>(localShape);
  }

  /// Global index of the first local element of `device`; past the end if it holds only padding.
  llvm::SmallVector<int64_t> getOrigin(int64_t device) const;

  /// The real elements that `device` holds.
  Box getBox(int64_t device) const;
};

/// A local array for each device, in the order of the mesh's device list.
struct PlacedArray {
  explicit PlacedArray(Placement placement) : placement(std::move(placement)) {}
  /// Arrays of zeros.
  static PlacedArray getZeros(Placement placement);

  Placement placement;
  std::vector<Array> locals;
};

/// What each device makes from the global index of each of its elements; `isReal` is false for
/// padding.
PlacedArray fillByIndex(Placement placement,
                        llvm::function_ref<double(llvm::ArrayRef<int64_t> index, bool isReal)> get);

/// The same for one device.
Array fillShard(const Placement &placement, int64_t device,
                llvm::function_ref<double(llvm::ArrayRef<int64_t> index, bool isReal)> get);

/// Each device's box of `global`; padding is zero. The placement is not partial.
PlacedArray scatter(const Array &global, Placement placement);

/// Two devices that should hold the same number and do not.
struct ReplicaMismatch {
  llvm::SmallVector<int64_t> index;
  int64_t firstDevice = 0, secondDevice = 0; ///< Physical ids.
  double first = 0, second = 0;
};

/// Joins the devices' boxes in `global`. Replicas must agree to `tolerance`, relative to the
/// largest element; else returns where they differ most and what the two devices hold.
std::optional<ReplicaMismatch> gather(const PlacedArray &value, double tolerance, Array &global);

/// Gathers the value that is result `number` of a function; a sum not yet reduced is reduced first.
/// Emits an error if replicas differ.
llvm::LogicalResult collectResult(mlir::func::ReturnOp op, unsigned number, PlacedArray value,
                                  double tolerance, Array &global);

/// The elements of `box`, which `source` holds all of; its first element has the global index
/// `origin`.
Array cutBox(const Array &source, llvm::ArrayRef<int64_t> origin, llvm::ArrayRef<Range> box);

/// Adds the array of `box` to those elements of `target`, whose first one has the global index
/// `origin`.
void addBox(const Array &part, Array &target, llvm::ArrayRef<int64_t> origin,
            llvm::ArrayRef<Range> box);

/// What each device holds after an all_reduce over `axes`.
PlacedArray allReduce(const PlacedArray &value, AxesAttr axes, Placement result);

/// Each device's box in `result`, read from the devices of its group along `axes`:
/// all_gather and all_to_all.
PlacedArray exchange(const PlacedArray &value, AxesAttr axes, Placement result);

/// Each device's box in `result`, summed over the devices of its group along `axes`.
PlacedArray reduceScatter(const PlacedArray &value, AxesAttr axes, Placement result);

/// Each device's box in `result`, sliced from what it holds.
PlacedArray cutOwn(const PlacedArray &value, Placement result);

/// Each device gets what the device `by` positions further along `axis` holds.
PlacedArray shift(const PlacedArray &value, llvm::StringRef axis, int64_t by, Placement result);

/// What arrives on the other mesh.
PlacedArray transfer(const PlacedArray &value, Placement result);

} // namespace dagrt

#endif // DAGRT_LOWER_PLACEDARRAY_H

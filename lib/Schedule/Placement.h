//===- Placement.h - Where each op runs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The first step of a timeline: numbers the ops, finds their meshes, and divides the devices into
// classes. Private to the schedule.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_SCHEDULE_PLACEMENT_H
#define DAGRT_LIB_SCHEDULE_PLACEMENT_H

#include "dagrt/Schedule/Timeline.h"

namespace dagrt {

/// Fills `timeline.ops` (op, mesh, destination, occupancy), `meshes` and `classes`. Ops that
/// `takesTime` is false for hold nothing.
mlir::LogicalResult placeOps(Timeline &timeline,
                             llvm::function_ref<bool(mlir::Operation *)> takesTime);

} // namespace dagrt

#endif // DAGRT_LIB_SCHEDULE_PLACEMENT_H

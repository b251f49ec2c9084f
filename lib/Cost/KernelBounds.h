//===- KernelBounds.h - What bounds the time of a kernel -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the calibrated model.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_COST_KERNELBOUNDS_H
#define DAGRT_LIB_COST_KERNELBOUNDS_H

#include "dagrt/Cost/KernelQuery.h"

namespace dagrt {

/// What physics allows: microseconds that no kernel is faster than.
double getLeastUs(const KernelQuery &query, const Device &device);

/// Raises the lower end of an interval to what physics allows, but not above the time.
void limitToPhysics(Prediction &prediction, const KernelQuery &query, const Device &device);

/// The time of a query with given coefficients, which are those of `found`: at least what physics
/// allows, of a collective no less than that of a smaller one, and of a fused kernel no more than
/// its parts.
KernelTime predictBounded(const KernelQuery &query, const Device &device,
                          llvm::ArrayRef<double> coefficients, const FoundCalibration &found);

} // namespace dagrt

#endif // DAGRT_LIB_COST_KERNELBOUNDS_H

//===- KernelTime.h - Kernel models -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the kernel models (lib/Cost/Kernels) have in common. A kernel model is a formula with a
// vector of coefficients: facts about the device come from its data sheet, coefficients from a fit
// to measurements. Coefficients are kept in device descriptions, by name.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_KERNELTIME_H
#define DAGRT_COST_KERNELTIME_H

#include "dagrt/IR/DagrtAttributes.h"

#include <cmath>
#include <cstdint>

namespace dagrt {

/// One coefficient of a kernel model.
struct Coefficient {
  const char *name;    ///< Its key in a device description.
  double initial;      ///< Where a fit starts, and what few measurements leave it at.
  double low, high;    ///< A fit stays between these.
  const char *meaning; ///< With its unit, unless it is a ratio.
  /// Not a number on a scale, but one of two ways, `low` or `high`; a fit tries both.
  bool isChoice = false;
};

/// A time, and the terms that it is made of.
struct KernelTime {
  double microseconds = 0;
  double computeUs = 0; ///< What the arithmetic would take alone.
  double memoryUs = 0;  ///< What the traffic would take alone.
  double fixedUs = 0;   ///< What does not depend on the size.
  Bound bound = Bound::none;
  double bytes = 0;             ///< That cross the memory's or the link's port.
  int64_t tileM = 0, tileN = 0; ///< Of the result that one block of threads computes; 0 if none.
  int64_t split = 1;            ///< Parts of the contracted dim (split-K, split-KV).
  double waves = 0;             ///< Blocks over resident blocks of the device; 0 if unused.

  /// As costs in programs have it. The time is below 2^63 ps.
  int64_t getPicoseconds() const { return std::llround(microseconds * 1e6); }
};

} // namespace dagrt

#endif // DAGRT_COST_KERNELTIME_H

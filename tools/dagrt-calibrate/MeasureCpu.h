//===- MeasureCpu.h - Times of kernels on one core -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One core of the machine that this runs on, measured as a device: matmuls as ranks compute
// them, loops over rows, and the collectives of MPI between ranks. Types are `fp32` and `fp64`.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_CALIBRATE_MEASURECPU_H
#define DAGRT_CALIBRATE_MEASURECPU_H

#include "MeasuredDevice.h"

namespace dagrt {

/// Measures `run` with its operands where `options` want them.
Timing measureInCaches(llvm::function_ref<void()> run, const MeasureOptions &options);

/// The bytes of the last level cache, or a guess where the system does not say.
int64_t getLastLevelCacheBytes();

/// Bytes/s of `a = b + s c` on arrays that no cache holds.
double measureBandwidth(const MeasureOptions &options);

/// An op on rows as a plain loop; nothing if `type` is none of ours.
std::optional<Timing> measureLoop(const RowOp &op, int64_t rows, int64_t columns,
                                  llvm::StringRef type, const MeasureOptions &options);

/// Makes the compiler believe that someone looks at `data`.
inline void keep(const void *data) { asm volatile("" : : "r"(data) : "memory"); }

/// Small numbers that differ, so that no result is denormal or infinite.
template <typename T>
std::vector<T> makeOperand(int64_t count) {
  std::vector<T> operand(count);
  for (int64_t i = 0; i < count; ++i)
    operand[i] = static_cast<T>(i % 17) / 16 - T(0.5);
  return operand;
}

} // namespace dagrt

#endif // DAGRT_CALIBRATE_MEASURECPU_H

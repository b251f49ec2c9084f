//===- Calibration.h - Coefficients that were fitted to measurements -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a device description knows from measurements: for each kernel model, and each variant of it
// that behaves in its own way (a data type, a phase of attention, a library), a vector of
// coefficients, and how far measurements were from what it predicts.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_CALIBRATION_H
#define DAGRT_COST_CALIBRATION_H

#include <cstdint>
#include <string>
#include <vector>

namespace dagrt {

/// The interval that held 80 % of the measurements, as factors of the prediction: 0.93 to 1.10.
struct ErrorBar {
  double low = 1, high = 1;
};

/// The interval that holds 80 % of `ratios` of measured over predicted times, in equal parts
/// outside, and the prediction itself. It is wider than what a few ratios say, 0.5 to 2 without
/// any, and never narrower than 1 % on either side.
ErrorBar getErrorBar(std::vector<double> ratios);

/// The interval that holds both.
ErrorBar getHull(const ErrorBar &a, const ErrorBar &b);

/// What the measured calls had in common: from the least to the most of a number that is not in
/// the formula's own reach to extrapolate (KernelQuery.h, getTraits).
struct MeasuredRange {
  std::string trait; ///< `element_bytes`, `ranks`, ...
  double least = 0, most = 0;
};

/// The coefficients of a kernel model for one variant.
struct KernelCalibration {
  std::string kernel;  ///< `gemm`, `attention`, ...
  std::string variant; ///< `bf16`, ...
  /// In the order of the kernel's list.
  std::vector<double> coefficients;
  /// For each regime of the kernel: on the device itself, on a twin (areTwins) that was not
  /// measured, and on another device that was not.
  std::vector<ErrorBar> errorBars, twinBars, transferBars;
  std::string donor;      ///< The device that it is borrowed from; empty if it is the device's own.
  bool isTwins = false;   ///< Borrowed from a twin.
  int64_t rows = 0;       ///< Measurements that were fitted to.
  double medianError = 0; ///< Of the fit, in percent.
  double largestUs = 0;   ///< The longest time among them.
  std::vector<MeasuredRange> ranges;
};

} // namespace dagrt

#endif // DAGRT_COST_CALIBRATION_H

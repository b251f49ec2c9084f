//===- CalibrationFile.cpp - Calibrations as text -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The key `calibration` of a device description: a list of entries with coefficients and error bars
// by name, with six digits.
//
//===----------------------------------------------------------------------===//

#include "CalibrationFile.h"

#include "dagrt/Cost/KernelQuery.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

static std::vector<std::string> getCoefficientNames(const Kernel &kernel) {
  std::vector<std::string> names;
  for (const Coefficient &coefficient : kernel.coefficients)
    names.push_back(coefficient.name);
  return names;
}

/// Puts the coefficients of `file` in the order of the kernel's.
static LogicalResult readCoefficients(const CalibrationFile &file, const Kernel &kernel,
                                      KernelCalibration &result, Location loc) {
  std::vector<std::string> names = getCoefficientNames(kernel);
  auto where = [&]() { return "of " + file.kernel + " '" + file.variant + "' in 'calibration'"; };
  result.coefficients.assign(names.size(), std::nan(""));
  for (const auto &[name, value] : file.coefficients.numbers) {
    auto it = llvm::find(names, name);
    if (it == names.end())
      return emitError(loc) << "expects the coefficients " << llvm::join(names, ", ") << " "
                            << where() << ", got '" << name << "'";
    size_t index = it - names.begin();
    const Coefficient &known = kernel.coefficients[index];
    if (!(value >= known.low && value <= known.high))
      return emitError(loc) << "expects the coefficient '" << name << "' " << where() << " from "
                            << known.low << " to " << known.high << ", got " << value;
    result.coefficients[index] = value;
  }
  for (auto [name, value] : llvm::zip_equal(names, result.coefficients))
    if (std::isnan(value))
      return emitError(loc) << "expects the coefficient '" << name << "' " << where()
                            << ", got none";
  return success();
}

/// Reads intervals in percent of the prediction, one for each regime. Those that are not there are
/// wide.
static LogicalResult readErrorBars(const NamedIntervals &file, const Kernel &kernel,
                                   std::vector<ErrorBar> &bars, Location loc) {
  bars.assign(kernel.regimes.size(), ErrorBar{0.5, 2});
  for (const auto &[name, interval] : file.intervals) {
    if (interval.size() != 2 || !(interval[0] > -100 && interval[0] <= interval[1]) ||
        !std::isfinite(interval[1]))
      return emitError(loc) << "expects the error bar '" << name
                            << "' to be two percentages, the first above -100 and at most the "
                            << "second";
    const auto *it = llvm::find(kernel.regimes, StringRef(name));
    if (it == kernel.regimes.end())
      return emitError(loc) << "expects error bars of the regimes "
                            << llvm::join(kernel.regimes, ", ") << ", got '" << name << "'";
    bars[it - kernel.regimes.begin()] = {1 + interval[0] / 100, 1 + interval[1] / 100};
  }
  return success();
}

/// Reads what the measured calls had in common.
static LogicalResult readRanges(const NamedIntervals &file, std::vector<MeasuredRange> &ranges,
                                Location loc) {
  for (const auto &[name, interval] : file.intervals) {
    if (interval.size() != 2 || !(interval[0] <= interval[1]))
      return emitError(loc) << "expects the range '" << name
                            << "' of 'measured' to be two numbers, the first at most the second";
    ranges.push_back({name, interval[0], interval[1]});
  }
  return success();
}

FailureOr<std::vector<KernelCalibration>> dagrt::checkCalibrations(ArrayRef<CalibrationFile> files,
                                                                   Location loc) {
  std::vector<KernelCalibration> results;
  for (const CalibrationFile &file : files) {
    const Kernel *kernel = findKernel(file.kernel);
    if (!kernel)
      return emitError(loc) << "expects a 'kernel' in 'calibration' that is one of "
                            << llvm::join(llvm::map_range(getKernels(),
                                                          [](const Kernel &k) { return k.name; }),
                                          ", ")
                            << "; got '" << file.kernel << "'";
    KernelCalibration result;
    result.kernel = file.kernel;
    result.variant = file.variant;
    result.rows = file.rows ? static_cast<int64_t>(file.rows->value) : 0;
    result.medianError = file.medianErrorPercent ? file.medianErrorPercent->value : 0;
    result.largestUs = file.largestUs ? file.largestUs->value : 0;
    if (failed(readCoefficients(file, *kernel, result, loc)) ||
        failed(readRanges(file.measured, result.ranges, loc)) ||
        failed(readErrorBars(file.errorBars, *kernel, result.errorBars, loc)) ||
        failed(readErrorBars(file.twinBars, *kernel, result.twinBars, loc)) ||
        failed(readErrorBars(file.transferBars, *kernel, result.transferBars, loc)))
      return failure();
    results.push_back(std::move(result));
  }
  return results;
}

/// `-7.2`: percent of a factor, to a tenth.
static double toPercent(double factor) { return std::round(1000 * (factor - 1)) / 10; }

static void writeBars(StringRef key, const Kernel &kernel, ArrayRef<ErrorBar> bars,
                      raw_ostream &os) {
  os << "    " << key << ": {";
  StringRef before;
  for (auto [regime, bar] : llvm::zip_equal(kernel.regimes, bars)) {
    os << before << regime << ": [" << llvm::format("%g", toPercent(bar.low)) << ", "
       << llvm::format("%g", toPercent(bar.high)) << "]";
    before = ", ";
  }
  os << "}\n";
}

void dagrt::writeCalibrations(ArrayRef<KernelCalibration> calibrations, raw_ostream &os) {
  os << "calibration:\n";
  for (const KernelCalibration &calibration : calibrations) {
    const Kernel &kernel = *findKernel(calibration.kernel);
    os << "  - kernel: " << calibration.kernel << "\n    variant: " << calibration.variant
       << "\n    rows: " << calibration.rows
       << "\n    median_error_percent: " << llvm::format("%.1f", calibration.medianError)
       << "\n    largest_us: " << llvm::format("%.6g", calibration.largestUs)
       << "\n    measured: {";
    llvm::interleaveComma(calibration.ranges, os, [&](const MeasuredRange &range) {
      os << range.trait << ": [" << llvm::format("%g", range.least) << ", "
         << llvm::format("%g", range.most) << "]";
    });
    os << "}\n    coefficients:\n";
    for (auto [coefficient, value] : llvm::zip_equal(kernel.coefficients, calibration.coefficients))
      os << "      " << coefficient.name << ": " << llvm::format("%.6g", value) << "\n";
    writeBars("error_bars_percent", kernel, calibration.errorBars, os);
    writeBars("twin_error_bars_percent", kernel, calibration.twinBars, os);
    writeBars("transfer_error_bars_percent", kernel, calibration.transferBars, os);
  }
}

//===- KernelQuery.cpp - Asking for the time of a kernel -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Finds coefficients and error bars for a call. A device's own coefficients come first, those of a
// variant that is near before those of another device; the last resort are the coefficients fitted
// to all devices together.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/KernelQuery.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

ErrorBar dagrt::getErrorBar(std::vector<double> ratios) {
  if (ratios.empty())
    return {};
  llvm::sort(ratios);
  auto count = static_cast<double>(ratios.size());
  // A tenth on either side, and less of a few, whose extremes are not known.
  double outside = 0.1 * std::max(1 - 3 / std::sqrt(count), 0.0);
  auto at = [&](double share) { return ratios[std::lround(share * (count - 1))]; };
  return {std::min(at(outside), 1.0), std::max(at(1 - outside), 1.0)};
}

bool dagrt::areTwins(const Device &a, const Device &b) {
  auto isNear = [](double x, double y, double within) {
    return x > 0 && y > 0 && std::fabs(std::log(x / y)) < within;
  };
  return a.architecture == b.architecture && isNear(a.l2Bytes, b.l2Bytes, 0.15) &&
         isNear(static_cast<double>(a.smCount), static_cast<double>(b.smCount), 0.15) &&
         isNear(a.memoryBandwidth, b.memoryBandwidth, 0.4);
}

ArrayRef<Kernel> dagrt::getKernels() {
  static const Kernel kernels[] = {
      {"gemm", getGemmCoefficients(), getGemmRegimes(), 0.01, 0},
      {"attention", getAttentionCoefficients(), getAttentionRegimes(), 0.02, 0},
      {"rowwise", getRowwiseCoefficients(), getRowwiseRegimes(), 0.05, 0},
      {"collective", getCollectiveCoefficients(), getCollectiveRegimes(), 0, 1.4},
  };
  static_assert(std::size(kernels) == std::variant_size_v<KernelCall>);
  return kernels;
}

const Kernel *dagrt::findKernel(StringRef name) {
  const auto *it = llvm::find_if(getKernels(), [&](const Kernel &k) { return name == k.name; });
  return it == getKernels().end() ? nullptr : it;
}

namespace {
/// One kernel model behind one name.
struct Predictor {
  const Device &device;
  ArrayRef<double> coefficients;
  KernelTime operator()(const GemmCall &call) const {
    return predictGemm(call, device, coefficients);
  }
  KernelTime operator()(const AttentionCall &call) const {
    return predictAttention(call, device, coefficients);
  }
  KernelTime operator()(const RowwiseCall &call) const {
    return predictRowwise(call, device, coefficients);
  }
  KernelTime operator()(const CollectiveCall &call) const {
    return predictCollective(call, device, coefficients);
  }
};

struct RegimeFinder {
  const Device &device;
  const KernelTime &time;
  unsigned operator()(const GemmCall &call) const { return getGemmRegime(call, device, time); }
  unsigned operator()(const AttentionCall &call) const { return getAttentionRegime(call, device); }
  unsigned operator()(const RowwiseCall &call) const { return getRowwiseRegime(call, device); }
  unsigned operator()(const CollectiveCall &call) const {
    return getCollectiveRegime(call, device);
  }
};
} // namespace

KernelTime dagrt::predictTime(const KernelCall &call, const Device &device,
                              ArrayRef<double> coefficients) {
  return std::visit(Predictor{device, coefficients}, call);
}

unsigned dagrt::getRegime(const KernelCall &call, const Device &device, const KernelTime &time) {
  return std::visit(RegimeFinder{device, time}, call);
}

/// The first of `variants` that `calibrations` has.
static FoundCalibration findVariant(StringRef kernel, ArrayRef<std::string> variants,
                                    ArrayRef<KernelCalibration> calibrations) {
  for (auto [place, variant] : llvm::enumerate(variants))
    for (const KernelCalibration &calibration : calibrations)
      if (calibration.kernel == kernel && calibration.variant == variant)
        return {&calibration, /*isBorrowed=*/false, /*isSubstitute=*/place > 0};
  return {};
}

FoundCalibration dagrt::findCalibration(const KernelQuery &query, const Device &device) {
  StringRef kernel = query.getKernel().name;
  FoundCalibration own = findVariant(kernel, query.variants, device.calibrations);
  if (own.calibration)
    return own;
  FoundCalibration found = findVariant(kernel, query.variants, device.borrowed);
  found.isBorrowed = true;
  if (found.calibration)
    return found;
  return {nullptr, /*isBorrowed=*/true, /*isSubstitute=*/true};
}

/// Times that are this many times longer than any that was measured are extrapolated.
static constexpr double kReach = 4;

/// Collectives over more nodes were not measured.
static constexpr int64_t kMostNodes = 2;

/// Whether no row of a table can be like `call`: they are causal prefills without old keys, and
/// decodes of all keys.
static bool isUnlikeTables(const AttentionCall &call) {
  if (call.isDecode)
    return call.pairs < call.queries * call.keys;
  return call.queries != call.keys || call.pairs != getCausalPairs(call.queries, call.keys);
}

/// The interval for twice the error.
static ErrorBar widen(const ErrorBar &bar) { return {bar.low * bar.low, bar.high * bar.high}; }

Prediction dagrt::predict(const KernelQuery &query, const Device &device) {
  Prediction result;
  result.found = findCalibration(query, device);
  const KernelCalibration *calibration = result.found.calibration;
  if (!calibration) {
    SmallVector<double, 32> initial;
    for (const Coefficient &coefficient : query.getKernel().coefficients)
      initial.push_back(coefficient.initial);
    result.time = predictTime(query.call, device, initial);
    result.errorBar = {0.5, 2};
    result.provenance = Provenance::extrapolated;
    return result;
  }
  result.time = predictTime(query.call, device, calibration->coefficients);
  result.regime = getRegime(query.call, device, result.time);
  const std::vector<ErrorBar> &bars = !result.found.isBorrowed ? calibration->errorBars
                                      : calibration->isTwins   ? calibration->twinBars
                                                               : calibration->transferBars;
  result.errorBar = bars[result.regime];
  bool isBeyond = result.time.microseconds > kReach * calibration->largestUs;
  if (const auto *collective = std::get_if<CollectiveCall>(&query.call))
    isBeyond |= collective->nodes > kMostNodes;
  if (const auto *attention = std::get_if<AttentionCall>(&query.call))
    isBeyond |= isUnlikeTables(*attention);
  bool isUnlike = result.found.isBorrowed ? device.architecture.empty() : result.found.isSubstitute;
  if (isBeyond || isUnlike)
    result.errorBar = widen(result.errorBar);
  if (isBeyond || result.found.isBorrowed || result.found.isSubstitute)
    result.provenance = Provenance::extrapolated;
  return result;
}

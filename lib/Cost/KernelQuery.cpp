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

#include "KernelBounds.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

ErrorBar dagrt::getErrorBar(std::vector<double> ratios) {
  if (ratios.empty())
    return {0.5, 2};
  llvm::sort(ratios);
  auto count = static_cast<double>(ratios.size());
  // A tenth on either side, and less of a few, whose extremes are not known.
  double outside = 0.1 * std::max(1 - 3 / std::sqrt(count), 0.0);
  auto at = [&](double share) { return ratios[std::lround(share * (count - 1))]; };
  // Of n numbers from one distribution, the next one is outside with a chance of 2 in n + 1.
  double stretch = std::max(9 / count, 1.0);
  return {std::pow(std::min(at(outside), 0.99), stretch),
          std::pow(std::max(at(1 - outside), 1.01), stretch)};
}

ErrorBar dagrt::getHull(const ErrorBar &a, const ErrorBar &b) {
  return {std::min(a.low, b.low), std::max(a.high, b.high)};
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

namespace {
struct TraitsOf {
  using Traits = SmallVector<Trait, 2>;
  /// Times around a call of a framework do not tell its launch from the kernel's.
  Traits operator()(const GemmCall &c) const { return {{"events", c.events ? 1.0 : 0.0}}; }
  Traits operator()(const AttentionCall &c) const { return {{"element_bytes", c.elementBytes}}; }
  Traits operator()(const RowwiseCall &c) const {
    return {{"element_bytes", c.elementBytes}, {"events", c.events ? 1.0 : 0.0}};
  }
  Traits operator()(const CollectiveCall &c) const {
    return {{"ranks", static_cast<double>(c.ranks)}, {"nodes", static_cast<double>(c.nodes)}};
  }
};
} // namespace

SmallVector<Trait, 2> dagrt::getTraits(const KernelCall &call) {
  return std::visit(TraitsOf(), call);
}

/// The first of `variants` that `calibrations` has, of the first device that has it.
static FoundCalibration findVariant(StringRef kernel, ArrayRef<std::string> variants,
                                    ArrayRef<KernelCalibration> calibrations) {
  for (auto [place, variant] : llvm::enumerate(variants))
    for (const KernelCalibration &calibration : calibrations)
      if (calibration.kernel == kernel && calibration.variant == variant)
        return {&calibration, /*isBorrowed=*/!calibration.donor.empty(),
                /*isSubstitute=*/place > 0};
  return {};
}

/// The first of `variants` on the nearest device that has any of them.
static FoundCalibration findNearest(StringRef kernel, ArrayRef<std::string> variants,
                                    ArrayRef<KernelCalibration> borrowed) {
  FoundCalibration found;
  while (!found.calibration && !borrowed.empty()) {
    StringRef donor = borrowed.front().donor;
    ArrayRef<KernelCalibration> some =
        borrowed.take_while([&](const KernelCalibration &c) { return c.donor == donor; });
    found = findVariant(kernel, variants, some);
    borrowed = borrowed.drop_front(some.size());
  }
  return found;
}

FoundCalibration dagrt::findCalibration(const KernelQuery &query, const Device &device) {
  StringRef kernel = query.getKernel().name;
  ArrayRef<std::string> all = query.variants;
  ArrayRef<std::string> proper = all.take_front(std::min(query.numProper, all.size()));
  FoundCalibration found = findVariant(kernel, proper, device.calibrations);
  if (!found.calibration)
    found = findVariant(kernel, proper, device.borrowed);
  if (!found.calibration)
    found = findVariant(kernel, all, device.calibrations);
  if (!found.calibration)
    found = findNearest(kernel, all, device.borrowed);
  if (!found.calibration)
    found.isBorrowed = found.isSubstitute = true;
  return found;
}

/// The coefficients that a fit starts from.
static SmallVector<double, 40> getInitial(const Kernel &kernel) {
  SmallVector<double, 40> initial;
  for (const Coefficient &coefficient : kernel.coefficients)
    initial.push_back(coefficient.initial);
  return initial;
}

std::string dagrt::getAlgorithm(const KernelQuery &query, const Device &device,
                                const Prediction &prediction) {
  const auto *call = std::get_if<CollectiveCall>(&query.call);
  if (!call || prediction.isRoofline)
    return "";
  if (const KernelCalibration *calibration = prediction.found.calibration)
    return getCollectiveAlgorithm(*call, device, calibration->coefficients);
  return getCollectiveAlgorithm(*call, device, getInitial(query.getKernel()));
}

/// Times that are this many times longer than any that was measured are extrapolated.
static constexpr double kReach = 4;

/// Of calls that are unlike all measurements.
static constexpr ErrorBar kUnknown = {0.5, 2};

/// Whether no row of a table can be like `call`: they are causal prefills without old keys, and
/// decodes of all keys, of plain scores.
static bool isUnlikeTables(const AttentionCall &call) {
  if (call.hasOtherScores)
    return true;
  if (call.isDecode)
    return call.pairs < call.queries * call.keys;
  return call.queries != call.keys || call.pairs != getCausalPairs(call.queries, call.keys);
}

/// The interval for twice the error.
static ErrorBar widen(const ErrorBar &bar) { return {bar.low * bar.low, bar.high * bar.high}; }

/// What rows of another laboratory are over what coefficients of one say of them, four of five
/// times: of matmuls on the H100, which two laboratories measured, either way round
/// (docs/accuracy.md). It adds to what a fit is wrong by on the rows of its own laboratory.
static constexpr ErrorBar kOtherSource = {0.73, 1.37};

bool dagrt::isOfOneSource(const KernelCalibration &calibration) {
  return llvm::any_of(calibration.ranges, [](const MeasuredRange &range) {
    return range.trait == kSources && range.most <= 1;
  });
}

bool dagrt::isOfOneSource(const Device &device) {
  if (!device.calibrations.empty())
    return llvm::all_of(device.calibrations,
                        [](const KernelCalibration &c) { return isOfOneSource(c); });
  if (device.borrowed.empty())
    return false;
  StringRef donor = device.borrowed.front().donor;
  return llvm::all_of(device.borrowed, [&](const KernelCalibration &c) {
    return c.donor != donor || isOfOneSource(c);
  });
}

/// Whether no measurement had the trait's value.
static bool isOutside(const Trait &trait, const KernelCalibration &calibration) {
  for (const MeasuredRange &range : calibration.ranges)
    if (range.trait == trait.name)
      return trait.value < range.least || trait.value > range.most;
  return false;
}

Prediction dagrt::predict(const KernelQuery &query, const Device &device) {
  Prediction result;
  result.found = findCalibration(query, device);
  const KernelCalibration *calibration = result.found.calibration;
  if (!calibration) {
    result.time = predictBounded(query, device, getInitial(query.getKernel()), result.found);
    result.errorBar = kUnknown;
    result.provenance = Provenance::extrapolated;
    limitToPhysics(result, query, device);
    return result;
  }
  result.time = predictBounded(query, device, calibration->coefficients, result.found);
  result.regime = getRegime(query.call, device, result.time);
  result.errorBar = calibration->errorBars[result.regime];
  if (result.found.isBorrowed)
    result.errorBar =
        getHull(result.errorBar, (calibration->isTwins ? calibration->twinBars
                                                       : calibration->transferBars)[result.regime]);
  bool isBeyond = result.time.microseconds > kReach * calibration->largestUs;
  for (const Trait &trait : getTraits(query.call))
    isBeyond |= isOutside(trait, *calibration);
  if (const auto *attention = std::get_if<AttentionCall>(&query.call))
    isBeyond |= isUnlikeTables(*attention);
  // What a network does is not to be seen on one node, nor what another link does on the measured.
  if (const auto *collective = std::get_if<CollectiveCall>(&query.call)) {
    isBeyond |= collective->linkCorrection.isNeeded() || collective->networkCorrection.isNeeded();
    if (isOutside({"nodes", static_cast<double>(collective->nodes)}, *calibration))
      result.errorBar = getHull(result.errorBar, kUnknown);
  }
  bool isUnlike = result.found.isBorrowed ? device.architecture.empty() : result.found.isSubstitute;
  if (isBeyond || isUnlike)
    result.errorBar = widen(result.errorBar);
  if (isOfOneSource(*calibration))
    result.errorBar = {result.errorBar.low * kOtherSource.low,
                       result.errorBar.high * kOtherSource.high};
  limitToPhysics(result, query, device);
  if (isBeyond || result.found.isBorrowed || result.found.isSubstitute)
    result.provenance = Provenance::extrapolated;
  return result;
}

//===- FitTables.cpp - From tables of measurements to descriptions -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rows are sorted into problems: a device and the variant that suits a call best. Each problem is
// fitted alone, two at a time on two cores, and the result does not depend on which is first.
// Afterwards each vector predicts the measurements of the nearest other device, to learn how far
// coefficients can be trusted on a device that was not measured.
//
//===----------------------------------------------------------------------===//

#include "FitTables.h"

#include "Fit.h"

#include "dagrt/Cost/Measurements.h"
#include "dagrt/Support/InputFile.h"
#include "dagrt/Support/OutputFile.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ThreadPool.h"

#include <cmath>
#include <map>
#include <set>
#include <string>

using namespace mlir;
using namespace dagrt;

/// Fewer rows than these do not say anything about a formula.
static constexpr size_t kFewestRows = 8;
/// Fewer do not tell the width of an interval.
static constexpr size_t kFewestForBar = 25;
/// The variant that serves where none is asked for.
static constexpr StringLiteral kAny = "any";
/// The source of rows that `dagrt-calibrate measure` wrote, of the very machine that is asked
/// about.
static constexpr StringLiteral kOwnSource = "measured";

namespace {
/// A kernel, a variant and a device; all devices together have no name.
using ProblemKey = std::tuple<const Kernel *, std::string, std::string>;

/// The problems of all tables, and what came out.
struct Fits {
  void add(const ProblemKey &key, const Measurement &measurement) {
    FitProblem &problem = problems[key];
    problem.kernel = std::get<0>(key);
    problem.variant = std::get<1>(key);
    problem.rows.push_back({measurement.query.call, measurement.device, measurement.microseconds});
    sources[measurement.device->name].insert(measurement.source);
  }

  /// True if another laboratory measured all rows of the device, and one only.
  bool hasOneSource(const std::string &device) const {
    auto it = sources.find(device);
    if (it == sources.end() || it->second.size() != 1)
      return false;
    const std::string &source = *it->second.begin();
    return !source.empty() && source != kOwnSource;
  }

  std::map<ProblemKey, FitProblem> problems;
  std::map<ProblemKey, KernelCalibration> results;
  std::map<std::string, std::set<std::string>> sources; ///< By device.
};
} // namespace

static LogicalResult readTable(StringRef path, DeviceCache &devices, MLIRContext *context,
                               bool generic, Fits &fits) {
  auto buffer = readInputFile(path, kLargestTable);
  if (!buffer)
    return emitError(UnknownLoc::get(context))
           << "expects a readable table of measurements, got '" << path
           << "': " << llvm::toString(buffer.takeError());
  StringRef text = (*buffer)->getBuffer();
  FailureOr<TableKind> kind = guessTableKind(text, path, context);
  if (failed(kind))
    return failure();
  return readMeasurements(
      text, path, *kind, devices, context, [&](Measurement &measurement) -> LogicalResult {
        if (measurement.microseconds == 0)
          return emitError(FileLineColLoc::get(context, path, measurement.line, 1))
                 << "expects a time in the column 'time_us' to fit to, got none";
        const Kernel &kernel = measurement.query.getKernel();
        // What all variants have in common is fitted to the rows of all of them.
        SmallVector<StringRef, 2> variants = {measurement.query.variants.front()};
        if (variants.front() != kAny && measurement.query.variants.back() == kAny)
          variants.push_back(kAny);
        for (StringRef variant : variants)
          for (StringRef device : {StringRef(measurement.device->name), StringRef()})
            if (!device.empty() || generic)
              fits.add({&kernel, variant.str(), device.str()}, measurement);
        return success();
      });
}

/// Keeps about `most` of the rows of a large problem, evenly.
static void thin(FitProblem &problem, size_t most) {
  size_t stride = problem.rows.size() / most + 1;
  std::vector<FitRow> kept;
  for (size_t i = 0; i < problem.rows.size(); i += stride)
    kept.push_back(problem.rows[i]);
  problem.rows = std::move(kept);
}

static void fitAll(Fits &fits) {
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency());
  std::vector<std::pair<FitProblem *, KernelCalibration *>> tasks;
  for (auto &[key, problem] : fits.problems) {
    if (problem.rows.size() < kFewestRows)
      continue;
    if (std::get<2>(key).empty())
      thin(problem, 4000);
    tasks.push_back({&problem, &fits.results[key]});
  }
  llvm::sort(tasks, [](const auto &a, const auto &b) {
    return a.first->rows.size() > b.first->rows.size();
  });
  for (auto [problem, result] : tasks)
    pool.async([problem = problem, result = result]() { *result = fit(*problem); });
  pool.wait();
  for (auto &[key, result] : fits.results)
    if (fits.hasOneSource(std::get<2>(key)))
      result.ranges.push_back({kSources.str(), 1, 1});
}

//===----------------------------------------------------------------------===//
// Devices that were not measured
//===----------------------------------------------------------------------===//

/// How little two devices are like each other.
static double getDistance(const Device &a, const Device &b) {
  // What is outside of the generations is behind them.
  auto place = [](const Device &d) { return d.facts.order > 0 ? d.facts.order : 8; };
  auto ratio = [](double x, double y) { return x > 0 && y > 0 ? std::fabs(std::log(x / y)) : 1; };
  return std::abs(place(a) - place(b)) + ratio(a.memoryBandwidth, b.memoryBandwidth) +
         ratio(a.l2Bytes, b.l2Bytes) +
         ratio(static_cast<double>(a.smCount), static_cast<double>(b.smCount));
}

namespace {
/// Measured times over those that the coefficients of another device say: of a twin, and of
/// another.
struct TransferRatios {
  std::vector<FitResidual> twins, others;
};
} // namespace

/// Adds what the coefficients of the nearest twin, and of the nearest other device, say of
/// `target`.
static void addTransferRatios(const Fits &fits, const ProblemKey &target, TransferRatios &ratios) {
  const FitProblem &problem = fits.problems.at(target);
  const Device &device = *problem.rows[0].device;
  const KernelCalibration *nearest[2] = {};
  double distances[2] = {INFINITY, INFINITY};
  for (const auto &[key, result] : fits.results) {
    bool isSame =
        std::get<0>(key) == std::get<0>(target) && std::get<1>(key) == std::get<1>(target);
    if (!isSame || std::get<2>(key).empty() || key == target)
      continue;
    const Device &other = *fits.problems.at(key).rows[0].device;
    int place = areTwins(device, other) ? 0 : 1;
    double distance = getDistance(device, other);
    if (distance >= distances[place])
      continue;
    distances[place] = distance;
    nearest[place] = &result;
  }
  for (int place : {0, 1})
    if (nearest[place])
      llvm::append_range(place == 0 ? ratios.twins : ratios.others,
                         getResiduals(problem, nearest[place]->coefficients));
}

/// The intervals of each regime; few rows of one take those of all.
static std::vector<ErrorBar> getErrorBars(const Kernel &kernel, ArrayRef<FitResidual> residuals) {
  std::vector<double> all;
  std::vector<std::vector<double>> byRegime(kernel.regimes.size());
  for (const FitResidual &residual : residuals) {
    all.push_back(residual.ratio);
    byRegime[residual.regime].push_back(residual.ratio);
  }
  std::vector<ErrorBar> bars;
  for (std::vector<double> &ratios : byRegime)
    bars.push_back(getErrorBar(ratios.size() < kFewestForBar ? all : ratios));
  return bars;
}

/// Sets how far the coefficients can be trusted elsewhere. A variant that only one device has gets
/// what the variants of its kernel have together.
static void setTransferBars(Fits &fits) {
  std::map<const Kernel *, TransferRatios> byKernel;
  std::map<std::pair<const Kernel *, std::string>, TransferRatios> byVariant;
  for (const auto &[key, result] : fits.results) {
    if (std::get<2>(key).empty())
      continue;
    addTransferRatios(fits, key, byKernel[std::get<0>(key)]);
    addTransferRatios(fits, key, byVariant[{std::get<0>(key), std::get<1>(key)}]);
  }
  for (auto &[key, result] : fits.results) {
    const Kernel &kernel = *std::get<0>(key);
    const TransferRatios &own = byVariant[{&kernel, std::get<1>(key)}];
    const TransferRatios &all = byKernel[&kernel];
    const auto &others = own.others.empty() ? all.others : own.others;
    const auto &twins = own.twins.empty() ? all.twins : own.twins;
    std::vector<ErrorBar> unknown(kernel.regimes.size(), ErrorBar{0.5, 2});
    result.transferBars = others.empty() ? unknown : getErrorBars(kernel, others);
    result.twinBars = twins.empty() ? result.transferBars : getErrorBars(kernel, twins);
  }
}

//===----------------------------------------------------------------------===//
// Descriptions
//===----------------------------------------------------------------------===//

/// A description without what an earlier fit wrote, which stands at its end.
static StringRef cutCalibration(StringRef text) {
  size_t end = text.size();
  for (StringRef key : {"\nmeasurements:", "\ncalibration:"})
    end = std::min(end, text.find(key) == StringRef::npos ? end : text.find(key) + 1);
  return text.take_front(end);
}

static LogicalResult writeDescription(const FitOptions &options, StringRef name,
                                      ArrayRef<KernelCalibration> calibrations,
                                      MLIRContext *context) {
  SmallString<128> from(options.descriptions), to(options.output);
  llvm::sys::path::append(from, name + ".yaml");
  llvm::sys::path::append(to, name + ".yaml");
  Location loc = UnknownLoc::get(context);
  std::string text = "# Coefficients fitted to the measurements of all devices together.\n"
                     "name: generic\n";
  if (name != "generic") {
    auto buffer = readInputFile(from, kLargestTable);
    if (!buffer)
      return emitError(loc) << "expects the description of the device '" << name << "' in '" << from
                            << "', got: " << llvm::toString(buffer.takeError());
    text = cutCalibration((*buffer)->getBuffer()).str();
  }
  llvm::raw_string_ostream os(text);
  os << "measurements: \"" << options.source << "\"\n";
  writeCalibrations(calibrations, os);
  if (llvm::Error error = replaceFile(to, text))
    return emitError(loc) << "expects to write '" << to
                          << "', got: " << llvm::toString(std::move(error));
  return success();
}

static void printSummary(const Fits &fits) {
  for (const auto &[key, result] : fits.results) {
    StringRef device = std::get<2>(key);
    llvm::outs() << llvm::formatv("{0,-10} {1,-20} {2,-14} {3,6} rows, median error {4:f1} %\n",
                                  result.kernel, result.variant, device.empty() ? "(all)" : device,
                                  result.rows, result.medianError);
  }
}

LogicalResult dagrt::fitTables(const FitOptions &options, MLIRContext *context) {
  DeviceCache devices(context);
  for (const std::string &path : options.devices) {
    FailureOr<Device> device = loadDevice(path, UnknownLoc::get(context));
    if (failed(device))
      return failure();
    devices.add(std::move(*device));
  }
  Fits fits;
  for (const std::string &table : options.tables)
    if (failed(readTable(table, devices, context, options.generic, fits)))
      return failure();
  fitAll(fits);
  if (fits.results.empty())
    return emitError(UnknownLoc::get(context))
           << "expects at least " << kFewestRows << " rows of one variant on one device, got fewer";
  setTransferBars(fits);
  printSummary(fits);
  std::map<std::string, std::vector<KernelCalibration>> byDevice;
  for (auto &[key, result] : fits.results)
    byDevice[std::get<2>(key).empty() ? "generic" : std::get<2>(key)].push_back(result);
  for (const auto &[name, calibrations] : byDevice)
    if (failed(writeDescription(options, name, calibrations, context)))
      return failure();
  return success();
}

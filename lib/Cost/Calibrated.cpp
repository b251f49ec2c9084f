//===- Calibrated.cpp - The calibrated cost model -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Asks the kernel models (dagrt/Cost/KernelQuery.h) with the coefficients of the device's
// description. The model `table` is the same with measurements of the user on top, where there are
// any near by. Times are those of kernels on the device: what a host adds between them is not in
// them.
//
//===----------------------------------------------------------------------===//

#include "CommunicationCalls.h"
#include "WorkCalls.h"

#include "dagrt/Cost/CostModel.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

static Cost getCost(const Prediction &prediction, std::string algorithm) {
  Cost cost;
  cost.picoseconds = prediction.time.microseconds * 1e6;
  cost.bound = prediction.time.bound;
  cost.provenance = prediction.provenance;
  cost.algorithm = std::move(algorithm);
  // To a tenth: more says nothing, and stands in every op. The lower end, which may be what physics
  // allows, is not rounded below that.
  const ErrorBar &bar = prediction.errorBar;
  cost.belowPercent = std::floor(1000 * std::max(1 - bar.low, 0.0) + 1e-6) / 10;
  cost.abovePercent = std::round(1000 * std::max(bar.high - 1, 0.0)) / 10;
  return cost;
}

namespace {
struct CalibratedModel final : CostModel {
  explicit CalibratedModel(std::unique_ptr<MeasurementTable> table) : table(std::move(table)) {}

  Prediction ask(const KernelQuery &query, const Device &device) const {
    Prediction prediction = predict(query, device);
    return table ? table->correct(query, device, prediction) : prediction;
  }

  FailureOr<Cost> getComputeCost(const Work &work, const Device &device,
                                 EmitError emitError) const override {
    if (work.flops == 0 && work.bytes() == 0)
      return Cost();
    std::string error;
    FailureOr<KernelQuery> query = getWorkQuery(work, device, error);
    if (failed(query))
      return emitError() << error;
    return getCost(ask(*query, device), "");
  }

  FailureOr<Cost> getCommunicationCost(const CommunicationShape &shape, const Cluster &cluster,
                                       EmitError) const override {
    Cost slowest;
    for (const auto &[query, rounds] : getCommunicationCalls(shape, cluster)) {
      Prediction prediction = ask(query, cluster.device);
      KernelTime &time = prediction.time;
      time.microseconds += static_cast<double>(rounds) * time.fixedUs;
      if (time.microseconds * 1e6 <= slowest.picoseconds)
        continue;
      slowest = getCost(prediction, getAlgorithm(query, cluster.device, prediction));
      slowest.bound = time.fixedUs * 2 > time.microseconds ? Bound::latency : Bound::link;
    }
    return slowest;
  }

  std::unique_ptr<MeasurementTable> table;
};
} // namespace

std::unique_ptr<CostModel> dagrt::createCalibratedModel(std::unique_ptr<MeasurementTable> table) {
  return std::make_unique<CalibratedModel>(std::move(table));
}

FailureOr<std::unique_ptr<CostModel>> dagrt::createTableModel(StringRef paths,
                                                              EmitError emitError) {
  Location loc = [&] {
    InFlightDiagnostic probe = emitError();
    Location where = probe.getUnderlyingDiagnostic()->getLocation();
    probe.abandon();
    return where;
  }();
  DeviceCache devices(loc.getContext());
  FailureOr<std::unique_ptr<MeasurementTable>> table = MeasurementTable::read(paths, devices, loc);
  if (failed(table))
    return failure();
  return createCalibratedModel(std::move(*table));
}

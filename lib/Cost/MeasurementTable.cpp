//===- MeasurementTable.cpp - A user's measurements on top of the model -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each measurement is kept as the logarithm of measured over predicted time at a point of
// logarithms of sizes. A query takes the mean of its nearest measurements (Shepard, 1968; with
// weights that vanish at the distance of the first one that is left out, so that the correction has
// no jumps), and one more weight for "no correction", which wins far away. How wrong this is is
// learned by leaving measurements out, for each distance to the nearest one.
//
// Measurements are sorted by one coordinate, and a query looks at those from the nearest in it
// outwards, until none further out can be among the nearest.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/MeasurementTable.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"

#include <array>
#include <cmath>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Coordinates
//===----------------------------------------------------------------------===//

static constexpr unsigned kDims = 5;
using Point = std::array<float, kDims>;

static float toLog(double size, double scale = 1) {
  return static_cast<float>(scale * std::log2(std::max(size, 1.0)));
}

namespace {
/// Where calls lie. Sizes that change the kernel itself stand far apart. The first coordinate is
/// the one that measurements are sorted by.
struct PointOf {
  Point operator()(const GemmCall &c) const {
    return {toLog(c.m), toLog(c.k), toLog(c.n), toLog(c.batch, 2), 0};
  }
  Point operator()(const AttentionCall &c) const {
    return {toLog(c.keys), toLog(c.batch), toLog(c.queries),
            toLog(c.heads) + toLog(c.keyHeads, 0.5),
            toLog(c.headDim, 4) + toLog(c.heads / c.keyHeads)};
  }
  Point operator()(const RowwiseCall &c) const {
    if (c.op == RowwiseOp::Other)
      return {toLog(c.bytesRead + c.bytesWritten), 0, 0, 0, toLog(c.elementBytes, 8)};
    return {toLog(c.rows * c.columns), toLog(c.columns, 3), 0, 0, toLog(c.elementBytes, 8)};
  }
  Point operator()(const CollectiveCall &c) const {
    return {toLog(c.bytes), toLog(c.ranks, 6), toLog(c.nodes, 6),
            static_cast<float>(static_cast<int>(c.kind) * 64), 0};
  }
};
} // namespace

/// The square of the distance.
static float getDistance2(const Point &a, const Point &b) {
  float sum = 0;
  for (unsigned i = 0; i < kDims; ++i)
    sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

//===----------------------------------------------------------------------===//
// Measurements of one variant on one device
//===----------------------------------------------------------------------===//

static constexpr unsigned kNeighbours = 6;
/// Distances below this are noise: a sixteenth of a doubling.
static constexpr double kNearest = 0.06;
/// Where "no correction" has the weight of a measurement: two doublings.
static constexpr double kFar = 2.5;
/// Distances to the nearest measurement, and beyond, that errors are told apart by.
static constexpr float kSteps[] = {0.15f, 0.6f, 1.5f};

namespace {
struct Sample {
  Point point;
  float correction; ///< log(measured / predicted)
};

/// Neighbours, the nearest first.
struct Neighbours {
  unsigned count = 0;
  std::array<float, kNeighbours> distance2;
  std::array<float, kNeighbours> correction;

  float getReach2() const { return count < kNeighbours ? INFINITY : distance2[kNeighbours - 1]; }
  void add(float d2, float value) {
    if (d2 >= getReach2())
      return;
    unsigned at = count < kNeighbours ? count++ : kNeighbours - 1;
    for (; at > 0 && distance2[at - 1] > d2; --at) {
      distance2[at] = distance2[at - 1];
      correction[at] = correction[at - 1];
    }
    distance2[at] = d2;
    correction[at] = value;
  }
};

class Samples {
public:
  void add(const Sample &sample) { samples.push_back(sample); }
  /// Sorts, and learns how wrong corrections are.
  void finish();

  Neighbours find(const Point &point, size_t leftOut = SIZE_MAX) const;
  ErrorBar getBar(float distance) const { return errorBars[getStep(distance)]; }

private:
  static unsigned getStep(float distance) {
    return llvm::lower_bound(kSteps, distance) - std::begin(kSteps);
  }
  std::vector<Sample> samples;
  std::array<ErrorBar, std::size(kSteps) + 1> errorBars;
};
} // namespace

/// The mean correction of the neighbours.
static double getCorrection(const Neighbours &found) {
  auto getWeight = [](double d2) { return 1 / (d2 + kNearest * kNearest); };
  double least = found.count == kNeighbours ? getWeight(found.getReach2()) : 0;
  double sum = 0, weights = getWeight(kFar * kFar);
  for (unsigned i = 0; i < found.count; ++i) {
    double weight = getWeight(found.distance2[i]) - least;
    sum += weight * found.correction[i];
    weights += weight;
  }
  return sum / weights;
}

Neighbours Samples::find(const Point &point, size_t leftOut) const {
  Neighbours found;
  auto isBefore = [](const Sample &s, float x) { return s.point[0] < x; };
  size_t up =
      std::lower_bound(samples.begin(), samples.end(), point[0], isBefore) - samples.begin();
  size_t down = up;
  auto look = [&](size_t i) {
    if (i != leftOut)
      found.add(getDistance2(point, samples[i].point), samples[i].correction);
  };
  auto isWithin = [&](size_t i) {
    float gap = samples[i].point[0] - point[0];
    return gap * gap < found.getReach2();
  };
  bool more = true;
  while (more) {
    more = false;
    if (up < samples.size() && isWithin(up))
      look(up++), more = true;
    if (down > 0 && isWithin(down - 1))
      look(--down), more = true;
  }
  return found;
}

void Samples::finish() {
  llvm::stable_sort(samples,
                    [](const Sample &a, const Sample &b) { return a.point[0] < b.point[0]; });
  std::array<std::vector<double>, std::size(kSteps) + 1> ratios;
  std::vector<double> all;
  size_t stride = samples.size() / 1000 + 1;
  for (size_t i = 0; i < samples.size(); i += stride) {
    Neighbours found = find(samples[i].point, i);
    if (found.count == 0)
      continue;
    double ratio = std::exp(samples[i].correction - getCorrection(found));
    ratios[getStep(std::sqrt(found.distance2[0]))].push_back(ratio);
    all.push_back(ratio);
  }
  constexpr size_t fewest = 25;
  for (auto [bar, some] : llvm::zip_equal(errorBars, ratios))
    bar = dagrt::getErrorBar(some.size() < fewest ? all : some);
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

struct MeasurementTable::Contents {
  /// By device, kernel and variant.
  llvm::StringMap<Samples> samples;

  static std::string getKey(StringRef device, const KernelQuery &query, StringRef variant) {
    return (device + "/" + query.getKernel().name + "/" + variant).str();
  }

  /// The measurements for the best variant that has any.
  const Samples *find(StringRef device, const KernelQuery &query) const {
    for (const std::string &variant : query.variants) {
      auto it = samples.find(getKey(device, query, variant));
      if (it != samples.end())
        return &it->second;
    }
    return nullptr;
  }
};

MeasurementTable::MeasurementTable() : contents(std::make_unique<Contents>()) {}
MeasurementTable::~MeasurementTable() = default;

FailureOr<std::unique_ptr<MeasurementTable>>
MeasurementTable::read(StringRef paths, DeviceCache &devices, Location loc) {
  std::unique_ptr<MeasurementTable> table(new MeasurementTable());
  for (StringRef path : llvm::split(paths, ',')) {
    auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
    if (!buffer)
      return emitError(loc) << "expects a readable table of measurements, got '" << path
                            << "': " << buffer.getError().message();
    StringRef text = (*buffer)->getBuffer();
    FailureOr<TableKind> kind = guessTableKind(text, path, loc.getContext());
    if (failed(kind))
      return failure();
    auto add = [&](Measurement &measurement) -> LogicalResult {
      const KernelQuery &query = measurement.query;
      if (measurement.microseconds == 0)
        return emitError(FileLineColLoc::get(loc.getContext(), path, measurement.line, 1))
               << "expects a time in the column 'time_us' of a table, got none";
      double predicted = predict(query, *measurement.device).time.microseconds;
      std::string key = Contents::getKey(measurement.device->name, query, query.variants.front());
      table->contents->samples[key].add(
          {std::visit(PointOf(), query.call),
           static_cast<float>(std::log(measurement.microseconds / predicted))});
      return success();
    };
    if (failed(readMeasurements(text, path, *kind, devices, loc.getContext(), add)))
      return failure();
  }
  for (auto &entry : table->contents->samples)
    entry.second.finish();
  return table;
}

Prediction MeasurementTable::correct(const KernelQuery &query, const Device &device,
                                     Prediction prediction) const {
  const Samples *samples = contents->find(device.name, query);
  bool isOwn = samples != nullptr;
  for (const std::string &donor : device.donors)
    samples = samples ? samples : contents->find(donor, query);
  if (!samples)
    return prediction;
  Neighbours found = samples->find(std::visit(PointOf(), query.call));
  if (found.count == 0)
    return prediction;
  float distance = std::sqrt(found.distance2[0]);
  prediction.time.microseconds *= std::exp(getCorrection(found));
  if (!isOwn || distance > kFar)
    return prediction;
  prediction.errorBar = samples->getBar(distance);
  prediction.provenance = distance < 1e-3f ? Provenance::measured : Provenance::interpolated;
  return prediction;
}

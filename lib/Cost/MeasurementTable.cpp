//===- MeasurementTable.cpp - Correction by measurements -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each measurement is kept as the logarithm of measured over predicted time at a point of
// logarithms of sizes. A query takes the mean of its nearest measurements (Shepard, 1968; with
// weights that vanish at the distance of the first one that is left out, so that the correction has
// no jumps), and one more weight for "no correction", which wins far away. Measurements of a
// device's twins (B200 and GB200) count as if they were a little further away. How wrong this is is
// learned by leaving measurements out, for each distance to the nearest one.
//
// Measurements are sorted by one coordinate, and a query looks at those from the nearest in it
// outwards, until none further out can be among the nearest.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/MeasurementTable.h"

#include "KernelBounds.h"

#include "dagrt/Support/InputFile.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"

#include <algorithm>
#include <array>
#include <cmath>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Coordinates
//===----------------------------------------------------------------------===//

static constexpr unsigned kDims = 6;
using Point = std::array<float, kDims>;

/// How far the bytes of a matmul's elements are from the usual ones of its type.
static float getMixture(const GemmCall &c) {
  double usual = std::max(c.elementBytes, 2.0);
  double factor = c.leftBytes * c.rightBytes / (c.elementBytes * c.elementBytes);
  return static_cast<float>(std::abs(std::log2(c.resultBytes / usual)) +
                            std::abs(std::log2(factor)));
}

static float toLog(double size, double scale = 1) {
  return static_cast<float>(scale * std::log2(std::max(size, 1.0)));
}

namespace {
/// Where calls lie. Sizes that change the kernel itself stand far apart. The first coordinate is
/// the one that measurements are sorted by.
struct PointOf {
  Point operator()(const GemmCall &c) const {
    return {toLog(c.m, 2), toLog(c.k, 1.5), toLog(c.n, 1.5), toLog(c.batch, 2), getMixture(c), 0};
  }
  Point operator()(const AttentionCall &c) const {
    return {toLog(c.keys),
            toLog(c.batch),
            toLog(c.queries),
            toLog(c.heads) + toLog(c.keyHeads, 0.5),
            toLog(c.headDim, 4) + toLog(c.heads / c.keyHeads),
            toLog(c.elementBytes, 8)};
  }
  Point operator()(const RowwiseCall &c) const {
    if (c.op == RowwiseOp::Other)
      return {toLog(c.bytesRead + c.bytesWritten), 0, 0, 0, 0, toLog(c.elementBytes, 8)};
    return {toLog(c.rows * c.columns), toLog(c.columns, 3), 0, 0, 0, toLog(c.elementBytes, 8)};
  }
  Point operator()(const CollectiveCall &c) const {
    return {toLog(c.bytes),
            toLog(c.ranks, 6),
            toLog(c.nodes, 6),
            static_cast<float>(static_cast<int>(c.kind) * 64),
            0,
            0};
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

static constexpr unsigned kMostNeighbours = 12;
/// Distances below this are noise.
static constexpr double kNearest = 0.1;
/// Where "no correction" has the weight of a measurement.
static constexpr double kFar = 5;
/// What a measurement of a twin is further away.
static constexpr float kTwinDistance = 0.4f;
/// Distances to the nearest measurement that errors are told apart by.
static constexpr float kSteps[] = {0.2f, 0.8f, 2};
static constexpr unsigned kNumSteps = std::size(kSteps) + 1;

static unsigned getStep(float distance) {
  return llvm::lower_bound(kSteps, distance) - std::begin(kSteps);
}

/// Curves over one size need the measurements on both sides of a query, surfaces more.
static unsigned getNumNeighbours(const KernelQuery &query) {
  if (std::holds_alternative<CollectiveCall>(query.call))
    return 4;
  return std::holds_alternative<RowwiseCall>(query.call) ? 5 : kMostNeighbours;
}

namespace {
struct Sample {
  Point point;
  float correction; ///< log(measured / predicted)
};

/// Neighbours, the nearest first.
struct Neighbours {
  explicit Neighbours(unsigned most) : most(most) {}
  unsigned most, count = 0;
  std::array<float, kMostNeighbours> distance2;
  std::array<float, kMostNeighbours> correction;

  float getReach2() const { return count < most ? INFINITY : distance2[most - 1]; }
  void add(float d2, float value) {
    if (d2 >= getReach2())
      return;
    unsigned at = count < most ? count++ : most - 1;
    for (; at > 0 && distance2[at - 1] > d2; --at) {
      distance2[at] = distance2[at - 1];
      correction[at] = correction[at - 1];
    }
    distance2[at] = d2;
    correction[at] = value;
  }
};

/// The measurements of one variant on one device, sorted by their first coordinate.
struct Samples {
  const Device *device = nullptr;
  unsigned numNeighbours = kMostNeighbours;
  std::vector<Sample> samples;
  std::array<ErrorBar, kNumSteps> errorBars; ///< By the distance to the nearest measurement.

  /// Adds what is near `point` and `offset2` further away than it looks.
  void find(const Point &point, float offset2, size_t leftOut, Neighbours &found) const;
};
} // namespace

/// The mean correction of the neighbours.
static double getCorrection(const Neighbours &found) {
  auto getWeight = [](double d2) { return 1 / (d2 + kNearest * kNearest); };
  double least = found.count == found.most ? getWeight(found.getReach2()) : 0;
  double sum = 0, weights = 1 / (kFar * kFar);
  for (unsigned i = 0; i < found.count; ++i) {
    double weight = getWeight(found.distance2[i]) - least;
    sum += weight * found.correction[i];
    weights += weight;
  }
  return sum / weights;
}

void Samples::find(const Point &point, float offset2, size_t leftOut, Neighbours &found) const {
  auto isBefore = [](const Sample &s, float x) { return s.point[0] < x; };
  size_t up =
      std::lower_bound(samples.begin(), samples.end(), point[0], isBefore) - samples.begin();
  size_t down = up;
  auto look = [&](size_t i) {
    if (i != leftOut)
      found.add(getDistance2(point, samples[i].point) + offset2, samples[i].correction);
  };
  auto isWithin = [&](size_t i) {
    float gap = samples[i].point[0] - point[0];
    return gap * gap + offset2 < found.getReach2();
  };
  for (bool more = true; more;) {
    more = false;
    if (up < samples.size() && isWithin(up))
      look(up++), more = true;
    if (down > 0 && isWithin(down - 1))
      look(--down), more = true;
  }
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

struct MeasurementTable::Contents {
  /// By kernel and variant, those of each device.
  llvm::StringMap<std::vector<Samples>> samples;

  static std::string getKey(const KernelQuery &query, StringRef variant) {
    return (StringRef(query.getKernel().name) + "/" + variant).str();
  }
  void add(const Measurement &measurement);
  void finish();
};

void MeasurementTable::Contents::add(const Measurement &measurement) {
  const KernelQuery &query = measurement.query;
  // What is asked for without the name of a library learns from all.
  SmallVector<StringRef, 2> variants = {query.variants.front()};
  if (StringRef any = query.variants.back(); any == "any" && any != variants.front())
    variants.push_back(any);
  for (StringRef variant : variants) {
    std::vector<Samples> &all = samples[getKey(query, variant)];
    auto it = llvm::find_if(all, [&](const Samples &s) { return s.device == measurement.device; });
    if (it == all.end()) {
      all.emplace_back();
      it = all.end() - 1;
      it->device = measurement.device;
      it->numNeighbours = getNumNeighbours(query);
    }
    KernelQuery same{query.call, {variant.str()}};
    same.variants.append(query.variants.begin(), query.variants.end());
    double predicted = predict(same, *measurement.device).time.microseconds;
    it->samples.push_back({std::visit(PointOf(), query.call),
                           static_cast<float>(std::log(measurement.microseconds / predicted))});
  }
}

/// Adds what `device` and its twins know of `point`; `leftOut` is the index of one of the device's
/// own.
static void findOwn(ArrayRef<Samples> all, const Device &device, const Point &point, size_t leftOut,
                    Neighbours &found) {
  for (const Samples &some : all) {
    bool isOwn = some.device->name == device.name;
    if (isOwn)
      some.find(point, 0, leftOut, found);
    else if (areTwins(*some.device, device))
      some.find(point, kTwinDistance * kTwinDistance, SIZE_MAX, found);
  }
}

/// Learns how wrong corrections of one device are.
static void learnErrors(Samples &own, ArrayRef<Samples> all) {
  std::array<std::vector<double>, kNumSteps> ratios;
  std::vector<double> every;
  size_t stride = own.samples.size() / 1000 + 1;
  for (size_t i = 0; i < own.samples.size(); i += stride) {
    Neighbours found(own.numNeighbours);
    findOwn(all, *own.device, own.samples[i].point, i, found);
    if (found.count == 0)
      continue;
    double ratio = std::exp(own.samples[i].correction - getCorrection(found));
    ratios[getStep(std::sqrt(found.distance2[0]))].push_back(ratio);
    every.push_back(ratio);
  }
  constexpr size_t fewest = 25;
  for (auto [bar, some] : llvm::zip_equal(own.errorBars, ratios))
    bar = getErrorBar(some.size() < fewest ? every : some);
}

void MeasurementTable::Contents::finish() {
  for (auto &entry : samples)
    for (Samples &some : entry.second)
      llvm::stable_sort(some.samples,
                        [](const Sample &a, const Sample &b) { return a.point[0] < b.point[0]; });
  for (auto &entry : samples)
    for (Samples &some : entry.second)
      learnErrors(some, entry.second);
}

MeasurementTable::MeasurementTable() : contents(std::make_unique<Contents>()) {}
MeasurementTable::~MeasurementTable() = default;

FailureOr<std::unique_ptr<MeasurementTable>>
MeasurementTable::read(StringRef paths, DeviceCache &devices, Location loc) {
  std::unique_ptr<MeasurementTable> table(new MeasurementTable());
  for (StringRef path : llvm::split(paths, ',')) {
    auto buffer = readInputFile(path, kLargestTable);
    if (!buffer)
      return emitError(loc) << "expects a readable table of measurements, got '" << path
                            << "': " << llvm::toString(buffer.takeError());
    StringRef text = (*buffer)->getBuffer();
    FailureOr<TableKind> kind = guessTableKind(text, path, loc.getContext());
    if (failed(kind))
      return failure();
    auto add = [&](Measurement &measurement) -> LogicalResult {
      if (measurement.microseconds == 0)
        return emitError(FileLineColLoc::get(loc.getContext(), path, measurement.line, 1))
               << "expects a time in the column 'time_us' of a table, got none";
      table->contents->add(measurement);
      return success();
    };
    if (failed(readMeasurements(text, path, *kind, devices, loc.getContext(), add)))
      return failure();
  }
  table->contents->finish();
  return table;
}

/// What was not measured takes as long as physics says, at least.
static Prediction bound(Prediction prediction, const KernelQuery &query, const Device &device) {
  if (prediction.provenance == Provenance::measured)
    return prediction;
  double &us = prediction.time.microseconds;
  us = std::max(us, getLeastUs(query, device));
  limitToPhysics(prediction, query, device);
  return prediction;
}

Prediction MeasurementTable::correct(const KernelQuery &query, const Device &device,
                                     Prediction prediction) const {
  Point point = std::visit(PointOf(), query.call);
  for (auto [place, variant] : llvm::enumerate(query.variants)) {
    auto it = contents->samples.find(Contents::getKey(query, variant));
    if (it == contents->samples.end())
      continue;
    Neighbours found(getNumNeighbours(query));
    findOwn(it->second, device, point, SIZE_MAX, found);
    if (found.count == 0)
      continue;
    float distance = std::sqrt(found.distance2[0]);
    prediction.tableFactor = std::exp(getCorrection(found));
    prediction.tableRows = found.count;
    prediction.time.microseconds *= prediction.tableFactor;
    auto own = llvm::find_if(it->second,
                             [&](const Samples &some) { return some.device->name == device.name; });
    if (own == it->second.end() || distance > kFar)
      return bound(prediction, query, device);
    ErrorBar bar = own->errorBars[getStep(distance)];
    // Measurements of another variant are a hint, no more.
    if (place > 0) {
      prediction.errorBar = getHull(prediction.errorBar, bar);
      prediction.provenance = Provenance::extrapolated;
      return bound(prediction, query, device);
    }
    prediction.errorBar = bar;
    prediction.provenance = distance < 1e-3f ? Provenance::measured : Provenance::interpolated;
    return bound(prediction, query, device);
  }
  return prediction;
}

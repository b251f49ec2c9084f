//===- MeasureMachine.cpp - Tables and descriptions of this machine -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Files are written after all measurements, each at once. A device that is said to be like a
// built-in one has the rates of its data sheet; of another one, they are those of the best large
// matmuls.
//
//===----------------------------------------------------------------------===//

#include "MeasureMachine.h"

#include "dagrt/Cost/KernelQuery.h"
#include "dagrt/Support/OutputFile.h"

#include "mlir/IR/MLIRContext.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"

#include <cmath>

using namespace llvm;
using namespace mlir;
using namespace dagrt;

static constexpr int64_t kBytesOfFp32 = 4;

namespace {
/// What the links between devices are found to be.
struct LinkFacts {
  double bandwidth = 0;   ///< Bytes/s of the largest message.
  double messageUs = 0;   ///< Of the smallest message.
  double allReduceUs = 0; ///< Of the smallest sum of the fewest devices.
};

/// Measures one device, and keeps what is found as text.
class Measurer {
public:
  Measurer(const MachineOptions &options, MeasuredDevice &device)
      : options(options), device(device), sizes(device.getSizes(options.isQuick)) {}

  void measureProducts();
  void measureRows();
  void measureCollectives();

  /// FLOP/s of the best large matmul; 0 if the device has none of this type.
  double measurePeak(StringRef type);

  std::string products, rows, collectives;
  LinkFacts link;

private:
  void addProduct(const ProductShape &shape);

  /// Once something went wrong, all the rest would, too.
  bool isBroken() const { return !device.getError().empty(); }

  const MachineOptions &options;
  MeasuredDevice &device;
  Sizes sizes;
};
} // namespace

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

/// Adds a row: an id, which is the same for the same `key` everywhere, the key, and the rest.
static void addRow(std::string &table, StringRef key, StringRef rest) {
  uint64_t hash = xxh3_64bits(key) >> 16;
  table +=
      (utohexstr(hash, /*LowerCase=*/true, /*Width=*/12) + "," + key + "," + rest + "\n").str();
}

static std::string formatUs(double microseconds) {
  std::string text;
  raw_string_ostream(text) << format("%.6g", microseconds);
  return text;
}

static std::string formatSpread(double spread) {
  std::string text;
  raw_string_ostream(text) << format("%.3f", spread);
  return text;
}

void Measurer::addProduct(const ProductShape &shape) {
  for (StringRef type : device.getTypes()) {
    std::optional<Timing> timing = isBroken() ? std::nullopt : device.timeProduct(shape, type);
    if (!timing)
      continue;
    std::string key = formatv("{0},{1},{2},{3},{4},{5},{6}", shape.batch == 1 ? "gemm" : "bmm",
                              options.name, type, shape.m, shape.k, shape.n, shape.batch);
    addRow(products, key,
           formatUs(timing->microseconds) + "," + formatSpread(timing->spread) + ",1,\"" +
               device.getTiming() + "\",measured");
  }
}

void Measurer::measureProducts() {
  products = "id,op,gpu,dtype,m,k,n,batch,time_us,spread,n_src,timing,source\n";
  for (int64_t m : sizes.tokens)
    for (int64_t k : sizes.sides)
      for (int64_t n : sizes.sides)
        addProduct({m, k, n});
  for (int64_t heads : sizes.heads)
    for (int64_t length : sizes.lengths)
      for (int64_t size : sizes.headSizes) {
        addProduct({length, size, length, heads}); // Scores.
        addProduct({length, length, size, heads}); // Context.
        addProduct({1, size, length, heads});      // The same for one new token.
        addProduct({1, length, size, heads});
      }
}

void Measurer::measureRows() {
  rows = "id,op,gpu,dtype,rows,cols,time_us,timing,source\n";
  for (const RowOp &op : kRowOps)
    for (int64_t count : sizes.rows)
      for (int64_t columns : sizes.columns)
        for (StringRef type : device.getTypes()) {
          std::optional<Timing> timing =
              isBroken() ? std::nullopt : device.timeRows(op, count, columns, type);
          if (!timing)
            continue;
          std::string key =
              formatv("{0},{1},{2},{3},{4}", op.name, options.name, type, count, columns);
          addRow(rows, key,
                 formatUs(timing->microseconds) + ",\"" + device.getTiming() + "\",measured");
        }
}

void Measurer::measureCollectives() {
  collectives = "id,op,gpu,link,num_gpus,nodes,bytes,time_us,spread,impl,source\n";
  for (const CollectiveOp &op : kCollectiveOps)
    for (int64_t ranks : sizes.groups)
      for (int64_t wanted : sizes.bytes) {
        bool isPair = StringRef(op.name) == "send_recv";
        if (isPair && ranks != sizes.groups.front())
          continue;
        int64_t partBytes = kBytesOfFp32 * (op.isShared ? ranks : 1);
        int64_t part = std::max<int64_t>(1, wanted / partBytes);
        std::optional<Timing> timing =
            isBroken() ? std::nullopt : device.timeCollective(op, ranks, part);
        if (!timing)
          continue;
        std::string key = formatv("{0},{1},{2},{3},1,{4}", op.name, options.name, device.getLink(),
                                  isPair ? 2 : ranks, part * partBytes);
        addRow(collectives, key,
               formatUs(timing->microseconds) + "," + formatSpread(timing->spread) + "," +
                   device.getLibrary() + ",measured");
        bool isSmallest = wanted == sizes.bytes.front();
        if (isSmallest && StringRef(op.name) == "all_reduce" && ranks == sizes.groups.front())
          link.allReduceUs = timing->microseconds;
        if (!isPair)
          continue;
        if (isSmallest)
          link.messageUs = timing->microseconds;
        link.bandwidth = std::max(link.bandwidth, static_cast<double>(part * partBytes) /
                                                      (timing->microseconds * 1e-6));
      }
}

double Measurer::measurePeak(StringRef type) {
  double best = 0;
  for (int64_t side : sizes.peaks) {
    std::optional<Timing> timing =
        isBroken() ? std::nullopt : device.timeProduct({side, side, side}, type);
    if (timing)
      best = std::max(best,
                      2 * std::pow(static_cast<double>(side), 3) / (timing->microseconds * 1e-6));
  }
  return best;
}

//===----------------------------------------------------------------------===//
// Descriptions
//===----------------------------------------------------------------------===//

/// The built-in description that the device is said to be like. It must not contradict `facts`.
static FailureOr<Device> findSheet(StringRef name, const DeviceFacts &facts, std::string &error) {
  std::vector<std::string> names = getBuiltinDevices();
  if (!is_contained(names, name)) {
    error = ("expects --like to name a built-in device, one of " + join(names, ", ") + "; got '" +
             name + "'")
                .str();
    return failure();
  }
  MLIRContext context(MLIRContext::Threading::DISABLED);
  FailureOr<Device> sheet = loadDevice(name, UnknownLoc::get(&context));
  if (failed(sheet))
    return failure();
  if (sheet->architecture == facts.architecture && sheet->smCount == facts.smCount)
    return sheet;
  error = formatv(
      "expects a device like '{0}' (architecture {1}, sm_count {2}), got {3} (architecture "
      "{4}, sm_count {5})",
      name, sheet->architecture, sheet->smCount, facts.title, facts.architecture, facts.smCount);
  return failure();
}

/// A line of a description; nothing is known of 0.
static void addKey(raw_ostream &os, StringRef key, double value) {
  if (value > 0)
    os << key << ": " << format("%.4g", value) << "\n";
}

/// FLOP/s of matmuls of `type`, by the data sheet or measured; 0 if there are none.
static double getFlops(const std::optional<Device> &sheet, StringRef type, Measurer &measurer) {
  return sheet ? getMatrixFlops(*sheet, type).value_or(0) : measurer.measurePeak(type);
}

static std::string describeDevice(StringRef name, const DeviceFacts &facts,
                                  const std::optional<Device> &sheet, const MeasuredDevice &device,
                                  Measurer &measurer) {
  std::string text;
  raw_string_ostream os(text);
  os << "# One device, measured by dagrt-calibrate.\n"
     << "name: " << name << "\narchitecture: " << facts.architecture << "\nsource: \""
     << facts.title << ", ";
  if (sheet)
    os << "with the rates of " << sheet->name << ": " << sheet->source;
  else
    os << "measured: " << device.getTiming();
  os << "\"\nsm_count: " << facts.smCount << "\n";
  addKey(os, "boost_mhz", (sheet ? sheet->clockHz : facts.clockHz) / 1e6);
  for (StringRef type : device.getTypes())
    addKey(os, (type + "_tflops").str(), getFlops(sheet, type, measurer) / 1e12);
  addKey(os, "memory_gb", (sheet ? sheet->memoryBytes : facts.memoryBytes) / 1e9);
  addKey(os, "memory_bandwidth_gbs",
         (sheet ? sheet->memoryBandwidth : facts.memoryBandwidth) / 1e9);
  addKey(os, "l2_mb", (sheet ? sheet->l2Bytes : facts.cacheBytes) / 1e6);
  addKey(os, "peer_bandwidth_gbs", (sheet ? sheet->peerBandwidth : measurer.link.bandwidth) / 1e9);
  // Lends coefficients for what is not measured.
  if (sheet)
    os << "calibrated_like: " << sheet->name << "\n";
  return text;
}

/// What NCCL's model has for the smallest all_reduce of two devices over NVLink, which measured
/// latencies are put into proportion to: 6.6 us and two steps of 0.6 us.
static constexpr double kTunerAllReduceUs = 7.8;

static std::string describeCluster(StringRef name, const DeviceFacts &facts, double bandwidth,
                                   const LinkFacts &link, const MeasuredDevice &device) {
  std::string text;
  raw_string_ostream os(text);
  // Shared memory is costed like NVLink, with the rate and the latencies that it has.
  bool isPcie = device.getLink() == "pcie";
  MLIRContext context(MLIRContext::Threading::DISABLED);
  bool hasNvls =
      device.getLink() == "nvlink" && getBuiltinArchitecture(facts.architecture, &context).nvls;
  os << "# The devices of one machine, measured by dagrt-calibrate.\n"
     << "name: " << name << "-cluster\ndevice: " << name
     << ".yaml\ndevices_per_node: " << device.getNumDevices() << "\nsource: \"" << facts.title
     << ", measured\"\nintra:\n  kind: " << (isPcie ? "pcie" : "nvlink") << "\n"
     << format("  bandwidth_gbs: %.4g\n  efficiency: %.4g\n", bandwidth / 1e9,
               std::min(1.0, link.bandwidth / bandwidth))
     << format("  latency_us: %.4g\n", link.messageUs)
     << format("  latency_scale: %.4g\n", link.allReduceUs / kTunerAllReduceUs)
     << (hasNvls ? "  nvls: true\n" : "") << "  measured_as: " << device.getLink() << "/"
     << device.getLibrary() << "\n";
  return text;
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

static LogicalResult write(StringRef folder, const Twine &name, StringRef text,
                           std::string &error) {
  SmallString<128> path(folder);
  sys::path::append(path, name);
  Error failed = replaceFile(path, text);
  if (!failed)
    return success();
  error = ("expects to write '" + path + "', got: " + toString(std::move(failed))).str();
  return failure();
}

/// The folder is made before anything is measured, not to learn after minutes that it cannot be.
static LogicalResult makeFolder(StringRef folder, std::string &error) {
  std::error_code code = sys::fs::create_directories(folder);
  if (!code)
    return success();
  error = ("expects a folder for tables and descriptions, got '" + folder + "': " + code.message())
              .str();
  return failure();
}

LogicalResult dagrt::measureMachine(const MachineOptions &options, MeasuredDevice &device,
                                    std::string &error) {
  if (failed(makeFolder(options.folder, error)))
    return failure();
  DeviceFacts facts = device.getFacts();
  std::optional<Device> sheet;
  if (!options.like.empty()) {
    FailureOr<Device> found = findSheet(options.like, facts, error);
    if (failed(found))
      return failure();
    sheet = std::move(*found);
  }

  Measurer measurer(options, device);
  bool hasPeers = device.getNumDevices() > 1;
  if (hasPeers)
    measurer.measureCollectives();
  std::string description = describeDevice(options.name, facts, sheet, device, measurer);
  measurer.measureProducts();
  measurer.measureRows();
  if (error = device.getError(); !error.empty())
    return failure();
  if (!device.isFirst())
    return success();

  if (failed(write(options.folder, "gemm.csv", measurer.products, error)) ||
      failed(write(options.folder, "elementwise.csv", measurer.rows, error)) ||
      failed(write(options.folder, options.name + ".yaml", description, error)))
    return failure();
  if (!hasPeers)
    return success();
  bool hasRate = sheet && sheet->peerBandwidth > 0;
  double bandwidth = hasRate ? sheet->peerBandwidth : measurer.link.bandwidth;
  std::string cluster = describeCluster(options.name, facts, bandwidth, measurer.link, device);
  return success(succeeded(write(options.folder, "collective.csv", measurer.collectives, error)) &&
                 succeeded(write(options.folder, options.name + "-cluster.yaml", cluster, error)));
}

//===- MeasureMachine.cpp - Tables and descriptions of this machine -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All ranks of a job measure the same kernels at the same time, as they run them at the same time
// later: what cores share (caches, memory, clocks) is shared while it is measured, too. The times
// of the first rank are written. Files are written when all is measured, each as a whole.
//
//===----------------------------------------------------------------------===//

#include "MeasureMachine.h"

#ifdef DAGRT_HAS_MPI
#include "MeasureMpi.h"
#endif

#include "dagrt/Report/OutputFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace dagrt;

namespace {
/// The sizes of a table of matrix products: all of `rows` with all pairs of `sides`, and the two
/// products of attention for all heads, tokens and sizes of heads.
struct Sizes {
  std::vector<int64_t> rows, sides;
  std::vector<int64_t> heads, tokens, headSizes;
  std::vector<int64_t> lengths, widths; ///< Rows and columns of the other table.
  std::vector<int64_t> bytes;           ///< Of collectives.
};

/// What the links between ranks are found to be.
struct LinkFacts {
  int64_t ranks = 1;
  double bandwidth = 0;   ///< Bytes/s of the largest message.
  double messageUs = 0;   ///< Of the smallest message.
  double allReduceUs = 0; ///< Of the smallest sum.
};

/// The text of each file.
struct Tables {
  std::string gemm, elementwise, collective;
};
} // namespace

static Sizes getSizes(bool isQuick) {
  if (isQuick)
    return {{1, 32},  {64, 256},     {4},       {32, 64},
            {32, 64}, {16, 64, 256}, {64, 512}, {64, 4096, 262144}};
  return {{1, 8, 32, 64, 128, 256, 512},
          {64, 128, 256, 512, 1024, 2048},
          {2, 4, 8},
          {32, 64, 128, 256, 512},
          {32, 64},
          {1, 16, 64, 128, 256, 512, 2048},
          {32, 64, 128, 256, 512, 1024, 2048},
          {4, 64, 1024, 4096, 16384, 65536, 131072, 262144, 524288, 1 << 20, 4 << 20, 16 << 20}};
}

static constexpr const char *kTypes[] = {"fp32", "fp64"};

static std::string measureGemms(const Sizes &sizes, const MeasureOptions &options) {
  std::string text;
  raw_string_ostream os(text);
  GemmRow::writeHeader(os);
  auto add = [&](int64_t m, int64_t k, int64_t n, int64_t batch) {
    for (const char *type : kTypes)
      if (auto row = measureGemm(m, k, n, batch, type, options))
        row->write(os);
  };
  for (int64_t m : sizes.rows)
    for (int64_t k : sizes.sides)
      for (int64_t n : sizes.sides)
        add(m, k, n, 1);
  for (int64_t heads : sizes.heads)
    for (int64_t tokens : sizes.tokens)
      for (int64_t size : sizes.headSizes) {
        add(tokens, size, tokens, heads); // Scores.
        add(tokens, tokens, size, heads); // Context.
        add(1, size, tokens, heads);      // The same for one new token.
        add(1, tokens, size, heads);
      }
  return text;
}

static std::string measureRows(const Sizes &sizes, const MeasureOptions &options) {
  std::string text;
  raw_string_ostream os(text);
  ElementwiseRow::writeHeader(os);
  // Loops over fewer elements take less than the shortest launch that a model knows.
  constexpr int64_t fewest = 1024;
  for (const char *op : getElementwiseOps())
    for (int64_t rows : sizes.lengths)
      for (int64_t columns : sizes.widths)
        for (const char *type : kTypes)
          if (auto row = rows * columns < fewest
                             ? std::nullopt
                             : measureElementwise(op, rows, columns, type, options))
            row->write(os);
  return text;
}

#ifdef DAGRT_HAS_MPI
static std::string measureCollectives(const MpiJob &job, const Sizes &sizes,
                                      const MeasureOptions &options, LinkFacts &link) {
  std::string text;
  raw_string_ostream os(text);
  CollectiveRow::writeHeader(os);
  for (StringRef op : getCollectiveOps())
    for (int64_t bytes : sizes.bytes) {
      auto row = measureCollective(job, op, bytes, options);
      if (!row)
        continue;
      row->write(os);
      bool isSmallest = bytes == sizes.bytes.front();
      if (op == "all_reduce" && isSmallest)
        link.allReduceUs = row->microseconds;
      if (op != "send_recv")
        continue;
      if (isSmallest)
        link.messageUs = row->microseconds;
      link.bandwidth =
          std::max(link.bandwidth, static_cast<double>(row->bytes) / (row->microseconds * 1e-6));
    }
  return text;
}
#endif

//===----------------------------------------------------------------------===//
// Descriptions
//===----------------------------------------------------------------------===//

static std::string describeDevice(const MeasureOptions &options, const CpuFacts &facts,
                                  const LinkFacts &link) {
  std::string text;
  raw_string_ostream os(text);
  auto add = [&](const char *key, double value) {
    if (value > 0)
      os << key << ": " << format("%.4g", value) << "\n";
  };
  os << "# One core, measured by dagrt-calibrate.\n"
     << "name: " << options.device << "\narchitecture: cpu\nsource: \"one core of " << facts.name
     << ", measured: " << getTiming(options.caches) << "\"\nsm_count: 1\n";
  add("fp32_tflops", facts.fp32 / 1e12);
  add("fp64_tflops", facts.fp64 / 1e12);
  add("memory_gb", facts.memoryBytes / static_cast<double>(link.ranks) / 1e9);
  add("memory_bandwidth_gbs", facts.memoryBandwidth / 1e9);
  add("l2_mb", facts.cacheBytes / 1e6);
  add("peer_bandwidth_gbs", link.bandwidth / 1e9);
  return text;
}

/// What NCCL's model has for the smallest all_reduce of two devices over NVLink, which measured
/// latencies are put into proportion to: 6.6 us and two steps of 0.6 us.
static constexpr double kTunerAllReduceUs = 7.8;

static std::string describeCluster(const MeasureOptions &options, const CpuFacts &facts,
                                   const LinkFacts &link) {
  std::string text;
  raw_string_ostream os(text);
  os << "# Ranks on one machine, measured by dagrt-calibrate. Their link is shared memory.\n"
     << "name: " << options.device << "-cluster\ndevice: " << options.device
     << ".yaml\ndevices_per_node: " << link.ranks << "\nsource: \"cores of " << facts.name
     << ", measured\"\nintra:\n  kind: nvlink\n"
     << format("  bandwidth_gbs: %.4g\n  efficiency: 1\n", link.bandwidth / 1e9)
     << format("  latency_us: %.4g\n", link.messageUs)
     << format("  latency_scale: %.4g\n", link.allReduceUs / kTunerAllReduceUs);
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

static LogicalResult writeAll(const MachineOptions &options, const Tables &tables,
                              const CpuFacts &facts, const LinkFacts &link, std::string &error) {
  const std::string &folder = options.folder, &device = options.measure.device;
  if (failed(write(folder, "gemm.csv", tables.gemm, error)) ||
      failed(write(folder, "elementwise.csv", tables.elementwise, error)) ||
      failed(write(folder, device + ".yaml", describeDevice(options.measure, facts, link), error)))
    return failure();
  if (link.ranks == 1)
    return success();
  return success(succeeded(write(folder, "collective.csv", tables.collective, error)) &&
                 succeeded(write(folder, device + "-cluster.yaml",
                                 describeCluster(options.measure, facts, link), error)));
}

LogicalResult dagrt::measureMachine(const MachineOptions &options, std::string &error) {
  if (failed(makeFolder(options.folder, error)))
    return failure();
  Sizes sizes = getSizes(options.isQuick);
  Tables tables;
  LinkFacts link;
  bool isFirst = true;
#ifdef DAGRT_HAS_MPI
  MpiJob job;
  if (job.getNumNodes() > 1) {
    error = "expects all ranks on one machine, got " + std::to_string(job.getNumNodes());
    return failure();
  }
  link.ranks = job.getSize();
  isFirst = job.getRank() == 0;
  if (link.ranks > 1)
    tables.collective = measureCollectives(job, sizes, options.measure, link);
#endif
  CpuFacts facts = measureCpuFacts(options.measure);
  tables.gemm = measureGemms(sizes, options.measure);
  tables.elementwise = measureRows(sizes, options.measure);
  return isFirst ? writeAll(options, tables, facts, link, error) : success();
}

//===- MeasureCpu.cpp - Times of kernels on one core -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The fastest run counts, not the median: other processes on the core only make runs longer, by
// factors. For cold caches, a run follows a sweep of an array of twice the last level before each
// run, warm ones by running on the same operands again. Matmuls are those of the runtime: by a BLAS
// if there was one at configure time.
//
//===----------------------------------------------------------------------===//

#include "MeasureCpu.h"

#ifdef DAGRT_HAS_MPI
#include "MeasureMpi.h"
#endif

#include "dagrt/Runtime/Calls.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MemoryBuffer.h"

#include <unistd.h>

using namespace dagrt;

// A timed stretch is at least this long, or the clock's own cost shows.
static constexpr double kShortestStretchUs = 20;

// Where the system does not say how large its caches are.
static constexpr int64_t kDefaultCacheBytes = 32 << 20;

// Loops over fewer elements take less than the shortest launch that a model knows.
static constexpr int64_t kFewestElements = 1024;

static constexpr const char *kTypes[] = {"fp32", "fp64"};

//===----------------------------------------------------------------------===//
// Caches
//===----------------------------------------------------------------------===//

/// Calls `run` until `options` are content, and `prepare` before each sample, which is not timed.
static Timing measure(llvm::function_ref<void()> run, llvm::function_ref<void()> prepare,
                      const MeasureOptions &options) {
  auto timeRuns = [&](int64_t count) {
    if (prepare)
      prepare();
    double begin = getNowUs();
    for (int64_t i = 0; i < count; ++i)
      run();
    return (getNowUs() - begin) / static_cast<double>(count);
  };
  // Several runs in a row would find what the first one left in the caches.
  Timing timing = repeat(timeRuns, prepare ? 0 : kShortestStretchUs, options);
  timing.microseconds = timing.fastestUs;
  return timing;
}

/// The text of a file that has no size, as those of /proc and /sys; empty if there is none.
static std::string readSystemFile(const llvm::Twine &path) {
  auto file = llvm::MemoryBuffer::getFileAsStream(path);
  return file ? (*file)->getBuffer().str() : "";
}

int64_t dagrt::getLastLevelCacheBytes() {
  // What sysconf says may be the sum over all chips of a machine of which we have a part.
  int64_t largest = 0;
  for (int index = 0; index < 8; ++index) {
    std::string text =
        readSystemFile("/sys/devices/system/cpu/cpu0/cache/index" + llvm::Twine(index) + "/size");
    int64_t kibibytes = 0;
    if (!llvm::StringRef(text).consumeInteger(10, kibibytes))
      largest = std::max(largest, kibibytes * 1024);
  }
  return largest > 0 ? largest : kDefaultCacheBytes;
}

namespace {
/// Puts other things into the caches.
class Sweep {
public:
  void operator()() {
    for (int64_t &word : words)
      ++word;
    keep(words.data());
  }

private:
  std::vector<int64_t> words = std::vector<int64_t>(2 * getLastLevelCacheBytes() / sizeof(int64_t));
};
} // namespace

Timing dagrt::measureInCaches(llvm::function_ref<void()> run, const MeasureOptions &options) {
  if (options.caches == Caches::Warm)
    return measure(run, nullptr, options);
  Sweep sweep;
  auto prepare = [&] { sweep(); };
  return measure(run, prepare, options);
}

//===----------------------------------------------------------------------===//
// Matmuls
//===----------------------------------------------------------------------===//

namespace {
/// An array of two dims as the runtime wants it.
template <typename T>
struct Matrix {
  Matrix(T *data, int64_t rows, int64_t columns)
      : allocated(data), aligned(data), sizes{rows, columns}, strides{columns, 1} {}

  T *allocated, *aligned;
  int64_t offset = 0, sizes[2], strides[2];
};
} // namespace

static void multiply(Matrix<float> a, Matrix<float> b, Matrix<float> c) {
  dagrt_gemm_f32(2, &a, 2, &b, 2, &c);
}
static void multiply(Matrix<double> a, Matrix<double> b, Matrix<double> c) {
  dagrt_gemm_f64(2, &a, 2, &b, 2, &c);
}

template <typename T>
static Timing measureProducts(const ProductShape &shape, const MeasureOptions &options) {
  auto [m, k, n, batch] = shape;
  std::vector<T> a = makeOperand<T>(batch * m * k), b = makeOperand<T>(batch * k * n);
  std::vector<T> c(batch * m * n);
  auto run = [&, m = m, k = k, n = n, batch = batch] {
    for (int64_t i = 0; i < batch; ++i)
      multiply(Matrix<T>(&a[i * m * k], m, k), Matrix<T>(&b[i * k * n], k, n),
               Matrix<T>(&c[i * m * n], m, n));
    keep(c.data());
  };
  return measureInCaches(run, options);
}

//===----------------------------------------------------------------------===//
// The core
//===----------------------------------------------------------------------===//

double dagrt::measureBandwidth(const MeasureOptions &options) {
  // STREAM asks for arrays of four times the caches.
  int64_t count = 4 * getLastLevelCacheBytes() / sizeof(double);
  std::vector<double> a(count), b(count, 1), c(count, 2);
  auto run = [&] {
    for (int64_t i = 0; i < count; ++i)
      a[i] = b[i] + 3 * c[i];
    keep(a.data());
  };
  double bytes = 3.0 * sizeof(double) * static_cast<double>(count);
  return bytes / (measure(run, nullptr, options).microseconds * 1e-6);
}

/// What the system calls the processor.
static std::string getCpuName() {
  std::string text = readSystemFile("/proc/cpuinfo");
  llvm::StringRef rest = llvm::StringRef(text).split("model name").second;
  llvm::StringRef name = rest.split('\n').first.split(':').second.trim();
  return name.empty() ? "cpu" : name.str();
}

namespace {
/// All ranks of a job measure the same kernels at the same time, as they run them at the same time
/// later: what cores share (caches, memory, clocks) is shared while it is measured, too.
class CpuCore : public MeasuredDevice {
public:
  explicit CpuCore(const MeasureOptions &options) : options(options) {}

  DeviceFacts getFacts() override;
  Sizes getSizes(bool isQuick) const override;
  llvm::ArrayRef<const char *> getTypes() const override { return kTypes; }
  std::string getTiming() const override {
    return options.caches == Caches::Warm ? "wall clock, warm caches" : "wall clock, cold caches";
  }

  std::optional<Timing> timeProduct(const ProductShape &shape, llvm::StringRef type) override;
  std::optional<Timing> timeRows(const RowOp &op, int64_t rows, int64_t columns,
                                 llvm::StringRef type) override;
  std::optional<Timing> timeCollective(const CollectiveOp &op, int64_t ranks,
                                       int64_t part) override;

  std::string getLink() const override { return "shared-memory"; }
  std::string getLibrary() const override;
  int64_t getNumDevices() const override;
  bool isFirst() const override;

#ifdef DAGRT_HAS_MPI
  MpiJob job;
#endif

private:
  MeasureOptions options;
};
} // namespace

DeviceFacts CpuCore::getFacts() {
  DeviceFacts facts;
  facts.title = "one core of " + getCpuName();
  facts.architecture = "cpu";
  double machineBytes =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  facts.memoryBytes = machineBytes / static_cast<double>(getNumDevices());
  facts.cacheBytes = static_cast<double>(getLastLevelCacheBytes());
  facts.memoryBandwidth = measureBandwidth(options);
  return facts;
}

Sizes CpuCore::getSizes(bool isQuick) const {
  Sizes sizes;
  sizes.groups = {getNumDevices()};
  sizes.peaks = {256, 512, 1024};
  if (isQuick) {
    sizes.tokens = {1, 32};
    sizes.sides = {64, 256};
    sizes.heads = {4};
    sizes.lengths = sizes.headSizes = {32, 64};
    sizes.rows = {16, 64, 256};
    sizes.columns = {64, 512};
    sizes.bytes = {64, 4096, 262144};
    return sizes;
  }
  sizes.tokens = {1, 8, 32, 64, 128, 256, 512};
  sizes.sides = {64, 128, 256, 512, 1024, 2048};
  sizes.heads = {2, 4, 8};
  sizes.lengths = {32, 64, 128, 256, 512};
  sizes.headSizes = {32, 64};
  sizes.rows = {1, 16, 64, 128, 256, 512, 2048};
  sizes.columns = {32, 64, 128, 256, 512, 1024, 2048};
  sizes.bytes = {4,      64,     1024,   4096,    16384,   65536,
                 131072, 262144, 524288, 1 << 20, 4 << 20, 16 << 20};
  return sizes;
}

std::optional<Timing> CpuCore::timeProduct(const ProductShape &shape, llvm::StringRef type) {
  if (type == "fp32")
    return measureProducts<float>(shape, options);
  if (type == "fp64")
    return measureProducts<double>(shape, options);
  return std::nullopt;
}

std::optional<Timing> CpuCore::timeRows(const RowOp &op, int64_t rows, int64_t columns,
                                        llvm::StringRef type) {
  if (rows * columns < kFewestElements)
    return std::nullopt;
  return measureLoop(op, rows, columns, type, options);
}

#ifdef DAGRT_HAS_MPI
std::optional<Timing> CpuCore::timeCollective(const CollectiveOp &op, int64_t ranks, int64_t part) {
  return ranks == job.getSize() ? measureCollective(job, op, part, options) : std::nullopt;
}
std::string CpuCore::getLibrary() const { return getMpiName(); }
int64_t CpuCore::getNumDevices() const { return job.getSize(); }
bool CpuCore::isFirst() const { return job.getRank() == 0; }
#else
std::optional<Timing> CpuCore::timeCollective(const CollectiveOp &op, int64_t ranks, int64_t part) {
  return std::nullopt;
}
std::string CpuCore::getLibrary() const { return "none"; }
int64_t CpuCore::getNumDevices() const { return 1; }
bool CpuCore::isFirst() const { return true; }
#endif

std::unique_ptr<MeasuredDevice> dagrt::makeCpuCore(const MeasureOptions &options,
                                                   std::string &error) {
  auto core = std::make_unique<CpuCore>(options);
#ifdef DAGRT_HAS_MPI
  if (core->job.getNumNodes() > 1) {
    error = "expects all ranks on one machine, got " + std::to_string(core->job.getNumNodes());
    return nullptr;
  }
#endif
  return core;
}

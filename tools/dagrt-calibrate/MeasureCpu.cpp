//===- MeasureCpu.cpp - Times of kernels on this machine -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel runs once to warm up, and then until the middle half of its times agree or the time for
// it is spent, but a few times at least. The fastest counts: whatever else runs on a core disturbs
// to one side only, and by factors. Cold caches are had by sweeping an array of twice the last
// level before each run, warm ones by running on the same operands again. Matrix products are those
// of the runtime: by a BLAS if there was one at configure time.
//
//===----------------------------------------------------------------------===//

#include "MeasureCpu.h"

#include "dagrt/Runtime/Calls.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/xxhash.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <unistd.h>

using namespace dagrt;

// A timed stretch is at least this long, or the clock's own cost shows.
static constexpr double kShortestStretchUs = 20;

// Even if the budget is spent: one run alone may have been disturbed.
static constexpr size_t kFewestRuns = 3;

// Where the system does not say how large its caches are.
static constexpr int64_t kDefaultCacheBytes = 32 << 20;

//===----------------------------------------------------------------------===//
// Repetition
//===----------------------------------------------------------------------===//

static double getNowUs() {
  using namespace std::chrono;
  return duration<double, std::micro>(steady_clock::now().time_since_epoch()).count();
}

Timing dagrt::summarize(std::vector<double> times) {
  llvm::sort(times);
  size_t middle = times.size() / 2;
  double median = times.size() % 2 == 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
  double spread = times.front() > 0 ? times.back() / times.front() : 1;
  return {median, times.front(), spread, static_cast<int64_t>(times.size())};
}

bool dagrt::isSteady(std::vector<double> times, double spread) {
  llvm::sort(times);
  return times[times.size() * 3 / 4] <= times[times.size() / 4] * spread;
}

Timing dagrt::measure(llvm::function_ref<void()> run, llvm::function_ref<void()> prepare,
                      const MeasureOptions &options) {
  auto timeRuns = [&](int64_t count) {
    if (prepare)
      prepare();
    double begin = getNowUs();
    for (int64_t i = 0; i < count; ++i)
      run();
    return (getNowUs() - begin) / count;
  };
  double begin = getNowUs(), end = begin + options.budgetSeconds * 1e6;
  double firstUs = std::max(timeRuns(1), 1e-3);
  int64_t atOnce = 1;
  if (!prepare) {
    // The first run also pays for pages and caches.
    firstUs = std::max(std::min(firstUs, timeRuns(1)), 1e-3);
    atOnce = std::max<int64_t>(1, std::ceil(kShortestStretchUs / firstUs));
  }
  std::vector<double> times;
  do {
    times.push_back(timeRuns(atOnce));
    bool isEnough = static_cast<int64_t>(times.size()) >= options.fewestRuns;
    if (isEnough && isSteady(times, options.spread))
      break;
  } while ((getNowUs() < end || times.size() < kFewestRuns) &&
           static_cast<int64_t>(times.size()) < options.mostRuns);
  return summarize(std::move(times));
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
  explicit Sweep(Caches caches)
      : words(caches == Caches::Cold ? 2 * getLastLevelCacheBytes() / sizeof(int64_t) : 0) {}

  void operator()() {
    for (int64_t &word : words)
      ++word;
    keep(words.data());
  }

private:
  std::vector<int64_t> words;
};
} // namespace

Timing dagrt::measureInCaches(llvm::function_ref<void()> run, const MeasureOptions &options) {
  if (options.caches == Caches::Warm)
    return measure(run, nullptr, options);
  Sweep sweep(options.caches);
  auto prepare = [&] { sweep(); };
  return measure(run, prepare, options);
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

std::string dagrt::getRowId(llvm::StringRef key) {
  uint64_t hash = llvm::xxh3_64bits(key) >> 16;
  return llvm::utohexstr(hash, /*LowerCase=*/true, /*Width=*/12);
}

std::string dagrt::getTiming(Caches caches) {
  return caches == Caches::Warm ? "wall clock, warm caches" : "wall clock, cold caches";
}

void GemmRow::writeHeader(llvm::raw_ostream &os) {
  os << "id,op,gpu,dtype,m,k,n,batch,time_us,spread,n_src,timing,source\n";
}

void GemmRow::write(llvm::raw_ostream &os) const {
  std::string key;
  llvm::raw_string_ostream(key) << op << ',' << device << ',' << dtype << ',' << m << ',' << k
                                << ',' << n << ',' << batch;
  os << getRowId(key + "," + timing + "," + source) << ',' << key << ','
     << llvm::format("%.6g,%.3f,1,\"", microseconds, spread) << timing << "\"," << source << '\n';
}

void ElementwiseRow::writeHeader(llvm::raw_ostream &os) {
  os << "id,op,gpu,dtype,rows,cols,time_us,timing,source\n";
}

void ElementwiseRow::write(llvm::raw_ostream &os) const {
  std::string key;
  llvm::raw_string_ostream(key) << op << ',' << device << ',' << dtype << ',' << rows << ','
                                << columns;
  os << getRowId(key + "," + timing + "," + source) << ',' << key << ','
     << llvm::format("%.6g,\"", microseconds) << timing << "\"," << source << '\n';
}

//===----------------------------------------------------------------------===//
// Matrix products
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
static Timing measureProducts(int64_t m, int64_t k, int64_t n, int64_t batch,
                              const MeasureOptions &options) {
  std::vector<T> a = makeOperand<T>(batch * m * k), b = makeOperand<T>(batch * k * n);
  std::vector<T> c(batch * m * n);
  auto run = [&] {
    for (int64_t i = 0; i < batch; ++i)
      multiply(Matrix<T>(&a[i * m * k], m, k), Matrix<T>(&b[i * k * n], k, n),
               Matrix<T>(&c[i * m * n], m, n));
    keep(c.data());
  };
  return measureInCaches(run, options);
}

std::optional<GemmRow> dagrt::measureGemm(int64_t m, int64_t k, int64_t n, int64_t batch,
                                          llvm::StringRef dtype, const MeasureOptions &options) {
  if ((dtype != "fp32" && dtype != "fp64") || std::min({m, k, n, batch}) < 1)
    return std::nullopt;
  Timing measured = dtype == "fp32" ? measureProducts<float>(m, k, n, batch, options)
                                    : measureProducts<double>(m, k, n, batch, options);
  return GemmRow{batch == 1 ? "gemm" : "bmm",
                 options.device,
                 dtype.str(),
                 m,
                 k,
                 n,
                 batch,
                 measured.fastestUs,
                 measured.spread,
                 getTiming(options.caches),
                 options.source};
}

//===----------------------------------------------------------------------===//
// Peaks
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
  return 3 * sizeof(double) * count / (measure(run, nullptr, options).fastestUs * 1e-6);
}

double dagrt::measurePeakFlops(llvm::StringRef dtype, const MeasureOptions &options) {
  double best = 0;
  if (dtype != "fp32" && dtype != "fp64")
    return best;
  for (int64_t size : {256, 512, 1024}) {
    Timing measured = dtype == "fp32" ? measureProducts<float>(size, size, size, 1, options)
                                      : measureProducts<double>(size, size, size, 1, options);
    best = std::max(best, 2.0 * size * size * size / (measured.fastestUs * 1e-6));
  }
  return best;
}

/// What the system calls the processor.
static std::string getCpuName() {
  std::string text = readSystemFile("/proc/cpuinfo");
  llvm::StringRef rest = llvm::StringRef(text).split("model name").second;
  llvm::StringRef name = rest.split('\n').first.split(':').second.trim();
  return name.empty() ? "cpu" : name.str();
}

CpuFacts dagrt::measureCpuFacts(const MeasureOptions &options) {
  CpuFacts facts;
  facts.name = getCpuName();
  facts.memoryBytes =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  facts.cacheBytes = static_cast<double>(getLastLevelCacheBytes());
  facts.memoryBandwidth = measureBandwidth(options);
  facts.fp32 = measurePeakFlops("fp32", options);
  facts.fp64 = measurePeakFlops("fp64", options);
  return facts;
}

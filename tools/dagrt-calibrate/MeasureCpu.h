//===- MeasureCpu.h - Times of kernels on this machine -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One core of the machine that this runs on, measured as a device: matrix products as ranks compute
// them, loops over rows, and the peaks that a device description wants. What is measured
// becomes a row of the tables that models are fitted to, with the same columns as for a GPU.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_CALIBRATE_MEASURECPU_H
#define DAGRT_CALIBRATE_MEASURECPU_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dagrt {

/// Where operands lie when a kernel starts.
enum class Caches { Warm, Cold };

/// When a measurement is good enough.
struct MeasureOptions {
  double budgetSeconds = 0.2; ///< For one row. The first few runs may take longer.
  double spread = 1.02;       ///< Of the middle half of the runs, to stop before the budget.
  int64_t fewestRuns = 5;     ///< Before that, if the budget lasts.
  int64_t mostRuns = 1000;
  Caches caches = Caches::Warm;
  std::string device = "cpu";      ///< The column `gpu`.
  std::string source = "measured"; ///< The column `source`.
};

/// Repeated runs of one kernel.
struct Timing {
  double microseconds = 0; ///< The median.
  double fastestUs = 0;
  double spread = 1; ///< The longest over the shortest.
  int64_t runs = 0;
};

/// A row of gemm.csv. `op` is `gemm`, or `bmm` for `batch` products.
struct GemmRow {
  std::string op, device, dtype;
  int64_t m = 0, k = 0, n = 0, batch = 1;
  double microseconds = 0, spread = 1;
  std::string timing, source;

  static void writeHeader(llvm::raw_ostream &os);
  void write(llvm::raw_ostream &os) const;
};

/// A row of elementwise.csv.
struct ElementwiseRow {
  std::string op, device, dtype;
  int64_t rows = 0, columns = 0;
  double microseconds = 0;
  std::string timing, source;

  static void writeHeader(llvm::raw_ostream &os);
  void write(llvm::raw_ostream &os) const;
};

/// What a description of this machine as a device says, for one core.
struct CpuFacts {
  std::string name;           ///< As the system calls the processor.
  double memoryBytes = 0;     ///< Of the whole machine.
  double cacheBytes = 0;      ///< Of the last level.
  double memoryBandwidth = 0; ///< Bytes/s of a triad, counted as STREAM does.
  double fp32 = 0, fp64 = 0;  ///< FLOP/s of the best large product.
};

/// Calls `run` until `options` are content. `prepare` is called before each run and not timed.
/// Short runs are timed several at once if there is nothing to prepare.
Timing measure(llvm::function_ref<void()> run, llvm::function_ref<void()> prepare,
               const MeasureOptions &options);

/// The median and the spread of `times`, which are microseconds and not empty.
Timing summarize(std::vector<double> times);

/// True if the middle half of `times` lies within `spread`.
bool isSteady(std::vector<double> times, double spread);

/// Measures `run` with its operands where `options` want them.
Timing measureInCaches(llvm::function_ref<void()> run, const MeasureOptions &options);

/// The column `timing`.
std::string getTiming(Caches caches);

/// Makes the compiler believe that someone looks at `data`.
inline void keep(const void *data) { asm volatile("" : : "r"(data) : "memory"); }

/// Small numbers that differ, so that no result is denormal or infinite.
template <typename T>
std::vector<T> makeOperand(int64_t count) {
  std::vector<T> operand(count);
  for (int64_t i = 0; i < count; ++i)
    operand[i] = static_cast<T>(i % 17) / 16 - T(0.5);
  return operand;
}

/// The first column: 12 hexadecimal digits, the same for the same `key` everywhere.
std::string getRowId(llvm::StringRef key);

/// The bytes of the last level cache, or a guess where the system does not say.
int64_t getLastLevelCacheBytes();

/// `batch` products of [m, k] and [k, n]; nothing if `dtype` is not `fp32` or `fp64`.
std::optional<GemmRow> measureGemm(int64_t m, int64_t k, int64_t n, int64_t batch,
                                   llvm::StringRef dtype, const MeasureOptions &options);

/// The ops of elementwise.csv that `measureElementwise` knows.
llvm::ArrayRef<const char *> getElementwiseOps();

/// Nothing if `op` is not known, or `dtype` is not `fp32` or `fp64`.
std::optional<ElementwiseRow> measureElementwise(llvm::StringRef op, int64_t rows, int64_t columns,
                                                 llvm::StringRef dtype,
                                                 const MeasureOptions &options);

/// Bytes/s of `a = b + s c` on arrays that no cache holds.
double measureBandwidth(const MeasureOptions &options);

/// FLOP/s of the best of a few large products of `dtype`, 0 if that is not `fp32` or `fp64`.
double measurePeakFlops(llvm::StringRef dtype, const MeasureOptions &options);

CpuFacts measureCpuFacts(const MeasureOptions &options);

} // namespace dagrt

#endif // DAGRT_CALIBRATE_MEASURECPU_H

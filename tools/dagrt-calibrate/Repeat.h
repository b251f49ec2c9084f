//===- Repeat.h - Repetitions of a timed kernel -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel runs until the middle half of its times agree or the time for it is spent, but a few
// times at least. What a clock says, and what comes before a run, is the device's own.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_CALIBRATE_REPEAT_H
#define DAGRT_CALIBRATE_REPEAT_H

#include "llvm/ADT/STLFunctionalExtras.h"

#include <cstdint>
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
};

/// Repeated runs of one kernel.
struct Timing {
  double microseconds = 0; ///< What counts: the median, unless the device says otherwise.
  double fastestUs = 0;
  double spread = 1; ///< The longest over the shortest.
  int64_t runs = 0;
};

/// Samples of `timeRuns`, which runs a kernel as often as it is asked to, one after the other, and
/// gives the microseconds of one of them. A sample takes at least about `shortestUs`: short kernels
/// are run several times in it; where that is 0, once.
Timing repeat(llvm::function_ref<double(int64_t)> timeRuns, double shortestUs,
              const MeasureOptions &options);

/// How many runs take `shortestUs`, if one takes `firstUs`.
int64_t getRunsAtOnce(double shortestUs, double firstUs);

/// The median and the spread of `times`, which are microseconds and not empty.
Timing summarize(std::vector<double> times);

/// True if the middle half of `times` lies within `spread`.
bool isSteady(std::vector<double> times, double spread);

/// Microseconds of a clock that only goes forward.
double getNowUs();

} // namespace dagrt

#endif // DAGRT_CALIBRATE_REPEAT_H

//===- Repeat.cpp - Repetitions of a timed kernel -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Repeat.h"

#include "llvm/ADT/STLExtras.h"

#include <chrono>
#include <cmath>

using namespace dagrt;

// Even if the budget is spent: one run alone may have been disturbed.
static constexpr size_t kFewestRuns = 3;

// A clock that stands still must not make a loop endless.
static constexpr double kShortestRunUs = 1e-3;

double dagrt::getNowUs() {
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

int64_t dagrt::getRunsAtOnce(double shortestUs, double firstUs) {
  return std::max<int64_t>(1, std::ceil(shortestUs / std::max(firstUs, kShortestRunUs)));
}

Timing dagrt::repeat(llvm::function_ref<double(int64_t)> timeRuns, double shortestUs,
                     const MeasureOptions &options) {
  double end = getNowUs() + options.budgetSeconds * 1e6;
  // The first run also pays for pages and caches.
  double firstUs = timeRuns(1);
  int64_t atOnce = shortestUs > 0 ? getRunsAtOnce(shortestUs, std::min(firstUs, timeRuns(1))) : 1;
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

//===- Serving.h - A step in the units of serving -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What people who serve a model ask of one step of decoding: tokens a second, the share of the
// devices' peak rates that it reaches, and how many tokens the caches may hold. docs/decode.md has
// the rule of each.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SCHEDULE_SERVING_H
#define DAGRT_SCHEDULE_SERVING_H

#include <cstdint>
#include <optional>

namespace dagrt {

struct FunctionAnalysis;

/// One step of a function that has caches.
struct ServingRates {
  int64_t requests = 0;     ///< All of them, over all ranks.
  int64_t newTokens = 0;    ///< Of each request.
  int64_t cachedTokens = 0; ///< Of each request before the step, their mean; 0 if unknown.
  int64_t devices = 0;
  double tokensPerSecond = 0; ///< New tokens of all requests over the time of the step.
  double tokensPerSecondPerDevice = 0;
  /// FLOPs of the model over those that the devices could do in the time, at the rate of the
  /// weights' type.
  std::optional<double> mfu;
  /// Bytes of weights and of cached tokens that a device reads once, over those that its memory
  /// could give in the time; the mean of the devices.
  std::optional<double> mbu;
  /// Cached tokens that fit beside the weights and what else a step needs, in blocks of 16, on the
  /// device that has room for fewest.
  std::optional<int64_t> kvTokens;
};

/// The rates of `analysis`, whose times and memory are known; none if its function has no caches,
/// or takes no time. `utilization` is the part of a device's memory that may be filled.
std::optional<ServingRates> computeServing(const FunctionAnalysis &analysis, double utilization);

} // namespace dagrt

#endif // DAGRT_SCHEDULE_SERVING_H

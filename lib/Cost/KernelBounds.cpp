//===- KernelBounds.cpp - What bounds the time of a kernel -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a formula of fitted coefficients does not know by itself:
//
//   - No kernel is faster than its FLOPs at the peak rate, than bytes at the rate of the link, or
//     than those bytes at the memory's rate that the L2 cannot hold.
//   - More bytes never take less time. Where a library changes what it runs, a formula may fall. If
//     measurements between the jumps show such a bad pick, the longest time of all smaller sizes
//     holds on. Elsewhere the least time of all larger sizes holds before, as if fewer bytes were
//     padded: rates of an algorithm may come from other links. So it does between peers, where one
//     protocol follows another.
//   - The same holds for matmuls, where another kernel follows or more blocks draw more bandwidth.
//   - A fused kernel takes at most what its parts take one after the other, whichever of them was
//     measured.
//
//===----------------------------------------------------------------------===//

#include "KernelBounds.h"

#include "Kernels/NcclTuner.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

using namespace mlir;
using namespace dagrt;

void dagrt::limitToPhysics(Prediction &prediction, const KernelQuery &query, const Device &device) {
  double us = prediction.time.microseconds;
  if (us > 0)
    prediction.errorBar.low =
        std::max(prediction.errorBar.low, std::min(getLeastUs(query, device) / us, 1.0));
}

/// Messages to peers, which have another protocol up to a size: a smaller message may be padded.
static void limitToLarger(KernelTime &time, const CollectiveCall &call, const Device &device,
                          ArrayRef<double> coefficients) {
  std::optional<double> bytes = getSizeBeyondLl(call, device);
  if (!bytes)
    return;
  CollectiveCall larger = call;
  larger.bytes = *bytes;
  KernelTime most = predictCollective(larger, device, coefficients);
  if (most.microseconds < time.microseconds) {
    most.bytes = time.bytes;
    time = most;
  }
  time.fixedUs = std::min(time.fixedUs, most.fixedUs);
}

/// Frameworks were measured at any size, where falls after a bad pick are seen; benchmarks at
/// powers of two, the sizes where NCCL changes its mind, so that what a model says just below is
/// its own.
static bool isMeasuredBetween(const FoundCalibration &found) {
  return !found.isBorrowed && StringRef(found.calibration->variant).ends_with(".nccl");
}

/// What was measured falls where a library picks badly, and what came before holds on.
static void raiseToSmaller(KernelTime &time, const CollectiveCall &call, const Device &device,
                           ArrayRef<double> coefficients) {
  CollectiveCall smaller = call;
  for (double bytes : getSizesBeforeJumps(call, device)) {
    smaller.bytes = bytes;
    time.microseconds =
        std::max(time.microseconds, predictCollective(smaller, device, coefficients).microseconds);
  }
}

/// Elsewhere what comes after a fall is possible before.
static void lowerToLarger(KernelTime &time, const KernelQuery &query, const Device &device,
                          ArrayRef<double> coefficients) {
  const auto &call = std::get<CollectiveCall>(query.call);
  KernelQuery larger = query;
  double &bytes = std::get<CollectiveCall>(larger.call).bytes;
  // No size takes less than what physics says, which is in proportion to it.
  double leastUs = getLeastUs(query, device);
  double last = leastUs > 0 ? call.bytes * time.microseconds / leastUs : 0;
  for (double size : getSizesAfterJumps(call, device, std::min(last, 1e15))) {
    bytes = size;
    KernelTime other = predictTime(larger.call, device, coefficients);
    if (other.microseconds >= time.microseconds)
      continue;
    other.bytes = time.bytes;
    time = other;
  }
}

/// The time of a message or a collective, at least that of any with fewer bytes.
static KernelTime predictCommunication(const KernelQuery &query, const Device &device,
                                       ArrayRef<double> coefficients,
                                       const FoundCalibration &found) {
  const auto &call = std::get<CollectiveCall>(query.call);
  KernelTime time = predictCollective(call, device, coefficients);
  limitToLarger(time, call, device, coefficients);
  if (isMeasuredBetween(found))
    raiseToSmaller(time, call, device, coefficients);
  else
    lowerToLarger(time, query, device, coefficients);
  return time;
}

/// One matmul takes at most the time of a batch of two, whose kernels may differ.
static KernelTime predictProduct(const KernelQuery &query, const Device &device,
                                 ArrayRef<double> coefficients) {
  auto call = std::get<GemmCall>(query.call);
  KernelTime time = predictPaddedGemm(call, device, coefficients);
  if (call.batch != 1 || call.events || query.variants.empty())
    return time;
  KernelQuery two = query;
  two.variants.assign({query.variants.front() + ".batched"});
  FoundCalibration found = findCalibration(two, device);
  if (!found.calibration || found.isBorrowed)
    return time;
  call.batch = 2;
  KernelTime other = predictPaddedGemm(call, device, found.calibration->coefficients);
  if (other.microseconds >= time.microseconds)
    return time;
  other.bytes = time.bytes;
  return other;
}

/// Of an element on a row: types of one size take the same time.
static StringRef getTypeOfBytes(double bytes) {
  return bytes == 8 ? "fp64" : bytes == 4 ? "fp32" : bytes == 2 ? "bf16" : "fp8";
}

/// An op on the elements of `call`.
static FailureOr<KernelQuery> makeAlike(StringRef op, const RowwiseCall &call) {
  std::string error;
  return makeRowwiseQuery(op, getTypeOfBytes(call.elementBytes), call.rows, call.columns,
                          call.events, error);
}

/// Microseconds of kernels on the elements of `call`, one after the other.
static double getSumUs(ArrayRef<StringRef> ops, const RowwiseCall &call, const Device &device) {
  double sum = 0;
  for (StringRef op : ops)
    if (FailureOr<KernelQuery> part = makeAlike(op, call); succeeded(part))
      sum += predict(*part, device).time.microseconds;
  return sum;
}

/// Limits the time of a fused kernel to that of its parts.
static void limitToParts(KernelTime &time, const RowwiseCall &call, const Device &device) {
  // What a framework adds around a call, it adds to each part.
  if (call.events)
    return;
  double sum = INFINITY;
  if (call.op == RowwiseOp::AddRmsNorm)
    sum = getSumUs({"add", "rmsnorm"}, call, device);
  else if (call.op == RowwiseOp::SiluMul)
    sum = getSumUs({"silu", "mul"}, call, device);
  time.microseconds = std::min(time.microseconds, sum);
  time.fixedUs = std::min(time.fixedUs, time.microseconds);
}

KernelTime dagrt::predictBounded(const KernelQuery &query, const Device &device,
                                 ArrayRef<double> coefficients, const FoundCalibration &found) {
  KernelTime time;
  if (std::holds_alternative<CollectiveCall>(query.call))
    time = predictCommunication(query, device, coefficients, found);
  else if (std::holds_alternative<GemmCall>(query.call))
    time = predictProduct(query, device, coefficients);
  else
    time = predictTime(query.call, device, coefficients);
  if (const auto *rowwise = std::get_if<RowwiseCall>(&query.call))
    limitToParts(time, *rowwise, device);
  time.microseconds = std::max(time.microseconds, getLeastUs(query, device));
  return time;
}

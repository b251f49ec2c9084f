//===- AttentionDecode.cpp - Times of decode attention -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One query, or a few, for many keys: blocks of groups or of single heads, whose keys are split in
// parts. Kernels that are for few blocks or small batches never take longer than the others would
// with more.
//
//===----------------------------------------------------------------------===//

#include "AttentionTimer.h"

#include <algorithm>
#include <cmath>

using namespace dagrt;
using namespace dagrt::attention;

/// Decode without launch, with blocks of groups or of single query heads.
KernelTime AttentionTimer::getDecodeKernel(double keys, bool isGrouped) const {
  KernelTime time;
  double blocks = call.batch * (isGrouped ? call.keyHeads : call.heads);
  double rows = call.queries * (isGrouped ? group : 1), dim = call.headDim / 128;
  double places = sms * get(BlocksPerSm);
  double parts = std::min(places * kSplitWaves / blocks, keys / get(LeastPart));
  parts = std::max(std::min(parts, get(isGrouped ? MostParts : HeadMostParts)), 1.0);
  double ownUs = get(isGrouped ? BlockUs : HeadBlockUs) * std::pow(dim, get(BlockDimExponent)) *
                 (1 + get(GroupBlock) * rows / 64 * dim);
  double rate = get(isGrouped ? KeyRate : HeadKeyRate) * hz * 16e-6;
  double keysUs = std::max(keys / parts, 1.0) * 2 * call.headDim * call.getKeyElementBytes() /
                  rate * (1 + get(GroupKeys) * rows / 64);
  double paddedRows = std::ceil(rows / kMatrixRows) * kMatrixRows;
  double efficiency = kDecodeMatrixEfficiency;
  if (!call.isDecode) {
    // Several queries of all heads of a group can be more than an SM's matrix units do in time.
    efficiency = std::min(efficiency, getEfficiency());
    double rowUs = 4 * paddedRows * call.headDim * sms / (efficiency * call.matrixFlops) * 1e6;
    keysUs = std::max(keysUs, keys / parts * rowUs);
  }
  time.waves = blocks * parts / places;
  double taken = std::max(quantize(time.waves, kDecodeQuantization), 1.0);
  double workUs = taken * joinTimes(ownUs, keysUs, get(Overlap));
  double keyBytes = getKeyBytes(keys);
  time.bytes = keyBytes + getQueryBytes();
  double hits = getHitRate(time.bytes, get(DecodeL2Share) * device.l2Bytes, 3);
  double missed = time.bytes * (1 - hits);
  double read = keyBytes * (isGrouped ? 1 : group) + getQueryBytes();
  time.memoryUs =
      missed / getDramRate(get(DecodeDram)) + (read - missed) / getL2Rate(get(DecodeL2));
  double flops = 4 * blocks * paddedRows * keys * call.headDim;
  double flopsUs = flops / (efficiency * call.matrixFlops) * 1e6;
  time.computeUs = joinTimes(workUs, flopsUs, 4);
  time.microseconds =
      joinTimes(joinTimes(workUs, time.memoryUs, 2.5), flopsUs, 4) + get(SplitUs) * (1 - 1 / parts);
  // The bounds of the coefficients keep this below 1024.
  time.split = static_cast<int64_t>(std::ceil(parts));
  return time;
}

/// All keys of a causal decode, those in the window of a windowed one.
double AttentionTimer::countDecodeKeys() const {
  return std::min(call.keys, pairs / call.queries + (call.queries - 1) / 2);
}

KernelTime AttentionTimer::getDecode() const {
  double keys = countDecodeKeys();
  // What only a single query has kernels for: with the keys that end it, time would fall.
  double steps = std::max(std::floor(keys / 128), 1.0);
  bool isFew = call.isDecode && 4 * call.batch * call.keyHeads * steps < sms;
  double grouped = 1;
  if (group > kLargestGroup)
    grouped *= 1 - get(UngroupLarge);
  if (isFew)
    grouped *= 1 - get(UngroupFew);
  if (group <= 1)
    grouped *= 1 - get(UngroupSingle);
  KernelTime time = getDecodeKernel(keys, /*isGrouped=*/true);
  if (grouped < 1) {
    KernelTime single = getDecodeKernel(keys, /*isGrouped=*/false);
    double us = blend(single.microseconds, time.microseconds, grouped);
    if (grouped < 0.5)
      time = single;
    time.microseconds = us;
  }
  time.fixedUs = get(DecodeLaunchUs) + getRegroupUs(DecodeRegroupUs);
  time.microseconds += time.fixedUs;
  if (isFew)
    time.microseconds = std::min(time.microseconds, getEnoughUs(steps));
  if (call.isDecode && time.split > 1)
    time.microseconds = std::min(time.microseconds, getLessSplitUs());
  return time;
}

/// What the least calls with enough blocks take that are at least as large as this one, with
/// `steps` of keys: few blocks never take longer than more.
double AttentionTimer::getEnoughUs(double steps) const {
  double missing = sms / (4 * call.batch * call.keyHeads * steps), least = INFINITY;
  auto offer = [&](const AttentionCall &larger) {
    least = std::min(least, AttentionTimer(larger, device, coefficients).getDecode().microseconds);
  };
  AttentionCall larger = call;
  larger.batch = std::ceil(call.batch * missing);
  offer(larger);
  larger = call;
  larger.keyHeads = std::ceil(call.keyHeads * missing);
  larger.heads = group * larger.keyHeads;
  offer(larger);
  larger = call;
  larger.keys = 128 * std::ceil(steps * missing);
  larger.pairs = call.queries * larger.keys;
  offer(larger);
  // Groups beyond this have another kernel.
  if (group <= kLargestGroup) {
    larger = call;
    larger.heads = (kLargestGroup + 1) * call.keyHeads;
    offer(larger);
  }
  return least;
}

/// The time of a larger batch, which leaves fewer blocks for parts of keys, down to none.
double AttentionTimer::getLessSplitUs() const {
  AttentionCall larger = call;
  larger.batch = std::min(std::ceil(sms * get(BlocksPerSm) * kSplitWaves / call.keyHeads),
                          std::ceil(1.5 * call.batch));
  if (larger.batch <= call.batch)
    return INFINITY;
  return AttentionTimer(larger, device, coefficients).getDecode().microseconds;
}

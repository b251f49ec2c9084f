//===- AttentionTimer.h - Shared by prefill and decode -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the model of fused attention: Attention.cpp explains it.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_COST_KERNELS_ATTENTIONTIMER_H
#define DAGRT_LIB_COST_KERNELS_ATTENTIONTIMER_H

#include "dagrt/Cost/Kernels/Attention.h"

#include <algorithm>
#include <cmath>

namespace dagrt::attention {

/// Positions in the vector of coefficients.
enum Index {
  PrefillLaunchUs,
  PrefillBlockUs,
  Efficiency64,
  Efficiency128,
  EfficiencyBetween,
  Efficiency256,
  Efficiency512,
  Pack,
  PackSingle,
  Diagonal,
  LeastKeys,
  Alone,
  PrefillL2Share,
  PrefillDram,
  PrefillL2,
  TokenCycles,
  StoreTraffic,
  PrefillRegroupUs,
  DecodeLaunchUs,
  BlockUs,
  HeadBlockUs,
  BlockDimExponent,
  GroupBlock,
  KeyRate,
  HeadKeyRate,
  GroupKeys,
  BlocksPerSm,
  LeastPart,
  MostParts,
  HeadMostParts,
  DecodeL2Share,
  DecodeDram,
  DecodeL2,
  SplitUs,
  UngroupLarge,
  UngroupFew,
  UngroupSingle,
  DecodeRegroupUs,
  Overlap,
  NumCoefficients
};

// Queries of a tile and keys of a step.
inline constexpr double kTile = 128;

// What stands in for facts that a description leaves out.
inline constexpr double kDefaultSms = 100, kDefaultHz = 1.5e9;

// Part of the unused capacity of the last wave that is lost. Prefill has few long blocks.
inline constexpr double kPrefillQuantization = 0.9, kDecodeQuantization = 0.4;

// Splitting makes blocks for so many waves.
inline constexpr double kSplitWaves = 2;

// Queries up to which a call with old keys may take the kernel of decode.
inline constexpr double kDecodeQueries = 64;

// The fewest tokens of a prompt that were measured, but for a single one.
inline constexpr double kFewestTokens = 16;

// Query heads for each key head up to which decode takes the usual kernel.
inline constexpr double kLargestGroup = 32;

// Tensor cores take 16 rows at least, and decode keeps them this busy at most.
inline constexpr double kMatrixRows = 16, kDecodeMatrixEfficiency = 0.7;

/// Both times when they overlap: their p-norm, the maximum with a soft corner.
inline double joinTimes(double a, double b, double exponent) {
  double larger = std::max(a, b);
  if (larger <= 0)
    return 0;
  return larger * std::pow(1 + std::pow(std::min(a, b) / larger, exponent), 1 / exponent);
}

/// Part of `bytes` that the L2 has kept, if it keeps `capacity`.
inline double getHitRate(double bytes, double capacity, double exponent) {
  return capacity > 0 ? 1 / (1 + std::pow(bytes / capacity, exponent)) : 0;
}

/// a^(1 - t) * b^t.
inline double blend(double a, double b, double t) { return a * std::pow(b / a, t); }

/// A call with all that follows from its sizes, and the device.
struct AttentionTimer {
  const AttentionCall &call;
  const Device &device;
  llvm::ArrayRef<double> coefficients;
  double sms, hz, group, pairs;
  double paddedQueries; ///< Rounded up to tiles, but for the first, and at most the keys.

  AttentionTimer(const AttentionCall &call, const Device &device,
                 llvm::ArrayRef<double> coefficients)
      : call(call), device(device), coefficients(coefficients) {
    sms = device.smCount > 0 ? static_cast<double>(device.smCount) : kDefaultSms;
    hz = device.clockHz > 0 ? device.clockHz : kDefaultHz;
    group = std::max(call.heads / call.keyHeads, 1.0);
    pairs = std::clamp(call.pairs, 1.0, call.queries * call.keys);
    paddedQueries = std::min(std::ceil(call.queries / kTile) * kTile, call.keys);
  }

  double get(Index index) const { return coefficients[index]; }
  /// A single query masks nothing, but it is the limit of few that do.
  bool isMasked() const {
    return call.queries > 1 ? pairs < call.queries * call.keys : call.keys > 1;
  }

  /// Bytes of queries and result, and of `keys` keys and values.
  double getQueryBytes() const {
    return 2 * call.batch * call.heads * call.queries * call.headDim * call.elementBytes;
  }
  double getKeyBytes(double keys) const {
    double parts = call.valuesAreKeys ? 1 : 2;
    return parts * call.batch * call.keyHeads * keys * call.headDim * call.getKeyElementBytes();
  }

  /// Bytes/us of the L2 and of the memory at a part of their rates.
  double getL2Rate(double efficiency) const { return efficiency * sms * hz * 64e-6; }
  double getDramRate(double efficiency) const { return efficiency * device.memoryBandwidth * 1e-6; }

  /// `waves` with a part of the last one's unused capacity.
  double quantize(double waves, double quantization) const {
    if (device.smCount <= 0)
      return waves;
    return waves + quantization * (std::ceil(waves - 1e-9) - waves);
  }

  double getRegroupUs(Index index) const {
    return group > 1 && call.batch > 1 && call.keyHeads > 1 ? get(index) : 0;
  }

  double getEfficiency() const;
  double countTiles() const;
  double getStoreUs() const;
  double countTileKeys(double average) const;
  double countPrefillParts(double keys, double waves) const;
  double getJoinUs(double parts) const;
  void splitWork(KernelTime &time, double keys, double longest, double keyUs) const;
  KernelTime getPrefillKernel() const;
  double countDecodeKeys() const;
  double getWholeUs(double tokens, double mostPairs) const;
  KernelTime getWhole() const;
  KernelTime getChunk() const;
  double getLeastUs() const;
  KernelTime getPrefill() const;
  KernelTime getDecodeKernel(double keys, bool isGrouped) const;
  KernelTime getDecode() const;
  double getEnoughUs(double steps) const;
  double getLessSplitUs() const;
};

} // namespace dagrt::attention

#endif // DAGRT_LIB_COST_KERNELS_ATTENTIONTIMER_H

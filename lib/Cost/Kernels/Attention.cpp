//===- Attention.cpp - Times of fused attention -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prefill: a block of threads takes a tile of 128 queries of a head through the keys that it sees.
//
//   time   = launch + norm(waves * tile, longest tile) + traffic + storing of the new keys
//   tile   = block + keys * (FLOPs of a key / rate of an SM)
//
// The keys of a tile are those of its average query and a part of the masked triangle at its end. A
// library may put the query heads of a group into one tile, always or only for a single query. vLLM
// and SGLang write new keys and values to a cache within the call, TensorRT-LLM does not.
//
// Decode: a block reads all keys of a group or, when there are too few blocks, a part of them.
//
//   time   = launch + norm(waves * norm(block, keys of a block / its rate), traffic, arithmetic)
//            + sum of the parts
//
// A chunk of a long prompt lies between the two: few queries and many keys. If it has fewer tiles
// than SMs, several blocks share the keys of a tile where that is faster, and up to 64 queries take
// the kernel of decode where that is. No such call was measured. What holds it are its ends, a call
// without old keys and a decode, and that more keys never take less time, nor do twice the queries.
//
// Some libraries use another kernel, which reads the keys once for each query head, for large
// groups, for groups of one, or when there are few blocks. The coefficients `ungroup_*` blend the
// times of both geometrically, so that a fit finds out. FlashAttention 2 needs further kernels to
// bring the queries of a group together (`regroup_us`). See Dao, FlashAttention-2 (arXiv
// 2307.08691).
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/Kernels/Attention.h"

#include <algorithm>
#include <cassert>
#include <cmath>

using namespace mlir;
using namespace dagrt;

namespace {
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
} // namespace

static constexpr Coefficient kCoefficients[] = {
    {"prefill_launch_us", 10, 1, 30, "us of an empty prefill kernel and those around it"},
    {"prefill_block_us", 2, 0.02, 30, "us of a tile of queries without its keys"},
    {"efficiency_64", 0.47, 0.05, 1,
     "part of the peak rate that long prefills reach, head size 64"},
    {"efficiency_128", 0.62, 0.05, 1, "the same with head size 128"},
    {"efficiency_between", 1, 0.3, 2,
     "further factor for head sizes halfway between powers of two"},
    {"efficiency_256", 0.65, 0.05, 1, "part of the peak rate with head size 256"},
    {"efficiency_512", 0.75, 0.1, 2, "part of the rate of head size 256 with head size 512"},
    {"pack", 0.03, 0.001, 1, "how far tiles hold queries of several heads of a group"},
    {"pack_single", 0.7, 0.001, 1, "the same in a prefill of one query"},
    {"diagonal", 0.3, 0.05, 3, "part of a tile's masked triangle that is computed"},
    {"least_keys", 0.35, 0.05, 2, "keys that a tile takes at least, in units of 128"},
    {"alone", 1, 0.1, 2, "time of the longest tile when it runs alone, over that among others"},
    {"prefill_l2_share", 1.1, 0.05, 1.5,
     "part of the L2 at which half the prefill's bytes miss it"},
    {"prefill_dram", 0.8, 0.3, 1.05, "part of the memory's bandwidth that prefill reaches"},
    {"prefill_l2", 0.2, 0.02, 2, "rate of the L2 in prefill, in units of 64 bytes a clock and SM"},
    {"token_cycles", 80, 0.1, 3000, "cycles of an SM to store a token's keys and values"},
    {"store_traffic", 1.4, 0.001, 30, "traffic of storing new keys and values, over their bytes"},
    {"prefill_regroup_us", 0.2, 0.01, 10, "us to regroup single queries"},
    {"decode_launch_us", 8.5, 1, 30, "us of an empty decode kernel and those around it"},
    {"block_us", 1.3, 0.05, 30, "us of a block of a group without its keys, head size 128"},
    {"head_block_us", 0.9, 0.05, 30, "us of a block of one query head"},
    {"block_dim_exponent", 0.33, 0.01, 2, "how the time of a block grows with the head size"},
    {"group_block", 1.5, 0.01, 20, "growth of a block's time with 64 query heads of size 128"},
    {"key_rate", 4, 0.05, 20, "rate of a block of a group, in units of 16 bytes a clock"},
    {"head_key_rate", 3, 0.05, 20, "rate of a block of one query head"},
    {"group_keys", 1.2, 0.005, 20, "growth of a key's time with 64 query heads"},
    {"blocks_per_sm", 0.6, 0.3, 16, "blocks that an SM runs at once"},
    {"least_part", 300, 16, 8192, "keys for which splitting stops"},
    {"most_parts", 15, 1, 1024, "parts that keys are split into at most"},
    {"head_most_parts", 13, 1, 1024, "the same for blocks of one query head"},
    {"decode_l2_share", 0.55, 0.05, 1.5, "part of the L2 at which half the decode's bytes miss it"},
    {"decode_dram", 0.92, 0.4, 1.05, "part of the memory's bandwidth that decode reaches"},
    {"decode_l2", 1, 0.02, 2, "rate of the L2 in decode, in units of 64 bytes a clock and SM"},
    {"split_us", 2.1, 0.05, 20, "us to join the parts of a split"},
    {"ungroup_large", 0.06, 0.005, 1, "how far groups of over 32 heads are taken apart"},
    {"ungroup_few", 0.06, 0.005, 1, "how far groups are taken apart for want of blocks"},
    {"ungroup_single", 0.1, 0.005, 1, "how far groups of one use the kernel of single heads"},
    {"decode_regroup_us", 0.1, 0.02, 10, "us to regroup the queries"},
    {"overlap", 3, 1, 8, "exponent of the norm of a block's own time and that of its keys"},
};
static_assert(std::size(kCoefficients) == NumCoefficients);

// Queries of a tile and keys of a step.
static constexpr double kTile = 128;

// What stands in for facts that a description leaves out.
static constexpr double kDefaultSms = 100, kDefaultHz = 1.5e9;

// Part of the empty places in the last wave that is lost. Prefill has few long blocks.
static constexpr double kPrefillQuantization = 0.9, kDecodeQuantization = 0.4;

// Splitting makes blocks for so many waves.
static constexpr double kSplitWaves = 2;

// Queries up to which a call with old keys may take the kernel of decode.
static constexpr double kDecodeQueries = 64;

// Tensor cores take 16 rows at least, and decode keeps them this busy at most.
static constexpr double kMatrixRows = 16, kDecodeMatrixEfficiency = 0.7;

ArrayRef<Coefficient> dagrt::getAttentionCoefficients() { return kCoefficients; }

/// Both times when they overlap: their p-norm, the maximum with a soft corner.
static double joinTimes(double a, double b, double exponent) {
  double larger = std::max(a, b);
  if (larger <= 0)
    return 0;
  return larger * std::pow(1 + std::pow(std::min(a, b) / larger, exponent), 1 / exponent);
}

/// Part of `bytes` that the L2 has kept, if it keeps `capacity`.
static double getHitRate(double bytes, double capacity, double exponent) {
  return capacity > 0 ? 1 / (1 + std::pow(bytes / capacity, exponent)) : 0;
}

/// a^(1 - t) * b^t.
static double blend(double a, double b, double t) { return a * std::pow(b / a, t); }

namespace {
/// A call with all that follows from its sizes, and the device.
struct AttentionTimer {
  const AttentionCall &call;
  const Device &device;
  ArrayRef<double> coefficients;
  double sms, hz, group, pairs;
  double paddedQueries; ///< In whole tiles, but for the first and for what the keys do not have.

  AttentionTimer(const AttentionCall &call, const Device &device, ArrayRef<double> coefficients)
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
    return 2 * call.batch * call.keyHeads * keys * call.headDim * call.elementBytes;
  }

  /// Bytes/us of the L2 and of the memory at a part of their rates.
  double getL2Rate(double efficiency) const { return efficiency * sms * hz * 64e-6; }
  double getDramRate(double efficiency) const { return efficiency * device.memoryBandwidth * 1e-6; }

  /// Waves that `waves` take with a part of the last one's empty places.
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
  double getLeastUs() const;
  KernelTime getPrefill() const;
  KernelTime getDecodeKernel(double keys, bool isGrouped) const;
  KernelTime getDecode() const;
};
} // namespace

/// Log-linear between head sizes of 64, 128, 256 and 512, and less between powers of two, which
/// some kernels pad to.
double AttentionTimer::getEfficiency() const {
  double position = std::clamp(std::log2(call.headDim / 64), 0.0, 3.0);
  double largest = get(Efficiency256) * get(Efficiency512);
  double points[] = {get(Efficiency64), get(Efficiency128), get(Efficiency256), largest};
  int below = std::min(static_cast<int>(position), 2);
  double efficiency = blend(points[below], points[below + 1], position - below);
  double off = std::abs(position - std::nearbyint(position));
  return efficiency * std::pow(get(EfficiencyBetween), std::min(off * 2.4, 1.0));
}

/// Tiles of all heads of a sequence.
double AttentionTimer::countTiles() const {
  double apart = std::ceil(call.queries / kTile) * call.heads;
  double packed = std::ceil(call.queries * group / kTile) * call.keyHeads;
  return blend(apart, packed, get(call.keys <= 1 ? PackSingle : Pack));
}

/// Microseconds to write the new keys and values to a cache.
double AttentionTimer::getStoreUs() const {
  return call.batch * call.queries * get(TokenCycles) / (sms * hz) * 1e6 +
         getKeyBytes(call.queries) / getDramRate(1) * get(StoreTraffic);
}

/// Parts that the longest tile's `keys` are split into: enough for one wave, but none with fewer
/// keys than there are queries.
double AttentionTimer::countPrefillParts(double keys, double waves) const {
  double most = std::min(keys / std::max(get(LeastPart), paddedQueries), get(MostParts));
  return std::max(std::min(most, 1 / waves), 1.0);
}

/// Microseconds to write the parts' results in fp32, and to read and join them.
double AttentionTimer::getJoinUs(double parts) const {
  double rows = call.queries <= kTile ? call.queries : paddedQueries;
  double bytes = 2 * 4 * parts * call.batch * call.heads * rows * call.headDim;
  return get(SplitUs) + bytes / getL2Rate(get(PrefillL2));
}

/// Keys that a tile takes whose average query sees `average`.
double AttentionTimer::countTileKeys(double average) const {
  double triangle = isMasked() ? std::min(kTile, call.queries) / 2 : 0;
  return joinTimes(average + triangle * get(Diagonal), kTile * get(LeastKeys), 4);
}

/// Sets the time of the tiles' work, in the number of parts that is faster. A tile takes `keys`,
/// the longest one `longest`, and each of them `keyUs`.
void AttentionTimer::splitWork(KernelTime &time, double keys, double longest, double keyUs) const {
  double waves = call.batch * countTiles() / sms, block = get(PrefillBlockUs);
  double taken = waves > 1 ? quantize(waves, kPrefillQuantization) : waves;
  time.waves = waves;
  time.computeUs =
      joinTimes(taken * (block + keys * keyUs), block + get(Alone) * longest * keyUs, 3);
  double parts = countPrefillParts(std::min(longest, call.keys), waves);
  if (parts <= 1)
    return;
  double splitUs = joinTimes(waves * (parts * block + keys * keyUs),
                             block + get(Alone) * longest / parts * keyUs, 3) +
                   getJoinUs(parts);
  if (splitUs >= time.computeUs)
    return;
  time.computeUs = splitUs;
  time.waves = waves * parts;
  time.split = static_cast<int64_t>(std::ceil(parts));
}

KernelTime AttentionTimer::getPrefillKernel() const {
  KernelTime time;
  double average = pairs / call.queries;
  double keys = countTileKeys(average);
  if (isMasked() && call.keys > call.queries) {
    // A tile that is not full takes what a full one would, and sees no more than all keys, but for
    // what the fit says of the triangle of the new ones.
    keys = countTileKeys(std::min(average, call.keys - (paddedQueries - 1) / 2));
    keys = std::min(keys, std::max(call.keys, countTileKeys((call.queries + 1) / 2)));
  }
  double longest = std::max(keys, std::min(call.keys, 2 * average));
  double rate = call.matrixFlops * 1e-6 * getEfficiency();
  double keyUs = 4 * call.headDim * kTile * sms / rate;
  splitWork(time, keys, longest, keyUs);
  time.bytes = getQueryBytes() + getKeyBytes(std::min(call.keys, average + call.queries));
  double hits = getHitRate(time.bytes, get(PrefillL2Share) * device.l2Bytes, 2);
  double trafficUs =
      time.bytes * ((1 - hits) / getDramRate(get(PrefillDram)) + hits / getL2Rate(get(PrefillL2)));
  time.fixedUs = get(PrefillLaunchUs);
  if (call.keys <= 1)
    time.fixedUs += getRegroupUs(PrefillRegroupUs);
  time.memoryUs = trafficUs + getStoreUs();
  time.microseconds = time.fixedUs + time.computeUs + time.memoryUs;
  time.tileM = static_cast<int64_t>(kTile);
  time.tileN = static_cast<int64_t>(kTile);
  return time;
}

/// What the new tokens take alone, or one query for all keys, but no more than all tokens anew.
double AttentionTimer::getLeastUs() const {
  auto getWholeUs = [&](double tokens, double mostPairs) {
    AttentionCall whole = call;
    whole.queries = whole.keys = tokens;
    double square = tokens * tokens;
    whole.pairs = std::min(isMasked() ? (square + tokens) / 2 : square, mostPairs);
    return AttentionTimer(whole, device, coefficients).getPrefillKernel().microseconds;
  };
  AttentionCall one = call;
  one.queries = 1;
  one.keys = one.pairs = countDecodeKeys();
  double oneUs = AttentionTimer(one, device, coefficients).getDecode().microseconds;
  return std::max(getWholeUs(call.queries, pairs),
                  std::min(oneUs, getWholeUs(call.keys, INFINITY)));
}

KernelTime AttentionTimer::getPrefill() const {
  KernelTime time = getPrefillKernel();
  if (call.keys <= call.queries)
    return time;
  // 1 up to kDecodeQueries, 0 from twice as many on.
  double share = std::clamp(2 - call.queries / kDecodeQueries, 0.0, 1.0);
  KernelTime decode = share > 0 ? getDecode() : time;
  double us = time.microseconds;
  if (decode.microseconds < us) {
    us = blend(us, decode.microseconds, share);
    if (share > 0.5)
      time = decode;
  }
  // A single token alone was measured with kernels of its own.
  time.microseconds = call.queries > 1 ? std::max(us, getLeastUs()) : us;
  return time;
}

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
  double keysUs = std::max(keys / parts, 1.0) * 2 * call.headDim * call.elementBytes / rate *
                  (1 + get(GroupKeys) * rows / 64);
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
  bool isFew =
      call.isDecode && 4 * call.batch * call.keyHeads * std::max(std::floor(keys / 128), 1.0) < sms;
  double grouped = 1;
  if (group > 32)
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
  return time;
}

KernelTime dagrt::predictAttention(const AttentionCall &call, const Device &device,
                                   ArrayRef<double> coefficients) {
  assert(coefficients.size() == NumCoefficients && "expects the coefficients of this model");
  double least = std::min({call.batch, call.queries, call.keys, call.heads, call.keyHeads,
                           call.headDim, call.matrixFlops});
  if (least <= 0)
    return {};
  AttentionTimer timer(call, device, coefficients);
  KernelTime time = call.isDecode ? timer.getDecode() : timer.getPrefill();
  time.bound = time.memoryUs > time.computeUs ? Bound::memory : Bound::compute;
  if (time.fixedUs > time.microseconds / 2)
    time.bound = Bound::latency;
  return time;
}

static constexpr const char *kRegimes[] = {"prefill launch", "prefill few blocks", "prefill short",
                                           "prefill long",   "decode launch",      "decode blocks",
                                           "decode cache",   "decode memory"};

ArrayRef<const char *> dagrt::getAttentionRegimes() { return kRegimes; }

unsigned dagrt::getAttentionRegime(const AttentionCall &call, const Device &device) {
  double sms = device.smCount > 0 ? static_cast<double>(device.smCount) : kDefaultSms;
  double average = call.pairs / call.queries;
  double size = 2 * call.batch * call.headDim * call.elementBytes;
  double keyBytes = size * call.keyHeads * std::min(call.keys, average + call.queries);
  double bytes = keyBytes + size * call.heads * call.queries;
  double flops = 4 * call.batch * call.heads * call.pairs * call.headDim;
  double idealUs = std::max(bytes / device.memoryBandwidth, flops / call.matrixFlops) * 1e6;
  if (!call.isDecode) {
    if (idealUs < 2)
      return 0;
    if (call.batch * call.heads * std::ceil(call.queries / kTile) < 2 * sms)
      return 1;
    return average < 300 ? 2 : 3;
  }
  if (idealUs < 1)
    return 4;
  if (average <= 128)
    return 5;
  return keyBytes < 1.5 * device.l2Bytes ? 6 : 7;
}

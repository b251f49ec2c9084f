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
// A chunk of a long prompt is between the two: few queries and many keys. If it has fewer tiles
// than SMs, several blocks share the keys of a tile where that is faster, and up to 64 queries take
// the kernel of decode where that is. No such call was measured. It is interpolated between a call
// without cached keys and a decode, and monotonic in the keys and in doublings of the queries.
//
// Some libraries use another kernel, which reads the keys once for each query head, for large
// groups, for groups of one, or when there are few blocks. The coefficients `ungroup_*` blend the
// times of both geometrically, so that a fit finds out. FlashAttention 2 needs further kernels to
// bring the queries of a group together (`regroup_us`). See Dao, FlashAttention-2 (arXiv
// 2307.08691).
//
//===----------------------------------------------------------------------===//

#include "AttentionTimer.h"

#include <algorithm>
#include <cassert>
#include <cmath>

using namespace mlir;
using namespace dagrt;
using namespace dagrt::attention;

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

ArrayRef<Coefficient> dagrt::getAttentionCoefficients() { return kCoefficients; }

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

/// The time of `tokens` without old keys, each of which sees those before it, but `mostPairs` in
/// all.
double AttentionTimer::getWholeUs(double tokens, double mostPairs) const {
  AttentionCall whole = call;
  whole.queries = whole.keys = tokens;
  double square = tokens * tokens;
  bool isTriangle = isMasked() || call.keys <= 1;
  whole.pairs = std::min(isTriangle ? (square + tokens) / 2 : square, mostPairs);
  return AttentionTimer(whole, device, coefficients).getWhole().microseconds;
}

/// A single token alone was measured, and kernels of its own may take it longer than several: no
/// longer than the fewest others that were measured, and those between no less than it.
KernelTime AttentionTimer::getWhole() const {
  KernelTime time = getPrefillKernel();
  if (call.queries >= kFewestTokens)
    return time;
  if (call.queries > 1)
    time.microseconds = std::max(time.microseconds, getWholeUs(1, INFINITY));
  else
    time.microseconds = std::min(time.microseconds, getWholeUs(kFewestTokens, INFINITY));
  return time;
}

/// The larger of the times of the new tokens alone and of one query for all keys, at most that of a
/// prefill of all tokens.
double AttentionTimer::getLeastUs() const {
  AttentionCall one = call;
  one.queries = 1;
  one.keys = one.pairs = countDecodeKeys();
  double oneUs = AttentionTimer(one, device, coefficients).getDecode().microseconds;
  return std::max(getWholeUs(call.queries, pairs),
                  std::min(oneUs, getWholeUs(call.keys, INFINITY)));
}

/// New tokens after old keys.
KernelTime AttentionTimer::getChunk() const {
  KernelTime time = getPrefillKernel();
  // 1 up to kDecodeQueries, 0 from twice as many on.
  double share = std::clamp(2 - call.queries / kDecodeQueries, 0.0, 1.0);
  KernelTime decode = share > 0 ? getDecode() : time;
  double us = time.microseconds;
  if (decode.microseconds < us) {
    us = blend(us, decode.microseconds, share);
    if (share > 0.5)
      time = decode;
  }
  us = std::max(us, call.queries > 1 ? getLeastUs() : getWholeUs(1, INFINITY));
  time.microseconds = std::min(us, getWholeUs(call.keys, INFINITY));
  return time;
}

KernelTime AttentionTimer::getPrefill() const {
  if (call.keys <= call.queries)
    return getWhole();
  KernelTime time = getChunk();
  // With more tiles, fewer parts are joined: more queries never take less.
  auto getCausalPairs = [&](double queries) {
    return queries * (call.keys - queries) + queries * (queries + 1) / 2;
  };
  bool isCausal = pairs == getCausalPairs(call.queries);
  for (double factor : {1.4, 1.7}) {
    AttentionCall larger = call;
    larger.queries = std::ceil(factor * call.queries);
    if (larger.queries >= call.keys)
      break;
    larger.pairs =
        isCausal ? getCausalPairs(larger.queries) : larger.queries * pairs / call.queries;
    double us = AttentionTimer(larger, device, coefficients).getChunk().microseconds;
    time.microseconds = std::min(time.microseconds, us);
  }
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
  double keySize = 2 * call.batch * call.headDim * call.getKeyElementBytes();
  double keyBytes = keySize * call.keyHeads * std::min(call.keys, average + call.queries);
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

//===- Gemm.cpp - Times of matmuls -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A GEMM library divides the result into tiles and, when there are few of them, the contracted dim
// into parts (split-K), one block of threads for each. For each pair of a tile and a split this
// model has four times that overlap: the matrix units' (tiles are padded, the last wave is partly
// empty, small tiles wait for operands), the memory's (what the L2 holds comes faster, and few
// blocks cannot draw the full bandwidth), the L2's (each block reads its own rows and columns), and
// that of the steps along k, which are sequential. They are combined by a p-norm, a smooth
// maximum. Launch and the sum of the parts of a split are added. The pair with the shortest time
// is taken, as if the library chose perfectly.
//
// A processor core (architecture `cpu`) has no tiles to fill: one is at most as large as the
// result.
//
// All pairs are tried, 108 of them, but the norm is only taken of those whose longest time alone is
// shorter than the best so far.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/Kernels/Gemm.h"

#include "llvm/ADT/SmallVector.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace dagrt;

namespace {
/// Positions in the vector of coefficients.
enum Index {
  LaunchUs,
  EventsUs,
  MatrixEfficiency,
  TilePenalty,
  DramEfficiency,
  L2Bandwidth,
  L2Share,
  StepUs,
  WaveUs,
  SplitUs,
  SplitTraffic,
  Overlap,
  WaveQuantization,
  Reach,
  Residency,
  Throttle,
  LeftPass,
  WidePenalty,
  WideColumns,
  LeastColumns,
  MostParts,
  NumCoefficients
};
} // namespace

static constexpr Coefficient kCoefficients[] = {
    {"launch_us", 2.5, 0.3, 20,
     "us from the start to the first result and from the last to the end"},
    {"events_us", 30, 1, 100, "us that events around a call from the host add"},
    {"matrix_efficiency", 0.9, 0.2, 1.0, "part of the peak rate that endless tiles reach"},
    {"tile_penalty", 10, 0.01, 300,
     "length of a tile's side, in elements, at which operands take as long as arithmetic"},
    {"dram_efficiency", 0.85, 0.3, 1.0, "part of the memory's bandwidth that is reached"},
    {"l2_bandwidth", 2.5, 1, 12, "bandwidth of the L2 over the memory's"},
    {"l2_share", 0.4, 0.03, 3, "part of the L2 that keeps operands from call to call"},
    {"step_us", 0.01, 1e-4, 0.3, "us of a step of 128 bytes along k"},
    {"wave_us", 0.5, 1e-3, 20, "us to fill and drain the pipeline of a wave"},
    {"split_us", 1.5, 0.02, 20, "us to wait for the parts of a split"},
    {"split_traffic", 0.5, 0.02, 10, "part of the sums of a split that crosses the L2"},
    {"overlap", 2.5, 1, 12, "exponent of the norm that joins times: 1 adds, 12 takes the maximum"},
    {"wave_quantization", 0.5, 0.05, 1,
     "part of the unused capacity of the last wave that is lost"},
    {"reach", 1.3, 0.05, 20,
     "bandwidth that all blocks together could draw if they were all alone"},
    {"residency", 1.5, 1, 8, "blocks of 128 x 128 that an SM holds at once"},
    {"throttle", 0.05, 1e-3, 0.5, "part by which long kernels slow down as clocks fall"},
    {"left_pass", 0.03, 1e-3, 30, "times that the left operand is read once more beforehand"},
    {"wide_penalty", 0.05, 1e-3, 8, "part by which very many columns slow the kernel down"},
    {"wide_columns", 20000, 500, 200000, "columns at which half of that is reached"},
    {"least_columns", 16, 16, 128, "columns of the narrowest tile", /*isChoice=*/true},
    {"most_parts", 32, 1, 32, "parts of the largest split", /*isChoice=*/true},
};
static_assert(std::size(kCoefficients) == NumCoefficients);

namespace {
struct Tile {
  double rows, columns;
};

/// One way to compute the matmul.
struct Choice {
  Tile tile;
  double parts;
};

/// The call of one matmul, with what all choices share.
class GemmTimer {
public:
  GemmTimer(const GemmCall &call, const Device &device, ArrayRef<double> coefficients);

  /// The time of a choice, or nothing if it is longer than `best` for sure.
  bool isShorter(const Choice &choice, KernelTime &best) const;

private:
  double get(Index index) const { return coefficients[index]; }
  double getBlockUs(const Choice &choice, double depth) const;

  const GemmCall &call;
  ArrayRef<double> coefficients;
  double sms;                       ///< Processors, or 108 where it is not known.
  double bandwidth;                 ///< Bytes/us.
  double memoryUs;                  ///< All operands once, at full reach.
  double resultBytes, operandBytes; ///< Of all matmuls.
  double fixedUs;                   ///< Launch, and what else is added.
  double stretch;                   ///< Of the part that overlaps.
};
} // namespace

static constexpr Tile kTiles[] = {{256, 128}, {128, 256}, {128, 128}, {64, 256},
                                  {128, 64},  {64, 128},  {64, 64},   {64, 32},
                                  {32, 64},   {16, 64},   {16, 128},  {128, 32}};
static constexpr double kParts[] = {1, 2, 3, 4, 6, 8, 12, 16, 32};

/// A step along k takes 128 bytes of each row.
static double getStepDepth(const GemmCall &call) { return 128 / call.elementBytes; }

GemmTimer::GemmTimer(const GemmCall &call, const Device &device, ArrayRef<double> coefficients)
    : call(call), coefficients(coefficients) {
  sms = device.smCount > 0 ? device.smCount : 108;
  bandwidth = device.memoryBandwidth / 1e6;
  double leftBytes = call.batch * call.m * call.k * call.leftBytes;
  resultBytes = call.batch * call.m * call.n * call.resultBytes;
  operandBytes = leftBytes + call.batch * call.k * call.n * call.rightBytes;
  double footprint = operandBytes + resultBytes;
  double kept = device.l2Bytes * get(L2Share) / footprint;
  double missing = 1 / (1 + kept * kept);
  memoryUs = footprint * (missing / (bandwidth * get(DramEfficiency)) +
                          (1 - missing) / (bandwidth * get(L2Bandwidth)));
  fixedUs =
      get(LaunchUs) + (call.events ? get(EventsUs) : 0) + get(LeftPass) * leftBytes / bandwidth;
  stretch = 1 + get(WidePenalty) * call.n / (call.n + get(WideColumns));
}

/// The time of the matrix units for one block.
double GemmTimer::getBlockUs(const Choice &choice, double depth) const {
  const Tile &tile = choice.tile;
  double efficiency =
      get(MatrixEfficiency) / (1 + get(TilePenalty) * (1 / tile.rows + 1 / tile.columns));
  return 2 * tile.rows * tile.columns * depth / (call.matrixFlops / 1e6 / sms * efficiency);
}

bool GemmTimer::isShorter(const Choice &choice, KernelTime &best) const {
  const Tile &tile = choice.tile;
  double step = getStepDepth(call), steps = std::ceil(call.k / choice.parts / step);
  double blocks =
      call.batch * std::ceil(call.m / tile.rows) * std::ceil(call.n / tile.columns) * choice.parts;
  double waves = blocks / sms;
  double computeUs = (waves + get(WaveQuantization) * (std::ceil(waves) - waves)) *
                     getBlockUs(choice, steps * step);
  double residency = std::clamp(get(Residency) * 128 * 128 / (tile.rows * tile.columns), 1.0, 8.0);
  double latencyUs = std::ceil(waves / residency) * (steps * get(StepUs) + get(WaveUs));
  double reach = std::min(1.0, std::min(waves, 1.0) * get(Reach));
  double memoryUs = this->memoryUs / std::sqrt(reach);
  double blockBytes = (tile.rows * call.leftBytes + tile.columns * call.rightBytes) * steps * step;
  double l2Rate = bandwidth * get(L2Bandwidth);
  double l2Us = (blocks * blockBytes + resultBytes) / (4 * l2Rate * reach);
  double splitUs = choice.parts > 1 ? get(SplitUs) + get(SplitTraffic) * choice.parts * 8 *
                                                         call.batch * call.m * call.n / l2Rate
                                    : 0;
  double longest = std::max({computeUs, memoryUs, l2Us, latencyUs});
  if (fixedUs + splitUs + longest * stretch >= best.microseconds)
    return false;
  double p = get(Overlap), sum = 0;
  for (double time : {computeUs, memoryUs, l2Us, latencyUs})
    sum += std::pow(time / longest, p);
  double joined = longest * std::pow(sum, 1 / p);
  joined *= stretch * (1 + get(Throttle) * joined / (joined + 2000));
  double total = fixedUs + splitUs + joined;
  if (!(total < best.microseconds))
    return false;
  best.microseconds = total;
  best.computeUs = computeUs;
  best.memoryUs = std::max(memoryUs, l2Us);
  best.fixedUs = fixedUs + splitUs;
  best.tileM = static_cast<int64_t>(tile.rows);
  best.tileN = static_cast<int64_t>(tile.columns);
  best.split = static_cast<int64_t>(choice.parts);
  best.waves = waves;
  best.bytes = operandBytes + resultBytes;
  best.bound = best.fixedUs + latencyUs > std::max(computeUs, best.memoryUs) ? Bound::latency
               : computeUs > best.memoryUs                                   ? Bound::compute
                                                                             : Bound::memory;
  return true;
}

ArrayRef<Coefficient> dagrt::getGemmCoefficients() { return kCoefficients; }

KernelTime dagrt::predictGemm(const GemmCall &call, const Device &device,
                              ArrayRef<double> coefficients) {
  KernelTime best;
  if (call.batch <= 0 || call.m <= 0 || call.n <= 0 || call.k <= 0)
    return best;
  best.microseconds = INFINITY;
  GemmTimer timer(call, device, coefficients);
  bool isCore = device.facts.isCore;
  for (const Tile &tile : kTiles) {
    if (tile.columns < coefficients[LeastColumns])
      continue;
    Tile used = isCore ? Tile{std::min(tile.rows, call.m), std::min(tile.columns, call.n)} : tile;
    for (double parts : kParts) {
      // A part has two steps at least.
      if (parts > 1 && (parts > coefficients[MostParts] || call.k / parts < 2 * getStepDepth(call)))
        break;
      timer.isShorter({used, parts}, best);
    }
  }
  return best;
}

// Up to so many waves, larger matmuls may have choices that draw more of the bandwidth.
static constexpr double kFewWaves = 4;

/// Rows and columns that `call` may be padded to, where more blocks draw more bandwidth.
static void addPadded(const GemmCall &call, double GemmCall::*dim,
                      SmallVectorImpl<GemmCall> &padded) {
  auto add = [&](double size) {
    padded.push_back(call);
    padded.back().*dim = size;
  };
  for (double side : {16, 32, 64, 128, 256}) {
    double whole = side * std::ceil(call.*dim / side);
    add(whole + 1);
    if (side >= 128)
      add(2 * whole + 1);
  }
}

/// Adds the least depth that allows a split into more parts.
static void addDeeper(const GemmCall &call, double mostParts, SmallVectorImpl<GemmCall> &padded) {
  for (double parts : kParts) {
    double least = 2 * getStepDepth(call) * parts;
    if (parts == 1 || parts > mostParts || least <= call.k)
      continue;
    padded.push_back(call);
    padded.back().k = least;
    return;
  }
}

KernelTime dagrt::predictPaddedGemm(const GemmCall &call, const Device &device,
                                    ArrayRef<double> coefficients) {
  KernelTime best = predictGemm(call, device, coefficients);
  if (best.microseconds <= 0)
    return best;
  SmallVector<GemmCall, 16> padded;
  addDeeper(call, coefficients[MostParts], padded);
  if (best.waves < kFewWaves) {
    addPadded(call, &GemmCall::m, padded);
    addPadded(call, &GemmCall::n, padded);
  }
  double bytes = best.bytes;
  for (const GemmCall &larger : padded) {
    KernelTime time = predictGemm(larger, device, coefficients);
    if (time.microseconds < best.microseconds)
      best = time;
  }
  best.bytes = bytes;
  return best;
}

static constexpr const char *kRegimes[] = {"launch", "memory",        "few blocks",
                                           "mixed",  "compute small", "compute large"};

ArrayRef<const char *> dagrt::getGemmRegimes() { return kRegimes; }

unsigned dagrt::getGemmRegime(const GemmCall &call, const Device &device, const KernelTime &time) {
  double work = std::max(time.microseconds - time.fixedUs, 0.0);
  if (work < time.fixedUs)
    return 0;
  double flopsUs = 2 * call.batch * call.m * call.k * call.n / call.matrixFlops * 1e6;
  double bytesUs = time.bytes / device.memoryBandwidth * 1e6;
  if (bytesUs > 2 * flopsUs)
    return 1;
  if (time.waves < 1)
    return 2;
  if (bytesUs > flopsUs / 2)
    return 3;
  return work < 200 ? 4 : 5;
}

//===- Collective.cpp - Times of collectives and messages -------*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// NCCL picks an algorithm and a protocol by its own estimates, which are not the times of its
// kernels. So there are two models. The first is NCCL's tuner (src/graph/tuning.cc, versions 2.18
// to 2.26) with its constants, which are not fitted: it says where times jump, also where a pick is
// bad. The second is fitted and gives the time of what was picked:
//
//   time    = norm(latency, wire bytes / rate)
//   latency = base + steps * step + steps between nodes * network step
//   rate    = link's rate * part of it for the protocol / (1 + own / (ranks - 1))
//
// where norm(a, b) = (a^p + b^p)^(1/p), and `own` is what it costs to copy the rank's own part. The
// switch (NVLS) reduces in loops over chunks, whose sizes are NCCL's, hence a staircase. A
// library's one-shot kernels, where each rank reads from all others, compete with NCCL and the
// faster one wins.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/Kernels/Collective.h"

#include "NcclTuner.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <cassert>
#include <cmath>

using namespace mlir;
using namespace dagrt;
using namespace dagrt::nccl;

//===----------------------------------------------------------------------===//
// Coefficients
//===----------------------------------------------------------------------===//

namespace {
enum Index {
  BaseLl,
  StepLl,
  RateLl,
  GrowLl,
  GrowKb,
  BendLl,
  Base128,
  Step128,
  Rate128,
  BaseSimple,
  StepSimple,
  RateSimple,
  Bend,
  BaseNvls,
  LoopNvls,
  QuantumNvls,
  RateNvls,
  Own,
  Crowd4,
  Crowd8,
  NetStep,
  NetRate,
  NetLl,
  Net128,
  NetTree,
  Net2,
  Net4,
  Net8,
  BaseOne,
  StepOne,
  RateOne,
  BaseTwo,
  RateTwo,
  BaseMulti,
  RateMulti,
  LimitKb,
  NumCoefficients
};
} // namespace

static constexpr Coefficient kCoefficients[] = {
    {"base_ll", 7, 1, 60, "us to start with the protocol LL"},
    {"step_ll", 1.3, 0.1, 10, "us of a step with LL inside a node"},
    {"rate_ll", 0.23, 0.01, 1, "part of the link's rate that LL reaches"},
    {"grow_ll", 0.2, 0.001, 3, "how much longer LL's latency gets once all channels are in use"},
    {"grow_kb", 8, 0.5, 200, "KiB of a rank at which it is half of that"},
    {"bend_ll", 1.5, 0.6, 6, "exponent of LL's norm"},
    {"base_128", 12, 1, 80, "us to start with the protocol LL128"},
    {"step_128", 1.9, 0.1, 20, "us of a step with LL128 inside a node"},
    {"rate_128", 0.5, 0.02, 1, "part of the link's rate that LL128 reaches"},
    {"base_simple", 15, 1, 80, "us to start with the protocol Simple"},
    {"step_simple", 3.4, 0.1, 40, "us of a step with Simple inside a node"},
    {"rate_simple", 0.75, 0.02, 1, "part of the link's rate that Simple reaches"},
    {"bend", 1, 0.5, 6, "exponent of the norm of LL128 and Simple"},
    {"base_nvls", 20, 2, 80, "us to start a reduction in the switch"},
    {"loop_nvls", 5, 0.05, 60, "us of one loop over the chunks of all channels"},
    {"quantum_nvls", 0.5, 0.02, 1, "how far a part of a loop takes the time of a full one"},
    {"rate_nvls", 0.6, 0.05, 1.5, "part of the link's rate that the switch reaches"},
    {"own", 1, 0.02, 5, "cost of a rank's own part, in units of what is usual for the collective"},
    {"crowd_4", 1, 0.2, 3, "rate with four ranks on a node over that with two"},
    {"crowd_8", 1, 0.2, 3, "rate with eight ranks or more over that with four"},
    {"net_step", 10, 0.3, 100, "us of a step with Simple between nodes"},
    {"net_rate", 0.85, 0.02, 1.2, "part of the network's rate that Simple reaches"},
    {"net_ll", 0.4, 0.05, 1, "LL's rate between nodes over that of Simple"},
    {"net_128", 0.85, 0.05, 1.2, "LL128's rate between nodes over that of Simple"},
    {"net_tree", 1, 0.2, 3, "rate of trees between nodes over that of rings"},
    {"net_2", 1, 0.1, 3, "network's rate for each of two ranks on a node over that for one"},
    {"net_4", 1, 0.1, 3, "the same of four ranks"},
    {"net_8", 1, 0.1, 3, "the same of eight ranks or more"},
    {"base_one", 4, 0.5, 40, "us to start a one-shot kernel"},
    {"step_one", 0.1, 0.005, 5, "us for each peer of a one-shot or two-shot kernel"},
    {"rate_one", 0.5, 0.02, 1, "part of the link's rate that a one-shot kernel reaches"},
    {"base_two", 6, 0.5, 40, "us to start a two-shot kernel"},
    {"rate_two", 0.5, 0.02, 1, "part of the link's rate that a two-shot kernel reaches"},
    {"base_multi", 10, 0.5, 60, "us to start a library's own kernel that reduces in the switch"},
    {"rate_multi", 0.5, 0.02, 1.5, "part of the link's rate that it reaches"},
    {"limit_kb", 8192, 64, 4e6, "KiB up to which a library runs its one-shot kernels"},
};
static_assert(std::size(kCoefficients) == NumCoefficients);

llvm::ArrayRef<Coefficient> dagrt::getCollectiveCoefficients() { return kCoefficients; }

/// (a^p + b^p)^(1/p), without overflow; p may be negative: then it is a smooth minimum.
static double getNorm(double a, double b, double p) {
  double most = std::max(a, b), least = std::min(a, b);
  if (p < 0)
    return least / std::pow(1 + std::pow(least / most, -p), -1 / p);
  return most > 0 ? most * std::pow(1 + std::pow(least / most, p), 1 / p) : 0;
}

//===----------------------------------------------------------------------===//
// What the pick takes
//===----------------------------------------------------------------------===//

namespace {
/// A time in its two parts.
struct Parts {
  double microseconds = INFINITY, latencyUs = 0, wireUs = 0;
  const char *name = "";
};

/// A group with coefficients.
struct CollectiveTimer {
  const Group &g;
  ArrayRef<double> c;

  Parts join(const char *name, double latencyUs, double wireUs, double bend) const {
    return {getNorm(latencyUs, wireUs, bend), latencyUs, wireUs, name};
  }
  /// A latency of the start of a call.
  double getStart(Index index) const {
    return c[index] * (g.nodes > 1 && g.perNode == 1 ? g.network : g.link).latency;
  }
  static double getStepUs(const LinkCorrection &link, double fittedUs) {
    return fittedUs * link.latency * link.message;
  }
  /// What slower links add to so many messages in a row.
  double getExtraUs(double steps, double netSteps) const {
    return steps * g.link.messageUs + netSteps * g.network.messageUs;
  }
  double getLinkRate(Protocol protocol) const;
  double getNetworkRate() const;
  Parts getRingOrTree(int algorithm) const;
  Parts getSwitch(bool isTree) const;
  Parts getPat() const;
  Parts getPeerToPeer() const;
  Parts getOneShot() const;
  Parts getBest(bool hasOneShot) const;
};
} // namespace

/// Of one rank inside its node, in bytes/us.
double CollectiveTimer::getLinkRate(Protocol protocol) const {
  double part = c[protocol == LL ? RateLl : protocol == LL128 ? Rate128 : RateSimple];
  part /= 1 + g.kind->ownPart * c[Own] * (g.isPcie ? 0.4 : 1) / (g.ranks - 1);
  // Devices behind one port of the host share it.
  double size = std::log2(g.perNode);
  part *= std::pow(c[Crowd4] * (g.isPcie ? 0.75 : 1), std::clamp(size - 1, 0.0, 1.0)) *
          std::pow(c[Crowd8] * (g.isPcie ? 0.95 : 1), std::clamp(size - 2, 0.0, 1.0));
  return g.linkRate * std::min(part * g.link.rate, 1.0);
}

/// Of one rank to the network with Simple, in bytes/us: interpolated in the logarithm of the ranks.
double CollectiveTimer::getNetworkRate() const {
  double size = std::clamp(std::log2(g.perNode), 0.0, 3.0);
  double one = std::log(c[Net2]), two = std::log(c[Net4]), three = std::log(c[Net8]);
  double factor = size <= 1   ? one * size
                  : size <= 2 ? one + (two - one) * (size - 1)
                              : two + (three - two) * (size - 2);
  double part = c[NetRate] * std::exp(factor);
  return g.networkRate * std::min(part * g.network.rate, std::max(part, 1.0));
}

/// Each rank passes on n - 1 parts of n, for an all_reduce twice; a tree passes all up and down, in
/// a chain inside each node.
Parts CollectiveTimer::getRingOrTree(int algorithm) const {
  static constexpr Index bases[] = {BaseLl, Base128, BaseSimple};
  static constexpr Index steps[] = {StepLl, Step128, StepSimple};
  // How steps and rates relate to those of Simple between nodes, and those of trees to rings.
  static constexpr double netSteps[] = {0.4, 0.6, 1}, treeSteps[] = {1, 0.66, 1.2};
  static constexpr double treeRates[] = {3.8 / 2 / 0.92, 9 / 7.0 / 0.92, 1 / 0.92};
  bool isTree = algorithm >= Tree;
  auto protocol = static_cast<Protocol>(algorithm % 3);
  double stepUs = c[steps[protocol]] * (isTree ? treeSteps[protocol] : 1);
  stepUs = getStepUs(g.link, stepUs);
  double netStepUs = getStepUs(g.network, netSteps[protocol] * c[NetStep]);
  double sends = isTree ? 2 : g.getSteps() / g.ranks;
  double inNode = isTree ? 2 * (g.perNode - 1) : g.getSteps() - g.getNetSteps();
  double between = isTree ? 2 * std::log2(g.nodes) : g.getNetSteps();
  double latencyUs = getStart(bases[protocol]) + inNode * stepUs + between * netStepUs;
  if (protocol == LL && g.bytes > 0)
    latencyUs *= 1 + c[GrowLl] * g.bytes / (g.bytes + c[GrowKb] * 1024 * g.ranks);
  latencyUs += getExtraUs(inNode, between);
  double wireUs = 0;
  if (g.perNode > 1)
    wireUs = g.bytes * sends / getLinkRate(protocol) * (isTree ? treeRates[protocol] : 1);
  if (g.nodes > 1) {
    // A tree over two nodes has no inner nodes.
    double netSends = isTree && g.nodes == 2 ? 1 : sends;
    double rate = g.perNode * getNetworkRate() * (isTree ? c[NetTree] : 1) *
                  (protocol == LL      ? c[NetLl]
                   : protocol == LL128 ? c[Net128]
                                       : 1);
    wireUs = getNorm(wireUs, g.bytes * netSends / rate, 4);
  }
  return join(getAlgorithmName(algorithm), latencyUs, wireUs, protocol == LL ? c[BendLl] : c[Bend]);
}

namespace {
/// So many chunks of a size for each place are needed for that size.
struct ChunkLimit {
  double chunks, bytes;
};
} // namespace

/// The smallest first; what is below all of them is reduced in chunks of 16 KiB.
static constexpr ChunkLimit kChunkLimits[] = {{2, 32768}, {8, 65536}, {64, 131072}};

/// Bytes that NCCL reduces in the switch at once: it halves its chunks for small buffers.
static double getLoopBytes(double bytes, double concurrent) {
  double chunk = 16384;
  for (const ChunkLimit &limit : kChunkLimits)
    if (bytes >= limit.chunks * concurrent * limit.bytes)
      chunk = limit.bytes;
  return chunk * concurrent;
}

/// Chunks that are reduced in the switch at once. Those of more than 8 ranks were not measured.
static double countSwitchChunks(const Group &g) {
  return static_cast<double>(g.nccl.switchChunks) * std::min(g.perNode, 8.0);
}

Parts CollectiveTimer::getSwitch(bool isTree) const {
  // Buffers of few bytes do not fill them.
  double loopBytes = getLoopBytes(g.bytes, countSwitchChunks(g));
  double loops = std::ceil(g.bytes / loopBytes), quantum = c[QuantumNvls];
  double latencyUs = getStart(BaseNvls) + c[LoopNvls] * std::min(loops, 1.0) +
                     getExtraUs(/*steps=*/g.kind->sumsForAll ? 2 : 1, 0);
  double wireUs = c[LoopNvls] * std::max(loops - 1, 0.0) +
                  ((1 - quantum) * g.bytes + quantum * loops * loopBytes) * (g.perNode + 1) /
                      g.perNode / (g.linkRate * c[RateNvls] * g.link.rate * g.link.nvlsRate);
  Parts inNode{latencyUs + wireUs, latencyUs, wireUs, getAlgorithmName(Nvls)};
  if (!isTree)
    return inNode;
  double netSteps = 2 * std::log2(g.nodes);
  double netLatencyUs = getStart(BaseNvls) + netSteps * getStepUs(g.network, c[NetStep]) +
                        getExtraUs(/*steps=*/2, netSteps);
  double netWireUs = g.bytes * (g.nodes == 2 ? 1 : 2) / (g.perNode * getNetworkRate());
  return {getNorm(inNode.microseconds, netLatencyUs + netWireUs, 4), netLatencyUs,
          std::max(netWireUs, wireUs), getAlgorithmName(NvlsTree)};
}

/// Parallel aggregated trees, for groups of one rank on each node.
Parts CollectiveTimer::getPat() const {
  double netSteps = std::log2(g.nodes);
  double latencyUs = getStart(BaseSimple) + netSteps * getStepUs(g.network, 0.3 * c[NetStep]) +
                     g.ranks * getStepUs(g.network, 0.8 * c[StepSimple]) + getExtraUs(0, netSteps);
  return join(getAlgorithmName(Pat), latencyUs, g.bytes / (getNetworkRate() * 0.9), c[Bend]);
}

/// Messages to peers in the node and in others leave by different ports, and at once.
Parts CollectiveTimer::getPeerToPeer() const {
  bool isAll = g.kind->pattern == CollectivePattern::AllPeers;
  Protocol protocol = g.getPeerProtocol();
  double peerBytes = g.getPeerBytes();
  double near = isAll ? g.perNode - 1 : g.nodes == 1,
         far = isAll ? g.ranks - g.perNode : g.nodes > 1;
  const LinkCorrection &slowest = far > 0 ? g.network : g.link;
  double latencyUs = c[protocol == LL ? BaseLl : BaseSimple] +
                     c[protocol == LL ? StepLl : StepSimple] * 0.25 * (near + far - 1) +
                     (far > 0 ? c[NetStep] : 0);
  latencyUs = getStepUs(slowest, latencyUs);
  if (protocol == LL && peerBytes > 0)
    latencyUs *= 1 + c[GrowLl] * peerBytes / (peerBytes + c[GrowKb] * 1024);
  latencyUs += std::max(getExtraUs(near > 0, 0), getExtraUs(0, far > 0));
  double wireUs = near > 0 ? peerBytes * near / getLinkRate(protocol) : 0;
  if (far > 0)
    wireUs = std::max(wireUs, peerBytes * far / getNetworkRate());
  return join(getPeerName(protocol), latencyUs, wireUs, protocol == LL ? c[BendLl] : c[Bend]);
}

/// Whether a library's kernels can reach all buffers: over PCI Express only those of a pair.
static bool canReachAll(const Group &g) {
  return g.kind->sumsForAll && g.nodes == 1 && (!g.isPcie || g.ranks == 2);
}

/// One shot: each rank reads all buffers. Two shots: it reduces a part and then gathers.
Parts CollectiveTimer::getOneShot() const {
  double others = g.ranks - 1, peersUs = getStepUs(g.link, c[StepOne] * others);
  auto getRate = [&](Index part) { return g.linkRate * std::min(c[part] * g.link.rate, 1.0); };
  Parts one = join("one_shot", getStart(BaseOne) + peersUs + getExtraUs(1, 0),
                   g.bytes * others / getRate(RateOne), 1.5);
  Parts two = join("two_shot", getStart(BaseTwo) + peersUs + getExtraUs(2, 0),
                   g.bytes * 2 * others / g.ranks / getRate(RateTwo), 1.5);
  Parts best = one.microseconds <= two.microseconds ? one : two;
  // Beyond the limit the library leaves it to NCCL: nothing is fast enough to be taken.
  best.microseconds = getNorm(one.microseconds, two.microseconds, -8) *
                      (1 + std::pow(g.bytes / (c[LimitKb] * 1024), 8));
  if (!g.nvls || g.ranks == 2)
    return best;
  double wireUs = g.bytes * (g.ranks + 1) / g.ranks /
                  (g.linkRate * c[RateMulti] * g.link.rate * g.link.nvlsRate);
  double latencyUs = getStart(BaseMulti) + getExtraUs(2, 0);
  Parts multi{latencyUs + wireUs, latencyUs, wireUs, "multimem"};
  double bothUs = getNorm(best.microseconds, multi.microseconds, -8);
  if (multi.microseconds < best.microseconds)
    best = multi;
  best.microseconds = bothUs;
  return best;
}

Parts CollectiveTimer::getBest(bool hasOneShot) const {
  if (g.kind->isPeerToPeer())
    return getPeerToPeer();
  int algorithm = pickAlgorithm(g);
  Parts best = algorithm < Nvls  ? getRingOrTree(algorithm)
               : algorithm < Pat ? getSwitch(/*isTree=*/algorithm == NvlsTree)
                                 : getPat();
  if (!hasOneShot || !canReachAll(g))
    return best;
  Parts oneShot = getOneShot();
  double bothUs = getNorm(best.microseconds, oneShot.microseconds, -8);
  if (oneShot.microseconds < best.microseconds)
    best = oneShot;
  best.microseconds = bothUs;
  return best;
}

KernelTime dagrt::predictCollective(const CollectiveCall &call, const Device &device,
                                    llvm::ArrayRef<double> coefficients) {
  assert(coefficients.size() == NumCoefficients && "expects all coefficients");
  KernelTime time;
  if (call.ranks < 2)
    return time;
  Group group(call, device);
  Parts parts = CollectiveTimer{group, coefficients}.getBest(call.hasOneShot);
  time.microseconds = parts.microseconds;
  time.fixedUs = parts.latencyUs;
  time.memoryUs = parts.wireUs;
  time.bound = parts.wireUs > parts.latencyUs ? Bound::link : Bound::latency;
  time.bytes = group.getPortBytes();
  return time;
}

std::optional<double> dagrt::getSizeBeyondLl(const CollectiveCall &call, const Device &device) {
  if (call.ranks < 2)
    return std::nullopt;
  Group group(call, device);
  if (!group.kind->isPeerToPeer() || group.getPeerProtocol() != LL)
    return std::nullopt;
  // The least above the last that uses LL, which may be a part of a byte of a rank.
  bool isAll = group.kind->pattern == CollectivePattern::AllPeers;
  return kMostPeerLl * (isAll ? group.ranks : 1) * (1 + 1e-12);
}

/// The sizes of the octaves from `first` to `last` from which on something else runs.
static std::vector<double> findJumps(Group group, double first, double last) {
  std::vector<double> jumps;
  for (const ChunkLimit &limit : kChunkLimits)
    jumps.push_back(limit.chunks * limit.bytes * countSwitchChunks(group));
  group.bytes = first;
  int pick = pickAlgorithm(group);
  for (double octave = first; octave <= last; octave *= 2) {
    auto pickAt = [&](int step) {
      group.bytes = octave * std::exp2(step / static_cast<double>(kSteps));
      return pickAlgorithm(group);
    };
    // In an octave, what NCCL expects of each algorithm is linear: one that is picked at both ends
    // is so between.
    bool isOne = pickAt(0) == pickAt(kSteps - 1);
    for (int step = 0; step < (isOne ? 1 : kSteps); ++step) {
      int next = pickAt(step);
      if (next != pick)
        jumps.push_back(group.bytes);
      pick = next;
    }
  }
  return jumps;
}

// Less takes no other algorithm than this, in bytes.
static constexpr double kFewestBytes = 256;

std::vector<double> dagrt::getSizesBeforeJumps(const CollectiveCall &call, const Device &device) {
  // Just below a jump: by less than a byte, where that can be told.
  constexpr double below = 1 - 1e-9;
  Group group(call, device);
  if (call.ranks < 2 || group.kind->isPeerToPeer())
    return {};
  std::vector<double> sizes = findJumps(group, kFewestBytes, call.bytes);
  llvm::erase_if(sizes, [&](double size) { return size > call.bytes; });
  for (double &size : sizes)
    size *= below;
  return sizes;
}

std::vector<double> dagrt::getSizesAfterJumps(const CollectiveCall &call, const Device &device,
                                              double last) {
  Group group(call, device);
  if (call.ranks < 2 || group.kind->isPeerToPeer())
    return {};
  double first =
      std::max(kFewestBytes, std::exp2(std::floor(std::log2(std::max(call.bytes, 1.0)))));
  std::vector<double> sizes = findJumps(group, first, last);
  llvm::erase_if(sizes, [&](double size) { return size <= call.bytes; });
  return sizes;
}

const char *dagrt::getCollectiveAlgorithm(const CollectiveCall &call, const Device &device,
                                          llvm::ArrayRef<double> coefficients) {
  if (call.ranks < 2)
    return "none";
  Group group(call, device);
  return CollectiveTimer{group, coefficients}.getBest(call.hasOneShot).name;
}

//===----------------------------------------------------------------------===//
// Regimes
//===----------------------------------------------------------------------===//

namespace {
enum Regime { Latency, Low128, Ramp, Bandwidth, InSwitch, OneShot, NetworkLatency, Network };
} // namespace

static constexpr const char *kRegimes[] = {
    "latency", "LL128", "ramp", "bandwidth", "switch", "one shot", "network latency", "network"};

llvm::ArrayRef<const char *> dagrt::getCollectiveRegimes() { return kRegimes; }

unsigned dagrt::getCollectiveRegime(const CollectiveCall &call, const Device &device) {
  if (call.nodes > 1)
    return call.bytes < (1 << 20) ? NetworkLatency : Network;
  if (call.ranks < 2)
    return Latency;
  Group group(call, device);
  Regime large = call.bytes < (1 << 25) ? Ramp : Bandwidth;
  if (group.kind->isPeerToPeer())
    return group.getPeerProtocol() == LL ? Latency : large;
  if (call.hasOneShot && canReachAll(group) && call.bytes <= (1 << 23))
    return OneShot;
  int algorithm = pickAlgorithm(group);
  if (algorithm >= Nvls)
    return algorithm == Pat ? large : InSwitch;
  return algorithm % 3 == LL ? Latency : algorithm % 3 == LL128 ? Low128 : large;
}

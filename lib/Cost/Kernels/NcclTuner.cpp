//===- NcclTuner.cpp - What NCCL would run ----------------------*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// NCCL estimates what each algorithm takes with each protocol from a latency, which grows with
// steps, and a bandwidth, which is a part of what the links give, and runs the shortest. The
// estimates are those of src/graph/tuning.cc, versions 2.18 to 2.26, with NCCL's constants, its
// corrections for trees included: they make it change its mind at powers of two. What NCCL finds
// out about the topology is replaced by rules of thumb that fit the jumps in measurements.
//
//===----------------------------------------------------------------------===//

#include "NcclTuner.h"

#include "llvm/ADT/StringSwitch.h"

#include <algorithm>
#include <cmath>

using namespace dagrt;
using namespace dagrt::nccl;

namespace {
/// An algorithm and the time that NCCL expects it to take.
struct Pick {
  int algorithm = Ring;
  double microseconds = INFINITY;
  void offer(int other, double otherUs) {
    if (otherUs < microseconds)
      *this = {other, otherUs};
  }
};
} // namespace

Group::Group(const CollectiveCall &call, const Device &device)
    : kind(call.kind), bytes(call.bytes), ranks(call.ranks), nodes(call.nodes),
      perNode(call.mostOnNode), linkRate(call.linkRate / 1e6), networkRate(call.networkRate / 1e6),
      isPcie(call.link == LinkKind::Pcie), nvls(call.nvls),
      generation(llvm::StringSwitch<Generation>(device.architecture)
                     .Cases({"pascal", "volta", "turing"}, Volta)
                     .Case("hopper", Hopper)
                     .Case("blackwell", Blackwell)
                     .Default(Ampere)),
      link(call.linkCorrection), network(call.networkCorrection) {}

// Microseconds to start, and of one step over NVLink, PCI Express and the network.
static constexpr double kRingBaseUs[] = {6.6, 14, 8.4}, kTreeBaseUs[] = {6.8, 14, 8.4};
static constexpr double kRingStepUs[][3] = {{0.6, 1.9, 3.4}, {1, 2.5, 5.7}, {2.7, 4, 14}};
static constexpr double kTreeStepUs[][3] = {{0.6, 1.25, 4}, {1, 1.9, 4}, {5, 8.5, 14}};
static constexpr double kNvlsUs = 25, kNvlsTreeStepUs = 14;

// Posting to the network costs at least this at every step of a ring.
static constexpr double kNetworkPostUs[] = {1, 1, 3};

// GB/s that LL reaches at most, by generation, in one node, two and more.
static constexpr double kMostLl[][3] = {
    {39, 39, 20.4}, {87.7, 22.5, 19}, {141, 45, 35}, {282, 90, 70}};
// GB/s of one channel: of a tree, and with LL128.
static constexpr double kMostTree[][3] = {
    {26.5, 18.5, 10}, {24, 23.6, 17.8}, {38.7, 41.4, 36}, {77.4, 82.8, 72}};
static constexpr double kMost128[] = {20, 20, 36.7, 73.4};
static constexpr double kNvlsEfficiency[] = {0, 0, 0.85, 0.70};

// Trees are held to be slower than their links by this, by the logarithm of bytes / 64.
static constexpr double kTreeCorrection[][23] = {
    {1, 1, 1, 1, .9, .8, .7, .7, .7, .7, .6, .5, .4, .4, .5, .6, .7, .8, .9, 1, 1, 1, 1},
    {1, 1, 1, 1, 1, .9, .8, .8, .8, .7, .6, .6, .6, .6, .6, .6, .8, .9, .9, .9, .9, 1, 1},
    {.9, .9, .9, .9, .9, .9, .9, .8, .7, .6, .6, .5, .5, .5, .5, .6, .7, .8, .7, .7, .8, .9, .9}};

namespace {
/// What NCCL makes of the links: GB/s of a ring and of a tree, and channels.
struct Topology {
  double ring, tree, channels = 24;
  unsigned span; ///< One node, two, more.

  explicit Topology(const Group &group);
};
} // namespace

Topology::Topology(const Group &group) {
  // PCI Express is shared by pairs of devices, and by sockets.
  double part = !group.isPcie ? 0.8 : group.ranks == 2 ? 0.75 : group.ranks <= 4 ? 0.49 : 0.42;
  ring = group.linkRate / 1e3 * part;
  if (group.generation == Ampere && !group.isPcie)
    ring = std::min(ring, 235.0);
  tree = ring;
  span = group.nodes == 1 ? 0 : group.nodes == 2 ? 1 : 2;
  if (span == 0)
    return;
  channels = 2 + 0.5 * group.perNode;
  double network = 0.8 * group.networkRate / 1e3 * group.perNode;
  double link = group.perNode > 1 ? ring : INFINITY;
  ring = std::min(link, network);
  tree = std::min(link, (span == 1 ? 2 : 1) * network);
}

double nccl::roundToStep(double bytes) {
  return bytes > 0 ? std::exp2(std::floor(kSteps * std::log2(bytes) + 1e-9) / kSteps) : 0;
}

static double getRingPickUs(const Group &g, const Topology &t, Protocol protocol) {
  double intraUs = kRingStepUs[g.isPcie][protocol], interUs = 0;
  double rate = t.ring;
  bool isExposed = g.nodes > 1 && g.perNode == 1;
  if (g.nodes > 1) {
    intraUs = std::max(intraUs, kNetworkPostUs[protocol]);
    interUs = (isExposed ? kTreeStepUs : kRingStepUs)[2][protocol];
  }
  if (protocol == LL)
    rate = std::min(kMostLl[g.generation][t.span], rate * 0.5);
  else if (protocol == LL128)
    rate = std::min(rate * (isExposed ? 0.7 : 0.92), t.channels * kMost128[g.generation]);
  double latencyUs = kRingBaseUs[protocol] + (g.getSteps() - g.getNetSteps()) * intraUs +
                     g.getNetSteps() * interUs;
  return latencyUs + g.bytes / (rate * 1e3 * g.ranks / g.getSteps());
}

static double getTreePickUs(const Group &g, const Topology &t, Protocol protocol) {
  double rate = std::min(t.tree * 0.92, t.channels * kMostTree[g.generation][t.span]);
  if (protocol == LL)
    rate = std::min(rate / 3.8, kMostLl[g.generation][t.span]);
  else if (protocol == LL128)
    rate = std::min(rate * (g.nodes == 1 ? 7.0 / 9 : 0.9375), t.channels * kMost128[g.generation]);
  double size = std::floor(std::log2(std::max(g.bytes / 64, 1.0)));
  if (size < std::size(kTreeCorrection[0]))
    rate *= kTreeCorrection[protocol][static_cast<int>(size)];
  double latencyUs =
      kTreeBaseUs[protocol] + 2 * ((g.perNode - 1) * kTreeStepUs[g.isPcie][protocol] +
                                   std::log2(g.nodes) * kTreeStepUs[2][protocol]);
  return latencyUs + g.bytes / (rate * 0.5 * 1e3);
}

int nccl::pickAlgorithm(const Group &group) {
  // All sizes of a part of an octave are picked alike: it is known where the picks change.
  Group g = group;
  g.bytes = roundToStep(group.bytes);
  Topology topology(g);
  Pick pick;
  for (Protocol protocol : {LL, LL128, Simple}) {
    // LL128 relies on NVLink's order of stores.
    if (protocol != LL128 || !g.isPcie)
      pick.offer(Ring + protocol, getRingPickUs(g, topology, protocol));
  }
  if (g.isAllReduce())
    for (Protocol protocol : {LL, LL128, Simple})
      if (protocol != LL128 || !g.isPcie)
        pick.offer(Tree + protocol, getTreePickUs(g, topology, protocol));
  double levels = std::log2(g.nodes), efficiency = kNvlsEfficiency[g.generation] * 5 / 6;
  // The switch's multicast is not set up for two ranks.
  if (g.nvls && g.isAllReduce() && g.ranks > 2 && efficiency > 0) {
    if (g.nodes == 1)
      pick.offer(Nvls,
                 kNvlsUs + g.bytes / (topology.ring * 1e3 * efficiency * (g.ranks - 1) / g.ranks));
    else if (g.perNode > 1)
      // With more than two nodes a tree's inner nodes receive twice.
      pick.offer(NvlsTree, kNvlsUs + 2 * levels * kNvlsTreeStepUs +
                               g.bytes / std::min(g.linkRate * 0.8 * efficiency,
                                                  0.8 * g.networkRate * g.perNode *
                                                      (g.nodes == 2 ? 1 : 0.5)));
  }
  if (g.nodes > 1 && g.perNode == 1 && !g.isAllReduce())
    pick.offer(Pat, 8 + levels * 4 + g.ranks * 2.8 + g.bytes / (0.75 * 0.8 * g.networkRate));
  return pick.algorithm;
}

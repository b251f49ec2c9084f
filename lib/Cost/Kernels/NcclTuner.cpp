//===- NcclTuner.cpp - NCCL's choice of algorithm ----------------------*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// NCCL estimates what each algorithm takes with each protocol from a latency, which grows with
// steps, and a bandwidth, which is a part of what the links give, and runs the shortest. The
// estimates are those of src/graph/tuning.cc, versions 2.18 to 2.26, with NCCL's constants, its
// corrections for trees included, which change the choice at powers of two. NCCL's detection of the
// topology is replaced by rules that match the jumps in measurements.
//
//===----------------------------------------------------------------------===//

#include "NcclTuner.h"

#include <algorithm>
#include <cmath>

using namespace dagrt;
using namespace dagrt::nccl;

Group::Group(const CollectiveCall &call, const Device &device)
    : kind(&getCollectiveKind(call.kind)), bytes(call.bytes), ranks(call.ranks), nodes(call.nodes),
      perNode(call.mostOnNode), fewestOnNode(call.fewestOnNode > 0 ? call.fewestOnNode : perNode),
      linkRate(call.linkRate / 1e6), networkRate(call.networkRate / 1e6),
      isPcie(call.link == LinkKind::Pcie), nvls(call.nvls), nccl(device.facts.nccl),
      link(call.linkCorrection), network(call.networkCorrection) {}

// Microseconds to start, and of one step over NVLink, PCI Express and the network.
static constexpr double kRingBaseUs[] = {6.6, 14, 8.4}, kTreeBaseUs[] = {6.8, 14, 8.4};
static constexpr double kRingStepUs[][3] = {{0.6, 1.9, 3.4}, {1, 2.5, 5.7}, {2.7, 4, 14}};
static constexpr double kTreeStepUs[][3] = {{0.6, 1.25, 4}, {1, 1.9, 4}, {5, 8.5, 14}};
static constexpr double kNvlsUs = 25, kNvlsTreeStepUs = 14;

// Posting to the network costs at least this at every step of a ring.
static constexpr double kNetworkPostUs[] = {1, 1, 3};

// Trees are held to be slower than their links by this, by the logarithm of bytes / 64.
static constexpr double kTreeCorrection[][23] = {
    {1, 1, 1, 1, .9, .8, .7, .7, .7, .7, .6, .5, .4, .4, .5, .6, .7, .8, .9, 1, 1, 1, 1},
    {1, 1, 1, 1, 1, .9, .8, .8, .8, .7, .6, .6, .6, .6, .6, .6, .8, .9, .9, .9, .9, 1, 1},
    {.9, .9, .9, .9, .9, .9, .9, .8, .7, .6, .6, .5, .5, .5, .5, .6, .7, .8, .7, .7, .8, .9, .9}};

namespace {
/// What NCCL takes the links of a group for: rates in bytes/us.
struct LinkView {
  double ring = 0, tree = 0;     ///< Of one rank.
  double nvls = 0, nvlsTree = 0; ///< Of sums in the switch.
  double port = 0;               ///< Of one rank to the network.
  double channels = 0;           ///< Each of which has its own limits.

  explicit LinkView(const Group &group);
};

/// A latency and a bandwidth in bytes/us.
struct Estimate {
  double latencyUs, rate;
  double getUs(double bytes) const { return latencyUs + bytes / rate; }
};
} // namespace

/// One node, two, more.
static unsigned getSpan(const Group &group) {
  return group.nodes == 1 ? 0 : group.nodes == 2 ? 1 : 2;
}

/// A switch that reduces at `efficiency` of its link, and of a tree over the network.
static void setSwitchRates(LinkView &view, const Group &g, double link, double node,
                           double efficiency) {
  view.nvls = link * efficiency;
  // With more than two nodes a tree's inner nodes receive twice.
  view.nvlsTree = std::min(link * efficiency, node * (g.nodes == 2 ? 1 : 0.5));
}

/// A ring and a tree of channels that each pass a link inside a node and one of the network.
static void joinNetwork(LinkView &view, const Group &g, double link, double node) {
  if (g.nodes == 1)
    return;
  double near = g.perNode > 1 ? link : INFINITY;
  view.ring = std::min(near, node);
  view.tree = std::min(near, (g.nodes == 2 ? 2 : 1) * node);
}

LinkView::LinkView(const Group &g) {
  // PCI Express is shared by pairs of devices, and by sockets.
  double part = !g.isPcie ? 0.8 : g.ranks == 2 ? 0.75 : g.ranks <= 4 ? 0.49 : 0.42;
  double link = g.linkRate * part, node = 0.8 * g.networkRate * g.perNode;
  if (!g.isPcie)
    link = std::min(link, g.nccl.ring * 1e3);
  ring = tree = link;
  port = 0.8 * g.networkRate;
  channels = g.nodes == 1 ? 24 : 2 + 0.5 * g.perNode;
  double efficiency = g.nccl.nvlsEfficiency * 5 / 6;
  setSwitchRates(*this, g, 0.8 * g.linkRate, node, efficiency);
  nvls = link * efficiency * (g.ranks - 1) / g.ranks;
  joinNetwork(*this, g, link, node);
}

double nccl::roundToStep(double bytes) {
  return bytes > 0 ? std::exp2(std::floor(kSteps * std::log2(bytes) + 1e-9) / kSteps) : 0;
}

/// Each rank passes on n - 1 parts of n, for an all_reduce twice. The ring enters and leaves each
/// node once.
static Estimate estimateRing(const Group &g, const LinkView &view, Protocol protocol) {
  double nearUs = kRingStepUs[g.isPcie][protocol], farUs = 0;
  double rate = view.ring;
  // With one rank on each node nothing hides the network's latency.
  bool isExposed = g.nodes > 1 && g.perNode == 1;
  if (g.nodes > 1) {
    nearUs = std::max(nearUs, kNetworkPostUs[protocol]);
    farUs = (isExposed ? kTreeStepUs : kRingStepUs)[2][protocol];
  }
  if (protocol == LL)
    rate = std::min(g.nccl.lowLatency[getSpan(g)] * 1e3, rate * 0.5);
  else if (protocol == LL128)
    rate = std::min(rate * (isExposed ? 0.7 : 0.92), view.channels * g.nccl.ll128Channel * 1e3);
  double latencyUs =
      kRingBaseUs[protocol] + (g.getSteps() - g.getNetSteps()) * nearUs + g.getNetSteps() * farUs;
  return {latencyUs, rate * g.ranks / g.getSteps()};
}

/// Up and down: a chain inside each node, a double binary tree across nodes.
static Estimate estimateTree(const Group &g, const LinkView &view, Protocol protocol) {
  double channels = view.channels * 1e3;
  double rate = std::min(view.tree * 0.92, channels * g.nccl.treeChannel[getSpan(g)]);
  if (protocol == LL)
    rate = std::min(rate / 3.8, g.nccl.lowLatency[getSpan(g)] * 1e3);
  else if (protocol == LL128)
    rate = std::min(rate * (g.nodes == 1 ? 7.0 / 9 : 0.9375), channels * g.nccl.ll128Channel);
  double size = std::floor(std::log2(std::max(g.bytes / 64, 1.0)));
  if (size < std::size(kTreeCorrection[0]))
    rate *= kTreeCorrection[protocol][static_cast<int>(size)];
  double nearUs = kTreeStepUs[g.isPcie][protocol];
  double farUs = g.nodes > 1 ? kTreeStepUs[2][protocol] : 0;
  double latencyUs =
      kTreeBaseUs[protocol] + 2 * ((g.perNode - 1) * nearUs + std::log2(g.nodes) * farUs);
  return {latencyUs, rate * 0.5};
}

/// What an algorithm takes over such links; rings and trees are given with their protocol.
static Estimate estimate(const Group &g, const LinkView &view, int algorithm) {
  double levels = std::log2(g.nodes);
  if (algorithm == Nvls)
    return {kNvlsUs, view.nvls};
  if (algorithm == NvlsTree)
    return {kNvlsUs + 2 * levels * kNvlsTreeStepUs, view.nvlsTree};
  // Parallel aggregated trees, for groups of one rank on each node.
  if (algorithm == Pat)
    return {8 + levels * kTreeStepUs[2][Simple] / 3.5 + g.ranks * 2.8, 0.75 * view.port};
  auto protocol = static_cast<Protocol>(algorithm % 3);
  return algorithm < Tree ? estimateRing(g, view, protocol) : estimateTree(g, view, protocol);
}

/// Whether NCCL has the algorithm for such a group.
static bool isOffered(const Group &g, int algorithm) {
  switch (algorithm) {
  case Nvls:
  case NvlsTree:
    // The switch's multicast is not set up for one or two ranks.
    return g.nvls && g.kind->sumsForAll && g.nccl.nvlsEfficiency > 0 &&
           (algorithm == Nvls ? g.nodes == 1 && g.ranks > 2 : g.nodes > 1 && g.fewestOnNode > 1);
  case Pat:
    return g.nodes > 1 && g.perNode == 1 && !g.kind->sumsForAll;
  default:
    // LL128 relies on NVLink's order of stores.
    return (algorithm < Tree || g.kind->sumsForAll) && (algorithm % 3 != LL128 || !g.isPcie);
  }
}

int nccl::pickAlgorithm(const Group &group) {
  // All sizes of a part of an octave are picked alike: it is known where the picks change.
  Group g = group;
  g.bytes = roundToStep(group.bytes);
  LinkView view(g);
  int pick = Ring;
  double leastUs = INFINITY;
  for (int algorithm = Ring; algorithm <= Pat; ++algorithm) {
    double us = isOffered(g, algorithm) ? estimate(g, view, algorithm).getUs(g.bytes) : INFINITY;
    if (us < leastUs) {
      pick = algorithm;
      leastUs = us;
    }
  }
  return pick;
}

const char *nccl::getAlgorithmName(int algorithm) {
  static constexpr const char *names[] = {"ring/LL", "ring/LL128", "ring/Simple",
                                          "tree/LL", "tree/LL128", "tree/Simple",
                                          "nvls",    "nvls_tree",  "pat"};
  return names[algorithm];
}

const char *nccl::getPeerName(Protocol protocol) {
  return protocol == LL ? "p2p/LL" : "p2p/Simple";
}

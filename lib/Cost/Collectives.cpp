//===- Collectives.cpp - Algorithms of collectives in one group -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The model of NCCL's tuner (src/graph/tuning.cc, version 2.26): each algorithm with each protocol
// has a latency, which grows with its steps, and a bandwidth, which is a part of what the links
// give; NCCL takes the pair with the shortest time. The constants are NCCL's. Three
// things of the tuner are left out: its limits for each channel, which bind on no machine
// described here; its table of corrections for trees, which makes more bytes take less time at
// powers of two; and SHARP in the network, which few clusters have.
//
//===----------------------------------------------------------------------===//

#include "Collectives.h"

#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace mlir;
using namespace dagrt;

namespace {
enum Protocol { LL, LL128, Simple };
} // namespace

static constexpr const char *kProtocolNames[] = {"LL", "LL128", "Simple"};

// Microseconds to start a collective, by protocol.
static constexpr double kRingBaseUs[] = {6.6, 14.0, 8.4};
static constexpr double kTreeBaseUs[] = {6.8, 14.0, 8.4};

// Microseconds of one step, by kind of link (as LinkKind) and protocol.
static constexpr double kRingStepUs[][3] = {{0.6, 1.9, 3.4}, {1.0, 2.5, 5.7}, {2.7, 4.0, 14.0}};
static constexpr double kTreeStepUs[][3] = {{0.6, 1.25, 4.0}, {1.0, 1.9, 4.0}, {5.0, 8.5, 14.0}};
static constexpr double kNvlsUs = 25, kNvlsTreeStepUs = 14;

// Posting to the network costs at least this at every step of a ring (x86).
static constexpr double kNetworkPostUs[] = {1, 1, 3};

/// GB/s that the LL protocol, which sends a flag with every 4 bytes, reaches at most.
static double getLowLatencyLimit(const Cluster &cluster, int64_t nodes) {
  if (nodes > 1)
    return nodes == 2 ? 39.0 : 20.4;
  return llvm::StringSwitch<double>(cluster.device.architecture)
      .Case("volta", 39.0)
      .Case("hopper", 141.0)
      .Case("blackwell", 282.0)
      .Default(87.7);
}

namespace {
/// One group and its links, with the terms that algorithms share.
struct Tuner {
  CommunicationKind kind;
  double bytes;
  const GroupGeometry &group;
  const Cluster &cluster;

  bool isAllReduce() const { return kind == CommunicationKind::AllReduce; }
  bool hasNvLink() const { return !cluster.intra || cluster.intra->kind == LinkKind::NvLink; }
  const Link &getSlowLink() const { return group.nodes > 1 ? *cluster.inter : *cluster.intra; }
  double getIntraScale() const { return cluster.intra ? cluster.intra->latencyScale : 1; }
  double getInterScale() const { return cluster.inter ? cluster.inter->latencyScale : 1; }

  /// Bytes/us that a rank can pass on while all others do.
  double getBusRate() const {
    if (group.nodes == 1)
      return group.intraRate;
    return group.intraRate > 0 ? std::min(group.intraRate, group.interRate) : group.interRate;
  }

  /// A step inside a node, and one between nodes.
  double getIntraUs(const double (&table)[3][3], Protocol protocol) const {
    LinkKind link = cluster.intra ? cluster.intra->kind : LinkKind::NvLink;
    return table[static_cast<int>(link)][protocol] * getIntraScale() + getExtraUs(cluster.intra);
  }
  double getInterUs(const double (&table)[3][3], Protocol protocol) const {
    if (group.nodes == 1)
      return 0;
    return table[static_cast<int>(cluster.inter->kind)][protocol] * getInterScale() +
           getExtraUs(cluster.inter);
  }
  /// What a message takes longer than over a link that NCCL's constants are of.
  static double getExtraUs(const std::optional<Link> &link) {
    return link ? link->correction.messageUs : 0;
  }

  CommunicationTime makeTime(const Twine &algorithm, double latencyUs, double rate) const {
    return {latencyUs + bytes / rate, latencyUs, algorithm.str(), getSlowLink().kind};
  }

  CommunicationTime getRing(Protocol protocol) const;
  CommunicationTime getTree(Protocol protocol) const;
  CommunicationTime getNvls() const;
  CommunicationTime getNvlsTree() const;
  CommunicationTime getPat() const;
};
} // namespace

/// Each rank passes on n - 1 parts of n, for an all_reduce twice. The ring enters and leaves each
/// node once.
CommunicationTime Tuner::getRing(Protocol protocol) const {
  int64_t passes = isAllReduce() ? 2 : 1;
  int64_t steps = passes * (group.ranks - 1), interSteps = passes * (group.nodes - 1);
  // With one rank on each node nothing hides the network's latency.
  bool isExposed = group.nodes > 1 && group.mostOnNode == 1;
  double interUs = getInterUs(isExposed ? kTreeStepUs : kRingStepUs, protocol);
  double intraUs = getIntraUs(kRingStepUs, protocol);
  if (group.nodes > 1)
    intraUs = std::max(intraUs, kNetworkPostUs[protocol]);
  double latencyUs = kRingBaseUs[protocol] * getIntraScale() + (steps - interSteps) * intraUs +
                     interSteps * interUs;
  double rate = getBusRate();
  if (protocol == LL)
    rate = std::min(getLowLatencyLimit(cluster, group.nodes) * 1e3, rate * 0.5);
  if (protocol == LL128)
    rate *= 0.92;
  return makeTime("ring/" + Twine(kProtocolNames[protocol]), latencyUs, rate * group.ranks / steps);
}

/// Up and down: a chain inside each node, a double binary tree across nodes.
CommunicationTime Tuner::getTree(Protocol protocol) const {
  double latencyUs = kTreeBaseUs[protocol] * getIntraScale() +
                     2 * ((group.mostOnNode - 1) * getIntraUs(kTreeStepUs, protocol) +
                          llvm::Log2_64(group.nodes) * getInterUs(kTreeStepUs, protocol));
  double rate = getBusRate() * 0.92;
  if (protocol == LL)
    rate = std::min(getLowLatencyLimit(cluster, group.nodes) * 1e3, rate / 3.8);
  if (protocol == LL128)
    rate *= group.nodes == 1 ? 7.0 / 9.0 : 120.0 / 128.0;
  return makeTime("tree/" + Twine(kProtocolNames[protocol]), latencyUs, rate * 0.5);
}

/// The switch reduces, or copies to all.
CommunicationTime Tuner::getNvls() const {
  double rate = isAllReduce() ? group.intraRate * cluster.intra->nvlsEfficiency
                              : group.intraRate * (group.ranks - 1) / group.ranks;
  double latencyUs =
      kNvlsUs * getIntraScale() + (isAllReduce() ? 2 : 1) * getExtraUs(cluster.intra);
  return makeTime("nvls", latencyUs, rate);
}

/// The switch reduces inside each node, trees across nodes join the nodes' sums. With more than two
/// nodes a tree's inner nodes receive twice.
CommunicationTime Tuner::getNvlsTree() const {
  double interRate = group.nodes > 2 ? group.interRate / 2 : group.interRate;
  double latencyUs = kNvlsUs * getIntraScale() +
                     2 * llvm::Log2_64(group.nodes) *
                         (kNvlsTreeStepUs * getInterScale() + getExtraUs(cluster.inter)) +
                     2 * getExtraUs(cluster.intra);
  return makeTime("nvls_tree", latencyUs,
                  std::min(group.intraRate, interRate) * cluster.intra->nvlsEfficiency);
}

/// Parallel aggregated trees, for groups of one rank on each node.
CommunicationTime Tuner::getPat() const {
  double latencyUs =
      8 + llvm::Log2_64(group.nodes) * getInterUs(kTreeStepUs, Simple) / 3.5 + group.ranks * 2.8;
  return makeTime("pat", latencyUs, group.interRate * 0.75);
}

std::vector<CommunicationTime> dagrt::getAlgorithmTimes(CommunicationKind kind, double bytes,
                                                        const GroupGeometry &group,
                                                        const Cluster &cluster) {
  Tuner tuner{kind, bytes, group, cluster};
  std::vector<CommunicationTime> times;
  for (Protocol protocol : {LL, LL128, Simple}) {
    // LL128 relies on NVLink's order of stores.
    if (protocol == LL128 && !tuner.hasNvLink())
      continue;
    times.push_back(tuner.getRing(protocol));
    if (tuner.isAllReduce())
      times.push_back(tuner.getTree(protocol));
  }
  bool hasNvls = cluster.intra && cluster.intra->nvls;
  // NCCL does not set up the switch's multicast for two ranks.
  if (hasNvls && group.nodes == 1 && group.ranks > 2)
    times.push_back(tuner.getNvls());
  if (hasNvls && group.nodes > 1 && group.fewestOnNode > 1 && tuner.isAllReduce())
    times.push_back(tuner.getNvlsTree());
  if (group.nodes > 1 && group.mostOnNode == 1 && !tuner.isAllReduce())
    times.push_back(tuner.getPat());
  return times;
}

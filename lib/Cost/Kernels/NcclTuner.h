//===- NcclTuner.h - NCCL's choice of algorithm ------------------------*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A group of ranks, and the algorithm and protocol that NCCL picks for it.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_COST_KERNELS_NCCLTUNER_H
#define DAGRT_LIB_COST_KERNELS_NCCLTUNER_H

#include "dagrt/Cost/Kernels/Collective.h"

#include <cmath>
#include <vector>

namespace dagrt::nccl {

enum Protocol { LL, LL128, Simple };

/// Rings and trees are in the order of protocols.
enum Algorithm { Ring, Tree = 3, Nvls = 6, NvlsTree, Pat };

/// Bytes to a peer up to which a message inside a node uses LL.
constexpr double kMostPeerLl = 16384;

/// What is used of a call: how the ranks lie, rates in bytes/us.
struct Group {
  const CollectiveKind *kind;
  double bytes, ranks, nodes, perNode, fewestOnNode;
  double linkRate, networkRate;
  bool isPcie, nvls;
  NcclFacts nccl;
  LinkCorrection link, network; ///< Which NCCL's tuner does not know of.

  Group(const CollectiveCall &call, const Device &device);
  /// Steps of a ring, and those of them between nodes.
  double getSteps() const { return (kind->sumsForAll ? 2 : 1) * (ranks - 1); }
  double getNetSteps() const { return (kind->sumsForAll ? 2 : 1) * (nodes - 1); }
  /// What a rank sends to one other.
  double getPeerBytes() const {
    return kind->pattern == CollectivePattern::AllPeers ? bytes / ranks : bytes;
  }
  /// Bytes that cross the busiest port of a rank.
  double getPortBytes() const {
    switch (kind->pattern) {
    case CollectivePattern::AllPeers:
      return bytes * (ranks - 1) / ranks;
    case CollectivePattern::OnePeer:
      return bytes;
    case CollectivePattern::Algorithms:
      break;
    }
    return bytes * getSteps() / ranks;
  }
  /// Small messages inside a node use LL.
  Protocol getPeerProtocol() const {
    return getPeerBytes() <= kMostPeerLl && nodes == 1 ? LL : Simple;
  }
};

/// `ring/LL128`, `nvls`, ...
const char *getAlgorithmName(int algorithm);

/// `p2p/LL` or `p2p/Simple`.
const char *getPeerName(Protocol protocol);

/// What NCCL runs for a kind whose pattern is Algorithms: an Algorithm, and for rings and trees the
/// Protocol is added to it.
int pickAlgorithm(const Group &group);

/// Steps of an octave of sizes in which the pick is one.
constexpr int kSteps = 32;

/// The first size of the step that `bytes` is in.
double roundToStep(double bytes);

} // namespace dagrt::nccl

namespace dagrt {
/// Sizes of a collective below that of `call`, each the last before something else runs, so that
/// time may fall behind it.
std::vector<double> getSizesBeforeJumps(const CollectiveCall &call, const Device &device);

/// Sizes above that of `call`, up to about `last`, from which on something else runs.
std::vector<double> getSizesAfterJumps(const CollectiveCall &call, const Device &device,
                                       double last);
} // namespace dagrt

#endif // DAGRT_LIB_COST_KERNELS_NCCLTUNER_H

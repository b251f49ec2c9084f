//===- CollectiveRoofline.cpp - What a rank sends at least -----*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The roofline of a collective or a message: what a rank sends at least, whatever the algorithm, at
// the rate of its link by the data sheet. Neither latency nor efficiency of a link is in it.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/Kernels/Collective.h"

#include <algorithm>

using namespace dagrt;

double dagrt::getLeastWireUs(const CollectiveCall &call) {
  bool isFar = call.nodes > 1;
  auto ranks = static_cast<double>(call.ranks), nodes = static_cast<double>(call.nodes),
       perNode = static_cast<double>(call.mostOnNode);
  double share = isFar ? (nodes - 1) / nodes / perNode : (ranks - 1) / ranks;
  const CollectiveKind &kind = getCollectiveKind(call.kind);
  switch (kind.pattern) {
  case CollectivePattern::Algorithms:
    share *= kind.sumsForAll ? 2 : 1;
    // A switch that reduces sends each element once, and its own part twice.
    if (kind.sumsForAll && call.nvls && !isFar)
      share = std::min(share, (ranks + 1) / ranks);
    break;
  case CollectivePattern::AllPeers:
    if (isFar)
      share = (ranks - perNode) / ranks;
    break;
  case CollectivePattern::OnePeer:
    share = ranks > 1 ? 1 : 0;
    break;
  }
  return call.bytes * share / std::max(isFar ? call.networkRate : call.linkRate, 1.0) * 1e6;
}

//===- KernelRoofline.cpp - What no kernel is faster than -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The roofline (Williams, Waterman and Patterson, 2009) of a call: its FLOPs at the peak rate or
// its bytes at the memory's or the link's bandwidth, whichever takes longer. What the calibrated
// model is compared with.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/KernelQuery.h"

#include <algorithm>

using namespace mlir;
using namespace dagrt;

namespace {
/// FLOPs, their rate, bytes and theirs.
struct Ceilings {
  double flops = 0, flopRate = 1, bytes = 0, byteRate = 1;
};

struct CeilingsOf {
  const Device &device;

  Ceilings operator()(const GemmCall &c) const {
    double operands = c.m * c.k * c.leftBytes + c.k * c.n * c.rightBytes,
           result = c.m * c.n * c.resultBytes;
    return {2 * c.batch * c.m * c.k * c.n, c.matrixFlops, c.batch * (operands + result),
            device.memoryBandwidth};
  }
  Ceilings operator()(const AttentionCall &c) const {
    // Of a window, only the keys that some query sees are read.
    double keys = c.queries > 0 ? std::min(c.keys, c.pairs / c.queries + c.queries - 1) : c.keys;
    double rows = 2 * c.queries * c.heads + 2 * keys * c.keyHeads;
    return {4 * c.batch * c.heads * c.headDim * c.pairs, c.matrixFlops,
            c.batch * rows * c.headDim * c.elementBytes, device.memoryBandwidth};
  }
  Ceilings operator()(const RowwiseCall &c) const {
    return {0, 1, getRowwiseBytes(c), device.memoryBandwidth};
  }
  /// What a rank sends at least; or, of several nodes, what falls to each rank of what its node
  /// sends to the network.
  Ceilings operator()(const CollectiveCall &c) const {
    bool isFar = c.nodes > 1;
    auto ranks = static_cast<double>(c.ranks), nodes = static_cast<double>(c.nodes),
         perNode = static_cast<double>(c.mostOnNode);
    double share = isFar ? (nodes - 1) / nodes / perNode : (ranks - 1) / ranks;
    switch (c.kind) {
    case CommunicationKind::AllReduce:
      share *= 2;
      // A switch that reduces sends each element once, and its own part twice.
      if (c.nvls && !isFar)
        share = std::min(share, (ranks + 1) / ranks);
      break;
    case CommunicationKind::AllToAll:
      if (isFar)
        share = (ranks - perNode) / ranks;
      break;
    case CommunicationKind::Transfer:
    case CommunicationKind::Shift:
      share = ranks > 1 ? 1 : 0;
      break;
    case CommunicationKind::AllGather:
    case CommunicationKind::ReduceScatter:
      break;
    }
    return {0, 1, c.bytes * share, std::max(isFar ? c.networkRate : c.linkRate, 1.0)};
  }
};
} // namespace

Prediction dagrt::predictRoofline(const KernelQuery &query, const Device &device) {
  Ceilings c = std::visit(CeilingsOf{device}, query.call);
  Prediction result;
  result.isBound = true;
  KernelTime &time = result.time;
  time.computeUs = c.flops / c.flopRate * 1e6;
  time.memoryUs = c.bytes / c.byteRate * 1e6;
  time.microseconds = std::max(time.computeUs, time.memoryUs);
  time.bytes = c.bytes;
  if (time.microseconds > 0)
    time.bound = time.computeUs > time.memoryUs ? Bound::compute : Bound::memory;
  return result;
}

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
    double operands = (c.m * c.k + c.k * c.n) * c.elementBytes, result = c.m * c.n * c.resultBytes;
    return {2 * c.batch * c.m * c.k * c.n, c.matrixFlops, c.batch * (operands + result),
            device.memoryBandwidth};
  }
  Ceilings operator()(const AttentionCall &c) const {
    double rows = 2 * c.queries * c.heads + 2 * c.keys * c.keyHeads;
    return {4 * c.batch * c.heads * c.headDim * c.pairs, c.matrixFlops,
            c.batch * rows * c.headDim * c.elementBytes, device.memoryBandwidth};
  }
  Ceilings operator()(const RowwiseCall &c) const {
    return {0, 1, getRowwiseBytes(c), device.memoryBandwidth};
  }
  /// What each rank sends at least.
  Ceilings operator()(const CollectiveCall &c) const {
    auto ranks = static_cast<double>(c.ranks);
    double share = (ranks - 1) / ranks;
    if (c.kind == CommunicationKind::AllReduce)
      share *= 2;
    if (c.kind == CommunicationKind::Transfer || c.kind == CommunicationKind::Shift)
      share = ranks > 1 ? 1 : 0;
    if (c.kind == CommunicationKind::AllToAll)
      share /= ranks;
    double rate = c.nodes > 1 ? c.networkRate : c.linkRate;
    return {0, 1, c.bytes * share, std::max(rate, 1.0)};
  }
};
} // namespace

Prediction dagrt::predictRoofline(const KernelQuery &query, const Device &device) {
  Ceilings c = std::visit(CeilingsOf{device}, query.call);
  Prediction result;
  KernelTime &time = result.time;
  time.computeUs = c.flops / c.flopRate * 1e6;
  time.memoryUs = c.bytes / c.byteRate * 1e6;
  time.microseconds = std::max(time.computeUs, time.memoryUs);
  time.bytes = c.bytes;
  if (time.microseconds > 0)
    time.bound = time.computeUs > time.memoryUs ? Bound::compute : Bound::memory;
  return result;
}

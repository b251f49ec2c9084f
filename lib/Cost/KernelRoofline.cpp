//===- KernelRoofline.cpp - The roofline of a kernel ------------*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The roofline (Williams, Waterman and Patterson, 2009): FLOPs at the peak rate or bytes at the
// memory's bandwidth, whichever takes longer; of a collective, the bytes that a rank sends at the
// rate of its link (CollectiveRoofline.cpp). The cost model `roofline` asks here with the work of
// an op, dagrt-get-time with a call. What no kernel is faster than, where the calibrated model
// ends, is the same without what may be spared.
//
//===----------------------------------------------------------------------===//

#include "KernelBounds.h"

#include "dagrt/Cost/KernelQuery.h"

#include <algorithm>

using namespace mlir;
using namespace dagrt;

KernelTime dagrt::getRooflineTime(const Ceilings &ceilings, const Device &device) {
  KernelTime time;
  if (ceilings.flops > 0)
    time.computeUs = ceilings.flops / ceilings.flopRate * 1e6;
  time.memoryUs = ceilings.bytes / device.memoryBandwidth * 1e6;
  time.microseconds = std::max(time.computeUs, time.memoryUs);
  time.bytes = ceilings.bytes;
  if (time.microseconds > 0)
    time.bound = time.computeUs > time.memoryUs ? Bound::compute : Bound::memory;
  return time;
}

namespace {
/// What a call does at least.
struct Least {
  const Device &device;

  Ceilings operator()(const GemmCall &c) const {
    double operands = c.m * c.k * c.leftBytes + c.k * c.n * c.rightBytes,
           result = c.m * c.n * c.resultBytes;
    return {2 * c.batch * c.m * c.k * c.n, c.matrixFlops, c.batch * (operands + result)};
  }
  Ceilings operator()(const AttentionCall &c) const {
    // Of a window, only the keys that some query sees are read.
    double keys = c.queries > 0 ? std::min(c.keys, c.pairs / c.queries + c.queries - 1) : c.keys;
    // A query and a key are as long as each other, a value and a result, too.
    double dims = c.headDim + (c.valueDim > 0 ? c.valueDim : c.headDim);
    double keyDims = c.valuesAreKeys ? c.headDim : dims;
    double bytes = c.queries * c.heads * dims * c.elementBytes +
                   keys * c.keyHeads * keyDims * c.getKeyElementBytes();
    return {2 * c.batch * c.heads * dims * c.pairs, c.matrixFlops, c.batch * bytes};
  }
  Ceilings operator()(const RowwiseCall &c) const { return {0, 1, getRowwiseBytes(c)}; }
  Ceilings operator()(const CollectiveCall &) const { return {}; }
};

} // namespace

/// What ops on rows do beside moving them: small operands, and arithmetic outside of matrix units.
static void addExtras(const RowwiseCall &call, const Device &device, Ceilings &ceilings) {
  RowwiseExtras extras = getRowwiseExtras(call);
  ceilings.bytes += extras.bytes;
  if (std::optional<double> rate = call.isDouble ? device.fp64 : device.fp32) {
    ceilings.flops = extras.flops;
    ceilings.flopRate = *rate;
  }
}

/// What a rank sends at least, at the rate of its link.
static KernelTime getLinkTime(const CollectiveCall &call) {
  KernelTime time;
  time.microseconds = time.memoryUs = getLeastWireUs(call);
  time.bytes = time.memoryUs * (call.nodes > 1 ? call.networkRate : call.linkRate) / 1e6;
  if (time.microseconds > 0)
    time.bound = Bound::link;
  return time;
}

Ceilings dagrt::getLeastWork(const KernelCall &call, const Device &device) {
  return std::visit(Least{device}, call);
}

double dagrt::getLeastUs(const KernelQuery &query, const Device &device) {
  if (const auto *collective = std::get_if<CollectiveCall>(&query.call))
    return getLeastWireUs(*collective);
  KernelTime bound = getRooflineTime(getLeastWork(query.call, device), device);
  // What streams through three times the L2 finds nothing of itself there.
  double share = device.l2Bytes > 0 ? (bound.bytes / device.l2Bytes - 1) / 2 : 1;
  return std::max(bound.computeUs, bound.memoryUs * std::clamp(share, 0.0, 1.0));
}

Prediction dagrt::predictRoofline(const KernelQuery &query, const Device &device) {
  Prediction result;
  result.isRoofline = true;
  if (const auto *collective = std::get_if<CollectiveCall>(&query.call)) {
    result.time = getLinkTime(*collective);
    return result;
  }
  Ceilings ceilings = getLeastWork(query.call, device);
  if (const auto *rowwise = std::get_if<RowwiseCall>(&query.call))
    addExtras(*rowwise, device, ceilings);
  result.time = getRooflineTime(ceilings, device);
  return result;
}

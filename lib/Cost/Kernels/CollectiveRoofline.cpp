//===- CollectiveRoofline.cpp - Latency and bandwidth of collectives -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The roofline of a collective or a message of a program: NCCL's tuner picks the algorithm and the
// protocol, and the pick takes its latency and its bytes over the rate of the links, as the
// cluster's description has them. Messages between peers leave by the port in the node and by that
// to the network at once.
//
//===----------------------------------------------------------------------===//

#include "NcclTuner.h"

#include <algorithm>

using namespace mlir;
using namespace dagrt;
using namespace dagrt::nccl;

static KernelTime makeTime(double latencyUs, double wireUs, const Group &g) {
  KernelTime time;
  time.microseconds = latencyUs + wireUs;
  time.fixedUs = latencyUs;
  time.memoryUs = wireUs;
  time.bytes = g.getPortBytes();
  if (time.microseconds > 0)
    time.bound = wireUs > latencyUs ? Bound::link : Bound::latency;
  return time;
}

/// Messages to so many peers over one kind of link.
static KernelTime getPortTime(const Group &g, double peers, double rate, const LinkTerms &terms) {
  if (peers < 1)
    return KernelTime();
  double rounds = std::floor((peers - 1) / kPeersPerRound) + 1;
  return makeTime(terms.latencyUs * rounds, g.getPeerBytes() * peers / (rate * terms.efficiency),
                  g);
}

static KernelTime getPeerTime(const Group &g, const CollectiveCall &call) {
  bool isAll = g.kind == CommunicationKind::AllToAll;
  double near = isAll ? g.perNode - 1 : g.nodes == 1;
  double far = isAll ? g.ranks - g.fewestOnNode : g.nodes > 1;
  KernelTime inNode = getPortTime(g, near, g.linkRate, call.linkTerms),
             between = getPortTime(g, far, g.networkRate, call.networkTerms);
  return between.microseconds > inNode.microseconds ? between : inNode;
}

/// What NCCL picks for these bytes, or a time of more bytes that is shorter.
static KernelTime getPickedTime(Group &g, const CollectiveCall &call, double bytes) {
  g.bytes = bytes;
  Estimate picked =
      estimate(g, LinkView::ofTerms(g, call.linkTerms, call.networkTerms), pickAlgorithm(g));
  return makeTime(picked.latencyUs, bytes / picked.rate, g);
}

KernelTime dagrt::predictLatencyBandwidth(const CollectiveCall &call, const Device &device,
                                          StringRef &algorithm) {
  algorithm = "none";
  if (call.ranks < 2)
    return KernelTime();
  Group g(call, device);
  if (g.isPeerToPeer()) {
    algorithm = getPeerName(g.getPeerProtocol());
    return getPeerTime(g, call);
  }
  algorithm = getAlgorithmName(pickAlgorithm(g));
  KernelTime time = getPickedTime(g, call, call.bytes);
  // Where a pick is bad, so much as after it is possible before. No size takes less than its wire.
  double leastUs = getLeastWireUs(call);
  double last = leastUs > 0 ? call.bytes * time.microseconds / leastUs : 0;
  double bytes = time.bytes;
  for (double size : getSizesAfterJumps(call, device, std::min(last, 1e15))) {
    KernelTime other = getPickedTime(g, call, size);
    if (other.microseconds < time.microseconds)
      time = other;
  }
  time.bytes = bytes;
  return time;
}

double dagrt::getLeastWireUs(const CollectiveCall &call) {
  bool isFar = call.nodes > 1;
  auto ranks = static_cast<double>(call.ranks), nodes = static_cast<double>(call.nodes),
       perNode = static_cast<double>(call.mostOnNode);
  double share = isFar ? (nodes - 1) / nodes / perNode : (ranks - 1) / ranks;
  switch (call.kind) {
  case CommunicationKind::AllReduce:
    share *= 2;
    // A switch that reduces sends each element once, and its own part twice.
    if (call.nvls && !isFar)
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
  return call.bytes * share / std::max(isFar ? call.networkRate : call.linkRate, 1.0) * 1e6;
}

//===- CommunicationCalls.cpp - Communication as calls of a library -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Groups of ranks and messages with the links of a cluster as queries, and their roofline: the
// slowest of them.
//
//===----------------------------------------------------------------------===//

#include "CommunicationCalls.h"

using namespace mlir;
using namespace dagrt;

/// `call` with what the cluster's links are like.
static KernelQuery getQuery(CollectiveCall call, const Cluster &cluster) {
  const Link &link = call.nodes > 1 ? *cluster.inter : *cluster.intra;
  auto [name, library] = StringRef(link.measuredAs).split('/');
  if (cluster.intra) {
    call.link = cluster.intra->kind;
    call.nvls = cluster.intra->nvls;
  }
  call.hasOneShot = library.starts_with("custom");
  if (call.mostOnNode > 1)
    call.linkCorrection = cluster.intra->correction;
  if (call.nodes > 1)
    call.networkCorrection = cluster.inter->correction;
  return {call, getCollectiveVariants(call.kind, name, library)};
}

static std::vector<CommunicationCall> getMessageCalls(const CommunicationShape &shape,
                                                      const Cluster &cluster) {
  std::vector<CommunicationCall> calls;
  for (const PortLoad &load : getPortLoads(shape, cluster)) {
    CollectiveCall call{shape.kind, load.bytes, 2, load.isNetwork ? 2 : 1, load.isNetwork ? 1 : 2};
    call.linkRate = cluster.intra ? cluster.intra->bandwidth : 0;
    call.networkRate = cluster.inter ? cluster.inter->bandwidth : 0;
    calls.push_back({getQuery(call, cluster), (load.peers - 1) / kPeersPerRound});
  }
  return calls;
}

std::vector<CommunicationCall> dagrt::getCommunicationCalls(const CommunicationShape &shape,
                                                            const Cluster &cluster) {
  CollectivePattern pattern = getCollectiveKind(shape.kind).pattern;
  if (pattern == CollectivePattern::OnePeer)
    return getMessageCalls(shape, cluster);
  std::vector<CommunicationCall> calls;
  for (const GroupPlace &place : getGroupPlaces(shape, cluster)) {
    if (place.ranks < 2)
      continue;
    // nccl-tests counts the buffer of one rank, an op what all of them hold.
    double bytes = shape.bytes;
    if (pattern == CollectivePattern::AllPeers)
      bytes /= static_cast<double>(place.ranks);
    CollectiveCall call{shape.kind,       bytes,          place.ranks,      place.nodes,
                        place.mostOnNode, place.linkRate, place.networkRate};
    call.fewestOnNode = place.fewestOnNode;
    calls.push_back({getQuery(call, cluster), 0});
  }
  return calls;
}

CommunicationTime dagrt::getCommunicationTime(const CommunicationShape &shape,
                                              const Cluster &cluster) {
  CommunicationTime slowest;
  for (const CommunicationCall &call : getCommunicationCalls(shape, cluster)) {
    double microseconds = predictRoofline(call.query, cluster.device).time.microseconds;
    if (microseconds <= slowest.microseconds)
      continue;
    bool isFar = std::get<CollectiveCall>(call.query.call).nodes > 1;
    slowest = {microseconds, isFar ? cluster.inter->kind : cluster.intra->kind};
  }
  return slowest;
}

//===- Communication.h - Times of collectives and transfers -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Communication between physical devices: which of them send to each other over which links, and
// what that takes at least.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_COMMUNICATION_H
#define DAGRT_COST_COMMUNICATION_H

#include "dagrt/Cost/Cluster.h"
#include "dagrt/IR/Dagrt.h"
#include "dagrt/IR/Work.h"

namespace dagrt {

/// Bytes from one physical device to another.
struct Message {
  int64_t sender = 0, receiver = 0;
  double bytes = 0;
};

/// A communication op in terms of physical devices.
struct CommunicationShape {
  CommunicationKind kind = CommunicationKind::Transfer;
  /// As in `Communication`.
  double bytes = 0;
  /// Of a collective: the device ids of each group, in the order of their ranks. All groups run
  /// at once.
  std::vector<std::vector<int64_t>> groups;
  /// Of a transfer: bytes by sender and receiver.
  std::vector<Message> messages;
  /// Of a shift: how many ranks further along.
  int64_t shiftBy = 1;
};

/// A time, 0 if nothing crosses a link.
struct CommunicationTime {
  double microseconds = 0;
  LinkKind link = LinkKind::NvLink; ///< The slowest link that is used.
};

/// The shape of `op`, which implements CommunicationOpInterface.
CommunicationShape getCommunicationShape(mlir::Operation *op);

/// The roofline of all groups or messages: that of the slowest. The device ids are devices of the
/// cluster.
CommunicationTime getCommunicationTime(const CommunicationShape &shape, const Cluster &cluster);

/// What the busiest ports of one kind of link have to carry for messages, in one direction.
struct PortLoad {
  bool isNetwork = false;
  double bytes = 0; ///< Of the busiest device; more where the node's ports together are the limit.
  int64_t peers = 0;
};

/// The loads of messages inside nodes and between nodes, without those that carry nothing.
llvm::SmallVector<PortLoad, 2> getPortLoads(const CommunicationShape &shape,
                                            const Cluster &cluster);

/// Ranks of one group; rates are those of data sheets.
struct GroupPlace {
  int64_t ranks = 0, nodes = 0, mostOnNode = 0, fewestOnNode = 0;
  double linkRate = 0, networkRate = 0;
  bool operator==(const GroupPlace &o) const {
    return ranks == o.ranks && nodes == o.nodes && mostOnNode == o.mostOnNode &&
           fewestOnNode == o.fewestOnNode && linkRate == o.linkRate && networkRate == o.networkRate;
  }
};

/// Where the groups of a collective lie, each different place once.
std::vector<GroupPlace> getGroupPlaces(const CommunicationShape &shape, const Cluster &cluster);

} // namespace dagrt

#endif // DAGRT_COST_COMMUNICATION_H

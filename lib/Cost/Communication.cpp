//===- Communication.cpp - Shapes of collectives and transfers -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Turns a communication op into groups and messages of physical devices, and finds what its links
// carry. All groups of a mesh run at once. Messages are timed by their busiest port: each device
// sends and receives at the same time, on its link inside the node and on its link to the
// network independently.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/Communication.h"

#include "dagrt/IR/Transfer.h"

#include <algorithm>
#include <map>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// The device ids of each group of ranks that a collective over `axes` joins.
static std::vector<std::vector<int64_t>> getGroups(MeshOp mesh, AxesAttr axes) {
  std::vector<std::vector<int64_t>> groups;
  for (ArrayRef<int64_t> members : getDeviceGroups(mesh, axes).members) {
    groups.emplace_back();
    for (int64_t place : members)
      groups.back().push_back(mesh.getDevices()[place]);
  }
  return groups;
}

CommunicationShape dagrt::getCommunicationShape(Operation *op) {
  Communication communication = cast<CommunicationOpInterface>(op).getCommunication();
  CommunicationShape shape;
  shape.kind = communication.kind;
  shape.bytes = communication.bytes;
  if (!communication.groups.empty()) {
    shape.groups = std::move(communication.groups);
    shape.shiftBy = communication.shiftBy;
    return shape;
  }
  MeshOp mesh = lookupMesh(op, communication.mesh);
  if (!communication.destination) {
    shape.groups = getGroups(mesh, communication.axes);
    shape.shiftBy = communication.shiftBy;
    return shape;
  }
  Layout source(mesh, getDist(communication.source));
  Layout target(lookupMesh(op, communication.destination), getDist(communication.target));
  ArrayRef<int64_t> senders = mesh.getDevices(), receivers = target.getMesh().getDevices();
  double elementBytes = getElementBytes(communication.source.getElementType());
  for (const TransferPiece &piece : getTransferPieces(source, target))
    shape.messages.push_back(
        {senders[piece.sender], receivers[piece.receiver], piece.elements * elementBytes});
  return shape;
}

//===----------------------------------------------------------------------===//
// Collectives
//===----------------------------------------------------------------------===//

/// Ranks of `group` on each node.
static std::map<int64_t, int64_t> countByNode(ArrayRef<int64_t> group, const Cluster &cluster) {
  std::map<int64_t, int64_t> counts;
  for (int64_t device : group)
    ++counts[cluster.getNode(device)];
  return counts;
}

/// Devices of each node that use the link inside it and the link out of it.
static std::pair<std::map<int64_t, int64_t>, std::map<int64_t, int64_t>>
countUsers(const CommunicationShape &shape, const Cluster &cluster) {
  std::map<int64_t, int64_t> intra, inter;
  for (const auto &group : shape.groups) {
    std::map<int64_t, int64_t> counts = countByNode(group, cluster);
    for (auto [node, count] : counts) {
      intra[node] += count > 1 ? count : 0;
      inter[node] += counts.size() > 1 ? count : 0;
    }
  }
  return {intra, inter};
}

std::vector<GroupPlace> dagrt::getGroupPlaces(const CommunicationShape &shape,
                                              const Cluster &cluster) {
  std::vector<GroupPlace> places;
  auto [intra, inter] = countUsers(shape, cluster);
  for (const auto &group : shape.groups) {
    GroupPlace place;
    int64_t intraUsers = 0, interUsers = 0;
    for (auto [node, count] : countByNode(group, cluster)) {
      ++place.nodes;
      place.mostOnNode = std::max(place.mostOnNode, count);
      place.fewestOnNode = place.nodes == 1 ? count : std::min(place.fewestOnNode, count);
      intraUsers = std::max(intraUsers, intra.at(node));
      interUsers = std::max(interUsers, inter.at(node));
    }
    place.ranks = static_cast<int64_t>(group.size());
    if (cluster.intra)
      place.linkRate = cluster.intra->getSharedBandwidth(intraUsers);
    if (cluster.inter)
      place.networkRate = cluster.inter->getSharedBandwidth(interUsers);
    if (!llvm::is_contained(places, place))
      places.push_back(place);
  }
  return places;
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

namespace {
/// What goes through one port in one direction.
struct Port {
  double bytes = 0;
  int64_t peers = 0;
};

/// Ports inside the node and to the network, each out and in, of a device or of a node together.
struct Ports {
  Port intraOut, intraIn, interOut, interIn;
};
} // namespace

/// Of a transfer, or of groups whose ranks pass their buffers on.
static std::vector<Message> getMessages(const CommunicationShape &shape) {
  std::vector<Message> messages = shape.messages;
  for (const auto &group : shape.groups) {
    int64_t ranks = group.size();
    for (int64_t i = 0; i < ranks; ++i) {
      int64_t from = ((i + shape.shiftBy) % ranks + ranks) % ranks;
      messages.push_back({group[from], group[i], shape.bytes});
    }
  }
  return messages;
}

/// Joins messages of one sender and one receiver, and drops those that stay on their device.
static std::vector<Message> mergeMessages(std::vector<Message> messages) {
  llvm::stable_sort(messages, [](const Message &a, const Message &b) {
    return std::pair(a.sender, a.receiver) < std::pair(b.sender, b.receiver);
  });
  std::vector<Message> merged;
  for (const Message &message : messages) {
    if (message.sender == message.receiver || message.bytes == 0)
      continue;
    if (!merged.empty() && merged.back().sender == message.sender &&
        merged.back().receiver == message.receiver)
      merged.back().bytes += message.bytes;
    else
      merged.push_back(message);
  }
  return merged;
}

/// Bytes of the busiest port of a link: of a device, or, where the devices of a node share, what of
/// the node's port falls to one at its own rate.
static double getBusiestBytes(const Link &link, ArrayRef<Port> devicePorts,
                              ArrayRef<Port> nodePorts) {
  double bytes = 0;
  for (const Port &port : devicePorts)
    bytes = std::max(bytes, port.bytes);
  if (link.nodeBandwidth)
    for (const Port &port : nodePorts)
      bytes = std::max(bytes, port.bytes * (link.bandwidth / *link.nodeBandwidth));
  return bytes;
}

SmallVector<PortLoad, 2> dagrt::getPortLoads(const CommunicationShape &shape,
                                             const Cluster &cluster) {
  std::map<int64_t, Ports> devices, nodes;
  auto add = [](Port &port, double bytes) {
    port.bytes += bytes;
    ++port.peers;
  };
  for (const Message &message : mergeMessages(getMessages(shape))) {
    int64_t from = cluster.getNode(message.sender), to = cluster.getNode(message.receiver);
    bool isIntra = from == to;
    for (Ports *ports : {&devices[message.sender], &nodes[from]})
      add(isIntra ? ports->intraOut : ports->interOut, message.bytes);
    for (Ports *ports : {&devices[message.receiver], &nodes[to]})
      add(isIntra ? ports->intraIn : ports->interIn, message.bytes);
  }
  SmallVector<PortLoad, 2> loads;
  for (auto [link, out, in] : {std::tuple(&cluster.intra, &Ports::intraOut, &Ports::intraIn),
                               std::tuple(&cluster.inter, &Ports::interOut, &Ports::interIn)}) {
    SmallVector<Port> devicePorts, nodePorts;
    PortLoad load;
    load.isNetwork = link == &cluster.inter;
    for (auto &[id, ports] : devices)
      for (Port port : {ports.*out, ports.*in}) {
        devicePorts.push_back(port);
        load.peers = std::max(load.peers, port.peers);
      }
    for (auto &[id, ports] : nodes)
      nodePorts.append({ports.*out, ports.*in});
    if (load.peers == 0)
      continue;
    load.bytes = getBusiestBytes(**link, devicePorts, nodePorts);
    loads.push_back(load);
  }
  return loads;
}

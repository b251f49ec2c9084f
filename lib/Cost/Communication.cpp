//===- Communication.cpp - Times of collectives and transfers -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Turns a communication op into groups and messages of physical devices, and times them. All groups
// of a mesh run at once, and the slowest one is the op's time. Messages are timed by their busiest
// port: each device sends and receives at the same time, on its link inside the node and
// on its link to the network independently.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/Communication.h"

#include "Collectives.h"

#include "dagrt/IR/Transfer.h"

#include <algorithm>
#include <map>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// The place in the mesh's device list that `device` has when its indices along `axes` are 0:
/// the same for all ranks of a group, and for no others.
static int64_t getGroupKey(MeshOp mesh, AxesAttr axes, int64_t device) {
  int64_t key = device;
  for (AxisRefAttr axis : axes) {
    int64_t stride = 1, axisSize = 1;
    for (auto [name, size] : llvm::reverse(llvm::zip_equal(
             mesh.getAxisNames().getAsValueRange<StringAttr>(), mesh.getAxisSizes()))) {
      axisSize = size;
      if (name == axis.getName())
        break;
      stride *= size;
    }
    int64_t size = axis.isWhole() ? axisSize : axis.getSize();
    int64_t rest = axis.isWhole() ? 1 : axisSize / (axis.getPreSize() * size);
    int64_t index = device / stride % axisSize / rest % size;
    key -= index * rest * stride;
  }
  return key;
}

/// The device ids of each group of ranks that a collective over `axes` joins.
static std::vector<std::vector<int64_t>> getGroups(MeshOp mesh, AxesAttr axes) {
  int64_t ranks = getNumShards(mesh, axes);
  std::map<int64_t, size_t> numbers;
  std::vector<std::vector<int64_t>> groups;
  for (auto [place, device] : llvm::enumerate(mesh.getDevices())) {
    auto [it, isNew] = numbers.try_emplace(getGroupKey(mesh, axes, place), groups.size());
    if (isNew)
      groups.emplace_back(ranks);
    groups[it->second][getShardIndex(mesh, axes, place)] = device;
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
  if (communication.kind != CommunicationKind::Transfer) {
    shape.groups = getGroups(mesh, communication.axes);
    if (auto shift = dyn_cast<ShiftOp>(op))
      shape.shiftBy = shift.getBy();
    return shape;
  }
  MeshOp target = lookupMesh(op, communication.destination);
  double elementBytes = getElementBytes(communication.source.getElementType());
  for (const TransferPiece &piece : getTransferPieces(mesh, getDist(communication.source), target,
                                                      getDist(communication.target)))
    shape.messages.push_back({mesh.getDevices()[piece.sender], target.getDevices()[piece.receiver],
                              piece.elements * elementBytes});
  return shape;
}

//===----------------------------------------------------------------------===//
// Collectives
//===----------------------------------------------------------------------===//

/// What one device gets of a link that `sharing` devices of its node use at once, in bytes/us.
static double getSharedRate(const Link &link, int64_t sharing) {
  double rate = link.getRate();
  if (link.nodeBandwidth)
    rate = std::min(rate, *link.nodeBandwidth * link.efficiency / std::max<int64_t>(sharing, 1));
  return rate / 1e6;
}

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

static GroupGeometry getGeometry(ArrayRef<int64_t> group, const std::map<int64_t, int64_t> &intra,
                                 const std::map<int64_t, int64_t> &inter, const Cluster &cluster) {
  GroupGeometry geometry;
  std::map<int64_t, int64_t> counts = countByNode(group, cluster);
  geometry.ranks = group.size();
  geometry.nodes = counts.size();
  auto keepLeast = [](double &least, double rate) {
    least = least == 0 ? rate : std::min(least, rate);
  };
  for (auto [node, count] : counts) {
    geometry.mostOnNode = std::max(geometry.mostOnNode, count);
    geometry.fewestOnNode =
        geometry.fewestOnNode == 0 ? count : std::min(geometry.fewestOnNode, count);
    if (count > 1)
      keepLeast(geometry.intraRate, getSharedRate(*cluster.intra, intra.at(node)));
    // A ring has a channel through the port of each of the node's ranks.
    if (geometry.nodes > 1)
      keepLeast(geometry.interRate, count * getSharedRate(*cluster.inter, inter.at(node)));
  }
  return geometry;
}

std::vector<CommunicationTime> dagrt::getCollectiveTimes(const CommunicationShape &shape,
                                                         size_t group, const Cluster &cluster) {
  if (shape.groups[group].size() < 2)
    return {};
  auto [intra, inter] = countUsers(shape, cluster);
  return getAlgorithmTimes(shape.kind, shape.bytes,
                           getGeometry(shape.groups[group], intra, inter, cluster), cluster);
}

/// What one of `sharing` devices of a node gets of a link by its data sheet, in bytes/s.
static double getSheetRate(const std::optional<Link> &link, int64_t sharing) {
  if (!link)
    return 0;
  double rate = link->bandwidth;
  if (link->nodeBandwidth)
    rate = std::min(rate, *link->nodeBandwidth / std::max<int64_t>(sharing, 1));
  return rate;
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
      intraUsers = std::max(intraUsers, intra.at(node));
      interUsers = std::max(interUsers, inter.at(node));
    }
    place.ranks = static_cast<int64_t>(group.size());
    place.linkRate = getSheetRate(cluster.intra, intraUsers);
    place.networkRate = getSheetRate(cluster.inter, interUsers);
    if (!llvm::is_contained(places, place))
      places.push_back(place);
  }
  return places;
}

/// The slowest group with the fastest algorithm.
static CommunicationTime getSlowestGroup(const CommunicationShape &shape, const Cluster &cluster) {
  CommunicationTime slowest;
  auto [intra, inter] = countUsers(shape, cluster);
  for (const auto &group : shape.groups) {
    if (group.size() < 2)
      continue;
    std::vector<CommunicationTime> times = getAlgorithmTimes(
        shape.kind, shape.bytes, getGeometry(group, intra, inter, cluster), cluster);
    const CommunicationTime &fastest = *std::min_element(
        times.begin(), times.end(), [](const CommunicationTime &a, const CommunicationTime &b) {
          return a.microseconds < b.microseconds;
        });
    if (fastest.microseconds > slowest.microseconds)
      slowest = fastest;
  }
  return slowest;
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

static std::vector<Message> getMessages(const CommunicationShape &shape) {
  if (shape.kind == CommunicationKind::Transfer)
    return shape.messages;
  std::vector<Message> messages;
  for (const auto &group : shape.groups) {
    int64_t ranks = group.size();
    for (int64_t i = 0; i < ranks; ++i) {
      if (shape.kind == CommunicationKind::Shift) {
        int64_t from = ((i + shape.shiftBy) % ranks + ranks) % ranks;
        messages.push_back({group[from], group[i], shape.bytes});
        continue;
      }
      // Each rank holds a part of the bytes, and sends a part of that to each other rank.
      for (int64_t j = 0; j < ranks; ++j)
        messages.push_back({group[i], group[j], shape.bytes / ranks / ranks});
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

static CommunicationTime getBusiestPort(const CommunicationShape &shape, const Cluster &cluster) {
  CommunicationTime time;
  for (const PortLoad &load : getPortLoads(shape, cluster)) {
    const Link &link = load.isNetwork ? *cluster.inter : *cluster.intra;
    double latencyUs = link.latencyUs * ((load.peers - 1) / kPeersPerRound + 1);
    double microseconds = latencyUs + load.bytes / link.getRate() * 1e6;
    if (microseconds > time.microseconds)
      time = {microseconds, latencyUs, "p2p", link.kind};
  }
  return time;
}

CommunicationTime dagrt::getCommunicationTime(const CommunicationShape &shape,
                                              const Cluster &cluster) {
  switch (shape.kind) {
  case CommunicationKind::AllReduce:
  case CommunicationKind::AllGather:
  case CommunicationKind::ReduceScatter:
    return getSlowestGroup(shape, cluster);
  case CommunicationKind::AllToAll:
  case CommunicationKind::Shift:
  case CommunicationKind::Transfer:
    return getBusiestPort(shape, cluster);
  }
  llvm_unreachable("all kinds are timed");
}

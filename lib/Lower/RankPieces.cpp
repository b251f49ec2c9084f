//===- RankPieces.cpp - Who sends what to whom -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RankPieces.h"
#include "dagrt/IR/Transfer.h"

using namespace mlir;
using namespace dagrt;

int64_t LocalBox::getNumElements() const {
  int64_t count = 1;
  for (int64_t size : sizes)
    count *= size;
  return count;
}

std::optional<int64_t> dagrt::findDevice(MeshOp mesh, int64_t device) {
  ArrayRef<int64_t> devices = mesh.getDevices();
  const auto *place = llvm::find(devices, device);
  if (place == devices.end())
    return std::nullopt;
  return place - devices.begin();
}

/// Where a box of global elements lies in the array of the device at `place`.
static LocalBox getLocalBox(const Layout &layout, int64_t place, ArrayRef<Range> box) {
  LocalBox local;
  for (auto [range, origin] : llvm::zip_equal(box, layout.getOrigin(place))) {
    local.offsets.push_back(range.begin - origin);
    local.sizes.push_back(range.size());
  }
  return local;
}

std::vector<SmallVector<int64_t>> dagrt::getPeers(MeshOp mesh, AxesAttr axes) {
  DeviceGroups groups = getDeviceGroups(mesh, axes);
  for (SmallVector<int64_t> &members : groups.members)
    llvm::sort(members);
  std::vector<SmallVector<int64_t>> peers;
  for (int64_t group : groups.groupOf)
    peers.push_back(groups.members[group]);
  return peers;
}

std::vector<RankPiece> dagrt::getCollectivePieces(const Layout &source, const Layout &target,
                                                  AxesAttr axes) {
  std::vector<RankPiece> pieces;
  ArrayRef<int64_t> devices = source.getMesh().getDevices();
  for (auto [receiver, peers] : llvm::enumerate(getPeers(source.getMesh(), axes)))
    for (int64_t sender : peers) {
      Box box = intersect(source.getBox(sender), target.getBox(receiver));
      RankPiece piece{devices[sender], devices[receiver], getLocalBox(source, sender, box),
                      getLocalBox(target, receiver, box)};
      if (piece.source.getNumElements() > 0)
        pieces.push_back(std::move(piece));
    }
  return pieces;
}

std::vector<RankPiece> dagrt::getMessagePieces(const Layout &source, const Layout &target) {
  std::vector<RankPiece> pieces;
  ArrayRef<int64_t> senders = source.getMesh().getDevices();
  ArrayRef<int64_t> receivers = target.getMesh().getDevices();
  for (const TransferPiece &piece : getTransferPieces(source, target))
    pieces.push_back({senders[piece.sender], receivers[piece.receiver],
                      getLocalBox(source, piece.sender, piece.box),
                      getLocalBox(target, piece.receiver, piece.box)});
  return pieces;
}

std::pair<LocalBox, LocalBox> dagrt::getOwnBox(const Layout &source, const Layout &target,
                                               int64_t place) {
  Box box = intersect(source.getBox(place), target.getBox(place));
  return {getLocalBox(source, place, box), getLocalBox(target, place, box)};
}

//===- RankPieces.cpp - Who sends what to whom -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RankPieces.h"
#include "dagrt/IR/Transfer.h"

#include <map>

using namespace mlir;
using namespace dagrt;

int64_t LocalBox::getNumElements() const {
  int64_t count = 1;
  for (int64_t size : sizes)
    count *= size;
  return count;
}

PlacedType::PlacedType(Operation *from, RankedTensorType type)
    : mesh(lookupMesh(from, getDist(type).getMesh())), dist(getDist(type)), type(type) {}

std::optional<int64_t> PlacedType::findDevice(int64_t device) {
  ArrayRef<int64_t> devices = mesh.getDevices();
  const auto *place = llvm::find(devices, device);
  if (place == devices.end())
    return std::nullopt;
  return place - devices.begin();
}

/// Where a box of global elements lies in the array of the device at `place`.
static LocalBox getLocalBox(PlacedType value, int64_t place, ArrayRef<Range> box) {
  LocalBox local;
  for (auto [dim, range] : llvm::enumerate(box)) {
    int64_t shard = getShardIndex(value.mesh, value.dist.getDims()[dim], place);
    local.offsets.push_back(range.begin - shard * value.type.getDimSize(dim));
    local.sizes.push_back(range.size());
  }
  return local;
}

/// What both boxes hold; empty ranges where they do not meet.
static SmallVector<Range> intersect(ArrayRef<Range> a, ArrayRef<Range> b) {
  SmallVector<Range> box;
  for (auto [x, y] : llvm::zip_equal(a, b)) {
    int64_t begin = std::max(x.begin, y.begin);
    box.push_back({begin, std::max(begin, std::min(x.end, y.end))});
  }
  return box;
}

std::vector<SmallVector<int64_t>> dagrt::getGroups(MeshOp mesh, AxesAttr axes) {
  MLIRContext *context = mesh.getContext();
  SmallVector<AxisRefAttr> whole;
  for (Attribute name : mesh.getAxisNames())
    whole.push_back(AxisRefAttr::get(context, cast<StringAttr>(name).getValue(), 0, 0, 0));
  // Devices of one group agree along all other axes.
  std::optional<AxesAttr> others = removeAxes(mesh, AxesAttr::get(context, whole), axes);
  std::map<int64_t, SmallVector<int64_t>> members;
  for (int64_t place = 0, e = mesh.getNumDevices(); place < e; ++place)
    members[others ? getShardIndex(mesh, *others, place) : 0].push_back(place);
  std::vector<SmallVector<int64_t>> groups;
  for (int64_t place = 0, e = mesh.getNumDevices(); place < e; ++place)
    groups.push_back(members[others ? getShardIndex(mesh, *others, place) : 0]);
  return groups;
}

std::vector<RankPiece> dagrt::getCollectivePieces(PlacedType source, PlacedType target,
                                                  AxesAttr axes) {
  std::vector<RankPiece> pieces;
  ArrayRef<int64_t> devices = source.mesh.getDevices();
  std::vector<SmallVector<int64_t>> groups = getGroups(source.mesh, axes);
  for (auto [receiver, group] : llvm::enumerate(groups))
    for (int64_t sender : group) {
      SmallVector<Range> box = intersect(getBox(source.mesh, source.dist, sender),
                                         getBox(target.mesh, target.dist, receiver));
      RankPiece piece{devices[sender], devices[receiver], getLocalBox(source, sender, box),
                      getLocalBox(target, receiver, box)};
      if (piece.source.getNumElements() > 0)
        pieces.push_back(std::move(piece));
    }
  return pieces;
}

std::vector<RankPiece> dagrt::getMessagePieces(PlacedType source, PlacedType target) {
  std::vector<RankPiece> pieces;
  for (const TransferPiece &piece :
       getTransferPieces(source.mesh, source.dist, target.mesh, target.dist))
    pieces.push_back({source.mesh.getDevices()[piece.sender],
                      target.mesh.getDevices()[piece.receiver],
                      getLocalBox(source, piece.sender, piece.box),
                      getLocalBox(target, piece.receiver, piece.box)});
  return pieces;
}

std::pair<LocalBox, LocalBox> dagrt::getOwnBox(PlacedType source, PlacedType target,
                                               int64_t place) {
  SmallVector<Range> box =
      intersect(getBox(source.mesh, source.dist, place), getBox(target.mesh, target.dist, place));
  return {getLocalBox(source, place, box), getLocalBox(target, place, box)};
}

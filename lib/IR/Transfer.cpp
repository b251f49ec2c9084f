//===- Transfer.cpp - Pieces of a message -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Senders are grouped by the box they hold; the groups' boxes tile the value. Each receiver's box
// is cut with each group's box, and the members of the group share the cut.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Transfer.h"
#include "dagrt/IR/Dagrt.h"

#include <map>

using namespace mlir;
using namespace dagrt;

static double getElements(ArrayRef<Range> box) {
  double elements = 1;
  for (Range range : box)
    elements *= static_cast<double>(std::max<int64_t>(range.size(), 0));
  return elements;
}

static SmallVector<Range> intersect(ArrayRef<Range> a, ArrayRef<Range> b) {
  SmallVector<Range> box;
  for (auto [x, y] : llvm::zip_equal(a, b)) {
    int64_t begin = std::max(x.begin, y.begin);
    box.push_back({begin, std::max(begin, std::min(x.end, y.end))});
  }
  return box;
}

/// Part `index` of `parts` nearly equal parts of `box` along its longest dim.
static SmallVector<Range> getPart(ArrayRef<Range> box, int64_t index, int64_t parts) {
  SmallVector<Range> part(box);
  auto *longest = std::max_element(part.begin(), part.end(),
                                   [](Range a, Range b) { return a.size() < b.size(); });
  if (longest == part.end())
    return part;
  int64_t begin = longest->begin, size = longest->size();
  *longest = {begin + size * index / parts, begin + size * (index + 1) / parts};
  return part;
}

namespace {
/// The devices that hold one box.
struct Group {
  SmallVector<Range> box;
  SmallVector<int64_t> members;
};
} // namespace

static SmallVector<Group> groupByBox(MeshOp mesh, DistAttr dist) {
  std::map<SmallVector<std::pair<int64_t, int64_t>>, size_t> numbers;
  SmallVector<Group> groups;
  for (int64_t device = 0, e = mesh.getNumDevices(); device < e; ++device) {
    SmallVector<Range> box = getBox(mesh, dist, device);
    SmallVector<std::pair<int64_t, int64_t>> key;
    for (Range range : box)
      key.push_back({range.begin, range.end});
    auto [it, isNew] = numbers.try_emplace(key, groups.size());
    if (isNew)
      groups.push_back({box, {}});
    groups[it->second].members.push_back(device);
  }
  return groups;
}

SmallVector<TransferPiece> dagrt::getTransferPieces(MeshOp sourceMesh, DistAttr source,
                                                    MeshOp targetMesh, DistAttr target) {
  SmallVector<Group> groups = groupByBox(sourceMesh, source);
  SmallVector<TransferPiece> pieces;
  auto add = [&](int64_t sender, int64_t receiver, SmallVector<Range> box) {
    if (double elements = getElements(box))
      pieces.push_back({sender, receiver, std::move(box), elements});
  };
  int64_t receivers = targetMesh.getNumDevices();
  for (int64_t receiver = 0; receiver < receivers; ++receiver) {
    SmallVector<Range> wanted = getBox(targetMesh, target, receiver);
    for (const Group &group : groups) {
      SmallVector<Range> box = intersect(wanted, group.box);
      int64_t replicas = group.members.size();
      const auto *own = llvm::find_if(group.members, [&](int64_t member) {
        return sourceMesh.getDevices()[member] == targetMesh.getDevices()[receiver];
      });
      if (own != group.members.end())
        add(*own, receiver, box);
      else if (receivers % replicas == 0)
        add(group.members[receiver % replicas], receiver, box);
      else
        for (int64_t i = 0; i < replicas; ++i)
          add(group.members[i], receiver, getPart(box, i, replicas));
    }
  }
  return pieces;
}

//===- Transfer.cpp - Pieces of a message -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Senders are grouped by the box they hold; the groups' boxes tile the value. Each receiver's box
// is intersected with each group's box, and the members of the group share the intersection.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Transfer.h"

#include <map>
#include <optional>
#include <vector>

using namespace mlir;
using namespace dagrt;

/// Part `index` of `parts` nearly equal parts of `box` along its longest dim.
static Box getPart(ArrayRef<Range> box, int64_t index, int64_t parts) {
  Box part(box);
  auto *longest = std::max_element(part.begin(), part.end(),
                                   [](Range a, Range b) { return a.size() < b.size(); });
  if (longest == part.end())
    return part;
  int64_t begin = longest->begin, size = longest->size();
  // The first `size mod parts` parts are longer by one.
  auto getEnd = [&](int64_t part) { return part * (size / parts) + std::min(part, size % parts); };
  *longest = {begin + getEnd(index), begin + getEnd(index + 1)};
  return part;
}

namespace {
/// The devices that hold one box.
struct Group {
  Box box;
  SmallVector<int64_t> members;
};
} // namespace

static SmallVector<Group> groupByBox(const Layout &layout) {
  std::map<SmallVector<std::pair<int64_t, int64_t>>, size_t> numbers;
  SmallVector<Group> groups;
  for (int64_t device = 0, e = layout.getNumDevices(); device < e; ++device) {
    Box box = layout.getBox(device);
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

namespace {
/// What one receiver wants of the box of a group.
struct Want {
  int64_t receiver = 0;
  Box box;
};
} // namespace

/// Shares what the receivers want of one box among the devices that hold it: receivers in
/// turn where that is even, else a part of each receiver's box for each member, in turn too, since
/// the parts need not be equal.
static void share(ArrayRef<int64_t> members, ArrayRef<Want> wants,
                  SmallVectorImpl<TransferPiece> &pieces) {
  auto add = [&](int64_t sender, int64_t receiver, Box box) {
    if (double elements = getNumElements(box))
      pieces.push_back({sender, receiver, std::move(box), elements});
  };
  size_t replicas = members.size();
  bool even = wants.size() % replicas == 0 && llvm::all_of(wants, [&](const Want &want) {
                return getNumElements(want.box) == getNumElements(wants.front().box);
              });
  for (auto [i, want] : llvm::enumerate(wants)) {
    // A number cannot be shared.
    if (even || want.box.empty()) {
      add(members[i % replicas], want.receiver, want.box);
      continue;
    }
    for (size_t part = 0; part < replicas; ++part)
      add(members[(i + part) % replicas], want.receiver, getPart(want.box, part, replicas));
  }
}

namespace {
/// Finds the receivers whose boxes meet another box without a look at all of them.
class Receivers {
public:
  explicit Receivers(const Layout &layout);
  /// In ascending order; among them are all that meet `box`.
  SmallVector<int64_t> findNear(ArrayRef<Range> box) const;
  ArrayRef<Range> getBox(int64_t receiver) const { return boxes[receiver]; }

private:
  std::vector<Box> boxes;
  /// The dim that is sharded into the most shards; none if there are no dims.
  std::optional<size_t> dim;
  std::vector<int64_t> order; ///< Along `dim`. Shards begin and end in the same order.
};
} // namespace

Receivers::Receivers(const Layout &layout) {
  int64_t most = 0;
  for (size_t i = 0; i < layout.getRank(); ++i)
    if (int64_t shards = layout.getNumShards(i); shards > most) {
      most = shards;
      dim = i;
    }
  for (int64_t receiver = 0, e = layout.getNumDevices(); receiver < e; ++receiver) {
    boxes.push_back(layout.getBox(receiver));
    order.push_back(receiver);
  }
  if (dim)
    llvm::stable_sort(
        order, [&](int64_t a, int64_t b) { return boxes[a][*dim].begin < boxes[b][*dim].begin; });
}

SmallVector<int64_t> Receivers::findNear(ArrayRef<Range> box) const {
  if (!dim)
    return SmallVector<int64_t>(order.begin(), order.end());
  SmallVector<int64_t> found;
  Range wanted = box[*dim];
  const auto *first = llvm::partition_point(ArrayRef<int64_t>(order), [&](int64_t receiver) {
    return boxes[receiver][*dim].end <= wanted.begin;
  });
  for (const int64_t *at = first;
       at != order.data() + order.size() && boxes[*at][*dim].begin < wanted.end; ++at)
    found.push_back(*at);
  llvm::sort(found);
  return found;
}

SmallVector<TransferPiece> dagrt::getTransferPieces(const Layout &source, const Layout &target) {
  SmallVector<TransferPiece> pieces;
  Receivers receivers(target);
  ArrayRef<int64_t> senders = source.getMesh().getDevices();
  ArrayRef<int64_t> targets = target.getMesh().getDevices();
  for (const Group &group : groupByBox(source)) {
    llvm::DenseMap<int64_t, int64_t> holders;
    for (int64_t member : group.members)
      holders[senders[member]] = member;
    SmallVector<Want> wants;
    for (int64_t receiver : receivers.findNear(group.box)) {
      Box box = intersect(receivers.getBox(receiver), group.box);
      double elements = getNumElements(box);
      if (elements == 0)
        continue;
      auto own = holders.find(targets[receiver]);
      if (own != holders.end())
        pieces.push_back({own->second, receiver, std::move(box), elements});
      else
        wants.push_back({receiver, std::move(box)});
    }
    share(group.members, wants, pieces);
  }
  llvm::stable_sort(pieces, [](const TransferPiece &a, const TransferPiece &b) {
    return a.receiver < b.receiver;
  });
  return pieces;
}

//===- CollectiveKinds.cpp - What costs need to know of a kind --*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/Kernels/CollectiveKinds.h"

#include <iterator>

using namespace dagrt;

static constexpr llvm::StringRef kAllReduce[] = {"all_reduce"};
static constexpr llvm::StringRef kAllGather[] = {"all_gather", "reduce_scatter", "all_reduce"};
static constexpr llvm::StringRef kReduceScatter[] = {"reduce_scatter", "all_gather", "all_reduce"};
static constexpr llvm::StringRef kPeers[] = {"p2p", "all_gather"};

static constexpr auto kAlgorithms = CollectivePattern::Algorithms;
static constexpr auto kAllPeers = CollectivePattern::AllPeers;
static constexpr auto kOnePeer = CollectivePattern::OnePeer;

/// In the order of CommunicationKind.
static const CollectiveKind kKinds[] = {
    // kind, name, pattern, sumsForAll, ownPart, calibratedAs
    {CommunicationKind::AllReduce, "all_reduce", kAlgorithms, true, 0.25, kAllReduce},
    {CommunicationKind::AllGather, "all_gather", kAlgorithms, false, 0.4, kAllGather},
    {CommunicationKind::ReduceScatter, "reduce_scatter", kAlgorithms, false, 0.8, kReduceScatter},
    {CommunicationKind::AllToAll, "all_to_all", kAllPeers, false, 0.6, kPeers},
    {CommunicationKind::Shift, "", kOnePeer, false, 0, kPeers},
    {CommunicationKind::Transfer, "send_recv", kOnePeer, false, 0, kPeers},
};
static_assert(std::size(kKinds) == getMaxEnumValForCommunicationKind() + 1,
              "expects a row for each kind");

const CollectiveKind &dagrt::getCollectiveKind(CommunicationKind kind) {
  return kKinds[static_cast<size_t>(kind)];
}

std::optional<CommunicationKind> dagrt::findCollectiveKind(llvm::StringRef name) {
  for (const CollectiveKind &kind : kKinds)
    if (!name.empty() && kind.name == name)
      return kind.kind;
  return std::nullopt;
}

llvm::SmallVector<llvm::StringRef> dagrt::getCollectiveNames() {
  llvm::SmallVector<llvm::StringRef> names;
  for (const CollectiveKind &kind : kKinds)
    if (!kind.name.empty())
      names.push_back(kind.name);
  return names;
}

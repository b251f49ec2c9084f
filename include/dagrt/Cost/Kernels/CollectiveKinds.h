//===- CollectiveKinds.h - What costs need to know of a kind ----*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What tells the time of one kind of communication from that of another is one row of a table:
// names, rooflines, NCCL's choice and the fitted times read it.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_KERNELS_COLLECTIVEKINDS_H
#define DAGRT_COST_KERNELS_COLLECTIVEKINDS_H

#include "dagrt/IR/Work.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <optional>

namespace dagrt {

/// How the library moves the data of a kind.
enum class CollectivePattern {
  Algorithms, ///< In rings, trees or the switch, which NCCL picks.
  AllPeers,   ///< Each rank sends a part of its buffer to each other one.
  OnePeer,    ///< Each rank sends its buffer to one other.
};

struct CollectiveKind {
  CommunicationKind kind;
  /// In questions and in tables of measurements; empty if it is not asked for by name.
  llvm::StringRef name;
  CollectivePattern pattern;
  /// All ranks get a sum: an element goes round a ring twice, trees and kernels of one shot can do
  /// it, and a switch that reduces sends it once.
  bool sumsForAll;
  /// Cost of a rank's own part, in units of a part that crosses a link.
  double ownPart;
  /// The collectives whose coefficients are used: those that are calibrated with it, then those
  /// that stand in for them.
  llvm::ArrayRef<llvm::StringRef> calibratedAs;

  bool isPeerToPeer() const { return pattern != CollectivePattern::Algorithms; }
};

const CollectiveKind &getCollectiveKind(CommunicationKind kind);

/// The kind that questions and tables call `name`.
std::optional<CommunicationKind> findCollectiveKind(llvm::StringRef name);

/// The names of all kinds that have one.
llvm::SmallVector<llvm::StringRef> getCollectiveNames();

} // namespace dagrt

#endif // DAGRT_COST_KERNELS_COLLECTIVEKINDS_H

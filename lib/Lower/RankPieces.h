//===- RankPieces.h - Who sends what to whom -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Communication as boxes that go from one device to another. Private to the extraction of ranks;
// the evaluator computes the same in its own way.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_LOWER_RANKPIECES_H
#define DAGRT_LIB_LOWER_RANKPIECES_H

#include "dagrt/IR/Layout.h"

namespace dagrt {

/// A box in a device's array: where it begins, and its shape.
struct LocalBox {
  llvm::SmallVector<int64_t> offsets, sizes;
  int64_t getNumElements() const;
};

/// One message between two devices; they may be one.
struct RankPiece {
  int64_t sender = 0, receiver = 0; ///< Physical ids.
  LocalBox source;                  ///< In the sender's operand.
  LocalBox target;                  ///< In the receiver's result.
};

/// Place of a physical device in the mesh's list; none if it is not in the mesh.
std::optional<int64_t> findDevice(MeshOp mesh, int64_t device);

/// For each device of `mesh`, by its position, the positions of the devices that differ from it
/// along `axes` only, itself among them, ascending.
std::vector<llvm::SmallVector<int64_t>> getPeers(MeshOp mesh, AxesAttr axes);

/// What a collective over `axes` that takes `source` to `target` moves: each receiver gets its box
/// of the result from the devices of its group, in ascending order. Where the result is a sum,
/// each piece is a term.
std::vector<RankPiece> getCollectivePieces(const Layout &source, const Layout &target,
                                           AxesAttr axes);

/// The pieces of a message.
std::vector<RankPiece> getMessagePieces(const Layout &source, const Layout &target);

/// The box that the device at `place` must hold of `target`, in its array of `source` and in that
/// of `target`. It holds all of it in `source`.
std::pair<LocalBox, LocalBox> getOwnBox(const Layout &source, const Layout &target, int64_t place);

} // namespace dagrt

#endif // DAGRT_LIB_LOWER_RANKPIECES_H

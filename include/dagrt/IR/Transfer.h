//===- Transfer.h - Pieces of a message -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which device sends which part of a message to which device. One function answers
// this for verification, cost and execution.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_TRANSFER_H
#define DAGRT_IR_TRANSFER_H

#include "dagrt/IR/Layout.h"

namespace dagrt {

/// One box of a message on its way from one device to another.
struct TransferPiece {
  int64_t sender = 0, receiver = 0; ///< Positions in the source's and destination's device lists.
  Box box;                          ///< Global elements.
  double elements = 0;
};

/// The pieces of a message from `source` to `target` (layouts of one global shape), by receiver,
/// then by sender's box. Each receiver's box is intersected with the distinct boxes of the senders,
/// so an element crosses once for each receiver that needs it. Replicas of a box share the sending:
/// entire receivers in turn where that is even, else equal parts along the longest dim. A device
/// that holds an element itself (meshes that share devices) serves itself, which takes no link.
llvm::SmallVector<TransferPiece> getTransferPieces(const Layout &source, const Layout &target);

} // namespace dagrt

#endif // DAGRT_IR_TRANSFER_H

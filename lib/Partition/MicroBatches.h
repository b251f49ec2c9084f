//===- MicroBatches.h - A batch in parts -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Micro-batches are a rewrite of the logical function, before anything is placed: the partitioner
// needs to know nothing of them, and the order of the program is the schedule.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_PARTITION_MICROBATCHES_H
#define DAGRT_LIB_PARTITION_MICROBATCHES_H

#include "dagrt/Partition/Strategy.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dagrt {

/// Where an op will run: its mesh, and which of the mesh's runs of layers it belongs to.
struct OpPlace {
  mlir::Operation *mesh = nullptr;
  int64_t chunk = 0;
  bool operator==(const OpPlace &other) const { return mesh == other.mesh && chunk == other.chunk; }
};

/// Where an op will run whose first placed operand is at `followed`, if it has one.
using FindPlace = llvm::function_ref<OpPlace(mlir::Operation *op, std::optional<OpPlace> followed)>;

/// Rewrites a logical function into one that computes the same micro-batch by micro-batch, in the
/// order that `spec` asks for. `stages` is the number of meshes in a row, which take groups of as
/// many micro-batches in interleaved order.
llvm::LogicalResult splitIntoMicrobatches(mlir::func::FuncOp function, const MicrobatchSpec &spec,
                                          int64_t stages, FindPlace findPlace);

} // namespace dagrt

#endif // DAGRT_LIB_PARTITION_MICROBATCHES_H

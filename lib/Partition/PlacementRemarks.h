//===- PlacementRemarks.h - What a placement replicates and pads -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_PARTITION_PLACEMENTREMARKS_H
#define DAGRT_LIB_PARTITION_PLACEMENTREMARKS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dagrt {

/// Remarks what a placed function computes or stores more than once, what it pads, how even
/// causal attention is, and what it communicates in all. Category `partition`.
void emitPlacementRemarks(mlir::func::FuncOp function);

} // namespace dagrt

#endif // DAGRT_LIB_PARTITION_PLACEMENTREMARKS_H

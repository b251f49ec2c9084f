//===- ExtractRank.h - The program of one device -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A placed function says what all devices do. Each of them runs a part of it: the ops of the meshes
// that it belongs to, on its shards, with messages to and from the others.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_EXTRACTRANK_H
#define DAGRT_LOWER_EXTRACTRANK_H

#include "dagrt/IR/Dagrt.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dagrt {

/// On an argument or result of a device's program: its number in the placed function.
constexpr llvm::StringLiteral kArgumentAttrName = "dagrt.argument";
constexpr llvm::StringLiteral kResultAttrName = "dagrt.result";

/// Physical ids of the devices that run `func`, ascending: rank `i` is the device at `i`.
llvm::SmallVector<int64_t> getRankDevices(mlir::func::FuncOp func);

/// Checks that every value of `func` is placed, static and of a type that ranks can hold. Emits an
/// error at the op to blame.
llvm::LogicalResult checkRunsOnRanks(mlir::func::FuncOp func);

struct ExtractRankOptions {
  /// Every float becomes an f64.
  bool toF64 = false;
  /// Matmuls of f64 and f32 become calls of the runtime.
  bool useGemm = false;
};

/// Replaces the placed function `func` by the program of `device`. Parameters become arguments
/// first. Ops are numbered for the runtime by their place in `func`, after parameters became
/// arguments. Emits an error if the function does not run on ranks, or not on the device.
mlir::FailureOr<mlir::func::FuncOp> extractRank(mlir::func::FuncOp func, int64_t device,
                                                ExtractRankOptions options = {});

} // namespace dagrt

#endif // DAGRT_LOWER_EXTRACTRANK_H

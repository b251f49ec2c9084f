//===- Conservation.h - Conservation checks -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_TOOLS_FUZZ_CONSERVATION_H
#define DAGRT_TOOLS_FUZZ_CONSERVATION_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <string>

namespace dagrt {

/// What `placed` does not conserve of `model`: a sentence, or nothing. Counted element by element,
/// with no code in common with `--verify-placement`:
/// - a stored weight is read where the model reads it, and each shard's elements lie on as many
///   devices as any other's;
/// - the FLOPs of all ops are the model's, and devices do as many as ops have replicas;
/// - each element that a receiver holds arrives once, from a device that holds it.
std::string findLoss(mlir::func::FuncOp model, mlir::func::FuncOp placed);

} // namespace dagrt

#endif // DAGRT_TOOLS_FUZZ_CONSERVATION_H

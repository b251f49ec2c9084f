//===- Stages.h - Time of each step by the number of meshes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_BENCH_STAGES_H
#define DAGRT_BENCH_STAGES_H

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Support/LLVM.h"

#include "llvm/ADT/StringRef.h"

#include <string>

namespace dagrt {

/// Measures each step of the model with `stages` layers, once on one mesh and once with a mesh for
/// each layer, and prints both times (medians of `runs`) and their quotients.
llvm::LogicalResult printStageTimes(const mlir::DialectRegistry &registry, llvm::StringRef config,
                                    int64_t seqLen, int64_t stages, int64_t runs,
                                    std::string &error);

} // namespace dagrt

#endif // DAGRT_BENCH_STAGES_H

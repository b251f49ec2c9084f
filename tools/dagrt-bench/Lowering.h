//===- Lowering.h - How long programs take to compile -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_BENCH_LOWERING_H
#define DAGRT_BENCH_LOWERING_H

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Support/LLVM.h"

#include "llvm/ADT/StringRef.h"

#include <string>

namespace dagrt {

/// Prints what it takes to lower and to compile the model of `config` (JSON text) with few and with
/// many layers, on few and on many devices. On failure `error` says what was expected, unless it
/// has been reported.
llvm::LogicalResult printLoweringTimes(const mlir::DialectRegistry &registry,
                                       llvm::StringRef config, int64_t seqLen, int64_t runs,
                                       std::string &error);

} // namespace dagrt

#endif // DAGRT_BENCH_LOWERING_H

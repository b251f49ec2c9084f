//===- Passes.h - Passes of the dialect itself -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_PASSES_H
#define DAGRT_IR_PASSES_H

#include "mlir/Pass/Pass.h"

namespace dagrt {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "dagrt/IR/Passes.h.inc"
} // namespace dagrt

#endif // DAGRT_IR_PASSES_H

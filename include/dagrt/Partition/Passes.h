//===- Passes.h - Passes of the Partition folder -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_PARTITION_PASSES_H
#define DAGRT_PARTITION_PASSES_H

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Partition/Options.h"

#include "mlir/Pass/Pass.h"

namespace dagrt {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "dagrt/Partition/Passes.h.inc"
} // namespace dagrt

#endif // DAGRT_PARTITION_PASSES_H

//===- Passes.h - Passes of the import step -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IMPORT_PASSES_H
#define DAGRT_IMPORT_PASSES_H

#include "mlir/Pass/Pass.h"

namespace dagrt {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "dagrt/Import/Passes.h.inc"
} // namespace dagrt

#endif // DAGRT_IMPORT_PASSES_H

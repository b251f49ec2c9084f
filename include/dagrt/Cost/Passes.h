//===- Passes.h - Passes of the folder Cost -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_PASSES_H
#define DAGRT_COST_PASSES_H

#include "dagrt/Cost/ModelChoice.h"
#include "dagrt/IR/Dagrt.h"

#include "mlir/Pass/Pass.h"

namespace dagrt {

#define GEN_PASS_DECL
#include "dagrt/Cost/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "dagrt/Cost/Passes.h.inc"

} // namespace dagrt

#endif // DAGRT_COST_PASSES_H

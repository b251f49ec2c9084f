//===- Passes.h - Passes that compare plans -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_PIPELINES_PASSES_H
#define DAGRT_PIPELINES_PASSES_H

#include "dagrt/Cost/ModelChoice.h"
#include "dagrt/IR/Dagrt.h"
#include "dagrt/Partition/Options.h"
#include "dagrt/Report/Options.h"
#include "dagrt/Schedule/Options.h"

#include "mlir/Pass/Pass.h"

namespace dagrt {

#define GEN_PASS_DECL
#include "dagrt/Pipelines/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "dagrt/Pipelines/Passes.h.inc"

} // namespace dagrt

#endif // DAGRT_PIPELINES_PASSES_H

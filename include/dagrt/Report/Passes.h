//===- Passes.h - Passes of the report -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_REPORT_PASSES_H
#define DAGRT_REPORT_PASSES_H

#include "dagrt/Cost/ModelChoice.h"
#include "dagrt/IR/Dagrt.h"
#include "dagrt/Report/Options.h"
#include "dagrt/Schedule/Options.h"

#include "mlir/Pass/Pass.h"

namespace dagrt {

/// What becomes of ops whose time is not counted.
#define GEN_PASS_DECL
#include "dagrt/Report/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "dagrt/Report/Passes.h.inc"

} // namespace dagrt

#endif // DAGRT_REPORT_PASSES_H

//===- Passes.h - Passes that make programs run -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_PASSES_H
#define DAGRT_LOWER_PASSES_H

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Lower/Options.h"

#include "mlir/Pass/Pass.h"

namespace dagrt {

#define GEN_PASS_DECL
#include "dagrt/Lower/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "dagrt/Lower/Passes.h.inc"

} // namespace dagrt

#endif // DAGRT_LOWER_PASSES_H

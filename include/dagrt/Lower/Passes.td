//===- Passes.td - Passes that make programs run -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_PASSES_TD
#define DAGRT_LOWER_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // DAGRT_LOWER_PASSES_TD

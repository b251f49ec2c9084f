//===- Retype.h - Types that follow from a damage -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_TOOLS_FUZZ_RETYPE_H
#define DAGRT_TOOLS_FUZZ_RETYPE_H

#include "mlir/IR/Operation.h"

namespace dagrt {

/// Gives the results of `first` and of all ops after it in its block the types that follow from
/// their operands, as a pass would that is wrong in one place and consistent everywhere else.
/// Stops where nothing follows; the function's own type stays as it is. Returns true if a type
/// changed.
bool retypeFrom(mlir::Operation *first);

} // namespace dagrt

#endif // DAGRT_TOOLS_FUZZ_RETYPE_H

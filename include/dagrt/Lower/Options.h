//===- Options.h - Options of lowering -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_OPTIONS_H
#define DAGRT_LOWER_OPTIONS_H

#include "dagrt/Support/EnumOption.h"

namespace dagrt {

/// The types that a lowered program computes in.
enum class ElementTypes {
  Model, ///< Those of the program.
  F64,   ///< f64 for every float.
};

/// What becomes of matmuls of f64 and f32.
enum class MatmulLowering {
  Linalg, ///< The conversion to linalg lowers them, as all others.
  Blas,   ///< Calls of the runtime.
};

} // namespace dagrt

DAGRT_ENUM_OPTION(dagrt::ElementTypes)
DAGRT_ENUM_OPTION(dagrt::MatmulLowering)

#endif // DAGRT_LOWER_OPTIONS_H

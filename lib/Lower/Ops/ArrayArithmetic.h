//===- ArrayArithmetic.h - Arithmetic that families of ops share -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_LOWER_OPS_ARRAYARITHMETIC_H
#define DAGRT_LIB_LOWER_OPS_ARRAYARITHMETIC_H

#include "dagrt/Lower/Array.h"

namespace dagrt {

/// The matmul of `lhs` and `rhs` over `contract` dims, of `shape`.
Array multiply(const Array &lhs, const Array &rhs, int64_t contract, llvm::ArrayRef<int64_t> shape);

/// The elements of `x` from `offset` along `dim` on, in `shape`.
Array sliceAlong(const Array &x, int64_t dim, int64_t offset, llvm::ArrayRef<int64_t> shape);

} // namespace dagrt

#endif // DAGRT_LIB_LOWER_OPS_ARRAYARITHMETIC_H

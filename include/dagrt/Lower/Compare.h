//===- Compare.h - How far two arrays are apart -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_COMPARE_H
#define DAGRT_LOWER_COMPARE_H

#include "dagrt/Lower/Array.h"

#include <optional>

namespace dagrt {

/// The difference of an array `a` from a reference `b` of one shape.
struct Difference {
  double largest = 0;   ///< max|a - b|; not a number if either array has one.
  double reference = 0; ///< max|b|.
  /// Global index of the largest difference, or of the first element that is not finite.
  llvm::SmallVector<int64_t> index;

  /// max|a - b| / max|b|; 0 if the arrays are equal, infinite if only the reference is all zeros.
  double getError() const;
};

/// Precondition: `a` and `b` have one shape.
Difference compare(const Array &a, const Array &b);

/// Offset of the first element that is not a finite number.
std::optional<int64_t> findNotFinite(const Array &array);

} // namespace dagrt

#endif // DAGRT_LOWER_COMPARE_H

//===- ViewCoverage.h - Do views tile what is stored? -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Views of a stored weight are right if each stored element lies in exactly one of them. Elements
// are many and views few, so views are compared as boxes: split into periods of their largest
// stride, what begins and ends with the same periods is compared inside one of them.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_PARTITION_VIEWCOVERAGE_H
#define DAGRT_LIB_PARTITION_VIEWCOVERAGE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <optional>
#include <tuple>

namespace dagrt {

/// The elements of a view, in a form that does not depend on the order of its dims.
struct StridedView {
  /// Of positive sizes. Dims of one element are left out, dims that continue each other are one.
  StridedView(int64_t offset, llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> strides);
  explicit StridedView(int64_t offset) : offset(offset) {}

  int64_t getLast() const;
  /// Each stride reaches past all elements of the dims inside of it.
  bool isNested() const;
  bool operator<(const StridedView &other) const {
    return std::tie(offset, dims) < std::tie(other.offset, other.dims);
  }

  int64_t offset = 0;
  /// Stride and size, the largest stride first.
  llvm::SmallVector<std::pair<int64_t, int64_t>, 4> dims;
};

/// An element that is not in exactly one view.
struct CoverageFault {
  enum Kind { Unread, ReadTwice, Unknown } kind;
  int64_t element = 0;
};

/// The first fault that is found of views that lie in `size` elements; none if they tile them. The
/// fault is `Unknown` where views interleave in so many ways that only counting would tell, and
/// there is too much to count.
std::optional<CoverageFault> findCoverageFault(llvm::ArrayRef<StridedView> views, int64_t size);

} // namespace dagrt

#endif // DAGRT_LIB_PARTITION_VIEWCOVERAGE_H

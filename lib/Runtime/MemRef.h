//===- MemRef.h - Arrays of compiled programs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads the descriptor of an unranked memref in the layout of MLIR's conversion to LLVM.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_RUNTIME_MEMREF_H
#define DAGRT_LIB_RUNTIME_MEMREF_H

#include <cstdint>

namespace dagrt {

/// A view of strided elements of type T.
template <typename T>
struct MemRef {
  MemRef(int64_t rank, void *descriptor) : rank(rank) {
    auto **pointers = static_cast<T **>(descriptor);
    auto *numbers = reinterpret_cast<int64_t *>(pointers + 2);
    data = pointers[1] + numbers[0];
    sizes = numbers + 1;
    strides = sizes + rank;
  }

  int64_t getNumElements() const {
    int64_t count = 1;
    for (int64_t dim = 0; dim < rank; ++dim)
      count *= sizes[dim];
    return count;
  }

  /// Calls `visit` with each run of elements that are next to each other, in row-major order.
  template <typename Visit>
  void forEachRun(Visit visit) const {
    if (getNumElements() == 0)
      return;
    // Inner dims that lie next to each other are one run.
    int64_t run = 1, outer = rank;
    while (outer > 0 && (strides[outer - 1] == run || sizes[outer - 1] == 1))
      run *= sizes[--outer];
    forEachRun(visit, data, 0, outer, run);
  }

  T *data;
  int64_t rank;
  const int64_t *sizes, *strides;

private:
  template <typename Visit>
  void forEachRun(Visit &visit, T *first, int64_t dim, int64_t outer, int64_t run) const {
    if (dim == outer) {
      visit(first, run);
      return;
    }
    for (int64_t i = 0; i < sizes[dim]; ++i)
      forEachRun(visit, first + i * strides[dim], dim + 1, outer, run);
  }
};

} // namespace dagrt

#endif // DAGRT_LIB_RUNTIME_MEMREF_H

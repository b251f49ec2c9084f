//===- Array.h - Dense arrays of doubles -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the evaluator computes with: row-major arrays in f64. Integers (token ids, positions) are
// doubles too, which hold them exactly.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_ARRAY_H
#define DAGRT_LOWER_ARRAY_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <vector>

namespace dagrt {

/// Number of elements of a static shape; 1 for a scalar.
int64_t getNumElements(llvm::ArrayRef<int64_t> shape);

/// Row-major strides of `shape`.
llvm::SmallVector<int64_t> getStrides(llvm::ArrayRef<int64_t> shape);

/// Position of `index` in a row-major array of `shape`.
int64_t getOffset(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> index);

/// The index that stands at `offset`: the inverse of `getOffset`.
llvm::SmallVector<int64_t> getIndex(llvm::ArrayRef<int64_t> shape, int64_t offset);

/// Calls `visit` with every index of `shape`, the last dim fastest.
void forEachIndex(llvm::ArrayRef<int64_t> shape,
                  llvm::function_ref<void(llvm::ArrayRef<int64_t>)> visit);

/// A dense array.
struct Array {
  Array() = default;
  /// An array of zeros.
  explicit Array(llvm::ArrayRef<int64_t> shape)
      : shape(shape), elements(dagrt::getNumElements(shape)) {}
  Array(llvm::ArrayRef<int64_t> shape, std::vector<double> elements)
      : shape(shape), elements(std::move(elements)) {}

  double &at(llvm::ArrayRef<int64_t> index) { return elements[getOffset(shape, index)]; }
  double at(llvm::ArrayRef<int64_t> index) const { return elements[getOffset(shape, index)]; }

  llvm::SmallVector<int64_t> shape;
  std::vector<double> elements;
};

} // namespace dagrt

#endif // DAGRT_LOWER_ARRAY_H

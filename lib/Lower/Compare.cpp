//===- Compare.cpp - How far two arrays are apart -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Lower/Compare.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <limits>

using namespace llvm;
using namespace dagrt;

double Difference::getError() const {
  if (largest == 0)
    return 0;
  if (reference == 0 && !std::isnan(largest))
    return std::numeric_limits<double>::infinity();
  return largest / reference;
}

std::optional<int64_t> dagrt::findNotFinite(const Array &array) {
  for (auto [i, element] : enumerate(array.elements))
    if (!std::isfinite(element))
      return i;
  return std::nullopt;
}

Difference dagrt::compare(const Array &a, const Array &b) {
  Difference difference;
  for (const Array *array : {&a, &b})
    if (std::optional<int64_t> offset = findNotFinite(*array)) {
      difference.largest = std::numeric_limits<double>::quiet_NaN();
      difference.index = getIndex(array->shape, *offset);
      return difference;
    }
  int64_t worst = 0;
  for (auto [i, x, y] : enumerate(a.elements, b.elements)) {
    difference.reference = std::max(difference.reference, std::abs(y));
    if (double distance = std::abs(x - y); distance > difference.largest) {
      difference.largest = distance;
      worst = i;
    }
  }
  if (!a.elements.empty())
    difference.index = getIndex(a.shape, worst);
  return difference;
}

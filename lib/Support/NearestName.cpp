//===- NearestName.cpp - What a mistyped name may have meant -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Support/NearestName.h"

using namespace llvm;

std::string dagrt::findNearestName(StringRef name, ArrayRef<std::string> names) {
  std::string nearest;
  unsigned best = std::max<size_t>(name.size() / 3, 1) + 1;
  for (const std::string &candidate : names) {
    unsigned distance = name.edit_distance(candidate, /*AllowReplacements=*/true, best);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string dagrt::suggestName(StringRef name, ArrayRef<std::string> names) {
  std::string nearest = findNearestName(name, names);
  return nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
}

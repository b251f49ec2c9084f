//===- NearestName.cpp - Suggestions for mistyped names -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Support/NearestName.h"

#include "llvm/ADT/SmallVector.h"

using namespace llvm;

StringRef dagrt::findNearestName(StringRef name, ArrayRef<StringRef> names, unsigned most) {
  StringRef nearest;
  unsigned best = most + 1;
  for (StringRef candidate : names) {
    unsigned distance = name.edit_distance(candidate, /*AllowReplacements=*/true, best);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string dagrt::findNearestName(StringRef name, ArrayRef<std::string> names) {
  SmallVector<StringRef> candidates(names.begin(), names.end());
  return findNearestName(name, candidates, std::max<size_t>(name.size() / 3, 1)).str();
}

std::string dagrt::suggestName(StringRef name, ArrayRef<std::string> names) {
  std::string nearest = findNearestName(name, names);
  return nearest.empty() ? "" : "; did you mean '" + nearest + "'?";
}

//===- BuiltinStrategies.cpp - Strategies compiled in -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Partition/Strategy.h"

#include "llvm/ADT/StringRef.h"

using namespace llvm;

std::optional<StringRef> dagrt::getBuiltinStrategy(StringRef name) {
  static constexpr std::pair<const char *, const char *> strategies[] = {
#include "BuiltinStrategies.inc"
  };
  for (const auto &[known, text] : strategies)
    if (name == known)
      return StringRef(text);
  return std::nullopt;
}

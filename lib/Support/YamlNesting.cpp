//===- YamlNesting.cpp - How deep a YAML text nests -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Three things nest: brackets, `- - -` and `? ? ?` on a line, and indentation. The last takes a
// line for each level, longer than the one before: the size of the file bounds it.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Support/YamlNesting.h"

#include "llvm/ADT/StringExtras.h"

using namespace llvm;

dagrt::YamlNestingError dagrt::checkYamlNesting(StringRef text) {
  constexpr size_t kLargest = 1 << 20;
  constexpr unsigned kDeepest = 64;
  if (text.size() > kLargest)
    return {"expects a file of at most 1048576 bytes, got " + std::to_string(text.size()), 1, 1};
  unsigned brackets = 0, indicators = 0, line = 1;
  size_t lineStart = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '[' || c == '{')
      ++brackets;
    else if ((c == ']' || c == '}') && brackets > 0)
      --brackets;
    bool isLast = at + 1 == text.size() || isSpace(text[at + 1]);
    if ((c == '-' || c == '?') && isLast)
      ++indicators;
    else if (c != ' ' && c != '\t')
      indicators = 0;
    if (brackets + indicators > kDeepest)
      return {"expects YAML nested at most 64 deep, got deeper nesting", line,
              static_cast<unsigned>(at - lineStart + 1)};
    if (c == '\n') {
      ++line;
      lineStart = at + 1;
    }
  }
  return {};
}

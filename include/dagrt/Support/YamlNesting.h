//===- YamlNesting.h - How deep a YAML text nests -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM's YAML parser recurses as deep as its input nests, and crashes when the stack overflows, so
// the nesting of all YAML is checked here first.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SUPPORT_YAMLNESTING_H
#define DAGRT_SUPPORT_YAMLNESTING_H

#include "llvm/ADT/StringRef.h"

#include <string>

namespace dagrt {

/// What is wrong with a text that nests too deep for LLVM's YAML parser, as "expects X, got Y", and
/// where: lines and columns from 1. Empty where nothing is.
struct YamlNestingError {
  std::string message;
  unsigned line = 0, column = 0;
};

/// Checks a text before it is parsed. Brackets count wherever they stand, in strings too: a text
/// with more of them than the limit, unclosed, is refused for nothing, and none gets by.
YamlNestingError checkYamlNesting(llvm::StringRef text);

} // namespace dagrt

#endif // DAGRT_SUPPORT_YAMLNESTING_H

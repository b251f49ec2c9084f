//===- TextPosition.cpp - Line and column in a text -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The starts of all lines are found once, and a position is looked up among them.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Support/TextPosition.h"

#include "llvm/ADT/STLExtras.h"

#include <functional>

using namespace mlir;
using namespace dagrt;

Location dagrt::getFileLocation(MLIRContext *context, StringRef file, TextPosition at) {
  return FileLineColLoc::get(context, file, std::max(at.line, 1u), std::max(at.column, 1u));
}

TextLines::TextLines(StringRef text) : text(text), starts({0}) {
  for (size_t at = text.find('\n'); at != StringRef::npos; at = text.find('\n', at + 1))
    starts.push_back(at + 1);
}

TextPosition TextLines::getPosition(const char *at) const {
  std::less<> isBefore;
  if (!at || isBefore(at, text.begin()) || isBefore(text.end(), at))
    return {};
  auto offset = static_cast<size_t>(at - text.begin());
  auto next = llvm::upper_bound(starts, offset);
  return {static_cast<unsigned>(next - starts.begin()),
          static_cast<unsigned>(offset - *std::prev(next) + 1)};
}

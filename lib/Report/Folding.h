//===- Folding.h - Repeats in a sequence -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the report.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_REPORT_FOLDING_H
#define DAGRT_LIB_REPORT_FOLDING_H

#include "llvm/ADT/ArrayRef.h"

#include <vector>

namespace dagrt {

/// A part of a sequence: one element, or `count` equal parts in a row.
struct Folded {
  /// Where it begins in the sequence, and how many elements one of the equal parts has.
  unsigned first = 0, length = 1;
  unsigned count = 1;
  /// What the first of the equal parts is made of; empty for an element.
  std::vector<Folded> body;
};

/// Folds what repeats in `tokens`, innermost repeats first: `a b c a b c a b c d` becomes
/// `3 x [a b c] d`. A fold is made where it saves a line of `N x [`, body and `]`.
std::vector<Folded> foldRepeats(llvm::ArrayRef<unsigned> tokens);

} // namespace dagrt

#endif // DAGRT_LIB_REPORT_FOLDING_H

//===- TextPosition.h - Line and column in a text -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Errors in files have the line and column, whichever code reads them.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SUPPORT_TEXTPOSITION_H
#define DAGRT_SUPPORT_TEXTPOSITION_H

#include "mlir/IR/Location.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/Twine.h"

#include <vector>

namespace dagrt {

/// From 1; the line is 0 where nothing of a text is to blame.
struct TextPosition {
  unsigned line = 0, column = 0;
};

/// Is told what is wrong, and where.
using TextErrorHandler = llvm::function_ref<void(const llvm::Twine &, TextPosition)>;

/// `FILE:LINE:COLUMN`.
mlir::Location getFileLocation(mlir::MLIRContext *context, llvm::StringRef file, TextPosition at);

/// The lines of a text.
class TextLines {
public:
  explicit TextLines(llvm::StringRef text);

  /// Where `at` points to in the text; nowhere if that is elsewhere.
  TextPosition getPosition(const char *at) const;

private:
  llvm::StringRef text;
  std::vector<size_t> starts;
};

} // namespace dagrt

#endif // DAGRT_SUPPORT_TEXTPOSITION_H

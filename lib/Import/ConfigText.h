//===- ConfigText.h - The text of a config -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Text to JSON, and back to what errors quote. Configs are written by Python, which takes and
// writes more than JSON: a byte order mark in front, and NaN and Infinity as numbers. Both are
// read; a key that needs such a number refuses it.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_IMPORT_CONFIGTEXT_H
#define DAGRT_LIB_IMPORT_CONFIGTEXT_H

#include "mlir/IR/Location.h"
#include "mlir/Support/LLVM.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace dagrt {

/// A config as JSON, and the text it was read from, in which positions of the file are found.
struct ConfigText {
  std::string text;
  llvm::json::Value value = nullptr;
};

/// Parses the text of a config. Reports errors with line and column.
mlir::FailureOr<ConfigText> parseConfig(llvm::MemoryBufferRef buffer, mlir::MLIRContext *context);

/// A JSON value in one line, truncated if it is long, as errors quote it.
std::string formatValue(const llvm::json::Value &value);

/// A key as errors quote it, without quotes: printable, and truncated if it is long.
std::string formatKey(llvm::StringRef key);

/// The first bytes of `text`, up to `limit`, and dots for the rest; valid UTF-8.
std::string cutText(llvm::StringRef text, size_t limit);

/// True for the text of a string that stands for NaN or Infinity.
bool isNonFinite(llvm::StringRef text);

/// Line and column of `offset`, both from 1.
mlir::FileLineColLoc getLocAt(llvm::MemoryBufferRef buffer, size_t offset,
                              mlir::MLIRContext *context);

/// Offset after the string that opens at `at`.
size_t skipString(llvm::StringRef text, size_t at);

} // namespace dagrt

#endif // DAGRT_LIB_IMPORT_CONFIGTEXT_H

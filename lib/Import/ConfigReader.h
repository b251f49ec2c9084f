//===- ConfigReader.h - Typed access to a JSON config -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads keys of a JSON object and reports what is missing or of the wrong type
// at the key's place in the file. Only the first error is reported; after it
// every read returns a harmless value. So a function that reads twenty
// keys checks once, at its end.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_IMPORT_CONFIGREADER_H
#define DAGRT_LIB_IMPORT_CONFIGREADER_H

#include "mlir/IR/Location.h"
#include "mlir/Support/LLVM.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <optional>

namespace dagrt {

/// Parses the text of a config. Reports errors with line and column.
mlir::FailureOr<llvm::json::Value> parseConfig(llvm::MemoryBufferRef buffer,
                                               mlir::MLIRContext *context);

/// A JSON value in one line, cut if it is long, as errors quote it.
std::string formatValue(const llvm::json::Value &value);

class ConfigReader {
public:
  /// Sizes in configs are at least 1 and at most this, so that sums of a few do not overflow.
  static constexpr int64_t kMaxSize = int64_t(1) << 40;

  ConfigReader(const llvm::json::Object &object, llvm::MemoryBufferRef buffer,
               mlir::MLIRContext *context, bool &failed)
      : object(&object), buffer(buffer), context(context), failed(failed) {}

  /// The value of `key`, or null if it is absent or JSON's null.
  const llvm::json::Value *find(llvm::StringRef key) const;
  /// True if `key` is there, be it null.
  bool contains(llvm::StringRef key) const { return object->get(key) != nullptr; }
  /// Keys in alphabetical order.
  llvm::SmallVector<llvm::StringRef> getKeys() const;

  /// A size that must be there; one with a default; one that may be absent.
  int64_t readSize(llvm::StringRef key);
  int64_t readSize(llvm::StringRef key, int64_t fallback);
  std::optional<int64_t> readOptionalSize(llvm::StringRef key);
  /// A positive number.
  double readNumber(llvm::StringRef key, double fallback);
  std::optional<double> readOptionalNumber(llvm::StringRef key);
  bool readFlag(llvm::StringRef key, bool fallback);
  std::string readText(llvm::StringRef key, llvm::StringRef fallback);
  /// An array of positive numbers; empty if absent.
  llvm::SmallVector<double> readNumbers(llvm::StringRef key);
  /// An array of strings; empty if absent.
  llvm::SmallVector<std::string> readTexts(llvm::StringRef key);
  /// An object; none if absent.
  std::optional<ConfigReader> readObject(llvm::StringRef key);

  /// Reports an error about `key`.
  void reportError(llvm::StringRef key, const llvm::Twine &message);
  bool hasFailed() const { return failed; }

  /// Place of `key` in the file, or of the object if it has no such key.
  mlir::Location getLoc(llvm::StringRef key) const;

private:
  /// Offset in the text of this object's `key`.
  std::optional<size_t> findOffset(llvm::StringRef key) const;
  void reportType(llvm::StringRef key, llvm::StringRef expected);

  const llvm::json::Object *object;
  llvm::MemoryBufferRef buffer;
  mlir::MLIRContext *context;
  /// Shared by the readers of a file.
  bool &failed;
  /// Where the text of this object begins.
  size_t begin = 0;
};

} // namespace dagrt

#endif // DAGRT_LIB_IMPORT_CONFIGREADER_H

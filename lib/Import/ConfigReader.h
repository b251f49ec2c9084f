//===- ConfigReader.h - Typed access to a JSON config -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads keys of a JSON object and reports what is missing or of the wrong type
// at the key's place in the file; after an error a read returns a harmless value. So a function
// that reads twenty keys checks once, at its end. Which keys were asked for is recorded: what is
// left over in the end is a key that the import does not know.
//
// Absent, null and a value are three states. Where null means something of its own, the caller
// asks for it (`isNull`); where it does not, null is an error, like a value of the wrong type.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_IMPORT_CONFIGREADER_H
#define DAGRT_LIB_IMPORT_CONFIGREADER_H

#include "ConfigText.h"

#include "mlir/IR/Location.h"
#include "mlir/Support/LLVM.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <map>
#include <optional>

namespace dagrt {

class ConfigReader;

/// What the readers of one file share.
struct ConfigFile {
  ConfigFile(llvm::MemoryBufferRef buffer, mlir::MLIRContext *context)
      : buffer(buffer), context(context) {}

  llvm::MemoryBufferRef buffer;
  mlir::MLIRContext *context;
  /// What was read is wrong; it is right, but stands in the way of the import.
  bool failed = false, refused = false;
  /// The config is of the text model of a multimodal one. Tokens of text have the same position on
  /// all axes.
  bool isTextModel = false;
  /// The keys of each object that were asked for, and those that an error named.
  std::map<const llvm::json::Object *, llvm::StringSet<>> readKeys, reportedKeys;
  /// Readers of the nested objects, in the order they were opened.
  std::vector<ConfigReader> nested;
};

class ConfigReader {
public:
  /// Sizes in configs are at least 1 and at most this, so that sums of a few do not overflow.
  static constexpr int64_t kMaxSize = int64_t(1) << 40;

  ConfigReader(const llvm::json::Object &object, ConfigFile &file) : object(&object), file(&file) {}

  /// The value of `key`, or null if it is absent or JSON's null.
  const llvm::json::Value *find(llvm::StringRef key) const;
  /// True if `key` is there, be it null.
  bool contains(llvm::StringRef key) const;
  bool isNull(llvm::StringRef key) const { return contains(key) && !find(key); }
  /// Keys in alphabetical order.
  llvm::SmallVector<llvm::StringRef> getKeys() const;
  /// The value of `key` without asking for it; null if it is absent.
  const llvm::json::Value *peek(llvm::StringRef key) const { return object->get(key); }

  /// Records that `keys` are known, and change nothing here.
  void acceptKeys(llvm::ArrayRef<llvm::StringRef> keys) const;
  /// Keys that no one asked for, in alphabetical order.
  llvm::SmallVector<llvm::StringRef> getUnreadKeys() const;
  /// A key that someone asked for, the object lacks, and `key` may be a typo of; or nothing.
  std::string findNearestKey(llvm::StringRef key) const;
  bool isTextModel() const { return file->isTextModel; }
  /// Readers of the objects that were opened in this file.
  llvm::ArrayRef<ConfigReader> getNestedReaders() const { return file->nested; }

  /// A size that must be there; one with a default; one that may be absent or null.
  int64_t readSize(llvm::StringRef key);
  int64_t readSize(llvm::StringRef key, int64_t fallback);
  std::optional<int64_t> readOptionalSize(llvm::StringRef key);
  /// A positive number.
  double readNumber(llvm::StringRef key, double fallback);
  std::optional<double> readOptionalNumber(llvm::StringRef key);
  /// Null is false, as in Python.
  bool readFlag(llvm::StringRef key, bool fallback);
  std::string readText(llvm::StringRef key, llvm::StringRef fallback);
  /// The same of a key that may be null.
  std::string readOptionalText(llvm::StringRef key);
  /// An array of positive numbers; empty if absent.
  llvm::SmallVector<double> readNumbers(llvm::StringRef key);
  /// An array of strings; empty if absent.
  llvm::SmallVector<std::string> readTexts(llvm::StringRef key);
  /// An object; none if absent.
  std::optional<ConfigReader> readObject(llvm::StringRef key);
  /// The object `key` as a config of its own, whose keys are recorded in `file`; none if it is no
  /// object.
  std::optional<ConfigReader> openConfig(llvm::StringRef key, ConfigFile &file) const;

  /// Reports an error about `key`, unless there was one already that may be the reason.
  void reportError(llvm::StringRef key, const llvm::Twine &message);
  /// Reports that the value of `key`, which was read, stands in the way; once a key.
  void reportRefusal(llvm::StringRef key, const llvm::Twine &message);
  void reportWarning(llvm::StringRef key, const llvm::Twine &message) const;
  /// True after an error that makes what was read unreliable.
  bool hasFailed() const { return file->failed; }
  /// True after any error.
  bool hasErrors() const { return file->failed || file->refused; }

  /// Place of `key` in the file, or of the object if it has no such key.
  mlir::Location getLoc(llvm::StringRef key) const;

private:
  /// Offset in the text of this object's `key`.
  std::optional<size_t> findOffset(llvm::StringRef key) const;
  /// The message, with the object that it is about, if it is a nested one.
  std::string addPlace(const llvm::Twine &message) const;
  void reportType(llvm::StringRef key, llvm::StringRef expected);
  /// Reports a key that is missing.
  void reportAbsence(llvm::StringRef key);
  /// Reports a null where a value is needed; true if it is one.
  bool rejectNull(llvm::StringRef key, llvm::StringRef expected);

  /// The reader of the object `key`, whose text begins at the brace after the key.
  ConfigReader getReader(llvm::StringRef key, const llvm::json::Object &nested,
                         ConfigFile &nestedFile) const;

  const llvm::json::Object *object;
  ConfigFile *file;
  /// The key of the object; empty for the config itself.
  std::string name;
  /// Where the text of this object begins.
  size_t begin = 0;
};

} // namespace dagrt

#endif // DAGRT_LIB_IMPORT_CONFIGREADER_H

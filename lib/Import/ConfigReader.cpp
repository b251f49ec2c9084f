//===- ConfigReader.cpp - Typed access to a JSON config -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM's JSON values do not know where they stand in the file. Errors are rare, so
// the text is scanned for the key when there is one to report.
//
//===----------------------------------------------------------------------===//

#include "ConfigReader.h"

#include "dagrt/Support/NearestName.h"

#include "mlir/IR/Diagnostics.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

static constexpr StringLiteral kSizeText = "an integer from 1 to 2^40";
static constexpr StringLiteral kNumberText = "a positive number";

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

std::optional<size_t> ConfigReader::findOffset(StringRef key) const {
  StringRef text = file->buffer.getBuffer();
  unsigned depth = 0;
  for (size_t at = begin; at < text.size();) {
    char c = text[at];
    if (c == '"') {
      size_t end = skipString(text, at);
      bool isKey = text.drop_front(end).ltrim().starts_with(":");
      if (depth == 1 && isKey && text.slice(at + 1, end - 1) == key)
        return at;
      at = end;
      continue;
    }
    if (c == '{' || c == '[')
      ++depth;
    if ((c == '}' || c == ']') && --depth == 0)
      return std::nullopt;
    ++at;
  }
  return std::nullopt;
}

Location ConfigReader::getLoc(StringRef key) const {
  return getLocAt(file->buffer, findOffset(key).value_or(begin), file->context);
}

std::string ConfigReader::addPlace(const Twine &message) const {
  std::string text = message.str();
  // What to do comes last.
  if (!name.empty())
    text.insert(std::min(text.find("; "), text.size()), " (in '" + formatKey(name) + "')");
  return text;
}

void ConfigReader::reportError(StringRef key, const Twine &message) {
  if (!file->failed)
    emitError(getLoc(key)) << addPlace(message);
  file->failed = true;
  file->reportedKeys[object].insert(key);
}

void ConfigReader::reportRefusal(StringRef key, const Twine &message) {
  if (file->reportedKeys[object].insert(key).second)
    emitError(getLoc(key)) << addPlace(message);
  file->refused = true;
}

void ConfigReader::reportWarning(StringRef key, const Twine &message) const {
  emitWarning(getLoc(key)) << addPlace(message);
}

void ConfigReader::reportType(StringRef key, StringRef expected) {
  reportRefusal(key,
                "expects '" + key + "' to be " + expected + ", got " + formatValue(*peek(key)));
  file->failed = true;
}

/// The key of `keys` that `missing` may have been meant by, or nothing.
static StringRef findTypo(StringRef missing, ArrayRef<StringRef> keys) {
  return findNearestName(missing, keys, std::min<unsigned>(3, missing.size() / 4));
}

void ConfigReader::reportAbsence(StringRef key) {
  std::string message = ("expects a key '" + key + "', got none").str();
  StringRef typo = findTypo(key, getUnreadKeys());
  if (!typo.empty()) {
    message += "; is it '" + formatKey(typo) + "'?";
    acceptKeys(typo);
  }
  reportRefusal(key, message);
  file->failed = true;
}

bool ConfigReader::rejectNull(StringRef key, StringRef expected) {
  if (!isNull(key))
    return false;
  reportType(key, expected);
  return true;
}

//===----------------------------------------------------------------------===//
// Keys
//===----------------------------------------------------------------------===//

bool ConfigReader::contains(StringRef key) const {
  file->readKeys[object].insert(key);
  return object->get(key) != nullptr;
}

const llvm::json::Value *ConfigReader::find(StringRef key) const {
  file->readKeys[object].insert(key);
  const llvm::json::Value *value = object->get(key);
  return value && value->kind() != llvm::json::Value::Null ? value : nullptr;
}

void ConfigReader::acceptKeys(ArrayRef<StringRef> keys) const {
  for (StringRef key : keys)
    file->readKeys[object].insert(key);
}

SmallVector<StringRef> ConfigReader::getUnreadKeys() const {
  const llvm::StringSet<> &read = file->readKeys[object];
  SmallVector<StringRef> keys = getKeys();
  llvm::erase_if(keys, [&](StringRef key) { return read.contains(key); });
  return keys;
}

std::string ConfigReader::findNearestKey(StringRef key) const {
  SmallVector<StringRef> candidates;
  for (const auto &entry : file->readKeys[object])
    if (!object->get(entry.getKey()))
      candidates.push_back(entry.getKey());
  llvm::sort(candidates);
  return findTypo(key, candidates).str();
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

SmallVector<StringRef> ConfigReader::getKeys() const {
  SmallVector<StringRef> keys;
  for (const auto &entry : *object)
    keys.push_back(entry.first);
  llvm::sort(keys);
  return keys;
}

std::optional<int64_t> ConfigReader::readOptionalSize(StringRef key) {
  const llvm::json::Value *value = find(key);
  if (!value)
    return std::nullopt;
  std::optional<int64_t> size = value->getAsInteger();
  if (size && *size >= 1 && *size <= kMaxSize)
    return size;
  reportType(key, kSizeText);
  return 1;
}

int64_t ConfigReader::readSize(StringRef key, int64_t fallback) {
  if (rejectNull(key, kSizeText))
    return fallback;
  return readOptionalSize(key).value_or(fallback);
}

int64_t ConfigReader::readSize(StringRef key) {
  if (!contains(key))
    reportAbsence(key);
  return readSize(key, 1);
}

std::optional<double> ConfigReader::readOptionalNumber(StringRef key) {
  const llvm::json::Value *value = find(key);
  if (!value)
    return std::nullopt;
  std::optional<double> number = value->getAsNumber();
  if (number && std::isfinite(*number) && *number > 0)
    return number;
  reportType(key, kNumberText);
  return 1;
}

double ConfigReader::readNumber(StringRef key, double fallback) {
  if (rejectNull(key, kNumberText))
    return fallback;
  return readOptionalNumber(key).value_or(fallback);
}

bool ConfigReader::readFlag(StringRef key, bool fallback) {
  const llvm::json::Value *value = find(key);
  if (!value)
    return !contains(key) && fallback;
  if (std::optional<bool> flag = value->getAsBoolean())
    return *flag;
  reportType(key, "true or false");
  return fallback;
}

std::string ConfigReader::readText(StringRef key, StringRef fallback) {
  if (rejectNull(key, "a string") || !find(key))
    return fallback.str();
  return readOptionalText(key);
}

std::string ConfigReader::readOptionalText(StringRef key) {
  const llvm::json::Value *value = find(key);
  if (!value)
    return "";
  std::optional<StringRef> text = value->getAsString();
  if (text && !isNonFinite(*text))
    return text->str();
  reportType(key, "a string");
  return "";
}

SmallVector<double> ConfigReader::readNumbers(StringRef key) {
  SmallVector<double> numbers;
  const llvm::json::Value *value = find(key);
  if (!value)
    return numbers;
  const llvm::json::Array *array = value->getAsArray();
  bool good = array != nullptr;
  for (size_t i = 0; good && i < array->size(); ++i) {
    std::optional<double> number = (*array)[i].getAsNumber();
    good = number && std::isfinite(*number) && *number > 0;
    if (good)
      numbers.push_back(*number);
  }
  if (!good)
    reportType(key, "an array of positive numbers");
  return numbers;
}

SmallVector<std::string> ConfigReader::readTexts(StringRef key) {
  SmallVector<std::string> texts;
  const llvm::json::Value *value = find(key);
  if (!value)
    return texts;
  const llvm::json::Array *array = value->getAsArray();
  bool good = array != nullptr;
  for (size_t i = 0; good && i < array->size(); ++i) {
    std::optional<StringRef> text = (*array)[i].getAsString();
    good = text && !isNonFinite(*text);
    if (good)
      texts.push_back(text->str());
  }
  if (!good)
    reportType(key, "an array of strings");
  return texts;
}

std::optional<ConfigReader> ConfigReader::readObject(StringRef key) {
  const llvm::json::Value *value = find(key);
  if (!value)
    return std::nullopt;
  const llvm::json::Object *nested = value->getAsObject();
  if (!nested) {
    reportType(key, "an object");
    return std::nullopt;
  }
  ConfigReader reader = getReader(key, *nested, *file);
  if (!file->readKeys.count(nested))
    file->nested.push_back(reader);
  file->readKeys[nested];
  return reader;
}

std::optional<ConfigReader> ConfigReader::openConfig(StringRef key, ConfigFile &inner) const {
  const llvm::json::Value *value = find(key);
  const llvm::json::Object *nested = value ? value->getAsObject() : nullptr;
  if (!nested)
    return std::nullopt;
  return getReader(key, *nested, inner);
}

ConfigReader ConfigReader::getReader(StringRef key, const llvm::json::Object &nested,
                                     ConfigFile &nestedFile) const {
  ConfigReader reader(nested, nestedFile);
  reader.name = key.str();
  StringRef text = file->buffer.getBuffer();
  if (std::optional<size_t> at = findOffset(key))
    reader.begin = text.find('{', skipString(text, *at));
  return reader;
}

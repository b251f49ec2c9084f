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

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// Line and column of `offset`, both from 1.
static FileLineColLoc getLocAt(llvm::MemoryBufferRef buffer, size_t offset, MLIRContext *context) {
  StringRef before = buffer.getBuffer().take_front(offset);
  size_t line = before.count('\n') + 1;
  size_t lineStart = before.rfind('\n');
  size_t column = offset - (lineStart == StringRef::npos ? 0 : lineStart + 1) + 1;
  return FileLineColLoc::get(context, buffer.getBufferIdentifier(), line, column);
}

/// Offset after the string that opens at `at`.
static size_t skipString(StringRef text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\')
      ++at;
  return std::min(at + 1, text.size());
}

/// Offset of the bracket that nests deeper than `limit`. The parser recurses, so deep nesting
/// has to be refused before it.
static std::optional<size_t> findDeepNesting(StringRef text, unsigned limit) {
  unsigned depth = 0;
  for (size_t at = 0; at < text.size();) {
    char c = text[at];
    if (c == '"') {
      at = skipString(text, at);
      continue;
    }
    if ((c == '{' || c == '[') && ++depth > limit)
      return at;
    if ((c == '}' || c == ']') && depth > 0)
      --depth;
    ++at;
  }
  return std::nullopt;
}

/// The word or character at `at`, as an error quotes it.
static std::string quoteTokenAt(StringRef text, size_t at) {
  StringRef rest = text.drop_front(std::min(at, text.size()));
  if (rest.empty())
    return "the end of the file";
  StringRef word = rest.take_while([](char c) { return llvm::isAlnum(c) || c == '_' || c == '-'; });
  return ("'" + (word.empty() ? rest.take_front(1) : word.take_front(20)) + "'").str();
}

/// Offset where a word that ends at `at` begins: the parser stops inside or after a bad word.
static size_t findWordStart(StringRef text, size_t at) {
  at = std::min(at, text.size());
  while (at > 0 && (llvm::isAlnum(text[at - 1]) || text[at - 1] == '-'))
    --at;
  return at;
}

FailureOr<llvm::json::Value> dagrt::parseConfig(llvm::MemoryBufferRef buffer,
                                                MLIRContext *context) {
  StringRef text = buffer.getBuffer();
  if (text.trim().empty())
    return emitError(getLocAt(buffer, 0, context), "expects a JSON object, got an empty file");
  // Errors quote the line they are on, and a config may be one line.
  constexpr size_t kLargest = 1 << 20;
  if (text.size() > kLargest)
    return emitError(FileLineColLoc::get(context, buffer.getBufferIdentifier(), 0, 0),
                     "expects a config of at most ")
           << kLargest << " bytes, got " << text.size();
  if (std::optional<size_t> at = findDeepNesting(text, 64))
    return emitError(getLocAt(buffer, *at, context),
                     "expects JSON nested at most 64 deep, got deeper nesting");
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(text);
  if (value) {
    if (value->getAsObject())
      return std::move(*value);
    return emitError(getLocAt(buffer, 0, context), "expects a JSON object, got ")
           << formatValue(*value);
  }
  // The error knows its place only as text: "[line:column, byte=offset]: message".
  std::string message = llvm::toString(value.takeError());
  StringRef rest = message;
  size_t offset = 0;
  rest = rest.split("byte=").second;
  if (rest.consumeInteger(10, offset))
    offset = 0;
  rest.consume_front("]: ");
  offset = findWordStart(text, offset);
  std::string token = quoteTokenAt(text, offset), reason = rest.lower();
  if (token == "'Infinity'" || token == "'-Infinity'" || token == "'NaN'")
    reason = "JSON has finite numbers only; replace it with a number or null";
  return emitError(getLocAt(buffer, offset, context), "expects JSON, got ")
         << token << " (" << reason << ")";
}

std::string dagrt::formatValue(const llvm::json::Value &value) {
  std::string text = llvm::formatv("{0}", value).str();
  if (text.size() > 60)
    text = text.substr(0, 57) + "...";
  return text;
}

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

std::optional<size_t> ConfigReader::findOffset(StringRef key) const {
  StringRef text = buffer.getBuffer();
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
  return getLocAt(buffer, findOffset(key).value_or(begin), context);
}

void ConfigReader::reportError(StringRef key, const Twine &message) {
  if (!failed)
    emitError(getLoc(key)) << message;
  failed = true;
}

void ConfigReader::reportType(StringRef key, StringRef expected) {
  reportError(key, "expects '" + key + "' to be " + expected + ", got " + formatValue(*find(key)));
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

const llvm::json::Value *ConfigReader::find(StringRef key) const {
  const llvm::json::Value *value = object->get(key);
  return value && value->kind() != llvm::json::Value::Null ? value : nullptr;
}

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
  reportType(key, "an integer from 1 to 2^40");
  return 1;
}

int64_t ConfigReader::readSize(StringRef key, int64_t fallback) {
  return readOptionalSize(key).value_or(fallback);
}

int64_t ConfigReader::readSize(StringRef key) {
  if (!find(key))
    reportError(key, "expects a key '" + key + "', got none");
  return readSize(key, 1);
}

std::optional<double> ConfigReader::readOptionalNumber(StringRef key) {
  const llvm::json::Value *value = find(key);
  if (!value)
    return std::nullopt;
  std::optional<double> number = value->getAsNumber();
  if (number && std::isfinite(*number) && *number > 0)
    return number;
  reportType(key, "a positive number");
  return 1;
}

double ConfigReader::readNumber(StringRef key, double fallback) {
  return readOptionalNumber(key).value_or(fallback);
}

bool ConfigReader::readFlag(StringRef key, bool fallback) {
  const llvm::json::Value *value = find(key);
  if (!value)
    return fallback;
  if (std::optional<bool> flag = value->getAsBoolean())
    return *flag;
  reportType(key, "true or false");
  return fallback;
}

std::string ConfigReader::readText(StringRef key, StringRef fallback) {
  const llvm::json::Value *value = find(key);
  if (!value)
    return fallback.str();
  if (std::optional<StringRef> text = value->getAsString())
    return text->str();
  reportType(key, "a string");
  return fallback.str();
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
    good = text.has_value();
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
  ConfigReader reader(*nested, buffer, context, failed);
  // The text of the object begins at the brace after the key.
  if (std::optional<size_t> at = findOffset(key))
    reader.begin = buffer.getBuffer().find('{', skipString(buffer.getBuffer(), *at));
  return reader;
}

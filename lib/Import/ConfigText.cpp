//===- ConfigText.cpp - The text of a config -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ConfigText.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

FileLineColLoc dagrt::getLocAt(llvm::MemoryBufferRef buffer, size_t offset, MLIRContext *context) {
  StringRef before = buffer.getBuffer().take_front(offset);
  size_t line = before.count('\n') + 1;
  size_t lineStart = before.rfind('\n');
  size_t column = offset - (lineStart == StringRef::npos ? 0 : lineStart + 1) + 1;
  return FileLineColLoc::get(context, buffer.getBufferIdentifier(), line, column);
}

size_t dagrt::skipString(StringRef text, size_t at) {
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

/// The word or character at `at`, as an error quotes it. Bytes that are no text are named.
static std::string quoteTokenAt(StringRef text, size_t at) {
  StringRef rest = text.drop_front(std::min(at, text.size()));
  if (rest.empty())
    return "the end of the file";
  StringRef word = rest.take_while([](char c) { return llvm::isAlnum(c) || c == '_' || c == '-'; });
  if (!word.empty())
    return "'" + cutText(word, 20) + "'";
  if (llvm::isPrint(rest.front()))
    return "'" + rest.take_front(1).str() + "'";
  return "the byte 0x" + llvm::utohexstr(static_cast<uint8_t>(rest.front()));
}

/// Offset where a word that ends at `at` begins: the parser stops inside or after a bad word.
static size_t findWordStart(StringRef text, size_t at) {
  at = std::min(at, text.size());
  while (at > 0 && (llvm::isAlnum(text[at - 1]) || text[at - 1] == '-'))
    --at;
  return at;
}

//===----------------------------------------------------------------------===//
// What Python writes beyond JSON
//===----------------------------------------------------------------------===//

// JSON has strings only where Python has NaN and Infinity. A string of the same length keeps all
// positions; it begins with a character that no config has.
static constexpr char kMark = '\x7f';
static constexpr std::pair<StringLiteral, StringLiteral> kNonFinite[] = {
    {"NaN", "\"\x7f\""}, {"Infinity", "\"\x7fInfin\""}, {"-Infinity", "\"\x7f-Infin\""}};

bool dagrt::isNonFinite(StringRef text) { return text.starts_with(StringRef(&kMark, 1)); }

/// Replaces NaN, Infinity and -Infinity outside of strings.
static void replaceNonFinite(std::string &text) {
  for (size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      at = skipString(text, at);
      continue;
    }
    StringRef rest = StringRef(text).substr(at);
    for (auto [word, replacement] : kNonFinite)
      if (rest.starts_with(word))
        text.replace(at, word.size(), replacement.str());
    ++at;
    // A replacement is a string now, and replaces one entire word.
    if (text[at - 1] == '"')
      at = skipString(text, at - 1);
    else if (llvm::isAlpha(text[at - 1]))
      while (at < text.size() && llvm::isAlpha(text[at]))
        ++at;
  }
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

/// Reports what the JSON parser did not take.
static InFlightDiagnostic reportSyntax(llvm::MemoryBufferRef buffer, llvm::Error parserError,
                                       MLIRContext *context) {
  // The error knows its place only as text: "[line:column, byte=offset]: message".
  StringRef text = buffer.getBuffer();
  std::string message = llvm::toString(std::move(parserError));
  StringRef rest = StringRef(message).split("byte=").second;
  size_t offset = 0;
  if (rest.consumeInteger(10, offset))
    offset = 0;
  rest.consume_front("]: ");
  offset = findWordStart(text, offset);
  return emitError(getLocAt(buffer, offset, context), "expects JSON, got ")
         << quoteTokenAt(text, offset) << " (" << rest.lower() << ")";
}

FailureOr<ConfigText> dagrt::parseConfig(llvm::MemoryBufferRef buffer, MLIRContext *context) {
  ConfigText config;
  StringRef bytes = buffer.getBuffer();
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff"))
    return emitError(FileLineColLoc::get(context, buffer.getBufferIdentifier(), 1, 1),
                     "expects text in UTF-8, got the byte order mark of UTF-16");
  bytes.consume_front("\xef\xbb\xbf");
  config.text = bytes.str();
  llvm::MemoryBufferRef text(config.text, buffer.getBufferIdentifier());
  if (bytes.trim().empty())
    return emitError(getLocAt(text, 0, context), "expects a JSON object, got an empty file");
  if (std::optional<size_t> at = findDeepNesting(config.text, 64))
    return emitError(getLocAt(text, *at, context),
                     "expects JSON nested at most 64 deep, got deeper nesting");
  replaceNonFinite(config.text);
  llvm::Expected<llvm::json::Value> value = llvm::json::parse(config.text);
  if (!value)
    return reportSyntax(text, value.takeError(), context);
  if (!value->getAsObject())
    return emitError(getLocAt(text, 0, context), "expects a JSON object, got ")
           << formatValue(*value);
  config.value = std::move(*value);
  return config;
}

//===----------------------------------------------------------------------===//
// Quotes
//===----------------------------------------------------------------------===//

std::string dagrt::cutText(StringRef text, size_t limit) {
  if (text.size() <= limit)
    return llvm::json::fixUTF8(text);
  // Continuation bytes of UTF-8 are 10xxxxxx.
  while (limit > 0 && (static_cast<uint8_t>(text[limit]) & 0xc0) == 0x80)
    --limit;
  return llvm::json::fixUTF8(text.take_front(limit)) + "...";
}

/// The beginning of a value: what is quoted of long ones does not take long.
static llvm::json::Value takeBeginning(const llvm::json::Value &value) {
  constexpr size_t kMost = 16;
  if (std::optional<StringRef> text = value.getAsString())
    return llvm::json::Value(cutText(*text, 80));
  if (const llvm::json::Array *array = value.getAsArray()) {
    llvm::json::Array beginning;
    for (size_t i = 0; i < std::min(kMost, array->size()); ++i)
      beginning.push_back(takeBeginning((*array)[i]));
    return beginning;
  }
  if (const llvm::json::Object *object = value.getAsObject()) {
    std::vector<const llvm::json::Object::value_type *> entries;
    for (const auto &entry : *object)
      entries.push_back(&entry);
    llvm::sort(entries, [](auto *a, auto *b) { return a->first < b->first; });
    llvm::json::Object beginning;
    for (const auto *entry : ArrayRef(entries).take_front(kMost))
      beginning[cutText(entry->first, 80)] = takeBeginning(entry->second);
    return beginning;
  }
  return value;
}

/// The shortest text that is read as `number` again.
static std::string formatNumber(double number) {
  llvm::SmallString<32> text;
  for (unsigned digits = 1; digits <= 17; ++digits) {
    text.clear();
    APFloat(number).toString(text, digits, /*FormatMaxPadding=*/20);
    if (APFloat(APFloat::IEEEdouble(), text).convertToDouble() == number)
      break;
  }
  return text.str().str();
}

std::string dagrt::formatValue(const llvm::json::Value &value) {
  std::optional<double> number = value.getAsNumber();
  if (number && std::abs(*number) < 1e9 && !value.getAsInteger())
    return formatNumber(*number);
  std::string text = llvm::formatv("{0}", takeBeginning(value)).str();
  for (auto [word, replacement] : kNonFinite)
    for (size_t at; (at = text.find(replacement.str())) != std::string::npos;)
      text.replace(at, replacement.size(), word.str());
  return cutText(text, 57);
}

std::string dagrt::formatKey(StringRef key) {
  std::string text = llvm::formatv("{0}", llvm::json::Value(cutText(key, 57))).str();
  return text.substr(1, text.size() - 2);
}

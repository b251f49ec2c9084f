//===- YamlFile.cpp - Reading files of YAML or JSON -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM's reader reports an unexpected key and its position, but not the known keys. So each
// mapping notes the keys that it asks for; the handler of the reader's diagnostics
// adds them to the message.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Support/YamlFile.h"

#include "dagrt/Support/NearestName.h"
#include "dagrt/Support/YamlNesting.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLParser.h"

using namespace mlir;
using namespace dagrt;

StringRef YamlReader::refuse(const Twine &why) {
  message = why.str();
  return message;
}

LogicalResult YamlReader::checkNesting() {
  YamlNestingError nesting = checkYamlNesting(text);
  if (nesting.message.empty())
    return success();
  emitError(nesting.message, {nesting.line, nesting.column});
  return failure();
}

LogicalResult YamlReader::reject(const Twine &got) {
  if (!std::exchange(hasError, true))
    emitError("expects one " + what + ", got " + got, {1, 1});
  return failure();
}

/// Says in our words what LLVM's reader found.
std::string YamlReader::describe(StringRef found) const {
  if (found.starts_with("expects"))
    return found.str();
  if (found.consume_front("unknown key '")) {
    std::string unknown = found.take_until([](char c) { return c == '\''; }).str();
    std::string nearest = findNearestName(unknown, keys);
    return "expects the keys " + llvm::join(keys, ", ") + ", got '" + unknown + "'" +
           (suggest ? suggest(unknown, nearest) : suggestName(unknown, keys));
  }
  std::string lower = found.str();
  if (!lower.empty())
    lower[0] = llvm::toLower(lower[0]);
  return ("expects the " + what + " in YAML or JSON, got text that does not read as one: " + lower)
      .str();
}

void YamlReader::report(const llvm::SMDiagnostic &diagnostic, void *context) {
  YamlReader &reader = get(context);
  // The first error is the cause; LLVM's reader may report others that follow from it.
  if (std::exchange(reader.hasError, true))
    return;
  reader.emitError(reader.describe(diagnostic.getMessage()),
                   {static_cast<unsigned>(std::max(diagnostic.getLineNo(), 1)),
                    static_cast<unsigned>(std::max(diagnostic.getColumnNo() + 1, 1))});
}

TextPosition YamlKeys::getPosition() const {
  const llvm::yaml::Node *node = static_cast<llvm::yaml::Input &>(io).getCurrentNode();
  return node ? YamlReader::get(io).getPosition(node->getSourceRange().Start.getPointer())
              : TextPosition();
}

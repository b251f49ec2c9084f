//===- ConfigDiagnostics.cpp - Printing errors about configs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Import/ConfigDiagnostics.h"

#include "ConfigText.h"

#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;
using namespace dagrt;

ConfigDiagnosticPrinter::ConfigDiagnosticPrinter(MLIRContext *context, llvm::MemoryBufferRef config,
                                                 raw_ostream &os)
    : ScopedDiagnosticHandler(context), config(config), os(os) {
  setHandler([this](Diagnostic &diagnostic) {
    print(diagnostic);
    for (Diagnostic &note : diagnostic.getNotes())
      print(note);
  });
}

static StringRef getSeverityName(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Note:
    return "note";
  case DiagnosticSeverity::Warning:
    return "warning";
  case DiagnosticSeverity::Error:
    return "error";
  case DiagnosticSeverity::Remark:
    return "remark";
  }
  llvm_unreachable("all severities have a name");
}

void ConfigDiagnosticPrinter::print(const Diagnostic &diagnostic) {
  FileLineColLoc place;
  diagnostic.getLocation()->walk([&](Location loc) {
    place = dyn_cast<FileLineColLoc>(loc);
    return place ? WalkResult::interrupt() : WalkResult::advance();
  });
  if (place)
    os << place.getFilename().getValue() << ':' << place.getLine() << ':' << place.getColumn()
       << ": ";
  os << getSeverityName(diagnostic.getSeverity()) << ": " << diagnostic << '\n';
  if (place && place.getFilename() == config.getBufferIdentifier())
    printLine(place.getLine(), place.getColumn());
}

/// Prints the part of the line around the column, and a mark below it.
void ConfigDiagnosticPrinter::printLine(unsigned line, unsigned column) {
  constexpr size_t kBefore = 40, kWidth = 100;
  StringRef text = config.getBuffer();
  text.consume_front("\xef\xbb\xbf");
  for (; line > 1 && !text.empty(); --line)
    text = text.split('\n').second;
  text = text.split('\n').first.rtrim('\r');
  size_t at = std::min<size_t>(column > 0 ? column - 1 : 0, text.size());
  size_t begin = at > kBefore ? at - kBefore : 0;
  while (begin > 0 && (static_cast<uint8_t>(text[begin]) & 0xc0) == 0x80)
    --begin;
  std::string excerpt = cutText(text.substr(begin), kWidth);
  // Control characters would move the mark, or the terminal's cursor.
  for (char &c : excerpt)
    if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f)
      c = ' ';
  size_t columns = 0;
  for (char c : text.slice(begin, at))
    columns += (static_cast<uint8_t>(c) & 0xc0) != 0x80;
  StringRef dots = begin > 0 ? "..." : "";
  os << dots << excerpt << '\n' << std::string(dots.size() + columns, ' ') << "^\n";
}

//===- Warnings.cpp - Warnings of a report -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A warning is a part of the report, not a diagnostic: it follows the text, and is under
// `warnings` in JSON, so that a report on standard error is what its format says. Where the report
// goes elsewhere, standard error shows the warnings, too.
//
//===----------------------------------------------------------------------===//

#include "Warnings.h"

#include "dagrt/Support/Units.h"

using namespace mlir;
using namespace dagrt;

static StringRef getName(const FunctionReport &function) {
  return const_cast<func::FuncOp &>(function.timeline.function).getSymName();
}

static StringRef getName(const FunctionSweep &function) {
  return const_cast<func::FuncOp &>(function.timed.getTimeline().function).getSymName();
}

/// Those of the report, then those of each function, which say of which if there are several.
template <typename ReportT>
static std::vector<std::string> collect(const ReportT &report) {
  std::vector<std::string> all = report.warnings;
  for (const auto &function : report.functions)
    for (const std::string &warning : function.warnings)
      all.push_back(report.functions.size() == 1
                        ? warning
                        : ("@" + getName(function) + ": " + warning).str());
  return all;
}

std::vector<std::string> dagrt::getWarnings(const Report &report) { return collect(report); }
std::vector<std::string> dagrt::getWarnings(const SweepReport &report) { return collect(report); }

/// Writes `text` in lines of at most 100 columns; those after the first are indented.
static void writeWrapped(llvm::raw_ostream &os, StringRef text) {
  constexpr size_t kColumns = 100;
  size_t column = 0;
  while (!text.empty()) {
    auto [word, rest] = text.split(' ');
    if (column > 0 && column + 1 + word.size() > kColumns) {
      os << "\n ";
      column = 1;
    }
    if (column > 0)
      os << ' ';
    os << word;
    column += word.size() + (column > 0);
    text = rest;
  }
  os << '\n';
}

void dagrt::writeWarnings(llvm::raw_ostream &os, ArrayRef<std::string> warnings) {
  if (!warnings.empty())
    os << '\n';
  for (const std::string &warning : warnings)
    writeWrapped(os, "warning: " + warning);
}

void dagrt::writeWarnings(llvm::json::OStream &json, ArrayRef<std::string> warnings) {
  json.attributeArray("warnings", [&] {
    for (const std::string &warning : warnings)
      json.value(llvm::json::fixUTF8(warning));
  });
}

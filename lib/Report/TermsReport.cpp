//===- TermsReport.cpp - Published terms beside the program -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For each term: what was published, what the program does, and why they differ.
//
//===----------------------------------------------------------------------===//

#include "TermsReport.h"
#include "dagrt/Support/Units.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Unicode.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace dagrt;

/// `text` in `width` columns: a character of several bytes takes one.
static std::string padColumns(StringRef text, int width) {
  int columns = llvm::sys::unicode::columnWidthUTF8(text);
  return text.str() + std::string(std::max(width - std::max(columns, 0), 1), ' ');
}

/// Four digits and a decimal prefix.
static std::string formatScaled(double value, StringRef unit) {
  static constexpr const char *prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
  unsigned step = 0;
  while (value >= 9999.5 / 10 && step + 1 < std::size(prefixes)) {
    value /= 1000;
    ++step;
  }
  return llvm::formatv("{0} {1}{2}", llvm::format("%.4g", value), prefixes[step], unit).str();
}

static std::string formatMeasure(double value, const PublishedTerm &term) {
  if (!term.doubled.empty())
    return llvm::formatv("{0} x", llvm::format("%.4g", value)).str();
  switch (term.measure) {
  case TermMeasure::Ops:
  case TermMeasure::Messages:
    return llvm::formatv("{0}", llvm::format("%.0f", value)).str();
  case TermMeasure::Flops:
    return formatScaled(value, "FLOP");
  case TermMeasure::Bytes:
  case TermMeasure::Memory:
    return formatScaled(value, "B");
  case TermMeasure::Time:
  case TermMeasure::PathTime:
    return formatTime(static_cast<int64_t>(std::min(value, 9.2e18)));
  case TermMeasure::Replicas:
  case TermMeasure::Padded:
    return llvm::formatv("{0} x", llvm::format("%.4g", value)).str();
  }
  llvm_unreachable("all measures have units");
}

/// The program's number over the published one.
static std::string formatRatio(const ComparedTerm &row) {
  if (row.published == row.actual)
    return "equal";
  if (row.published == 0)
    return "not counted";
  return llvm::formatv("{0} x", llvm::format("%.4g", row.actual / row.published)).str();
}

/// `3 ops: a, b, c`.
static std::string describeOps(const ComparedTerm &row) {
  std::string text = std::to_string(row.numOps) + (row.numOps == 1 ? " op" : " ops");
  for (auto [i, name] : llvm::enumerate(row.ops))
    text += (i ? ", " : ": ") + name;
  if (row.numOps > static_cast<int64_t>(row.ops.size()))
    text += ", ..";
  return text;
}

/// Lines of at most 100 columns, indented.
static void printWrapped(StringRef text, raw_ostream &os) {
  constexpr size_t kWidth = 94;
  while (!text.empty()) {
    size_t length = text.size();
    if (length > kWidth) {
      length = text.rfind(' ', kWidth + 1);
      if (length == StringRef::npos || length == 0)
        length = kWidth;
    }
    os << "      " << text.take_front(length) << '\n';
    text = text.drop_front(length).ltrim();
  }
}

void dagrt::renderTermsText(const TermsReport &report, raw_ostream &os) {
  os << "Published terms and program: " << report.file.name;
  if (!report.sizes.empty())
    os << ", at " << report.sizes;
  os << "\n";
  if (!report.file.source.empty())
    os << "published in: " << report.file.source << '\n';
  os << "\n  #  " << pad("published term", 46) << pad("measure", 11) << pad("published", 13)
     << pad("program", 13) << "ratio\n";
  for (const ComparedTerm &row : report.rows) {
    const PublishedTerm &term = *row.term;
    std::string measure = getMeasureName(term.measure).str();
    if (!term.doubled.empty())
      measure = "growth";
    os << "  " << pad(term.difference, 3) << padColumns(fit(term.term, 45), 46) << pad(measure, 11)
       << pad(formatMeasure(row.published, term), 13) << pad(formatMeasure(row.actual, term), 13)
       << formatRatio(row) << '\n';
    if (!term.stands.empty())
      printWrapped(term.stands + "; " + describeOps(row), os);
    else
      printWrapped(describeOps(row), os);
    printWrapped(term.because, os);
  }
}

void dagrt::renderTermsJson(const TermsReport &report, raw_ostream &os) {
  llvm::json::OStream json(os, /*IndentSize=*/2);
  auto write = [&](StringRef key, StringRef text) {
    json.attribute(key, llvm::json::fixUTF8(text));
  };
  json.object([&] {
    json.attribute("version", 1);
    write("name", report.file.name);
    write("source", report.file.source);
    write("sizes", report.sizes);
    json.attributeArray("terms", [&] {
      for (const ComparedTerm &row : report.rows)
        json.object([&] {
          const PublishedTerm &term = *row.term;
          write("difference", term.difference);
          write("term", term.term);
          write("stands_for", term.stands);
          write("measure", getMeasureName(term.measure));
          if (!term.doubled.empty())
            write("doubled", term.doubled);
          json.attribute("published", row.published);
          json.attribute("program", row.actual);
          json.attribute("num_ops", row.numOps);
          json.attributeArray("ops", [&] {
            for (const std::string &name : row.ops)
              json.value(llvm::json::fixUTF8(name));
          });
          write("because", term.because);
        });
    });
  });
  os << '\n';
}

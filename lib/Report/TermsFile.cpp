//===- TermsFile.cpp - Reads a published estimate -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every key is optional for the reader, so that a missing one is reported by name and not on the
// wrong line.
//
//===----------------------------------------------------------------------===//

#include "Terms.h"
#include "dagrt/Support/InputFile.h"
#include "dagrt/Support/NearestName.h"
#include "dagrt/Support/YamlFile.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace dagrt;

namespace {
struct MeasureName {
  StringLiteral name;
  TermMeasure measure;
};

/// A term as the file has it.
struct TermText {
  PublishedTerm term;
  YamlText measure{"flops", {}};
  TextPosition at;
};
struct TermsText {
  std::string name, source;
  std::vector<TermText> terms;
};
} // namespace

static constexpr MeasureName kMeasures[] = {
    {"ops", TermMeasure::Ops},
    {"flops", TermMeasure::Flops},
    {"replicas", TermMeasure::Replicas},
    {"bytes", TermMeasure::Bytes},
    {"messages", TermMeasure::Messages},
    {"time", TermMeasure::Time},
    {"path_time", TermMeasure::PathTime},
    {"memory", TermMeasure::Memory},
    {"padded", TermMeasure::Padded},
};

StringRef dagrt::getMeasureName(TermMeasure measure) {
  for (const MeasureName &entry : kMeasures)
    if (entry.measure == measure)
      return entry.name;
  llvm_unreachable("all measures have names");
}

LLVM_YAML_IS_SEQUENCE_VECTOR(TermText)
LLVM_YAML_IS_SEQUENCE_VECTOR(dagrt::TermGemm)
LLVM_YAML_IS_SEQUENCE_VECTOR(dagrt::TermOps)

namespace llvm::yaml {
template <>
struct MappingTraits<TermOps> {
  static void mapping(IO &io, TermOps &ops) {
    YamlKeys keys(io);
    keys.map("roles", ops.roles);
    keys.map("kinds", ops.kinds);
    keys.map("layer", ops.layer);
  }
};
template <>
struct MappingTraits<TermGemm> {
  static void mapping(IO &io, TermGemm &gemm) {
    YamlKeys keys(io);
    keys.map("times", gemm.times);
    keys.map("m", gemm.m);
    keys.map("k", gemm.k);
    keys.map("n", gemm.n);
  }
};
template <>
struct MappingTraits<TermCount> {
  static void mapping(IO &io, TermCount &count) {
    YamlKeys keys(io);
    keys.map("gemms", count.gemms);
    keys.map("value", count.value);
    keys.map("larger", count.larger);
  }
};
template <>
struct MappingTraits<TermText> {
  static void mapping(IO &io, TermText &text) {
    YamlKeys keys(io);
    text.at = keys.getPosition();
    keys.map("difference", text.term.difference);
    keys.map("term", text.term.term);
    keys.map("stands_for", text.term.stands);
    keys.map("ops", text.term.ops);
    keys.map("measure", text.measure);
    keys.map("doubled", text.term.doubled);
    keys.map("count", text.term.count);
    keys.map("because", text.term.because);
  }
};
template <>
struct MappingTraits<TermsText> {
  static void mapping(IO &io, TermsText &text) {
    YamlKeys keys(io);
    keys.map("name", text.name);
    keys.map("source", text.source);
    keys.map("terms", text.terms);
  }
};
} // namespace llvm::yaml

/// What a term lacks, or nothing.
static std::string findDefect(const PublishedTerm &term) {
  const TermCount &count = term.count;
  if (term.term.empty() || term.because.empty())
    return "expects each term to have a 'term' and 'because', got one without";
  if (int(!count.gemms.empty()) + int(!count.value.empty()) + int(!count.larger.empty()) != 1)
    return "expects the count of '" + term.term + "' to be one of 'gemms', 'value' and 'larger'";
  for (const TermGemm &gemm : count.gemms)
    if (gemm.m.empty() || gemm.k.empty() || gemm.n.empty())
      return "expects each of the gemms of '" + term.term + "' to have 'm', 'k' and 'n'";
  return "";
}

/// Reads the terms of `text`, whose measures are names.
static FailureOr<TermsFile> checkTerms(TermsText text, TextErrorHandler emitError) {
  if (text.terms.empty()) {
    emitError("expects at least one of 'terms', got none", {1, 1});
    return failure();
  }
  TermsFile result{text.name, text.source, {}};
  for (TermText &entry : text.terms) {
    const auto *measure = llvm::find_if(
        kMeasures, [&](const MeasureName &known) { return known.name == entry.measure.text; });
    if (measure == std::end(kMeasures)) {
      std::vector<std::string> names;
      for (const MeasureName &known : kMeasures)
        names.push_back(known.name.str());
      emitError("expects the measure of '" + entry.term.term + "' to be one of " +
                    llvm::join(names, ", ") + ", got '" + entry.measure.text + "'" +
                    suggestName(entry.measure.text, names),
                entry.measure.at);
      return failure();
    }
    entry.term.measure = measure->measure;
    if (std::string defect = findDefect(entry.term); !defect.empty()) {
      emitError(defect, entry.at);
      return failure();
    }
    result.terms.push_back(std::move(entry.term));
  }
  return result;
}

FailureOr<TermsFile> dagrt::readTerms(StringRef path, Location loc) {
  auto file = readInputFile(path, kLargestDescription);
  if (!file)
    return emitError(loc) << "terms file '" << path
                          << "' cannot be read: " << llvm::toString(file.takeError())
                          << "; expects the file that option 'terms' names";
  auto report = [&](const Twine &message, TextPosition at) {
    emitError(getFileLocation(loc.getContext(), path, at)) << message;
  };
  TermsText text;
  if (failed(YamlReader((*file)->getBuffer(), "file of terms", report).read(text)))
    return failure();
  return checkTerms(std::move(text), report);
}

//===- TermsFile.cpp - Reads a published count -*- C++ -*-===//
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
#include "dagrt/IR/YamlNesting.h"
#include "dagrt/Support/InputFile.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLTraits.h"

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
  std::string measure = "flops";
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
    io.mapOptional("roles", ops.roles);
    io.mapOptional("kinds", ops.kinds);
    io.mapOptional("layer", ops.layer);
  }
};
template <>
struct MappingTraits<TermGemm> {
  static void mapping(IO &io, TermGemm &gemm) {
    io.mapOptional("times", gemm.times);
    io.mapOptional("m", gemm.m);
    io.mapOptional("k", gemm.k);
    io.mapOptional("n", gemm.n);
  }
};
template <>
struct MappingTraits<TermCount> {
  static void mapping(IO &io, TermCount &count) {
    io.mapOptional("gemms", count.gemms);
    io.mapOptional("value", count.value);
    io.mapOptional("larger", count.larger);
  }
};
template <>
struct MappingTraits<TermText> {
  static void mapping(IO &io, TermText &text) {
    io.mapOptional("difference", text.term.difference);
    io.mapOptional("term", text.term.term);
    io.mapOptional("stands_for", text.term.stands);
    io.mapOptional("ops", text.term.ops);
    io.mapOptional("measure", text.measure);
    io.mapOptional("doubled", text.term.doubled);
    io.mapOptional("count", text.term.count);
    io.mapOptional("because", text.term.because);
  }
};
template <>
struct MappingTraits<TermsText> {
  static void mapping(IO &io, TermsText &text) {
    io.mapOptional("name", text.name);
    io.mapOptional("source", text.source);
    io.mapOptional("terms", text.terms);
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

FailureOr<TermsFile> dagrt::readTerms(StringRef path, Location loc) {
  auto fail = [&](const Twine &message) {
    return emitError(loc) << "terms file '" << path << "' " << message;
  };
  auto file = readInputFile(path, kLargestDescription);
  if (!file)
    return fail("cannot be read: " + llvm::toString(file.takeError()) +
                "; expects the file that option 'terms' names");
  StringRef yaml = (*file)->getBuffer();
  if (YamlNestingError nesting = checkYamlNesting(yaml); !nesting.message.empty())
    return fail(nesting.message + " (line " + Twine(nesting.line) + ")");
  std::string message;
  auto collect = [](const llvm::SMDiagnostic &diagnostic, void *context) {
    auto &text = *static_cast<std::string *>(context);
    if (text.empty())
      text = (diagnostic.getMessage() + " (line " + Twine(diagnostic.getLineNo()) + ")").str();
  };
  TermsText text;
  llvm::yaml::Input input(yaml, nullptr, collect, &message);
  input >> text;
  if (input.error())
    return fail("expects a YAML mapping of name, source and terms: " + message);
  if (text.terms.empty())
    return fail("expects at least one of 'terms', got none");
  TermsFile result{text.name, text.source, {}};
  for (TermText &entry : text.terms) {
    const auto *measure = llvm::find_if(
        kMeasures, [&](const MeasureName &known) { return known.name == entry.measure; });
    if (measure == std::end(kMeasures))
      return fail("expects a known measure of '" + entry.term.term + "', got '" + entry.measure +
                  "'");
    entry.term.measure = measure->measure;
    if (std::string defect = findDefect(entry.term); !defect.empty())
      return fail(defect);
    result.terms.push_back(std::move(entry.term));
  }
  return result;
}

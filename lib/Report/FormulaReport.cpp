//===- FormulaReport.cpp - The formula as text -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The formula on lines that are indented as it nests, beside each line what it comes to at the
// binding, then a legend that says which ops each term stands for. The times of the lines
// sum to the length of the path.
//
//===----------------------------------------------------------------------===//

#include "FormulaReport.h"

#include "Warnings.h"

#include "PathListing.h"
#include "dagrt/Report/Uncounted.h"
#include "dagrt/Support/Units.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Unicode.h"

using namespace mlir;
using namespace dagrt;

static constexpr size_t kFormulaColumns = 78, kLegendIndent = 41, kColumns = 100;

/// The columns that a terminal needs.
static size_t getColumns(StringRef text) {
  int columns = llvm::sys::unicode::columnWidthUTF8(text);
  return columns < 0 ? text.size() : columns;
}

/// `text`, filled up to `width` columns.
static std::string padColumns(StringRef text, size_t width) {
  size_t shown = getColumns(text);
  return text.str() + std::string(shown < width ? width - shown : 0, ' ');
}

int64_t dagrt::sumTimes(const Formula &formula, ArrayRef<unsigned> items) {
  int64_t sum = 0;
  for (unsigned item : items)
    sum += formula.items[item].picoseconds;
  return sum;
}

//===----------------------------------------------------------------------===//
// The formula
//===----------------------------------------------------------------------===//

namespace {
class TreeWriter final : public FormulaVisitor {
public:
  TreeWriter(llvm::raw_ostream &os, const FormulaTerms &terms, const Formula &formula)
      : os(os), terms(terms), formula(formula) {}

  void enter(const Folded &fold, ArrayRef<unsigned> items) override {
    writeLine(std::to_string(fold.count) + " × [", sumTimes(formula, items));
    ++depth;
    isFirst = true;
  }
  void visit(const Folded &part, ArrayRef<unsigned> items) override {
    std::string text = part.count > 1 ? std::to_string(part.count) + " × " : "";
    writeLine(text + terms[formula.items[items.front()].term].format(Script::Unicode),
              sumTimes(formula, items));
  }
  void leave(const Folded &) override {
    --depth;
    os << std::string(4 + 4 * depth, ' ') << "]\n";
    isFirst = false;
  }

private:
  void writeLine(StringRef text, int64_t picoseconds) {
    std::string line = std::string(2 + 4 * depth, ' ') + (isFirst ? "  " : "+ ") + text.str();
    isFirst = false;
    // A long line has its time below it.
    if (padColumns(line, kFormulaColumns).size() == line.size())
      os << line << '\n' << std::string(kFormulaColumns, ' ');
    else
      os << padColumns(line, kFormulaColumns);
    os << llvm::formatv(" {0,10}\n", formatTime(picoseconds));
  }

  llvm::raw_ostream &os;
  const FormulaTerms &terms;
  const Formula &formula;
  unsigned depth = 0;
  bool isFirst = true;
};
} // namespace

void dagrt::writeFormulaTree(llvm::raw_ostream &os, const FormulaTerms &terms,
                             const Formula &formula) {
  TreeWriter writer(os, terms, formula);
  std::vector<Folded> parts = formula.fold();
  visitFormula(parts, writer);
}

//===----------------------------------------------------------------------===//
// The legend
//===----------------------------------------------------------------------===//

/// Terms have few names: a search is no matter.
static void addOnce(std::vector<std::string> &names, std::string name) {
  if (!llvm::is_contained(names, name))
    names.push_back(std::move(name));
}

std::vector<TermUse> dagrt::collectTermUses(const Timeline &timeline, const Formula &formula) {
  llvm::MapVector<unsigned, TermUse> uses;
  for (const FormulaItem &item : formula.items) {
    TermUse &use = uses[item.term];
    use.term = item.term;
    use.shortest = use.count == 0 ? item.picoseconds : std::min(use.shortest, item.picoseconds);
    use.longest = std::max(use.longest, item.picoseconds);
    use.picoseconds += item.picoseconds;
    ++use.count;
    for (unsigned op : item.ops) {
      addOnce(use.labels, getLabel(timeline.ops[op]));
      if (std::string mesh = getMeshLabel(timeline, timeline.ops[op]); !mesh.empty())
        addOnce(use.meshes, std::move(mesh));
    }
  }
  std::vector<TermUse> result;
  for (auto &[term, use] : uses)
    result.push_back(std::move(use));
  llvm::stable_sort(
      result, [](const TermUse &a, const TermUse &b) { return a.picoseconds > b.picoseconds; });
  return result;
}

/// `attention.query, key, value`: a name goes on where the one before it was.
static std::string joinLabels(ArrayRef<std::string> labels) {
  std::string text;
  StringRef group;
  for (StringRef label : labels) {
    auto [head, tail] = label.rsplit('.');
    bool goesOn = !text.empty() && !tail.empty() && head == group;
    text += (text.empty() ? "" : ", ") + (goesOn ? tail : label).str();
    group = tail.empty() ? StringRef() : head;
  }
  return text;
}

/// Words that are separated by blanks on lines of at most kColumns.
static void writeWrapped(llvm::raw_ostream &os, StringRef text, size_t indent) {
  SmallVector<StringRef> words;
  text.split(words, ' ');
  std::string line(indent, ' ');
  for (StringRef word : words) {
    if (line.size() > indent && line.size() + 1 + word.size() > kColumns) {
      os << line << '\n';
      line = std::string(indent, ' ');
    }
    line += (line.size() > indent ? " " : "") + word.str();
  }
  os << line << '\n';
}

void dagrt::writeLegend(llvm::raw_ostream &os, const FormulaTerms &terms, const Timeline &timeline,
                        const Formula &formula) {
  os << "\n  count           each    in all         terms, and the ops that they stand for\n";
  for (const TermUse &use : collectTermUses(timeline, formula)) {
    std::string each =
        use.shortest == use.longest ? formatTime(use.longest) : "up to " + formatTime(use.longest);
    double share = timeline.makespan > 0 ? double(use.picoseconds) / timeline.makespan : 0;
    const Term &term = terms[use.term];
    os << llvm::formatv("  {0,5} {1,14} {2,9} {3,6}  ", use.count, each,
                        formatTime(use.picoseconds), formatPercent(share));
    std::string text = term.format(Script::Unicode);
    if (getColumns(text) > kColumns - kLegendIndent)
      os << '\n' << std::string(4, ' ');
    os << text << '\n';
    std::string what = joinLabels(use.labels);
    if (term.merged > 1)
      what += llvm::formatv(" ({0} ops, one after the other)", term.merged);
    if (!use.meshes.empty())
      what += " on " + llvm::join(use.meshes, ", ");
    writeWrapped(os, what, kLegendIndent);
  }
}

/// What holds ops of the path back although their operands are there.
static void writePathWaits(llvm::raw_ostream &os, const FunctionReport &function) {
  bool isFirst = true;
  for (const ResourceWait &wait : function.waits) {
    if (wait.onCriticalPath == 0)
      continue;
    if (isFirst)
      os << "\n  ops of the path that wait for a resource that the previous op occupies\n";
    isFirst = false;
    os << llvm::formatv("  {0,5}  for {1} of {2}\n", wait.onCriticalPath,
                        getResourceName(wait.resource),
                        getClassLabel(function.timeline, wait.deviceClass));
  }
}

static void writeNotes(llvm::raw_ostream &os, const FormulaTerms &terms, const Formula &formula) {
  bool hasGemm = false;
  for (const FormulaItem &item : formula.items)
    hasGemm |= terms[item.term].isGemm();
  if (hasGemm)
    os << "\n  Get_Time(m, k, n): matmuls of m by k and k by n matrices, 2·m·k·n FLOPs, on the "
          "busiest device;\n  in attention the batch folds into m, and heads into the dim of "
          "head_dim.\n";
}

void dagrt::renderFormula(const Report &report, llvm::raw_ostream &os) {
  writeUncounted(os, report.uncountedFunctions, "functions");
  for (auto [index, function] : llvm::enumerate(report.functions)) {
    if (index > 0)
      os << '\n';
    writeSummary(os, report, function);
    if (function.timeline.makespan == 0)
      continue;
    FormulaTerms terms(function.timeline);
    Formula formula = terms.build(function.timeline);
    os << "\n  T =\n";
    writeFormulaTree(os, terms, formula);
    writeLegend(os, terms, function.timeline, formula);
    writePathWaits(os, function);
    writeNotes(os, terms, formula);
  }
  writeWarnings(os, getWarnings(report));
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static std::string multiply(const SizeProduct &factors) {
  SizeAttr product;
  for (SizeAttr factor : factors) {
    if (!factor)
      return "?";
    product = product ? product.times(factor) : factor;
  }
  return product ? product.str() : "1";
}

namespace {
/// Nests JSON arrays as the formula nests.
struct JsonTreeWriter final : FormulaVisitor {
  JsonTreeWriter(llvm::json::OStream &json, const Formula &formula)
      : json(json), formula(formula) {}

  void enter(const Folded &fold, ArrayRef<unsigned>) override {
    json.objectBegin();
    json.attribute("multiple", fold.count);
    json.attributeBegin("sum");
    json.arrayBegin();
  }
  void visit(const Folded &part, ArrayRef<unsigned> items) override {
    json.object([&] {
      json.attribute("multiple", part.count);
      json.attribute("term", formula.items[items.front()].term);
    });
  }
  void leave(const Folded &) override {
    json.arrayEnd();
    json.attributeEnd();
    json.objectEnd();
  }

  llvm::json::OStream &json;
  const Formula &formula;
};
} // namespace

static void writeTermSizes(llvm::json::OStream &json, const Term &term) {
  auto writeSizes = [&](StringRef key, ArrayRef<SizeAttr> sizes) {
    json.attributeArray(key, [&] {
      for (SizeAttr size : sizes)
        json.value(formatSize(size, Script::Ascii));
    });
  };
  if (term.communicates) {
    writeSizes("before", term.before);
    writeSizes("after", term.after);
    if (term.bytes)
      json.attribute("bytes", term.bytes.str());
    return;
  }
  static constexpr StringLiteral names[] = {"m", "k", "n"};
  if (term.isGemm()) {
    for (auto [name, argument] : llvm::zip_equal(names, term.arguments))
      json.attribute(name, multiply(argument));
    return;
  }
  json.attributeArray("sizes", [&] {
    for (const SizeProduct &argument : term.arguments)
      json.value(multiply(argument));
  });
}

void dagrt::writeFormulaJson(llvm::json::OStream &json, const FormulaTerms &terms,
                             const Timeline &timeline, const Formula &formula) {
  json.attribute("text", formatFormula(terms, formula, Script::Ascii));
  json.attributeArray("sum", [&] {
    JsonTreeWriter writer(json, formula);
    std::vector<Folded> parts = formula.fold();
    visitFormula(parts, writer);
  });
  json.attributeArray("terms", [&] {
    for (const TermUse &use : collectTermUses(timeline, formula)) {
      const Term &term = terms[use.term];
      json.object([&] {
        json.attribute("term", use.term);
        json.attribute("text", llvm::json::fixUTF8(term.format(Script::Ascii)));
        json.attribute("kind", llvm::json::fixUTF8(term.kind));
        writeTermSizes(json, term);
        json.attribute("count", use.count);
        json.attribute("merged", term.merged);
        json.attribute("picoseconds", use.picoseconds);
        json.attributeArray("ops", [&] {
          for (StringRef label : use.labels)
            json.value(llvm::json::fixUTF8(label));
        });
        json.attributeArray("meshes", [&] {
          for (StringRef mesh : use.meshes)
            json.value(llvm::json::fixUTF8(mesh));
        });
      });
    }
  });
}

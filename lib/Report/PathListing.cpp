//===- PathListing.cpp - The folded critical path as text -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Steps of the path that would print the same line, but for their layer, micro-batch and start, are
// equal: they agree in label, mesh, time, arguments and wait. What repeats among them is printed
// once. A path is long and has few lines, so that lines are written once for all their steps.
//
//===----------------------------------------------------------------------===//

#include "PathListing.h"

#include "Folding.h"
#include "dagrt/Support/Units.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dagrt;

namespace {
/// What the listing says of equal steps.
struct Line {
  std::string label, mesh, detail, wait;
  bool hasMicrobatch = false;
};

/// An op of the path.
struct Step {
  const ScheduledOp *op = nullptr;
  unsigned line = 0; ///< Its number; equal ones for equal lines.
  /// Layer and micro-batch, -1 for none.
  int64_t layer = -1, microbatch = -1;
};

/// Finds the lines of steps.
class LineTable {
public:
  explicit LineTable(const FunctionReport &function)
      : function(function), timeline(function.timeline) {}

  /// The number of the line of op `index`; a new one if no step before it prints the same.
  unsigned getNumber(unsigned index);
  ArrayRef<Line> getLines() const { return lines; }

private:
  SmallString<128> getFacts(unsigned index) const;
  Line makeLine(unsigned index) const;

  const FunctionReport &function;
  const Timeline &timeline;
  std::vector<Line> lines;
  /// Of the facts that lines are made of, which are quick to compare, and of lines.
  llvm::StringMap<unsigned> ofFacts, ofText;
};

/// Writes steps and folds.
class Listing {
public:
  Listing(llvm::raw_ostream &os, ArrayRef<Step> steps, ArrayRef<Line> lines)
      : os(os), steps(steps), lines(lines) {
    for (const Line &line : lines) {
      size_t prefix = line.hasMicrobatch ? 15 : 2;
      labelWidth = std::clamp<size_t>(line.label.size() + prefix, labelWidth, 34);
      meshWidth = std::clamp<size_t>(line.mesh.size(), meshWidth, 16);
    }
  }

  void write(ArrayRef<Folded> parts, unsigned depth);

private:
  void writeStep(const Folded &part, unsigned depth);
  void writeFold(const Folded &part, unsigned depth);
  void writeLine(StringRef line) { os << line.rtrim() << '\n'; }
  std::string getRange(const Folded &part, int64_t Step::*number, StringRef what) const;
  int64_t getTime(const Folded &part) const;
  bool hasBudget();

  llvm::raw_ostream &os;
  ArrayRef<Step> steps;
  ArrayRef<Line> lines;
  size_t labelWidth = 24, meshWidth = 4;
  /// Lines still to be printed before the listing stops, and ops left out.
  unsigned budget = 150, omitted = 0;

public:
  unsigned getOmitted() const { return omitted; }
};
} // namespace

std::string dagrt::getClassLabel(const Timeline &timeline, unsigned deviceClass) {
  std::string label;
  for (unsigned mesh : timeline.classes[deviceClass].meshes)
    label += (label.empty() ? "" : "+") + timeline.meshes[mesh].getName().str();
  return label.empty() ? "the device" : label;
}

/// `Get_Time(8192, 4096, 512)` for a GEMM, else what the cost says: `ring, link`.
static std::string getDetail(CostAttr cost, const std::optional<GemmShape> &gemm) {
  if (gemm) {
    std::string text = llvm::formatv("Get_Time({0}, {1}, {2})", gemm->m, gemm->k, gemm->n);
    return gemm->batch == 1 ? text : std::to_string(gemm->batch) + " x " + text;
  }
  std::string text;
  if (cost.getBound() != Bound::none)
    text = (stringifyBound(cost.getBound()) + " bound").str();
  if (!cost.getAlgorithm().empty())
    text = cost.getAlgorithm().str() + (text.empty() ? "" : ", ") + text;
  return text;
}

template <typename T>
static void appendBytes(SmallVectorImpl<char> &bytes, const T &value) {
  const char *begin = reinterpret_cast<const char *>(&value);
  bytes.append(begin, begin + sizeof(T));
}

/// All that the line of op `index` is made of.
SmallString<128> LineTable::getFacts(unsigned index) const {
  const ScheduledOp &op = timeline.ops[index];
  SmallString<128> facts(getLabel(op));
  for (unsigned mesh : {op.mesh, op.destination})
    appendBytes(facts, mesh);
  appendBytes(facts, op.cost.getAsOpaquePointer());
  appendBytes(facts, op.onPath);
  GemmShape gemm = function.facts[index].gemm.value_or(GemmShape());
  for (int64_t size : {gemm.m, gemm.k, gemm.n, gemm.batch})
    appendBytes(facts, size);
  RoleAttr role = getRole(op.op);
  facts.push_back(role && role.hasLayer());
  facts.push_back(role && role.hasMicrobatch());
  if (op.cause != StartCause::Resource)
    return facts;
  appendBytes(facts, op.start - op.ready);
  appendBytes(facts, op.resource);
  appendBytes(facts, op.deviceClass);
  facts += getLabel(timeline.ops[op.blocker]);
  return facts;
}

Line LineTable::makeLine(unsigned index) const {
  const ScheduledOp &op = timeline.ops[index];
  Line line;
  line.label = getLabel(op);
  line.mesh = getMeshLabel(timeline, op);
  // Columns are scarce here.
  if (size_t arrow = line.mesh.find(" -> "); op.destination != kNone && arrow != std::string::npos)
    line.mesh.replace(arrow, 4, "->");
  line.detail = getDetail(op.cost, function.facts[index].gemm);
  RoleAttr role = getRole(op.op);
  line.hasMicrobatch = role && role.hasMicrobatch();
  if (op.cause == StartCause::Resource)
    line.wait =
        llvm::formatv("^ waited {0} for {1} of {2}, held by {3}", formatTime(op.start - op.ready),
                      getResourceName(op.resource), getClassLabel(timeline, op.deviceClass),
                      getLabel(timeline.ops[op.blocker]));
  return line;
}

unsigned LineTable::getNumber(unsigned index) {
  auto [facts, isNew] = ofFacts.try_emplace(getFacts(index), 0);
  if (!isNew)
    return facts->getValue();
  Line line = makeLine(index);
  RoleAttr role = getRole(timeline.ops[index].op);
  SmallString<256> text;
  llvm::raw_svector_ostream(text) << line.label << '\n'
                                  << line.mesh << '\n'
                                  << line.detail << '\n'
                                  << line.wait << '\n'
                                  << timeline.ops[index].onPath << '\n'
                                  << (role && role.hasLayer()) << line.hasMicrobatch;
  auto [known, isNewLine] = ofText.try_emplace(text, lines.size());
  if (isNewLine)
    lines.push_back(std::move(line));
  return facts->getValue() = known->getValue();
}

/// `  layer 3`, `  layers 1-31`; empty if no step of the part belongs to a layer. The same for
/// micro-batches.
std::string Listing::getRange(const Folded &part, int64_t Step::*number, StringRef what) const {
  int64_t first = INT64_MAX, last = -1;
  for (const Step &step : steps.slice(part.first, size_t(part.length) * part.count)) {
    if (step.*number < 0)
      continue;
    first = std::min(first, step.*number);
    last = std::max(last, step.*number);
  }
  if (last < 0)
    return "";
  if (first == last)
    return llvm::formatv("  {0} {1}", what, first);
  return llvm::formatv("  {0}{1} {2}-{3}", what, what.ends_with("h") ? "es" : "s", first, last);
}

/// Time of one of the equal parts.
int64_t Listing::getTime(const Folded &part) const {
  const ScheduledOp &first = *steps[part.first].op;
  const ScheduledOp &last = *steps[part.first + part.length - 1].op;
  return last.start + last.onPath - first.start;
}

/// True if one line more may be printed.
bool Listing::hasBudget() {
  if (budget == 0)
    return false;
  --budget;
  return true;
}

void Listing::writeStep(const Folded &part, unsigned depth) {
  const Step &step = steps[part.first];
  const Line &written = lines[step.line];
  std::string label(2 * depth, ' ');
  if (part.count > 1)
    label += std::to_string(part.count) + " x ";
  // Inside a fold the layer is the fold's.
  if (depth == 0 && step.microbatch >= 0 && part.count == 1)
    label += "mb" + std::to_string(step.microbatch) + ".";
  if (depth == 0 && step.layer >= 0)
    label += "layers." + std::to_string(step.layer) + ".";
  label += written.label;
  std::string line = llvm::formatv(" {0,9} {1,9}  {2} {3} {4}", formatTime(step.op->start),
                                   formatTime(step.op->onPath), pad(label, labelWidth),
                                   pad(written.mesh, meshWidth), written.detail);
  writeLine(fit(line, 100));
  if (!written.wait.empty())
    writeLine(fit(std::string(22 + 2 * depth, ' ') + written.wait, 100));
}

void Listing::writeFold(const Folded &part, unsigned depth) {
  std::string indent(2 * depth, ' ');
  writeLine(fit(llvm::formatv(" {0,9} {1,9}  {2}{3} x [{4}{5}",
                              formatTime(steps[part.first].op->start), formatTime(getTime(part)),
                              indent, part.count, getRange(part, &Step::layer, "layer"),
                              getRange(part, &Step::microbatch, "micro-batch"))
                    .str(),
                100));
  write(part.body, depth + 1);
  writeLine(std::string(22, ' ') + indent + "]");
}

void Listing::write(ArrayRef<Folded> parts, unsigned depth) {
  for (const Folded &part : parts) {
    bool isFold = part.body.size() > 1 || (part.body.size() == 1 && !part.body[0].body.empty());
    if (!hasBudget()) {
      omitted += part.length * part.count;
      continue;
    }
    if (isFold)
      writeFold(part, depth);
    else
      writeStep(part, depth);
  }
}

void dagrt::listCriticalPath(llvm::raw_ostream &os, const FunctionReport &function) {
  const Timeline &timeline = function.timeline;
  LineTable table(function);
  std::vector<Step> steps;
  std::vector<unsigned> numbers;
  steps.reserve(timeline.criticalPath.size());
  numbers.reserve(timeline.criticalPath.size());
  for (unsigned index : timeline.criticalPath) {
    const ScheduledOp &op = timeline.ops[index];
    if (op.onPath == 0)
      continue;
    RoleAttr role = getRole(op.op);
    steps.push_back({&op, table.getNumber(index), role ? role.getLayer() : -1,
                     role ? role.getMicrobatch() : -1});
    numbers.push_back(steps.back().line);
  }
  os << llvm::formatv("\n {0,9} {1,9}  critical path ({2} ops)\n", "start", "time", steps.size());
  Listing listing(os, steps, table.getLines());
  listing.write(foldRepeats(numbers), 0);
  if (listing.getOmitted() > 0)
    os << "             ... " << listing.getOmitted()
       << " ops more; format=json lists every op of the path\n";
}

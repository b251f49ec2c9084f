//===- PathListing.cpp - The folded critical path as text -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Steps of the path that would print the same line, but for their layer, micro-batch and start, are
// equal: they agree in label, mesh, time, arguments and wait. What repeats among them is printed
// once.
//
//===----------------------------------------------------------------------===//

#include "PathListing.h"

#include "Folding.h"
#include "dagrt/Support/Units.h"

#include "llvm/Support/FormatVariadic.h"

#include <tuple>

using namespace mlir;
using namespace dagrt;

namespace {
/// A line of the listing.
struct Step {
  const ScheduledOp *op = nullptr;
  std::string label, mesh, detail, wait;
  /// Layer and micro-batch, -1 for none.
  int64_t layer = -1, microbatch = -1;
};

/// Writes steps and folds.
class Listing {
public:
  Listing(llvm::raw_ostream &os, ArrayRef<Step> steps) : os(os), steps(steps) {
    for (const Step &step : steps) {
      size_t prefix = step.microbatch >= 0 ? 15 : 2;
      labelWidth = std::clamp<size_t>(step.label.size() + prefix, labelWidth, 34);
      meshWidth = std::clamp<size_t>(step.mesh.size(), meshWidth, 16);
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

static Step makeStep(const FunctionReport &function, unsigned index) {
  const Timeline &timeline = function.timeline;
  const ScheduledOp &op = timeline.ops[index];
  Step step;
  step.op = &op;
  step.label = getLabel(op);
  step.mesh = getMeshLabel(timeline, op);
  // Columns are scarce here.
  if (size_t arrow = step.mesh.find(" -> "); op.destination != kNone && arrow != std::string::npos)
    step.mesh.replace(arrow, 4, "->");
  step.detail = getDetail(op.cost, function.facts[index].gemm);
  if (RoleAttr role = getRole(op.op))
    std::tie(step.layer, step.microbatch) = std::pair(role.getLayer(), role.getMicrobatch());
  if (op.cause == StartCause::Resource)
    step.wait =
        llvm::formatv("^ waited {0} for {1} of {2}, held by {3}", formatTime(op.start - op.ready),
                      getResourceName(op.resource), getClassLabel(timeline, op.deviceClass),
                      getLabel(timeline.ops[op.blocker]));
  return step;
}

/// A number for each step; equal numbers for equal lines.
static std::vector<unsigned> numberSteps(ArrayRef<Step> steps) {
  llvm::StringMap<unsigned> numbers;
  std::vector<unsigned> result;
  for (const Step &step : steps) {
    SmallString<256> key;
    llvm::raw_svector_ostream(key) << step.label << '\n'
                                   << step.mesh << '\n'
                                   << step.detail << '\n'
                                   << step.wait << '\n'
                                   << step.op->onPath << '\n'
                                   << (step.layer >= 0) << (step.microbatch >= 0);
    result.push_back(numbers.try_emplace(key, numbers.size()).first->getValue());
  }
  return result;
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
  std::string label(2 * depth, ' ');
  if (part.count > 1)
    label += std::to_string(part.count) + " x ";
  // Inside a fold the layer is the fold's.
  if (depth == 0 && step.microbatch >= 0 && part.count == 1)
    label += "mb" + std::to_string(step.microbatch) + ".";
  if (depth == 0 && step.layer >= 0)
    label += "layers." + std::to_string(step.layer) + ".";
  label += step.label;
  std::string line = llvm::formatv(" {0,9} {1,9}  {2} {3} {4}", formatTime(step.op->start),
                                   formatTime(step.op->onPath), pad(label, labelWidth),
                                   pad(step.mesh, meshWidth), step.detail);
  writeLine(fit(line, 100));
  if (!step.wait.empty())
    writeLine(fit(std::string(22 + 2 * depth, ' ') + step.wait, 100));
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
  std::vector<Step> steps;
  for (unsigned index : timeline.criticalPath)
    if (timeline.ops[index].onPath > 0)
      steps.push_back(makeStep(function, index));
  os << llvm::formatv("\n {0,9} {1,9}  critical path ({2} ops)\n", "start", "time", steps.size());
  Listing listing(os, steps);
  listing.write(foldRepeats(numberSteps(steps)), 0);
  if (listing.getOmitted() > 0)
    os << "             ... " << listing.getOmitted()
       << " ops more; format=json lists every op of the path\n";
}

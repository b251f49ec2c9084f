//===- Sweep.cpp - Timelines at many sizes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Schedule/Sweep.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

#include <optional>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Points
//===----------------------------------------------------------------------===//

size_t SizeSweep::getNumPoints() const {
  size_t points = axes.empty() ? 0 : 1;
  for (const SizeAxis &axis : axes)
    points *= axis.values.size();
  return points;
}

SizeBinding SizeSweep::getPoint(size_t index, SizeBinding base) const {
  for (const SizeAxis &axis : llvm::reverse(axes)) {
    base.set(axis.name, axis.values[index % axis.values.size()]);
    index /= axis.values.size();
  }
  return base;
}

namespace {
/// Reads the text of a sweep.
class SweepParser {
public:
  explicit SweepParser(SizeBinding::EmitError emitError) : emitError(emitError) {}

  FailureOr<SizeSweep> parse(StringRef text);

private:
  LogicalResult parseAxis(StringRef text);
  LogicalResult parseItem(StringRef text, SizeAxis &axis);
  LogicalResult addRange(StringRef text, int64_t first, int64_t last, StringRef step,
                         SizeAxis &axis);
  LogicalResult add(int64_t value, SizeAxis &axis);
  FailureOr<int64_t> parseNumber(StringRef text, StringRef what);

  SizeBinding::EmitError emitError;
  SizeSweep sweep;
};
} // namespace

FailureOr<int64_t> SweepParser::parseNumber(StringRef text, StringRef what) {
  if (std::optional<int64_t> value = parseSizeNumber(text))
    return *value;
  return emitError() << "expects " << what
                     << " of a sweep to be a number from 1 to 2^63 - 1, such as "
                     << "'8192' or '2^13', got '" << text << "'";
}

LogicalResult SweepParser::add(int64_t value, SizeAxis &axis) {
  if (!axis.values.empty() && value <= axis.values.back())
    return emitError() << "expects ascending numbers for '" << axis.name << "', got " << value
                       << " after " << axis.values.back();
  if (axis.values.size() == SizeSweep::kMaxPoints)
    return emitError() << "expects a sweep of at most " << SizeSweep::kMaxPoints
                       << " points, got more for '" << axis.name << "'; take larger steps";
  axis.values.push_back(value);
  return success();
}

LogicalResult SweepParser::addRange(StringRef text, int64_t first, int64_t last, StringRef step,
                                    SizeAxis &axis) {
  if (last < first)
    return emitError() << "expects a range to ascend, got '" << text << "'";
  bool isFactor = step.consume_front("x");
  FailureOr<int64_t> size = parseNumber(step, isFactor ? "the factor" : "the step");
  if (failed(size))
    return failure();
  if (isFactor && *size < 2)
    return emitError() << "expects the factor of a range to be at least 2, got '" << text << "'";
  bool overflows = false;
  for (int64_t value = first; value <= last && !overflows;
       overflows = isFactor ? llvm::MulOverflow(value, *size, value)
                            : llvm::AddOverflow(value, *size, value))
    if (failed(add(value, axis)))
      return failure();
  return success();
}

LogicalResult SweepParser::parseItem(StringRef text, SizeAxis &axis) {
  SmallVector<StringRef, 3> parts;
  text.split(parts, ':');
  if (parts.size() > 3)
    return emitError() << "expects a number or a range such as '1024:65536:x2' for '" << axis.name
                       << "', got '" << text << "'";
  FailureOr<int64_t> first = parseNumber(parts[0], "a size");
  if (failed(first) || parts.size() == 1)
    return failed(first) ? failure() : add(*first, axis);
  FailureOr<int64_t> last = parseNumber(parts[1], "a size");
  if (failed(last))
    return failure();
  return addRange(text, *first, *last, parts.size() == 3 ? parts[2].trim() : "1", axis);
}

LogicalResult SweepParser::parseAxis(StringRef text) {
  auto [name, values] = text.split('=');
  SizeAxis axis;
  axis.name = name.trim().str();
  if (!text.contains('=') || axis.name.empty())
    return emitError() << "expects a sweep such as 'seq_len=1024:65536:x2;batch=1,2,4', got '"
                       << text << "'";
  if (llvm::any_of(sweep.axes, [&](const SizeAxis &other) { return other.name == axis.name; }))
    return emitError() << "expects each name once in a sweep, got '" << axis.name << "' twice";
  SmallVector<StringRef> items;
  values.split(items, ',');
  for (StringRef item : items)
    if (failed(parseItem(item.trim(), axis)))
      return failure();
  sweep.axes.push_back(std::move(axis));
  return success();
}

FailureOr<SizeSweep> SweepParser::parse(StringRef text) {
  SmallVector<StringRef> parts;
  text.split(parts, ';');
  size_t points = 1;
  for (StringRef part : parts) {
    if (failed(parseAxis(part.trim())))
      return failure();
    // Neither factor is above kMaxPoints.
    points *= sweep.axes.back().values.size();
    if (points > SizeSweep::kMaxPoints)
      return emitError() << "expects a sweep of at most " << SizeSweep::kMaxPoints
                         << " points, got at least " << points
                         << "; take larger steps or fewer names";
  }
  return std::move(sweep);
}

FailureOr<SizeSweep> dagrt::parseSweep(StringRef text, SizeBinding::EmitError emitError) {
  return SweepParser(emitError).parse(text);
}

LogicalResult dagrt::checkSweep(const SizeSweep &sweep, ModuleOp module,
                                SizeBinding::EmitError emitError) {
  std::vector<std::string> names = getSizeNames(module);
  if (names.empty())
    return emitError() << "expects a program with symbolic sizes to sweep, got one whose sizes are "
                       << "all numbers; import the model with '?' for a size, such as "
                       << "'--seq-len=?'";
  for (const SizeAxis &axis : sweep.axes)
    if (!llvm::is_contained(names, axis.name))
      return emitError() << "expects a sweep over sizes of the program (" << llvm::join(names, ", ")
                         << "), got '" << axis.name << "'";
  return success();
}

//===----------------------------------------------------------------------===//
// Timelines
//===----------------------------------------------------------------------===//

FailureOr<std::unique_ptr<SymbolicTimeline>>
SymbolicTimeline::create(func::FuncOp function, const CostOptions &costOptions,
                         const ScheduleOptions &scheduleOptions) {
  FailureOr<SymbolicCosts> costs =
      SymbolicCosts::create(function, costOptions, CostModelRegistry::getBuiltin());
  if (failed(costs))
    return failure();
  unsigned number = 0;
  FailureOr<Timeline> timeline = buildTimelineStructure(
      function, scheduleOptions, [&](Operation *) { return costs->takesTime(number++); });
  if (failed(timeline))
    return failure();
  auto module = function->getParentOfType<ModuleOp>();
  return std::unique_ptr<SymbolicTimeline>(new SymbolicTimeline(
      std::move(*costs), std::move(*timeline), module ? getDefaultSizes(module) : SizeBinding()));
}

LogicalResult SymbolicTimeline::evaluate(const SizeBinding &sizes) {
  binding = defaults;
  for (const auto &[name, value] : sizes)
    binding.set(name, value);
  if (failed(costs.evaluate(binding)))
    return failure();
  for (auto [index, op] : llvm::enumerate(timeline.ops)) {
    op.cost = costs.getCost(index);
    durations[index] = op.cost ? op.cost.getPicoseconds() : 0;
  }
  SizeNotes notes(timeline.function, binding);
  return retime(timeline, durations);
}

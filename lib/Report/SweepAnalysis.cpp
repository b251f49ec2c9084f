//===- SweepAnalysis.cpp - Longest paths at many sizes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each point is one evaluation of a symbolic timeline. Two neighbours whose formulas differ have a
// number t between them with another formula at t than at t + 1: bisection finds one, and goes on
// from t + 1 until the second neighbour's formula is reached. What changes and changes back between
// neighbours of one formula is not seen.
//
//===----------------------------------------------------------------------===//

#include "SweepReport.h"

#include "Question.h"

using namespace mlir;
using namespace dagrt;

/// Changes that are searched between two neighbours.
static constexpr unsigned kMaxChanges = 32;

namespace {
class Sweeper {
public:
  Sweeper(FunctionSweep &result, const SizeSweep &sweep, const SizeBinding &defaults)
      : result(result), sweep(sweep), defaults(defaults) {}

  LogicalResult run();

private:
  FailureOr<unsigned> evaluate(const SizeBinding &binding);
  unsigned internFormula(Formula formula);
  FailureOr<SweepPoint> makePoint(unsigned formula);
  LogicalResult refine(size_t point, int64_t last);
  void extend(size_t point, int64_t first, int64_t last, unsigned formula);

  FunctionSweep &result;
  const SizeSweep &sweep;
  const SizeBinding &defaults;
  std::map<std::vector<unsigned>, unsigned> numbers;
  /// Numbers of the kinds of terms.
  llvm::StringMap<unsigned> kinds;
};
} // namespace

/// The number of the formula that holds at `binding`.
FailureOr<unsigned> Sweeper::evaluate(const SizeBinding &binding) {
  if (failed(result.timed.evaluate(binding)))
    return failure();
  return internFormula(result.terms->build(result.timed.getTimeline()));
}

unsigned Sweeper::internFormula(Formula formula) {
  auto [it, isNew] = numbers.try_emplace(formula.getSignature(), result.formulas.size());
  if (isNew)
    result.formulas.push_back(
        {std::move(formula), result.timed.getBinding(), result.timed.getTimeline().makespan});
  return it->second;
}

/// The point at the binding that was evaluated last.
FailureOr<SweepPoint> Sweeper::makePoint(unsigned formula) {
  FailureOr<Outcome> outcome = result.timed.getOutcome();
  if (failed(outcome))
    return failure();
  outcome->uncertainty.dropKinds();
  const Timeline &timeline = result.timed.getTimeline();
  SweepPoint point{std::move(*outcome), formula, std::vector<int64_t>(result.kinds.size())};
  for (unsigned index : timeline.criticalPath) {
    int64_t time = timeline.ops[index].onPath;
    if (time == 0)
      continue;
    const Term &term = (*result.terms)[result.terms->getTermOf(index)];
    auto [it, isNew] = kinds.try_emplace(term.kind, result.kinds.size());
    if (isNew) {
      result.kinds.push_back({term.kind, term.communicates});
      point.byKind.push_back(0);
    }
    point.byKind[it->second] += time;
  }
  return point;
}

/// Adds numbers to the last range, or begins one.
void Sweeper::extend(size_t point, int64_t first, int64_t last, unsigned formula) {
  size_t line = sweep.axes.back().values.size();
  if (!result.ranges.empty()) {
    SweepRange &range = result.ranges.back();
    if (range.formula == formula && range.firstPoint / line == point / line) {
      range.last = last;
      return;
    }
  }
  result.ranges.push_back({point, first, last, formula});
}

/// Finds where the formula changes between the last range's end and `last`, the number of the point
/// after `point`.
LogicalResult Sweeper::refine(size_t point, int64_t last) {
  const std::string &name = sweep.axes.back().name;
  SizeBinding binding = sweep.getPoint(point, defaults);
  unsigned target = result.points[point + 1].formula;
  for (unsigned changes = 0; result.ranges.back().formula != target; ++changes) {
    if (changes == kMaxChanges) {
      ++result.unsearched;
      break;
    }
    int64_t low = result.ranges.back().last, high = last;
    unsigned formula = result.ranges.back().formula, next = target;
    while (high - low > 1) {
      int64_t middle = low + (high - low) / 2;
      binding.set(name, middle);
      FailureOr<unsigned> found = evaluate(binding);
      if (failed(found))
        return failure();
      (*found == formula ? low : high) = middle;
      next = *found == formula ? next : *found;
    }
    result.ranges.back().last = low;
    extend(point, high, high, next);
  }
  return success();
}

LogicalResult Sweeper::run() {
  size_t points = sweep.getNumPoints(), line = sweep.axes.back().values.size();
  for (size_t point = 0; point < points; ++point) {
    FailureOr<unsigned> formula = evaluate(sweep.getPoint(point, defaults));
    if (failed(formula))
      return failure();
    FailureOr<SweepPoint> made = makePoint(*formula);
    if (failed(made))
      return failure();
    result.points.push_back(std::move(*made));
  }
  for (SweepPoint &point : result.points)
    point.byKind.resize(result.kinds.size());
  for (size_t point = 0; point < points; ++point) {
    int64_t value = sweep.axes.back().values[point % line];
    if (point % line > 0 && failed(refine(point - 1, value)))
      return failure();
    extend(point, value, value, result.points[point].formula);
  }
  return success();
}

FailureOr<SweepReport> dagrt::analyzeSweep(ModuleOp module, SizeSweep sweep,
                                           const SizeBinding &defaults,
                                           const AnalysisOptions &options) {
  FailureOr<TimedProgram> program = TimedProgram::create(module, options);
  if (failed(program))
    return failure();
  SweepReport report{options, std::move(sweep), defaults, {}, {}, program->uncountedFunctions};
  SizeBinding first = report.sweep.getPoint(0, defaults);
  for (TimedFunction &function : program->functions) {
    func::FuncOp op = function.getTimeline().function;
    FunctionSweep result(std::move(function));
    if (failed(Sweeper(result, report.sweep, defaults).run()))
      return failure();
    const Cluster &cluster = result.timed.getCosts().getCluster();
    result.phase = getPhase(op, first).str();
    result.warnings = findOtherQuestions(op, first, cluster.getNumDevices());
    report.functions.push_back(std::move(result));
  }
  addChosenForOther(module, report.functions.front().timed.getCosts().getCluster().name,
                    report.warnings);
  return report;
}

//===- SweepReport.h - Longest paths at many sizes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the report.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_REPORT_SWEEPREPORT_H
#define DAGRT_LIB_REPORT_SWEEPREPORT_H

#include "Formula.h"
#include "dagrt/Report/Report.h"
#include "dagrt/Schedule/Sweep.h"

namespace dagrt {

/// The longest path at one binding; its uncertainty is without what is known by kind.
struct SweepPoint : Outcome {
  unsigned formula = 0;
  /// What it is made of, in the order of FunctionSweep::kinds.
  std::vector<int64_t> byKind;
};

/// Neighbouring numbers of the last axis between which one formula was found to hold.
struct SweepRange {
  size_t firstPoint = 0; ///< The point that says what the other axes are.
  int64_t first = 0, last = 0;
  unsigned formula = 0;
};

/// A formula, and the first point or end of a range that it was met at.
struct SweepFormula {
  Formula formula;
  SizeBinding binding;
  int64_t makespan = 0;
};

/// A kind of work or communication.
struct SweepKind {
  std::string name;
  bool communicates = false;
};

/// What a sweep found of one function.
struct FunctionSweep {
  explicit FunctionSweep(TimedFunction function)
      : timed(std::move(function)), terms(std::make_unique<FormulaTerms>(timed.getTimeline())) {}

  TimedFunction timed;
  std::unique_ptr<FormulaTerms> terms;
  std::vector<SweepKind> kinds; ///< In the order in which paths met them.
  std::vector<SweepPoint> points;
  std::vector<SweepRange> ranges;
  std::vector<SweepFormula> formulas;
  /// Neighbouring points between which formulas change more often than is searched.
  int64_t unsearched = 0;
  /// As in FunctionReport, at the first point.
  std::string phase;
  std::vector<std::string> warnings;
};

struct SweepReport {
  AnalysisOptions options;
  SizeSweep sweep;
  SizeBinding defaults;
  std::vector<FunctionSweep> functions;
  /// As in Report.
  std::vector<std::string> warnings;
  /// Functions that are not analyzed.
  std::vector<NamedOps> uncountedFunctions;
};

/// Evaluates every function of `module` that has a body at the points of `sweep`. Where the
/// formulas of neighbouring points differ, finds the number between them at which they change. The
/// module stays as it is.
mlir::FailureOr<SweepReport> analyzeSweep(mlir::ModuleOp module, SizeSweep sweep,
                                          const SizeBinding &defaults,
                                          const AnalysisOptions &options);

} // namespace dagrt

#endif // DAGRT_LIB_REPORT_SWEEPREPORT_H

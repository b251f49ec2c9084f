//===- CriticalPath.cpp - The pass that schedules and reports -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Checks the options, analyzes the module, renders everything into memory and only then writes:
// a mistake in one option leaves all files as they were.
//
//===----------------------------------------------------------------------===//

#include "SweepReport.h"
#include "Warnings.h"
#include "dagrt/Report/Passes.h"
#include "dagrt/Report/Report.h"
#include "dagrt/Report/ReportFiles.h"
#include "dagrt/Report/Uncounted.h"
#include "dagrt/Support/Units.h"

#include "mlir/IR/Remarks.h"

#include "llvm/ADT/StringSet.h"

namespace dagrt {
#define GEN_PASS_DEF_CRITICALPATHPASS
#include "dagrt/Report/Passes.h.inc"
} // namespace dagrt

using namespace mlir;
using namespace dagrt;

/// Two outputs cannot share a file.
static LogicalResult verifyDistinct(ModuleOp module, ArrayRef<StringRef> paths) {
  llvm::StringSet<> seen;
  for (StringRef path : paths)
    if (!path.empty() && !seen.insert(path).second)
      return module.emitError()
             << "expects 'report', 'trace' and 'dot' to be different files, got '" << path
             << "' twice";
  return success();
}

/// Renders into memory.
template <typename ReportT>
static std::string render(const ReportT &report, void (*renderer)(const ReportT &, raw_ostream &)) {
  std::string text;
  llvm::raw_string_ostream os(text);
  renderer(report, os);
  return text;
}

/// The kinds that take longest, as many as a line holds: `gemm 60.00 us, send 3.000 us, ...`.
static std::string listShares(ArrayRef<Share> shares) {
  std::string text;
  for (const Share &share : shares.take_front(4))
    text += (text.empty() ? "" : ", ") + share.name + " " + formatTime(share.picoseconds);
  return text + (shares.size() > 4 ? ", ..." : "");
}

/// Totals, what the program loses by waiting, and what of its time no measurement tells about.
static void emitRemarks(const FunctionReport &report) {
  const Timeline &timeline = report.timeline;
  func::FuncOp function = timeline.function;
  auto name = [&](StringRef event) {
    return remark::RemarkOpts::name(event)
        .category("critical-path")
        .function(function.getSymName());
  };
  for (const ResourceWait &wait : report.waits)
    if (wait.onCriticalPath > 0)
      remark::missed(timeline.ops[wait.longest].op->getLoc(), name("ResourceWait"))
          << remark::reason("{0} of {1} ops that wait for {2} are on the critical path",
                            wait.onCriticalPath, wait.ops, getResourceName(wait.resource))
          << remark::suggest("resources=unlimited shows what the waits cost")
          << remark::metric("WaitPicoseconds", wait.picoseconds);
  if (const Uncertainty &uncertainty = report.uncertainty; uncertainty.extrapolatedOps > 0)
    remark::analysis(function.getLoc(), name("Extrapolated"))
        << remark::add("{0} ops on the longest path, {1} of its time, have costs beyond "
                       "measurements: {2}",
                       uncertainty.extrapolatedOps,
                       formatPercent(static_cast<double>(uncertainty.extrapolatedPicoseconds) /
                                     static_cast<double>(timeline.makespan)),
                       listShares(uncertainty.extrapolatedKinds))
        << remark::suggest("measure these kinds of ops on such a device at such sizes, and give "
                           "the rows to model=table, or to dagrt-calibrate fit")
        << remark::metric("ExtrapolatedOps", uncertainty.extrapolatedOps)
        << remark::metric("ExtrapolatedPicoseconds", uncertainty.extrapolatedPicoseconds);
  remark::analysis(function.getLoc(), name("CriticalPath"))
      << remark::add("the longest path takes {0}", formatTime(timeline.makespan))
      << remark::metric("MakespanPicoseconds", timeline.makespan)
      << remark::metric("Ops", static_cast<int64_t>(timeline.ops.size()))
      << remark::metric("PathOps", static_cast<int64_t>(timeline.criticalPath.size()));
}

namespace {
struct CriticalPath final : dagrt::impl::CriticalPathPassBase<CriticalPath> {
  using CriticalPathPassBase::CriticalPathPassBase;

  void runOnOperation() override {
    if (failed(analyzeAndReport()))
      signalPassFailure();
  }

  LogicalResult analyzeAndReport() {
    ModuleOp module = getOperation();
    if (failed(verifyDistinct(module, {report, trace, dot})))
      return failure();
    const ReportFormat &reportFormat = getReportFormat(format);
    if (unknown == UnknownWork::Error && failed(verifyCounted(module)))
      return failure();
    FailureOr<MemoryOptions> memoryOptions = readMemoryOptions(module);
    if (failed(memoryOptions))
      return failure();
    AnalysisOptions options;
    options.costs = {cluster, getModelName(model).str(), table, sizes};
    options.schedule = {overlap == Overlap::Full, resources == ResourceLimits::Limited};
    options.memory = *memoryOptions;
    return sweep.empty() ? reportOnce(module, options, reportFormat)
                         : reportSweep(module, options, reportFormat);
  }

  LogicalResult reportOnce(ModuleOp module, const AnalysisOptions &options,
                           const ReportFormat &form) {
    FailureOr<std::shared_ptr<const ProgramAnalysis>> analysis =
        getAnalysis<ProgramAnalyses>().get(options);
    if (failed(analysis))
      return failure();
    // Timings change no analysis, and costs that are those of the analysis do not either.
    if (!writeCosts(**analysis))
      markAnalysesPreserved<ProgramAnalyses>();
    Report result(module, *analysis);
    for (const FunctionReport &function : result.functions) {
      annotateTimeline(function.timeline);
      emitRemarks(function);
    }
    return writeOutputs(module, result, form);
  }

  FailureOr<MemoryOptions> readMemoryOptions(ModuleOp module) {
    // Negated, so that it is an error for what is no number, too.
    if (!(memoryUtilization > 0 && memoryUtilization <= 1))
      return module.emitError() << "expects option 'memory-utilization' to be above 0 and at most "
                                   "1, got "
                                << memoryUtilization;
    return MemoryOptions{kvCache == KvCache::Keep, memoryUtilization};
  }

  LogicalResult reportSweep(ModuleOp module, const AnalysisOptions &options,
                            const ReportFormat &form) {
    auto emitError = [&]() { return module.emitError(); };
    if (!trace.empty() || !dot.empty())
      return emitError() << "expects no '" << (dot.empty() ? "trace" : "dot")
                         << "' with 'sweep', which has no single timeline; choose one point with "
                         << "'sizes'";
    FailureOr<SizeSweep> points = parseSweep(sweep, emitError);
    if (failed(points) || failed(checkSweep(*points, module, emitError)))
      return failure();
    FailureOr<SizeBinding> defaults = readCostSizes(module, sizes);
    if (failed(defaults))
      return failure();
    FailureOr<SweepReport> result = analyzeSweep(module, std::move(*points), *defaults, options);
    if (failed(result))
      return failure();
    markAllAnalysesPreserved();
    auto makeObjects = [&](StringRef name) { return form.renderSweepObjects(*result, name); };
    return writeReport(module, render(*result, form.renderSweep), getWarnings(*result),
                       form.renderSweepObjects ? MakeObjects(makeObjects) : nullptr);
  }

  /// A report on standard error holds its warnings, and nothing is printed beside it.
  LogicalResult writeReport(ModuleOp module, std::string text, std::vector<std::string> warnings,
                            MakeObjects makeObjects) {
    ReportPart part;
    part.alone = std::move(text);
    part.array = makeObjects ? "functions" : "";
    part.warnings = warnings;
    if (failed(addReport(module, report, std::move(part), makeObjects)))
      return failure();
    if (!report.empty())
      for (const std::string &warning : warnings)
        module.emitWarning() << warning;
    return success();
  }

  LogicalResult writeOutputs(ModuleOp module, const Report &result, const ReportFormat &form) {
    auto makeObjects = [&](StringRef name) { return form.renderObjects(result, name); };
    if (failed(writeReport(module, render(result, form.render), getWarnings(result),
                           form.renderObjects ? MakeObjects(makeObjects) : nullptr)))
      return failure();
    if (!trace.empty() &&
        failed(addDrawing(module, "trace", trace, render(result, renderChromeTrace))))
      return failure();
    if (!dot.empty() && failed(addDrawing(module, "dot", dot, render(result, renderDot))))
      return failure();
    return success();
  }
};
} // namespace

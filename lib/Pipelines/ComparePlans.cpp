//===- ComparePlans.cpp - The pass that compares plans -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each plan's pipeline runs once, on a copy of the module, with sizes as symbolic as they came;
// what differs from point to point is only their numbers.
//
//===----------------------------------------------------------------------===//

#include "PlansReport.h"

#include "dagrt/Pipelines/Passes.h"
#include "dagrt/Report/ReportFiles.h"

#include "mlir/IR/Remarks.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

#include "llvm/Support/raw_ostream.h"

namespace dagrt {
#define GEN_PASS_DEF_COMPAREPLANSPASS
#include "dagrt/Pipelines/Passes.h.inc"
} // namespace dagrt

using namespace mlir;
using namespace dagrt;

namespace {
/// Plans, each with the program that it makes.
class PlanPrograms {
public:
  PlanPrograms(ModuleOp module, ArrayRef<Plan> plans, PrivateModule &original)
      : module(module), plans(plans), original(original) {}

  /// Runs the plans' pipelines.
  LogicalResult run(const AnalysisOptions &options) {
    for (const Plan &plan : plans) {
      OwningOpRef<ModuleOp> program = original.get().clone();
      if (failed(runPipeline(plan, *program)))
        return failure();
      FailureOr<PlacedPlan> placed = PlacedPlan::create(*program, options);
      if (failed(placed))
        return error(plan) << "to be scheduled, got: " << original.takeError();
      programs.push_back(std::move(program));
      placedPlans.push_back(std::move(*placed));
    }
    return success();
  }

  /// What each plan does not count.
  std::vector<std::vector<NamedOps>> getUncounted() const {
    std::vector<std::vector<NamedOps>> uncounted;
    for (const PlacedPlan &placed : placedPlans)
      uncounted.push_back(placed.getUncounted());
    return uncounted;
  }

  /// The outcome of each plan.
  FailureOr<std::vector<Outcome>> evaluate(const SizeBinding &sizes) {
    std::vector<Outcome> outcomes;
    for (auto [plan, placed] : llvm::zip_equal(plans, placedPlans)) {
      FailureOr<Outcome> outcome = placed.evaluate(sizes);
      if (failed(outcome))
        return error(plan) << "to be scheduled" << (sizes.empty() ? "" : " at " + sizes.str())
                           << ", got: " << original.takeError();
      outcomes.push_back(std::move(*outcome));
    }
    return outcomes;
  }

private:
  InFlightDiagnostic error(const Plan &plan) {
    return emitError(module.getLoc()) << "expects plan '" << plan.name << "' ";
  }

  LogicalResult runPipeline(const Plan &plan, ModuleOp program) {
    // A plan that compares plans might compare itself.
    if (StringRef(plan.pipeline).contains("compare-plans"))
      return error(plan) << "to partition the model, got '" << plan.pipeline << "'";
    PassManager passes(&original.getContext());
    std::string message;
    llvm::raw_string_ostream os(message);
    if (failed(parsePassPipeline(plan.pipeline, passes, os)))
      return error(plan) << "to have a pipeline of passes, got '" << plan.pipeline
                         << "': " << StringRef(message).trim();
    if (failed(passes.run(program)))
      return error(plan) << "to pass '" << plan.pipeline << "', got: " << original.takeError();
    return success();
  }

  ModuleOp module;
  ArrayRef<Plan> plans;
  PrivateModule &original;
  std::vector<OwningOpRef<ModuleOp>> programs;
  std::vector<PlacedPlan> placedPlans;
};

} // namespace

/// `at seq_len = 1024 to 3071`; empty without a sweep.
static std::string formatRange(const PlansReport &result, const PlanRange &range) {
  if (result.name.empty())
    return "";
  std::string text = llvm::formatv(" at {0} = {1}", result.name, range.first);
  if (range.last > range.first)
    text += llvm::formatv(" to {0}", range.last);
  return text;
}

/// A remark for each of `ranges`, which says its winner.
static void emitWinners(ModuleOp module, const PlansReport &result, ArrayRef<PlanRange> ranges,
                        StringRef event, StringRef what) {
  for (const PlanRange &range : ranges)
    remark::analysis(module.getLoc(), remark::RemarkOpts::name(event).category("compare-plans"))
        << remark::add("{0}{1}: {2}", what, formatRange(result, range),
                       range.plan ? "'" + result.plans[*range.plan].name + "'" : "none")
        << remark::metric("First", range.first) << remark::metric("Last", range.last);
}

namespace {
struct ComparePlans final : dagrt::impl::ComparePlansPassBase<ComparePlans> {
  using ComparePlansPassBase::ComparePlansPassBase;

  void runOnOperation() override {
    if (failed(compareAndReport()))
      signalPassFailure();
  }

  InFlightDiagnostic error() { return emitError(getOperation().getLoc()); }

  LogicalResult compareAndReport() {
    FailureOr<std::vector<Plan>> read = readPlans(plans, getOperation().getLoc());
    FailureOr<ResolvedCostOptions> costs = resolveCostOptions(
        getOperation(), {cluster, getModelName(model).str(), table, /*sizes=*/""});
    if (failed(read) || failed(costs) || failed(checkCostOptions(getOperation(), costs->options)))
      return failure();
    FailureOr<Cluster> machine = loadCluster(costs->options.cluster, getOperation().getLoc());
    if (failed(machine))
      return failure();
    PlansReport result;
    result.plans = std::move(*read);
    result.cluster = std::move(*machine);
    result.model = costs->options.model;
    result.costsTakenOver = costs->isTakenOver;
    result.kvCache = getValueName(kvCache).str();
    if (failed(compare(result, costs->options)))
      return failure();
    const Comparison &comparison = result.comparison;
    emitWinners(getOperation(), result, comparison.fastest, "FastestPlan", "fastest");
    emitWinners(getOperation(), result, comparison.fastestThatFits, "FastestPlanThatFits",
                "fastest that fits in memory");
    return write(result);
  }

  /// The one size that is swept; without a name if none is.
  FailureOr<SizeAxis> readAxis() {
    if (sweep.empty())
      return SizeAxis{"", {1}};
    auto emitError = [&]() { return error(); };
    FailureOr<SizeSweep> points = parseSweep(sweep, emitError);
    if (failed(points) || failed(checkSweep(*points, getOperation(), emitError)))
      return failure();
    if (points->axes.size() != 1)
      return error() << "expects option 'sweep' to name one size, got '" << sweep
                     << "'; give the other sizes numbers with 'sizes'";
    return std::move(points->axes.front());
  }

  LogicalResult compare(PlansReport &result, const CostOptions &costOptions) {
    FailureOr<SizeAxis> axis = readAxis();
    FailureOr<SizeBinding> others = readCostSizes(getOperation(), sizes);
    if (failed(axis) || failed(others))
      return failure();
    FailureOr<std::unique_ptr<PrivateModule>> copy = PrivateModule::create(getOperation());
    if (failed(copy))
      return failure();
    PlanPrograms programs(getOperation(), result.plans, **copy);
    AnalysisOptions options;
    options.costs = costOptions;
    options.schedule = {overlap == Overlap::Full, resources == ResourceLimits::Limited};
    options.memory.keepKeyValues = kvCache == KvCache::Keep;
    if (failed(programs.run(options)))
      return failure();
    auto evaluate = [&](int64_t size) {
      SizeBinding binding = *others;
      if (!axis->name.empty())
        binding.set(axis->name, size);
      return programs.evaluate(binding);
    };
    FailureOr<Comparison> comparison = findCrossovers(axis->values, evaluate);
    if (failed(comparison))
      return failure();
    result.name = axis->name;
    result.uncounted = programs.getUncounted();
    for (const auto &[name, number] : *others)
      if (name != axis->name)
        result.sizes.set(name, number);
    result.comparison = std::move(*comparison);
    return success();
  }

  LogicalResult write(const PlansReport &result) {
    std::string text;
    llvm::raw_string_ostream os(text);
    (format == DocumentFormat::Json ? renderPlansJson : renderPlansText)(result, os);
    return addDocument(getOperation(), report, std::move(text), format == DocumentFormat::Json);
  }
};
} // namespace

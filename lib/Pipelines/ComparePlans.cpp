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
#include "dagrt/Report/OutputFile.h"

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
  LogicalResult run() {
    for (const Plan &plan : plans) {
      OwningOpRef<ModuleOp> program = original.get().clone();
      if (failed(runPlan(plan, *program)))
        return failure();
      programs.push_back(std::move(program));
    }
    return success();
  }

  /// The outcome of each plan.
  FailureOr<std::vector<PlanOutcome>> evaluate(const CostOptions &costOptions,
                                               const ScheduleOptions &scheduleOptions) {
    std::vector<PlanOutcome> outcomes;
    for (auto [plan, program] : llvm::zip_equal(plans, programs)) {
      OwningOpRef<ModuleOp> copy = program->clone();
      FailureOr<PlanOutcome> outcome = evaluatePlan(*copy, costOptions, scheduleOptions);
      if (failed(outcome))
        return error(plan) << "to be scheduled, got: " << original.takeError();
      outcomes.push_back(std::move(*outcome));
    }
    return outcomes;
  }

private:
  InFlightDiagnostic error(const Plan &plan) {
    return emitError(module.getLoc()) << "expects plan '" << plan.name << "' ";
  }

  LogicalResult runPlan(const Plan &plan, ModuleOp program) {
    // A plan that compares plans might compare itself.
    if (StringRef(plan.pipeline).contains("compare-plans"))
      return error(plan) << "to lay out the model, got '" << plan.pipeline << "'";
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
};

struct ComparePlans final : dagrt::impl::ComparePlansPassBase<ComparePlans> {
  using ComparePlansPassBase::ComparePlansPassBase;

  void runOnOperation() override {
    if (failed(compareAndReport()))
      signalPassFailure();
  }

  InFlightDiagnostic error() { return emitError(getOperation().getLoc()); }

  LogicalResult checkChoice(StringRef option, StringRef value, StringRef first, StringRef second) {
    if (value == first || value == second)
      return success();
    return error() << "expects option '" << option << "' to be '" << first << "' or '" << second
                   << "', got '" << value << "'";
  }

  LogicalResult compareAndReport() {
    if (failed(checkChoice("format", format, "text", "json")) ||
        failed(checkChoice("overlap", overlap, "full", "none")) ||
        failed(checkChoice("resources", resources, "limited", "unlimited")))
      return failure();
    FailureOr<std::vector<Plan>> read =
        readPlans(plans, [&](const Twine &text) { error() << text; });
    if (failed(read) || failed(checkCostOptions(getOperation(), {cluster, model, table})))
      return failure();
    FailureOr<Cluster> machine = loadCluster(cluster, getOperation().getLoc());
    if (failed(machine))
      return failure();
    PlansReport result;
    result.plans = std::move(*read);
    result.cluster = std::move(*machine);
    result.model = model;
    if (failed(compare(result)))
      return failure();
    return write(result);
  }

  LogicalResult compare(PlansReport &result) {
    FailureOr<std::unique_ptr<PrivateModule>> copy = PrivateModule::create(getOperation());
    if (failed(copy))
      return failure();
    PlanPrograms programs(getOperation(), result.plans, **copy);
    if (failed(programs.run()))
      return failure();
    CostOptions costOptions{cluster, model, table};
    ScheduleOptions scheduleOptions{overlap == "full", resources == "limited"};
    FailureOr<Comparison> comparison =
        findCrossovers(0, [&](int64_t) { return programs.evaluate(costOptions, scheduleOptions); });
    if (failed(comparison))
      return failure();
    result.comparison = std::move(*comparison);
    return success();
  }

  LogicalResult write(const PlansReport &result) {
    std::string text;
    llvm::raw_string_ostream os(text);
    (format == "json" ? renderPlansJson : renderPlansText)(result, os);
    if (report.empty()) {
      llvm::errs() << text;
      return success();
    }
    llvm::Error failed = replaceFile(report, text);
    if (!failed)
      return success();
    return error() << "expects option 'report' to name a file that can be written, got '" << report
                   << "': " << llvm::toString(std::move(failed));
  }
};
} // namespace

//===- PlanEvaluator.cpp - What a plan takes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanEvaluator.h"

#include "dagrt/Cost/CostModel.h"
#include "dagrt/Report/Uncounted.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"

#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace dagrt;

FailureOr<std::unique_ptr<PrivateModule>> PrivateModule::create(ModuleOp module) {
  std::string bytes;
  llvm::raw_string_ostream os(bytes);
  if (failed(writeBytecodeToFile(module, os)))
    return module.emitError() << "expects a program that can be copied, got one that has no "
                                 "bytecode";
  auto copy = std::make_unique<PrivateModule>();
  MLIRContext *original = module.getContext();
  copy->context = std::make_unique<MLIRContext>(original->getDialectRegistry(),
                                                MLIRContext::Threading::DISABLED);
  copy->context->allowUnregisteredDialects(original->allowsUnregisteredDialects());
  copy->context->getDiagEngine().registerHandler([raw = copy.get()](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() != DiagnosticSeverity::Error || !raw->error.empty())
      return;
    llvm::raw_string_ostream text(raw->error);
    text << diagnostic;
    if (auto place = dyn_cast<FileLineColLoc>(diagnostic.getLocation()))
      text << " (" << place.getFilename().getValue() << ':' << place.getLine() << ':'
           << place.getColumn() << ')';
  });
  copy->module = parseSourceString<ModuleOp>(bytes, ParserConfig(copy->context.get()));
  if (!copy->module)
    return module.emitError() << "expects a program whose dialects and interfaces are in the "
                                 "registry of its context, got: "
                              << copy->takeError();
  return copy;
}

std::string PrivateModule::takeError() {
  std::string text = std::move(error);
  error.clear();
  return text;
}

LogicalResult dagrt::checkCostOptions(ModuleOp module, const CostOptions &options) {
  auto error = [&]() { return emitError(module.getLoc()); };
  return success(succeeded(loadCluster(options.cluster, module.getLoc())) &&
                 succeeded(CostModelRegistry::getBuiltin().create(options, error)));
}

FailureOr<PlacedPlan> PlacedPlan::create(ModuleOp placed, const CostOptions &costOptions,
                                         const ScheduleOptions &scheduleOptions,
                                         const MemoryOptions &memoryOptions) {
  PlacedPlan plan;
  plan.memoryOptions = memoryOptions;
  plan.uncounted = listUncountedFunctions(placed);
  for (func::FuncOp function : dropCallees(getCountedFunctions(placed))) {
    llvm::append_range(plan.uncounted, Coverage::compute(function).getUncounted());
    auto timeline = SymbolicTimeline::create(function, costOptions, scheduleOptions);
    if (failed(timeline))
      return failure();
    plan.facts.push_back(collectKinds((*timeline)->getTimeline()));
    plan.timelines.push_back(std::move(*timeline));
  }
  if (plan.timelines.empty())
    return emitNoFunction(placed);
  StringRef cluster = plan.timelines.front()->getCosts().getCluster().name;
  auto chosen = placed->getAttrOfType<StringAttr>(kChosenForAttrName);
  if (chosen && chosen.getValue() != cluster)
    return placed.emitError() << "expects pool=auto to choose for cluster '" << cluster
                              << "', which plans are compared on, got '" << chosen.getValue()
                              << "'; give the partition the same 'cluster'";
  return plan;
}

FailureOr<PlanOutcome> PlacedPlan::evaluate(const SizeBinding &sizes) {
  PlanOutcome outcome;
  std::vector<Uncertainty> uncertainties;
  for (const auto &[symbolic, kinds] : llvm::zip_equal(timelines, facts)) {
    if (failed(symbolic->evaluate(sizes)))
      return failure();
    const Timeline &timeline = symbolic->getTimeline();
    func::FuncOp function = timeline.function;
    if (llvm::AddOverflow(outcome.makespan, timeline.makespan, outcome.makespan))
      return function.emitError() << "expects functions that take less than 2^63 ps (106 days) "
                                     "together, got more";
    uncertainties.push_back(computeUncertainty(timeline, kinds));
    FailureOr<std::vector<MeshMemory>> memories =
        computeMemory(timeline, symbolic->getBinding(), memoryOptions);
    if (failed(memories))
      return failure();
    const Device &device = symbolic->getCosts().getCluster().device;
    for (auto [mesh, memory] : llvm::zip_equal(timeline.meshes, *memories)) {
      outcome.fits &= device.fits(memory.peakBytes);
      if (memory.peakBytes > outcome.peakBytes) {
        outcome.peakBytes = memory.peakBytes;
        outcome.peakMesh = mesh.getName().str();
      }
    }
  }
  outcome.uncertainty = joinUncertainties(uncertainties);
  if (!uncounted.empty())
    outcome.uncertainty.hide(outcome.makespan);
  return outcome;
}

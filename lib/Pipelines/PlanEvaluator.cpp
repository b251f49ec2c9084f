//===- PlanEvaluator.cpp - Time and memory of a plan -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PlanEvaluator.h"

#include "dagrt/Cost/CostModel.h"

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

FailureOr<PlacedPlan> PlacedPlan::create(ModuleOp placed, AnalysisOptions options) {
  options.dropCallees = true;
  FailureOr<TimedProgram> program = TimedProgram::create(placed, options);
  if (failed(program))
    return failure();
  PlacedPlan plan(std::move(*program));
  plan.uncounted = plan.program.uncountedFunctions;
  for (const TimedFunction &function : plan.program.functions)
    llvm::append_range(plan.uncounted, function.getUncounted());
  StringRef cluster = plan.program.functions.front().getCosts().getCluster().name;
  auto chosen = placed->getAttrOfType<StringAttr>(kChosenForAttrName);
  if (chosen && chosen.getValue() != cluster)
    return placed.emitError() << "expects pool=auto to choose for cluster '" << cluster
                              << "', which plans are compared on, got '" << chosen.getValue()
                              << "'; give the partition the same 'cluster'";
  return plan;
}

FailureOr<Outcome> PlacedPlan::evaluate(const SizeBinding &sizes) {
  Outcome whole;
  std::vector<Uncertainty> uncertainties;
  for (TimedFunction &function : program.functions) {
    if (failed(function.evaluate(sizes)))
      return failure();
    FailureOr<Outcome> outcome = function.getOutcome();
    if (failed(outcome))
      return failure();
    func::FuncOp op = function.getTimeline().function;
    if (llvm::AddOverflow(whole.makespan, outcome->makespan, whole.makespan))
      return op.emitOpError() << "expects functions that take less than 2^63 ps (106 days) "
                                 "together, got more";
    uncertainties.push_back(std::move(outcome->uncertainty));
    whole.fits &= outcome->fits;
    if (outcome->peakBytes <= whole.peakBytes)
      continue;
    whole.peakBytes = outcome->peakBytes;
    whole.peakMesh = outcome->peakMesh;
  }
  whole.uncertainty = joinUncertainties(uncertainties);
  if (!uncounted.empty())
    whole.uncertainty.hide(whole.makespan);
  return whole;
}

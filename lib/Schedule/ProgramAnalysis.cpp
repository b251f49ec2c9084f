//===- ProgramAnalysis.cpp - Costs and timelines of a program -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Costs are evaluated beside the program, so that an analysis reads it only. The costs that it
// computes are the ones that `annotateCosts` writes.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Schedule/ProgramAnalysis.h"

#include "dagrt/Cost/BoundOps.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace dagrt;

bool AnalysisOptions::operator==(const AnalysisOptions &other) const {
  return costs == other.costs && schedule == other.schedule && memory == other.memory &&
         dropCallees == other.dropCallees;
}

//===----------------------------------------------------------------------===//
// Any binding
//===----------------------------------------------------------------------===//

FailureOr<TimedFunction> TimedFunction::create(func::FuncOp function,
                                               const AnalysisOptions &options) {
  TimedFunction timed;
  timed.memory = options.memory;
  auto timeline = SymbolicTimeline::create(function, options.costs, options.schedule);
  if (failed(timeline))
    return failure();
  timed.timeline = std::move(*timeline);
  timed.isCounted = timed.getUncounted().empty();
  return timed;
}

FailureOr<Outcome> TimedFunction::getOutcome() {
  const Timeline &times = getTimeline();
  if (kinds.empty())
    kinds = collectKinds(times);
  Outcome outcome;
  outcome.makespan = times.makespan;
  outcome.uncertainty = computeUncertainty(times, kinds);
  if (!isCounted)
    outcome.uncertainty.hide(outcome.makespan);
  FailureOr<std::vector<MeshMemory>> memories = computeMemory(times, getBinding(), memory);
  if (failed(memories))
    return failure();
  for (auto [mesh, held] : llvm::zip_equal(times.meshes, *memories)) {
    outcome.fits &= getCosts().getCluster().device.fits(held.peakBytes);
    if (held.peakBytes <= outcome.peakBytes)
      continue;
    outcome.peakBytes = held.peakBytes;
    outcome.peakMesh = mesh.getName().str();
  }
  return outcome;
}

/// The error of a program that has nothing to schedule.
static InFlightDiagnostic emitNoFunction(ModuleOp module, ArrayRef<NamedOps> uncounted) {
  for (const NamedOps &function : uncounted)
    if (auto known = dyn_cast<func::FuncOp>(function.first))
      return known.emitOpError() << "expects a body of one block to schedule, got "
                                 << known.getBody().getBlocks().size()
                                 << "; --lift-cf-to-scf turns branches into regions";
  InFlightDiagnostic error = module.emitError()
                             << "expects a function with a body to analyze, got none";
  if (!uncounted.empty())
    error.attachNote(uncounted.front().first->getLoc()) << "only a 'func.func' is analyzed";
  return error;
}

FailureOr<TimedProgram> TimedProgram::create(ModuleOp module, const AnalysisOptions &options) {
  TimedProgram program;
  program.uncountedFunctions = listUncountedFunctions(module);
  std::vector<func::FuncOp> functions = getCountedFunctions(module);
  if (options.dropCallees)
    functions = dropCallees(functions);
  for (func::FuncOp function : functions) {
    FailureOr<TimedFunction> timed = TimedFunction::create(function, options);
    if (failed(timed))
      return failure();
    timed->isCounted &= program.uncountedFunctions.empty();
    program.functions.push_back(std::move(*timed));
  }
  if (program.functions.empty())
    return emitNoFunction(module, program.uncountedFunctions);
  return program;
}

//===----------------------------------------------------------------------===//
// One binding
//===----------------------------------------------------------------------===//

/// The fact `key` of the cluster's device in bytes; 0 if unknown.
static int64_t getBytesOfDevice(ClusterAttr cluster, StringRef key) {
  auto gigabytes = cluster ? cluster.getDevice().getFacts().getAs<FloatAttr>(key) : FloatAttr();
  if (!gigabytes)
    return 0;
  return static_cast<int64_t>(std::clamp(gigabytes.getValueAsDouble(), 0.0, 1e9) * 1e9);
}

int64_t FunctionAnalysis::getDeviceMemory() const { return getBytesOfDevice(cluster, "memory_gb"); }

int64_t FunctionAnalysis::getReservedMemory() const {
  return getBytesOfDevice(cluster, "reserved_gb");
}

/// Sequences and tokens of `[batch, tokens, ...]`, the first argument of `function`, which runs
/// attention; none if it says nothing of the kind.
static BatchLimit readBatch(func::FuncOp function, const SizeBinding &sizes) {
  BatchLimit limit;
  if (function.getNumArguments() == 0 || llvm::none_of(function.getOps(), [](Operation &op) {
        auto attention = dyn_cast<AttentionOpInterface>(op);
        return attention && !attention.getKeysAndValues().empty();
      }))
    return limit;
  // Sizes were bound before without an error.
  FailureOr<Type> bound = bindType(function.getArgumentTypes().front(), sizes, function,
                                   [&]() { return function.emitError(); });
  auto type = succeeded(bound) ? dyn_cast<RankedTensorType>(*bound) : RankedTensorType();
  if (!type || type.getRank() < 2)
    return limit;
  ArrayRef<int64_t> shape = getGlobalShape(type);
  limit.sequences = shape[0];
  limit.tokens = shape[1];
  // Of a step with a cache, as many tokens as it has slots.
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (function.getArgAttr(i, DagrtDialect::kSlotsAttrName))
      if (FailureOr<Type> cache = bindType(function.getArgumentTypes()[i], sizes, function,
                                           [&]() { return function.emitError(); });
          succeeded(cache))
        limit.tokens =
            std::max(limit.tokens, getGlobalShape(cast<RankedTensorType>(*cache))[1].number);
  return limit;
}

static std::optional<BatchLimit> computeBatchLimit(const FunctionAnalysis &analysis,
                                                   double utilization) {
  BatchLimit limit = readBatch(analysis.getTimeline().function, analysis.binding);
  if (analysis.getDeviceMemory() == 0 || limit.sequences <= 0 || limit.tokens <= 0)
    return std::nullopt;
  limit.utilization = utilization;
  double usable = utilization * static_cast<double>(analysis.getDeviceMemory()) -
                  static_cast<double>(analysis.getReservedMemory());
  double most = 0x1p62;
  for (const MeshMemory &mesh : analysis.memory) {
    double room = usable - static_cast<double>(mesh.weightBytes);
    auto others = static_cast<double>(mesh.peakBytes - mesh.weightBytes);
    if (others > 0)
      most = std::min(most, room / others * static_cast<double>(limit.sequences));
  }
  if (most == 0x1p62)
    return std::nullopt;
  limit.largest = static_cast<int64_t>(std::max(most, 0.0));
  return limit;
}

/// Devices that the collectives of another dialect in `function` run over.
static int64_t countRanks(func::FuncOp function) {
  int64_t most = 0;
  function.walk([&](CommunicationOpInterface op) {
    if (isa<DagrtDialect>(op->getDialect()))
      return;
    int64_t ranks = 0;
    for (const std::vector<int64_t> &group : op.getCommunication().groups)
      ranks += static_cast<int64_t>(group.size());
    most = std::max(most, ranks);
  });
  return most;
}

/// What the costs of `analysis` were computed with.
static void describeCosts(FunctionAnalysis &analysis) {
  const SymbolicCosts &costs = analysis.timed.getCosts();
  func::FuncOp function = costs.getFunction();
  analysis.isModelled = costs.countModelled() > 0;
  analysis.costs = {costs.getOptions(), costs.isTakenOver()};
  // Times that the cluster's description fixes are of that cluster, too.
  analysis.cluster = analysis.isModelled || costs.countFixed() > 0
                         ? getClusterAttr(function.getContext(), costs.getCluster())
                         : function->getAttrOfType<ClusterAttr>(DagrtDialect::kClusterAttrName);
}

static FailureOr<FunctionAnalysis> analyzeFunction(TimedFunction timed,
                                                   const AnalysisOptions &options) {
  func::FuncOp function = timed.getTimeline().function;
  FailureOr<SizeBinding> binding = readCostSizes(function, options.costs.sizes);
  if (failed(binding) || failed(timed.evaluate(*binding)))
    return failure();
  FunctionAnalysis analysis(std::move(timed));
  describeCosts(analysis);
  if (llvm::any_of(function.getOps(), [](Operation &op) { return dependsOnSizes(&op); }))
    analysis.binding = *binding;
  const Timeline &timeline = analysis.getTimeline();
  FailureOr<std::vector<OpFacts>> facts = collectFacts(timeline, analysis.binding);
  FailureOr<std::vector<MeshMemory>> memory =
      computeMemory(timeline, analysis.binding, options.memory);
  if (failed(facts) || failed(memory))
    return failure();
  analysis.facts = std::move(*facts);
  analysis.memory = std::move(*memory);
  analysis.batchLimit = computeBatchLimit(analysis, options.memory.utilization);
  analysis.attribution = attributeCriticalPath(timeline, analysis.facts);
  analysis.uncertainty = computeUncertainty(timeline, analysis.facts);
  if (!analysis.timed.isFullyCounted())
    analysis.uncertainty.hide(timeline.makespan);
  analysis.usage = computeMeshUsage(timeline);
  analysis.waits = collectWaits(timeline);
  analysis.nearCritical = computeNearCritical(timeline);
  analysis.numRanks = countRanks(function);
  analysis.serving = computeServing(analysis, options.memory.utilization);
  return analysis;
}

FailureOr<std::shared_ptr<const ProgramAnalysis>>
dagrt::analyzeProgram(ModuleOp module, const AnalysisOptions &options) {
  FailureOr<TimedProgram> timed = TimedProgram::create(module, options);
  if (failed(timed))
    return failure();
  auto analysis = std::make_shared<ProgramAnalysis>();
  analysis->options = options;
  analysis->uncountedFunctions = std::move(timed->uncountedFunctions);
  for (TimedFunction &function : timed->functions) {
    FailureOr<FunctionAnalysis> analyzed = analyzeFunction(std::move(function), options);
    if (failed(analyzed))
      return failure();
    analysis->functions.push_back(std::move(*analyzed));
  }
  return std::shared_ptr<const ProgramAnalysis>(std::move(analysis));
}

bool dagrt::writeCosts(const ProgramAnalysis &analysis) {
  bool isChanged = false;
  for (const FunctionAnalysis &function : analysis.functions)
    isChanged |= writeCosts(function.timed.getCosts(), function.timed.getBinding());
  return isChanged;
}

FailureOr<std::shared_ptr<const ProgramAnalysis>>
ProgramAnalyses::get(const AnalysisOptions &options) {
  for (const std::shared_ptr<const ProgramAnalysis> &analysis : known)
    if (analysis->options == options)
      return analysis;
  FailureOr<std::shared_ptr<const ProgramAnalysis>> analysis = analyzeProgram(module, options);
  if (succeeded(analysis))
    known.push_back(*analysis);
  return analysis;
}

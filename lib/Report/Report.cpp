//===- Report.cpp - Timelines of a module -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Puts a report together: costs where there are none, a timeline for each function, and what the
// renderers share. Names are given to all ops, so that an op has one name in all formats.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Report/Report.h"
#include "dagrt/Report/Uncounted.h"

#include "Question.h"

#include "dagrt/Cost/BoundOps.h"

#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

StringRef dagrt::getMnemonic(Operation *op) {
  if (isa_and_nonnull<DagrtDialect>(op->getDialect()))
    return op->getName().stripDialect();
  return op->getName().getStringRef();
}

/// True if `op` takes time and does not say how much.
static bool lacksCost(Operation *op) {
  if (op->hasAttr(DagrtDialect::kCostAttrName))
    return false;
  if (isa<CommunicationOpInterface>(op))
    return true;
  auto work = dyn_cast<WorkOpInterface>(op);
  WorkKind kind = work ? work.getWork().kind : WorkKind::None;
  return kind != WorkKind::None && kind != WorkKind::Unknown;
}

/// True if the role alone does not say what `op` does: communication for the sake of that role, or
/// something that takes no time, such as the role's weight.
static bool isNamedByMnemonic(Operation *op) {
  if (isa<CommunicationOpInterface>(op) || isa<RecvOp>(op))
    return true;
  // A sweep reads programs whose ops carry no costs.
  return !getCost(op) && !lacksCost(op);
}

/// Appends role and mnemonic, before them micro-batch and layer if `withLayer`.
static void appendLabel(Operation *op, bool withLayer, SmallVectorImpl<char> &name) {
  llvm::raw_svector_ostream os(name);
  RoleAttr role = getRole(op);
  if (!role) {
    os << getMnemonic(op);
    return;
  }
  if (withLayer && role.hasMicrobatch())
    os << "mb" << role.getMicrobatch() << '.';
  if (withLayer && role.hasLayer())
    os << "layers." << role.getLayer() << '.';
  os << role.getName();
  if (isNamedByMnemonic(op))
    os << '.' << getMnemonic(op);
}

std::string dagrt::getLabel(Operation *op) {
  SmallString<64> name;
  appendLabel(op, /*withLayer=*/false, name);
  return std::string(name);
}

OpNames::OpNames(const Timeline &timeline) {
  names.reserve(timeline.ops.size());
  SmallString<128> name;
  for (const ScheduledOp &op : timeline.ops) {
    name.clear();
    appendLabel(op.op, /*withLayer=*/true, name);
    if (op.mesh != kNone && timeline.meshes[op.mesh].op)
      (name += '@') += timeline.meshes[op.mesh].getName();
    if (op.destination != kNone)
      (name += "->") += timeline.meshes[op.destination].getName();
    // A symbol may hold any bytes; JSON may not.
    if (!llvm::json::isUTF8(name))
      name = llvm::json::fixUTF8(name);
    auto [first, isNew] = taken.try_emplace(name, 1);
    auto *entry = &*first;
    // A mesh may be called "a#2": count on until the name is free.
    size_t length = name.size();
    while (!isNew) {
      name.resize(length);
      llvm::raw_svector_ostream(name) << '#' << ++first->getValue();
      auto [numbered, isFree] = taken.try_emplace(name, 1);
      entry = &*numbered;
      isNew = isFree;
    }
    names.push_back(entry);
  }
}

//===----------------------------------------------------------------------===//
// Analysis
//===----------------------------------------------------------------------===//

/// Sequences and tokens of `[batch, tokens, ...]`, the first argument of `function`, which runs
/// attention; none if it says nothing of the kind.
static BatchLimit readBatch(func::FuncOp function, const SizeBinding &sizes) {
  BatchLimit limit;
  if (function.getNumArguments() == 0 || llvm::none_of(function.getOps(), [](Operation &op) {
        return isa<AttentionOp, AttentionScoresOp>(op);
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
  return limit;
}

static std::optional<BatchLimit> computeBatchLimit(const FunctionReport &report,
                                                   double utilization) {
  BatchLimit limit = readBatch(report.timeline.function, report.binding);
  if (report.getDeviceMemory() == 0 || limit.sequences <= 0 || limit.tokens <= 0)
    return std::nullopt;
  limit.utilization = utilization;
  double usable = utilization * static_cast<double>(report.getDeviceMemory()) -
                  static_cast<double>(report.getReservedMemory());
  double most = 0x1p62;
  for (const MeshMemory &mesh : report.memory) {
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
    int64_t ranks = 0;
    for (const std::vector<int64_t> &group : op.getCommunication().groups)
      ranks += static_cast<int64_t>(group.size());
    most = std::max(most, ranks);
  });
  return most;
}

static FailureOr<FunctionReport> analyzeFunction(func::FuncOp function,
                                                 const CostOptions &costOptions,
                                                 const ScheduleOptions &scheduleOptions,
                                                 const MemoryOptions &memoryOptions) {
  FunctionReport report;
  Coverage coverage = Coverage::compute(function);
  report.uncounted = coverage.getUncounted();
  report.branches = coverage.getBranches();
  CostSummary costs;
  FailureOr<SizeBinding> binding = readCostSizes(function, costOptions.sizes);
  if (failed(binding) || failed(annotateCosts(function, costOptions, &costs)))
    return failure();
  report.isModelled = costs.modelled > 0;
  report.costs = std::move(costs.used);
  if (llvm::any_of(function.getOps(), [](Operation &op) { return hasSymbolicTypes(&op); }))
    report.binding = *binding;
  report.cluster = function->getAttrOfType<ClusterAttr>(DagrtDialect::kClusterAttrName);
  FailureOr<Timeline> timeline = computeTimeline(function, scheduleOptions);
  if (failed(timeline))
    return failure();
  report.timeline = std::move(*timeline);
  report.names = OpNames(report.timeline);
  FailureOr<std::vector<OpFacts>> facts = collectFacts(report.timeline, report.binding);
  FailureOr<std::vector<MeshMemory>> memory =
      computeMemory(report.timeline, report.binding, memoryOptions);
  if (failed(facts) || failed(memory))
    return failure();
  report.facts = std::move(*facts);
  report.memory = std::move(*memory);
  report.batchLimit = computeBatchLimit(report, memoryOptions.utilization);
  report.attribution = attributeCriticalPath(report.timeline, report.facts);
  report.uncertainty = computeUncertainty(report.timeline, report.facts);
  if (!report.uncounted.empty())
    report.uncertainty.hide(report.timeline.makespan);
  report.usage = computeMeshUsage(report.timeline);
  report.waits = collectWaits(report.timeline);
  report.nearCritical = computeNearCritical(report.timeline);
  report.phase = getPhase(function, report.binding).str();
  report.numRanks = countRanks(function);
  int64_t devices =
      report.cluster ? report.cluster.getNodes() * report.cluster.getDevicesPerNode() : 0;
  report.warnings = findOtherQuestions(function, report.binding, devices);
  return report;
}

FailureOr<Report> dagrt::analyzeModule(ModuleOp module, const CostOptions &costOptions,
                                       const ScheduleOptions &scheduleOptions,
                                       const MemoryOptions &memoryOptions) {
  Report report;
  report.costOptions = costOptions;
  report.memoryOptions = memoryOptions;
  report.uncountedFunctions = listUncountedFunctions(module);
  for (func::FuncOp function : getCountedFunctions(module)) {
    FailureOr<FunctionReport> analyzed =
        analyzeFunction(function, costOptions, scheduleOptions, memoryOptions);
    if (failed(analyzed))
      return failure();
    if (!report.uncountedFunctions.empty())
      analyzed->uncertainty.hide(analyzed->timeline.makespan);
    report.functions.push_back(std::move(*analyzed));
  }
  if (report.functions.empty())
    return emitNoFunction(module);
  if (ClusterAttr cluster = report.functions.front().cluster)
    addChosenForOther(module, cluster.getName(), report.warnings);
  return report;
}

SmallVector<int64_t> FunctionReport::getNodes(const ScheduledMesh &mesh) const {
  SmallVector<int64_t> nodes;
  if (!cluster || cluster.getDevicesPerNode() <= 0)
    return nodes;
  for (int64_t device : mesh.devices)
    nodes.push_back(device / cluster.getDevicesPerNode());
  llvm::sort(nodes);
  nodes.erase(llvm::unique(nodes), nodes.end());
  return nodes;
}

/// The fact `key` of the cluster's device in bytes; 0 if unknown.
static int64_t getBytesOfDevice(ClusterAttr cluster, StringRef key) {
  auto gigabytes = cluster ? cluster.getDevice().getFacts().getAs<FloatAttr>(key) : FloatAttr();
  if (!gigabytes)
    return 0;
  return static_cast<int64_t>(std::clamp(gigabytes.getValueAsDouble(), 0.0, 1e9) * 1e9);
}

int64_t FunctionReport::getDeviceMemory() const { return getBytesOfDevice(cluster, "memory_gb"); }

int64_t FunctionReport::getReservedMemory() const {
  return getBytesOfDevice(cluster, "reserved_gb");
}

bool FunctionReport::isOfOneSource() const {
  return cluster && cluster.getDevice().getFacts().contains("one_source");
}

std::string FunctionReport::getName(const LiveValue &value) const {
  if (value.op == kNone)
    return ("argument #" + Twine(value.argument)).str();
  return names[value.op].str();
}

std::optional<bool> FunctionReport::fitsInMemory() const {
  if (getDeviceMemory() == 0)
    return std::nullopt;
  return llvm::all_of(memory, [&](const MeshMemory &mesh) { return fits(mesh); });
}

const ReportFormat &dagrt::getReportFormat(ReportFormatName name) {
  static constexpr ReportFormat formats[] = {
      {ReportFormatName::Text, renderText, renderSweepText},
      {ReportFormatName::Json, renderJson, renderSweepJson, renderJsonObjects,
       renderSweepJsonObjects},
      {ReportFormatName::Formula, renderFormula, renderSweepFormulas},
  };
  for (const ReportFormat &format : formats)
    if (format.name == name)
      return format;
  return formats[0];
}

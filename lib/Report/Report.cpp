//===- Report.cpp - Timelines of a module -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the renderers share. Names are given to all ops, so that an op has one name in all formats.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Report/Report.h"
#include "Question.h"

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

/// True if `op` says that it takes time.
static bool takesTime(Operation *op) {
  if (op->hasAttr(DagrtDialect::kCostAttrName))
    return true;
  auto work = dyn_cast<WorkOpInterface>(op);
  WorkKind kind = work ? work.getWork().kind : WorkKind::None;
  return kind != WorkKind::None && kind != WorkKind::Unknown;
}

/// True if the role alone does not say what `op` does: communication for the sake of that role, or
/// something that takes no time, such as the role's weight.
static bool isNamedByMnemonic(Operation *op, bool takesTime) {
  return !takesTime || isa<CommunicationOpInterface, RecvOp>(op);
}

/// Appends role and mnemonic, before them micro-batch and layer if `withLayer`.
static void appendLabel(Operation *op, bool takesTime, bool withLayer,
                        SmallVectorImpl<char> &name) {
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
  if (isNamedByMnemonic(op, takesTime))
    os << '.' << getMnemonic(op);
}

std::string dagrt::getLabel(Operation *op) {
  SmallString<64> name;
  appendLabel(op, takesTime(op), /*withLayer=*/false, name);
  return std::string(name);
}

std::string dagrt::getLabel(const ScheduledOp &op) {
  SmallString<64> name;
  appendLabel(op.op, /*takesTime=*/op.cost != nullptr, /*withLayer=*/false, name);
  return std::string(name);
}

OpNames::OpNames(const Timeline &timeline)
    : taken(llvm::NextPowerOf2(timeline.ops.size() * 4 / 3)) {
  names.reserve(timeline.ops.size());
  SmallString<128> name;
  for (const ScheduledOp &op : timeline.ops) {
    name.clear();
    appendLabel(op.op, /*takesTime=*/op.cost != nullptr, /*withLayer=*/true, name);
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
// Functions and modules
//===----------------------------------------------------------------------===//

FunctionReport::FunctionReport(const FunctionAnalysis &analysis)
    : analysis(analysis), timeline(analysis.getTimeline()), facts(analysis.facts),
      attribution(analysis.attribution), uncertainty(analysis.uncertainty), usage(analysis.usage),
      memory(analysis.memory), batchLimit(analysis.batchLimit), waits(analysis.waits),
      nearCritical(analysis.nearCritical), costs(analysis.costs), binding(analysis.binding),
      cluster(analysis.cluster), isModelled(analysis.isModelled), numRanks(analysis.numRanks),
      uncounted(analysis.timed.getUncounted()), branches(analysis.timed.getBranches()),
      names(timeline) {
  phase = getPhase(timeline.function, binding).str();
  int64_t devices = cluster ? cluster.getNodes() * cluster.getDevicesPerNode() : 0;
  warnings = findOtherQuestions(timeline.function, binding, devices);
}

Report::Report(ModuleOp module, std::shared_ptr<const ProgramAnalysis> source)
    : analysis(std::move(source)), costOptions(analysis->options.costs),
      memoryOptions(analysis->options.memory), uncountedFunctions(analysis->uncountedFunctions),
      functions(analysis->functions.begin(), analysis->functions.end()) {
  if (ClusterAttr cluster = functions.front().cluster)
    addChosenForOther(module, cluster.getName(), warnings);
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

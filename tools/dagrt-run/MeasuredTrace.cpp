//===- MeasuredTrace.cpp - The timeline of a run on ranks -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MeasuredTrace.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace dagrt;
namespace json = llvm::json;

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

static Resource getResource(Operation *op) {
  if (isa<SendOp>(op))
    return Resource::LinkOut;
  if (isa<RecvOp>(op))
    return Resource::LinkIn;
  return isa<CommunicationOpInterface>(op) ? Resource::Collectives : Resource::Compute;
}

void OpTable::describe(Operation *op, std::string name) {
  std::string kind = "other";
  if (auto communication = dyn_cast<CommunicationOpInterface>(op))
    kind = stringifyCommunicationKind(communication.getCommunication().kind).str();
  else if (auto work = dyn_cast<WorkOpInterface>(op))
    kind = getWorkKindName(work.getWork().kind).str();
  entries.push_back({std::move(name), getMnemonic(op).str(), kind, getResource(op)});
}

OpTable::OpTable(func::FuncOp func) {
  auto module = func->getParentOfType<ModuleOp>();
  // A model of costs may not know what ranks can run; then there are no predictions to match.
  ScopedDiagnosticHandler silence(func.getContext(), [](Diagnostic &) { return success(); });
  FailureOr<std::shared_ptr<const ProgramAnalysis>> analysis = analyzeProgram(module);
  std::optional<Report> report;
  const FunctionReport *known = nullptr;
  if (succeeded(analysis)) {
    report.emplace(module, *analysis);
    for (const FunctionReport &function : report->functions)
      if (function.timeline.function == func)
        known = &function;
    llvm::raw_string_ostream os(prediction);
    renderChromeTrace(*report, os);
  }
  llvm::DenseMap<Operation *, std::string> names;
  for (auto [index, op] : llvm::enumerate(func.getBody().front().without_terminator())) {
    std::string name =
        known ? known->names[index].str() : getLabel(&op) + "#" + std::to_string(entries.size());
    names[&op] = name;
    // What a receiver waits for is what the prediction calls the transfer.
    if (auto recv = dyn_cast<RecvOp>(op))
      if (Operation *send = recv.getMessage().getDefiningOp())
        name = names.lookup(send);
    if (!isa<ParameterOp>(op))
      describe(&op, std::move(name));
  }
}

//===----------------------------------------------------------------------===//
// Events
//===----------------------------------------------------------------------===//

/// As in the predicted timeline.
static constexpr int64_t kMaxTracks = 1000000;
/// Processes of the predicted timeline have smaller numbers.
static constexpr int64_t kFirstProcess = 1000000;

static json::Object makeMetadata(StringRef what, StringRef key, json::Value value, int64_t process,
                                 int64_t thread) {
  return json::Object{{"ph", "M"},
                      {"name", what},
                      {"pid", process},
                      {"tid", thread},
                      {"args", json::Object{{key, std::move(value)}}}};
}

static void appendRank(const OpTable &ops, int64_t rank, int64_t device, ArrayRef<Stamp> stamps,
                       json::Array &events) {
  int64_t process = kFirstProcess + rank;
  std::string name =
      "measured: rank " + std::to_string(rank) + ", device " + std::to_string(device);
  events.push_back(makeMetadata("process_name", "name", name, process, 0));
  events.push_back(makeMetadata("process_sort_index", "sort_index", process, process, 0));
  for (unsigned resource = 0; resource < kNumResources; ++resource)
    events.push_back(makeMetadata("thread_name", "name", getResourceName(Resource(resource)),
                                  process, resource * kMaxTracks));
  for (const Stamp &stamp : stamps) {
    const OpTable::Entry &op = ops[stamp.op];
    events.push_back(json::Object{{"ph", "X"},
                                  {"name", op.name},
                                  {"cat", op.kind},
                                  {"pid", process},
                                  {"tid", int64_t(op.resource) * kMaxTracks},
                                  {"ts", stamp.begin * 1e6},
                                  {"dur", (stamp.end - stamp.begin) * 1e6},
                                  {"args", json::Object{{"op", op.mnemonic}, {"rank", rank}}}});
  }
}

std::string dagrt::renderMeasuredTrace(const OpTable &ops, ArrayRef<int64_t> devices,
                                       ArrayRef<std::vector<Stamp>> stamps, StringRef prediction) {
  json::Array events;
  if (!prediction.empty())
    if (auto predicted = json::parse(prediction))
      if (json::Array *array = predicted->getAsObject()->getArray("traceEvents"))
        events = std::move(*array);
  for (auto [rank, device] : llvm::enumerate(devices))
    appendRank(ops, static_cast<int64_t>(rank), device, stamps[rank], events);
  std::string text;
  llvm::raw_string_ostream os(text);
  os << json::Value(json::Object{{"displayTimeUnit", "ms"}, {"traceEvents", std::move(events)}})
     << '\n';
  return text;
}

//===- JsonReport.cpp - The report for programs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The schema is docs/report.md; a change of meaning raises `version`. Times are written from
// integers, so that parts add up to their sum digit by digit.
//
//===----------------------------------------------------------------------===//

#include "DeviceWork.h"
#include "FormulaReport.h"
#include "Warnings.h"
#include "dagrt/Cost/Cluster.h"
#include "dagrt/Report/ErrorBars.h"
#include "dagrt/Report/Report.h"
#include "dagrt/Report/Uncounted.h"
#include "dagrt/Support/Units.h"

#include "llvm/Support/JSON.h"

#include <algorithm>

using namespace mlir;
using namespace dagrt;
using llvm::json::OStream;

/// Version of the schema.
static constexpr int64_t kVersion = 1;

static void writeTime(OStream &json, StringRef key, int64_t picoseconds) {
  json.attributeBegin(key);
  json.rawValue(formatMicroseconds(picoseconds));
  json.attributeEnd();
}

/// A fraction with six decimals.
static void writeFraction(OStream &json, StringRef key, double fraction) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.6f", fraction);
  json.attributeBegin(key);
  json.rawValue(text);
  json.attributeEnd();
}

static void writeShares(OStream &json, StringRef key, ArrayRef<Share> shares) {
  json.attributeObject(key, [&] {
    for (const Share &share : shares)
      writeTime(json, llvm::json::fixUTF8(share.name), share.picoseconds);
  });
}

/// Writes a mesh's symbol, or null.
static void writeMesh(OStream &json, StringRef key, const Timeline &timeline, unsigned mesh) {
  if (mesh == kNone || !timeline.meshes[mesh].op)
    return json.attribute(key, nullptr);
  json.attribute(key, llvm::json::fixUTF8(timeline.meshes[mesh].getName()));
}

/// An array on one line.
static void writeNumbers(OStream &json, StringRef key, ArrayRef<int64_t> numbers) {
  json.attributeBegin(key);
  OStream(json.rawValueBegin()).value(llvm::json::Array(numbers));
  json.rawValueEnd();
  json.attributeEnd();
}

static void writeMemory(OStream &json, const FunctionReport &function, const MeshMemory &memory) {
  json.attributeObject("memory", [&] {
    json.attribute("peak_bytes", memory.peakBytes);
    writeTime(json, "at_us", memory.peakTime);
    if (function.getDeviceMemory() > 0)
      json.attribute("fits", function.fits(memory));
    json.attribute("weight_bytes", memory.weightBytes);
    json.attribute("keys_and_values_bytes", memory.keyValueBytes);
    json.attribute("kept_bytes", memory.keptBytes);
    json.attributeArray("largest", [&] {
      for (const LiveValue &value : memory.largest)
        json.object([&] {
          json.attribute("name", function.getName(value));
          json.attribute("bytes", value.bytes);
        });
    });
  });
}

static void writeBatch(OStream &json, const std::optional<BatchLimit> &limit) {
  if (!limit)
    return;
  json.attributeObject("batch", [&] {
    json.attribute("sequences", limit->sequences);
    json.attribute("tokens", limit->tokens);
    writeFraction(json, "memory_utilization", limit->utilization);
    json.attribute("largest", limit->largest);
  });
}

static void writeServing(OStream &json, const std::optional<ServingRates> &rates) {
  if (!rates)
    return;
  json.attributeObject("serving", [&] {
    json.attribute("requests", rates->requests);
    json.attribute("new_tokens", rates->newTokens);
    json.attribute("cached_tokens", rates->cachedTokens);
    json.attribute("devices", rates->devices);
    json.attribute("tokens_per_second", rates->tokensPerSecond);
    json.attribute("tokens_per_second_per_device", rates->tokensPerSecondPerDevice);
    if (rates->mfu)
      writeFraction(json, "mfu", *rates->mfu);
    if (rates->mbu)
      writeFraction(json, "mbu", *rates->mbu);
    if (rates->kvTokens)
      json.attribute("kv_tokens_per_device", *rates->kvTokens);
  });
}

static void writeDeviceWork(OStream &json, const DeviceWork &work) {
  json.attributeObject("flops", [&] {
    writeFraction(json, "useful", work.useful);
    writeFraction(json, "repeated", work.repeated);
    writeFraction(json, "idle", work.idle);
    if (!work.mostIdle.empty())
      json.attribute("most_idle", llvm::json::fixUTF8(work.mostIdle));
  });
}

static void writeMeshes(OStream &json, const FunctionReport &function) {
  std::vector<DeviceWork> works = computeDeviceWork(function);
  json.attributeArray("meshes", [&] {
    for (auto [index, mesh, usage, memory] :
         llvm::enumerate(function.timeline.meshes, function.usage, function.memory)) {
      json.object([&, index = index, &mesh = mesh, &usage = usage, &memory = memory] {
        writeMesh(json, "name", function.timeline, index);
        writeNumbers(json, "devices", mesh.devices);
        if (function.cluster)
          writeNumbers(json, "nodes", function.getNodes(mesh));
        writeFraction(json, "utilization", usage.utilization);
        json.attributeObject("busy", [&] {
          writeFraction(json, "compute", usage.busy[unsigned(Resource::Compute)]);
          writeFraction(json, "collectives", usage.busy[unsigned(Resource::Collectives)]);
          writeFraction(json, "link_out", usage.busy[unsigned(Resource::LinkOut)]);
          writeFraction(json, "link_in", usage.busy[unsigned(Resource::LinkIn)]);
        });
        json.attribute("weight_bytes_per_device", usage.weightBytesPerDevice);
        writeMemory(json, function, memory);
        writeDeviceWork(json, works[index]);
      });
    }
  });
}

static void writeGetTime(OStream &json, const std::optional<GemmShape> &gemm) {
  if (!gemm)
    return;
  json.attributeObject("get_time", [&] {
    json.attribute("batch", gemm->batch);
    json.attribute("m", gemm->m);
    json.attribute("k", gemm->k);
    json.attribute("n", gemm->n);
  });
}

static void writeCost(OStream &json, const ScheduledOp &op) {
  CostAttr cost = op.cost;
  if (!cost || op.occupancy == Occupancy::Nothing)
    return;
  json.attribute("bound", stringifyBound(cost.getBound()));
  json.attribute("provenance", stringifyProvenance(cost.getProvenance()));
  if (!cost.getAlgorithm().empty())
    json.attribute("algorithm", llvm::json::fixUTF8(cost.getAlgorithm()));
  if (!cost.hasErrorBar())
    return;
  auto time = static_cast<double>(cost.getPicoseconds());
  double below = cost.getBelowPercent(), above = cost.getAbovePercent();
  writeFraction(json, "error_percent", (below + above) / 2);
  writeTime(json, "low_us", roundToTime(time * (1 - below / 100)));
  writeTime(json, "high_us", roundToTime(time * (1 + above / 100)));
}

/// One op of the critical path, on one line.
static void writeEntry(OStream &json, const FunctionReport &report, unsigned index) {
  const ScheduledOp &op = report.timeline.ops[index];
  json.object([&] {
    json.attribute("name", report.names[index]);
    json.attribute("op", getMnemonic(op.op));
    writeMesh(json, "mesh", report.timeline, op.mesh);
    if (op.destination != kNone)
      writeMesh(json, "to", report.timeline, op.destination);
    writeTime(json, "start_us", op.start);
    writeTime(json, "end_us", op.end);
    json.attribute("cause", getStartCauseName(op.cause));
    if (op.blocker != kNone)
      json.attribute("blocker", report.names[op.blocker]);
    if (op.cause == StartCause::Resource) {
      json.attribute("resource", getResourceName(op.resource));
      writeTime(json, "waited_us", op.start - op.ready);
    }
    if (RoleAttr role = getRole(op.op)) {
      json.attribute("role", role.getName());
      if (role.hasLayer())
        json.attribute("layer", role.getLayer());
      if (role.hasMicrobatch())
        json.attribute("microbatch", role.getMicrobatch());
    }
    writeGetTime(json, report.facts[index].gemm);
    writeCost(json, op);
  });
}

static void writeFunction(OStream &json, const Report &report, const FunctionReport &function) {
  const Timeline &timeline = function.timeline;
  json.attribute("function",
                 llvm::json::fixUTF8(const_cast<func::FuncOp &>(timeline.function).getSymName()));
  if (function.cluster)
    json.attribute("cluster", llvm::json::fixUTF8(function.cluster.getName()));
  else
    json.attribute("cluster", nullptr);
  if (function.isModelled)
    json.attribute("model", llvm::json::fixUTF8(function.costs.options.model));
  else
    json.attribute("model", nullptr);
  json.attribute("costs_taken_over", function.isModelled && function.costs.isTakenOver);
  if (function.phase.empty())
    json.attribute("phase", nullptr);
  else
    json.attribute("phase", function.phase);
  if (function.numRanks > 1)
    json.attribute("ranks", function.numRanks);
  json.attribute("kv_cache", report.memoryOptions.keepKeyValues ? "keep" : "none");
  if (int64_t bytes = function.getDeviceMemory()) {
    json.attribute("device_memory_bytes", bytes);
    json.attribute("device_reserved_bytes", function.getReservedMemory());
  }
  if (std::optional<bool> fits = function.fitsInMemory())
    json.attribute("fits_in_memory", *fits);
  writeBatch(json, function.batchLimit);
  writeServing(json, function.analysis.serving);
  json.attribute("overlap", timeline.options.overlap ? "full" : "none");
  json.attribute("resources", timeline.options.limitedResources ? "limited" : "unlimited");
  json.attribute("ops", static_cast<int64_t>(timeline.ops.size()));
  if (!function.binding.empty())
    json.attributeObject("sizes", [&] {
      for (const auto &[name, value] : function.binding)
        json.attribute(name, value);
    });
  writeTime(json, "makespan_us", timeline.makespan);
  std::vector<NamedOps> uncounted(function.uncounted);
  // The only function is where the report of the module stands.
  if (report.functions.size() == 1)
    llvm::append_range(uncounted, report.uncountedFunctions);
  writeUncountedJson(json, uncounted);
  writeBranchesJson(json, function.branches);
  writeUncertainty(json, function.uncertainty, timeline.makespan);
  json.attribute("one_source", function.isOfOneSource());
  if (std::string unknown = describeUnknownArchitecture(function.cluster); !unknown.empty())
    json.attribute("unknown_architecture", unknown);
  writeMeshes(json, function);
  json.attributeObject("attribution", [&] {
    writeShares(json, "by_kind", function.attribution.byKind);
    writeShares(json, "by_layer", function.attribution.byLayer);
    writeShares(json, "by_mesh", function.attribution.byMesh);
    writeShares(json, "by_bound", function.attribution.byBound);
    writeShares(json, "by_provenance", function.attribution.byProvenance);
  });
  json.attributeObject("formula", [&] {
    FormulaTerms terms(timeline);
    writeFormulaJson(json, terms, timeline, terms.build(timeline));
  });
  json.attributeArray("critical_path", [&] {
    for (unsigned index : timeline.criticalPath) {
      OStream line(json.rawValueBegin());
      writeEntry(line, function, index);
      line.flush();
      json.rawValueEnd();
    }
  });
}

void dagrt::renderJson(const Report &report, llvm::raw_ostream &os) {
  OStream json(os, /*IndentSize=*/2);
  json.object([&] {
    json.attribute("version", kVersion);
    writeWarnings(json, getWarnings(report));
    if (report.functions.size() == 1)
      return writeFunction(json, report, report.functions.front());
    writeUncountedJson(json, report.uncountedFunctions);
    json.attributeArray("functions", [&] {
      for (const FunctionReport &function : report.functions)
        json.object([&] { writeFunction(json, report, function); });
    });
  });
  json.flush();
  os << '\n';
}

std::vector<std::string> dagrt::renderJsonObjects(const Report &report, StringRef module) {
  std::vector<std::string> objects;
  for (const FunctionReport &function : report.functions) {
    llvm::raw_string_ostream os(objects.emplace_back());
    OStream json(os, /*IndentSize=*/2);
    json.object([&] {
      json.attribute("module", module);
      writeFunction(json, report, function);
    });
  }
  return objects;
}

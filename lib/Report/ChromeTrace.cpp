//===- ChromeTrace.cpp - The timeline for trace viewers -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One process for each class of devices, one thread for each of its resources, one complete event
// for each op that holds the resource. On a track, an event begins when or after the one before it
// ends: with unlimited resources, where ops overlap, a resource gets as many tracks as it needs.
// Format: "Trace Event Format", the Chromium project.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Report/Report.h"
#include "dagrt/Support/Units.h"

#include "llvm/Support/JSON.h"

#include <queue>
#include <set>

using namespace mlir;
using namespace dagrt;
using llvm::json::OStream;

/// Threads of a resource have the numbers from `resource * kMaxTracks` on.
static constexpr int64_t kMaxTracks = 1000000;

static void writeMetadata(OStream &json, StringRef what, StringRef key, llvm::json::Value value,
                          int64_t process, int64_t thread) {
  json.object([&] {
    json.attribute("ph", "M");
    json.attribute("name", what);
    json.attribute("pid", process);
    json.attribute("tid", thread);
    json.attributeObject("args", [&] { json.attribute(key, value); });
  });
}

/// `base, pool: devices 8-12`.
static std::string getProcessName(const FunctionReport &report, const DeviceClass &deviceClass) {
  std::string name;
  for (unsigned mesh : deviceClass.meshes)
    if (StringRef symbol = report.timeline.meshes[mesh].getName(); !symbol.empty())
      name += (name.empty() ? "" : ", ") + symbol.str();
  if (!deviceClass.devices.empty())
    name += (name.empty() ? "" : ": ") + ("devices " + formatRanges(deviceClass.devices));
  return name.empty() ? "host" : name;
}

static void writeArgs(OStream &json, const FunctionReport &report, unsigned index) {
  const ScheduledOp &op = report.timeline.ops[index];
  json.attribute("op", getMnemonic(op.op));
  json.attribute("cause", getStartCauseName(op.cause));
  if (op.blocker != kNone)
    json.attribute("blocker", report.names[op.blocker]);
  json.attributeBegin("slack_us");
  json.rawValue(formatMicroseconds(op.slack));
  json.attributeEnd();
  json.attribute("critical", op.critical);
  if (std::optional<GemmShape> gemm = report.facts[index].gemm) {
    json.attribute("batch", gemm->batch);
    json.attribute("m", gemm->m);
    json.attribute("k", gemm->k);
    json.attribute("n", gemm->n);
  }
}

static void writeEvent(OStream &json, const FunctionReport &report, unsigned index, int64_t process,
                       int64_t thread) {
  const ScheduledOp &op = report.timeline.ops[index];
  json.object([&] {
    json.attribute("ph", "X");
    json.attribute("name", report.names[index]);
    json.attribute("cat", report.facts[index].kind);
    json.attribute("pid", process);
    json.attribute("tid", thread);
    json.attributeBegin("ts");
    json.rawValue(formatMicroseconds(op.start));
    json.attributeEnd();
    json.attributeBegin("dur");
    json.rawValue(formatMicroseconds(op.getDuration()));
    json.attributeEnd();
    if (op.critical)
      json.attribute("cname", "terrible");
    json.attributeObject("args", [&] { writeArgs(json, report, index); });
  });
}

/// Names a track `compute`, `compute 2`, ...
static void nameTrack(OStream &json, int64_t process, Resource resource, int64_t track) {
  std::string name = getResourceName(resource).str();
  if (track > 0)
    name += " " + std::to_string(track + 1);
  int64_t thread = int64_t(resource) * kMaxTracks + track;
  writeMetadata(json, "thread_name", "name", name, process, thread);
  writeMetadata(json, "thread_sort_index", "sort_index", thread, process, thread);
}

/// Writes the events of one resource, `ops` in program order.
static void writeTracks(OStream &json, const FunctionReport &report, std::vector<unsigned> ops,
                        int64_t process, Resource resource) {
  ArrayRef<ScheduledOp> scheduled(report.timeline.ops);
  llvm::stable_sort(
      ops, [&](unsigned a, unsigned b) { return scheduled[a].start < scheduled[b].start; });
  // Busy tracks by when they become free, and free tracks by number: the first is taken.
  using Track = std::pair<int64_t, int64_t>;
  std::priority_queue<Track, std::vector<Track>, std::greater<Track>> busy;
  std::set<int64_t> free;
  for (unsigned index : ops) {
    while (!busy.empty() && busy.top().first <= scheduled[index].start) {
      free.insert(busy.top().second);
      busy.pop();
    }
    int64_t track = busy.size();
    if (free.empty())
      nameTrack(json, process, resource, track);
    else
      track = free.extract(free.begin()).value();
    busy.push({scheduled[index].end, track});
    writeEvent(json, report, index, process, int64_t(resource) * kMaxTracks + track);
  }
}

/// Writes one function's classes as processes from `firstProcess` on.
static void writeFunction(OStream &json, const FunctionReport &report, int64_t firstProcess,
                          StringRef prefix) {
  const Timeline &timeline = report.timeline;
  std::vector<std::vector<unsigned>> uses(timeline.classes.size() * kNumResources);
  for (auto [index, op] : llvm::enumerate(timeline.ops))
    if (op.getDuration() > 0)
      for (Use use : timeline.getUses(op))
        uses[use.deviceClass * kNumResources + unsigned(use.resource)].push_back(index);
  for (auto [number, deviceClass] : llvm::enumerate(timeline.classes)) {
    int64_t process = firstProcess + static_cast<int64_t>(number);
    writeMetadata(json, "process_name", "name",
                  llvm::json::fixUTF8(prefix.str() + getProcessName(report, deviceClass)), process,
                  0);
    writeMetadata(json, "process_sort_index", "sort_index", process, process, 0);
    for (unsigned resource = 0; resource < kNumResources; ++resource)
      writeTracks(json, report, std::move(uses[number * kNumResources + resource]), process,
                  Resource(resource));
  }
}

void dagrt::renderChromeTrace(const Report &report, llvm::raw_ostream &os) {
  OStream json(os);
  json.object([&] {
    json.attribute("displayTimeUnit", "ms");
    json.attributeArray("traceEvents", [&] {
      int64_t process = 0;
      for (const FunctionReport &function : report.functions) {
        std::string prefix;
        if (report.functions.size() > 1)
          prefix = ("@" + const_cast<func::FuncOp &>(function.timeline.function).getSymName() + " ")
                       .str();
        writeFunction(json, function, process, prefix);
        process += function.timeline.classes.size();
      }
    });
  });
  json.flush();
  os << '\n';
}

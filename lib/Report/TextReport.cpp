//===- TextReport.cpp - The report for people -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The first three lines say how long, where and why; then come the meshes, the folded critical
// path, what it is made of, where ops wait, and how near other paths are. No line is longer than
// 100 columns.
//
//===----------------------------------------------------------------------===//

#include "DeviceWork.h"
#include "FormulaReport.h"
#include "PathListing.h"
#include "Warnings.h"
#include "dagrt/Cost/Cluster.h"
#include "dagrt/Cost/ModelChoice.h"
#include "dagrt/Report/ErrorBars.h"
#include "dagrt/Report/Report.h"
#include "dagrt/Report/Uncounted.h"
#include "dagrt/Support/Units.h"

#include "llvm/Support/FormatVariadic.h"

#include <algorithm>

using namespace mlir;
using namespace dagrt;

static constexpr size_t kColumns = 100;

static double getFraction(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

static std::string drawBar(double fraction, unsigned width) {
  unsigned filled = static_cast<unsigned>(std::clamp(fraction, 0.0, 1.0) * width + 0.5);
  return std::string(filled, '#') + std::string(width - filled, '.');
}

//===----------------------------------------------------------------------===//
// How long, where, why
//===----------------------------------------------------------------------===//

/// The largest shares with their percentages, as many as fit into `width`.
static std::string listShares(ArrayRef<Share> shares, int64_t makespan, size_t width) {
  std::string text;
  for (auto [i, share] : llvm::enumerate(shares)) {
    std::string next = (i > 0 ? ", " : "") + share.name + " " +
                       formatPercent(getFraction(share.picoseconds, makespan));
    // Room is kept for the dots that stand for what does not fit.
    bool isLast = i + 1 == shares.size();
    if (text.size() + next.size() + (isLast ? 0 : 5) > width)
      return fit(text + ", ...", width);
    text += next;
  }
  return text;
}

/// ` +- 6.1%` or ` -4.0% +9.2%`, the makespan's error bar; empty if too little is known about it to
/// say so first.
static std::string formatBar(const FunctionReport &function) {
  std::string error = formatErrorBar(function.uncertainty, function.timeline.makespan);
  return error.empty() ? "" : " " + error;
}

/// The interval of the makespan, with the kinds of ops that contribute most to it.
static void writeInterval(llvm::raw_ostream &os, const FunctionReport &function) {
  const Uncertainty &uncertainty = function.uncertainty;
  if (!uncertainty.isKnown())
    return;
  int64_t makespan = function.timeline.makespan;
  os << llvm::formatv("\n  80 % interval {0} to {1} (errors correlated within a kind of ops,\n"
                      "  independent across kinds)\n",
                      formatTime(uncertainty.getLow(makespan)),
                      formatTime(uncertainty.getHigh(makespan)));
  for (const UncertaintyGroup &group : ArrayRef(uncertainty.groups).take_front(4))
    os << llvm::formatv("    {0,-16} {1,10} {2}\n", fit(group.kind, 16),
                        formatTime(group.picoseconds), formatDeviation(group.error));
  if (uncertainty.groups.size() > 4)
    os << "    and " << uncertainty.groups.size() - 4 << " more\n";
  if (function.isOfOneSource())
    os << "  one source: all measurements of this device are from one laboratory, so bars are "
          "wider\n";
  if (uncertainty.extrapolatedOps > 0)
    os << llvm::formatv("  {0} of the path is extrapolated beyond measurements ({1} ops)\n",
                        formatPercent(getFraction(uncertainty.extrapolatedPicoseconds, makespan)),
                        uncertainty.extrapolatedOps);
  if (uncertainty.unknownPicoseconds > 0)
    os << llvm::formatv("  {0} of the path has no error bar, and is not included\n",
                        formatPercent(getFraction(uncertainty.unknownPicoseconds, makespan)));
}

static void writeServing(llvm::raw_ostream &os, const FunctionReport &function);

void dagrt::writeSummary(llvm::raw_ostream &os, const Report &report,
                         const FunctionReport &function) {
  const Timeline &timeline = function.timeline;
  llvm::DenseSet<int64_t> devices;
  for (const ScheduledMesh &mesh : timeline.meshes)
    devices.insert(mesh.devices.begin(), mesh.devices.end());
  std::string where = (Twine(devices.size()) + " device" + (devices.size() == 1 ? "" : "s")).str();
  if (function.numRanks > 1)
    where = "each of " + std::to_string(function.numRanks) + " devices";
  // What matters most comes first: a line that is too long loses its end.
  std::string first = llvm::formatv(
      "@{0}: {1}{2}{3} on {4}", const_cast<func::FuncOp &>(timeline.function).getSymName(),
      timeline.makespan > 0        ? formatTime(timeline.makespan) + formatBar(function)
      : function.uncounted.empty() ? "no time"
                                   : "nothing that is counted",
      function.phase.empty() ? "" : " of " + function.phase,
      function.fitsInMemory() == false ? ", does NOT fit in memory," : "", where);
  if (!function.binding.empty())
    first += " at " + function.binding.str();
  if (function.cluster)
    first += (" of cluster " + function.cluster.getName()).str();
  if (function.isModelled)
    first += ", by the " + function.costs.options.model + " model";
  else
    first += ", by the costs given";
  if (!timeline.options.overlap)
    first += ", no overlap";
  if (!timeline.options.limitedResources)
    first += ", unlimited resources";
  os << fit(first, kColumns) << '\n';
  if (std::string unknown = describeUnknownArchitecture(function.cluster); !unknown.empty())
    os << "  device  " << unknown << '\n';
  writeUncounted(os, function.uncounted);
  writeBranches(os, function.branches);
  if (function.isModelled && function.costs.isTakenOver)
    os << "  costs  for the cluster, model and sizes that the program's costs were computed for\n";
  if (StringRef bound = describeBound(function.costs.options.model);
      function.isModelled && !bound.empty())
    os << "  model  " << bound << '\n';
  if (timeline.makespan == 0)
    return;
  auto least = llvm::min_element(function.usage, [](const MeshUsage &a, const MeshUsage &b) {
    return a.utilization < b.utilization;
  });
  StringRef mesh = timeline.meshes[least - function.usage.begin()].getName();
  std::string tail = llvm::formatv("; {0} computes {1} of the time", mesh.empty() ? "it" : mesh,
                                   formatPercent(least->utilization));
  tail = fit(tail, 45);
  writeServing(os, function);
  const Attribution &attribution = function.attribution;
  os << "  where  " << listShares(attribution.byMesh, timeline.makespan, kColumns - 9) << '\n'
     << "  why    " << listShares(attribution.byKind, timeline.makespan, kColumns - 9 - tail.size())
     << tail << '\n';
}

/// A step in the units of serving.
static void writeServing(llvm::raw_ostream &os, const FunctionReport &function) {
  if (!function.analysis.serving)
    return;
  const ServingRates &rates = *function.analysis.serving;
  std::string line = llvm::formatv("  serves {0} request{1}, {2} new token{3} of each",
                                   rates.requests, rates.requests == 1 ? "" : "s", rates.newTokens,
                                   rates.newTokens == 1 ? "" : "s");
  if (rates.cachedTokens > 0)
    line += llvm::formatv(" on {0} cached", rates.cachedTokens);
  line += llvm::formatv(": {0:f1} tokens/s, {1:f1} tokens/s/GPU", rates.tokensPerSecond,
                        rates.tokensPerSecondPerDevice);
  os << fit(line, kColumns) << '\n';
  std::string second;
  if (rates.mfu)
    second += ", MFU " + formatPercent(*rates.mfu);
  if (rates.mbu)
    second += ", MBU " + formatPercent(*rates.mbu);
  if (rates.kvTokens)
    second += llvm::formatv(", {0} KV tokens fit on a GPU", *rates.kvTokens);
  if (!second.empty())
    os << fit("         " + second.substr(2), kColumns) << '\n';
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

/// Where in the cluster the meshes lie.
static void writePlaces(llvm::raw_ostream &os, const FunctionReport &function) {
  std::string places;
  for (const ScheduledMesh &mesh : function.timeline.meshes) {
    SmallVector<int64_t> nodes = function.getNodes(mesh);
    if (nodes.empty() || mesh.getName().empty())
      continue;
    places += llvm::formatv("{0}{1} on {2}", places.empty() ? "" : ", ", mesh.getName(),
                            formatRanges(nodes));
  }
  if (!places.empty())
    os << fit("  nodes: " + places, kColumns) << '\n';
}

/// What the most that a device holds is made of.
static std::string listMemory(const FunctionReport &function, const MeshMemory &memory) {
  std::string parts = "weights " + formatBytes(memory.weightBytes);
  if (memory.keptBytes > 0)
    parts += ", keys and values " + formatBytes(memory.keyValueBytes);
  if (memory.keptBytes != memory.keyValueBytes)
    parts += " (at the end " + formatBytes(memory.keptBytes) + ")";
  for (const LiveValue &value : memory.largest)
    parts += ", " + function.getName(value) + " " + formatBytes(value.bytes);
  return parts;
}

/// What a device of each mesh holds at most, whether it fits, and what it is.
static void writeMemory(llvm::raw_ostream &os, const FunctionReport &function) {
  int64_t limit = function.getDeviceMemory(), reserved = function.getReservedMemory();
  for (auto [mesh, memory] : llvm::zip(function.timeline.meshes, function.memory)) {
    std::string line = mesh.getName().empty() ? "" : (" of " + mesh.getName()).str();
    line = "  memory" + line + ": " + formatBytes(memory.peakBytes);
    if (reserved > 0)
      line += " + " + formatBytes(reserved) + " reserved";
    if (limit > 0)
      line += " of " + formatBytes(limit);
    line += " at " + formatTime(memory.peakTime);
    bool fits = limit == 0 || function.fits(memory);
    if (limit > 0)
      line += fits ? ", fits" : ", does NOT fit";
    std::string parts = listMemory(function, memory);
    if (fits && line.size() + parts.size() + 2 <= kColumns)
      os << line << "; " << parts << '\n';
    else
      os << fit(line, kColumns) << '\n' << fit("    " + parts, kColumns) << '\n';
  }
}

/// How many sequences fit.
static void writeBatch(llvm::raw_ostream &os, const FunctionReport &function) {
  if (!function.batchLimit)
    return;
  const BatchLimit &limit = *function.batchLimit;
  std::string line = llvm::formatv(
      "  batch: {0} sequence{1} of {2} tokens fit{3} in {4} of a device's memory; this has {5}",
      limit.largest, limit.largest == 1 ? "" : "s", limit.tokens, limit.largest == 1 ? "s" : "",
      formatPercent(limit.utilization), limit.sequences);
  os << fit(line, kColumns) << '\n';
}

/// What the devices of each mesh compute in vain; nothing where they all do their part.
static void writeDeviceWork(llvm::raw_ostream &os, const FunctionReport &function) {
  constexpr double kLeast = 0.005;
  for (auto [mesh, work] : llvm::zip(function.timeline.meshes, computeDeviceWork(function))) {
    if (work.repeated < kLeast && work.idle < kLeast)
      continue;
    std::string line = llvm::formatv("  FLOPs of {0}: {1} the model's, {2} repeated, {3} idle",
                                     mesh.getName(), formatPercent(work.useful),
                                     formatPercent(work.repeated), formatPercent(work.idle));
    if (work.idle >= kLeast && !work.mostIdle.empty())
      line += ", most in " + work.mostIdle;
    os << fit(line, kColumns) << '\n';
  }
}

static void writeMeshes(llvm::raw_ostream &os, const FunctionReport &function) {
  const Timeline &timeline = function.timeline;
  if (timeline.meshes.empty())
    return;
  os << "\n  mesh          devices        computing                   collectives"
        "   out     in   weights/GPU\n";
  for (auto [mesh, usage] : llvm::zip(timeline.meshes, function.usage)) {
    std::string name = mesh.getName().empty() ? "-" : fit(mesh.getName(), 13);
    os << llvm::formatv("  {0,-13} {1,-14} {2} {3,6}  {4,11} {5,6} {6,6}   {7,11}\n", name,
                        fit(formatRanges(mesh.devices), 14), drawBar(usage.utilization, 20),
                        formatPercent(usage.utilization), formatPercent(usage.busy[1]),
                        formatPercent(usage.busy[2]), formatPercent(usage.busy[3]),
                        formatBytes(usage.weightBytesPerDevice));
  }
  writePlaces(os, function);
  writeMemory(os, function);
  writeBatch(os, function);
  writeDeviceWork(os, function);
}

/// One table of shares as lines of equal width.
static std::vector<std::string> formatShares(StringRef title, ArrayRef<Share> shares,
                                             int64_t makespan) {
  std::vector<std::string> lines = {llvm::formatv("{0,-45}", title)};
  for (const Share &share : shares) {
    double fraction = getFraction(share.picoseconds, makespan);
    lines.push_back(llvm::formatv("  {0,-16} {1,9} {2,6} {3}", fit(share.name, 16),
                                  formatTime(share.picoseconds), formatPercent(fraction),
                                  drawBar(fraction, 9)));
  }
  return lines;
}

/// Two tables side by side.
static void writePair(llvm::raw_ostream &os, const std::vector<std::string> &left,
                      const std::vector<std::string> &right) {
  os << '\n';
  for (size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    std::string line = llvm::formatv("  {0,-50}{1}", i < left.size() ? left[i] : "",
                                     i < right.size() ? right[i] : "");
    os << StringRef(line).rtrim() << '\n';
  }
}

/// Layers, with neighbours of equal time in one line.
static std::vector<Share> mergeLayers(ArrayRef<Share> layers) {
  std::vector<Share> merged;
  for (size_t i = 0; i < layers.size();) {
    size_t end = i + 1;
    while (end < layers.size() && layers[end].picoseconds == layers[i].picoseconds &&
           layers[end].name != "none")
      ++end;
    Share share = layers[i];
    if (end - i > 1) {
      StringRef first = layers[i].name, last = layers[end - 1].name;
      last.consume_front("layer ");
      first.consume_front("layer ");
      share.name = llvm::formatv("layers {0}-{1}", first, last);
      share.picoseconds *= end - i;
    }
    merged.push_back(share);
    i = end;
  }
  return merged;
}

static void writeAttribution(llvm::raw_ostream &os, const FunctionReport &function) {
  const Attribution &attribution = function.attribution;
  int64_t makespan = function.timeline.makespan;
  writePair(os, formatShares("path by kind", attribution.byKind, makespan),
            formatShares("path by mesh", attribution.byMesh, makespan));
  writePair(os, formatShares("path by bound", attribution.byBound, makespan),
            formatShares("path by layer", mergeLayers(attribution.byLayer), makespan));
  writePair(os, formatShares("path by origin of costs", attribution.byProvenance, makespan), {});
}

//===----------------------------------------------------------------------===//
// Waits and slack
//===----------------------------------------------------------------------===//

/// How many waits are listed.
static constexpr size_t kMaxWaits = 6;

static void writeWaits(llvm::raw_ostream &os, const FunctionReport &function) {
  if (function.waits.empty())
    return;
  os << "\n  waits for a resource while operands are ready\n";
  for (const ResourceWait &wait : ArrayRef(function.waits).take_front(kMaxWaits)) {
    const ScheduledOp &longest = function.timeline.ops[wait.longest];
    std::string what = llvm::formatv("{0} of {1}", getResourceName(wait.resource),
                                     getClassLabel(function.timeline, wait.deviceClass));
    os << llvm::formatv("    {0,-28} {1} op{2}, {3} in all, {4} on the path; longest {5}\n",
                        fit(what, 28), wait.ops, wait.ops == 1 ? "" : "s",
                        formatTime(wait.picoseconds), wait.onCriticalPath,
                        formatTime(longest.start - longest.ready));
  }
}

static void writeSlack(llvm::raw_ostream &os, const FunctionReport &function) {
  const NearCritical &near = function.nearCritical;
  if (near.nearest == kNone)
    return;
  os << llvm::formatv("\n  off the path: {0} timed op{1}; slack is 0 for {2}, at most 1% for {3}, "
                      "at most 10% for {4}\n",
                      near.all, near.all == 1 ? "" : "s", near.none, near.within1, near.within10);
  os << fit(llvm::formatv("    nearest to the path: {0}, slack {1}", function.names[near.nearest],
                          formatTime(function.timeline.ops[near.nearest].slack))
                .str(),
            kColumns)
     << '\n';
}

void dagrt::renderText(const Report &report, llvm::raw_ostream &os) {
  writeUncounted(os, report.uncountedFunctions, "functions");
  for (auto [index, function] : llvm::enumerate(report.functions)) {
    if (index > 0)
      os << '\n';
    writeSummary(os, report, function);
    if (function.timeline.makespan == 0)
      continue;
    writeMeshes(os, function);
    listCriticalPath(os, function);
    writeAttribution(os, function);
    writeInterval(os, function);
    writeWaits(os, function);
    writeSlack(os, function);
  }
  writeWarnings(os, getWarnings(report));
}

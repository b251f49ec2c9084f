//===- SweepReport.cpp - Renderings of a sweep -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// As text, a line for each point, then the ranges, then the formula of each; as JSON the
// same in full.
//
//===----------------------------------------------------------------------===//

#include "SweepReport.h"

#include "dagrt/Report/Uncounted.h"

#include "FormulaReport.h"
#include "Warnings.h"
#include "dagrt/Cost/Cluster.h"
#include "dagrt/Cost/ModelChoice.h"
#include "dagrt/Report/ErrorBars.h"
#include "dagrt/Support/Units.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace dagrt;
using llvm::json::OStream;

/// Points, ranges and formulas that the text shows at most.
static constexpr size_t kMaxPoints = 200, kMaxRanges = 60, kMaxFormulas = 12;

static StringRef getName(const FunctionSweep &function) {
  return const_cast<func::FuncOp &>(function.timed.getTimeline().function).getSymName();
}

/// `of` its first letters in plural: `12 points`.
static std::string count(size_t number, StringRef what) {
  return llvm::formatv("{0} {1}{2}", number, what, number == 1 ? "" : "s");
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static void writeHead(llvm::raw_ostream &os, const SweepReport &report,
                      const FunctionSweep &function) {
  std::string names;
  for (const SizeAxis &axis : report.sweep.axes)
    names += (names.empty() ? "" : ", ") + llvm::formatv("{0} from {1} to {2}", axis.name,
                                                         axis.values.front(), axis.values.back())
                                               .str();
  std::string line = llvm::formatv("@{0}: {1}, {2}, on cluster {3}, by the {4} model",
                                   getName(function), names, count(function.points.size(), "point"),
                                   function.timed.getCosts().getCluster().name,
                                   function.timed.getCosts().getOptions().model);
  if (!function.phase.empty())
    line += ", " + function.phase;
  if (!report.options.schedule.overlap)
    line += ", no overlap";
  if (!report.options.schedule.limitedResources)
    line += ", unlimited resources";
  os << fit(line, 100) << '\n';
  const Device &device = function.timed.getCosts().getCluster().device;
  if (std::string unknown = describeUnknownArchitecture(device); !unknown.empty())
    os << "  device  " << unknown << '\n';
  writeUncounted(os, function.timed.getUncounted());
  writeBranches(os, function.timed.getBranches());
  if (function.timed.getCosts().isTakenOver())
    os << "  costs  for the cluster and model that the program's costs were computed for\n";
  if (StringRef bound = describeBound(function.timed.getCosts().getOptions().model); !bound.empty())
    os << "  model  " << bound << '\n';
}

/// The kinds with the largest parts of a point, as many as fit.
static std::string listKinds(const FunctionSweep &function, const SweepPoint &point, size_t width) {
  SmallVector<unsigned> order = llvm::to_vector(llvm::seq<unsigned>(function.kinds.size()));
  llvm::stable_sort(order,
                    [&](unsigned a, unsigned b) { return point.byKind[a] > point.byKind[b]; });
  std::string text;
  for (unsigned kind : order) {
    if (point.byKind[kind] == 0)
      break;
    std::string next =
        llvm::formatv("{0}{1} {2}", text.empty() ? "" : ", ", function.kinds[kind].name,
                      formatPercent(double(point.byKind[kind]) / point.makespan));
    if (text.size() + next.size() > width)
      break;
    text += next;
  }
  return text;
}

static void writePoints(llvm::raw_ostream &os, const SweepReport &report,
                        const FunctionSweep &function) {
  ArrayRef<SizeAxis> axes(report.sweep.axes);
  os << "\n ";
  for (const SizeAxis &axis : axes)
    os << llvm::formatv(" {0,10}", fit(axis.name, 10));
  bool hasErrors = llvm::any_of(
      function.points, [](const SweepPoint &point) { return point.uncertainty.isKnown(); });
  os << "       time" << (hasErrors ? "        +-" : "")
     << "     memory   communication  formula  made of\n";
  for (size_t i = 0; i < std::min(function.points.size(), kMaxPoints); ++i) {
    const SweepPoint &point = function.points[i];
    SizeBinding binding = report.sweep.getPoint(i);
    std::string line = " ";
    for (const SizeAxis &axis : axes)
      line += llvm::formatv(" {0,10}", *binding.lookup(axis.name));
    double communication = 0;
    for (auto [kind, time] : llvm::zip_equal(function.kinds, point.byKind))
      communication += kind.communicates ? time : 0;
    line += llvm::formatv(" {0,10}", formatTime(point.makespan));
    if (hasErrors) {
      std::string error = formatError(point.uncertainty, point.makespan);
      // The sign has a column of its own, so that digits stand below each other.
      line += llvm::formatv(" {0,9}", StringRef(error).ends_with("+") ? error : error + " ");
    }
    line += llvm::formatv(" {0,10}{1}", formatBytes(point.peakBytes), point.fits ? ' ' : '*');
    line += llvm::formatv("  {0,13} {1,8}  ",
                          formatPercent(point.makespan > 0 ? communication / point.makespan : 0),
                          "#" + std::to_string(point.formula + 1));
    size_t width = line.size() < 98 ? 100 - line.size() : 0;
    os << StringRef(line + listKinds(function, point, width)).rtrim() << '\n';
  }
  if (function.points.size() > kMaxPoints)
    os << "  ... " << count(function.points.size() - kMaxPoints, "point")
       << " more; format=json lists every one\n";
  if (llvm::any_of(function.points, [](const SweepPoint &point) { return !point.fits; }))
    os << "    (* does NOT fit in the memory of a device, less what is reserved)\n";
  if (hasErrors)
    os << "    (+- 80 % error bar, or -less/+more if its ends differ; + if a part of the path has "
          "no\n"
          "     error bar, ? if that part is large)\n";
}

/// `batch = 4, seq_len = 1024 to 5119`.
static std::string formatRange(const SweepReport &report, const SweepRange &range) {
  SizeBinding binding = report.sweep.getPoint(range.firstPoint);
  std::string text;
  for (const SizeAxis &axis : ArrayRef(report.sweep.axes).drop_back())
    text += llvm::formatv("{0} = {1}, ", axis.name, *binding.lookup(axis.name));
  text += llvm::formatv("{0} = {1}", report.sweep.axes.back().name, range.first);
  if (range.last > range.first)
    text += llvm::formatv(" to {0}", range.last);
  return text;
}

static void writeRanges(llvm::raw_ostream &os, const SweepReport &report,
                        const FunctionSweep &function) {
  os << "\n  where each formula is valid\n";
  for (const SweepRange &range : ArrayRef(function.ranges).take_front(kMaxRanges))
    os << llvm::formatv("    #{0,-3} {1}\n", range.formula + 1, formatRange(report, range));
  if (function.ranges.size() > kMaxRanges)
    os << "    ... " << count(function.ranges.size() - kMaxRanges, "range")
       << " more; format=json lists every one\n";
  os << "    (the sizes of changes are exact; a formula that is valid at two neighbouring points "
        "is\n"
        "     assumed to be valid between them)\n";
  if (function.unsearched > 0)
    os << "    between " << count(function.unsearched, "pair")
       << " of neighbouring points formulas change too often to be listed\n";
}

static void writeFormulas(llvm::raw_ostream &os, const FunctionSweep &function) {
  for (auto [index, entry] :
       llvm::enumerate(ArrayRef(function.formulas).take_front(kMaxFormulas))) {
    os << llvm::formatv("\n  #{0}, which at {1} is {2}\n\n  T =\n", index + 1, entry.binding.str(),
                        formatTime(entry.makespan));
    writeFormulaTree(os, *function.terms, entry.formula);
  }
  if (function.formulas.size() > kMaxFormulas)
    os << "\n  ... " << count(function.formulas.size() - kMaxFormulas, "formula")
       << " more; format=json has every one\n";
}

void dagrt::renderSweepText(const SweepReport &report, llvm::raw_ostream &os) {
  writeUncounted(os, report.uncountedFunctions, "functions");
  for (auto [index, function] : llvm::enumerate(report.functions)) {
    if (index > 0)
      os << '\n';
    writeHead(os, report, function);
    writePoints(os, report, function);
    writeRanges(os, report, function);
    writeFormulas(os, function);
  }
  writeWarnings(os, getWarnings(report));
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

/// Version of the keys below.
static constexpr int64_t kVersion = 1;

static void writeTime(OStream &json, StringRef key, int64_t picoseconds) {
  json.attributeBegin(key);
  json.rawValue(formatMicroseconds(picoseconds));
  json.attributeEnd();
}

static void writeSizes(OStream &json, const SizeBinding &binding) {
  json.attributeObject("sizes", [&] {
    for (const auto &[name, value] : binding)
      json.attribute(name, value);
  });
}

static void writeJsonPoints(OStream &json, const SweepReport &report,
                            const FunctionSweep &function) {
  json.attributeArray("points", [&] {
    for (auto [index, point] : llvm::enumerate(function.points)) {
      OStream line(json.rawValueBegin());
      line.object([&, index = index, &point = point] {
        writeSizes(line, report.sweep.getPoint(index, report.defaults));
        writeTime(line, "makespan_us", point.makespan);
        writeUncertainty(line, point.uncertainty, point.makespan);
        line.attribute("peak_bytes", point.peakBytes);
        if (function.timed.getCosts().getCluster().device.memoryBytes > 0)
          line.attribute("fits", point.fits);
        line.attributeObject("by_kind", [&] {
          for (auto [kind, time] : llvm::zip_equal(function.kinds, point.byKind))
            if (time > 0)
              writeTime(line, llvm::json::fixUTF8(kind.name), time);
        });
        line.attribute("formula", point.formula + 1);
      });
      line.flush();
      json.rawValueEnd();
    }
  });
}

static void writeJsonFunction(OStream &json, const SweepReport &report,
                              const FunctionSweep &function) {
  const Timeline &timeline = function.timed.getTimeline();
  json.attribute("function", llvm::json::fixUTF8(getName(function)));
  json.attribute("cluster", llvm::json::fixUTF8(function.timed.getCosts().getCluster().name));
  json.attribute("model", llvm::json::fixUTF8(function.timed.getCosts().getOptions().model));
  json.attribute("costs_taken_over", function.timed.getCosts().isTakenOver());
  if (function.phase.empty())
    json.attribute("phase", nullptr);
  else
    json.attribute("phase", function.phase);
  json.attribute("overlap", timeline.options.overlap ? "full" : "none");
  json.attribute("resources", timeline.options.limitedResources ? "limited" : "unlimited");
  json.attribute("kv_cache", report.options.memory.keepKeyValues ? "keep" : "none");
  if (const Device &device = function.timed.getCosts().getCluster().device;
      device.memoryBytes > 0) {
    json.attribute("device_memory_bytes", static_cast<int64_t>(device.memoryBytes));
    json.attribute("device_reserved_bytes", static_cast<int64_t>(device.reservedBytes));
  }
  json.attribute("ops", static_cast<int64_t>(timeline.ops.size()));
  std::vector<NamedOps> uncounted(function.timed.getUncounted());
  if (report.functions.size() == 1)
    llvm::append_range(uncounted, report.uncountedFunctions);
  writeUncountedJson(json, uncounted);
  writeBranchesJson(json, function.timed.getBranches());
  json.attributeArray("communication_kinds", [&] {
    for (const SweepKind &kind : function.kinds)
      if (kind.communicates)
        json.value(kind.name);
  });
  writeJsonPoints(json, report, function);
  json.attribute("range_of", report.sweep.axes.back().name);
  json.attributeArray("ranges", [&] {
    for (const SweepRange &range : function.ranges)
      json.object([&] {
        writeSizes(json, report.sweep.getPoint(range.firstPoint, report.defaults));
        json.attribute("from", range.first);
        json.attribute("to", range.last);
        json.attribute("formula", range.formula + 1);
      });
  });
  json.attribute("unsearched", function.unsearched);
  json.attributeArray("formulas", [&] {
    for (auto [index, entry] : llvm::enumerate(function.formulas))
      json.object([&, index = index, &entry = entry] {
        json.attribute("formula", static_cast<int64_t>(index + 1));
        writeSizes(json, entry.binding);
        writeTime(json, "makespan_us", entry.makespan);
        writeFormulaJson(json, *function.terms, timeline, entry.formula);
      });
  });
}

void dagrt::renderSweepJson(const SweepReport &report, llvm::raw_ostream &os) {
  OStream json(os, /*IndentSize=*/2);
  json.object([&] {
    json.attribute("version", kVersion);
    json.attribute("report", "sweep");
    writeWarnings(json, getWarnings(report));
    if (report.functions.size() == 1)
      return writeJsonFunction(json, report, report.functions.front());
    writeUncountedJson(json, report.uncountedFunctions);
    json.attributeArray("functions", [&] {
      for (const FunctionSweep &function : report.functions)
        json.object([&] { writeJsonFunction(json, report, function); });
    });
  });
  json.flush();
  os << '\n';
}

std::vector<std::string> dagrt::renderSweepJsonObjects(const SweepReport &report,
                                                       StringRef module) {
  std::vector<std::string> objects;
  for (const FunctionSweep &function : report.functions) {
    llvm::raw_string_ostream os(objects.emplace_back());
    OStream json(os, /*IndentSize=*/2);
    json.object([&] {
      json.attribute("module", module);
      writeJsonFunction(json, report, function);
    });
  }
  return objects;
}

void dagrt::renderSweepFormulas(const SweepReport &report, llvm::raw_ostream &os) {
  writeUncounted(os, report.uncountedFunctions, "functions");
  for (auto [index, function] : llvm::enumerate(report.functions)) {
    if (index > 0)
      os << '\n';
    writeHead(os, report, function);
    writeRanges(os, report, function);
    writeFormulas(os, function);
  }
  writeWarnings(os, getWarnings(report));
}

//===- PlansReport.cpp - A comparison of plans, rendered -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Plans have numbers, so that a table with a column for each fits a terminal. The ranges come after
// the table, and what was not looked for at the end.
//
//===----------------------------------------------------------------------===//

#include "PlansReport.h"

#include "dagrt/Report/Units.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace dagrt;
using llvm::json::OStream;

static constexpr size_t kColumns = 100;
/// Plans beside each other in the table: 12 columns for the size, 11 for each plan.
static constexpr size_t kPlansInRow = 8;
/// Version of the JSON schema.
static constexpr int64_t kVersion = 1;

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static void writeHeader(llvm::raw_ostream &os, const PlansReport &report) {
  std::string first = llvm::formatv("{0} plan{1} on cluster {2}{3}", report.plans.size(),
                                    report.plans.size() == 1 ? "" : "s", report.cluster.name,
                                    report.cluster.hypothetical ? " (hypothetical)" : "");
  if (report.cluster.device.memoryBytes > 0)
    first += ", " + formatBytes(static_cast<int64_t>(report.cluster.device.memoryBytes)) +
             " on a device";
  first += ", by the " + report.model + " model";
  if (!report.sizes.empty())
    first += ", " + report.sizes.str();
  os << fit(first, kColumns) << '\n';
  size_t width = 0;
  for (const Plan &plan : report.plans)
    width = std::max(width, plan.name.size());
  for (auto [index, plan] : llvm::enumerate(report.plans))
    os << fit(llvm::formatv("  {0,3}  {1}  {2}", index + 1,
                            pad(plan.name, std::min<size_t>(width, 40)), plan.pipeline)
                  .str(),
              kColumns)
       << '\n';
}

/// `>812.4 ms*`: the time, whether it is the best, and whether it does not fit.
static std::string formatCell(const PlanPoint &point, unsigned plan) {
  const PlanOutcome &outcome = point.outcomes[plan];
  StringRef mark = " ";
  if (plan == point.fastest)
    mark = ">";
  else if (plan == point.fastestThatFits)
    mark = "+";
  return llvm::formatv(" {0,9}{1}", (mark + formatTime(outcome.makespan)).str(),
                       outcome.fits ? " " : "*");
}

static void writeTable(llvm::raw_ostream &os, const PlansReport &report) {
  for (size_t begin = 0; begin < report.plans.size(); begin += kPlansInRow) {
    size_t end = std::min(begin + kPlansInRow, report.plans.size());
    os << llvm::formatv("\n  {0,10}", fit(report.name, 10));
    for (size_t plan = begin; plan < end; ++plan)
      os << llvm::formatv(" {0,9}{1}", plan + 1, plan + 1 < end ? " " : "");
    os << '\n';
    for (const PlanPoint &point : report.comparison.points) {
      std::string line =
          report.name.empty() ? std::string(12, ' ') : llvm::formatv("  {0,10}", point.size).str();
      for (size_t plan = begin; plan < end; ++plan)
        line += formatCell(point, plan);
      os << fit(StringRef(line).rtrim(), kColumns) << '\n';
    }
  }
  os << "  > fastest, + fastest that fits in memory, * does not fit\n";
}

static std::string describe(const PlansReport &report, std::optional<unsigned> plan) {
  if (!plan)
    return "none fits";
  return llvm::formatv("{0}  {1}", *plan + 1, report.plans[*plan].name);
}

static void writeRanges(llvm::raw_ostream &os, const PlansReport &report, StringRef title,
                        ArrayRef<PlanRange> ranges) {
  if (report.name.empty()) {
    os << fit(llvm::formatv("  {0}: {1}", title, describe(report, ranges.front().plan)).str(),
              kColumns)
       << '\n';
    return;
  }
  os << "\n  " << title << '\n';
  for (const PlanRange &range : ranges) {
    std::string sizes = llvm::formatv("{0} = {1}", report.name, range.first);
    if (range.last > range.first)
      sizes += llvm::formatv(" to {0}", range.last);
    os << fit(llvm::formatv("    {0,-34}  {1}", sizes, describe(report, range.plan)).str(),
              kColumns)
       << '\n';
  }
}

void dagrt::renderPlansText(const PlansReport &report, llvm::raw_ostream &os) {
  writeHeader(os, report);
  writeTable(os, report);
  if (report.name.empty())
    os << '\n';
  writeRanges(os, report, "fastest", report.comparison.fastest);
  writeRanges(os, report, "fastest that fits in memory", report.comparison.fastestThatFits);
  if (report.comparison.points.size() > 1)
    os << "\n  Changes of the winner are exact to one. Between neighbouring points of the table, "
          "one that is\n"
          "  undone before the next point was not looked for: a finer sweep finds it.\n";
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static void writeWinner(OStream &json, StringRef key, const PlansReport &report,
                        std::optional<unsigned> plan) {
  if (plan)
    json.attribute(key, llvm::json::fixUTF8(report.plans[*plan].name));
  else
    json.attribute(key, nullptr);
}

static void writeOutcome(OStream &json, const Plan &plan, const PlanOutcome &outcome) {
  OStream line(json.rawValueBegin());
  line.object([&] {
    line.attribute("plan", llvm::json::fixUTF8(plan.name));
    line.attributeBegin("makespan_us");
    line.rawValue(formatMicroseconds(outcome.makespan));
    line.attributeEnd();
    line.attribute("peak_bytes", outcome.peakBytes);
    line.attribute("peak_mesh", llvm::json::fixUTF8(outcome.peakMesh));
    line.attribute("fits", outcome.fits);
  });
  line.flush();
  json.rawValueEnd();
}

static void writeRanges(OStream &json, StringRef key, const PlansReport &report,
                        ArrayRef<PlanRange> ranges) {
  json.attributeArray(key, [&] {
    for (const PlanRange &range : ranges)
      json.object([&] {
        json.attribute("first", range.first);
        json.attribute("last", range.last);
        writeWinner(json, "plan", report, range.plan);
      });
  });
}

void dagrt::renderPlansJson(const PlansReport &report, llvm::raw_ostream &os) {
  const Comparison &comparison = report.comparison;
  OStream json(os, /*IndentSize=*/2);
  json.object([&] {
    json.attribute("version", kVersion);
    json.attribute("cluster", llvm::json::fixUTF8(report.cluster.name));
    json.attribute("hypothetical", report.cluster.hypothetical);
    json.attribute("model", llvm::json::fixUTF8(report.model));
    if (report.cluster.device.memoryBytes > 0)
      json.attribute("device_memory_bytes",
                     static_cast<int64_t>(report.cluster.device.memoryBytes));
    json.attributeObject("sizes", [&] {
      for (const auto &[name, number] : report.sizes)
        json.attribute(name, number);
    });
    if (!report.name.empty())
      json.attribute("swept", report.name);
    json.attributeArray("plans", [&] {
      for (const Plan &plan : report.plans)
        json.object([&] {
          json.attribute("name", llvm::json::fixUTF8(plan.name));
          json.attribute("pipeline", llvm::json::fixUTF8(plan.pipeline));
        });
    });
    json.attributeArray("points", [&] {
      for (const PlanPoint &point : comparison.points)
        json.object([&] {
          if (!report.name.empty())
            json.attribute("size", point.size);
          writeWinner(json, "fastest", report, point.fastest);
          writeWinner(json, "fastest_that_fits", report, point.fastestThatFits);
          json.attributeArray("outcomes", [&] {
            for (auto [plan, outcome] : llvm::zip_equal(report.plans, point.outcomes))
              writeOutcome(json, plan, outcome);
          });
        });
    });
    if (report.name.empty())
      return;
    writeRanges(json, "fastest", report, comparison.fastest);
    writeRanges(json, "fastest_that_fits", report, comparison.fastestThatFits);
  });
  json.flush();
  os << '\n';
}

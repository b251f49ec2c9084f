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

#include "dagrt/Cost/ModelChoice.h"
#include "dagrt/Report/ErrorBars.h"
#include "dagrt/Report/Uncounted.h"
#include "dagrt/Support/Units.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

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
             " on a device (" +
             formatBytes(static_cast<int64_t>(report.cluster.device.reservedBytes)) + " reserved)";
  first += ", by the " + report.model + " model";
  if (!report.sizes.empty())
    first += ", " + report.sizes.str();
  os << fit(first, kColumns) << '\n';
  if (std::string unknown = describeUnknownArchitecture(report.cluster.device); !unknown.empty())
    os << "  device  " << unknown << '\n';
  if (report.costsTakenOver)
    os << "  costs  for the cluster and model that the program's costs were computed for\n";
  if (StringRef bound = describeBound(report.model); !bound.empty())
    os << "  model  " << bound << '\n';
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

/// True if `plan` may be as fast as the winner that `distances` are from.
static bool isTied(const PlanDistances &distances, unsigned plan) {
  return distances[plan] && !distances[plan]->isDistinguishable();
}

/// `>812.4 ms*`: the time, whether it is the best or may be, and whether it does not fit.
static std::string formatCell(const PlanPoint &point, unsigned plan) {
  const Outcome &outcome = point.outcomes[plan];
  StringRef mark = " ";
  if (plan == point.fastest)
    mark = ">";
  else if (plan == point.fastestThatFits)
    mark = "+";
  else if (isTied(point.behindFastest, plan) || isTied(point.behindFastestThatFits, plan))
    mark = "~";
  return llvm::formatv(" {0,9}{1}", (mark + formatTime(outcome.makespan)).str(),
                       outcome.fits ? " " : "*");
}

static bool hasErrors(const PlanPoint &point) {
  return llvm::any_of(point.outcomes,
                      [](const Outcome &outcome) { return outcome.uncertainty.isKnown(); });
}

static bool hasTies(const PlanPoint &point) {
  return llvm::any_of(llvm::seq<unsigned>(point.outcomes.size()), [&](unsigned plan) {
    return isTied(point.behindFastest, plan) || isTied(point.behindFastestThatFits, plan);
  });
}

/// `+- 6.1%` or `-4/+9%` below the time of a cell.
static std::string formatErrorCell(const Outcome &outcome) {
  std::string error = formatError(outcome.uncertainty, outcome.makespan);
  StringRef number = StringRef(error).rtrim('+');
  bool isOneNumber = !number.empty() && !number.starts_with("-");
  return llvm::formatv(" {0,9}{1}", (isOneNumber ? "+- " : "") + number.str(),
                       number.size() < error.size() ? "+" : " ");
}

/// What the marks of the table mean; those of error bars if it has any.
static void writeLegend(llvm::raw_ostream &os, const PlansReport &report) {
  os << "  > fastest, + fastest that fits in memory, * does not fit\n";
  if (llvm::any_of(report.comparison.points, hasErrors))
    os << "  +- 80 % error bar of the time above, or -less/+more if its ends differ; %+ if a part "
          "has "
          "none\n"
          "  ~ not distinguishable from > or +: the difference is within its own error bar\n";
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
      if (!hasErrors(point))
        continue;
      std::string errors(12, ' ');
      for (size_t plan = begin; plan < end; ++plan)
        errors += formatErrorCell(point.outcomes[plan]);
      os << fit(StringRef(errors).rtrim(), kColumns) << '\n';
    }
  }
  writeLegend(os, report);
}

static std::string describe(const PlansReport &report, std::optional<unsigned> plan) {
  if (!plan)
    return "none fits";
  return llvm::formatv("{0}  {1}", *plan + 1, report.plans[*plan].name);
}

/// The winner of a comparison without a sweep, and who may be as fast.
static void writeWinner(llvm::raw_ostream &os, const PlansReport &report, StringRef title,
                        std::optional<unsigned> winner, const PlanDistances &distances) {
  std::string tied;
  for (unsigned plan = 0; plan < report.plans.size(); ++plan)
    if (isTied(distances, plan))
      tied += (tied.empty() ? "" : ", ") + std::to_string(plan + 1);
  os << fit(llvm::formatv("  {0}: {1}", title, describe(report, winner)).str(), kColumns) << '\n';
  if (!tied.empty())
    os << fit("    not distinguishable from it: " + tied, kColumns) << '\n';
}

static void writeRanges(llvm::raw_ostream &os, const PlansReport &report, StringRef title,
                        ArrayRef<PlanRange> ranges) {
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
  const Comparison &comparison = report.comparison;
  StringRef fastest = "fastest", fitting = "fastest that fits in memory";
  writeHeader(os, report);
  for (auto [index, ops] : llvm::enumerate(report.uncounted))
    writeUncounted(os, ops, "in plan " + std::to_string(index + 1));
  writeTable(os, report);
  if (report.name.empty()) {
    const PlanPoint &point = comparison.points.front();
    os << '\n';
    writeWinner(os, report, fastest, point.fastest, point.behindFastest);
    writeWinner(os, report, fitting, point.fastestThatFits, point.behindFastestThatFits);
    return;
  }
  writeRanges(os, report, fastest, comparison.fastest);
  writeRanges(os, report, fitting, comparison.fastestThatFits);
  if (comparison.points.size() > 1)
    os << "\n  The sizes at which the winner changes are exact. A change that is undone before the "
          "next point\n"
          "  of the table is not found; a finer sweep finds it.\n";
  if (llvm::any_of(comparison.points, hasTies))
    os << "  At sizes with a plan marked ~, neither the winner nor the size of a change is "
          "certain.\n";
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

static void writeTime(OStream &json, StringRef key, int64_t picoseconds) {
  json.attributeBegin(key);
  json.rawValue(formatMicroseconds(picoseconds));
  json.attributeEnd();
}

/// Of a difference, which may be negative.
static void writeSignedTime(OStream &json, StringRef key, double picoseconds) {
  json.attributeBegin(key);
  json.rawValue((picoseconds < 0 ? "-" : "") +
                formatMicroseconds(roundToTime(std::abs(picoseconds))));
  json.attributeEnd();
}

static void writeDistance(OStream &json, StringRef key,
                          const std::optional<PlanDistance> &distance) {
  if (!distance)
    return;
  json.attributeObject(key, [&] {
    writeTime(json, "time_us", distance->picoseconds);
    writeTime(json, "error_us", roundToTime(distance->error.getHalfWidth()));
    auto time = static_cast<double>(distance->picoseconds);
    writeSignedTime(json, "low_us", time - distance->error.below);
    writeSignedTime(json, "high_us", time + distance->error.above);
    json.attribute("distinguishable", distance->isDistinguishable());
  });
}

static void writeOutcome(OStream &json, const PlansReport &report, const PlanPoint &point,
                         unsigned plan) {
  const Outcome &outcome = point.outcomes[plan];
  OStream line(json.rawValueBegin());
  line.object([&] {
    line.attribute("plan", llvm::json::fixUTF8(report.plans[plan].name));
    writeTime(line, "makespan_us", outcome.makespan);
    writeUncertainty(line, outcome.uncertainty, outcome.makespan);
    writeDistance(line, "behind_fastest", point.behindFastest[plan]);
    writeDistance(line, "behind_fastest_that_fits", point.behindFastestThatFits[plan]);
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
    json.attribute("costs_taken_over", report.costsTakenOver);
    if (const Device &device = report.cluster.device; device.memoryBytes > 0) {
      json.attribute("device_memory_bytes", static_cast<int64_t>(device.memoryBytes));
      json.attribute("device_reserved_bytes", static_cast<int64_t>(device.reservedBytes));
    }
    json.attribute("kv_cache", report.kvCache);
    json.attributeObject("sizes", [&] {
      for (const auto &[name, number] : report.sizes)
        json.attribute(name, number);
    });
    if (!report.name.empty())
      json.attribute("swept", report.name);
    json.attributeArray("plans", [&] {
      for (auto [index, plan] : llvm::enumerate(report.plans))
        json.object([&, index = index, &plan = plan] {
          json.attribute("name", llvm::json::fixUTF8(plan.name));
          json.attribute("pipeline", llvm::json::fixUTF8(plan.pipeline));
          writeUncountedJson(json, report.uncounted[index]);
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
            for (unsigned plan = 0; plan < report.plans.size(); ++plan)
              writeOutcome(json, report, point, plan);
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

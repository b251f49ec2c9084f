//===- ErrorBars.cpp - Error bars in reports -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Report/ErrorBars.h"

#include "dagrt/Support/Units.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dagrt;
using llvm::json::OStream;

/// Both ways, written once if they are the same.
static std::string formatWays(double below, double above,
                              llvm::function_ref<std::string(double)> format) {
  std::string less = format(below), more = format(above);
  return less == more ? "+- " + more : "-" + less + " +" + more;
}

/// Rounded percents, and tenths below 1.
static std::string formatShort(double fraction) {
  double percent = 100 * fraction;
  return llvm::formatv(percent < 0.95 ? "{0:f1}" : "{0:f0}", percent).str();
}

std::string dagrt::formatError(const Uncertainty &uncertainty, int64_t makespan) {
  if (!uncertainty.isKnown() || makespan == 0)
    return "";
  if (!uncertainty.isTelling(makespan))
    return "?";
  double below = uncertainty.error.below / static_cast<double>(makespan),
         above = uncertainty.error.above / static_cast<double>(makespan);
  std::string exact = formatPercent(below);
  std::string text = exact == formatPercent(above)
                         ? exact
                         : "-" + formatShort(below) + "/+" + formatShort(above) + "%";
  return text + (uncertainty.unknownPicoseconds > 0 ? "+" : "");
}

std::string dagrt::formatErrorBar(const Uncertainty &uncertainty, int64_t makespan) {
  if (!uncertainty.isKnown() || makespan == 0 || !uncertainty.isTelling(makespan))
    return "";
  const Deviation &error = uncertainty.error;
  return formatWays(error.below / static_cast<double>(makespan),
                    error.above / static_cast<double>(makespan), formatPercent) +
         (uncertainty.unknownPicoseconds > 0 ? " or more" : "");
}

std::string dagrt::formatDeviation(const Deviation &error) {
  return formatWays(error.below, error.above,
                    [](double picoseconds) { return formatTime(roundToTime(picoseconds)); });
}

static void writeTime(OStream &json, StringRef key, int64_t picoseconds) {
  json.attributeBegin(key);
  json.rawValue(formatMicroseconds(picoseconds));
  json.attributeEnd();
}

void dagrt::writeUncertainty(OStream &json, const Uncertainty &uncertainty, int64_t makespan) {
  if (!uncertainty.isKnown())
    return;
  json.attributeObject("uncertainty", [&] {
    writeTime(json, "error_us", roundToTime(uncertainty.error.getHalfWidth()));
    writeTime(json, "low_us", uncertainty.getLow(makespan));
    writeTime(json, "high_us", uncertainty.getHigh(makespan));
    writeTime(json, "without_error_bar_us", uncertainty.unknownPicoseconds);
    writeTime(json, "extrapolated_us", uncertainty.extrapolatedPicoseconds);
    json.attribute("extrapolated_ops", uncertainty.extrapolatedOps);
    // Of many points, only the sums are kept.
    if (uncertainty.groups.empty())
      return;
    json.attributeArray("groups", [&] {
      for (const UncertaintyGroup &group : uncertainty.groups)
        json.object([&] {
          json.attribute("kind", llvm::json::fixUTF8(group.kind));
          writeTime(json, "time_us", group.picoseconds);
          writeTime(json, "error_us", roundToTime(group.error.getHalfWidth()));
          auto time = static_cast<double>(group.picoseconds);
          writeTime(json, "low_us", roundToTime(time - group.error.below));
          writeTime(json, "high_us", roundToTime(time + group.error.above));
        });
    });
  });
}

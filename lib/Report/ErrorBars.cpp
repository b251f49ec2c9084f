//===- ErrorBars.cpp - How sure a time is, in reports -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Report/ErrorBars.h"

#include "dagrt/Report/Units.h"

using namespace mlir;
using namespace dagrt;
using llvm::json::OStream;

std::string dagrt::formatError(const Uncertainty &uncertainty, int64_t makespan) {
  if (!uncertainty.isKnown() || makespan == 0)
    return "";
  if (!uncertainty.isTelling(makespan))
    return "?";
  return formatPercent(uncertainty.errorPicoseconds / static_cast<double>(makespan)) +
         (uncertainty.unknownPicoseconds > 0 ? "+" : "");
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
    writeTime(json, "error_us", roundToTime(uncertainty.errorPicoseconds));
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
          writeTime(json, "error_us", roundToTime(group.errorPicoseconds));
        });
    });
  });
}

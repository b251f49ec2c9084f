//===- Answer.cpp - The answer to one question -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A time with the terms that it is made of, and what it was learned from; for people and as JSON.
//
//===----------------------------------------------------------------------===//

#include "Answer.h"

#include "dagrt/Support/Units.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

static std::string formatUs(double microseconds) {
  double picoseconds = microseconds * 1e6;
  constexpr double most = 9.2e18;
  return formatTime(std::llround(std::min(picoseconds, most)));
}

/// FLOPs of a call that has some.
static double getFlops(const KernelCall &call) {
  if (const auto *gemm = std::get_if<GemmCall>(&call))
    return 2 * gemm->batch * gemm->m * gemm->k * gemm->n;
  if (const auto *attention = std::get_if<AttentionCall>(&call))
    return 4 * attention->batch * attention->heads * attention->headDim * attention->pairs;
  return 0;
}

static double getPeakFlops(const KernelCall &call) {
  if (const auto *gemm = std::get_if<GemmCall>(&call))
    return gemm->matrixFlops;
  if (const auto *attention = std::get_if<AttentionCall>(&call))
    return attention->matrixFlops;
  return 0;
}

/// `695 TFLOP/s, 70 % of the 989 peak`; empty where there are no FLOPs.
static std::string describeRate(const Answer &answer) {
  double flops = getFlops(answer.query.call), peak = getPeakFlops(answer.query.call);
  if (flops == 0 || peak == 0)
    return "";
  double rate = flops / answer.prediction.time.microseconds * 1e6;
  bool isSmall = peak < 1e12;
  double unit = isSmall ? 1e9 : 1e12;
  return llvm::formatv("{0:f1} {1}FLOP/s, {2:f0} % of the peak of {3:f0}", rate / unit,
                       isSmall ? "G" : "T", 100 * rate / peak, peak / unit);
}

/// Bytes/s that nccl-tests calls bus bandwidth: what a rank sends at least, over the time. A
/// collective of one rank takes no time and has none: 0, as nccl-tests prints.
static double getBusBandwidth(const CollectiveCall &call, double microseconds) {
  if (microseconds <= 0)
    return 0;
  double share = static_cast<double>(call.ranks - 1) / static_cast<double>(call.ranks);
  const CollectiveKind &kind = getCollectiveKind(call.kind);
  if (kind.sumsForAll)
    share *= 2;
  if (kind.pattern == CollectivePattern::OnePeer)
    share = 1;
  return call.bytes * share / (microseconds * 1e-6);
}

/// `tiles of 128 x 256, 1024 blocks in 7.8 waves, split 4`; empty where there are no blocks.
static std::string describeBlocks(const KernelTime &time) {
  std::string text;
  if (time.tileM > 0)
    text = llvm::formatv("tiles of {0} x {1}", time.tileM, time.tileN);
  if (time.waves > 0)
    text += llvm::formatv("{0}{1:f2} waves", text.empty() ? "" : ", ", time.waves);
  if (time.split > 1)
    text += llvm::formatv("{0}split in {1}", text.empty() ? "" : ", ", time.split);
  return text;
}

/// Whose coefficients they are.
static std::string describeSource(const Answer &answer) {
  const FoundCalibration &found = answer.prediction.found;
  if (answer.prediction.isRoofline)
    return "the data sheet: a bound from below, without launch, caches and algorithms";
  if (!found.calibration)
    return "no measurements: coefficients are where a fit would start";
  const KernelCalibration &calibration = *found.calibration;
  std::string text = llvm::formatv("{0} '{1}' fitted to {2} measurements", calibration.kernel,
                                   calibration.variant, calibration.rows);
  StringRef sources = isOfOneSource(calibration) ? ", one source" : "";
  if (found.isBorrowed)
    return text + " of " + calibration.donor + sources.str();
  return text + " of this device" + sources.str() + ", median error " +
         llvm::formatv("{0:f1} %", calibration.medianError).str();
}

void dagrt::printAnswer(const Answer &answer, StringRef what, raw_ostream &os) {
  const Prediction &p = answer.prediction;
  const KernelTime &time = p.time;
  os << what << " on " << answer.device->name << ": " << formatUs(time.microseconds) << '\n';
  auto line = [&](StringRef name, const Twine &text) {
    os << "  " << llvm::formatv("{0,-12}", name) << text << '\n';
  };
  if (!p.isRoofline)
    line("80 %", formatUs(p.getLowUs()) + " to " + formatUs(p.getHighUs()) + ", " +
                     stringifyProvenance(p.provenance));
  line("bound", stringifyBound(time.bound));
  line("arithmetic", formatUs(time.computeUs));
  line("traffic", formatUs(time.memoryUs) + " for " + formatBytes(time.bytes));
  line("fixed", formatUs(time.fixedUs));
  if (std::string rate = describeRate(answer); !rate.empty())
    line("rate", rate);
  if (std::string blocks = describeBlocks(time); !blocks.empty())
    line("blocks", blocks);
  if (const auto *call = std::get_if<CollectiveCall>(&answer.query.call)) {
    if (!p.isRoofline)
      line("algorithm", getAlgorithm(answer.query, *answer.device, p));
    line("rate",
         llvm::formatv("{0:f1} GB/s bus bandwidth, of links of {1:f0}",
                       getBusBandwidth(*call, time.microseconds) / 1e9, call->linkRate / 1e9));
  }
  line("from", describeSource(answer));
  if (std::string unknown = describeUnknownArchitecture(*answer.device); !unknown.empty())
    line("device", unknown);
  if (p.tableRows > 0)
    line("table", llvm::formatv("{0:f3} times the model's time, by {1} measurements", p.tableFactor,
                                p.tableRows));
}

void dagrt::printAnswers(ArrayRef<Answer> answers, StringRef what, raw_ostream &os) {
  os << what << '\n';
  os << llvm::formatv("  {0,-16} {1,10} {2,10} {3,10}  {4,-8} {5,-13} {6}\n", "device", "time",
                      "low", "high", "bound", "provenance", "rate");
  for (const Answer &answer : answers) {
    const Prediction &p = answer.prediction;
    std::string text = llvm::formatv(
        "  {0,-16} {1,10} {2,10} {3,10}  {4,-8} {5,-13} {6}", answer.device->name,
        formatUs(p.time.microseconds), formatUs(p.getLowUs()), formatUs(p.getHighUs()),
        stringifyBound(p.time.bound), stringifyProvenance(p.provenance), describeRate(answer));
    os << StringRef(text).rtrim() << '\n';
  }
  for (const Answer &answer : answers)
    if (std::string unknown = describeUnknownArchitecture(*answer.device); !unknown.empty())
      os << "  " << unknown << '\n';
}

void dagrt::printJson(ArrayRef<Answer> answers, StringRef what, raw_ostream &os) {
  llvm::json::OStream json(os, 2);
  json.object([&] {
    json.attribute("version", 1);
    json.attribute("what", what);
    json.attributeArray("answers", [&] {
      for (const Answer &answer : answers) {
        const Prediction &p = answer.prediction;
        json.object([&] {
          json.attribute("device", answer.device->name);
          json.attribute("time_us", p.time.microseconds);
          json.attribute("low_us", p.getLowUs());
          json.attribute("high_us", p.getHighUs());
          json.attribute("provenance", stringifyProvenance(p.provenance));
          json.attribute("bound", stringifyBound(p.time.bound));
          json.attribute("arithmetic_us", p.time.computeUs);
          json.attribute("traffic_us", p.time.memoryUs);
          json.attribute("fixed_us", p.time.fixedUs);
          json.attribute("bytes", p.time.bytes);
          if (double flops = getFlops(answer.query.call); flops > 0) {
            json.attribute("flops", flops);
            json.attribute("efficiency",
                           flops / p.time.microseconds * 1e6 / getPeakFlops(answer.query.call));
          }
          if (const auto *call = std::get_if<CollectiveCall>(&answer.query.call)) {
            if (!p.isRoofline)
              json.attribute("algorithm", getAlgorithm(answer.query, *answer.device, p));
            json.attribute("bus_bandwidth", getBusBandwidth(*call, p.time.microseconds));
          }
          if (p.time.tileM > 0) {
            json.attribute("tile_m", p.time.tileM);
            json.attribute("tile_n", p.time.tileN);
          }
          json.attribute("split", p.time.split);
          json.attribute("waves", p.time.waves);
          json.attribute("source", describeSource(answer));
          if (std::string unknown = describeUnknownArchitecture(*answer.device); !unknown.empty())
            json.attribute("unknown_architecture", unknown);
          if (const KernelCalibration *calibration = p.found.calibration;
              calibration && !p.isRoofline)
            json.attribute("one_source", isOfOneSource(*calibration));
          if (p.tableRows > 0) {
            json.attribute("table_factor", p.tableFactor);
            json.attribute("table_rows", p.tableRows);
          }
        });
      }
    });
  });
  os << '\n';
}

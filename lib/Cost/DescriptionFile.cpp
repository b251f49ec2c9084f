//===- DescriptionFile.cpp - Reading description files -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM's reader knows which key it did not expect, and where, but not which ones it would have
// liked. So each mapping notes the keys that it asked for; the handler of the reader's diagnostics
// adds them to the message.
//
//===----------------------------------------------------------------------===//

#include "DescriptionFile.h"

#include "dagrt/IR/YamlNesting.h"
#include "dagrt/Support/NearestName.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/SourceMgr.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

namespace {
/// What the reader's callbacks share.
struct ReadState {
  MLIRContext *context;
  StringRef path, what;
  StringRef key;                 ///< That is read.
  std::vector<std::string> keys; ///< That the mapping last read knows.
  std::string message;           ///< Backs the messages that scalars return.
  bool hasError = false;
};

/// Maps the keys of one mapping and notes them.
class Keys {
public:
  explicit Keys(llvm::yaml::IO &io) : io(io) {}
  /// Nested mappings are read in between, so the names are handed over at the end.
  ~Keys() { static_cast<ReadState *>(io.getContext())->keys = std::move(names); }

  template <typename T>
  void map(const char *name, T &value) {
    names.push_back(name);
    static_cast<ReadState *>(io.getContext())->key = name;
    io.mapOptional(name, value);
  }

private:
  llvm::yaml::IO &io;
  std::vector<std::string> names;
};
} // namespace

/// Reads a number, or returns what is wrong with it.
static StringRef readNumber(StringRef scalar, void *context, StringRef expected, bool allowZero,
                            double &value) {
  bool isNumber = llvm::to_float(scalar, value) && std::isfinite(value);
  if (isNumber && value < 1e15 && (value > 0 || (allowZero && value == 0)))
    return {};
  auto *state = static_cast<ReadState *>(context);
  state->message = ("expects " + expected + ", got '" + scalar + "'").str();
  return state->message;
}

namespace {
/// A unit: what is written behind numbers, how far they go, and, where people have the number in
/// another unit, what one is in the other.
struct UnitFacts {
  const char *name;
  double least, most;
  double smaller; ///< How many of the next smaller unit that other tools write make one.
  const char *smallerName;
  const char *ofKeys, *advice;
};
} // namespace

static constexpr UnitFacts kUnits[] = {
    {"TFLOP/s", 1e-5, 1e5, 1e12, "FLOP/s", "tflops", "in TFLOP/s: 1 PFLOP/s is 1000"},
    {"TOP/s", 1e-5, 1e5, 1e12, "OP/s", "tops", "in TOP/s: 1 POP/s is 1000"},
    {"GB", 1, 1e4, 1e9, "bytes", "gb", "in GB of 1e9 bytes: 80 GiB are 85.9"},
    {"GB/s", 0.01, 1e6, 1e9, "bytes/s", "gbs", "in GB/s, of bytes: 400 Gb/s are 50"},
    {"MB", 0.01, 1e5, 1e6, "bytes", "mb", "in MB of 1e6 bytes: 50 MiB are 52.4"},
    {"MHz", 1, 1e5, 1e6, "Hz", "mhz", "in MHz: 1.98 GHz are 1980"},
    {"us", 0, 1e6, 1e3, "ns", "us", "in us: 500 ns are 0.5"},
};

/// Reads a number within the bounds of its unit, or returns what is wrong with it.
static StringRef readQuantity(StringRef scalar, void *context, const UnitFacts &unit,
                              double &value) {
  bool isNumber = llvm::to_float(scalar, value) && std::isfinite(value);
  if (isNumber && value >= unit.least && value <= unit.most)
    return {};
  auto *state = static_cast<ReadState *>(context);
  state->message.clear();
  llvm::raw_string_ostream os(state->message);
  os << "expects '" << state->key << "' in " << unit.name << ", from "
     << llvm::format("%g to %g", unit.least, unit.most) << ", got '" << scalar << '\'';
  double other = value / unit.smaller;
  if (isNumber && value > unit.most && other >= unit.least && other <= unit.most)
    os << "; " << scalar << ' ' << unit.smallerName << " are " << llvm::format("%g ", other)
       << unit.name;
  return state->message;
}

LLVM_YAML_IS_SEQUENCE_VECTOR(dagrt::CalibrationFile)

namespace llvm::yaml {
template <>
struct ScalarTraits<Positive> {
  static void output(const Positive &value, void *, raw_ostream &os) { os << value.value; }
  static StringRef input(StringRef scalar, void *context, Positive &value) {
    return readNumber(scalar, context, "a number above 0 and below 1e15", false, value.value);
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <Unit unit>
struct ScalarTraits<Quantity<unit>> {
  static void output(const Quantity<unit> &value, void *, raw_ostream &os) { os << value.value; }
  static StringRef input(StringRef scalar, void *context, Quantity<unit> &value) {
    return readQuantity(scalar, context, kUnits[static_cast<unsigned>(unit)], value.value);
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <>
struct ScalarTraits<Microseconds> {
  static void output(const Microseconds &value, void *, raw_ostream &os) { os << value.value; }
  static StringRef input(StringRef scalar, void *context, Microseconds &value) {
    if (StringRef error =
            readNumber(scalar, context, "a time in us from 0 to 1e12", true, value.value);
        !error.empty())
      return error;
    if (value.value <= 1e12)
      return {};
    auto *state = static_cast<ReadState *>(context);
    state->message = ("expects a time in us from 0 to 1e12, got '" + scalar + "'").str();
    return state->message;
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <>
struct ScalarTraits<Gigabytes> {
  static void output(const Gigabytes &value, void *, raw_ostream &os) { os << value.value; }
  static StringRef input(StringRef scalar, void *context, Gigabytes &value) {
    return readNumber(scalar, context, "an amount in GB, 0 or above and below 1e15", true,
                      value.value);
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <>
struct ScalarTraits<Count> {
  static void output(const Count &value, void *, raw_ostream &os) { os << value.value; }
  static StringRef input(StringRef scalar, void *context, Count &value) {
    if (llvm::to_integer(scalar, value.value, 10) && value.value >= 1 && value.value <= 1000000)
      return {};
    auto *state = static_cast<ReadState *>(context);
    state->message = ("expects a whole number from 1 to 1000000, got '" + scalar + "'").str();
    return state->message;
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

template <>
struct CustomMappingTraits<NamedNumbers> {
  static void inputOne(IO &io, StringRef key, NamedNumbers &file) {
    double number = 0;
    io.mapRequired(key, number);
    file.numbers.push_back({key.str(), number});
  }
  static void output(IO &, NamedNumbers &) {}
};

template <>
struct CustomMappingTraits<NamedIntervals> {
  static void inputOne(IO &io, StringRef key, NamedIntervals &file) {
    std::vector<double> interval;
    io.mapRequired(key, interval);
    file.intervals.push_back({key.str(), std::move(interval)});
  }
  static void output(IO &, NamedIntervals &) {}
};

template <>
struct MappingTraits<CalibrationFile> {
  static void mapping(IO &io, CalibrationFile &file) {
    Keys keys(io);
    keys.map("kernel", file.kernel);
    keys.map("variant", file.variant);
    keys.map("rows", file.rows);
    keys.map("median_error_percent", file.medianErrorPercent);
    keys.map("largest_us", file.largestUs);
    keys.map("measured", file.measured);
    keys.map("coefficients", file.coefficients);
    keys.map("error_bars_percent", file.errorBars);
    keys.map("twin_error_bars_percent", file.twinBars);
    keys.map("transfer_error_bars_percent", file.transferBars);
  }
};

template <>
struct MappingTraits<DeviceFile> {
  static void mapping(IO &io, DeviceFile &file) {
    Keys keys(io);
    keys.map("name", file.name);
    keys.map("architecture", file.architecture);
    keys.map("source", file.source);
    keys.map("hypothetical", file.hypothetical);
    keys.map("sm_count", file.smCount);
    keys.map("boost_mhz", file.boostMhz);
    keys.map("fp64_tflops", file.fp64);
    keys.map("fp32_tflops", file.fp32);
    keys.map("fp16_tflops", file.fp16);
    keys.map("bf16_tflops", file.bf16);
    keys.map("fp8_tflops", file.fp8);
    keys.map("int8_tops", file.int8);
    keys.map("int4_tops", file.int4);
    keys.map("memory_gb", file.memoryGb);
    keys.map("reserved_gb", file.reservedGb);
    keys.map("memory_bandwidth_gbs", file.memoryBandwidthGbs);
    keys.map("l2_mb", file.l2Mb);
    keys.map("peer_bandwidth_gbs", file.peerBandwidthGbs);
    keys.map("calibrated_like", file.calibratedLike);
    keys.map("measurements", file.measurements);
    keys.map("calibration", file.calibration);
  }
};

template <>
struct MappingTraits<LinkFile> {
  static void mapping(IO &io, LinkFile &file) {
    Keys keys(io);
    keys.map("kind", file.kind);
    keys.map("bandwidth_gbs", file.bandwidthGbs);
    keys.map("efficiency", file.efficiency);
    keys.map("latency_us", file.latencyUs);
    keys.map("latency_scale", file.latencyScale);
    keys.map("nvls", file.nvls);
    keys.map("nvls_efficiency", file.nvlsEfficiency);
    keys.map("node_bandwidth_gbs", file.nodeBandwidthGbs);
    keys.map("measured_as", file.measuredAs);
  }
};

template <>
struct CustomMappingTraits<FixedTimesFile> {
  static void inputOne(IO &io, StringRef key, FixedTimesFile &file) {
    Microseconds time;
    io.mapRequired(key, time);
    file.times.push_back({key.str(), time});
  }
  static void output(IO &, FixedTimesFile &) {}
};

template <>
struct MappingTraits<ClusterFile> {
  static void mapping(IO &io, ClusterFile &file) {
    Keys keys(io);
    keys.map("name", file.name);
    keys.map("device", file.device);
    keys.map("source", file.source);
    keys.map("hypothetical", file.hypothetical);
    keys.map("nodes", file.nodes);
    keys.map("devices_per_node", file.devicesPerNode);
    keys.map("intra", file.intra);
    keys.map("inter", file.inter);
    keys.map("fixed_time_us", file.fixedTimes);
  }
};
} // namespace llvm::yaml

/// What to write instead of `key`. A key in another unit or of another type is not `nearest` with a
/// letter wrong: who followed the suggestion would be wrong by the factor between them.
static std::string suggestKey(StringRef key, StringRef nearest) {
  auto getDigits = [](StringRef text) {
    std::string digits;
    llvm::copy_if(text, std::back_inserter(digits), llvm::isDigit);
    return digits;
  };
  if (nearest.empty() || getDigits(key) != getDigits(nearest))
    return "";
  StringRef unit = nearest.rsplit('_').second;
  for (const UnitFacts &facts : kUnits)
    if (unit == facts.ofKeys && key.rsplit('_').second != unit)
      return ("; the key '" + nearest + "' is " + facts.advice).str();
  return ("; did you mean '" + nearest + "'?").str();
}

/// Says in our words what the reader found.
static std::string describeError(const llvm::SMDiagnostic &diagnostic, const ReadState &state) {
  StringRef message = diagnostic.getMessage();
  if (message.starts_with("expects"))
    return message.str();
  if (message.consume_front("unknown key '")) {
    StringRef key = message.take_until([](char c) { return c == '\''; });
    std::string text =
        "expects the keys " + llvm::join(state.keys, ", ") + ", got '" + key.str() + "'";
    std::string nearest = findNearestName(key, state.keys);
    return text + suggestKey(key, nearest);
  }
  std::string lower = message.str();
  if (!lower.empty())
    lower[0] = llvm::toLower(lower[0]);
  return ("expects the description of " + state.what + " in YAML or JSON, got text that does not " +
          "read as one: " + lower)
      .str();
}

static void reportDiagnostic(const llvm::SMDiagnostic &diagnostic, void *context) {
  auto *state = static_cast<ReadState *>(context);
  // The first error is the cause; the reader may report others that follow from it.
  if (std::exchange(state->hasError, true))
    return;
  unsigned line = std::max(diagnostic.getLineNo(), 1);
  unsigned column = std::max(diagnostic.getColumnNo() + 1, 1);
  emitError(FileLineColLoc::get(state->context, state->path, line, column))
      << describeError(diagnostic, *state);
}

template <typename FileT>
static LogicalResult parse(const DescriptionText &text, StringRef what, MLIRContext *context,
                           FileT &file) {
  YamlNestingError nesting = checkYamlNesting(text.text);
  if (!nesting.message.empty())
    return emitError(FileLineColLoc::get(context, text.path, nesting.line, nesting.column))
           << nesting.message;
  ReadState state{context, text.path, what, {}, {}, {}, false};
  llvm::yaml::Input input(StringRef(text.text), &state, reportDiagnostic, &state);
  auto reject = [&](const Twine &got) {
    if (!state.hasError)
      emitError(FileLineColLoc::get(context, text.path, 1, 1))
          << "expects one description of " << what << ", got " << got;
    return failure();
  };
  if (!input.setCurrentDocument())
    return reject("an empty file");
  llvm::yaml::EmptyContext empty;
  llvm::yaml::yamlize(input, file, true, empty);
  if (input.error() || state.hasError)
    return reject("text that does not read as one");
  if (input.nextDocument())
    return reject("several documents; keep one and drop the '---' between them");
  return success(!state.hasError);
}

LogicalResult dagrt::parseDescription(const DescriptionText &text, MLIRContext *context,
                                      DeviceFile &file) {
  return parse(text, "a device", context, file);
}

LogicalResult dagrt::parseDescription(const DescriptionText &text, MLIRContext *context,
                                      ClusterFile &file) {
  return parse(text, "a cluster", context, file);
}

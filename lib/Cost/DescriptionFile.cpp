//===- DescriptionFile.cpp - Reading description files -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The keys of descriptions, and the bounds of their numbers: a number that no machine has is most
// likely one in another unit.
//
//===----------------------------------------------------------------------===//

#include "DescriptionFile.h"

#include "dagrt/Support/ElementTypeNames.h"
#include "dagrt/Support/YamlFile.h"

#include "mlir/IR/Diagnostics.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

/// Reads a number, or returns what is wrong with it.
static StringRef readNumber(StringRef scalar, void *context, StringRef expected, bool allowZero,
                            double &value) {
  bool isNumber = llvm::to_float(scalar, value) && std::isfinite(value);
  if (isNumber && value < 1e15 && (value > 0 || (allowZero && value == 0)))
    return {};
  return YamlReader::get(context).refuse("expects " + expected + ", got '" + scalar + "'");
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
  std::string message;
  llvm::raw_string_ostream os(message);
  os << "expects '" << YamlReader::get(context).getKey() << "' in " << unit.name << ", from "
     << llvm::format("%g to %g", unit.least, unit.most) << ", got '" << scalar << '\'';
  double other = value / unit.smaller;
  if (isNumber && value > unit.most && other >= unit.least && other <= unit.most)
    os << "; " << scalar << ' ' << unit.smallerName << " are " << llvm::format("%g ", other)
       << unit.name;
  return YamlReader::get(context).refuse(message);
}

LLVM_YAML_IS_SEQUENCE_VECTOR(dagrt::CalibrationFile)
LLVM_YAML_IS_FLOW_SEQUENCE_VECTOR(dagrt::Quantity<Unit::GigabytesPerSecond>)
LLVM_YAML_IS_FLOW_SEQUENCE_VECTOR(dagrt::Count)

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
    return YamlReader::get(context).refuse("expects a time in us from 0 to 1e12, got '" + scalar +
                                           "'");
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
    return YamlReader::get(context).refuse("expects a whole number from 1 to 1000000, got '" +
                                           scalar + "'");
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
    YamlKeys keys(io);
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
struct MappingTraits<NcclFile> {
  static void mapping(IO &io, NcclFile &file) {
    YamlKeys keys(io);
    keys.map("ll_gbs", file.lowLatency);
    keys.map("tree_channel_gbs", file.treeChannel);
    keys.map("ll128_channel_gbs", file.ll128Channel);
    keys.map("ring_gbs", file.ring);
    keys.map("nvls_efficiency", file.nvlsEfficiency);
    keys.map("nvls_chunks", file.switchChunks);
  }
};

template <>
struct MappingTraits<ArchitectureFile> {
  static void mapping(IO &io, ArchitectureFile &file) {
    YamlKeys keys(io);
    file.at = keys.getPosition();
    keys.map("name", file.name);
    keys.map("source", file.source);
    keys.map("order", file.order);
    keys.map("sm_versions", file.smVersions);
    keys.map("coefficients_of", file.coefficientsOf);
    keys.map("is_core", file.isCore);
    keys.map("threads_per_sm", file.threadsPerSm);
    keys.map("reserved_gb", file.reservedGb);
    keys.map("pcie_gbs", file.pcieGbs);
    keys.map("network_gbs", file.networkGbs);
    keys.map("nvls", file.nvls);
    keys.map("nccl", file.nccl);
  }
};

/// A rate, whose key may have any name of the type.
template <typename T>
static void mapRate(YamlKeys &keys, StringRef type, StringRef unit, T &rate) {
  for (StringRef name : getSpellings(type)) {
    T value;
    keys.map((name + unit).str(), value, /*isShown=*/name == type);
    if (value && rate)
      keys.refuse("expects one rate of " + type + ", got '" + name + unit + "' beside another");
    if (value)
      rate = value;
  }
}

template <>
struct MappingTraits<DeviceFile> {
  static void mapping(IO &io, DeviceFile &file) {
    YamlKeys keys(io);
    keys.map("name", file.name);
    keys.map("architecture", file.architecture);
    keys.map("architecture_facts", file.architectureFacts);
    keys.map("source", file.source);
    keys.map("hypothetical", file.hypothetical);
    keys.map("sm_count", file.smCount);
    keys.map("boost_mhz", file.boostMhz);
    mapRate(keys, "fp64", "_tflops", file.fp64);
    mapRate(keys, "fp32", "_tflops", file.fp32);
    mapRate(keys, "fp16", "_tflops", file.fp16);
    mapRate(keys, "bf16", "_tflops", file.bf16);
    mapRate(keys, "fp8", "_tflops", file.fp8);
    mapRate(keys, "int8", "_tops", file.int8);
    mapRate(keys, "int4", "_tops", file.int4);
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
    YamlKeys keys(io);
    file.at = keys.getPosition();
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
    YamlKeys keys(io);
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

template <typename FileT>
static LogicalResult parse(const DescriptionText &text, StringRef what, MLIRContext *context,
                           FileT &file) {
  auto report = [&](const Twine &message, TextPosition at) {
    emitError(getFileLocation(context, text.path, at)) << message;
  };
  return YamlReader(text.text, what, report, suggestKey).read(file);
}

const BuiltinDescription *dagrt::findBuiltin(ArrayRef<BuiltinDescription> builtins,
                                             StringRef name) {
  const auto *it = llvm::find_if(
      builtins, [&](const BuiltinDescription &builtin) { return name == builtin.name; });
  return it == builtins.end() ? nullptr : it;
}

LogicalResult dagrt::parseDescription(const DescriptionText &text, MLIRContext *context,
                                      DeviceFile &file) {
  return parse(text, "description of a device", context, file);
}

LogicalResult dagrt::parseDescription(const DescriptionText &text, MLIRContext *context,
                                      ClusterFile &file) {
  return parse(text, "description of a cluster", context, file);
}

LogicalResult dagrt::parseDescription(const DescriptionText &text, MLIRContext *context,
                                      ArchitectureFile &file) {
  return parse(text, "description of an architecture", context, file);
}

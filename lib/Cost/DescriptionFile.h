//===- DescriptionFile.h - Reading description files -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads YAML (and so JSON) with LLVM's YAML I/O. Every key is mapped as optional, so that a typo is
// reported at its own line and not as a missing key somewhere else; presence is checked afterwards.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_DESCRIPTIONFILE_H
#define DAGRT_COST_DESCRIPTIONFILE_H

#include "dagrt/Support/TextPosition.h"

#include "mlir/IR/Location.h"
#include "mlir/Support/LLVM.h"

#include "llvm/Support/YAMLTraits.h"

#include <optional>
#include <string>
#include <vector>

namespace dagrt {

/// A number above 0 (and below 1e15).
struct Positive {
  double value = 0;
};

/// What the number of a key is in, with bounds that no machine is beyond.
enum class Unit { Tflops, Tops, Gigabytes, GigabytesPerSecond, Megabytes, Megahertz, Microseconds };

/// A number within the bounds of its unit.
template <Unit unit>
struct Quantity : Positive {};

/// A whole number from 1 to 1,000,000.
struct Count {
  int64_t value = 0;
};

/// A time in microseconds that may be 0.
struct Microseconds {
  double value = 0;
};

/// An amount of memory in GB that may be 0.
struct Gigabytes {
  double value = 0;
};

/// Numbers by name, in the order of the text.
struct NamedNumbers {
  std::vector<std::pair<std::string, double>> numbers;
};

/// Intervals by name: percent below and above.
struct NamedIntervals {
  std::vector<std::pair<std::string, std::vector<double>>> intervals;
};

/// The calibration of one variant of a kernel as written.
struct CalibrationFile {
  std::string kernel, variant;
  std::optional<Positive> rows, largestUs;
  std::optional<Microseconds> medianErrorPercent;
  NamedNumbers coefficients;
  NamedIntervals measured, errorBars, twinBars, transferBars;
};

/// NCCL's constants for an architecture as written.
struct NcclFile {
  std::optional<std::vector<Quantity<Unit::GigabytesPerSecond>>> lowLatency, treeChannel;
  std::optional<Quantity<Unit::GigabytesPerSecond>> ll128Channel, ring;
  std::optional<Positive> nvlsEfficiency;
  std::optional<Count> switchChunks;
};

/// The facts of an architecture as written: in a file of its own, or in a device's.
struct ArchitectureFile {
  std::string name, source, coefficientsOf;
  std::optional<Count> order, threadsPerSm;
  std::optional<std::vector<Count>> smVersions;
  std::optional<Gigabytes> reservedGb;
  std::optional<Quantity<Unit::GigabytesPerSecond>> pcieGbs, networkGbs;
  std::optional<bool> isCore, nvls;
  std::optional<NcclFile> nccl;
  TextPosition at;
};

/// A device description as written.
struct DeviceFile {
  std::string name, architecture, source;
  bool hypothetical = false;
  std::optional<Quantity<Unit::Tflops>> fp64, fp32, fp16, bf16, fp8;
  std::optional<Quantity<Unit::Tops>> int8, int4;
  std::optional<Quantity<Unit::Gigabytes>> memoryGb;
  std::optional<Quantity<Unit::GigabytesPerSecond>> memoryBandwidthGbs, peerBandwidthGbs;
  std::optional<Quantity<Unit::Megabytes>> l2Mb;
  std::optional<Quantity<Unit::Megahertz>> boostMhz;
  std::optional<Gigabytes> reservedGb;
  std::optional<Count> smCount;
  std::optional<ArchitectureFile> architectureFacts;
  std::string calibratedLike, measurements;
  std::vector<CalibrationFile> calibration;
};

/// A link as written.
struct LinkFile {
  TextPosition at;
  std::string kind, measuredAs;
  std::optional<Quantity<Unit::GigabytesPerSecond>> bandwidthGbs, nodeBandwidthGbs;
  std::optional<Positive> efficiency, latencyScale, nvlsEfficiency;
  std::optional<Quantity<Unit::Microseconds>> latencyUs;
  bool nvls = false;
};

/// Times by key, in the reader's order.
struct FixedTimesFile {
  std::vector<std::pair<std::string, Microseconds>> times;
};

/// A cluster description as written.
struct ClusterFile {
  std::string name, device, source;
  bool hypothetical = false;
  std::optional<Count> nodes, devicesPerNode;
  std::optional<LinkFile> intra, inter;
  FixedTimesFile fixedTimes;
};

/// Where a description comes from.
struct DescriptionText {
  std::string path; ///< Shown in errors, and what relative names in the text are relative to.
  std::string text;
};

/// A description that is compiled in.
struct BuiltinDescription {
  const char *name;
  const char *text;
};

/// The built-in description called `name`; null if there is none.
const BuiltinDescription *findBuiltin(llvm::ArrayRef<BuiltinDescription> builtins,
                                      llvm::StringRef name);

/// Parses exactly one document; errors are emitted at their line in the text.
mlir::LogicalResult parseDescription(const DescriptionText &text, mlir::MLIRContext *context,
                                     DeviceFile &file);
mlir::LogicalResult parseDescription(const DescriptionText &text, mlir::MLIRContext *context,
                                     ClusterFile &file);
mlir::LogicalResult parseDescription(const DescriptionText &text, mlir::MLIRContext *context,
                                     ArchitectureFile &file);

} // namespace dagrt

#endif // DAGRT_COST_DESCRIPTIONFILE_H

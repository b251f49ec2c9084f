//===- Cluster.h - Descriptions of devices and clusters -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What costs are computed for. Descriptions are read from files (YAML or JSON) with the units
// that people use in the names of the keys; here everything is in FLOP/s, bytes, bytes/s and
// microseconds.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_CLUSTER_H
#define DAGRT_COST_CLUSTER_H

#include "dagrt/Cost/Calibration.h"
#include "dagrt/IR/DagrtAttributes.h"

#include "mlir/IR/Location.h"
#include "mlir/IR/Types.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

namespace dagrt {

enum class LinkKind { NvLink, Pcie, Network };

/// `nvlink`, `pcie` or `network`.
llvm::StringRef getLinkKindName(LinkKind kind);

/// How a link that a description tells of differs from the one that coefficients were fitted to:
/// the built-in cluster's of such devices, or what a link of its kind is taken to be.
struct LinkCorrection {
  double rate = 1, nvlsRate = 1; ///< Factors of the rates that transfers reach.
  double latency = 1;            ///< Factor of all latencies,
  double message = 1;            ///< of those of messages, 1 at most,
  double messageUs = 0;          ///< and what is added to that of each message in a row.

  bool isNeeded() const {
    return rate != 1 || nvlsRate != 1 || latency != 1 || message != 1 || messageUs != 0;
  }
};

/// What the roofline takes of a link beside its rate (docs/cost.md).
struct LinkTerms {
  double efficiency = 0;     ///< Part of the rate that a large message reaches.
  double latencyUs = 0;      ///< Of one message from device to device.
  double latencyScale = 1;   ///< Multiplies NCCL's latencies of collectives.
  double nvlsEfficiency = 0; ///< Part of `bandwidth * efficiency` that the switch's sums reach.
};

/// The terms of a link of which a description says none.
LinkTerms getDefaultTerms(LinkKind kind);

/// How a device reaches others.
struct Link : LinkTerms {
  LinkKind kind = LinkKind::NvLink;
  double bandwidth = 0;                ///< Bytes/s of one device in one direction.
  bool nvls = false;                   ///< The switch can reduce (NVLink SHARP).
  std::optional<double> nodeBandwidth; ///< Bytes/s of all devices of a node together.
  /// The columns `link` and `impl` of the measurements that tell of it, as `nvlink/nccl-tests`.
  std::string measuredAs;
  LinkCorrection correction;

  /// Bytes/s of each of `sharing` devices of a node by the data sheet.
  double getSharedBandwidth(int64_t sharing) const {
    double share =
        nodeBandwidth.value_or(INFINITY) / static_cast<double>(std::max<int64_t>(sharing, 1));
    return std::min(bandwidth, share);
  }
};

/// What NCCL's tuner (src/graph/tuning.cc) takes for an architecture. Rates in GB/s.
struct NcclFacts {
  double lowLatency[3] = {};  ///< That LL reaches at most on one node, on two, and on more.
  double treeChannel[3] = {}; ///< Of one channel of a tree, in the same order.
  double ll128Channel = 0;    ///< Of one channel with LL128.
  double ring = INFINITY;     ///< Of a ring over NVLink at most.
  double nvlsEfficiency = 0;  ///< Part of a link's rate that the switch reduces at; 0 if it cannot.
  int64_t switchChunks = 16;  ///< Chunks of a rank that the switch reduces at once.
};

/// What the devices of an architecture have in common (lib/Cost/Architectures).
struct ArchitectureFacts {
  bool isKnown = false;                ///< Else these are the facts of `unknown`.
  bool isDescribed = false;            ///< Some of them are the device's own description's.
  bool isCore = false;                 ///< A processor core: no tiles to fill.
  int64_t firstSm = 0, lastSm = 0;     ///< CUDA compute capabilities times 10; 0 for others.
  int64_t order = 0;                   ///< Among the generations of a vendor; 0 outside of them.
  std::string coefficientsOf;          ///< The device whose coefficients serve where one has none.
  std::optional<double> reservedBytes; ///< Where the device's description is silent.
  double threadsPerSm = 0;
  double pcieRate = 0, networkRate = 0; ///< Bytes/s of a device where no cluster says it.
  bool nvls = false;                    ///< Whether switches of that generation reduce.
  NcclFacts nccl;
};

/// One accelerator. Rates are dense peaks.
struct Device {
  std::string name;
  std::string architecture; ///< `volta`, `ampere`, ...
  ArchitectureFacts facts;  ///< Of the architecture.
  std::string source;       ///< Where the facts come from.
  bool hypothetical = false;
  /// FLOP/s of matmuls, and operations/s of those of integers.
  std::optional<double> fp64, fp32, fp16, bf16, fp8, int8, int4;
  double memoryBytes = 0, memoryBandwidth = 0;
  double reservedBytes = 0; ///< Of the memory, that no program gets.
  double l2Bytes = 0;       ///< 0 when unknown.
  int64_t smCount = 0;      ///< 0 when unknown.
  double clockHz = 0;       ///< 0 when unknown.
  double peerBandwidth = 0; ///< Bytes/s to another device in one direction, 0 when unknown.

  /// The links of the first built-in cluster of such devices: what a question about collectives
  /// that names no cluster is about.
  std::optional<Link> usualIntra, usualInter;

  /// What measurements say of this device; and of those whose coefficients serve where it has none,
  /// the nearest first and all devices together last.
  std::vector<KernelCalibration> calibrations, borrowed;
  std::vector<std::string> donors; ///< Their names.
  std::string measurements;        ///< Where the measurements come from.

  /// FLOP/s of matmuls of `elementType`; no rate stands in for another.
  std::optional<double> getMatrixFlops(mlir::Type elementType) const;

  /// True if `bytes` and what is reserved are no more than the memory, or that is unknown.
  bool fits(int64_t bytes) const {
    return memoryBytes <= 0 || static_cast<double>(bytes) + reservedBytes <= memoryBytes;
  }

  /// FLOP/s outside of matmuls: the fp32 rate, and for f64 the fp64 rate.
  std::optional<double> getVectorFlops(mlir::Type elementType) const;
};

/// A time that the user has fixed.
struct FixedTime {
  std::string key; ///< Mnemonic of an op, or a role.
  int64_t picoseconds = 0;
};

/// Nodes of equal devices. Device ids fill the nodes in order.
struct Cluster {
  std::string name, source;
  bool hypothetical = false;
  Device device;
  int64_t nodes = 1, devicesPerNode = 1;
  std::optional<Link> intra; ///< Between devices of a node.
  std::optional<Link> inter; ///< Between nodes.
  std::vector<FixedTime> fixedTimes;

  int64_t getNumDevices() const { return nodes * devicesPerNode; }
  int64_t getNode(int64_t device) const { return device / devicesPerNode; }
};

/// Names of the descriptions that are compiled in, sorted.
std::vector<std::string> getBuiltinDevices();
std::vector<std::string> getBuiltinClusters();

/// Reads a built-in description by its name, or else a file. Errors in a file are emitted at their
/// line; an unknown name is an error at `loc`.
mlir::FailureOr<Device> loadDevice(llvm::StringRef nameOrFile, mlir::Location loc);
mlir::FailureOr<Cluster> loadCluster(llvm::StringRef nameOrFile, mlir::Location loc);

/// The facts of a built-in architecture; what stands in for them if there is none of the name.
ArchitectureFacts getBuiltinArchitecture(llvm::StringRef name, mlir::MLIRContext *context);

/// The built-in architecture of a CUDA compute capability, which is given times 10: `hopper` of 90.
/// If there is none, a name of its own: `sm_70`.
std::string getCudaArchitecture(int64_t smVersion, mlir::MLIRContext *context);

/// A sentence for the first lines of reports if there is no description of the architecture of the
/// device; else empty.
std::string describeUnknownArchitecture(const Device &device);
std::string describeUnknownArchitecture(ClusterAttr cluster);

/// The attribute that says in IR what a function was costed for.
ClusterAttr getClusterAttr(mlir::MLIRContext *context, const Cluster &cluster);

} // namespace dagrt

#endif // DAGRT_COST_CLUSTER_H

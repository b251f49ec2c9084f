//===- Analysis.h - Tables of a timeline -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sums over a timeline: what the critical path is made of, how busy the meshes are, where ops wait,
// and how near other paths come to the longest.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SCHEDULE_ANALYSIS_H
#define DAGRT_SCHEDULE_ANALYSIS_H

#include "dagrt/IR/Sizes.h"
#include "dagrt/Schedule/Timeline.h"

#include <optional>
#include <string>

namespace dagrt {

/// A part of the makespan.
struct Share {
  std::string name;
  int64_t picoseconds = 0;
};

/// The critical path, divided in several ways. The shares of each division are positive and sum to
/// the makespan. Layers stand in order, all else by falling time, then by name.
struct Attribution {
  std::vector<Share> byKind;       ///< `gemm`, `all_reduce`, `send`, ...; `other` if unknown.
  std::vector<Share> byLayer;      ///< `layer 3`; `none` for ops without a layer, last.
  std::vector<Share> byMesh;       ///< `base`, `base -> pool`; `none` without a mesh.
  std::vector<Share> byBound;      ///< `compute`, `memory`, ...
  std::vector<Share> byProvenance; ///< `modelled`, `given`, ...
};

/// What an op says about itself, beside its cost.
struct OpFacts {
  /// The kind of work or communication; `other` if the op does not say, empty if it takes no time.
  llvm::StringRef kind;
  /// The arguments of Get_Time, of a GEMM.
  std::optional<GemmShape> gemm;
  /// FLOPs: on the busiest device, of all devices, and in the logical form.
  double flops = 0, totalFlops = 0, logicalFlops = 0;
};

/// On a module: the name of the cluster that a partition chose its sizes for.
constexpr llvm::StringLiteral kChosenForAttrName = "dagrt.chosen_for";

/// Ops of a timeline that say the same about themselves: those of one kind (dagrt/IR/OpKinds.h). A
/// model repeats its layers, and a pipeline its meshes, so there are few.
struct OpGroups {
  std::vector<unsigned> groupOf;  ///< By op; kNone for those that take no time.
  std::vector<unsigned> firstOps; ///< By group.
};
OpGroups groupEqualOps(const Timeline &timeline);

/// The facts of each of the timeline's ops that has a cost, at the sizes that it is timed for. Ops
/// of one group are asked once.
mlir::FailureOr<std::vector<OpFacts>> collectFacts(const Timeline &timeline,
                                                   const SizeBinding &binding);

/// The kinds alone, which do not depend on the sizes: facts without shapes.
std::vector<OpFacts> collectKinds(const Timeline &timeline);

Attribution attributeCriticalPath(const Timeline &timeline, llvm::ArrayRef<OpFacts> facts);

/// `base`, `base -> pool`; empty without a mesh.
std::string getMeshLabel(const Timeline &timeline, const ScheduledOp &op);

/// How a mesh spends its time, as fractions of the makespan from 0 to 1, averaged over its devices.
struct MeshUsage {
  /// Fraction of time in which ops of any mesh compute on its devices.
  double utilization = 0;
  /// Fraction in which each resource is held, which for compute includes, without overlap,
  /// communication.
  std::array<double, kNumResources> busy = {};
  /// Weights on its busiest device, of all meshes that share the device.
  int64_t weightBytesPerDevice = 0;
};

/// The usage of each of the timeline's meshes.
std::vector<MeshUsage> computeMeshUsage(const Timeline &timeline);

/// Ops that wait for a resource although their operands are there.
struct ResourceWait {
  Resource resource = Resource::Compute;
  unsigned deviceClass = 0;
  int64_t ops = 0;            ///< How many ops wait.
  int64_t picoseconds = 0;    ///< How long in all, each counted by itself.
  unsigned longest = kNone;   ///< The op that waits longest.
  int64_t onCriticalPath = 0; ///< How many of them are on the critical path.
};

/// Waits by class and resource, the longest in all first.
std::vector<ResourceWait> collectWaits(const Timeline &timeline);

/// How near ops that take time, and are not on the critical path, come to delaying the program.
struct NearCritical {
  /// Ops with at most 0, 1 and 10 percent of the makespan as slack, and all.
  int64_t none = 0, within1 = 0, within10 = 0, all = 0;
  /// The op with the least slack, kNone if there is none, the earliest among equals.
  unsigned nearest = kNone;
};

NearCritical computeNearCritical(const Timeline &timeline);

} // namespace dagrt

#endif // DAGRT_SCHEDULE_ANALYSIS_H

//===- Timeline.h - Start times of ops, and their causes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The timeline of a function: one pass over its ops in program order gives each op the earliest
// start that its operands and the devices it runs on allow, one pass back gives
// its slack, and a walk along what each op waited for gives the critical path.
//
// A timeline has a structure (where ops run, and what waits for what) that does not depend on how
// long ops take. It is built once, and can be timed any number of times.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_SCHEDULE_TIMELINE_H
#define DAGRT_SCHEDULE_TIMELINE_H

#include "dagrt/IR/Dagrt.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <array>
#include <vector>

namespace dagrt {

/// No op, no mesh.
constexpr unsigned kNone = ~0u;

/// What ops compete for on a device. Links are full duplex.
enum class Resource : uint8_t { Compute, Collectives, LinkOut, LinkIn };
constexpr unsigned kNumResources = 4;

/// `compute`, `collectives`, `link out`, `link in`.
llvm::StringRef getResourceName(Resource resource);

/// How ops share devices.
struct ScheduleOptions {
  /// If false, a collective also holds compute, and a send its sender's compute.
  bool overlap = true;
  /// If false, ops wait for their operands only.
  bool limitedResources = true;

  bool operator==(const ScheduleOptions &other) const {
    return overlap == other.overlap && limitedResources == other.limitedResources;
  }
};

/// Why an op starts when it does.
enum class StartCause : uint8_t {
  Start,    ///< At time 0, nothing makes it wait.
  Data,     ///< When its last operand is there.
  Resource, ///< When an earlier op leaves a resource that it needs.
};

/// `start`, `data`, `resource`.
llvm::StringRef getStartCauseName(StartCause cause);

/// What an op holds while it runs.
enum class Occupancy : uint8_t {
  Nothing,    ///< No cost (parameters, views), or the moment of a message's arrival.
  Compute,    ///< Compute of its mesh.
  Collective, ///< Collectives of its mesh.
  Transfer,   ///< Link out of the source, link in of the destination.
};

/// A mesh that ops of the function run on.
struct ScheduledMesh {
  /// Null for the one device of a function that is not placed.
  MeshOp op;
  llvm::SmallVector<int64_t> devices;
  /// The classes that it is a union of, ascending.
  llvm::SmallVector<unsigned, 2> classes;

  /// The symbol, empty without a mesh.
  llvm::StringRef getName() const;
};

/// Devices that the same meshes hold: each mesh is a union of classes, and the devices of a class
/// are always equally busy.
struct DeviceClass {
  llvm::SmallVector<int64_t> devices;
  /// The meshes that contain it, ascending.
  llvm::SmallVector<unsigned, 2> meshes;
};

/// One op and its place in time. Times are picoseconds from the program's start.
struct ScheduledOp {
  mlir::Operation *op = nullptr;
  /// What it costs; null if it takes no time.
  CostAttr cost;
  int64_t start = 0, end = 0;
  /// When its last operand is there.
  int64_t ready = 0;
  /// How much later it could end without making the program longer.
  int64_t slack = 0;
  /// On the critical path, the time until the path's next op starts (or ends, for the last).
  int64_t onPath = 0;
  /// The op whose end is this one's start, or whose piece arrives then; kNone at time 0.
  unsigned blocker = kNone;
  /// Index of the mesh it runs on (of a transfer, the source), kNone for ops without one.
  unsigned mesh = kNone;
  /// Index of a transfer's destination, else kNone.
  unsigned destination = kNone;
  /// Where its dependencies begin in Timeline::dependencies: first data, then resources.
  unsigned firstDependency = 0, firstResourceDependency = 0;
  StartCause cause = StartCause::Start;
  /// With StartCause::Resource, what it waited for, and on which class.
  Resource resource = Resource::Compute;
  unsigned deviceClass = kNone;
  Occupancy occupancy = Occupancy::Nothing;
  bool critical = false;

  int64_t getDuration() const { return end - start; }
};

/// One use of a resource.
struct Use {
  unsigned deviceClass;
  Resource resource;
};

/// The schedule of a function. Ops are numbered in program order, without the terminator.
struct Timeline {
  mlir::func::FuncOp function;
  ScheduleOptions options;
  std::vector<ScheduledOp> ops;
  /// Edges of the graph, by the op that waits.
  std::vector<unsigned> dependencies;
  /// What each edge of a resource is about: the n-th for the n-th such edge among `dependencies`.
  std::vector<Use> resourceEdges;
  llvm::SmallVector<ScheduledMesh> meshes;
  llvm::SmallVector<DeviceClass> classes;
  /// The longest path in order of time: ops of which each starts when the one before ends, or has
  /// delivered the piece that it receives; the first at 0 and the last ending at the makespan.
  /// Empty if nothing takes time.
  std::vector<unsigned> criticalPath;
  /// The length of the longest path.
  int64_t makespan = 0;

  /// Ops whose results op `index` reads, in order of operands.
  llvm::ArrayRef<unsigned> getDataDependencies(unsigned index) const;
  /// Ops that held a resource of op `index` last, in the order of getUses.
  llvm::ArrayRef<unsigned> getResourceDependencies(unsigned index) const;
  /// The resources that `op` holds.
  llvm::SmallVector<Use, 4> getUses(const ScheduledOp &op) const;
};

/// The structure of a timeline, all of whose times are 0: where the ops of `function` run, and what
/// each waits for. `takesTime` says which ops hold what they run on. Errors are emitted on the op
/// they belong to.
mlir::FailureOr<Timeline>
buildTimelineStructure(mlir::func::FuncOp function, const ScheduleOptions &options,
                       llvm::function_ref<bool(mlir::Operation *)> takesTime);

/// Times a structure again, in one pass over its edges and one back: `durations` has an entry for
/// each op, not negative; those of ops that hold nothing are not read. Starts, ends, slack, causes
/// and the critical path are as if the timeline had just been computed.
mlir::LogicalResult retime(Timeline &timeline, llvm::ArrayRef<int64_t> durations);

/// Schedules the ops of `function`, which has a body, by their `dagrt.cost`. Each resource serves
/// ops in program order. Where several things let an op start at the same moment, data is
/// named before resources, and the earliest operand before later ones; among ops that end last, the
/// earliest ends the critical path. Linear in ops and edges. Errors are emitted on the op they
/// belong to.
mlir::FailureOr<Timeline> computeTimeline(mlir::func::FuncOp function,
                                          const ScheduleOptions &options = {});

/// Writes `dagrt.timing` on each op of the timeline.
void annotateTimeline(const Timeline &timeline);

} // namespace dagrt

#endif // DAGRT_SCHEDULE_TIMELINE_H

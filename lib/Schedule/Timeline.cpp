//===- Timeline.cpp - When each op runs, and why then -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The graph has an edge from each op to the readers of its results, and from each op to the next op
// in program order that holds one of its resources. Both kinds go forward in program order, so one
// pass computes the earliest starts, and one pass in reverse the latest ends. A resource needs only
// an edge from its last holder: that one waited for the holder before it.
//
// An op's blocker is a dependency whose end is the op's start. From the op that ends
// last, the chain of blockers reaches time 0 without a gap; it is the longest path of the graph.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Schedule/Timeline.h"

#include "Placement.h"

#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace dagrt;

StringRef dagrt::getResourceName(Resource resource) {
  switch (resource) {
  case Resource::Compute:
    return "compute";
  case Resource::Collectives:
    return "collectives";
  case Resource::LinkOut:
    return "link out";
  case Resource::LinkIn:
    return "link in";
  }
  llvm_unreachable("all resources have names");
}

StringRef dagrt::getStartCauseName(StartCause cause) {
  switch (cause) {
  case StartCause::Start:
    return "start";
  case StartCause::Data:
    return "data";
  case StartCause::Resource:
    return "resource";
  }
  llvm_unreachable("all causes have names");
}

ArrayRef<unsigned> Timeline::getDataDependencies(unsigned index) const {
  const ScheduledOp &op = ops[index];
  return ArrayRef(dependencies)
      .slice(op.firstDependency, op.firstResourceDependency - op.firstDependency);
}

ArrayRef<unsigned> Timeline::getResourceDependencies(unsigned index) const {
  unsigned begin = ops[index].firstResourceDependency;
  unsigned end = index + 1 < ops.size() ? ops[index + 1].firstDependency : dependencies.size();
  return ArrayRef(dependencies).slice(begin, end - begin);
}

SmallVector<Use, 4> Timeline::getUses(const ScheduledOp &op) const {
  SmallVector<Use, 4> uses;
  auto hold = [&](unsigned mesh, Resource resource) {
    for (unsigned deviceClass : meshes[mesh].classes)
      uses.push_back({deviceClass, resource});
  };
  if (op.occupancy == Occupancy::Nothing)
    return uses;
  if (op.occupancy == Occupancy::Compute || !options.overlap)
    hold(op.mesh, Resource::Compute);
  if (op.occupancy == Occupancy::Collective)
    hold(op.mesh, Resource::Collectives);
  if (op.occupancy == Occupancy::Transfer) {
    hold(op.mesh, Resource::LinkOut);
    hold(op.destination, Resource::LinkIn);
  }
  return uses;
}

namespace {
/// The pass forward: earliest starts, and the edges they come from.
class Forward {
public:
  explicit Forward(Timeline &timeline)
      : timeline(timeline), lastHolder(timeline.classes.size() * kNumResources, kNone) {}

  LogicalResult run() {
    numbers.reserve(timeline.ops.size());
    timeline.dependencies.reserve(3 * timeline.ops.size());
    for (auto [index, op] : llvm::enumerate(timeline.ops)) {
      if (failed(schedule(index, op)))
        return failure();
      numbers.try_emplace(op.op, index);
      timeline.makespan = std::max(timeline.makespan, op.end);
    }
    return success();
  }

private:
  /// Starts `op`, whose `end` is its duration.
  LogicalResult schedule(unsigned index, ScheduledOp &op) {
    int64_t duration = op.end;
    op.firstDependency = timeline.dependencies.size();
    for (Value operand : op.op->getOperands())
      waitForValue(op, operand);
    if (op.op->getNumRegions() > 0) {
      llvm::SetVector<Value> captured;
      getUsedValuesDefinedAbove(op.op->getRegions(), captured);
      for (Value value : captured)
        waitForValue(op, value);
    }
    op.ready = op.start;
    op.firstResourceDependency = timeline.dependencies.size();
    if (timeline.options.limitedResources)
      for (Use use : timeline.getUses(op))
        waitForResource(index, op, use);
    if (llvm::AddOverflow(op.start, duration, op.end))
      return op.op->emitOpError()
             << "expects the program to end before 2^63 ps (106 days), got a start at " << op.start
             << " ps and a cost of " << duration << " ps";
    return success();
  }

  void waitForValue(ScheduledOp &op, Value value) {
    Operation *producer = value.getDefiningOp();
    auto it = producer ? numbers.find(producer) : numbers.end();
    if (it == numbers.end())
      return;
    timeline.dependencies.push_back(it->second);
    wait(op, it->second, StartCause::Data);
  }

  void waitForResource(unsigned index, ScheduledOp &op, Use use) {
    unsigned &holder = lastHolder[use.deviceClass * kNumResources + unsigned(use.resource)];
    if (holder != kNone) {
      timeline.dependencies.push_back(holder);
      if (wait(op, holder, StartCause::Resource)) {
        op.resource = use.resource;
        op.deviceClass = use.deviceClass;
      }
    }
    holder = index;
  }

  /// Moves the start of `op` to the end of `blocker`, if that is later; on a tie the earlier caller
  /// stays the cause.
  bool wait(ScheduledOp &op, unsigned blocker, StartCause cause) {
    int64_t end = timeline.ops[blocker].end;
    if (end <= op.start)
      return false;
    op.start = end;
    op.cause = cause;
    op.blocker = blocker;
    return true;
  }

  Timeline &timeline;
  /// The op that held each resource of each class last.
  SmallVector<unsigned> lastHolder;
  /// Looked up only; never iterated.
  llvm::DenseMap<Operation *, unsigned> numbers;
};
} // namespace

/// The pass in reverse: the latest end that lets every dependent op start in time.
static void computeSlack(Timeline &timeline) {
  // While the pass runs, `slack` holds the latest end.
  for (ScheduledOp &op : timeline.ops)
    op.slack = timeline.makespan;
  for (unsigned index = timeline.ops.size(); index-- > 0;) {
    ScheduledOp &op = timeline.ops[index];
    int64_t latestStart = op.slack - op.getDuration();
    for (ArrayRef<unsigned> edges :
         {timeline.getDataDependencies(index), timeline.getResourceDependencies(index)})
      for (unsigned dependency : edges)
        timeline.ops[dependency].slack = std::min(timeline.ops[dependency].slack, latestStart);
    op.slack -= op.end;
  }
}

/// Follows the blockers from the first op that ends last.
static void traceCriticalPath(Timeline &timeline) {
  if (timeline.makespan == 0)
    return;
  const auto *last = llvm::find_if(
      ArrayRef(timeline.ops), [&](const ScheduledOp &op) { return op.end == timeline.makespan; });
  for (unsigned index = last - timeline.ops.data(); index != kNone;
       index = timeline.ops[index].blocker) {
    timeline.ops[index].critical = true;
    timeline.criticalPath.push_back(index);
  }
  std::reverse(timeline.criticalPath.begin(), timeline.criticalPath.end());
}

FailureOr<Timeline> dagrt::computeTimeline(func::FuncOp function, const ScheduleOptions &options) {
  Timeline timeline;
  timeline.function = function;
  timeline.options = options;
  if (failed(placeOps(timeline)) || failed(Forward(timeline).run()))
    return failure();
  computeSlack(timeline);
  traceCriticalPath(timeline);
  return timeline;
}

void dagrt::annotateTimeline(const Timeline &timeline) {
  MLIRContext *context = timeline.function->getContext();
  auto name = StringAttr::get(context, DagrtDialect::kTimingAttrName);
  for (const ScheduledOp &op : timeline.ops)
    op.op->setDiscardableAttr(name,
                              TimingAttr::get(context, op.start, op.end, op.slack, op.critical));
}

//===- Timeline.cpp - Start times of ops, and their causes -*- C++ -*-===//
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
// An op's blocker is a dependency whose end is the op's start, or, for a piece of a message, the
// moment at which the piece is there. From the op that ends
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

//===----------------------------------------------------------------------===//
// Structure
//===----------------------------------------------------------------------===//

namespace {
/// Collects the edges of the graph.
class EdgeBuilder {
public:
  explicit EdgeBuilder(Timeline &timeline)
      : timeline(timeline), lastHolder(timeline.classes.size() * kNumResources, kNone) {}

  void run() {
    numbers.reserve(timeline.ops.size());
    timeline.dependencies.reserve(3 * timeline.ops.size());
    for (auto [index, op] : llvm::enumerate(timeline.ops)) {
      addEdges(index, op);
      numbers.try_emplace(op.op, index);
    }
  }

private:
  void addEdges(unsigned index, ScheduledOp &op) {
    op.firstDependency = timeline.dependencies.size();
    for (Value operand : op.op->getOperands())
      addData(operand);
    if (op.op->getNumRegions() > 0) {
      llvm::SetVector<Value> captured;
      getUsedValuesDefinedAbove(op.op->getRegions(), captured);
      for (Value value : captured)
        addData(value);
    }
    if (auto update = dyn_cast<CacheUpdateOp>(op.op); update && update.getInPlace())
      addReaders(update);
    op.firstResourceDependency = timeline.dependencies.size();
    if (timeline.options.limitedResources)
      for (Use use : timeline.getUses(op))
        addResource(index, use);
  }

  /// What is written over has been read.
  void addReaders(CacheUpdateOp update) {
    for (Operation *reader : update.getCache().getUsers())
      if (auto it = numbers.find(reader); it != numbers.end())
        timeline.dependencies.push_back(it->second);
  }

  void addData(Value value) {
    Operation *producer = value.getDefiningOp();
    auto it = producer ? numbers.find(producer) : numbers.end();
    if (it != numbers.end())
      timeline.dependencies.push_back(it->second);
  }

  void addResource(unsigned index, Use use) {
    unsigned holder =
        std::exchange(lastHolder[use.deviceClass * kNumResources + unsigned(use.resource)], index);
    if (holder == kNone)
      return;
    timeline.dependencies.push_back(holder);
    timeline.resourceEdges.push_back(use);
  }

  Timeline &timeline;
  /// The op that held each resource of each class last.
  SmallVector<unsigned> lastHolder;
  /// Looked up only; never iterated.
  llvm::DenseMap<Operation *, unsigned> numbers;
};
} // namespace

FailureOr<Timeline> dagrt::buildTimelineStructure(func::FuncOp function,
                                                  const ScheduleOptions &options,
                                                  llvm::function_ref<bool(Operation *)> takesTime) {
  Timeline timeline;
  timeline.function = function;
  timeline.options = options;
  if (failed(placeOps(timeline, takesTime)))
    return failure();
  EdgeBuilder(timeline).run();
  return timeline;
}

//===----------------------------------------------------------------------===//
// Times
//===----------------------------------------------------------------------===//

/// When `op` may go on with what `dependency` leaves it: the weight of the edge between them. A
/// piece of a message is there before the message's end: every receiver takes the senders' pieces
/// in an order of its own, so that after `(p + 1) / P` of the time each receiver has `p + 1`
/// pieces.
static int64_t getArrival(const ScheduledOp &dependency, const ScheduledOp &op) {
  auto recv = dyn_cast<RecvOp>(op.op);
  if (!recv || !recv.getPiece() || !isa<SendOp>(dependency.op))
    return dependency.end;
  unsigned __int128 time = dependency.getDuration(), pieces = *recv.getPieces();
  time = (time * (*recv.getPiece() + 1) + pieces - 1) / pieces;
  return dependency.start + static_cast<int64_t>(time);
}

/// Moves the start of `op` to the arrival of op `blocker`, if that is later; on a tie the earlier
/// caller stays the cause.
static bool wait(const Timeline &timeline, ScheduledOp &op, unsigned blocker, StartCause cause) {
  int64_t arrival = getArrival(timeline.ops[blocker], op);
  if (arrival <= op.start)
    return false;
  op.start = arrival;
  op.cause = cause;
  op.blocker = blocker;
  return true;
}

/// The pass forward: earliest starts.
static LogicalResult computeStarts(Timeline &timeline, ArrayRef<int64_t> durations) {
  timeline.makespan = 0;
  const Use *use = timeline.resourceEdges.data();
  for (auto [index, op] : llvm::enumerate(timeline.ops)) {
    op.start = 0;
    op.cause = StartCause::Start;
    op.blocker = kNone;
    for (unsigned dependency : timeline.getDataDependencies(index))
      wait(timeline, op, dependency, StartCause::Data);
    op.ready = op.start;
    for (unsigned dependency : timeline.getResourceDependencies(index)) {
      if (wait(timeline, op, dependency, StartCause::Resource)) {
        op.resource = use->resource;
        op.deviceClass = use->deviceClass;
      }
      ++use;
    }
    int64_t duration = op.occupancy == Occupancy::Nothing ? 0 : durations[index];
    if (llvm::AddOverflow(op.start, duration, op.end))
      return op.op->emitOpError()
             << "expects the program to end before 2^63 ps (106 days), got a start at " << op.start
             << " ps and a cost of " << duration << " ps";
    timeline.makespan = std::max(timeline.makespan, op.end);
  }
  return success();
}

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
      for (unsigned number : edges) {
        ScheduledOp &dependency = timeline.ops[number];
        int64_t latestEnd = latestStart + (dependency.end - getArrival(dependency, op));
        dependency.slack = std::min(dependency.slack, latestEnd);
      }
    op.slack -= op.end;
  }
}

/// Follows the blockers from the first op that ends last.
static void traceCriticalPath(Timeline &timeline) {
  for (unsigned index : timeline.criticalPath) {
    timeline.ops[index].critical = false;
    timeline.ops[index].onPath = 0;
  }
  timeline.criticalPath.clear();
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
  // Of a message whose piece the path goes on with, the path takes a part.
  int64_t next = timeline.makespan;
  for (unsigned index : llvm::reverse(timeline.criticalPath)) {
    timeline.ops[index].onPath = next - timeline.ops[index].start;
    next = timeline.ops[index].start;
  }
}

LogicalResult dagrt::retime(Timeline &timeline, ArrayRef<int64_t> durations) {
  assert(durations.size() == timeline.ops.size() && "expects a duration for each op");
  if (failed(computeStarts(timeline, durations)))
    return failure();
  computeSlack(timeline);
  traceCriticalPath(timeline);
  return success();
}

FailureOr<Timeline> dagrt::computeTimeline(func::FuncOp function, const ScheduleOptions &options) {
  auto costName = StringAttr::get(function.getContext(), DagrtDialect::kCostAttrName);
  auto findCost = [&](Operation *op) {
    return dyn_cast_or_null<CostAttr>(op->getDiscardableAttr(costName));
  };
  FailureOr<Timeline> timeline = buildTimelineStructure(
      function, options, [&](Operation *op) { return findCost(op) != nullptr; });
  if (failed(timeline))
    return failure();
  std::vector<int64_t> durations(timeline->ops.size());
  for (auto [op, duration] : llvm::zip_equal(timeline->ops, durations)) {
    op.cost = findCost(op.op);
    duration = op.cost ? op.cost.getPicoseconds() : 0;
  }
  if (failed(retime(*timeline, durations)))
    return failure();
  return timeline;
}

void dagrt::annotateTimeline(const Timeline &timeline) {
  MLIRContext *context = timeline.function->getContext();
  auto name = StringAttr::get(context, DagrtDialect::kTimingAttrName);
  for (const ScheduledOp &op : timeline.ops)
    op.op->setDiscardableAttr(name,
                              TimingAttr::get(context, op.start, op.end, op.slack, op.critical));
}

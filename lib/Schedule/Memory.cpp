//===- Memory.cpp - Peak memory of a timeline -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One pass over the ops gives each stored value its span of time; for each class of devices, the
// starts and ends of its spans in order of time give the peak. A span that ends where another
// begins makes room for it. What decoding needs of keys and values has a span to the end, or, of a
// view, one of its own, as if it were copied into a cache.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Schedule/Memory.h"

#include "KeyValues.h"

#include "mlir/Interfaces/ViewLikeInterface.h"
#include "mlir/Transforms/RegionUtils.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SetVector.h"

#include <algorithm>
#include <tuple>

using namespace mlir;
using namespace dagrt;

/// How many of the values that are alive at a peak are named.
static constexpr size_t kMostLargest = 3;

/// What is stored of a value, a buffer as the tensor in it; null if it is neither.
static RankedTensorType getStoredType(Type type) {
  if (auto message = dyn_cast<MessageType>(type))
    type = message.getPayload();
  if (auto buffer = dyn_cast<MemRefType>(type);
      buffer && TensorType::isValidElementType(buffer.getElementType()))
    return RankedTensorType::get(buffer.getShape(), buffer.getElementType());
  return dyn_cast<RankedTensorType>(type);
}

double dagrt::getStoredBytes(Type type) {
  RankedTensorType stored = getStoredType(type);
  if (!stored)
    return 0;
  return getLocalElements(stored) * getElementBytes(stored.getElementType());
}

std::vector<double> dagrt::sumWeights(const Timeline &timeline, BytesOfType getBytes) {
  std::vector<double> bytes(timeline.meshes.size(), 0);
  llvm::DenseSet<std::tuple<Attribute, Attribute, Type>> counted;
  for (const ScheduledOp &op : timeline.ops) {
    auto parameter = dyn_cast<ParameterOp>(op.op);
    if (!parameter || op.mesh == kNone)
      continue;
    RankedTensorType type = parameter.getType();
    if (counted.insert({parameter.getNameAttr(), parameter.getViewAttr(), type}).second)
      bytes[op.mesh] += getBytes(type);
  }
  return bytes;
}

namespace {
/// What types take on a device at one binding of sizes. Types are asked for many times.
class BoundTypes {
public:
  BoundTypes(func::FuncOp function, const SizeBinding &sizes)
      : function(function), binder(function, sizes) {}

  double getBytes(Type type) { return lookup(type).bytes; }
  /// The second dim of `[batch, tokens, ...]`, at least 1.
  double getTokens(Type type) { return lookup(type).tokens; }
  bool hasFailed() const { return failed; }

private:
  struct Facts {
    double bytes = 0, tokens = 1;
  };

  Facts lookup(Type type) {
    auto [it, isNew] = known.try_emplace(type);
    if (!isNew || failed)
      return it->second;
    FailureOr<Type> bound = binder.bind(type, [&]() { return function.emitError(); });
    failed = mlir::failed(bound);
    if (failed)
      return it->second;
    it->second.bytes = getStoredBytes(*bound);
    RankedTensorType stored = getStoredType(*bound);
    if (stored && stored.getRank() > 1)
      it->second.tokens = std::max<double>(stored.getDimSize(1), 1);
    return it->second;
  }

  func::FuncOp function;
  SizeBinder binder;
  llvm::DenseMap<Type, Facts> known;
  bool failed = false;
};

/// A stored value and when it is there.
struct Span {
  int64_t start = 0, end = 0;
  unsigned mesh = kNone;
  double bytes = 0;
  unsigned op = kNone, argument = 0;
  bool isKeyValue = false; ///< Keys or values that decoding needs.
  bool isKept = false;     ///< There at the end of the program because of that.
};

/// Gives each stored value of a function its span.
class SpanCollector {
public:
  SpanCollector(const Timeline &timeline, BoundTypes &types, bool keepKeyValues)
      : timeline(timeline), types(types), keepKeyValues(keepKeyValues) {
    for (auto [index, mesh] : llvm::enumerate(timeline.meshes))
      if (MeshOp op = mesh.op)
        meshes.try_emplace(op.getSymNameAttr(), index);
  }

  std::vector<Span> collect() {
    func::FuncOp function = timeline.function;
    Block &body = function.getBody().front();
    spans.reserve(body.getNumArguments() + timeline.ops.size());
    for (BlockArgument argument : body.getArguments()) {
      store(argument,
            {0, 0, findMesh(argument.getType(), kNone), 0, kNone, argument.getArgNumber()});
      if (function.getArgAttr(argument.getArgNumber(), DagrtDialect::kSlotsAttrName))
        keepCache(argument);
    }
    for (auto [index, op] : llvm::enumerate(timeline.ops))
      visit(index, op);
    for (Value result : body.getTerminator()->getOperands())
      extend(result, timeline.makespan);
    if (keepKeyValues)
      for (auto [value, window] : findKeyValues(function))
        keep(value, window);
    return std::move(spans);
  }

private:
  /// The mesh of a value of `type`; `otherwise` if it does not say.
  unsigned findMesh(Type type, unsigned otherwise) const {
    DistAttr dist = getDist(getStoredType(type));
    if (dist) {
      auto it = meshes.find(dist.getMesh().getAttr());
      return it == meshes.end() ? kNone : it->second;
    }
    // The one device of a function that is not placed.
    if (otherwise == kNone && timeline.meshes.size() == 1 && !timeline.meshes.front().op)
      return 0;
    return otherwise;
  }

  void store(Value value, Span span) {
    if (!getStoredType(value.getType()) || span.mesh == kNone)
      return;
    span.bytes = types.getBytes(value.getType());
    numbers.try_emplace(value, spans.size());
    spans.push_back(span);
  }

  /// Keeps `value` until `end`.
  void extend(Value value, int64_t end) {
    auto it = numbers.find(value);
    if (it != numbers.end())
      spans[it->second].end = std::max(spans[it->second].end, end);
  }

  /// A cache is there before the step and after it.
  void keepCache(BlockArgument argument) {
    auto it = numbers.find(argument);
    if (it == numbers.end())
      return;
    Span &cache = spans[it->second];
    cache.end = timeline.makespan;
    cache.isKeyValue = cache.isKept = true;
  }

  /// True if the results of `op` are parts of its first operand, or have its memory.
  static bool isView(const ScheduledOp &op) {
    if (auto update = dyn_cast<CacheUpdateOp>(op.op))
      return update.getInPlace();
    if (op.occupancy != Occupancy::Nothing || op.op->getNumOperands() == 0)
      return false;
    return isa<MessageType>(op.op->getOperand(0).getType()) ||
           isa<WorkOpInterface, ViewLikeOpInterface>(op.op);
  }

  /// Keeps the last `window` tokens of keys or values, or all of them, until the end.
  void keep(Value value, int64_t window) {
    auto it = numbers.find(value);
    if (it == numbers.end())
      return;
    double bytes = types.getBytes(value.getType());
    double part = window > 0 ? std::min(window / types.getTokens(value.getType()), 1.0) : 1;
    Span &whole = spans[it->second];
    // A cache is kept as it is.
    if (whole.isKept && whole.op == kNone)
      return;
    if (whole.bytes == bytes && part == 1) {
      whole.isKeyValue = whole.isKept = true;
      whole.end = std::max(whole.end, timeline.makespan);
      return;
    }
    // A window is what is left behind the last reader. A view is part of something else.
    Span rest = whole;
    if (whole.bytes == bytes) {
      whole.isKeyValue = true;
      rest.start = whole.end;
    } else if (value.getDefiningOp()) {
      rest.start = starts.lookup(value);
    }
    rest.end = timeline.makespan;
    rest.bytes = part * bytes;
    rest.isKeyValue = rest.isKept = true;
    spans.push_back(rest);
  }

  void visit(unsigned index, const ScheduledOp &op) {
    for (Value operand : op.op->getOperands())
      extend(operand, op.end);
    if (op.op->getNumRegions() > 0) {
      llvm::SetVector<Value> captured;
      getUsedValuesDefinedAbove(op.op->getRegions(), captured);
      for (Value value : captured)
        extend(value, op.end);
    }
    if (isa<ParameterOp>(op.op))
      return;
    for (Value result : op.op->getResults()) {
      if (!isView(op)) {
        store(result, {op.start, op.end, findMesh(result.getType(), op.mesh), 0, index, 0});
        continue;
      }
      // Part of a parameter has no span of its own either.
      auto viewed = numbers.find(op.op->getOperand(0));
      if (viewed == numbers.end())
        continue;
      numbers.try_emplace(result, unsigned(viewed->second));
      starts.try_emplace(result, op.start);
    }
  }

  const Timeline &timeline;
  BoundTypes &types;
  bool keepKeyValues;
  llvm::DenseMap<StringAttr, unsigned> meshes;
  /// The span of each value, views among them.
  llvm::DenseMap<Value, unsigned> numbers;
  /// When views are made.
  llvm::DenseMap<Value, int64_t> starts;
  std::vector<Span> spans;
};
} // namespace

static int64_t toBytes(double bytes) { return static_cast<int64_t>(std::min(bytes, 0x1p62)); }

/// The memory of a device on which `spans` are stored beside `weights`.
static MeshMemory findPeak(ArrayRef<const Span *> spans, double weights) {
  // A span that ends comes before one that starts at the same time.
  std::vector<std::pair<int64_t, double>> events;
  events.reserve(2 * spans.size());
  for (const Span *span : spans) {
    events.push_back({span->start, span->bytes});
    events.push_back({span->end, -span->bytes});
  }
  llvm::sort(events);
  double alive = 0, most = 0;
  int64_t time = 0;
  for (auto [at, change] : events) {
    alive += change;
    if (alive > most)
      std::tie(most, time) = std::tie(alive, at);
  }
  MeshMemory memory;
  memory.peakBytes = toBytes(weights + most);
  memory.weightBytes = toBytes(weights);
  memory.peakTime = time;
  double keyValues = 0, kept = 0;
  for (const Span *span : spans) {
    kept += span->isKept ? span->bytes : 0;
    if (span->start > time || time >= span->end)
      continue;
    if (span->isKeyValue)
      keyValues += span->bytes;
    else
      memory.largest.push_back({span->op, span->argument, toBytes(span->bytes)});
  }
  memory.keyValueBytes = toBytes(keyValues);
  memory.keptBytes = toBytes(kept);
  llvm::stable_sort(memory.largest,
                    [](const LiveValue &a, const LiveValue &b) { return a.bytes > b.bytes; });
  memory.largest.resize(std::min(memory.largest.size(), kMostLargest));
  return memory;
}

FailureOr<std::vector<MeshMemory>> dagrt::computeMemory(const Timeline &timeline,
                                                        const SizeBinding &sizes,
                                                        const MemoryOptions &options) {
  BoundTypes types(timeline.function, sizes);
  std::vector<Span> spans = SpanCollector(timeline, types, options.keepKeyValues).collect();
  std::vector<double> weights =
      sumWeights(timeline, [&](Type type) { return types.getBytes(type); });
  if (types.hasFailed())
    return failure();
  std::vector<std::vector<const Span *>> spansOfMesh(timeline.meshes.size());
  for (const Span &span : spans)
    if (span.start < span.end && span.bytes > 0)
      spansOfMesh[span.mesh].push_back(&span);
  std::vector<MeshMemory> memories(timeline.meshes.size());
  std::vector<const Span *> stored;
  for (const DeviceClass &deviceClass : timeline.classes) {
    stored.clear();
    double weight = 0;
    for (unsigned mesh : deviceClass.meshes) {
      llvm::append_range(stored, spansOfMesh[mesh]);
      weight += weights[mesh];
    }
    MeshMemory memory = findPeak(stored, weight);
    for (unsigned mesh : deviceClass.meshes)
      if (memory.peakBytes > memories[mesh].peakBytes)
        memories[mesh] = memory;
  }
  return memories;
}

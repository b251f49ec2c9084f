//===- MicroBatches.cpp - A batch in parts -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The batch is dim 0 of the function's first argument. Dims that share a factor with it are dims of
// the batch, forward through the program, and backward to other arguments. An op whose results have
// such a dim, by a factor that is free, is done once for each micro-batch; an op without one stays
// single; an op that needs all of the batch (a norm over it, a return) gets the parts joined, and
// everything after it waits for it. Nothing depends on what the ops are.
//
// A segment is a run of ops on one mesh. Devices work in the order of the program, so the order
// in which segments and micro-batches are written is the schedule. All orders are one loop, over
// groups of micro-batches that pass all segments together: all of them (breadth-first, GPipe), one
// (depth-first), or as many as there are stages (interleaved).
//
//===----------------------------------------------------------------------===//

#include "MicroBatches.h"
#include "GivenCosts.h"

#include "dagrt/IR/Dagrt.h"
#include "dagrt/IR/Sizes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace dagrt;

static RankedTensorType getTensor(Value value) { return cast<RankedTensorType>(value.getType()); }

/// `type` with `size` elements along `dim`.
static RankedTensorType resize(RankedTensorType type, unsigned dim, SizeAttr size) {
  SmallVector<SizeAttr> sizes = getGlobalSizes(type);
  SmallVector<int64_t> numbers(type.getShape());
  sizes[dim] = size;
  numbers[dim] = size.toNumber();
  return getLogicalType(GlobalShape(numbers, sizes), type.getElementType());
}

//===----------------------------------------------------------------------===//
// Dims of the batch
//===----------------------------------------------------------------------===//

namespace {
/// Finds the dim of the batch of each value that has one and is made in parts.
class BatchDims {
public:
  explicit BatchDims(func::FuncOp function) {
    findArguments(function);
    for (Operation &op : function.getBody().front().without_terminator())
      if (std::optional<unsigned> factor = findFactor(&op)) {
        factors.try_emplace(&op, *factor);
        markResults(&op, *factor);
      }
  }

  std::optional<unsigned> get(Value value) const {
    auto it = dims.find(value);
    return it == dims.end() ? std::nullopt : std::optional<unsigned>(it->second);
  }

  /// True if `op` is done once for each micro-batch.
  bool isSplit(Operation *op) const { return factors.contains(op); }

  /// The factor of such an op that is the batch: it is a dim of each result.
  unsigned getFactor(Operation *op) const { return factors.lookup(op); }

  /// True if `op` has an operand that is made in parts.
  bool hasParts(Operation *op) const {
    return llvm::any_of(op->getOperands(), [&](Value operand) { return dims.contains(operand); });
  }

private:
  void findArguments(func::FuncOp function);
  std::optional<unsigned> findFactor(Operation *op) const;
  void markResults(Operation *op, unsigned factor);

  llvm::DenseMap<Value, unsigned> dims;
  llvm::DenseMap<Operation *, unsigned> factors;
};
} // namespace

/// Calls `visit` for each dim of each operand and result.
static void forEachDim(Operation *op, const ShardingRule &rule,
                       function_ref<void(Value, unsigned dim, unsigned factor)> visit) {
  for (auto [operand, factors] : llvm::zip_equal(op->getOperands(), rule.operands))
    for (auto [dim, factor] : llvm::enumerate(factors))
      visit(operand, dim, factor);
  for (auto [result, factors] : llvm::zip_equal(op->getResults(), rule.results))
    for (auto [dim, factor] : llvm::enumerate(factors))
      visit(result, dim, factor);
}

/// Arguments that hold the batch: what shares factors with dim 0 of the first.
void BatchDims::findArguments(func::FuncOp function) {
  using Dim = std::pair<Value, unsigned>;
  llvm::DenseSet<Dim> reached;
  SmallVector<Dim> work;
  auto reach = [&](Value value, unsigned dim) {
    if (reached.insert({value, dim}).second)
      work.push_back({value, dim});
  };
  if (function.getNumArguments() > 0 && getTensor(function.getArgument(0)).getRank() > 0)
    reach(function.getArgument(0), 0);
  auto spread = [&](Operation *op) {
    auto sharded = dyn_cast<ShardingRuleOpInterface>(op);
    if (!sharded)
      return;
    ShardingRule rule = sharded.getShardingRule();
    SmallVector<bool, 8> marked(rule.factors.size(), false);
    forEachDim(op, rule, [&](Value value, unsigned dim, unsigned factor) {
      if (reached.contains({value, dim}) && rule.factors[factor].kind == FactorKind::Free)
        marked[factor] = true;
    });
    forEachDim(op, rule, [&](Value value, unsigned dim, unsigned factor) {
      if (marked[factor])
        reach(value, dim);
    });
  };
  while (!work.empty()) {
    Value value = work.pop_back_val().first;
    if (Operation *op = value.getDefiningOp())
      spread(op);
    for (Operation *user : value.getUsers())
      spread(user);
  }
  for (BlockArgument argument : function.getArguments())
    for (unsigned dim = 0, rank = getTensor(argument).getRank(); dim < rank; ++dim)
      if (reached.contains({argument, dim})) {
        dims.try_emplace(argument, dim);
        break;
      }
}

/// The factor that micro-batches split `op` by; none if it has none, or needs all of the batch.
std::optional<unsigned> BatchDims::findFactor(Operation *op) const {
  auto sharded = dyn_cast<ShardingRuleOpInterface>(op);
  if (!sharded || op->getNumResults() == 0 || !hasParts(op))
    return std::nullopt;
  ShardingRule rule = sharded.getShardingRule();
  std::optional<unsigned> found;
  for (auto [operand, factors] : llvm::zip_equal(op->getOperands(), rule.operands)) {
    auto it = dims.find(operand);
    if (it == dims.end())
      continue;
    unsigned factor = factors[it->second];
    if (found && *found != factor)
      return std::nullopt;
    found = factor;
  }
  auto appearsOnce = [&](ArrayRef<unsigned> factors) { return llvm::count(factors, *found) == 1; };
  auto appearsTwice = [&](ArrayRef<unsigned> factors) { return llvm::count(factors, *found) > 1; };
  if (rule.factors[*found].kind != FactorKind::Free || !llvm::all_of(rule.results, appearsOnce) ||
      llvm::any_of(rule.operands, appearsTwice))
    return std::nullopt;
  return found;
}

void BatchDims::markResults(Operation *op, unsigned factor) {
  ShardingRule rule = cast<ShardingRuleOpInterface>(op).getShardingRule();
  for (auto [result, factors] : llvm::zip_equal(op->getResults(), rule.results))
    dims[result] = llvm::find(factors, factor) - factors.begin();
}

//===----------------------------------------------------------------------===//
// Rewrite
//===----------------------------------------------------------------------===//

namespace {
/// Ops on one mesh, in order.
struct Segment {
  OpPlace place;
  SmallVector<Operation *> ops;
};

/// Writes the function again, behind the ops that it had.
class Splitter {
public:
  Splitter(func::FuncOp function, const MicrobatchSpec &spec, int64_t stages, SizeAttr batch,
           FindPlace findPlace)
      : function(function), spec(spec), groupSize(getGroupSize(spec, stages)), batch(batch),
        findPlace(findPlace), batchDims(function), builder(function.getContext()) {}

  /// Drops what is said about times of ops; fails where they were given.
  LogicalResult dropAllTimes();
  void run();

private:
  static int64_t getGroupSize(const MicrobatchSpec &spec, int64_t stages) {
    switch (spec.order) {
    case MicrobatchOrder::BreadthFirst:
    case MicrobatchOrder::PingPong:
      return spec.count;
    case MicrobatchOrder::DepthFirst:
      return 1;
    case MicrobatchOrder::Interleaved:
      return std::min(stages, spec.count);
    }
    llvm_unreachable("all orders have groups");
  }

  /// Sizes differ by one at most, the longer first.
  SizeAttr getSize(int64_t part) const {
    return batch.plus(spec.count - 1 - part).floorDiv(spec.count);
  }
  SizeAttr getOffset(int64_t part) const {
    SizeAttr number = SizeAttr::getConstant(batch.getContext(), part);
    SizeAttr count = SizeAttr::getConstant(batch.getContext(), spec.count);
    return batch.floorDiv(count).times(number).plus(batch.mod(count).min(number));
  }

  void addToSegment(Operation *op);
  OpPlace placeOp(Operation *op);
  void writeSegments();
  void writePart(Operation *op, int64_t part);
  void writeWhole(Operation *op);
  Value getPart(Value value, unsigned dim, int64_t part);
  Value getWhole(Value value);

  func::FuncOp function;
  const MicrobatchSpec &spec;
  int64_t groupSize;
  SizeAttr batch;
  FindPlace findPlace;
  BatchDims batchDims;
  OpBuilder builder;
  llvm::DenseMap<Value, OpPlace> places;
  SmallVector<Segment> segments;
  IRMapping wholes;
  /// The parts of a value, of its batch dim or of the dim that a user splits.
  llvm::DenseMap<std::pair<Value, unsigned>, SmallVector<Value>> parts;
};
} // namespace

/// Part `part` of `value` along `dim`, a slice of the value where it is not made in parts.
Value Splitter::getPart(Value value, unsigned dim, int64_t part) {
  SmallVector<Value> &made = parts[{value, dim}];
  made.resize(spec.count);
  if (!made[part]) {
    Value whole = getWhole(value);
    made[part] =
        SliceOp::create(builder, value.getLoc(), resize(getTensor(value), dim, getSize(part)),
                        whole, dim, getOffset(part));
  }
  return made[part];
}

/// All of `value`, joined if it is made in parts.
Value Splitter::getWhole(Value value) {
  if (Value whole = wholes.lookupOrNull(value))
    return whole;
  std::optional<unsigned> dim = batchDims.get(value);
  if (!dim || isa<BlockArgument>(value))
    return value;
  Value joined = ConcatOp::create(builder, value.getLoc(), value.getType(),
                                  ValueRange(parts.lookup({value, *dim})), *dim);
  wholes.map(value, joined);
  return joined;
}

/// `op` for micro-batch `part`.
void Splitter::writePart(Operation *op, int64_t part) {
  ShardingRule rule = cast<ShardingRuleOpInterface>(op).getShardingRule();
  unsigned factor = batchDims.getFactor(op);
  SmallVector<Value> operands;
  for (auto [operand, factors] : llvm::zip_equal(op->getOperands(), rule.operands)) {
    const auto *dim = llvm::find(factors, factor);
    operands.push_back(dim == factors.end() ? getWhole(operand)
                                            : getPart(operand, dim - factors.begin(), part));
  }
  Operation *clone = builder.clone(*op);
  clone->setOperands(operands);
  if (RoleAttr role = getRole(op))
    clone->setAttr(DagrtDialect::kRoleAttrName, role.withMicrobatch(part));
  for (auto [old, result] : llvm::zip_equal(op->getResults(), clone->getResults())) {
    unsigned dim = *batchDims.get(old);
    result.setType(resize(getTensor(old), dim, getSize(part)));
    SmallVector<Value> &made = parts[{old, dim}];
    made.resize(spec.count);
    made[part] = result;
  }
}

/// `op` as it is, on values of the full batch.
void Splitter::writeWhole(Operation *op) {
  SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    operands.push_back(getWhole(operand));
  Operation *clone = builder.clone(*op);
  clone->setOperands(operands);
  wholes.map(op->getResults(), clone->getResults());
}

/// Notes where `op` will run. Ops without operands are made where they are used.
OpPlace Splitter::placeOp(Operation *op) {
  std::optional<OpPlace> followed;
  for (Value operand : op->getOperands())
    if (auto it = places.find(operand); it != places.end() && !followed)
      followed = it->second;
  OpPlace place = findPlace(op, followed);
  for (Value result : op->getResults())
    places[result] = place;
  return place;
}

void Splitter::addToSegment(Operation *op) {
  OpPlace place = placeOp(op);
  if (segments.empty() || !(segments.back().place == place))
    segments.push_back({place, {}});
  segments.back().ops.push_back(op);
}

void Splitter::writeSegments() {
  for (int64_t first = 0; first < spec.count; first += groupSize)
    for (const Segment &segment : segments)
      for (int64_t part = first; part < std::min(first + groupSize, spec.count); ++part)
        for (Operation *op : segment.ops)
          writePart(op, part);
  segments.clear();
}

LogicalResult Splitter::dropAllTimes() {
  for (Operation &op : function.getBody().front())
    if (batchDims.isSplit(&op) &&
        failed(dropTimes(&op, "split into " + Twine(spec.count) + " micro-batches")))
      return failure();
  return success();
}

void Splitter::run() {
  Block &block = function.getBody().front();
  SmallVector<Operation *> ops;
  for (Operation &op : block)
    ops.push_back(&op);
  builder.setInsertionPointToEnd(&block);
  for (Operation *op : ops) {
    if (batchDims.isSplit(op)) {
      addToSegment(op);
      continue;
    }
    // What needs all of the batch comes after all micro-batches of what stands before it.
    if (batchDims.hasParts(op) || isa<func::ReturnOp>(op))
      writeSegments();
    if (op->getNumOperands() > 0)
      placeOp(op);
    writeWhole(op);
  }
  for (Operation *op : llvm::reverse(ops))
    op->erase();
}

/// Says how large the parts are.
static void remarkParts(func::FuncOp function, int64_t batch, int64_t count) {
  int64_t longer = batch % count, size = batch / count;
  auto remark = remark::passed(
      function.getLoc(),
      remark::RemarkOpts::name("Microbatches").category("partition").function(function.getName()));
  if (longer == 0)
    remark << remark::add("the batch of {0} runs as {1} micro-batches of {2}", batch, count, size);
  else
    remark << remark::add("the batch of {0} runs as {1} micro-batches, {2} of {3} and {4} of {5}",
                          batch, count, longer, size + 1, count - longer, size);
}

LogicalResult dagrt::splitIntoMicrobatches(func::FuncOp function, const MicrobatchSpec &spec,
                                           int64_t stages, FindPlace findPlace) {
  if (spec.count == 1)
    return success();
  if (function.getNumArguments() == 0 || getTensor(function.getArgument(0)).getRank() == 0)
    return emitError(function.getLoc())
           << "'func.func' op expects a first argument with the batch as dim 0 to split it into "
           << spec.count << " micro-batches, got "
           << (function.getNumArguments() == 0 ? "no arguments" : "a scalar");
  for (BlockArgument argument : function.getArguments())
    if (function.getArgAttr(argument.getArgNumber(), DagrtDialect::kSlotsAttrName))
      return emitError(function.getLoc())
             << "'func.func' op expects one micro-batch for a step with a cache, which parts of "
                "the "
                "batch would have to copy, got "
             << spec.count << "; import a step of each part of the batch";
  SizeAttr size = getGlobalSizes(getTensor(function.getArgument(0)))[0];
  if (!size)
    return emitError(function.getLoc())
           << "'func.func' op expects a batch that is a number or a symbolic size to split it into "
           << spec.count << " micro-batches, got " << function.getArgument(0).getType();
  // A symbolic batch is as large as the module's default unless it is bound.
  FailureOr<int64_t> batch = size.evaluate(getDefaultSizes(function->getParentOfType<ModuleOp>()),
                                           [&]() { return emitError(function.getLoc()); });
  if (failed(batch))
    return failure();
  if (spec.count > *batch)
    return emitError(function.getLoc())
           << "'func.func' op expects at most " << *batch << " micro-batch"
           << (*batch == 1 ? "" : "es, one for each element of the batch") << ", got "
           << spec.count;
  Splitter splitter(function, spec, stages, size, findPlace);
  if (failed(splitter.dropAllTimes()))
    return failure();
  splitter.run();
  remarkParts(function, *batch, spec.count);
  return success();
}

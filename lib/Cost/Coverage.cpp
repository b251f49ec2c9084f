//===- Coverage.cpp - How the time of each op is found -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is free is told by interfaces and traits: constants, terminators, symbols, views, casts that
// leave the elements alone, allocations, pure ops on scalars. The time of any other op that uses a
// tensor, a buffer or a vector, or has an effect, is unknown.
//
// Bodies are collected once, inner ones first; then each is told, outer ones first, how often it
// runs, and what it has that is not counted is added up.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/Coverage.h"

#include "dagrt/IR/Dagrt.h"
#include "dagrt/IR/OpKinds.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Shard/IR/ShardOps.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/CallInterfaces.h"
#include "mlir/Interfaces/CastInterfaces.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/ShapedOpInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// What is free
//===----------------------------------------------------------------------===//

/// True for types of tensors, buffers and vectors that hold an element.
static bool holdsElements(Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  return shaped && !(shaped.hasStaticShape() && shaped.getNumElements() == 0);
}

static bool touchesElements(Operation *op) {
  return llvm::any_of(op->getOperandTypes(), holdsElements) ||
         llvm::any_of(op->getResultTypes(), holdsElements);
}

/// True for a cast that leaves elements as they are.
static bool castsShapes(Operation *op) {
  if (!isa<CastOpInterface>(op))
    return false;
  SmallVector<Type> elements;
  for (TypeRange types : {TypeRange(op->getOperandTypes()), TypeRange(op->getResultTypes())})
    for (Type type : types)
      elements.push_back(getElementTypeOrSelf(type));
  return llvm::all_equal(elements);
}

/// True for ops that do nothing but get or return memory.
static bool allocates(Operation *op) {
  auto effectOp = dyn_cast<MemoryEffectOpInterface>(op);
  if (!effectOp)
    return false;
  SmallVector<MemoryEffects::EffectInstance> effects;
  effectOp.getEffects(effects);
  return !effects.empty() && llvm::all_of(effects, [](const MemoryEffects::EffectInstance &effect) {
    return isa<MemoryEffects::Allocate, MemoryEffects::Free>(effect.getEffect());
  });
}

/// True for ops that read or change what is known about memory, not the memory. These have no
/// interface that says so.
static bool readsDescriptors(Operation *op) {
  return isa<bufferization::ToTensorOp, bufferization::ToBufferOp, bufferization::DeallocOp,
             bufferization::DeallocTensorOp, memref::RankOp, memref::GetGlobalOp,
             memref::ExtractAlignedPointerAsIndexOp, memref::AssumeAlignmentOp,
             memref::ExtractStridedMetadataOp, shard::GetShardingOp, UnrealizedConversionCastOp>(
      op);
}

/// True for an op that takes no time for what it is, whatever its types are.
static bool isFree(Operation *op) {
  return op->hasTrait<OpTrait::IsTerminator>() || op->hasTrait<OpTrait::ConstantLike>() ||
         isa<SymbolOpInterface, ViewLikeOpInterface, ShapedDimOpInterface>(op) || castsShapes(op) ||
         allocates(op) || readsDescriptors(op);
}

/// How a pure op counts that touches no elements: addresses and conditions are free.
static Counting classifyScalar(Operation *op) {
  auto isData = [](Type type) {
    return isa<FloatType, ComplexType>(type) || (isa<IntegerType>(type) && !type.isInteger(1));
  };
  bool hasData =
      llvm::any_of(op->getOperandTypes(), isData) || llvm::any_of(op->getResultTypes(), isData);
  return hasData ? Counting::Scalar : Counting::Free;
}

/// How an op counts that has no parts.
static Counting classifyWork(Operation *op) {
  bool isOurs = isa_and_nonnull<DagrtDialect>(op->getDialect());
  if (auto communicationOp = dyn_cast<CommunicationOpInterface>(op)) {
    // A collective over a grid that is not known.
    bool isPlaced = isOurs || !communicationOp.getCommunication().groups.empty();
    return isPlaced ? Counting::Work : Counting::Unknown;
  }
  if (isOurs && !isa<WorkOpInterface>(op))
    return Counting::Free;
  bool isScalar = op->getNumRegions() == 0 && !touchesElements(op) && isPure(op);
  if (auto workOp = dyn_cast<WorkOpInterface>(op)) {
    WorkKind kind = workOp.getWork().kind;
    if (kind == WorkKind::None)
      return isScalar && !isFree(op) ? classifyScalar(op) : Counting::Free;
    return kind == WorkKind::Unknown ? Counting::Unknown : Counting::Work;
  }
  if (!op->isRegistered())
    return Counting::Unknown;
  if (op->getNumRegions() == 0 && isFree(op))
    return Counting::Free;
  return isScalar ? classifyScalar(op) : Counting::Unknown;
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

/// True if `op` was given a cost. A modelled one of an op with parts is as old as they were when it
/// was computed, and they are there to ask.
static bool keepsCost(Operation *op) {
  CostAttr cost = getCost(op);
  return cost && cost.isGiven();
}

namespace {
/// The regions of an op of which one runs, or all do, or neither is known.
struct Regions {
  SmallVector<Region *, 2> bodies;
  bool isChoice = false;
};
} // namespace

/// What runs at most once in each run of `op`; nothing if `op` does not say so.
static std::optional<Regions> getBodies(Operation *op) {
  Regions regions;
  for (Region &region : op->getRegions())
    if (!region.empty())
      regions.bodies.push_back(&region);
  if (isa<LoopLikeOpInterface>(op))
    return regions.bodies.size() == 1 ? std::optional<Regions>(regions) : std::nullopt;
  // The parts of a parallel loop's end.
  if (op->hasTrait<OpTrait::IsTerminator>() && op->getNumRegions() > 0)
    return regions;
  if (isa<tosa::IfOp>(op)) {
    regions.isChoice = true;
    return regions;
  }
  auto branch = dyn_cast<RegionBranchOpInterface>(op);
  if (!branch || branch.hasLoop())
    return std::nullopt;
  SmallVector<RegionSuccessor> entries;
  branch.getSuccessorRegions(RegionBranchPoint::parent(), entries);
  // Regions that follow on each other all run.
  regions.isChoice = entries.size() > 1;
  return regions;
}

namespace {
/// Where ops stand that are not counted, and why.
struct Reason {
  static constexpr llvm::StringLiteral kTrips = "how often its body runs is not known";
  static constexpr llvm::StringLiteral kBlocks = "its body has several blocks";
  static constexpr llvm::StringLiteral kExternal = "its body is not here";
  static constexpr llvm::StringLiteral kRecursive = "it calls itself";
  static constexpr llvm::StringLiteral kIndirect = "what it calls is not known";
  static constexpr llvm::StringLiteral kDeep = "calls are nested too deeply";
  static constexpr llvm::StringLiteral kBody = "what the ops around it do is counted without it";
  static constexpr llvm::StringLiteral kDialect = "it is no func.func";
  static constexpr llvm::StringLiteral kSharding = "ops around it count as if on one device";
};
} // namespace

namespace dagrt {
/// Collects bodies, and adds up what they do not count.
class CoverageBuilder {
public:
  CoverageBuilder(Coverage &coverage, OpKinds &kinds) : coverage(coverage), kinds(kinds) {}

  void run(func::FuncOp function) {
    callees[function] = kRunning;
    for (Block &block : function.getBody())
      for (Operation &op : block)
        coverage.ops.push_back(classify(&op));
    addUp();
  }

private:
  static constexpr unsigned kRunning = ~0u - 1;
  /// Calls inside calls that are followed.
  static constexpr unsigned kMaxCalls = 128;

  CountedOp classify(Operation *op);
  CountedOp classifyAlone(Operation *op);
  CountedOp classifyCall(CallOpInterface call);
  CountedOp classifyParts(Operation *op, const Regions &regions);
  CountedOp refuse(Operation *op, StringRef reason) {
    reasons[op] = reason;
    return {op, Counting::Unknown};
  }
  std::vector<CountedOp> collect(Block &block);
  unsigned addParts(OpParts parts);
  bool isFreeBody(const OpParts &parts) const;
  void addUp();
  void count(ArrayRef<CountedOp> ops, int64_t times, bool isRepeated);
  void countBody(Operation *op, int64_t times);

  Coverage &coverage;
  SymbolTableCollection symbols;
  OpKinds &kinds;
  /// How ops of each kind count that have no parts. Looked up only, as are the next two.
  llvm::DenseMap<unsigned, Counting> countings;
  llvm::DenseMap<Operation *, unsigned> callees;
  llvm::DenseMap<Operation *, StringRef> reasons;
  unsigned depth = 0;
  // How often parts run, and whether in a loop.
  std::vector<int64_t> runs;
  std::vector<bool> repeated;
  llvm::StringMap<size_t> uncountedNumbers, branchNumbers;
};
} // namespace dagrt

std::vector<CountedOp> CoverageBuilder::collect(Block &block) {
  std::vector<CountedOp> ops;
  for (Operation &op : block)
    if (CountedOp counted = classify(&op); counted.counting != Counting::Free)
      ops.push_back(counted);
  return ops;
}

unsigned CoverageBuilder::addParts(OpParts parts) {
  for (const std::vector<CountedOp> &body : parts.bodies)
    for (const CountedOp &op : body) {
      if (!coverage.takesTime(op))
        continue;
      parts.takesTime |= parts.trips > 0;
      parts.onlyCommunicates &= op.counting == Counting::Parts
                                    ? coverage.parts[op.parts].onlyCommunicates
                                    : isa<CommunicationOpInterface>(op.op);
    }
  coverage.parts.push_back(std::move(parts));
  return coverage.parts.size() - 1;
}

/// True if nothing in `parts` takes time, known or not.
bool CoverageBuilder::isFreeBody(const OpParts &parts) const {
  return llvm::all_of(parts.bodies,
                      [](const std::vector<CountedOp> &body) { return body.empty(); });
}

CountedOp CoverageBuilder::classifyParts(Operation *op, const Regions &regions) {
  OpParts parts;
  parts.op = op;
  parts.isChoice = regions.isChoice;
  for (Region *region : regions.bodies) {
    if (!llvm::hasSingleElement(*region))
      return refuse(op, Reason::kBlocks);
    parts.bodies.push_back(collect(region->front()));
  }
  if (isFreeBody(parts))
    return {op, Counting::Free};
  if (isa<LoopLikeOpInterface>(op)) {
    std::optional<int64_t> trips = getTripCount(op);
    if (!trips)
      return refuse(op, Reason::kTrips);
    parts.trips = *trips;
  }
  return {op, Counting::Parts, addParts(std::move(parts))};
}

CountedOp CoverageBuilder::classifyCall(CallOpInterface call) {
  auto symbol = dyn_cast<SymbolRefAttr>(call.getCallableForCallee());
  if (!symbol)
    return refuse(call, Reason::kIndirect);
  auto callee = symbols.lookupNearestSymbolFrom<func::FuncOp>(call, symbol);
  if (!callee || callee.isExternal())
    return refuse(call, Reason::kExternal);
  if (!llvm::hasSingleElement(callee.getBody()))
    return refuse(call, Reason::kBlocks);
  auto [it, isNew] = callees.try_emplace(callee, kRunning);
  if (!isNew && it->second == kRunning)
    return refuse(call, Reason::kRecursive);
  if (!isNew)
    return {call, Counting::Parts, it->second};
  if (depth == kMaxCalls) {
    callees.erase(it);
    return refuse(call, Reason::kDeep);
  }
  ++depth;
  OpParts parts;
  parts.op = callee;
  parts.bodies.push_back(collect(callee.getBody().front()));
  --depth;
  unsigned number = addParts(std::move(parts));
  callees[callee] = number;
  return {call, Counting::Parts, number};
}

/// The same, asked once for each kind. Of ops without operands, which are mostly weights, each is
/// a kind of its own, and asked at once.
CountedOp CoverageBuilder::classifyAlone(Operation *op) {
  if (op->getNumRegions() > 0 || op->getNumOperands() == 0)
    return {op, classifyWork(op)};
  unsigned kind = kinds.getKind(op);
  auto [it, isNew] = countings.try_emplace(kind, Counting::Free);
  if (isNew)
    it->second = classifyWork(op);
  return {op, it->second, CountedOp::kNoParts, kind};
}

CountedOp CoverageBuilder::classify(Operation *op) {
  if (isa<shard::ShardOp>(op))
    return keepsCost(op) ? CountedOp{op, Counting::Work} : refuse(op, Reason::kSharding);
  bool isOwn = isa<CommunicationOpInterface, WorkOpInterface>(op);
  std::optional<Regions> regions;
  auto call = dyn_cast<CallOpInterface>(op);
  if (!isOwn && !call && op->getNumRegions() > 0)
    regions = getBodies(op);
  if (keepsCost(op))
    return {op, Counting::Work};
  if (regions)
    return classifyParts(op, *regions);
  if (call && !isOwn)
    return classifyCall(call);
  if (!isOwn && isa<LoopLikeOpInterface>(op))
    return refuse(op, Reason::kTrips);
  return classifyAlone(op);
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

static int64_t multiply(int64_t a, int64_t b) {
  int64_t product;
  return llvm::MulOverflow(a, b, product) ? INT64_MAX : product;
}

static void add(int64_t &sum, int64_t number) {
  if (llvm::AddOverflow(sum, number, sum))
    sum = INT64_MAX;
}

/// The name of `op`, with what it calls.
static std::string getName(Operation *op) {
  std::string name = op->getName().getStringRef().str();
  auto call = dyn_cast<CallOpInterface>(op);
  auto symbol = call ? dyn_cast<SymbolRefAttr>(call.getCallableForCallee()) : SymbolRefAttr();
  if (symbol)
    name += " @" + symbol.getLeafReference().str();
  return name;
}

static void addTo(std::vector<NamedOps> &list, llvm::StringMap<size_t> &numbers, Operation *op,
                  StringRef reason, int64_t times) {
  std::string name = getName(op);
  auto [it, isNew] = numbers.try_emplace(name, list.size());
  if (isNew)
    list.push_back({name, reason, 0, op});
  add(list[it->second].count, times);
}

/// Lists what the body of an op that is counted by its work does beyond arithmetic.
void CoverageBuilder::countBody(Operation *op, int64_t times) {
  for (Region &region : op->getRegions())
    region.walk([&](Operation *inner) {
      if (isa<CallOpInterface>(inner) || !inner->isRegistered())
        addTo(coverage.uncounted, uncountedNumbers, inner, Reason::kBody, times);
    });
}

void CoverageBuilder::count(ArrayRef<CountedOp> ops, int64_t times, bool isRepeated) {
  for (const CountedOp &op : ops) {
    if (op.counting == Counting::Parts) {
      add(runs[op.parts], times);
      repeated[op.parts] = repeated[op.parts] || isRepeated;
      const OpParts &parts = coverage.parts[op.parts];
      if (parts.isChoice && parts.takesTime)
        addTo(coverage.branches, branchNumbers, op.op, "", times);
    }
    if (op.counting == Counting::Work && op.op->getNumRegions() > 0 && !getCost(op.op))
      countBody(op.op, times);
    if (op.counting == Counting::Unknown || (op.counting == Counting::Scalar && isRepeated))
      addTo(coverage.uncounted, uncountedNumbers, op.op, reasons.lookup(op.op), times);
  }
}

void CoverageBuilder::addUp() {
  runs.assign(coverage.parts.size(), 0);
  repeated.assign(coverage.parts.size(), false);
  count(coverage.ops, 1, /*isRepeated=*/false);
  // What a part stands in comes after it.
  for (size_t number = coverage.parts.size(); number-- > 0;) {
    const OpParts &parts = coverage.parts[number];
    int64_t times = multiply(runs[number], parts.trips);
    bool isRepeated = repeated[number] || parts.trips > 1;
    if (times > 0)
      for (const std::vector<CountedOp> &body : parts.bodies)
        count(body, times, isRepeated);
  }
}

Coverage Coverage::compute(func::FuncOp function) {
  OpKinds kinds;
  return compute(function, kinds);
}

Coverage Coverage::compute(func::FuncOp function, OpKinds &kinds) {
  Coverage coverage;
  CoverageBuilder(coverage, kinds).run(function);
  return coverage;
}

int64_t dagrt::sumCounts(ArrayRef<NamedOps> ops) {
  int64_t sum = 0;
  for (const NamedOps &op : ops)
    add(sum, op.count);
  return sum;
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// A function that is analyzed; null for any other.
static func::FuncOp getCounted(Operation *op) {
  auto function = dyn_cast<func::FuncOp>(op);
  bool isCounted = function && !function.isExternal() && llvm::hasSingleElement(function.getBody());
  return isCounted ? function : func::FuncOp();
}

std::vector<func::FuncOp> dagrt::getCountedFunctions(Operation *module) {
  std::vector<func::FuncOp> functions;
  module->walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
    if (func::FuncOp counted = getCounted(function))
      functions.push_back(counted);
    return WalkResult::skip();
  });
  return functions;
}

std::vector<func::FuncOp> dagrt::dropCallees(ArrayRef<func::FuncOp> functions) {
  SymbolTableCollection symbols;
  llvm::DenseSet<Operation *> called;
  for (func::FuncOp function : functions)
    function.walk([&](CallOpInterface call) {
      auto symbol = dyn_cast<SymbolRefAttr>(call.getCallableForCallee());
      Operation *callee = symbol ? symbols.lookupNearestSymbolFrom(call, symbol) : nullptr;
      // A function that calls only itself has no other caller.
      if (callee && callee != function)
        called.insert(callee);
    });
  std::vector<func::FuncOp> kept;
  for (func::FuncOp function : functions)
    if (!called.contains(function))
      kept.push_back(function);
  // Functions that call each other in a ring have no first one.
  return kept.empty() ? functions.vec() : kept;
}

std::vector<NamedOps> dagrt::listUncountedFunctions(Operation *module) {
  std::vector<NamedOps> functions;
  module->walk<WalkOrder::PreOrder>([&](FunctionOpInterface function) {
    StringRef name = function->getName().getStringRef();
    // Transform scripts change programs, and are none.
    if (!function.isExternal() && !getCounted(function) && !name.starts_with("transform."))
      functions.push_back({(name + " @" + function.getName()).str(),
                           isa<func::FuncOp>(*function) ? Reason::kBlocks : Reason::kDialect, 1,
                           function});
    return WalkResult::skip();
  });
  return functions;
}

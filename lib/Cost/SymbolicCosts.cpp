//===- SymbolicCosts.cpp - Costs of ops at any sizes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each op says what it does (WorkOpInterface, CommunicationOpInterface), and a cost model says how
// long that takes. A transformer repeats its layers, and a pipeline its meshes, so most ops equal
// another one but for the mesh: they are of one kind (OpKinds.h), and the model is asked about each
// kind once. Ops of a kind that carry the same are a class; those that communicate are one for each
// mesh, for their fingerprints say which links they use. Costs that ops were given, and times that
// the cluster's description fixes, are classes, too, and so is each loop, branch and function that
// is called: its cost is a sum of the costs of classes before it. A cost that a model computed
// before holds while its fingerprint does (Fingerprint.h): passes clone, shard and rewrite ops, and
// know nothing of costs.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/SymbolicCosts.h"

#include "AnnotateSteps.h"
#include "Fingerprint.h"

#include "dagrt/Support/EqualOps.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Equal costs
//===----------------------------------------------------------------------===//

/// Looked up for each op: faster than among all attributes.
static CostAttr getCarried(Operation *op) {
  return dyn_cast_or_null<CostAttr>(op->getDiscardableAttr(DagrtDialect::kCostAttrName));
}

namespace {
/// Ops have one cost where they carry one. A kernel's work may depend on positions (a causal mask
/// does), so that operands of integers must be the same values.
struct SameCost {
  static bool isIdentity(Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    return type && type.getElementType().isInteger();
  }
  static const void *extra(Operation *op) { return getCarried(op).getAsOpaquePointer(); }
};
} // namespace

//===----------------------------------------------------------------------===//
// Costs of one op
//===----------------------------------------------------------------------===//

bool dagrt::takesTime(Operation *op) {
  if (isa<CommunicationOpInterface>(op))
    return true;
  auto workOp = dyn_cast<WorkOpInterface>(op);
  WorkKind kind = workOp ? workOp.getWork().kind : WorkKind::None;
  return kind != WorkKind::None && kind != WorkKind::Unknown;
}

/// A time can be computed of numbers only. Named sizes have got theirs; those of other programs
/// have no name.
static LogicalResult checkStatic(Operation *op, Operation *bound) {
  auto isOpen = [](Type type) {
    auto stored = dyn_cast<ShapedType>(type);
    return stored && stored.hasRank() && !stored.hasStaticShape();
  };
  for (TypeRange types : {TypeRange(bound->getOperandTypes()), TypeRange(bound->getResultTypes())})
    for (Type type : types)
      if (isOpen(type))
        return op->emitOpError() << "expects sizes that are numbers or named ('#dagrt.sizes'), got "
                                 << "a size without a name in " << type;
  return success();
}

/// Rounds to picoseconds. An op that does something takes one at least.
static FailureOr<CostAttr> getCostAttr(Operation *op, const Cost &cost, uint64_t fingerprint) {
  // 2^63, which the largest time is below.
  constexpr double limit = 9223372036854775808.0;
  if (!(cost.picoseconds >= 0 && cost.picoseconds < limit))
    return op->emitOpError() << "expects a time of at most 2^63 - 1 ps (106 days), got "
                             << llvm::formatv("{0:e3}", cost.picoseconds).str() << " ps";
  int64_t picoseconds = std::llround(cost.picoseconds);
  if (cost.picoseconds > 0)
    picoseconds = std::max<int64_t>(picoseconds, 1);
  return CostAttr::get(op->getContext(), picoseconds, cost.bound, cost.provenance, cost.algorithm,
                       Real(cost.belowPercent), Real(cost.abovePercent), fingerprint);
}

/// Meshes have been checked; this is for grids of other dialects.
static LogicalResult checkGroups(Operation *op, const CommunicationShape &shape,
                                 const Cluster &cluster) {
  for (const std::vector<int64_t> &group : shape.groups)
    for (int64_t device : group)
      if (device >= cluster.getNumDevices())
        return op->emitOpError() << "expects a cluster with a device " << device << ", got '"
                                 << cluster.name << "' of " << cluster.getNumDevices()
                                 << " devices; use a smaller grid, or another cluster";
  return success();
}

/// What `model` says of `op`, which takes time: of its work, or of `shape` if it communicates.
/// `bound` stands for it; errors are about the op itself.
static FailureOr<Cost> computeCost(Operation *op, Operation *bound,
                                   const std::optional<CommunicationShape> &shape,
                                   const CostModel &model, const Cluster &cluster) {
  auto emitError = [op]() { return op->emitOpError(); };
  if (!shape)
    return model.getComputeCost(cast<WorkOpInterface>(bound).getWork(), cluster.device, emitError);
  if (failed(checkGroups(op, *shape, cluster)))
    return failure();
  return model.getCommunicationCost(*shape, cluster, emitError);
}

/// `shape` with the devices of `to` in place of those of `from`, one by one.
static CommunicationShape renameDevices(CommunicationShape shape, ArrayRef<MeshOp> from,
                                        ArrayRef<MeshOp> to) {
  llvm::SmallDenseMap<int64_t, int64_t, 32> names;
  for (auto [old, now] : llvm::zip_equal(from, to))
    for (auto [device, name] : llvm::zip_equal(MeshOp(old).getDevices(), MeshOp(now).getDevices()))
      names[device] = name;
  for (std::vector<int64_t> &group : shape.groups)
    for (int64_t &device : group)
      device = names.lookup(device);
  for (Message &message : shape.messages) {
    message.sender = names.lookup(message.sender);
    message.receiver = names.lookup(message.receiver);
  }
  return shape;
}

//===----------------------------------------------------------------------===//
// Classes
//===----------------------------------------------------------------------===//

/// Writes into a given cost what op it was given for, where that is in numbers, so that it is not
/// taken for the cost of another.
static CostAttr stampGiven(Operation *op, CostAttr cost) {
  if (cost.getFingerprint() != 0 || dependsOnSizes(op))
    return cost;
  uint32_t print = getWorkPrint(op, /*machinePrint=*/0);
  return CostAttr::get(op->getContext(), cost.getPicoseconds(), cost.getBound(),
                       cost.getProvenance(), cost.getAlgorithm(), cost.getBelowPercent(),
                       cost.getAbovePercent(), joinPrints(print, 0));
}

namespace {
/// Puts ops into classes.
class Grouping {
public:
  Grouping(std::vector<CostClass> &classes, OpKinds &kinds) : classes(classes), kinds(kinds) {}

  /// The class of ops whose time is fixed by a description.
  unsigned addFixed(Operation *op, CostAttr cost) {
    auto [it, isNew] = fixed.try_emplace(cost, classes.size());
    if (isNew)
      classes.push_back({op, 0, cost, cost, CostAttr()});
    ++classes[it->second].count;
    return it->second;
  }

  /// The class of ops that were given `cost`, which equal each other.
  unsigned addGiven(Operation *op, CostAttr cost) {
    auto [it, isNew] = given.try_emplace(op, classes.size());
    if (isNew)
      classes.push_back({op, 0, cost, stampGiven(op, cost), CostAttr()});
    ++classes[it->second].count;
    return it->second;
  }

  /// The class of `counted`, whose cost a model says; kFree if it takes no time.
  unsigned addModelled(const CountedOp &counted) {
    Operation *op = counted.op;
    // What an op with regions does is not in its kind.
    if (op->getNumRegions() > 0) {
      auto [it, isNew] = known.try_emplace(op, SymbolicCosts::kFree);
      return addTo(it->second, isNew, op, kinds.getKind(op));
    }
    unsigned kind = counted.kind == CountedOp::kNoKind ? kinds.getKind(op) : counted.kind;
    auto [it, isNew] = ofKind.try_emplace(getKey(op, kind), SymbolicCosts::kFree);
    return addTo(it->second, isNew, op, kind);
  }

private:
  /// A kind, what ops of it carry, and, of those that communicate, their meshes: which links these
  /// use is in the fingerprint of a cost.
  using Key = std::pair<std::pair<unsigned, const void *>, std::pair<const void *, const void *>>;

  Key getKey(Operation *op, unsigned kind) {
    Key key{{kind, getCarried(op).getAsOpaquePointer()}, {nullptr, nullptr}};
    if (!isa<CommunicationOpInterface>(op))
      return key;
    SmallVector<MeshOp, 2> meshes = kinds.getMeshes(op);
    if (!meshes.empty())
      key.second = {meshes.front().getOperation(), meshes.back().getOperation()};
    return key;
  }

  /// Counts `op` in the class `number`, or makes that of it.
  unsigned addTo(unsigned &number, bool isNew, Operation *op, unsigned kind) {
    if (isNew)
      number = addClass(op, kind);
    else if (number != SymbolicCosts::kFree)
      ++classes[number].count;
    return number;
  }

  unsigned addClass(Operation *op, unsigned kind) {
    if (!takesTime(op))
      return SymbolicCosts::kFree;
    classes.push_back({op, 1, CostAttr(), CostAttr(), getCarried(op), kind});
    return classes.size() - 1;
  }

  std::vector<CostClass> &classes;
  OpKinds &kinds;
  // They are looked up only; never iterated.
  llvm::DenseMap<Attribute, unsigned> fixed;
  llvm::DenseMap<Key, unsigned> ofKind;
  llvm::DenseMap<Operation *, unsigned, EqualOpInfo<SameCost>> given, known;
};
} // namespace

namespace dagrt {
/// Puts the ops of a function into classes, and those of its parts.
class OpGrouper {
public:
  OpGrouper(SymbolicCosts &costs, const Coverage &coverage, FixedTimes fixedTimes)
      : costs(costs), coverage(coverage), grouping(costs.classes, *costs.kinds),
        fixedTimes(std::move(fixedTimes)) {
    costs.fixed = this->fixedTimes.size();
  }

  void run() {
    // What a part consists of comes before it.
    for (const OpParts &parts : coverage.getParts())
      classOfParts.push_back(addParts(parts));
    for (const CountedOp &op : coverage.getOps()) {
      costs.kept += op.counting == Counting::Work && getGiven(op.op);
      costs.classOf.push_back(add(op));
    }
  }

private:
  /// The cost that a person gave to `op`.
  static CostAttr getGiven(Operation *op) {
    CostAttr carried = getCarried(op);
    return carried && carried.isGiven() && !carried.isFixed() ? carried : CostAttr();
  }

  unsigned add(const CountedOp &op) {
    if (op.counting == Counting::Parts) {
      unsigned number = classOfParts[op.parts];
      if (number != SymbolicCosts::kFree)
        ++costs.classes[number].count;
      return number;
    }
    if (op.counting != Counting::Work)
      return SymbolicCosts::kFree;
    if (CostAttr given = getGiven(op.op))
      return grouping.addGiven(op.op, given);
    if (CostAttr fixed = fixedTimes.lookup(op.op))
      return grouping.addFixed(op.op, fixed);
    return grouping.addModelled(op);
  }

  unsigned addParts(const OpParts &parts) {
    if (!parts.takesTime)
      return SymbolicCosts::kFree;
    NestedCost nested{parts.trips, parts.isChoice, {}};
    for (const std::vector<CountedOp> &body : parts.bodies) {
      llvm::MapVector<unsigned, int64_t> counts;
      for (const CountedOp &op : body)
        if (unsigned number = add(op); number != SymbolicCosts::kFree)
          ++counts[number];
      nested.bodies.emplace_back(counts.begin(), counts.end());
    }
    costs.nested.try_emplace(costs.classes.size(), std::move(nested));
    costs.classes.push_back({parts.op, 0, CostAttr(), CostAttr(), CostAttr()});
    return costs.classes.size() - 1;
  }

  SymbolicCosts &costs;
  const Coverage &coverage;
  Grouping grouping;
  FixedTimes fixedTimes;
  std::vector<unsigned> classOfParts;
};
} // namespace dagrt

LogicalResult SymbolicCosts::groupOps() {
  FailureOr<FixedTimes> fixedTimes = getFixedTimes(function, cluster);
  if (failed(fixedTimes))
    return failure();
  kinds = std::make_unique<OpKinds>(cluster.devicesPerNode);
  Coverage coverage = Coverage::compute(function, *kinds);
  OpGrouper(*this, coverage, std::move(*fixedTimes)).run();
  uncounted = coverage.getUncounted();
  branches = coverage.getBranches();
  SmallVector<Operation *> representatives;
  for (const CostClass &entry : classes)
    representatives.push_back(entry.op);
  bound = std::make_unique<BoundOps>(representatives);
  microbatches.emplace(function);
  return success();
}

LogicalResult SymbolicCosts::createModel(const CostModelRegistry &registry) {
  modelPrint = getModelPrint(options, cluster);
  machinePrint = getMachinePrint(cluster);
  // Costs of an embedder's model are kept, although they cannot be computed again here.
  if (takenOver && !registry.has(options.model))
    return success();
  FailureOr<std::unique_ptr<CostModel>> created =
      registry.create(options, [&]() { return function.emitError(); });
  if (failed(created))
    return failure();
  model = std::move(*created);
  return success();
}

FailureOr<SymbolicCosts> SymbolicCosts::create(func::FuncOp function, const CostOptions &options,
                                               const CostModelRegistry &registry) {
  FailureOr<ResolvedCostOptions> resolved = resolveCostOptions(function, options);
  if (failed(resolved))
    return failure();
  FailureOr<Cluster> cluster = loadCluster(resolved->options.cluster, function.getLoc());
  if (failed(cluster))
    return failure();
  SymbolicCosts costs;
  costs.function = function;
  costs.cluster = std::move(*cluster);
  costs.options = std::move(resolved->options);
  costs.takenOver = resolved->isTakenOver;
  if (failed(costs.groupOps()))
    return failure();
  // Who gives all times himself has no use for a cluster.
  bool isAllGiven = costs.kept > 0 && costs.fixed == 0 && !costs.isModelled();
  if (failed(costs.createModel(registry)) ||
      (!isAllGiven && failed(checkDevices(function, costs.cluster))))
    return failure();
  return costs;
}

/// What is known of the classes of one kind at a binding, from the first of them.
struct SymbolicCosts::KindCost {
  Operation *first = nullptr, *bound = nullptr;
  SmallVector<MeshOp, 2> meshes;
  std::optional<CommunicationShape> shape; ///< If they communicate.
  uint32_t workPrint = 0;
  std::optional<Cost> cost; ///< Once it was asked for.
};

LogicalResult SymbolicCosts::describeKind(const CostClass &entry, Operation *boundOp,
                                          KindCost &kind) const {
  if (failed(checkStatic(entry.op, boundOp)))
    return failure();
  kind.first = entry.op;
  kind.bound = boundOp;
  if (!isa<CommunicationOpInterface>(boundOp)) {
    kind.workPrint = getWorkPrint(boundOp, machinePrint);
    return success();
  }
  kind.meshes = kinds->getMeshes(entry.op);
  kind.shape = getCommunicationShape(boundOp);
  kind.workPrint = getShapePrint(*kind.shape, machinePrint);
  return success();
}

/// Which links a communication uses is in its print, so that each mesh has one of its own.
uint32_t SymbolicCosts::getClassPrint(const CostClass &entry, const KindCost &kind) const {
  if (!kind.shape || entry.op == kind.first)
    return kind.workPrint;
  return getShapePrint(renameDevices(*kind.shape, kind.meshes, kinds->getMeshes(entry.op)),
                       machinePrint);
}

/// The cost that `entry` carries if it was computed for the same, else a new one.
FailureOr<CostAttr> SymbolicCosts::getModelledCost(const CostClass &entry, KindCost &kind) const {
  uint32_t workPrint = getClassPrint(entry, kind);
  uint64_t fingerprint = joinPrints(workPrint, modelPrint);
  CostAttr carried = entry.carried;
  bool isSameWork = carried && carried.getWorkPrint() == workPrint;
  if (isSameWork && (!model || carried.getFingerprint() == fingerprint))
    return carried;
  if (!model)
    return entry.op->emitOpError()
           << "expects a cost by the model '" << options.model << "', which is not one of this "
           << "tool's, got " << (carried ? "a cost of what the op was before" : "none")
           << "; run --annotate-cost with that model, or start from the program without costs";
  if (!kind.cost) {
    FailureOr<Cost> cost = computeCost(entry.op, kind.bound, kind.shape, *model, cluster);
    if (failed(cost))
      return failure();
    kind.cost = std::move(*cost);
  }
  return getCostAttr(entry.op, *kind.cost, fingerprint);
}

/// A time that was given for an op does not hold for what a pass has made of it.
LogicalResult SymbolicCosts::checkGiven(const CostClass &entry) const {
  uint32_t print = entry.given.getWorkPrint();
  if (print == 0 || entry.given.isFixed() || ::dagrt::dependsOnSizes(entry.op) ||
      getWorkPrint(entry.op, /*machinePrint=*/0) == print)
    return success();
  return entry.op->emitOpError()
         << "expects a time that was given for this op, got " << entry.given
         << ", which was given for it before a pass changed what it does; give it a time again, "
         << "or remove its 'dagrt.cost'";
}

LogicalResult SymbolicCosts::evaluate(const SizeBinding &binding) {
  if (failed(microbatches->check(binding, [&]() { return function.emitOpError(); })))
    return failure();
  SizeNotes notes(function, dependsOnSizes() ? binding : SizeBinding());
  if (failed(bound->bind(binding)))
    return failure();
  // Classes that no model is asked about have kind 0, whatever that is.
  std::vector<KindCost> known(kinds->size() + 1);
  for (auto [index, entry] : llvm::enumerate(classes)) {
    if (entry.given) {
      if (failed(checkGiven(entry)))
        return failure();
      continue;
    }
    auto parts = nested.find(index);
    KindCost &kind = known[entry.kind];
    if (parts == nested.end() && !kind.first && failed(describeKind(entry, (*bound)[index], kind)))
      return failure();
    FailureOr<CostAttr> cost =
        parts == nested.end()
            ? getModelledCost(entry, kind)
            : getCostAttr(entry.op,
                          computeNestedCost(parts->second,
                                            [&](unsigned number) { return classes[number].cost; }),
                          joinPrints(0, modelPrint));
    if (failed(cost))
      return failure();
    entry.cost = *cost;
  }
  return success();
}

int64_t SymbolicCosts::countModelled() const {
  return llvm::count_if(classOf,
                        [&](unsigned index) { return index != kFree && !classes[index].given; });
}

bool SymbolicCosts::isModelled() const {
  return llvm::any_of(classes, [](const CostClass &entry) { return !entry.given; });
}

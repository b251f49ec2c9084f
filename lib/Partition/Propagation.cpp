//===- Propagation.cpp - How one op is sharded -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Propagation is forward, one op at a time in program order: the axes of an op's factors follow
// from what the strategy says about it and from how its operands lie. The conflict rule is the
// order of precedence in planOp; who loses is gathered when operands are materialized.
//
//===----------------------------------------------------------------------===//

#include "Propagation.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dagrt;

AxesAttr dagrt::getWholeAxis(MeshOp mesh, StringRef name) {
  return normalizeAxes(mesh, AxisRefAttr::get(mesh.getContext(), name, 0, 0, 0));
}

FailureOr<SmallVector<AxesAttr>> dagrt::readDims(Operation *op, MeshOp mesh,
                                                 ArrayRef<std::string> names, int64_t rank) {
  SmallVector<AxesAttr> dims(rank, AxesAttr::get(mesh.getContext(), {}));
  for (auto [dim, name] : llvm::enumerate(names)) {
    if (name == "_")
      continue;
    if (static_cast<int64_t>(dim) >= rank)
      return op->emitOpError() << "expects the strategy to shard one of " << rank
                               << " dims, got dim " << dim << " over \"" << name << '"';
    if (mesh.getAxisSize(name) == 0)
      return op->emitOpError() << "expects the strategy to shard over axes of mesh '@"
                               << mesh.getSymName() << "', got \"" << name << '"';
    dims[dim] = getWholeAxis(mesh, name);
  }
  return dims;
}

namespace {
/// Assigns axes to the factors of one op.
struct Planner {
  Operation *op;
  const SizeBinding &sizes;
  const SymbolTable &symbols;
  OpPlan plan;

  bool isFree(AxesAttr axes) {
    if (overlaps(plan.mesh, plan.pending, axes))
      return false;
    return llvm::none_of(plan.axes,
                         [&](AxesAttr other) { return overlaps(plan.mesh, other, axes); });
  }

  /// Gives `axes` to `factor` if that is allowed and no one has either.
  bool tryAssign(unsigned factor, AxesAttr axes) {
    FactorKind kind = plan.rule.factors[factor].kind;
    bool allowed =
        kind == FactorKind::Free || kind == FactorKind::Contracted || kind == FactorKind::Local;
    if (!allowed || axes.empty() || !plan.axes[factor].empty() || !isFree(axes))
      return false;
    plan.axes[factor] = axes;
    return true;
  }

  /// Number of the factor that `reference` names (`vocab`, `n1`), or none.
  std::optional<unsigned> findFactor(StringRef reference) {
    StringRef name = reference.rtrim("0123456789");
    unsigned index = 0;
    if (name.size() < reference.size())
      reference.drop_front(name.size()).getAsInteger(10, index);
    for (auto [i, factor] : llvm::enumerate(plan.rule.factors))
      if (factor.name == name && index-- == 0)
        return i;
    return std::nullopt;
  }

  /// ` (attention.query)`, for errors.
  std::string describeRole() {
    RoleAttr role = getRole(op);
    return role ? (" (" + role.getName() + ")").str() : "";
  }

  FailureOr<int64_t> getSize(const Factor &factor);
  LogicalResult refuseSize(const CutSpec &cut, StringRef factor, ArrayRef<int64_t> elements);
  LogicalResult shardFactor(unsigned number, AxesAttr axes);
  FailureOr<SmallVector<std::pair<unsigned, AxesAttr>, 2>> spreadCut(const CutSpec &cut);
  LogicalResult applyCut(const CutSpec &cut);
  LogicalResult applyResultCuts(ArrayRef<CutSpec> cuts);
  LogicalResult applyResult(ArrayRef<std::string> names);
  void keepPending(OperandTypes operands);
  void followOperands(OperandTypes operands);
};
} // namespace

/// The factor's size, at the default binding if it is symbolic.
FailureOr<int64_t> Planner::getSize(const Factor &factor) {
  if (!factor.symbol)
    return factor.size;
  return factor.symbol.evaluate(sizes, [&]() { return op->emitOpError(); });
}

/// True if an axis of `size` devices can be spread over factors of so many elements, as applyCut
/// does it.
static bool canSpread(int64_t size, ArrayRef<int64_t> elements, bool replicateRest) {
  int64_t left = size;
  for (auto [i, number] : llvm::enumerate(elements)) {
    int64_t taken = std::min(left, number);
    bool isLast = i + 1 == elements.size();
    if ((isLast && taken < left && !replicateRest) || (taken > 0 && left % taken != 0))
      return false;
    left /= std::max<int64_t>(taken, 1);
  }
  return true;
}

/// What a sharded factor is, in the words of models: `key/value head`.
static StringRef getElementName(Operation *op, StringRef factor, bool isAllHeads) {
  RoleAttr role = getRole(op);
  StringRef name = role ? role.getName() : "";
  bool isProjection =
      name == "attention.query" || name == "attention.key" || name == "attention.value";
  if ((isProjection && factor == "n") || (name == "attention.output" && factor == "k"))
    return isAllHeads ? "query head" : "key/value head";
  if (factor == "vocab" || (name == "head" && factor == "n"))
    return "word";
  if (factor == (name == "ffn.down" ? "k" : "n") && name.starts_with("ffn."))
    return "FFN element";
  return factor == "hidden" || isProjection ? "hidden element" : "element";
}

/// The sizes that an axis can have: `1, 2, 3, 6 or 9`.
static std::string listSizes(ArrayRef<int64_t> elements, bool replicateRest, int64_t most) {
  constexpr size_t kMaxListed = 16;
  constexpr int64_t kMaxTried = 4096;
  SmallVector<int64_t> sizes;
  for (int64_t number = 1; number <= std::min(most, kMaxTried); ++number)
    if (canSpread(number, elements, replicateRest))
      sizes.push_back(number);
  if (most > kMaxTried || (static_cast<int64_t>(sizes.size()) == most && most > 3))
    return ("at most " + Twine(most)).str();
  std::string text;
  for (auto [i, number] : llvm::enumerate(ArrayRef(sizes).take_front(kMaxListed)))
    text += (i == 0 ? "" : i + 1 == sizes.size() ? " or " : ", ") + std::to_string(number);
  return text + (sizes.size() > kMaxListed ? ", ..." : "");
}

/// `axis "tp"`, or `axes "kvp", "tp"`.
static std::string describeAxes(const CutSpec &cut) {
  return (cut.axes.size() == 1 ? "axis \"" : "axes \"") + llvm::join(cut.axes, "\", \"") + '"';
}

namespace {
/// Axes that are spread as one.
class AxisSpread {
public:
  AxisSpread(MeshOp mesh, ArrayRef<std::string> names) : context(mesh.getContext()) {
    for (const std::string &name : names)
      axes.push_back({name, mesh.getAxisSize(name)});
  }
  int64_t countDevices() const {
    int64_t devices = 1;
    for (auto [name, size] : axes)
      devices *= size;
    return devices;
  }
  /// The next axes, or parts of them, that split into `shards`; null where these end inside of an
  /// axis that they do not divide. Precondition: so many are left.
  AxesAttr take(int64_t shards) {
    SmallVector<AxisRefAttr> refs;
    while (shards > 1) {
      auto [name, size] = axes[current];
      int64_t part = std::min(size / used, shards);
      if (size / used % part != 0 || shards % part != 0)
        return {};
      bool isFull = part == size;
      if (part > 1)
        refs.push_back(AxisRefAttr::get(context, name, isFull ? 0 : used, isFull ? 0 : part, 0));
      used *= part;
      shards /= part;
      if (used == size) {
        ++current;
        used = 1;
      }
    }
    return AxesAttr::get(context, refs);
  }

private:
  MLIRContext *context;
  SmallVector<std::pair<StringRef, int64_t>, 2> axes;
  size_t current = 0; ///< The axis that is taken next, after `used` of its parts.
  int64_t used = 1;
};
} // namespace

/// Refuses an axis that cannot be spread over factors of so many elements, and says which sizes
/// can.
LogicalResult Planner::refuseSize(const CutSpec &cut, StringRef factor,
                                  ArrayRef<int64_t> elements) {
  int64_t size = AxisSpread(plan.mesh, cut.axes).countDevices(), most = 1;
  for (int64_t number : elements)
    most = llvm::MulOverflow(most, number, most) ? INT64_MAX : most;
  bool isTooLarge = size > most && !cut.replicateRest;
  InFlightDiagnostic error = op->emitOpError();
  if (isTooLarge)
    error << "expects at most " << most << " devices along " << describeAxes(cut);
  else
    error << "expects the size of " << describeAxes(cut) << " to be at most the "
          << elements.front() << " elements that it shards first, or a multiple of them";
  int64_t number = isTooLarge ? most : elements.front();
  error << describeRole() << ", got " << number << ' '
        << getElementName(op, factor, isTooLarge && elements.size() > 1) << (number == 1 ? "" : "s")
        << " on " << size << " devices: use " << llvm::join(cut.axes, " times ") << ' '
        << listSizes(elements, cut.replicateRest, cut.replicateRest ? 2 * size : most);
  return error;
}

/// Puts axes on a factor of the op.
LogicalResult Planner::shardFactor(unsigned number, AxesAttr axes) {
  const Factor &factor = plan.rule.factors[number];
  plan.axes[number] = axes;
  // An axis that shards the op completes a sum that is pending over it.
  if (overlaps(plan.mesh, plan.pending, axes))
    plan.pending = AxesAttr::get(op->getContext(), {});
  bool isDecomposed = factor.kind == FactorKind::Decomposable;
  if (factor.kind == FactorKind::Indivisible ||
      (isDecomposed && !cast<ShardingRuleOpInterface>(op).canDecompose(number)))
    return op->emitOpError() << "expects the strategy not to shard " << factor.name
                             << ", which must be replicated on each device";
  plan.decomposes |= isDecomposed;
  return success();
}

/// The axes of each of the factors that an entry names and the op has.
FailureOr<SmallVector<std::pair<unsigned, AxesAttr>, 2>> Planner::spreadCut(const CutSpec &cut) {
  SmallVector<std::pair<unsigned, AxesAttr>, 2> assigned;
  SmallVector<unsigned> factors;
  for (const std::string &reference : cut.over)
    if (std::optional<unsigned> factor = findFactor(reference))
      factors.push_back(*factor);
  if (factors.empty())
    return assigned;
  for (const std::string &axis : cut.axes)
    if (plan.mesh.getAxisSize(axis) == 0)
      return op->emitOpError() << "expects the strategy to shard over axes of mesh '@"
                               << plan.mesh.getSymName() << "', got \"" << axis << '"';
  AxisSpread spread(plan.mesh, cut.axes);
  int64_t size = spread.countDevices(), left = size;
  SmallVector<int64_t> elements;
  for (unsigned number : factors) {
    FailureOr<int64_t> count = getSize(plan.rule.factors[number]);
    if (failed(count))
      return failure();
    elements.push_back(*count);
  }
  if (!canSpread(size, elements, cut.replicateRest))
    return refuseSize(cut, plan.rule.factors[factors.front()].name, elements);
  for (auto [number, count] : llvm::zip_equal(factors, elements)) {
    int64_t taken = std::min(left, count);
    AxesAttr axes = spread.take(taken);
    if (!axes)
      return op->emitOpError() << "expects the " << count << " elements of "
                               << plan.rule.factors[number].name << " to end where one of "
                               << describeAxes(cut) << " ends, or divides" << describeRole();
    if (!axes.empty())
      assigned.push_back({number, axes});
    left /= std::max<int64_t>(taken, 1);
  }
  return assigned;
}

/// Spreads an entry's axes over the op.
LogicalResult Planner::applyCut(const CutSpec &cut) {
  auto assigned = spreadCut(cut);
  if (failed(assigned))
    return failure();
  for (auto [number, axes] : *assigned)
    if (failed(shardFactor(number, axes)))
      return failure();
  return success();
}

/// Asks for a result that is sharded over factors in another way than the op.
LogicalResult Planner::applyResultCuts(ArrayRef<CutSpec> cuts) {
  SmallVector<AxesAttr, 8> axes(plan.axes);
  for (const CutSpec &cut : cuts) {
    auto assigned = spreadCut(cut);
    if (failed(assigned))
      return failure();
    for (auto [number, over] : *assigned)
      axes[number] = over;
  }
  plan.wanted.clear();
  for (auto [result, factors] : llvm::zip_equal(op->getResults(), plan.rule.results)) {
    auto type = cast<RankedTensorType>(result.getType());
    SmallVector<AxesAttr> dims;
    for (unsigned factor : factors)
      dims.push_back(axes[factor]);
    plan.wanted.push_back(
        Layout(plan.mesh, getGlobalShape(type), dims).getType(type.getElementType()));
  }
  return success();
}

/// Puts the axes of the first result, whose dims are named, on its factors; what does not fit is
/// left to resharding. Other results have the axes of the factors that they share with it.
LogicalResult Planner::applyResult(ArrayRef<std::string> names) {
  ArrayRef<unsigned> named = plan.rule.results.front();
  FailureOr<SmallVector<AxesAttr>> dims = readDims(op, plan.mesh, names, named.size());
  if (failed(dims))
    return failure();
  SmallVector<AxesAttr> axes(plan.rule.factors.size(), AxesAttr::get(op->getContext(), {}));
  for (auto [factor, wanted] : llvm::zip_equal(named, *dims)) {
    tryAssign(factor, wanted);
    axes[factor] = wanted;
  }
  for (auto [result, factors] : llvm::zip_equal(op->getResultTypes(), plan.rule.results)) {
    auto type = cast<RankedTensorType>(result);
    SmallVector<AxesAttr> wanted;
    for (unsigned factor : factors)
      wanted.push_back(axes[factor]);
    Layout layout(plan.mesh, getGlobalShape(type), wanted);
    plan.wanted.push_back(layout.getType(type.getElementType()));
  }
  return success();
}

/// A sum stays pending through an op that commutes with it if all operands are such sums.
void Planner::keepPending(OperandTypes operands) {
  bool linear = plan.rule.partial == PartialRule::Additive ||
                (plan.rule.partial == PartialRule::Bilinear && operands.size() == 1);
  if (!linear || operands.empty())
    return;
  AxesAttr pending;
  for (RankedTensorType type : operands) {
    DistAttr dist = getDist(type);
    if (!dist || dist.getMesh().getAttr() != plan.mesh.getSymNameAttr() || !dist.isPartial() ||
        (pending && dist.getPartial() != pending))
      return;
    pending = dist.getPartial();
  }
  plan.pending = pending;
}

/// Lets operands keep their shardings where the axes are free. An operand on another mesh
/// brings axes that this mesh has too, by name and size.
void Planner::followOperands(OperandTypes operands) {
  for (auto [i, dims] : llvm::enumerate(plan.rule.operands)) {
    DistAttr dist = getDist(operands[i]);
    if (!dist)
      continue;
    auto source = symbols.lookup<MeshOp>(dist.getMesh().getAttr());
    for (auto [dim, factor] : llvm::enumerate(dims)) {
      AxesAttr axes = dist.getDims()[dim];
      bool known =
          source == plan.mesh || llvm::all_of(axes, [&](AxisRefAttr ref) {
            return source.getAxisSize(ref.getName()) == plan.mesh.getAxisSize(ref.getName());
          });
      if (known)
        tryAssign(factor, axes);
    }
  }
}

FailureOr<OpPlan> dagrt::planOp(Operation *op, MeshOp mesh, const Directive &directive,
                                OperandTypes operands, const SizeBinding &sizes,
                                const SymbolTable &symbols) {
  AxesAttr none = AxesAttr::get(op->getContext(), {});
  Planner planner{op, sizes, symbols, {}};
  planner.plan.mesh = mesh;
  planner.plan.rule = cast<ShardingRuleOpInterface>(op).getShardingRule();
  planner.plan.axes.assign(planner.plan.rule.factors.size(), none);
  planner.plan.pending = none;
  planner.keepPending(operands);
  if (directive.cut)
    for (const CutSpec &cut : *directive.cut)
      if (failed(planner.applyCut(cut)))
        return failure();
  if (directive.result && op->getNumResults() > 0 && failed(planner.applyResult(*directive.result)))
    return failure();
  planner.followOperands(operands);
  if (directive.resultCut && !directive.resultCut->empty() && op->getNumResults() > 0 &&
      failed(planner.applyResultCuts(*directive.resultCut)))
    return failure();
  return std::move(planner.plan);
}

//===- Partitioner.cpp - Logical form to placed form -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One walk in program order. For each op: what the strategy says about its role; the mesh it runs
// on; how its factors are sharded (Propagation); its operands in the form that asks for
// (Resharding); then the same op on local shapes, and, where the strategy wants its result in
// another form, that form. Parameters and positions are made where they are used. No step knows
// what a transformer is.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Partition/Partitioner.h"
#include "GivenCosts.h"
#include "MicroBatches.h"
#include "PlacementRemarks.h"
#include "Propagation.h"
#include "Resharding.h"
#include "StrategyUse.h"
#include "dagrt/IR/LogicalTotals.h"

#include "mlir/IR/Remarks.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace dagrt;

namespace {
/// The partition of one module.
class Partitioner {
public:
  Partitioner(ModuleOp module, const Strategy &strategy)
      : module(module), symbols(module), strategy(strategy), builder(module.getContext()),
        use(strategy) {}

  LogicalResult run();

private:
  LogicalResult createMeshes(int64_t numLayers);
  LogicalResult createMesh(const MeshSpec &spec, StringRef name);
  LogicalResult checkFunction(func::FuncOp function);
  FailureOr<LogicalAttr> getTotals(func::FuncOp function);
  LogicalResult partitionFunction(func::FuncOp function);
  LogicalResult partitionBody(func::FuncOp function, Resharder &values, Block &waiting);
  LogicalResult partitionOp(Operation *op, Resharder &values, Block &waiting);
  LogicalResult placeArgument(func::FuncOp function, BlockArgument argument, RoleAttr role,
                              Resharder &values);
  LogicalResult partitionReturn(func::ReturnOp op, Resharder &values);
  LogicalResult split(func::FuncOp function);
  std::optional<OpPlace> findPlace(RoleAttr role, const Directive &directive);
  FailureOr<MeshOp> chooseMesh(Operation *op, const Directive &directive, OperandTypes operands);
  FailureOr<SmallVector<Value>> placeOp(Operation *op, const OpPlan &plan, ValueRange operands);
  const Directive &getDirective(RoleAttr role);
  void remarkUnusedEntries();
  LogicalResult emitRemarks(ArrayRef<func::FuncOp> functions);

  ModuleOp module;
  SymbolTable symbols;
  const Strategy &strategy;
  OpBuilder builder;
  /// The module's default binding, at which what depends on numbers is decided.
  SizeBinding sizes;
  /// Meshes of each spec: one, or one for each repetition.
  llvm::StringMap<SmallVector<MeshOp>> meshes;
  MeshOp firstMesh;
  int64_t nextDevice = 0, numLayers = 0;
  llvm::StringMap<Directive> directives;
  StrategyUse use;
};
} // namespace

//===----------------------------------------------------------------------===//
// Meshes
//===----------------------------------------------------------------------===//

LogicalResult Partitioner::createMesh(const MeshSpec &spec, StringRef name) {
  if (Operation *existing = symbols.lookup(name)) {
    InFlightDiagnostic error = emitError(module.getLoc())
                               << "expects no symbol '@" << name
                               << "', the name of a mesh of strategy '" << strategy.name << "'";
    error.attachNote(existing->getLoc()) << "symbol defined here";
    return error;
  }
  SmallVector<Attribute> names;
  SmallVector<int64_t> sizes;
  int64_t count = 1;
  for (const auto &[axis, size] : spec.axes) {
    names.push_back(builder.getStringAttr(axis));
    sizes.push_back(size);
    count *= size;
  }
  SmallVector<int64_t> devices(spec.devices.begin(), spec.devices.end());
  if (spec.devices.empty())
    for (int64_t i = 0; i < count; ++i)
      devices.push_back(nextDevice + i);
  for (int64_t device : devices)
    nextDevice = std::max(nextDevice, device + 1);
  auto mesh =
      MeshOp::create(builder, module.getLoc(), name, builder.getArrayAttr(names),
                     builder.getDenseI64ArrayAttr(sizes), builder.getDenseI64ArrayAttr(devices));
  if (!firstMesh)
    firstMesh = mesh;
  symbols.insert(mesh);
  meshes[spec.name].push_back(mesh);
  return mesh.verify();
}

LogicalResult Partitioner::createMeshes(int64_t layers) {
  numLayers = layers;
  builder.setInsertionPointToStart(module.getBody());
  for (const MeshSpec &spec : strategy.meshes) {
    int64_t most = std::max<int64_t>(numLayers, 1), stages = spec.repeat.value_or(1);
    int64_t each = strategy.microbatches.virtualStages;
    if (stages > 1 && stages > most)
      return emitError(module.getLoc())
             << "expects at most " << most << " stages, one for each layer, got " << stages
             << "; lower 'pp'";
    if (stages > 1 && each > most / stages)
      return emitError(module.getLoc())
             << "expects at most " << most / stages << " virtual stages on each of " << stages
             << " stages, so that each of them has one of the " << most << " layers, got " << each;
    for (int64_t i = 0; i < spec.repeat.value_or(1); ++i)
      if (failed(createMesh(spec, spec.repeat ? spec.name + std::to_string(i) : spec.name)))
        return failure();
  }
  return success();
}

/// The repetition that layer `layer` belongs to: consecutive layers, the first ones with one more.
static int64_t getStage(int64_t layer, int64_t layers, int64_t stages) {
  int64_t size = layers / stages, longer = layers % stages;
  int64_t boundary = longer * (size + 1);
  return layer < boundary ? layer / (size + 1) : longer + (layer - boundary) / size;
}

/// Where the strategy has ops of a role run; none if they follow their operands.
std::optional<OpPlace> Partitioner::findPlace(RoleAttr role, const Directive &directive) {
  if (directive.mesh.empty())
    return std::nullopt;
  ArrayRef<MeshOp> row = meshes[directive.mesh];
  if (row.size() == 1)
    return OpPlace{row.front(), 0};
  if (!role || !role.hasLayer())
    return std::nullopt;
  // Virtual stages go round the row.
  int64_t stages = row.size();
  int64_t chunk =
      getStage(role.getLayer(), numLayers, stages * strategy.microbatches.virtualStages);
  return OpPlace{row[chunk % stages], chunk};
}

FailureOr<MeshOp> Partitioner::chooseMesh(Operation *op, const Directive &directive,
                                          OperandTypes operands) {
  // Micro-batches are joined where the first of them is.
  std::optional<OpPlace> place =
      isa<ConcatOp>(op) && !getRole(op) ? std::nullopt : findPlace(getRole(op), directive);
  if (place)
    return cast<MeshOp>(place->mesh);
  for (RankedTensorType type : operands)
    if (DistAttr dist = getDist(type))
      return symbols.lookup<MeshOp>(dist.getMesh().getAttr());
  return firstMesh;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

const Directive &Partitioner::getDirective(RoleAttr role) {
  StringRef name = role ? role.getName() : "";
  auto [it, isNew] = directives.try_emplace(name);
  if (!isNew)
    return it->second;
  Directive &directive = it->second;
  use.addRole(name);
  for (const StrategyEntry &entry : strategy.entries) {
    if (!entry.role.empty() && !(role && role.isWithin(entry.role)))
      continue;
    use.addEntry(entry);
    if (entry.mesh)
      directive.mesh = *entry.mesh;
    if (entry.cut)
      directive.cut = &*entry.cut;
    if (entry.resultCut)
      directive.resultCut = &*entry.resultCut;
    if (entry.result)
      directive.result = &*entry.result;
    if (entry.travels)
      directive.travels = &*entry.travels;
  }
  return directive;
}

/// An entry that no op's role matches does nothing: natural in a strategy for many models, and
/// what a mistyped role looks like.
void Partitioner::remarkUnusedEntries() {
  for (const StrategyEntry &entry : strategy.entries)
    if (!use.isUsed(entry))
      remark::missed(module.getLoc(), remark::RemarkOpts::name("EntryUnused").category("partition"))
          << remark::add("the entry for role '{0}' of strategy '{1}' matches no op", entry.role,
                         strategy.name);
}

/// Puts the op on its mesh, or creates the ops it decomposes into.
FailureOr<SmallVector<Value>> Partitioner::placeOp(Operation *op, const OpPlan &plan,
                                                   ValueRange operands) {
  if (plan.decomposes)
    return cast<ShardingRuleOpInterface>(op).decompose(builder, operands, plan.axes, plan.wanted);
  op->setOperands(operands);
  AxesAttr partial = plan.pending;
  for (auto [factor, axes] : llvm::zip_equal(plan.rule.factors, plan.axes))
    if (factor.kind == FactorKind::Contracted)
      partial = concatAxes(plan.mesh, partial, axes);
  for (auto [result, dims] : llvm::zip_equal(op->getResults(), plan.rule.results)) {
    auto type = cast<RankedTensorType>(result.getType());
    SmallVector<AxesAttr> cut;
    for (unsigned factor : dims)
      cut.push_back(plan.axes[factor]);
    result.setType(
        Layout(plan.mesh, getGlobalShape(type), cut, partial).getType(type.getElementType()));
  }
  builder.setInsertionPointAfter(op);
  return SmallVector<Value>(op->getResults());
}

/// A device that computes a part of `op` takes another time.
static LogicalResult dropTimesOfParts(Operation *op, const OpPlan &plan) {
  int64_t parts = 1;
  for (AxesAttr axes : plan.axes)
    parts *= getNumShards(MeshOp(plan.mesh), axes);
  if (parts > 1)
    return dropTimes(op, "sharded over " + Twine(parts) + " devices");
  op->removeDiscardableAttr(DagrtDialect::kTimingAttrName);
  return success();
}

/// Puts `op` on its mesh, or moves it to `waiting` if that is not known yet, or other ops replace
/// it.
LogicalResult Partitioner::partitionOp(Operation *op, Resharder &values, Block &waiting) {
  auto putAside = [&]() { op->moveBefore(&waiting, waiting.end()); };
  // Whatever has no operands is made wherever it is read.
  if (op->getNumOperands() == 0 && op->getNumResults() == 1) {
    values.addSource(op->getOpResult(0));
    putAside();
    return dropTimes(op, "made on each mesh that reads it");
  }
  if (auto slice = dyn_cast<SliceOp>(op);
      slice && !getRole(op) && isa<BlockArgument>(slice.getOperand())) {
    values.addPart(slice);
    putAside();
    return success();
  }
  SmallVector<RankedTensorType> types;
  for (Value operand : op->getOperands())
    types.push_back(values.getType(operand));
  RoleAttr role = getRole(op);
  const Directive &directive = getDirective(role);
  FailureOr<MeshOp> mesh = chooseMesh(op, directive, types);
  if (failed(mesh))
    return failure();
  FailureOr<OpPlan> plan = planOp(op, *mesh, directive, types, sizes, symbols);
  if (failed(plan))
    return failure();
  if (directive.cut)
    use.addCuts(*directive.cut, plan->rule);
  if (directive.resultCut)
    use.addCuts(*directive.resultCut, plan->rule);
  SmallVector<Value> operands;
  for (auto [operand, dims] : llvm::zip_equal(op->getOperands(), plan->rule.operands)) {
    auto type = cast<RankedTensorType>(operand.getType());
    SmallVector<AxesAttr> cut;
    for (unsigned factor : dims)
      cut.push_back(plan->axes[factor]);
    Layout layout(*mesh, getGlobalShape(type), cut, plan->pending);
    FailureOr<Value> placed = values.getAs(operand, layout.getType(type.getElementType()), role);
    if (failed(placed))
      return failure();
    operands.push_back(*placed);
  }
  if (failed(dropTimesOfParts(op, *plan)))
    return failure();
  FailureOr<SmallVector<Value>> results = placeOp(op, *plan, operands);
  if (failed(results))
    return op->emitOpError() << "expects to be able to decompose itself over a sharded factor";
  for (auto [logical, placed] : llvm::zip_equal(op->getResults(), *results))
    values.addValue(logical, placed, role, directive.travels);
  for (auto [logical, placed, wanted] : llvm::zip(op->getResults(), *results, plan->wanted))
    if (wanted != placed.getType() && failed(values.getAs(logical, wanted, role)))
      return failure();
  if (plan->decomposes)
    putAside();
  return success();
}

/// An argument lies as the strategy says of its role, else as its first user needs it.
LogicalResult Partitioner::placeArgument(func::FuncOp function, BlockArgument argument,
                                         RoleAttr role, Resharder &values) {
  const Directive &directive = getDirective(role);
  if (!directive.result) {
    remark::missed(argument.getLoc(),
                   remark::RemarkOpts::name("ArgumentAsUsed").category("partition"))
        << remark::add("argument #{0} of role '{1}' is placed as its first user needs it; only "
                       "'result' of an entry says where an argument is",
                       argument.getArgNumber(), role.getName());
    return success();
  }
  std::optional<OpPlace> place = findPlace(role, directive);
  MeshOp mesh = place ? cast<MeshOp>(place->mesh) : firstMesh;
  auto type = cast<RankedTensorType>(argument.getType());
  FailureOr<SmallVector<AxesAttr>> dims =
      readDims(function, mesh, *directive.result, type.getRank());
  if (failed(dims))
    return failure();
  Layout layout(mesh, getGlobalShape(type), *dims);
  return LogicalResult(values.getAs(argument, layout.getType(type.getElementType()), role));
}

/// `type` with a replica on each device of `mesh`.
static RankedTensorType getReplicated(MeshOp mesh, RankedTensorType type) {
  SmallVector<AxesAttr> none(type.getRank(), AxesAttr::get(type.getContext(), {}));
  return Layout(mesh, getGlobalShape(type), none).getType(type.getElementType());
}

/// A result that updates an argument lies as the argument does.
static RankedTensorType getUpdatedType(func::ReturnOp op, unsigned number, Block &placed) {
  auto function = cast<func::FuncOp>(op->getParentOp());
  auto updates = function.getResultAttrOfType<IntegerAttr>(number, DagrtDialect::kUpdatesAttrName);
  if (!updates)
    return {};
  auto type = cast<RankedTensorType>(placed.getArgument(updates.getInt()).getType());
  return getDist(type) ? type : RankedTensorType();
}

LogicalResult Partitioner::partitionReturn(func::ReturnOp op, Resharder &values) {
  SmallVector<Value> operands;
  for (auto [number, operand] : llvm::enumerate(op.getOperands())) {
    if (RankedTensorType home = getUpdatedType(op, number, *builder.getInsertionBlock())) {
      FailureOr<Value> placed = values.getAs(operand, home, {});
      if (failed(placed))
        return failure();
      operands.push_back(*placed);
      continue;
    }
    auto type = cast<RankedTensorType>(operand.getType());
    RankedTensorType current = values.getType(operand);
    if (!current) {
      current = getReplicated(firstMesh, type);
      if (failed(values.getAs(operand, current, {})))
        return failure();
    }
    FailureOr<Value> placed = values.getWhole(operand);
    if (failed(placed))
      return failure();
    operands.push_back(*placed);
  }
  func::ReturnOp::create(builder, op.getLoc(), operands);
  op.erase();
  return success();
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

/// What the partitioner needs of a function.
LogicalResult Partitioner::checkFunction(func::FuncOp function) {
  if (!function.getBody().hasOneBlock())
    return emitError(function.getLoc()) << "'func.func' op expects one block to partition, got "
                                        << function.getBody().getBlocks().size();
  auto checkType = [&](Operation *op, Type type) -> LogicalResult {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor)
      return op->emitOpError() << "expects ranked tensors to partition, got " << type;
    if (getDist(tensor))
      return op->emitOpError() << "expects a function in logical form to partition, got " << type;
    if (!tensor.hasStaticShape() && getGlobalShape(tensor).getSymbols().empty())
      return op->emitOpError() << "expects sizes that are numbers or named in '#dagrt.sizes' to "
                                  "partition, got "
                               << type;
    return success();
  };
  for (Type type : function.getArgumentTypes())
    if (failed(checkType(function, type)))
      return failure();
  for (Operation &op : function.getBody().front()) {
    for (Type type : op.getResultTypes())
      if (failed(checkType(&op, type)))
        return failure();
    if (!isa<ShardingRuleOpInterface, func::ReturnOp>(op))
      return op.emitOpError() << "expects ops with a sharding rule to partition; this one does not "
                                 "implement ShardingRuleOpInterface";
  }
  return success();
}

/// The totals of a function in logical form, with symbolic sizes at the default binding.
FailureOr<LogicalAttr> Partitioner::getTotals(func::FuncOp function) {
  DictionaryAttr at;
  OwningOpRef<func::FuncOp> bound;
  if (hasSymbolicSizes(function)) {
    at = getSizesAttr(module.getContext(), sizes);
    bound = function.clone();
    if (failed(SizeBinder(module, sizes).bind(*bound)))
      return failure();
    function = *bound;
  }
  LogicalTotals totals = getLogicalTotals(function);
  return LogicalAttr::get(module.getContext(), totals.flops, totals.parameters, at);
}

/// Puts arguments and ops on their meshes one after the other, each where it stands. Those after it
/// are still in logical form, and read values that are placed by now: of these they ask only for
/// global shapes.
LogicalResult Partitioner::partitionBody(func::FuncOp function, Resharder &values, Block &waiting) {
  Block &body = function.getBody().front();
  for (BlockArgument argument : body.getArguments()) {
    values.addArgument(argument);
    auto role =
        function.getArgAttrOfType<RoleAttr>(argument.getArgNumber(), DagrtDialect::kRoleAttrName);
    if (role && failed(placeArgument(function, argument, role, values)))
      return failure();
  }
  for (Operation &op : llvm::make_early_inc_range(body)) {
    builder.setInsertionPoint(&op);
    auto terminator = dyn_cast<func::ReturnOp>(op);
    if (failed(terminator ? partitionReturn(terminator, values)
                          : partitionOp(&op, values, waiting)))
      return failure();
  }
  // Arguments without uses are replicated on the first mesh.
  for (BlockArgument argument : body.getArguments())
    if (auto type = cast<RankedTensorType>(argument.getType()); !getDist(type))
      argument.setType(getReplicated(firstMesh, type));
  return success();
}

LogicalResult Partitioner::partitionFunction(func::FuncOp function) {
  FailureOr<LogicalAttr> totals = getTotals(function);
  if (failed(totals))
    return failure();
  Block &body = function.getBody().front();
  Resharder values(builder, module, sizes);
  Block waiting;
  if (failed(partitionBody(function, values, waiting))) {
    // Ops that are not placed yet read what waits.
    body.getOperations().splice(body.begin(), waiting.getOperations());
    return failure();
  }
  function.setFunctionType(
      builder.getFunctionType(body.getArgumentTypes(), body.getTerminator()->getOperandTypes()));
  function->setAttr(DagrtDialect::kLogicalAttrName, *totals);
  return success();
}

/// What was placed, at the default binding if sizes are symbolic.
LogicalResult Partitioner::emitRemarks(ArrayRef<func::FuncOp> functions) {
  if (!module.getContext()->getRemarkEngine())
    return success();
  OwningOpRef<ModuleOp> bound;
  if (hasSymbolicSizes(module)) {
    bound = module.clone();
    if (failed(bindSizes(*bound, sizes)))
      return failure();
  }
  for (func::FuncOp function : functions)
    emitPlacementRemarks(bound ? bound->lookupSymbol<func::FuncOp>(function.getSymName())
                               : function);
  return success();
}

/// Splits the batch of `function` into micro-batches.
LogicalResult Partitioner::split(func::FuncOp function) {
  int64_t stages = 1;
  for (const MeshSpec &spec : strategy.meshes)
    stages = std::max(stages, spec.repeat.value_or(1));
  auto find = [&](Operation *op, std::optional<OpPlace> followed) {
    RoleAttr role = getRole(op);
    if (std::optional<OpPlace> place = findPlace(role, getDirective(role)))
      return *place;
    return followed.value_or(OpPlace{firstMesh, 0});
  };
  return splitIntoMicrobatches(function, strategy.microbatches, stages, find);
}

LogicalResult Partitioner::run() {
  SmallVector<func::FuncOp> functions;
  int64_t layers = 0;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isExternal())
      continue;
    functions.push_back(function);
    if (failed(checkFunction(function)))
      return failure();
    for (Operation &op : function.getBody().front())
      if (RoleAttr role = getRole(&op))
        layers = std::max(layers, role.getLayer() + 1);
  }
  if (functions.empty())
    return emitError(module.getLoc()) << "expects a function with a body to partition, got none";
  FailureOr<SizeBinding> defaults =
      readSizes(module, "", [&]() { return emitError(module.getLoc()); });
  if (failed(defaults) || failed(createMeshes(layers)))
    return failure();
  sizes = *defaults;
  for (func::FuncOp function : functions) {
    if (strategy.zigzagBlocks > 0 && failed(reorderTokens(function, strategy.zigzagBlocks)))
      return failure();
    if (strategy.slotShards > 0 &&
        failed(stripeCaches(function, strategy.slotShards, strategy.stripe)))
      return failure();
    if (failed(split(function)) || failed(partitionFunction(function)))
      return failure();
  }
  remarkUnusedEntries();
  if (failed(use.check(module)))
    return failure();
  return emitRemarks(functions);
}

LogicalResult dagrt::partitionModule(ModuleOp module, const Strategy &strategy) {
  return Partitioner(module, strategy).run();
}

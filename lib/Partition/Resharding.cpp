//===- Resharding.cpp - Takes values from layout to layout -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inside a mesh: a pending sum is completed first, scattered if the user wants a shard of it; then
// axes that move from one dim to another (all_to_all), axes that go (all_gather), and axes that
// come (all_slice). Between meshes: one message for each destination mesh. Where the destination
// wants replicas, the message brings shards and the destination gathers them, so that no element
// crosses twice.
//
//===----------------------------------------------------------------------===//

#include "Resharding.h"

using namespace mlir;
using namespace dagrt;

MeshOp Resharder::getMesh(FlatSymbolRefAttr name) {
  Operation *&mesh = meshes[name];
  if (!mesh)
    mesh = SymbolTable::lookupSymbolIn(module, name.getAttr());
  return cast<MeshOp>(mesh);
}

static void setRole(Operation *op, RoleAttr role) {
  if (role)
    op->setAttr(DagrtDialect::kRoleAttrName, role);
}

Resharder::LogicalValue &Resharder::getValue(Value logical) {
  auto [it, isNew] = numbers.try_emplace(logical, values.size());
  return isNew ? values.emplace_back() : values[it->second];
}

void Resharder::addValue(Value logical, Value placed, RoleAttr producer,
                         const std::vector<std::string> *travels) {
  LogicalValue &value = getValue(logical);
  value.forms.push_back(placed);
  value.producer = producer;
  value.travels = travels;
}

RankedTensorType Resharder::getType(Value logical) const {
  auto it = numbers.find(logical);
  if (it == numbers.end())
    return {};
  const LogicalValue &value = values[it->second];
  if (value.forms.empty() || value.source)
    return {};
  FlatSymbolRefAttr mesh = getDist(value.forms.front().getType()).getMesh();
  return cast<RankedTensorType>(findOn(value, mesh).getType());
}

//===----------------------------------------------------------------------===//
// Inside a mesh
//===----------------------------------------------------------------------===//

namespace {
/// A value on its way to another layout of its mesh.
struct Walk {
  Walk(OpBuilder &builder, MeshOp mesh, Value value)
      : builder(builder), value(value), layout(mesh, getDist(value.getType())) {}

  /// Takes the value through a collective.
  template <typename OpT, typename... Args>
  void apply(RoleAttr role, Args... args) {
    MeshOp mesh = layout.getMesh();
    auto op = OpT::create(builder, value.getLoc(), mesh, value, args...);
    setRole(op, role);
    value = op;
    layout = Layout(mesh, getDist(op.getType()));
  }

  /// Axes of the target's dim that come after those of the value's; none if the value's are others.
  std::optional<AxesAttr> getMissing(size_t dim, AxesAttr wanted) {
    return removeHead(layout.getMesh(), wanted, layout.getDim(dim));
  }

  /// Completes a pending sum, into a shard where `target` continues a dim's axes with its axes.
  void reduce(const Layout &target, RoleAttr role) {
    AxesAttr axes = layout.getPartial();
    for (size_t dim = 0; dim < layout.getRank(); ++dim) {
      std::optional<AxesAttr> rest = getMissing(dim, target.getDim(dim));
      if (rest && !rest->empty() && removeHead(layout.getMesh(), *rest, axes) &&
          layout.isNested(dim, layout.getDim(dim), axes))
        return apply<ReduceScatterOp>(role, dim, axes);
    }
    // Some of the axes may shard the target: the rest of the sum is completed on the shards.
    for (size_t dim = 0; dim < layout.getRank(); ++dim) {
      std::optional<AxesAttr> own = getMissing(dim, target.getDim(dim));
      if (own && !own->empty() && removeHead(layout.getMesh(), layout.getPartial(), *own) &&
          layout.isNested(dim, layout.getDim(dim), *own))
        apply<ReduceScatterOp>(role, dim, *own);
    }
    if (layout.isPartial())
      apply<AllReduceOp>(role, layout.getPartial());
  }

  /// What must leave dim `dim` so that the rest begins the wanted axes: all of them if shards are
  /// not made of entire parts.
  AxesAttr getSurplus(size_t dim, AxesAttr wanted) {
    AxesAttr axes = layout.getDim(dim);
    std::optional<AxesAttr> missing = getMissing(dim, wanted);
    if (missing && (missing->empty() || layout.isNested(dim, axes, *missing)))
      return AxesAttr::get(axes.getContext(), {});
    std::optional<AxesAttr> surplus = removeHead(layout.getMesh(), axes, wanted);
    return surplus && layout.isNested(dim, wanted, *surplus) ? *surplus : axes;
  }

  /// Moves axes that one dim has too many straight to a dim that lacks exactly them.
  void exchange(const Layout &target, RoleAttr role) {
    for (size_t from = 0; from < layout.getRank(); ++from) {
      AxesAttr surplus = getSurplus(from, target.getDim(from));
      for (size_t to = 0; to < layout.getRank() && !surplus.empty(); ++to) {
        std::optional<AxesAttr> missing = getMissing(to, target.getDim(to));
        if (to == from || !missing || *missing != surplus ||
            !layout.isNested(to, layout.getDim(to), surplus))
          continue;
        apply<AllToAllOp>(role, from, to, surplus);
        break;
      }
    }
  }

  void gather(const Layout &target, RoleAttr role) {
    for (size_t dim = 0; dim < layout.getRank(); ++dim)
      if (AxesAttr surplus = getSurplus(dim, target.getDim(dim)); !surplus.empty())
        apply<AllGatherOp>(role, dim, surplus);
  }

  void slice(const Layout &target, RoleAttr role) {
    for (size_t dim = 0; dim < layout.getRank(); ++dim)
      if (AxesAttr missing = *getMissing(dim, target.getDim(dim)); !missing.empty())
        apply<AllSliceOp>(role, dim, missing);
  }

  OpBuilder &builder;
  Value value;
  Layout layout;
};
} // namespace

/// Takes `value` to `target`, a type of the same mesh; a sum that `target` has pending, too, stays
/// so.
Value Resharder::reshard(Value value, RankedTensorType type, RoleAttr producer, RoleAttr consumer) {
  MeshOp mesh = getMesh(getDist(type).getMesh());
  Layout target(mesh, getDist(type));
  Walk walk(builder, mesh, value);
  if (walk.layout.isPartial() && !target.isPartial())
    walk.reduce(target, producer);
  walk.exchange(target, consumer);
  walk.gather(target, consumer);
  walk.slice(target, consumer);
  return walk.value;
}

//===----------------------------------------------------------------------===//
// Between meshes
//===----------------------------------------------------------------------===//

/// Dim of a value to shard over `shards` more devices in flight: the last that divides evenly,
/// else the largest that has an element for each, else none.
FailureOr<std::optional<size_t>> Resharder::chooseFlightDim(RankedTensorType type, int64_t shards) {
  FailureOr<Type> bound = binder.bind(type, [&]() { return emitError(module->getLoc()); });
  if (failed(bound))
    return failure();
  ArrayRef<int64_t> local = cast<RankedTensorType>(*bound).getShape();
  for (size_t dim = local.size(); dim-- > 0;)
    if (local[dim] >= shards && local[dim] % shards == 0)
      return std::optional<size_t>(dim);
  // Shards that are split again must have full parts: uneven ones are split once.
  std::optional<size_t> largest;
  for (auto [dim, axes] : llvm::enumerate(getDist(type).getDims()))
    if (axes.empty() && local[dim] >= shards && (!largest || local[dim] > local[*largest]))
      largest = dim;
  return largest;
}

/// The type that a message to `target` brings: sharded over the axes that `target` leaves unused,
/// too.
FailureOr<RankedTensorType> Resharder::getFlightType(LogicalValue &value, RankedTensorType target) {
  MeshOp mesh = getMesh(getDist(target).getMesh());
  Layout layout(mesh, getDist(target));
  SmallVector<AxesAttr> preferred(layout.getRank(), AxesAttr::get(mesh.getContext(), {}));
  if (value.travels) {
    FailureOr<SmallVector<AxesAttr>> travels =
        readDims(value.forms.front().getDefiningOp(), mesh, *value.travels, layout.getRank());
    if (failed(travels))
      return failure();
    preferred = *travels;
  }
  for (Attribute name : mesh.getAxisNames()) {
    AxesAttr axis = getWholeAxis(mesh, cast<StringAttr>(name).getValue());
    bool used =
        llvm::any_of(layout.getDims(), [&](AxesAttr other) { return overlaps(mesh, other, axis); });
    if (axis.empty() || used)
      continue;
    std::optional<size_t> dim;
    for (auto [i, axes] : llvm::enumerate(preferred))
      if (axes == axis && layout.isNested(i, layout.getDim(i), axis))
        dim = i;
    if (!dim) {
      FailureOr<std::optional<size_t>> chosen =
          chooseFlightDim(layout.getType(target.getElementType()), getNumShards(mesh, axis));
      if (failed(chosen))
        return failure();
      dim = *chosen;
    }
    if (dim)
      layout.setDim(*dim, concatAxes(mesh, layout.getDim(*dim), axis));
  }
  return layout.getType(target.getElementType());
}

/// What is sent stands right behind the op that made it, and not where it is asked for: the sender
/// may have more to do until then, and a message would wait for it.
static void insertBehind(OpBuilder &builder, Value value) {
  builder.setInsertionPointAfterValue(value);
  Block *block = builder.getInsertionBlock();
  Block::iterator point = builder.getInsertionPoint();
  while (point != block->end() && isa<CommunicationOpInterface>(*point))
    ++point;
  builder.setInsertionPoint(block, point);
}

FailureOr<Value> Resharder::transfer(LogicalValue &value, RankedTensorType target) {
  // A sum is completed where it is pending; scattered, so that each sender has a part.
  Value source = findOn(value, getDist(value.forms.front().getType()).getMesh());
  auto sourceType = cast<RankedTensorType>(source.getType());
  OpBuilder::InsertPoint consumerPoint = builder.saveInsertionPoint();
  insertBehind(builder, source);
  if (DistAttr dist = getDist(sourceType); dist.isPartial()) {
    MeshOp mesh = getMesh(dist.getMesh());
    Layout complete(mesh, dist);
    FailureOr<std::optional<size_t>> dim =
        chooseFlightDim(sourceType, getNumShards(mesh, dist.getPartial()));
    if (failed(dim))
      return failure();
    if (*dim)
      complete.setDim(**dim, concatAxes(mesh, complete.getDim(**dim), dist.getPartial()));
    complete.setPartial(AxesAttr::get(mesh.getContext(), {}));
    source = reshard(source, complete.getType(sourceType.getElementType()), value.producer,
                     value.producer);
    value.forms.push_back(source);
  }
  FailureOr<RankedTensorType> flight = getFlightType(value, target);
  if (failed(flight))
    return failure();
  auto send = SendOp::create(builder, source.getLoc(),
                             MessageType::get(builder.getContext(), *flight), source);
  setRole(send, value.producer);
  builder.restoreInsertionPoint(consumerPoint);
  auto recv = RecvOp::create(builder, source.getLoc(), send.getMessage());
  setRole(recv, value.producer);
  value.forms.push_back(recv);
  return recv.getResult();
}

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

/// A parameter or positions op, made on the target's mesh.
Value Resharder::makeSource(LogicalValue &value, RankedTensorType target) {
  Operation *op = value.source;
  if (value.forms.empty())
    op->moveBefore(builder.getInsertionBlock(), builder.getInsertionPoint());
  else
    op = builder.clone(*value.source);
  OpResult made = op->getOpResult(0);
  made.setType(target);
  value.forms.push_back(made);
  return made;
}

/// A part of an argument, sliced from it on its mesh, or from one with the part's sharding.
FailureOr<Value> Resharder::makePart(LogicalValue &value, RankedTensorType target,
                                     RoleAttr consumer) {
  SliceOp part = value.part;
  LogicalValue &whole = getValue(part.getOperand());
  RankedTensorType lies = target;
  if (!whole.forms.empty()) {
    FlatSymbolRefAttr home = getDist(whole.forms.front().getType()).getMesh();
    lies = cast<RankedTensorType>(findOn(whole, home).getType());
  }
  DistAttr dist = getDist(lies);
  MeshOp mesh = getMesh(dist.getMesh());
  SmallVector<AxesAttr> dims(dist.getDims());
  dims[part.getDim()] = AxesAttr::get(builder.getContext(), {});
  auto getType = [&](Value logical) {
    auto type = cast<RankedTensorType>(logical.getType());
    return Layout(mesh, getGlobalShape(type), dims).getType(type.getElementType());
  };
  FailureOr<Value> argument = getAs(part.getOperand(), getType(part.getOperand()), consumer);
  if (failed(argument))
    return failure();
  auto slice = SliceOp::create(builder, part.getLoc(), getType(part.getResult()), *argument,
                               part.getDim(), part.getOffset());
  value.forms.push_back(slice);
  return slice.getResult();
}

/// A form on `mesh` to start from: a complete one if there is one.
Value Resharder::findOn(const LogicalValue &value, FlatSymbolRefAttr mesh) const {
  Value found;
  for (Value form : value.forms) {
    DistAttr dist = getDist(form.getType());
    if (dist.getMesh() == mesh && (!found || getDist(found.getType()).isPartial()))
      found = form;
  }
  return found;
}

FailureOr<Value> Resharder::getAs(Value logical, RankedTensorType target, RoleAttr consumer) {
  LogicalValue &value = getValue(logical);
  for (Value form : value.forms)
    if (form.getType() == target)
      return form;
  if (value.source)
    return makeSource(value, target);
  if (value.argument && value.forms.empty()) {
    value.argument.setType(target);
    value.forms.push_back(value.argument);
    return Value(value.argument);
  }
  if (value.part && value.forms.empty() && failed(makePart(value, target, consumer)))
    return failure();
  Value start = findOn(value, getDist(target).getMesh());
  if (!start) {
    FailureOr<Value> arrived = transfer(value, target);
    if (failed(arrived))
      return failure();
    start = *arrived;
  }
  Value result = reshard(start, target, value.producer, consumer);
  if (result != start)
    value.forms.push_back(result);
  return result;
}

FailureOr<Value> Resharder::getWhole(Value logical) {
  LogicalValue &value = getValue(logical);
  auto type = cast<RankedTensorType>(value.forms.front().getType());
  DistAttr dist = getDist(type);
  if (!dist.isPartial())
    return value.forms.front();
  Layout complete(getMesh(dist.getMesh()), getGlobalShape(dist), dist.getDims());
  return getAs(logical, complete.getType(type.getElementType()), value.producer);
}

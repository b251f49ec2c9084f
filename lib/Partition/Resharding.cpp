//===- Resharding.cpp - Lays values anew -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inside a mesh: a pending sum is completed first, scattered if the user wants a shard of it; then
// cuts that move from one dim to another (all_to_all), cuts that go (all_gather), and cuts that
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

/// True if the shards of `size` elements over `outer` are whole numbers of those over both.
static bool isNested(MeshOp mesh, int64_t size, AxesAttr outer, AxesAttr inner) {
  if (outer.empty() || ShapedType::isDynamic(size))
    return true;
  int64_t shards = getNumShards(mesh, outer), parts = getNumShards(mesh, inner);
  return getShardSize(size, shards) == parts * getShardSize(size, shards * parts);
}

void Resharder::addValue(Value logical, Value placed, RoleAttr producer,
                         const std::vector<std::string> *travels) {
  LogicalValue &value = values[logical];
  value.forms.push_back(placed);
  value.producer = producer;
  value.travels = travels;
}

RankedTensorType Resharder::getType(Value logical) const {
  auto it = values.find(logical);
  if (it == values.end() || it->second.forms.empty() || it->second.source)
    return {};
  FlatSymbolRefAttr mesh = getDist(it->second.forms.front().getType()).getMesh();
  return cast<RankedTensorType>(findOn(it->second, mesh).getType());
}

//===----------------------------------------------------------------------===//
// Inside a mesh
//===----------------------------------------------------------------------===//

namespace {
/// A value on its way to another distribution of its mesh.
struct Walk {
  OpBuilder &builder;
  MeshOp mesh;
  Value value;
  SmallVector<AxesAttr> dims;
  AxesAttr partial;

  RankedTensorType getType() {
    auto type = cast<RankedTensorType>(value.getType());
    return getPlacedType(mesh, getGlobalShape(type), type.getElementType(), dims, partial);
  }
  Location getLoc() { return value.getLoc(); }

  /// Completes a pending sum, into a shard where `target` continues a dim's cut with its axes.
  void reduce(ArrayRef<AxesAttr> target, RoleAttr role) {
    AxesAttr axes = partial;
    partial = AxesAttr::get(mesh.getContext(), {});
    for (auto [dim, wanted] : llvm::enumerate(target)) {
      std::optional<AxesAttr> rest = removeHead(mesh, wanted, dims[dim]);
      if (!rest || rest->empty() || !removeHead(mesh, *rest, axes) ||
          !isNested(mesh, getSize(dim), dims[dim], axes))
        continue;
      dims[dim] = concatAxes(mesh, dims[dim], axes);
      auto op = ReduceScatterOp::create(builder, getLoc(), getType(), value, dim, axes);
      setRole(op, role);
      value = op;
      return;
    }
    auto op = AllReduceOp::create(builder, getLoc(), getType(), value, axes);
    setRole(op, role);
    value = op;
  }

  int64_t getSize(size_t dim) { return getGlobalShape(getType())[dim]; }

  /// What must leave dim `dim` so that the rest begins the wanted cut: all of it if shards are not
  /// made of whole parts.
  AxesAttr getSurplus(size_t dim, AxesAttr wanted) {
    std::optional<AxesAttr> missing = removeHead(mesh, wanted, dims[dim]);
    if (missing && (missing->empty() || isNested(mesh, getSize(dim), dims[dim], *missing)))
      return AxesAttr::get(mesh.getContext(), {});
    std::optional<AxesAttr> surplus = removeHead(mesh, dims[dim], wanted);
    return surplus && isNested(mesh, getSize(dim), wanted, *surplus) ? *surplus : dims[dim];
  }

  /// Moves a cut that one dim has too much straight to a dim that lacks exactly it.
  void exchange(ArrayRef<AxesAttr> target, RoleAttr role) {
    for (size_t from = 0; from < dims.size(); ++from) {
      AxesAttr surplus = getSurplus(from, target[from]);
      if (surplus.empty())
        continue;
      for (size_t to = 0; to < dims.size(); ++to) {
        std::optional<AxesAttr> missing = removeHead(mesh, target[to], dims[to]);
        if (to == from || !missing || *missing != surplus ||
            !isNested(mesh, getSize(to), dims[to], surplus))
          continue;
        dims[from] = *removeTail(mesh, dims[from], surplus);
        dims[to] = target[to];
        auto op = AllToAllOp::create(builder, getLoc(), getType(), value, from, to, surplus);
        setRole(op, role);
        value = op;
        break;
      }
    }
  }

  void gather(ArrayRef<AxesAttr> target, RoleAttr role) {
    for (size_t dim = 0; dim < dims.size(); ++dim) {
      AxesAttr surplus = getSurplus(dim, target[dim]);
      if (surplus.empty())
        continue;
      dims[dim] = *removeTail(mesh, dims[dim], surplus);
      auto op = AllGatherOp::create(builder, getLoc(), getType(), value, dim, surplus);
      setRole(op, role);
      value = op;
    }
  }

  void slice(ArrayRef<AxesAttr> target, RoleAttr role) {
    for (size_t dim = 0; dim < dims.size(); ++dim) {
      AxesAttr missing = *removeHead(mesh, target[dim], dims[dim]);
      if (missing.empty())
        continue;
      dims[dim] = target[dim];
      auto op = AllSliceOp::create(builder, getLoc(), getType(), value, dim, missing);
      setRole(op, role);
      value = op;
    }
  }
};
} // namespace

/// Takes `value` to `target`, a type of the same mesh; a sum that `target` has pending, too, stays
/// so.
Value Resharder::layAnew(Value value, RankedTensorType target, RoleAttr producer,
                         RoleAttr consumer) {
  DistAttr from = getDist(value.getType()), to = getDist(target);
  Walk walk{builder, getMesh(from.getMesh()), value, SmallVector<AxesAttr>(from.getDims()),
            from.getPartial()};
  if (from.isPartial() && !to.isPartial())
    walk.reduce(to.getDims(), producer);
  walk.exchange(to.getDims(), consumer);
  walk.gather(to.getDims(), consumer);
  walk.slice(to.getDims(), consumer);
  return walk.value;
}

//===----------------------------------------------------------------------===//
// Between meshes
//===----------------------------------------------------------------------===//

/// Dim of a value to cut over `shards` more devices in flight: the last that divides evenly,
/// else the largest that has an element for each, else none.
FailureOr<std::optional<size_t>> Resharder::chooseFlightDim(RankedTensorType type, int64_t shards) {
  FailureOr<Type> bound = binder.bind(type, [&]() { return emitError(module->getLoc()); });
  if (failed(bound))
    return failure();
  ArrayRef<int64_t> local = cast<RankedTensorType>(*bound).getShape();
  for (size_t dim = local.size(); dim-- > 0;)
    if (local[dim] >= shards && local[dim] % shards == 0)
      return std::optional<size_t>(dim);
  // Shards that are cut again must have whole parts: uneven ones are cut once.
  std::optional<size_t> largest;
  for (auto [dim, axes] : llvm::enumerate(getDist(type).getDims()))
    if (axes.empty() && local[dim] >= shards && (!largest || local[dim] > local[*largest]))
      largest = dim;
  return largest;
}

/// The type that a message to `target` brings: cut over the axes that `target` leaves unused, too.
FailureOr<RankedTensorType> Resharder::getFlightType(LogicalValue &value, RankedTensorType target) {
  DistAttr dist = getDist(target);
  MeshOp mesh = getMesh(dist.getMesh());
  SmallVector<AxesAttr> dims(dist.getDims());
  SmallVector<AxesAttr> preferred(dims.size(), AxesAttr::get(mesh.getContext(), {}));
  if (value.travels) {
    FailureOr<SmallVector<AxesAttr>> travels =
        readDims(value.forms.front().getDefiningOp(), mesh, *value.travels, dims.size());
    if (failed(travels))
      return failure();
    preferred = *travels;
  }
  for (Attribute name : mesh.getAxisNames()) {
    AxesAttr axis = getWholeAxis(mesh, cast<StringAttr>(name).getValue());
    bool used = llvm::any_of(dims, [&](AxesAttr other) { return overlaps(mesh, other, axis); });
    if (axis.empty() || used)
      continue;
    RankedTensorType type =
        getPlacedType(mesh, getGlobalShape(dist), target.getElementType(), dims);
    std::optional<size_t> dim;
    for (auto [i, axes] : llvm::enumerate(preferred))
      if (axes == axis && isNested(mesh, getGlobalShape(dist)[i], dims[i], axis))
        dim = i;
    if (!dim) {
      FailureOr<std::optional<size_t>> chosen = chooseFlightDim(type, getNumShards(mesh, axis));
      if (failed(chosen))
        return failure();
      dim = *chosen;
    }
    if (dim)
      dims[*dim] = concatAxes(mesh, dims[*dim], axis);
  }
  return getPlacedType(mesh, getGlobalShape(dist), target.getElementType(), dims);
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
    SmallVector<AxesAttr> dims(dist.getDims());
    int64_t shards = getNumShards(mesh, dist.getPartial());
    FailureOr<std::optional<size_t>> dim = chooseFlightDim(sourceType, shards);
    if (failed(dim))
      return failure();
    if (*dim)
      dims[**dim] = concatAxes(mesh, dims[**dim], dist.getPartial());
    RankedTensorType complete =
        getPlacedType(mesh, getGlobalShape(dist), sourceType.getElementType(), dims);
    source = layAnew(source, complete, value.producer, value.producer);
    value.forms.push_back(source);
  }
  FailureOr<RankedTensorType> flight = getFlightType(value, target);
  if (failed(flight))
    return failure();
  auto send = SendOp::create(builder, source.getLoc(),
                             MessageType::get(builder.getContext(), *flight), source);
  setRole(send, value.producer);
  builder.restoreInsertionPoint(consumerPoint);
  auto recv = RecvOp::create(builder, source.getLoc(), *flight, send.getMessage());
  setRole(recv, value.producer);
  value.forms.push_back(recv);
  return recv.getResult();
}

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

/// A parameter or positions op, made on the target's mesh.
Value Resharder::makeSource(LogicalValue &value, RankedTensorType target) {
  Operation *clone = builder.clone(*value.source);
  clone->getResult(0).setType(target);
  value.forms.push_back(clone->getResult(0));
  return clone->getResult(0);
}

/// A part of an argument, cut from it where it lies, or from one that lies as the part shall.
FailureOr<Value> Resharder::makePart(LogicalValue &value, RankedTensorType target,
                                     RoleAttr consumer) {
  SliceOp part = value.part;
  LogicalValue &whole = values[part.getOperand()];
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
    return getPlacedType(mesh, getGlobalShape(type), type.getElementType(), dims);
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
  LogicalValue &value = values[logical];
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
  Value result = layAnew(start, target, value.producer, consumer);
  if (result != start)
    value.forms.push_back(result);
  return result;
}

FailureOr<Value> Resharder::getWhole(Value logical) {
  LogicalValue &value = values[logical];
  auto type = cast<RankedTensorType>(value.forms.front().getType());
  DistAttr dist = getDist(type);
  if (!dist.isPartial())
    return value.forms.front();
  RankedTensorType complete = getPlacedType(getMesh(dist.getMesh()), getGlobalShape(dist),
                                            type.getElementType(), dist.getDims());
  return getAs(logical, complete, value.producer);
}

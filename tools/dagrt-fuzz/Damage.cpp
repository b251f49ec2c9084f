//===- Damage.cpp - Damaged attributes and types -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `change` says how a value of one C++ type is damaged; the generated code finds the values. An
// overload that is missing leaves a parameter without damage, which a test notices.
//
//===----------------------------------------------------------------------===//

#include "Damage.h"

#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;
using namespace dagrt;

#include "Fields.inc"

ArrayRef<OpField> dagrt::getOpFields() { return kOpFields; }
ArrayRef<const char *> dagrt::getParameterFields() { return kParameterFields; }

//===----------------------------------------------------------------------===//
// Single values
//===----------------------------------------------------------------------===//

template <typename T>
using Changes = std::vector<Damaged<T>>;

static Changes<int64_t> change(const Damager &, int64_t value) {
  Changes<int64_t> changes = {{value + 1, {}}, {value - 1, {}}};
  if (value > 1)
    changes.push_back({0, {}});
  return changes;
}

static Changes<uint64_t> change(const Damager &, uint64_t value) {
  return {{value + 1, {}}, {value ^ (uint64_t(1) << 63), {}}};
}

static Changes<double> change(const Damager &, double value) {
  return {{value * 1.5 + 0.25, {}}, {-value - 0.25, {}}};
}

static Changes<bool> change(const Damager &, bool value) { return {{!value, {}}}; }

/// Another name of the same kind, and one that nothing has.
static Changes<std::string> change(const Damager &damager, StringRef value) {
  Changes<std::string> changes = {{(value + "x").str(), {}}};
  constexpr unsigned kMost = 3;
  for (ArrayRef<std::string> group : damager.names) {
    const std::string *own = llvm::find(group, value);
    if (own == group.end())
      continue;
    for (unsigned i = 1; i < group.size() && i <= kMost; ++i)
      changes.push_back({group[(own - group.begin() + i) % group.size()], {}});
  }
  return changes;
}

static Changes<FlatSymbolRefAttr> change(const Damager &damager, FlatSymbolRefAttr value) {
  Changes<FlatSymbolRefAttr> changes;
  for (auto &damaged : change(damager, value.getValue()))
    changes.push_back({FlatSymbolRefAttr::get(value.getContext(), damaged.value), {}});
  return changes;
}

template <typename EnumT>
static std::enable_if_t<std::is_enum_v<EnumT>, Changes<EnumT>> change(const Damager &,
                                                                      EnumT value) {
  auto number = static_cast<int64_t>(value);
  return {{static_cast<EnumT>(number == 0 ? 1 : number - 1), {}}};
}

/// An attribute of the dialect, in each of its parameters.
template <typename AttrT>
static std::enable_if_t<std::is_base_of_v<Attribute, AttrT>, Changes<AttrT>>
change(const Damager &damager, AttrT value) {
  Changes<AttrT> changes;
  for (auto &damaged : damager.damage(Attribute(value)))
    changes.push_back({dyn_cast_or_null<AttrT>(damaged.value), damaged.fields});
  return changes;
}

static Changes<RankedTensorType> change(const Damager &damager, RankedTensorType value) {
  Changes<RankedTensorType> changes;
  for (auto &damaged : damager.damage(Type(value)))
    changes.push_back({dyn_cast_or_null<RankedTensorType>(damaged.value), damaged.fields});
  return changes;
}

/// Lists: an element damaged, left out, or exchanged with the next.
template <typename T>
static Changes<SmallVector<T>> change(const Damager &damager, ArrayRef<T> value) {
  Changes<SmallVector<T>> changes;
  SmallVector<T> list(value);
  for (size_t i = 0; i < list.size(); ++i) {
    for (auto &damaged : change(damager, value[i])) {
      if constexpr (std::is_base_of_v<Attribute, T>)
        if (!damaged.value)
          continue;
      SmallVector<T> other = list;
      other[i] = damaged.value;
      changes.push_back({other, damaged.fields});
    }
    SmallVector<T> shorter = list;
    shorter.erase(shorter.begin() + i);
    changes.push_back({shorter, {}});
    if (i + 1 < list.size() && list[i] != list[i + 1]) {
      SmallVector<T> swapped = list;
      std::swap(swapped[i], swapped[i + 1]);
      changes.push_back({swapped, {}});
    }
  }
  // Axes that shard nothing may also shard a dim.
  if constexpr (std::is_same_v<T, AxisRefAttr>)
    for (AxisRefAttr axis : damager.axes)
      if (!llvm::is_contained(list, axis)) {
        SmallVector<T> longer = list;
        longer.push_back(axis);
        changes.push_back({longer, {}});
      }
  return changes;
}

static bool isRefused(...) { return false; }
static bool isRefused(Attribute value) { return !value; }
static bool isRefused(Type value) { return !value; }

namespace {
/// What the generated code calls with each parameter.
template <typename BaseT>
struct Collector {
  const Damager &damager;
  Changes<BaseT> changes;

  template <typename T, typename RebuildT>
  void visit(StringRef field, const T &value, RebuildT rebuild) {
    for (auto &damaged : change(damager, value)) {
      SmallVector<StringRef, 3> fields = damaged.fields;
      fields.push_back(field);
      BaseT whole = isRefused(damaged.value) ? BaseT() : rebuild(damaged.value);
      changes.push_back({whole, fields});
    }
  }
};
} // namespace

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

Damager::Damager(ModuleOp program) : program(program) {
  names.resize(3);
  auto add = [](SmallVector<std::string> &group, StringRef name) {
    if (!llvm::is_contained(group, name))
      group.push_back(name.str());
  };
  for (auto mesh : program.getOps<MeshOp>()) {
    add(names[0], mesh.getSymName());
    for (auto axis : mesh.getAxisNames().getAsRange<StringAttr>()) {
      add(names[1], axis);
      axes.push_back(AxisRefAttr::get(program.getContext(), axis.getValue(), 0, 0, 0));
    }
  }
  program.walk([&](ParameterOp op) { add(names[2], op.getName()); });
}

/// A size that is a number; the programs have no others.
static Changes<Attribute> damageSize(const Damager &damager, SizeAttr size) {
  Changes<Attribute> changes;
  if (size.isConstant())
    for (auto &damaged : change(damager, size.getValue()))
      changes.push_back(
          {SizeAttr::getConstant(size.getContext(), damaged.value), {"#dagrt.size.value"}});
  return changes;
}

std::vector<Damaged<Attribute>> Damager::damage(Attribute attribute) const {
  // An optional parameter that is absent.
  if (!attribute)
    return {};
  if (auto size = dyn_cast<SizeAttr>(attribute))
    return damageSize(*this, size);
  MLIRContext *context = attribute.getContext();
  Collector<Attribute> collector{*this, {}};
  auto rebuild = [&](const auto &value, auto make) {
    for (auto &damaged : change(*this, value))
      collector.changes.push_back({make(damaged.value), damaged.fields});
  };
  if (auto integer = dyn_cast<IntegerAttr>(attribute))
    rebuild(integer.getInt(), [&](int64_t v) { return IntegerAttr::get(integer.getType(), v); });
  else if (auto real = dyn_cast<FloatAttr>(attribute))
    rebuild(real.getValueAsDouble(), [&](double v) { return FloatAttr::get(real.getType(), v); });
  else if (auto string = dyn_cast<StringAttr>(attribute))
    rebuild(string.getValue(), [&](StringRef v) { return StringAttr::get(context, v); });
  else if (auto numbers = dyn_cast<DenseI64ArrayAttr>(attribute))
    rebuild(numbers.asArrayRef(), [&](auto v) { return DenseI64ArrayAttr::get(context, v); });
  else if (auto reals = dyn_cast<DenseF64ArrayAttr>(attribute))
    rebuild(reals.asArrayRef(), [&](auto v) { return DenseF64ArrayAttr::get(context, v); });
  else if (auto list = dyn_cast<ArrayAttr>(attribute))
    rebuild(list.getValue(), [&](auto v) { return ArrayAttr::get(context, v); });
  else
    visitParameters(collector, attribute, [&] { return emitError(UnknownLoc::get(context)); });
  return std::move(collector.changes);
}

std::vector<Attribute> Damager::getAbsent(StringRef storage) const {
  MLIRContext *context = program->getContext();
  Builder builder(context);
  if (storage == "UnitAttr")
    return {builder.getUnitAttr()};
  if (storage == "IntegerAttr")
    return {builder.getI64IntegerAttr(1), builder.getI64IntegerAttr(2)};
  if (storage == "TokenOrderAttr")
    return {TokenOrderAttr::getZigzag(context, 2)};
  if (storage == "ViewAttr")
    return {ViewAttr::get(context, {16, 16}, 0, {1, 4})};
  return {};
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// True if a local shape can be computed.
static bool isOnMesh(MeshOp mesh, ArrayRef<AxesAttr> dims) {
  return llvm::all_of(dims, [&](AxesAttr axes) {
    return llvm::all_of(axes, [&](AxisRefAttr axis) {
      int64_t size = mesh.getAxisSize(axis.getName());
      return size > 0 && (axis.isWhole() || size % (axis.getPreSize() * axis.getSize()) == 0);
    });
  });
}

std::vector<Damaged<Type>> Damager::damage(Type type) const {
  Collector<Type> collector{*this, {}};
  visitParameters(collector, type, [&] { return emitError(UnknownLoc::get(type.getContext())); });
  DistAttr dist = getDist(type);
  if (!dist)
    return std::move(collector.changes);
  auto tensor = cast<RankedTensorType>(type);
  for (auto &damaged : damage(Attribute(dist))) {
    auto other = cast_or_null<DistAttr>(damaged.value);
    if (!other || other.getOf().size() != tensor.getShape().size()) {
      collector.changes.push_back({Type(), damaged.fields});
      continue;
    }
    Type kept = RankedTensorType::get(tensor.getShape(), tensor.getElementType(), other);
    collector.changes.push_back({kept, damaged.fields});
    auto mesh = dyn_cast_or_null<MeshOp>(SymbolTable::lookupSymbolIn(program, other.getMesh()));
    if (!mesh || !isOnMesh(mesh, other.getDims()))
      continue;
    Type follows = Layout(mesh, other).getType(tensor.getElementType());
    if (follows != kept)
      collector.changes.push_back({follows, damaged.fields});
  }
  return std::move(collector.changes);
}

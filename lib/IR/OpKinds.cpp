//===- OpKinds.cpp - Ops that do the same, on equal kinds of meshes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// In the types of an op, each mesh is replaced by its number among the meshes of the op. How the
// devices of these meshes lie is described once for each list of meshes that ops name.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/OpKinds.h"

#include "dagrt/IR/Distribution.h"

using namespace mlir;
using namespace dagrt;

/// The layout of an op that names no mesh, or one that is not declared.
static constexpr unsigned kNoLayout = 0;

//===----------------------------------------------------------------------===//
// Keys
//===----------------------------------------------------------------------===//

OpKinds::Key OpKinds::KeyInfo::getEmptyKey() {
  return {llvm::DenseMapInfo<Operation *>::getEmptyKey(), 0, {}, {}};
}

OpKinds::Key OpKinds::KeyInfo::getTombstoneKey() {
  return {llvm::DenseMapInfo<Operation *>::getTombstoneKey(), 0, {}, {}};
}

unsigned OpKinds::KeyInfo::getHashValue(const Key &key) {
  return static_cast<unsigned>(
      llvm::hash_combine(SamePropertiesInfo::getHashValue(key.op), key.layout,
                         llvm::hash_combine_range(key.types.begin(), key.types.end()),
                         llvm::hash_combine_range(key.integers.begin(), key.integers.end())));
}

bool OpKinds::KeyInfo::isEqual(const Key &a, const Key &b) {
  // What stands for no key has no types.
  return a.types == b.types && a.layout == b.layout && a.integers == b.integers &&
         SamePropertiesInfo::isEqual(a.op, b.op);
}

static bool holdsIntegers(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getElementType().isInteger();
}

/// The tensor that carries a value of `type`, or null.
static RankedTensorType getTensor(Type type) {
  if (auto message = dyn_cast<MessageType>(type))
    return message.getPayload();
  return dyn_cast<RankedTensorType>(type);
}

/// Calls `action` with the types of operands, then of results.
static void forEachType(Operation *op, llvm::function_ref<void(Type)> action) {
  for (Value operand : op->getOperands())
    action(operand.getType());
  for (Type type : op->getResultTypes())
    action(type);
}

/// The meshes that the types of `op` name, in order, each once.
static SmallVector<FlatSymbolRefAttr, 2> getMeshNames(Operation *op) {
  SmallVector<FlatSymbolRefAttr, 2> names;
  forEachType(op, [&](Type type) {
    RankedTensorType tensor = getTensor(type);
    DistAttr dist = tensor ? getDist(tensor) : DistAttr();
    if (dist && !llvm::is_contained(names, dist.getMesh()))
      names.push_back(dist.getMesh());
  });
  return names;
}

SmallVector<MeshOp, 2> OpKinds::getMeshes(Operation *op) {
  SmallVector<MeshOp, 2> meshes;
  for (FlatSymbolRefAttr name : getMeshNames(op))
    if (MeshOp mesh = lookupMesh(op, name, symbols))
      meshes.push_back(mesh);
  return meshes;
}

Type OpKinds::rename(Type type, ArrayRef<FlatSymbolRefAttr> names) {
  RankedTensorType tensor = getTensor(type);
  DistAttr dist = tensor ? getDist(tensor) : DistAttr();
  if (!dist)
    return type;
  auto number = static_cast<unsigned>(llvm::find(names, dist.getMesh()) - names.begin());
  Type &result = renamed[{type, number}];
  if (result)
    return result;
  MLIRContext *context = type.getContext();
  auto name = FlatSymbolRefAttr::get(context, std::to_string(number));
  auto other = DistAttr::get(context, name, dist.getDims(), dist.getOf(), dist.getSymbols(),
                             dist.getPartial());
  result = RankedTensorType::get(tensor.getShape(), tensor.getElementType(), other);
  if (isa<MessageType>(type))
    result = MessageType::get(context, cast<RankedTensorType>(result));
  return result;
}

OpKinds::Key OpKinds::makeKey(Operation *op) {
  Names names = getMeshNames(op);
  Key key{op, getLayout(op, names), {}, {}};
  // Without a layout, names are what tells meshes apart.
  auto addType = [&](Type type) {
    Type same = key.layout == kNoLayout ? type : rename(type, names);
    key.types.push_back(same.getAsOpaquePointer());
  };
  for (Value operand : op->getOperands()) {
    addType(operand.getType());
    if (!holdsIntegers(operand))
      continue;
    Operation *source = operand.getDefiningOp();
    bool isSource = source && source->getNumOperands() == 0 && source->getNumRegions() == 0;
    // Numbers are odd, and no addresses.
    uintptr_t number = isSource ? 2 * uintptr_t(getKind(source)) + 1 : 0;
    key.integers.push_back(isSource ? reinterpret_cast<const void *>(number)
                                    : operand.getAsOpaquePointer());
  }
  key.types.push_back(nullptr);
  for (Type type : op->getResultTypes())
    addType(type);
  return key;
}

unsigned OpKinds::getKind(Operation *op) {
  // What an op with regions does is not in its types.
  if (op->getNumRegions() > 0)
    return count++;
  auto [it, isNew] = kinds.try_emplace(makeKey(op), count);
  count += isNew;
  return it->second;
}

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

/// What meshes of one layout agree in: their axes, and how their devices lie to each other.
std::vector<int64_t> OpKinds::describe(ArrayRef<MeshOp> meshes) {
  int64_t unit = std::max<int64_t>(devicesPerNode, 1);
  std::map<int64_t, int64_t> nodes;
  for (MeshOp mesh : meshes)
    for (int64_t device : mesh.getDevices())
      nodes.try_emplace(device / unit);
  int64_t next = 0;
  for (auto &[node, number] : nodes)
    number = next++;
  std::vector<int64_t> description;
  for (MeshOp mesh : meshes) {
    description.push_back(static_cast<int64_t>(mesh.getAxisSizes().size()));
    for (Attribute name : mesh.getAxisNames())
      description.push_back(reinterpret_cast<intptr_t>(name.getAsOpaquePointer()));
    llvm::append_range(description, mesh.getAxisSizes());
    for (int64_t device : mesh.getDevices())
      description.push_back(nodes[device / unit] * unit + device % unit);
  }
  return description;
}

unsigned OpKinds::getLayout(Operation *op, ArrayRef<FlatSymbolRefAttr> names) {
  if (names.empty())
    return kNoLayout;
  Attribute list = names.front();
  if (names.size() > 1)
    list = ArrayAttr::get(op->getContext(), SmallVector<Attribute>(names.begin(), names.end()));
  auto [it, isNew] = layoutOf.try_emplace(list, kNoLayout);
  if (!isNew)
    return it->second;
  SmallVector<MeshOp, 2> meshes = getMeshes(op);
  if (meshes.size() == names.size() &&
      llvm::all_of(meshes, [](MeshOp mesh) { return mesh.hasShape(); }))
    it->second = layouts.try_emplace(describe(meshes), layouts.size() + 1).first->second;
  return it->second;
}

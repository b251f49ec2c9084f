//===- Placement.cpp - Where each op runs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An op's mesh is read off its types: of its result, else of its first placed operand; a transfer
// runs on two. Devices that the same meshes hold are one class, so that resources are kept for
// classes and not for devices: the cost of a schedule does not grow with the number of GPUs.
//
//===----------------------------------------------------------------------===//

#include "Placement.h"

#include "dagrt/Cost/Coverage.h"

#include "mlir/Interfaces/CallInterfaces.h"

#include "llvm/ADT/MapVector.h"

#include <map>
#include <memory>

using namespace mlir;
using namespace dagrt;

StringRef ScheduledMesh::getName() const {
  return op ? const_cast<MeshOp &>(op).getSymName() : StringRef();
}

namespace {
/// Numbers of the meshes that have been met.
struct MeshTable {
  explicit MeshTable(Timeline &timeline) : timeline(timeline) {}

  Timeline &timeline;
  llvm::DenseMap<Attribute, unsigned> indices;
  SymbolTableCollection symbols;

  /// The number of the mesh that `type` lies on; kNone if it is not placed. Fails if the mesh is
  /// not declared.
  FailureOr<unsigned> find(Operation *op, Type type) {
    DistAttr dist = getDist(type);
    if (!dist)
      return kNone;
    auto [it, isNew] = indices.try_emplace(dist.getMesh(), timeline.meshes.size());
    if (!isNew)
      return it->second;
    MeshOp mesh = lookupMesh(op, dist.getMesh(), symbols);
    if (!mesh)
      return op->emitOpError() << "expects a declared mesh, got '" << dist.getMesh() << "'";
    ScheduledMesh entry;
    entry.op = mesh;
    entry.devices.assign(mesh.getDevices().begin(), mesh.getDevices().end());
    timeline.meshes.push_back(std::move(entry));
    return it->second;
  }
};
} // namespace

/// The type that says where `op` runs.
static Type getPlacingType(Operation *op) {
  for (Type type : op->getResultTypes())
    if (getDist(type))
      return type;
  for (Type type : op->getOperandTypes())
    if (getDist(type))
      return type;
  // A loop or a branch may hand its values on by what it captures.
  Type placing;
  for (Region &region : op->getRegions())
    region.walk([&](Operation *inner) {
      for (Type type : inner->getResultTypes())
        if (getDist(type))
          placing = type;
      return placing ? WalkResult::interrupt() : WalkResult::advance();
    });
  if (placing)
    return placing;
  // A message says where it arrives.
  return op->getNumResults() > 0 ? op->getResultTypes().front() : Type();
}

/// The message that `op` makes, or null.
static MessageType getMadeMessage(Operation *op) {
  for (Type type : op->getResultTypes())
    if (auto message = dyn_cast<MessageType>(type))
      return message;
  return {};
}

/// True for the arrival of a message.
static bool isArrival(Operation *op) {
  return op->getNumOperands() > 0 && isa<MessageType>(op->getOperand(0).getType());
}

namespace {
/// Says of loops, branches and calls what is in them. Programs without these are not walked.
class PartsTable {
public:
  explicit PartsTable(func::FuncOp function) : function(function) {}

  /// True if all that takes time in `op`, the op number `index` of the function, is communication.
  bool onlyCommunicates(Operation *op, unsigned index) {
    if (isa<CommunicationOpInterface>(op))
      return true;
    if (isa<WorkOpInterface>(op) || (op->getNumRegions() == 0 && !isa<CallOpInterface>(op)))
      return false;
    if (!coverage)
      coverage = std::make_unique<Coverage>(Coverage::compute(function));
    const CountedOp &counted = coverage->getOps()[index];
    return counted.counting == Counting::Parts &&
           coverage->getParts()[counted.parts].onlyCommunicates;
  }

private:
  func::FuncOp function;
  std::unique_ptr<Coverage> coverage;
};
} // namespace

/// What `op` holds. An op without a cost takes no time and blocks no resource.
static Occupancy getOccupancy(Operation *op, bool hasCost, unsigned index, PartsTable &table) {
  if (!hasCost || isArrival(op))
    return Occupancy::Nothing;
  if (getMadeMessage(op))
    return Occupancy::Transfer;
  return table.onlyCommunicates(op, index) ? Occupancy::Collective : Occupancy::Compute;
}

/// Puts the meshes in the order in which they are declared.
static void sortMeshes(Timeline &timeline) {
  if (timeline.meshes.size() < 2)
    return;
  llvm::DenseMap<Operation *, unsigned> positions;
  for (auto mesh : timeline.meshes.front().op->getParentRegion()->getOps<MeshOp>())
    positions.try_emplace(mesh, positions.size());
  auto getPosition = [&](unsigned mesh) { return positions.lookup(timeline.meshes[mesh].op); };
  SmallVector<unsigned> order = llvm::to_vector(llvm::seq<unsigned>(timeline.meshes.size()));
  llvm::stable_sort(order, [&](unsigned a, unsigned b) { return getPosition(a) < getPosition(b); });
  SmallVector<ScheduledMesh> meshes;
  SmallVector<unsigned> newIndices(order.size());
  for (unsigned mesh : order) {
    newIndices[mesh] = meshes.size();
    meshes.push_back(std::move(timeline.meshes[mesh]));
  }
  timeline.meshes = std::move(meshes);
  for (ScheduledOp &op : timeline.ops)
    for (unsigned *mesh : {&op.mesh, &op.destination})
      if (*mesh != kNone)
        *mesh = newIndices[*mesh];
}

/// Ops that lie on no mesh run on one device more: of a function without meshes, its only one.
static void placeUnplacedOps(Timeline &timeline) {
  bool isPlaced = !timeline.meshes.empty();
  auto needsDevice = [&](const ScheduledOp &op) {
    return op.mesh == kNone && (!isPlaced || op.occupancy != Occupancy::Nothing);
  };
  if (isPlaced && llvm::none_of(timeline.ops, needsDevice))
    return;
  unsigned index = timeline.meshes.size();
  timeline.meshes.emplace_back();
  if (!isPlaced)
    timeline.meshes.back().devices = {0};
  for (ScheduledOp &op : timeline.ops)
    if (needsDevice(op))
      op.mesh = index;
}

/// Divides the devices into the coarsest classes of which every mesh is a union, in the order in
/// which the meshes name them.
static void computeClasses(Timeline &timeline) {
  llvm::MapVector<int64_t, SmallVector<unsigned, 2>> meshesOfDevice;
  for (auto [index, mesh] : llvm::enumerate(timeline.meshes))
    for (int64_t device : mesh.devices)
      meshesOfDevice[device].push_back(index);
  std::map<std::vector<unsigned>, unsigned> classOfMeshes;
  auto addToClass = [&](ArrayRef<unsigned> meshes) -> DeviceClass & {
    auto [it, isNew] = classOfMeshes.try_emplace(
        std::vector<unsigned>(meshes.begin(), meshes.end()), timeline.classes.size());
    if (isNew) {
      timeline.classes.emplace_back();
      timeline.classes.back().meshes.assign(meshes.begin(), meshes.end());
      for (unsigned mesh : meshes)
        timeline.meshes[mesh].classes.push_back(it->second);
    }
    return timeline.classes[it->second];
  };
  for (auto &[device, meshes] : meshesOfDevice)
    addToClass(meshes).devices.push_back(device);
  // Ops outside any mesh of a placed function: a class without devices of the cluster.
  for (auto [index, mesh] : llvm::enumerate(timeline.meshes))
    if (mesh.devices.empty())
      addToClass(static_cast<unsigned>(index));
  for (ScheduledMesh &mesh : timeline.meshes)
    llvm::sort(mesh.classes);
}

LogicalResult dagrt::placeOps(Timeline &timeline, llvm::function_ref<bool(Operation *)> takesTime) {
  func::FuncOp function = timeline.function;
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitOpError() << "expects a body of one block to schedule, got "
                                  << function.getBody().getBlocks().size();
  MeshTable table(timeline);
  PartsTable parts(function);
  timeline.ops.reserve(llvm::range_size(function.getBody().front().without_terminator()));
  for (Operation &op : function.getBody().front().without_terminator()) {
    ScheduledOp entry;
    entry.op = &op;
    entry.occupancy = getOccupancy(&op, takesTime(&op), timeline.ops.size(), parts);
    FailureOr<unsigned> mesh = table.find(&op, getPlacingType(&op));
    FailureOr<unsigned> destination = kNone;
    if (MessageType message = getMadeMessage(&op))
      destination = table.find(&op, message.getPayload());
    if (failed(mesh) || failed(destination))
      return failure();
    entry.mesh = *mesh;
    entry.destination = *destination;
    timeline.ops.push_back(entry);
  }
  sortMeshes(timeline);
  placeUnplacedOps(timeline);
  computeClasses(timeline);
  return success();
}

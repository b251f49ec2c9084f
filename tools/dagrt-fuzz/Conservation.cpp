//===- Conservation.cpp - Conservation checks -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Models are small here, so every element is counted.
//
//===----------------------------------------------------------------------===//

#include "Conservation.h"
#include "dagrt/IR/MatmulStep.h"
#include "dagrt/IR/Transfer.h"
#include "dagrt/Lower/Array.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <set>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Boxes
//===----------------------------------------------------------------------===//

/// Calls `visit` with the global index of each element of `box`.
static void forEachElement(ArrayRef<Range> box, function_ref<void(ArrayRef<int64_t>)> visit) {
  SmallVector<int64_t> sizes, index(box.size());
  for (Range range : box)
    sizes.push_back(range.size());
  forEachIndex(sizes, [&](ArrayRef<int64_t> local) {
    for (size_t dim = 0; dim < box.size(); ++dim)
      index[dim] = box[dim].begin + local[dim];
    visit(index);
  });
}

/// Adds 1 to each element of `box` in `counts`, an array of the global shape.
static void countBox(ArrayRef<Range> box, Array &counts) {
  forEachElement(box, [&](ArrayRef<int64_t> index) { counts.at(index) += 1; });
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// The stored elements that the ops of each name read.
static llvm::StringMap<std::set<int64_t>> getStoredElements(func::FuncOp function) {
  llvm::StringMap<std::set<int64_t>> elements;
  for (auto op : function.getOps<ParameterOp>()) {
    ArrayRef<int64_t> shape = getGlobalShape(op.getType());
    SmallVector<int64_t> strides = getStrides(shape);
    int64_t offset = 0;
    if (ViewAttr view = op.getViewAttr()) {
      offset = view.getOffset();
      strides.assign(view.getStrides().begin(), view.getStrides().end());
    }
    std::set<int64_t> &stored = elements[op.getName()];
    forEachIndex(shape, [&](ArrayRef<int64_t> index) {
      int64_t place = offset;
      for (auto [i, stride] : llvm::zip_equal(index, strides))
        place += i * stride;
      stored.insert(place);
    });
  }
  return elements;
}

static std::string findLostWeight(func::FuncOp model, func::FuncOp placed) {
  llvm::StringMap<std::set<int64_t>> expected = getStoredElements(model),
                                     got = getStoredElements(placed);
  for (auto &entry : expected)
    if (got.lookup(entry.getKey()) != entry.second)
      return llvm::formatv("expects {0} elements of '{1}' as in the model, got {2}",
                           entry.second.size(), entry.getKey(), got.lookup(entry.getKey()).size())
          .str();
  if (got.size() != expected.size())
    return llvm::formatv("expects {0} weights, got {1}", expected.size(), got.size()).str();
  for (auto op : placed.getOps<ParameterOp>()) {
    DistAttr dist = getDist(op.getType());
    Layout layout = *Layout::get(op, op.getType());
    MeshOp mesh = layout.getMesh();
    Array holders(dist.getOf());
    for (int64_t device = 0; device < mesh.getNumDevices(); ++device)
      countBox(layout.getBox(device), holders);
    int64_t shards = 1;
    for (AxesAttr axes : dist.getDims())
      shards *= getNumShards(mesh, axes);
    double replicas = static_cast<double>(mesh.getNumDevices() / shards);
    for (double number : holders.elements)
      if (number != replicas)
        return llvm::formatv("expects each element of '{0}' on {1} devices of '@{2}', got {3}",
                             op.getName(), replicas, mesh.getSymName(), number)
            .str();
  }
  return "";
}

//===----------------------------------------------------------------------===//
// FLOPs
//===----------------------------------------------------------------------===//

static Work getWork(Operation &op) {
  auto work = dyn_cast<WorkOpInterface>(op);
  return work ? work.getWork() : Work();
}

/// How many devices compute each part of an op: devices, over the different parts of operands
/// and results that they hold. All devices take turns at the blocks of a ring, so who has which
/// block in one step makes no part.
static double getReplicas(Operation &op) {
  MeshOp mesh;
  SmallVector<DistAttr> dists;
  for (Type type : llvm::concat<const Type>(op.getOperandTypes(), op.getResultTypes()))
    if (DistAttr dist = getDist(type)) {
      dists.push_back(dist);
      mesh = lookupMesh(&op, dist.getMesh());
    }
  if (!mesh)
    return 1;
  if (auto step = dyn_cast<MatmulStepOp>(op))
    if (std::optional<StepBlock> block = getStepBlock(step)) {
      unsigned holder = block->isTravelling() ? dists.size() - 1 : unsigned(block->holder);
      SmallVector<AxesAttr> dims(dists[holder].getDims());
      dims[block->holderDim] = AxesAttr::get(op.getContext(), {});
      dists[holder] = DistAttr::get(op.getContext(), dists[holder].getMesh(), dims,
                                    dists[holder].getOf(), dists[holder].getPartial());
    }
  // A sum that is continued lies as the result does.
  if (auto step = dyn_cast<MatmulStepOp>(op); step && step.getAcc())
    dists.erase(dists.begin() + 2);
  std::set<std::vector<int64_t>> parts;
  for (int64_t device = 0; device < mesh.getNumDevices(); ++device) {
    std::vector<int64_t> part;
    for (DistAttr dist : dists)
      for (AxesAttr axes : dist.getDims())
        part.push_back(getShardIndex(mesh, axes, device));
    parts.insert(part);
  }
  return static_cast<double>(mesh.getNumDevices()) / static_cast<double>(parts.size());
}

static std::string findLostFlops(func::FuncOp model, func::FuncOp placed) {
  double expected = 0, logical = 0;
  for (Operation &op : model.getBody().front())
    expected += getWork(op).logicalFlops;
  for (Operation &op : placed.getBody().front()) {
    Work work = getWork(op);
    if (work.totalFlops == 0 && work.logicalFlops == 0)
      continue;
    logical += work.logicalFlops;
    double total = work.logicalFlops * getReplicas(op);
    if (std::abs(work.totalFlops - total) > 1e-9 * total)
      return llvm::formatv("expects '{0}' to take {1} FLOPs on all devices, got {2}",
                           op.getName().getStringRef(), total, work.totalFlops)
          .str();
  }
  if (std::abs(expected - logical) > 1e-9 * expected)
    return llvm::formatv("expects the {0} FLOPs of the model, got {1}", expected, logical).str();
  return "";
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

static bool isInside(ArrayRef<Range> box, ArrayRef<Range> outer) {
  return llvm::all_of(llvm::zip_equal(box, outer), [](auto pair) {
    auto [a, b] = pair;
    return a.size() == 0 || (a.begin >= b.begin && a.end <= b.end);
  });
}

static std::string findLostMessage(func::FuncOp placed) {
  llvm::DenseSet<std::pair<Attribute, Attribute>> seen;
  for (auto op : placed.getOps<SendOp>()) {
    int64_t uses = 0, pieces = 1;
    for (Operation *user : op.getMessage().getUsers()) {
      auto recv = dyn_cast<RecvOp>(user);
      if (!recv)
        return "expects a message to be received, got a use by another op";
      pieces = recv.getPieces().value_or(1);
      ++uses;
    }
    if (uses != pieces)
      return "expects each message, or each of its pieces, to be received once";
    RankedTensorType sent = op.getOperand().getType();
    RankedTensorType payload = op.getMessage().getType().getPayload();
    if (!seen.insert({getDist(sent), getDist(payload)}).second)
      continue;
    Layout source = *Layout::get(op, sent), target = *Layout::get(op, payload);
    std::vector<Array> arrived(target.getNumDevices(), Array(target.getShape()));
    std::vector<Array> held = arrived;
    for (int64_t device = 0; device < target.getNumDevices(); ++device)
      countBox(target.getBox(device), held[device]);
    for (const TransferPiece &piece : getTransferPieces(source, target)) {
      if (!isInside(piece.box, source.getBox(piece.sender)))
        return llvm::formatv("expects device {0} to hold what it sends",
                             source.getMesh().getDevices()[piece.sender])
            .str();
      countBox(piece.box, arrived[piece.receiver]);
    }
    for (auto [device, a, b] : llvm::enumerate(arrived, held))
      if (a.elements != b.elements)
        return llvm::formatv("expects each element of device {0} to arrive once",
                             target.getMesh().getDevices()[device])
            .str();
  }
  return "";
}

std::string dagrt::findLoss(func::FuncOp model, func::FuncOp placed) {
  std::string loss = findLostWeight(model, placed);
  if (loss.empty())
    loss = findLostFlops(model, placed);
  return loss.empty() ? findLostMessage(placed) : loss;
}

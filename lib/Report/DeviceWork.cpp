//===- DeviceWork.cpp - What the devices of a mesh compute -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An op takes as long as its busiest device, so the others have time for the FLOPs of that one. Six
// devices with 8 key/value heads hold two at most: they are padded to 12, of which 4 are idle.
//
//===----------------------------------------------------------------------===//

#include "DeviceWork.h"

#include "dagrt/IR/Distribution.h"
#include "dagrt/IR/Sizes.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dagrt;

/// ` (8 over 6 devices)` for the dim of `op`, at the sizes of the report, with the largest part of
/// padding, or nothing.
static std::string describeUnevenDim(Operation *op, MeshOp mesh, const SizeBinding &binding) {
  double most = 0;
  std::string text;
  auto visit = [&](Type type) {
    FailureOr<Type> bound = bindType(type, binding, op, [&] { return op->emitError(); });
    DistAttr dist = succeeded(bound) ? getDist(*bound) : DistAttr();
    if (!dist || dist.getMesh().getAttr() != mesh.getSymNameAttr())
      return;
    for (auto [axes, size] : llvm::zip_equal(dist.getDims(), dist.getOf())) {
      int64_t shards = axes.empty() ? 1 : getNumShards(mesh, axes);
      if (shards < 2 || size < 1)
        continue;
      double empty = 1 - double(size) / (double(getShardSize(size, shards)) * double(shards));
      if (empty <= most)
        continue;
      most = empty;
      text = llvm::formatv(" ({0} over {1} devices)", size, shards);
    }
  };
  llvm::for_each(op->getOperandTypes(), visit);
  llvm::for_each(op->getResultTypes(), visit);
  return text;
}

std::vector<DeviceWork> dagrt::computeDeviceWork(const FunctionReport &function) {
  const Timeline &timeline = function.timeline;
  struct Sums {
    double places = 0, total = 0, logical = 0;
    llvm::MapVector<StringRef, std::pair<double, Operation *>> idle; ///< By role.
  };
  std::vector<Sums> sums(timeline.meshes.size());
  for (auto [op, facts] : llvm::zip_equal(timeline.ops, function.facts)) {
    if (op.mesh == kNone || facts.flops == 0)
      continue;
    Sums &mesh = sums[op.mesh];
    double places = facts.flops * double(timeline.meshes[op.mesh].devices.size());
    mesh.places += places;
    mesh.total += facts.totalFlops;
    mesh.logical += facts.logicalFlops;
    RoleAttr role = getRole(op.op);
    auto &idle = mesh.idle[role ? role.getName() : getMnemonic(op.op)];
    idle.first += places - facts.totalFlops;
    idle.second = op.op;
  }
  std::vector<DeviceWork> works(sums.size());
  for (auto [work, sum, mesh] : llvm::zip_equal(works, sums, timeline.meshes)) {
    if (sum.places <= 0 || !mesh.op)
      continue;
    work.useful = sum.logical / sum.places;
    work.repeated = (sum.total - sum.logical) / sum.places;
    work.idle = 1 - sum.total / sum.places;
    double most = 0;
    for (const auto &[name, idle] : sum.idle) {
      if (idle.first <= most)
        continue;
      most = idle.first;
      work.mostIdle = name.str() + describeUnevenDim(idle.second, mesh.op, function.binding);
    }
  }
  return works;
}

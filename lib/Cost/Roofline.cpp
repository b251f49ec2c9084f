//===- Roofline.cpp - The roofline cost model -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An op takes as long as its FLOPs at the device's peak rate or as its bytes at the memory's
// bandwidth, whichever is longer (Williams, Waterman and Patterson, 2009). A bound
// from below: no kernel is faster, but for data that is already in the cache.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Cost/CostModel.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace dagrt;

/// Matrix units run products and fused attention, vector units all else.
static bool usesMatrixUnits(const Work &work) {
  return work.kind == WorkKind::Gemm || work.kind == WorkKind::Attention;
}

namespace {
struct RooflineModel final : CostModel {
  FailureOr<Cost> getComputeCost(const Work &work, const Device &device,
                                 EmitError emitError) const override {
    double computeSeconds = 0;
    if (work.flops > 0) {
      Type type = usesMatrixUnits(work) ? getProductType(work) : work.elementType;
      std::optional<double> rate =
          usesMatrixUnits(work) ? device.getMatrixFlops(type) : device.getVectorFlops(type);
      if (!rate)
        return emitError() << describeMissingRate(device, getTypeName(type));
      computeSeconds = work.flops / *rate;
    }
    double memorySeconds = work.bytes() / device.memoryBandwidth;
    Cost cost;
    cost.picoseconds = std::max(computeSeconds, memorySeconds) * 1e12;
    if (cost.picoseconds > 0)
      cost.bound = computeSeconds > memorySeconds ? Bound::compute : Bound::memory;
    return cost;
  }
};
} // namespace

std::unique_ptr<CostModel> dagrt::createRooflineModel() {
  return std::make_unique<RooflineModel>();
}

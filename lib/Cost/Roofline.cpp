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

/// `fp32, bf16`: the element types that `device` has a rate for.
static std::string listRates(const Device &device) {
  SmallVector<StringRef> names;
  for (auto [name, rate] : {std::pair("fp64", device.fp64), std::pair("fp32", device.fp32),
                            std::pair("fp16", device.fp16), std::pair("bf16", device.bf16),
                            std::pair("fp8", device.fp8)})
    if (rate)
      names.push_back(name);
  return llvm::join(names, ", ");
}

namespace {
struct RooflineModel final : CostModel {
  FailureOr<Cost> getComputeCost(const Work &work, const Device &device,
                                 EmitError emitError) const override {
    double computeSeconds = 0;
    if (work.flops > 0) {
      std::optional<double> rate = usesMatrixUnits(work) ? device.getMatrixFlops(work.elementType)
                                                         : device.getVectorFlops(work.elementType);
      if (!rate)
        return emitError() << "expects a device with a rate for " << work.elementType << ", got '"
                           << device.name << "' with rates for " << listRates(device)
                           << "; choose another device or data type, or describe the rate";
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

//===- Roofline.cpp - The roofline cost model -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Asks the roofline of kernels (KernelRoofline.cpp) with the work of ops; communication is as for
// all models that say nothing else. A bound from below: no kernel is faster, but for data that is
// already in the cache.
//
//===----------------------------------------------------------------------===//

#include "WorkCalls.h"

#include "dagrt/Cost/CostModel.h"
#include "dagrt/Cost/KernelQuery.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace dagrt;

/// Matrix units run matmuls and fused attention, vector units all else.
static bool usesMatrixUnits(const Work &work) {
  return work.kind == WorkKind::Gemm || work.kind == WorkKind::Attention;
}

/// What the kernel of an attention moves, which knows its positions, and reads no key that no query
/// sees; never more than the op's operands and results.
static FailureOr<double> getAttentionBytes(const Work &work, const Device &device,
                                           std::string &error) {
  FailureOr<KernelQuery> query = getWorkQuery(work, device, error);
  if (failed(query))
    return failure();
  return std::min(getLeastWork(query->call, device).bytes, work.bytes());
}

namespace {
struct RooflineModel final : CostModel {
  FailureOr<Cost> getComputeCost(const Work &work, const Device &device,
                                 EmitError emitError) const override {
    Ceilings ceilings{work.flops, 1, work.bytes()};
    if (work.flops > 0) {
      Type type = usesMatrixUnits(work) ? getProductType(work) : work.elementType;
      std::optional<double> rate =
          usesMatrixUnits(work) ? device.getMatrixFlops(type) : device.getVectorFlops(type);
      if (!rate)
        return emitError() << describeMissingRate(device, getTypeName(type));
      ceilings.flopRate = *rate;
    }
    if (work.attention && work.flops > 0) {
      std::string error;
      FailureOr<double> bytes = getAttentionBytes(work, device, error);
      if (failed(bytes))
        return emitError() << error;
      ceilings.bytes = *bytes;
    }
    KernelTime time = getRooflineTime(ceilings, device);
    Cost cost;
    cost.picoseconds = time.microseconds * 1e6;
    cost.bound = time.bound;
    return cost;
  }
};
} // namespace

std::unique_ptr<CostModel> dagrt::createRooflineModel() {
  return std::make_unique<RooflineModel>();
}

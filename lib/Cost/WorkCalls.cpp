//===- WorkCalls.cpp - Ops as calls of kernels -------------------*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which kernel runs an op, with which sizes: what the cost models and who asks about one kernel
// have in common.
//
//===----------------------------------------------------------------------===//

#include "WorkCalls.h"

using namespace mlir;
using namespace dagrt;

/// A kernel that is known by the bytes that it moves only.
static FailureOr<KernelQuery> getStreamingQuery(const Work &work, const Device &device,
                                                std::string &error) {
  RowwiseCall call;
  call.op = RowwiseOp::Other;
  call.elementBytes = getElementBytes(work.elementType);
  call.bytesRead = work.bytesRead;
  call.bytesWritten = work.bytesWritten;
  call.flops = work.flops;
  call.isDouble = work.elementType.isF64();
  if (call.isDouble && call.flops > 0 && !device.fp64) {
    error = describeMissingRate(device, "fp64");
    return failure();
  }
  return KernelQuery{call, {"copy.kernel", "add.kernel", "add.events"}};
}

FailureOr<KernelQuery> dagrt::getWorkQuery(const Work &work, const Device &device,
                                           std::string &error) {
  if (work.kind == WorkKind::Gemm && work.gemm) {
    const GemmShape &gemm = *work.gemm;
    ProductTypes types = ProductTypes::get(work.lhsType, work.rhsType, work.elementType);
    return makeGemmQuery(types, gemm.batch, gemm.m, gemm.k, gemm.n, /*events=*/false, device,
                         error);
  }
  if (work.kind == WorkKind::Attention && work.attention) {
    const AttentionShape &shape = *work.attention;
    AttentionCall call;
    call.isDecode = shape.queries == 1;
    call.batch = shape.batch;
    call.queries = shape.queries;
    call.keys = shape.keys;
    call.heads = shape.heads;
    call.keyHeads = shape.keyHeads;
    call.headDim = shape.headDim;
    call.valueDim = shape.valueDim;
    call.valuesAreKeys = shape.valuesAreKeys;
    call.pairs = shape.pairs;
    call.hasOtherScores = shape.hasOtherScores;
    // Keys of another type are read as they are stored; no measurement has them.
    if (Type product = getProductType(work); work.rhsType && work.rhsType != product) {
      call.keyBytes = getElementBytes(work.rhsType);
      call.hasOtherScores = true;
    }
    return makeAttentionQuery(call, getTypeName(getProductType(work)), /*library=*/"", device,
                              error);
  }
  std::string type = getTypeName(work.elementType);
  if (work.kernel.empty() || getTypeBytes(type) == 0 || work.rows <= 0 || work.columns <= 0)
    return getStreamingQuery(work, device, error);
  return makeRowwiseQuery(work.kernel, type, static_cast<double>(work.rows),
                          static_cast<double>(work.columns), /*events=*/false, error);
}

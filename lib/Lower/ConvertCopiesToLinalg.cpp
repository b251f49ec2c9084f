//===- ConvertCopiesToLinalg.cpp - Strided copies as loops -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A `memref.copy` of strided buffers becomes a call of `memrefCopy` in MLIR's runner library. As
// linalg it is loops like everything else, and nothing has to be found at run time.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Lower/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Utils/MemRefUtils.h"
#include "mlir/IR/Remarks.h"

namespace dagrt {
#define GEN_PASS_DEF_CONVERTCOPIESTOLINALGPASS
#include "dagrt/Lower/Passes.h.inc"
} // namespace dagrt

using namespace mlir;

/// True for a buffer without gaps.
static bool isContiguous(Value buffer) {
  auto type = dyn_cast<MemRefType>(buffer.getType());
  return type && memref::isStaticShapeAndContiguousRowMajor(type);
}

namespace {
struct ConvertCopiesToLinalg final
    : dagrt::impl::ConvertCopiesToLinalgPassBase<ConvertCopiesToLinalg> {
  using ConvertCopiesToLinalgPassBase::ConvertCopiesToLinalgPassBase;

  void runOnOperation() override {
    SmallVector<memref::CopyOp> copies;
    getOperation()->walk([&](memref::CopyOp copy) {
      bool ranked = isa<MemRefType>(copy.getSource().getType()) &&
                    isa<MemRefType>(copy.getTarget().getType());
      if (ranked && !(isContiguous(copy.getSource()) && isContiguous(copy.getTarget())))
        copies.push_back(copy);
    });
    for (memref::CopyOp copy : copies) {
      OpBuilder builder(copy);
      linalg::CopyOp::create(builder, copy.getLoc(), copy.getSource(), copy.getTarget());
      copy.erase();
    }
    if (copies.empty())
      return;
    remark::passed(getOperation()->getLoc(),
                   remark::RemarkOpts::name("CopiesConverted").category("convert-copies-to-linalg"))
        << remark::add("{0} copies of buffers with gaps are linalg.copy", copies.size())
        << remark::metric("Copies", static_cast<int64_t>(copies.size()));
  }
};
} // namespace

//===- LowerInterfaces.cpp - How ops are run -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Lower/LowerInterfaces.h"
#include "Ops/Models.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectRegistry.h"

using namespace mlir;
using namespace dagrt;

#include "dagrt/Lower/LowerInterfaces.cpp.inc"

void dagrt::registerLowerModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, DagrtDialect *) {
    attachAttentionModels(*context);
    attachAttentionMergeModels(*context);
    attachCacheModels(*context);
    attachCommunicationModels(*context);
    attachElementwiseModels(*context);
    attachEmbeddingModels(*context);
    attachMatmulModels(*context);
    attachMovementModels(*context);
    attachNormModels(*context);
    attachRopeModels(*context);
    attachStructureModels(*context);
  });
  registry.addExtension(
      +[](MLIRContext *context, arith::ArithDialect *) { attachUpstreamModels(*context); });
}

//===- ExternalContraction.h - Matmuls in linalg bodies -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A contraction that other ops were fused into is still one.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_IR_EXTERNALCONTRACTION_H
#define DAGRT_LIB_IR_EXTERNALCONTRACTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>

namespace dagrt {

/// The loops of a contraction: those of both operands and the output, of one operand and the
/// output, and of both operands only.
struct FusedContraction {
  llvm::SmallVector<unsigned> batch, m, k, n;
};

/// The contraction that the body of `op` adds up: a sum over terms whose factors, each a
/// function of operands, fall into two groups that run over different dims of the output. Nothing
/// if there is none.
std::optional<FusedContraction> matchFusedContraction(mlir::linalg::LinalgOp op);

} // namespace dagrt

#endif // DAGRT_LIB_IR_EXTERNALCONTRACTION_H

//===- Padding.h - Padding that a sum would run over -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_PADDING_H
#define DAGRT_IR_PADDING_H

#include "mlir/IR/Operation.h"

namespace dagrt {

/// The dims of operand `index` that `op` contracts and that have padding on some device. What
/// stands there counts as zero: a sum runs over real elements.
llvm::SmallVector<int64_t> getContractedPadding(mlir::Operation *op, unsigned index);

} // namespace dagrt

#endif // DAGRT_IR_PADDING_H

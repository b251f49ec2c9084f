//===- Inference.h - Results that follow from operands -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_TOOLS_FUZZ_INFERENCE_H
#define DAGRT_TOOLS_FUZZ_INFERENCE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <string>

namespace dagrt {

/// An op of `function` whose results InferTypeOpInterface says to be others, where verifiers ask
/// the sharding rule: a sentence, or nothing. Element types, which matmuls choose, are not
/// compared.
std::string findOtherResults(mlir::func::FuncOp function);

} // namespace dagrt

#endif // DAGRT_TOOLS_FUZZ_INFERENCE_H

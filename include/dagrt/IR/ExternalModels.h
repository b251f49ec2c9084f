//===- ExternalModels.h - Work of upstream ops -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_EXTERNALMODELS_H
#define DAGRT_IR_EXTERNALMODELS_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace dagrt {

/// Gives ops of `linalg`, `arith`, `math`, `tensor` and `tosa` the WorkOpInterface, and the
/// elementwise ones of `arith` and `math` the ShardingRuleOpInterface, each when its dialect is
/// loaded. Loads no dialect itself.
void registerExternalModels(mlir::DialectRegistry &registry);

} // namespace dagrt

#endif // DAGRT_IR_EXTERNALMODELS_H

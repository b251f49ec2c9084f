//===- Parameters.h - Weights that are arguments -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A program that is to be compiled takes its weights as arguments. An argument's attribute says
// which weight it is, so that it can be filled when the program runs.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_PARAMETERS_H
#define DAGRT_LOWER_PARAMETERS_H

#include "dagrt/IR/Dagrt.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace dagrt {

/// Argument attribute of a parameter: a dictionary of `name`, `fan_in` and, if there is one,
/// `view`.
inline constexpr llvm::StringLiteral kParameterAttrName = "dagrt.parameter";

/// What a `dagrt.parameter` says of a weight.
struct ParameterInfo {
  llvm::StringRef name;
  int64_t fanIn = 1;
  ViewAttr view; ///< Null without one.

  static ParameterInfo get(ParameterOp op);
};

/// Appends an argument to `func` for each parameter in it. Emits an error if the body is not one
/// block. A function without a body, or without parameters, stays as it is.
llvm::LogicalResult hoistParameters(mlir::func::FuncOp func);

/// The parameter that argument `number` of `func` stands for; nothing if it is an input. Emits an
/// error if the attribute is there and does not name one.
llvm::FailureOr<std::optional<ParameterInfo>> getHoistedParameter(mlir::func::FuncOp func,
                                                                  unsigned number);

} // namespace dagrt

#endif // DAGRT_LOWER_PARAMETERS_H

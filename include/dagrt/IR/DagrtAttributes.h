//===- DagrtAttributes.h - Distributions, roles, costs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_DAGRTATTRIBUTES_H
#define DAGRT_IR_DAGRTATTRIBUTES_H

#include "mlir/IR/Attributes.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/IR/TensorEncoding.h"

#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/bit.h"

namespace dagrt {
class SizeBinding;

/// A double as a parameter of an attribute: compared and hashed by its bits.
struct Real {
  Real(double value = 0) : value(value) {}
  operator double() const { return value; }
  bool operator==(const Real &other) const {
    return llvm::bit_cast<uint64_t>(value) == llvm::bit_cast<uint64_t>(other.value);
  }
  friend llvm::hash_code hash_value(const Real &real) {
    return llvm::hash_value(llvm::bit_cast<uint64_t>(real.value));
  }
  double value;
};
} // namespace dagrt

#include "dagrt/IR/DagrtDialect.h.inc"
#include "dagrt/IR/DagrtEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dagrt/IR/DagrtAttributes.h.inc"

#endif // DAGRT_IR_DAGRTATTRIBUTES_H

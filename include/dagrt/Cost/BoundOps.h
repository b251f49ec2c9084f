//===- BoundOps.h - Ops whose sizes are numbers -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Work and communication are read off types, so a program with symbolic sizes has none before they
// are bound. Binding a copy of the program for each point of a sweep would cost more than the
// queries, so only chosen ops are copied, once, and each binding changes the types of the copies.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_BOUNDOPS_H
#define DAGRT_COST_BOUNDOPS_H

#include "dagrt/IR/Dagrt.h"
#include "dagrt/IR/Sizes.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OwningOpRef.h"

#include <vector>

namespace dagrt {

/// True if an operand, a result or an attribute of `op` has a size that is not a number.
bool dependsOnSizes(mlir::Operation *op);

/// While it lives, errors get a note that says at which sizes they arose; none if `binding` is
/// empty.
class SizeNotes : public mlir::ScopedDiagnosticHandler {
public:
  SizeNotes(mlir::Operation *op, SizeBinding binding);
};

/// Ops at a binding of their sizes. Ops without symbolic sizes stand for themselves.
class BoundOps {
public:
  /// Copies of `ops`, which belong to one program, not yet bound.
  explicit BoundOps(llvm::ArrayRef<mlir::Operation *> ops);

  /// Gives the copies the types and sizes that they have at `binding`. Errors are emitted on the op
  /// that is copied.
  mlir::LogicalResult bind(const SizeBinding &binding);

  /// What stands for op number `index`. A copy has operands of the right types, and the op that
  /// makes an operand of integers if that has no operands of its own (positions); nothing else
  /// around it.
  mlir::Operation *operator[](size_t index) const { return ops[index]; }
  /// True if an op has symbolic sizes.
  bool hasCopies() const { return body != nullptr; }

private:
  mlir::Operation *copy(mlir::Operation *op);
  void mapOperand(mlir::Value operand, mlir::IRMapping &mapping);
  void addSymbolicValue(mlir::Value value, mlir::Operation *source);

  mlir::OwningOpRef<mlir::ModuleOp> scratch;
  mlir::Block *body = nullptr;
  llvm::SmallVector<mlir::Operation *> ops;
  /// Copies of ops that make integers. Looked up only; never iterated.
  llvm::DenseMap<mlir::Operation *, mlir::Operation *> sources;
  /// Values whose type changes with the binding, their symbolic type, and the op to blame.
  struct SymbolicValue {
    mlir::Value value;
    mlir::Type type;
    mlir::Operation *source;
  };
  std::vector<SymbolicValue> symbolicValues;
  /// The same of attributes of copies.
  struct SymbolicAttr {
    mlir::Operation *op;
    mlir::StringAttr name;
    SizeAttr size;
    mlir::Operation *source;
  };
  std::vector<SymbolicAttr> symbolicAttrs;
};

} // namespace dagrt

#endif // DAGRT_COST_BOUNDOPS_H

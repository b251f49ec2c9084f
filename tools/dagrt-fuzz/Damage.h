//===- Damage.h - Damaged attributes and types -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What can be damaged is generated from the dialect's definition; how a number, a string or an
// axis is damaged is said here, once for each kind of value.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_TOOLS_FUZZ_DAMAGE_H
#define DAGRT_TOOLS_FUZZ_DAMAGE_H

#include "dagrt/IR/Layout.h"

#include "mlir/IR/BuiltinOps.h"

namespace dagrt {

/// An operand or attribute of an op, as the dialect defines it.
struct OpField {
  enum Kind { Operand, Attribute, OptionalAttribute };
  const char *op, *name;
  Kind kind;
  /// Class of an attribute.
  const char *storage;
  /// Removes an optional operand; null for others.
  void (*remove)(mlir::Operation *op);
};

/// All operands and attributes of all ops.
llvm::ArrayRef<OpField> getOpFields();

/// All parameters of attributes and types: `#dagrt.dist.partial`.
llvm::ArrayRef<const char *> getParameterFields();

/// A value that was damaged in one place. Null if the value's own verifier refuses it.
template <typename T>
struct Damaged {
  T value;
  /// The damaged parameter, and those that it is inside of.
  llvm::SmallVector<llvm::StringRef, 3> fields;
};

/// Damages values of a program; other values of the program are what it puts in their place.
class Damager {
public:
  explicit Damager(mlir::ModuleOp program);

  std::vector<Damaged<mlir::Attribute>> damage(mlir::Attribute attribute) const;

  /// A placed tensor, with the shape that it had and with the shape that follows from its damaged
  /// distribution, or a message.
  std::vector<Damaged<mlir::Type>> damage(mlir::Type type) const;

  /// What may stand in place of an absent attribute of class `storage`.
  std::vector<mlir::Attribute> getAbsent(llvm::StringRef storage) const;

  /// Names of meshes, of axes and of weights.
  llvm::SmallVector<llvm::SmallVector<std::string>> names;
  /// Axes of all meshes.
  llvm::SmallVector<AxisRefAttr> axes;

private:
  mlir::Operation *program;
};

} // namespace dagrt

#endif // DAGRT_TOOLS_FUZZ_DAMAGE_H

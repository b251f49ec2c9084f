//===- LowerInterfaces.h - How ops are run -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Op interfaces for the evaluator and for ranks (LowerInterfaces.td), and the dialect interface
// through which a dialect brings its patterns to `--convert-dagrt-to-linalg`. A compute op of
// another dialect joins with `computeLocal` and one pattern.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_LOWERINTERFACES_H
#define DAGRT_LOWER_LOWERINTERFACES_H

#include "dagrt/Lower/PlacedArray.h"

#include "mlir/IR/DialectInterface.h"
#include "mlir/IR/OpDefinition.h"

namespace mlir {
class DialectRegistry;
class RewritePatternSet;
class TypeConverter;
} // namespace mlir

namespace dagrt {

class RankExtractor; // Private to the library.

/// Patterns of a dialect for `--convert-dagrt-to-linalg`.
class ToLinalgDialectInterface : public mlir::DialectInterface::Base<ToLinalgDialectInterface> {
public:
  ToLinalgDialectInterface(mlir::Dialect *dialect) : Base(dialect) {}

  /// Adds a pattern for each op of the dialect that may be in a program. `converter` drops the
  /// layout from types: a placed tensor `[d...]` becomes `[devices, d...]`, with the shards of all
  /// devices of its mesh; a tensor that is not placed keeps its shape.
  virtual void populatePatterns(const mlir::TypeConverter &converter,
                                mlir::RewritePatternSet &patterns) const = 0;
};

/// How dagrt's ops, and those of arith that dagrt knows, are evaluated and run on ranks.
/// `registerDialects` calls it.
void registerLowerModels(mlir::DialectRegistry &registry);

} // namespace dagrt

#include "dagrt/Lower/LowerInterfaces.h.inc"

#endif // DAGRT_LOWER_LOWERINTERFACES_H

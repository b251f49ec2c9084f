//===- PlacedTypes.h - Types of one op against their mesh -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the dialect. Verifiers run on every op of a program after every pass, and the types of
// one op mostly name one mesh, in few layouts: a mesh is looked up once for an op, and a type that
// was just found right is not looked at again.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_IR_PLACEDTYPES_H
#define DAGRT_LIB_IR_PLACEDTYPES_H

#include "dagrt/IR/Dagrt.h"
#include "dagrt/IR/Distribution.h"

namespace dagrt {

/// Checks types of `op` as verifyPlacedType does.
class PlacedTypes {
public:
  PlacedTypes(mlir::Operation *op, mlir::SymbolTableCollection &symbols)
      : op(op), symbols(symbols) {}

  llvm::LogicalResult verify(mlir::Type type, const llvm::Twine &what);

  /// The mesh that `dist` names, null if there is none.
  MeshOp lookup(DistAttr dist);

private:
  MeshOp findMesh(DistAttr dist, const llvm::Twine &what);

  mlir::Operation *op;
  mlir::SymbolTableCollection &symbols;
  mlir::FlatSymbolRefAttr name; ///< Of `mesh`.
  MeshOp mesh;                  ///< The one that was looked up last.
  mlir::Type verified;          ///< The type that was found right last.
};

/// As the public function, of an attribute: the same one if it is normalized.
AxesAttr normalizeAxes(MeshOp mesh, AxesAttr axes);

} // namespace dagrt

#endif // DAGRT_LIB_IR_PLACEDTYPES_H

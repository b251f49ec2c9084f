//===- MeshFactors.h - The factors of the device dim -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The devices of a mesh are one dim of a tensor, in row-major order of the axes. Split into the
// axes, and an axis into the parts that distributions use, every collective is a change of the
// dims of its group: a sum over them, or a transposition with the dims of the local array.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_LOWER_TOLINALG_MESHFACTORS_H
#define DAGRT_LIB_LOWER_TOLINALG_MESHFACTORS_H

#include "Emitter.h"
#include "dagrt/IR/Layout.h"

namespace dagrt {

/// The factors of a mesh by a set of axes or parts of axes.
class MeshFactors {
public:
  /// Nothing if the parts of an axis do not nest, so that no one list of factors has them all.
  static std::optional<MeshFactors> get(MeshOp mesh, llvm::ArrayRef<AxesAttr> uses);

  size_t size() const { return factors.size(); }
  /// Multiplied, they are the number of devices.
  llvm::SmallVector<int64_t> getSizes() const;

  /// The factors, as dims, that `axes` consist of, most significant first.
  llvm::SmallVector<int64_t> find(AxesAttr axes) const;
  llvm::SmallVector<int64_t> find(AxisRefAttr axis) const;

private:
  struct Factor {
    llvm::StringRef axis;
    int64_t pre = 1, size = 1;
  };
  llvm::SmallVector<Factor> factors;
};

/// What a device of `mesh` holds of a dim that is sharded over `axes`: index of its shard, computed
/// from `device`, an index.
mlir::Value emitShardIndex(mlir::OpBuilder &builder, mlir::Location loc, MeshOp mesh, AxesAttr axes,
                           mlir::Value device);

/// `tensor` (devices, then local dims) with zeros in the padding of `layout`.
mlir::Value zeroPadding(Emitter &emit, mlir::Value tensor, const Layout &layout);

/// Operand `index` of `op`, converted to `tensor`, with zeros in the padding of dims that `op`
/// contracts.
mlir::Value zeroContracted(Emitter &emit, mlir::Operation *op, unsigned index, mlir::Value tensor);

/// Each device's shard of `global`, padding zero; replicas get the same. `sizes` are local.
mlir::Value distribute(Emitter &emit, mlir::Value global, const Layout &layout);

/// The global tensor, joined from the first replica of each shard.
mlir::Value gatherGlobal(Emitter &emit, mlir::Value tensor, const Layout &layout);

} // namespace dagrt

#endif // DAGRT_LIB_LOWER_TOLINALG_MESHFACTORS_H

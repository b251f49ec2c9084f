//===- OpKinds.h - Ops that do the same, on equal kinds of meshes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model repeats its layers, and a pipeline repeats its meshes: most ops do what an op before them
// does, perhaps on another mesh with the same axes. Asking each op what it computes, or what
// it costs, asks one of each kind, and is done in time linear in ops however many meshes there are.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_OPKINDS_H
#define DAGRT_IR_OPKINDS_H

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Support/EqualOps.h"

#include "mlir/IR/SymbolTable.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <map>
#include <vector>

namespace dagrt {

/// Numbers ops by kind. Ops of one kind have one name, equal properties and types that differ in
/// nothing but the names of meshes; these meshes have the same axes, and their devices lie alike.
/// Operands of integers are one value, or made by ops of one kind without operands: the work of a
/// kernel may depend on positions. An op with regions is a kind of its own. What ops carry beside
/// their properties (roles, costs) does not count.
///
/// The program must not change while this lives.
class OpKinds {
public:
  /// Devices lie alike if a renaming that keeps their order makes them equal: of all ids, or, with
  /// `devicesPerNode`, of all nodes, which ids fill in order.
  explicit OpKinds(int64_t devicesPerNode = 0) : devicesPerNode(devicesPerNode) {}

  /// The kind of `op`: a number from 0, a new one for the first op of a kind.
  unsigned getKind(mlir::Operation *op);
  /// How many kinds there are.
  unsigned size() const { return count; }

  /// The meshes that the types of `op` name, in order, each once. Those of ops of one kind
  /// correspond, device by device.
  llvm::SmallVector<MeshOp, 2> getMeshes(mlir::Operation *op);

private:
  /// What ops of one kind agree in.
  struct Key {
    mlir::Operation *op = nullptr; ///< Its name and properties count.
    unsigned layout = 0;
    /// With numbers for meshes; operands, null, results.
    llvm::SmallVector<const void *, 8> types;
    llvm::SmallVector<const void *, 2> integers;
  };
  struct KeyInfo {
    static Key getEmptyKey();
    static Key getTombstoneKey();
    static unsigned getHashValue(const Key &key);
    static bool isEqual(const Key &a, const Key &b);
  };
  using Names = llvm::SmallVector<mlir::FlatSymbolRefAttr, 2>;

  Key makeKey(mlir::Operation *op);
  unsigned getLayout(mlir::Operation *op, llvm::ArrayRef<mlir::FlatSymbolRefAttr> names);
  std::vector<int64_t> describe(llvm::ArrayRef<MeshOp> meshes);
  mlir::Type rename(mlir::Type type, llvm::ArrayRef<mlir::FlatSymbolRefAttr> names);

  int64_t devicesPerNode;
  unsigned count = 0;
  mlir::SymbolTableCollection symbols;
  // All are looked up only, and never iterated.
  llvm::DenseMap<Key, unsigned, KeyInfo> kinds;
  llvm::DenseMap<mlir::Attribute, unsigned> layoutOf;
  std::map<std::vector<int64_t>, unsigned> layouts;
  llvm::DenseMap<std::pair<mlir::Type, unsigned>, mlir::Type> renamed;
};

} // namespace dagrt

#endif // DAGRT_IR_OPKINDS_H

//===- Distribution.h - Arithmetic of distributions -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a distribution means: local shapes, arithmetic on the axes of a mesh, and whether a placed
// type is consistent. All rounding up happens here. Layout.h has the value type that a
// distribution and its mesh make.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_DISTRIBUTION_H
#define DAGRT_IR_DISTRIBUTION_H

#include "dagrt/IR/DagrtAttributes.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

namespace mlir {
class SymbolTableCollection;
} // namespace mlir

namespace dagrt {
class MeshOp;

/// Begins an error of the caller. A null function: no error is wanted.
using EmitErrorFn = llvm::function_ref<mlir::InFlightDiagnostic()>;

/// One global size: a number, or `ShapedType::kDynamic` and the expression that it is. A size that
/// is neither, `?` in a tensor of IR from elsewhere, has no expression.
struct GlobalSize {
  GlobalSize(int64_t number = 0, SizeAttr symbol = {}) : number(number), symbol(symbol) {}
  operator int64_t() const { return number; }
  int64_t number;
  SizeAttr symbol; ///< Null if the size is a number, or unknown.
};

/// A global shape. Refers to its arrays, as ArrayRef does; those of a type live as long as its
/// context.
class GlobalShape {
public:
  GlobalShape(llvm::ArrayRef<int64_t> numbers, llvm::ArrayRef<SizeAttr> symbols = {})
      : numbers(numbers), symbols(symbols) {}
  GlobalShape(const llvm::SmallVectorImpl<int64_t> &numbers) : numbers(numbers) {}
  GlobalShape(std::initializer_list<int64_t> numbers) : numbers(numbers) {}

  operator llvm::ArrayRef<int64_t>() const { return numbers; }
  /// The sizes, `ShapedType::kDynamic` where they are not numbers.
  llvm::ArrayRef<int64_t> getNumbers() const { return numbers; }
  /// The expressions of all sizes; empty if all are numbers, or unknown. Those of numbers may be
  /// null.
  llvm::ArrayRef<SizeAttr> getSymbols() const { return symbols; }

  size_t size() const { return numbers.size(); }
  bool empty() const { return numbers.empty(); }
  auto begin() const { return numbers.begin(); }
  auto end() const { return numbers.end(); }
  GlobalSize operator[](size_t dim) const;
  GlobalSize front() const { return (*this)[0]; }
  GlobalSize back() const { return (*this)[size() - 1]; }
  GlobalShape drop_front(size_t count = 1) const { return slice(count, size() - count); }
  GlobalShape drop_back(size_t count = 1) const { return slice(0, size() - count); }
  GlobalShape take_front(size_t count = 1) const { return slice(0, count); }
  GlobalShape take_back(size_t count = 1) const { return slice(size() - count, count); }
  bool operator==(const GlobalShape &other) const {
    return numbers == other.numbers && symbols == other.symbols;
  }
  bool operator!=(const GlobalShape &other) const { return !(*this == other); }

private:
  GlobalShape slice(size_t first, size_t count) const {
    return {numbers.slice(first, count), symbols.empty() ? symbols : symbols.slice(first, count)};
  }
  llvm::ArrayRef<int64_t> numbers;
  llvm::ArrayRef<SizeAttr> symbols;
};

/// The distribution of a tensor type, or null if it is not placed (or null).
DistAttr getDist(mlir::Type type);

/// The global shape: `of` of a placed tensor, else the shape, with the expressions of its
/// `#dagrt.sizes`.
GlobalShape getGlobalShape(mlir::RankedTensorType type);
GlobalShape getGlobalShape(DistAttr dist);

/// A tensor of the logical form.
mlir::RankedTensorType getLogicalType(GlobalShape shape, mlir::Type elementType);

/// The global size of each dim as an expression, numbers included; null where it is unknown.
llvm::SmallVector<SizeAttr> getGlobalSizes(mlir::RankedTensorType type);

/// The size of each dim on one device: the global size over its shards, rounded up. `mesh` is the
/// one that the type names; a type that is not placed has its global sizes.
llvm::SmallVector<SizeAttr> getLocalSizes(MeshOp mesh, mlir::RankedTensorType type);

/// The expressions of all sizes of a shape; none if they are numbers.
llvm::SmallVector<SizeAttr> getSizeSymbols(mlir::MLIRContext *context, GlobalShape shape);

/// The mesh that `name` names, seen from `from`; null if there is none. Searches the module's
/// symbols: where many are looked up, `symbols` keeps what was found.
MeshOp lookupMesh(mlir::Operation *from, mlir::FlatSymbolRefAttr name);
MeshOp lookupMesh(mlir::Operation *from, mlir::FlatSymbolRefAttr name,
                  mlir::SymbolTableCollection &symbols);

/// Number of shards of a dim that `axes` shard.
int64_t getNumShards(MeshOp mesh, AxesAttr axes);

/// Index along `axes` of the device at `device` (its place in the mesh's list).
int64_t getShardIndex(MeshOp mesh, AxesAttr axes, int64_t device);

/// Size of one of the `shards` shards of `size` elements: the quotient, rounded up. That of a
/// symbolic size is symbolic.
inline int64_t getShardSize(int64_t size, int64_t shards) {
  if (mlir::ShapedType::isDynamic(size))
    return size;
  return size == 0 ? 0 : (size - 1) / shards + 1;
}

/// Half-open range of global elements that a device holds in one dim.
struct Range {
  int64_t begin = 0, end = 0;
  int64_t size() const { return end - begin; }
};

/// A box of global elements: a range of each dim.
using Box = llvm::SmallVector<Range>;

/// Joins neighbouring sub-axes, drops axes of size 1 and writes full axes as such, so that
/// equal shardings are equal attributes.
AxesAttr normalizeAxes(MeshOp mesh, llvm::ArrayRef<AxisRefAttr> axes);

/// `front` followed by `back`, normalized.
AxesAttr concatAxes(MeshOp mesh, AxesAttr front, AxesAttr back);

/// True if the two lists use a common part of an axis.
bool overlaps(MeshOp mesh, AxesAttr a, AxesAttr b);

/// If `whole` ends with `tail`, the axes before it. A sub-axis may be split off a full axis.
std::optional<AxesAttr> removeTail(MeshOp mesh, AxesAttr whole, AxesAttr tail);

/// If `whole` begins with `head`, what stands after it.
std::optional<AxesAttr> removeHead(MeshOp mesh, AxesAttr whole, AxesAttr head);

/// `axes` without the parts of axes in `gone`, in any order; none if `axes` does not hold them
/// all. For pending sums, whose axes have no order.
std::optional<AxesAttr> removeAxes(MeshOp mesh, AxesAttr axes, AxesAttr gone);

/// True if the two lists hold the same parts of axes, in any order.
bool isSameSet(MeshOp mesh, AxesAttr a, AxesAttr b);

/// Checks that `mesh` has the axes, in full or in part. `what` names their user in the error.
llvm::LogicalResult verifyAxes(mlir::Operation *op, MeshOp mesh, AxesAttr axes,
                               const llvm::Twine &what);

/// Checks a placed type against its mesh: the mesh and its axes exist, no axis is
/// used twice, and the local shape follows from the global one. `what` names the value in the
/// error ("operand #0"). A type that is not placed is consistent. `symbols` keeps what was looked
/// up.
llvm::LogicalResult verifyPlacedType(mlir::Operation *op, mlir::Type type, const llvm::Twine &what,
                                     mlir::SymbolTableCollection &symbols);

} // namespace dagrt

#endif // DAGRT_IR_DISTRIBUTION_H

//===- Sizes.h - Named sizes and their numbers -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model may leave its sequence length and its batch open. This is how such sizes get numbers: a
// binding of names, the default that a module carries, and the replacement of
// every expression in types and attributes by its number.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_SIZES_H
#define DAGRT_IR_SIZES_H

#include "dagrt/IR/DagrtAttributes.h"

#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dagrt {
class MeshOp;

/// Numbers of named sizes, each at least 1, in the order of the names.
class SizeBinding {
public:
  using Entry = std::pair<std::string, int64_t>;
  using EmitError = llvm::function_ref<mlir::InFlightDiagnostic()>;

  /// Reads `seq_len=8192,batch=2^2`. Nothing is the empty binding.
  static mlir::FailureOr<SizeBinding> parse(llvm::StringRef text, EmitError emitError);

  /// The number of `name`, if it is bound.
  std::optional<int64_t> lookup(llvm::StringRef name) const;
  /// Binds `name`, again if it is bound.
  void set(llvm::StringRef name, int64_t number);

  bool empty() const { return entries.empty(); }
  size_t size() const { return entries.size(); }
  auto begin() const { return entries.begin(); }
  auto end() const { return entries.end(); }
  bool operator==(const SizeBinding &other) const { return entries == other.entries; }
  bool operator!=(const SizeBinding &other) const { return entries != other.entries; }
  /// As parse() reads it.
  std::string str() const;

private:
  std::vector<Entry> entries;
};

/// The number that `text` is, from 1 to 2^63 - 1: `8192`, or a power such as `2^13`.
std::optional<int64_t> parseSizeNumber(llvm::StringRef text);

/// The binding that a dictionary of `i64` says, as `dagrt.sizes` has it, and back.
SizeBinding getSizeBinding(mlir::DictionaryAttr sizes);
mlir::DictionaryAttr getSizesAttr(mlir::MLIRContext *context, const SizeBinding &sizes);

/// The default binding of the module: its `dagrt.sizes`, or nothing.
SizeBinding getDefaultSizes(mlir::ModuleOp module);

/// Names of the sizes that types and attributes of the module use, and those with a default,
/// sorted.
std::vector<std::string> getSizeNames(mlir::ModuleOp module);

/// True if a type or an attribute of an op inside `root` has a symbolic size.
bool hasSymbolicSizes(mlir::Operation *root);

/// The default binding, with what `text` (`seq_len=8192`) says instead. A name that the module
/// does not know is an error that lists those it does; so is a used name without a number.
mlir::FailureOr<SizeBinding> readSizes(mlir::ModuleOp module, llvm::StringRef text,
                                       SizeBinding::EmitError emitError);

/// Replaces expressions by their numbers at one binding. Meshes are looked up from `symbols`, so
/// that ops can be bound that stand in no module. Errors are reported where `emitError` says.
class SizeBinder {
public:
  SizeBinder(mlir::Operation *symbols, const SizeBinding &sizes);

  /// `type` with numbers for its symbolic sizes, in the types that it holds, too.
  mlir::FailureOr<mlir::Type> bind(mlir::Type type, SizeBinding::EmitError emitError);
  /// Binds types and attributes of `op` and of what it holds. On an error `op` may be bound in
  /// part.
  mlir::LogicalResult bind(mlir::Operation *op);

private:
  mlir::FailureOr<mlir::RankedTensorType> bindTensor(mlir::RankedTensorType type);
  MeshOp getMesh(mlir::FlatSymbolRefAttr name);

  mlir::Operation *symbols;
  SizeBinding sizes;
  mlir::AttrTypeReplacer replacer;
  llvm::DenseMap<mlir::Attribute, mlir::Operation *> meshes;
  SizeBinding::EmitError emitError;
  bool hasFailed = false;
};

/// `type` at `sizes`; its mesh is looked up from `symbols`.
mlir::FailureOr<mlir::Type> bindType(mlir::Type type, const SizeBinding &sizes,
                                     mlir::Operation *symbols, SizeBinding::EmitError emitError);

/// The sizes that micro-batches have. A batch that is split into N parts has N elements at least:
/// with fewer, the last parts would be empty, and what the program does and takes would mean
/// nothing.
class MicrobatchSizes {
public:
  /// Reads the roles and types inside `root` once, to check them at many bindings.
  explicit MicrobatchSizes(mlir::Operation *root);

  /// Emits an error if a micro-batch is empty at `sizes`. What is no number there is left to those
  /// who bind it.
  mlir::LogicalResult check(const SizeBinding &sizes, SizeBinding::EmitError emitError) const;

private:
  /// For each micro-batch, the symbolic sizes of what its ops make.
  std::map<int64_t, llvm::SmallSetVector<SizeAttr, 4>> sizesOf;
};

/// Makes a static module: binds every size, drops `dagrt.sizes`, and brings `dagrt.logical` up to
/// date. A module without symbolic sizes stays as it is, but for `dagrt.sizes`.
mlir::LogicalResult bindSizes(mlir::ModuleOp module, const SizeBinding &sizes);

} // namespace dagrt

#endif // DAGRT_IR_SIZES_H

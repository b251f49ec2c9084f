//===- Resharding.h - Reshards values -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Private to the partitioner: the forms in which a logical value exists, and the communication
// that makes one form of another.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_PARTITION_RESHARDING_H
#define DAGRT_LIB_PARTITION_RESHARDING_H

#include "Propagation.h"

#include "mlir/IR/Builders.h"

#include <deque>

namespace dagrt {

/// Makes placed values lie as their users need them. Each form of a value is made once. Which dim
/// of a value with symbolic sizes is sharded in flight is decided at `sizes`.
class Resharder {
public:
  Resharder(mlir::OpBuilder &builder, mlir::Operation *module, const SizeBinding &sizes)
      : builder(builder), module(module), binder(module, sizes) {}

  /// The op of `result` has no other one and no operands, and can be made on any mesh: it moves to
  /// its first use, and is cloned for each other form.
  void addSource(mlir::OpResult result) { getValue(result).source = result.getOwner(); }

  /// A function argument lies as its first user needs it.
  void addArgument(mlir::BlockArgument argument) { getValue(argument).argument = argument; }

  /// A part of an argument lies as its first user needs it, too.
  void addPart(SliceOp part) { getValue(part.getResult()).part = part; }

  /// `placed` is the logical value; `producer` and `travels` say who made it, and how it is
  /// sharded in flight.
  void addValue(mlir::Value logical, mlir::Value placed, RoleAttr producer,
                const std::vector<std::string> *travels);

  /// The type that the value has where it was made, complete if its sum has been completed; null
  /// if it can be made in any form.
  mlir::RankedTensorType getType(mlir::Value logical) const;

  /// The value as `target` says, for a user with the role `consumer`.
  mlir::FailureOr<mlir::Value> getAs(mlir::Value logical, mlir::RankedTensorType target,
                                     RoleAttr consumer);

  /// The value's main form, with a pending sum completed.
  mlir::FailureOr<mlir::Value> getWhole(mlir::Value logical);

private:
  struct LogicalValue {
    mlir::Operation *source = nullptr;
    mlir::BlockArgument argument;
    SliceOp part;
    llvm::SmallVector<mlir::Value, 2> forms; ///< The first is what its op made.
    RoleAttr producer;
    const std::vector<std::string> *travels = nullptr;
  };

  LogicalValue &getValue(mlir::Value logical);
  mlir::Value makeSource(LogicalValue &value, mlir::RankedTensorType target);
  mlir::FailureOr<mlir::Value> makePart(LogicalValue &value, mlir::RankedTensorType target,
                                        RoleAttr consumer);
  mlir::Value findOn(const LogicalValue &value, mlir::FlatSymbolRefAttr mesh) const;
  mlir::FailureOr<mlir::Value> transfer(LogicalValue &value, mlir::RankedTensorType target);
  mlir::Value reshard(mlir::Value value, mlir::RankedTensorType type, RoleAttr producer,
                      RoleAttr consumer);
  mlir::FailureOr<mlir::RankedTensorType> getFlightType(LogicalValue &value,
                                                        mlir::RankedTensorType target);
  mlir::FailureOr<std::optional<size_t>> chooseFlightDim(mlir::RankedTensorType type,
                                                         int64_t shards);
  MeshOp getMesh(mlir::FlatSymbolRefAttr name);

  mlir::OpBuilder &builder;
  mlir::Operation *module;
  SizeBinder binder;
  /// References to values stay valid while others are added.
  std::deque<LogicalValue> values;
  /// Which of `values` a value is. Looked up only; never iterated.
  llvm::DenseMap<mlir::Value, unsigned> numbers;
  llvm::DenseMap<mlir::Attribute, mlir::Operation *> meshes;
};

} // namespace dagrt

#endif // DAGRT_LIB_PARTITION_RESHARDING_H

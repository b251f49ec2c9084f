//===- ShardingRule.h - How ops may be sharded -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A sharding rule names the factors of an op: independent dims of its iteration space, each of
// which appears as a dim of some operands and results (a matmul has m..., k... and n...). Sharding
// a factor over mesh axes shards all dims that it appears as. The rule says what that does to the
// results, and so the results' distributions follow from the operands' distributions.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_SHARDINGRULE_H
#define DAGRT_IR_SHARDINGRULE_H

#include "dagrt/IR/Distribution.h"

#include "mlir/IR/Operation.h"

namespace dagrt {

/// What sharding a factor means for the op.
enum class FactorKind {
  Free,         ///< Each device computes its part of the results.
  Contracted,   ///< Each device computes a term of the results: they are partial.
  Local,        ///< Each device computes with its part, and the op says what that makes: no sum.
  Decomposable, ///< Needs to be rewritten first (ShardingRuleOpInterface::decompose).
  Indivisible,  ///< Must be replicated on every device.
};

/// One factor of an op. Factors with one name form a group that an axis is spread over, the
/// first factor first (the query projection's `n` is groups, then heads in a group).
struct Factor {
  llvm::StringRef name;
  int64_t size = 0; ///< Global size; ShapedType::kDynamic if symbolic.
  FactorKind kind = FactorKind::Free;
  SizeAttr symbol; ///< The size as an expression; null if it is a number, or unknown.
  /// True if another operand counts its elements by their positions, as ids do the rows of a table.
  bool hasPlaces = false;
};

/// When an op commutes with a pending sum of its operands.
enum class PartialRule {
  None,     ///< No operand may be partial.
  Additive, ///< All operands partial over the same axes, or none.
  Bilinear, ///< At most one operand may be partial.
};

/// The rule of one op. `operands[i][d]` is the factor that dim `d` of operand `i` is.
struct ShardingRule {
  llvm::SmallVector<Factor, 8> factors;
  llvm::SmallVector<llvm::SmallVector<unsigned, 6>, 4> operands;
  llvm::SmallVector<llvm::SmallVector<unsigned, 6>, 1> results;
  PartialRule partial = PartialRule::None;

  /// Adds a factor and returns its number.
  unsigned addFactor(llvm::StringRef name, GlobalSize size, FactorKind kind = FactorKind::Free);
};

/// A rule for an op whose results and operands all have one shape, or whose
/// later operands have the last dims of the first.
ShardingRule getElementwiseRule(mlir::Operation *op, PartialRule partial);

/// The types of the results that follow from the operands' types by `rule`; emits an error on
/// `op` that names the operand to blame if the operands do not fit together.
mlir::FailureOr<llvm::SmallVector<mlir::RankedTensorType>>
inferResultTypes(mlir::Operation *op, const ShardingRule &rule);

/// Verifies what the rule of an op says of its sizes; and that all operands and results are placed,
/// or none. For `verify`, which cannot look symbols up: the rest is left to `verifySymbolUses`
/// (VerifiedByRule).
llvm::LogicalResult verifyLogicalByRule(mlir::Operation *op);

} // namespace dagrt

#endif // DAGRT_IR_SHARDINGRULE_H

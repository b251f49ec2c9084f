//===- TokenOrder.cpp - Zigzag order of tokens -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which dims are the tokens' is found from the positions: dims that share a factor with a dim of
// tokens are dims of tokens, forward and backward. Every op that treats tokens alike is left alone.
// What depends on a token's place (an indivisible factor, rows of a table, a result of the
// function) gets the tokens in their own order; what it makes of them is no dim of tokens for that.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Dagrt.h"
#include "dagrt/Partition/Partitioner.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Rewrite/FrozenRewritePatternSet.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace dagrt;

/// True if an op needs the elements of `factor` in their own order.
static bool hasOwnOrder(const Factor &factor) {
  return factor.kind == FactorKind::Indivisible || factor.hasPlaces;
}

namespace {
using Dim = std::pair<Value, unsigned>;

/// Finds every dim of tokens from those of the positions.
class TokenDims {
public:
  explicit TokenDims(func::FuncOp function) {
    for (auto positions : function.getOps<PositionsOp>())
      mark(positions.getResult(), 0);
    while (!work.empty()) {
      Dim dim = work.pop_back_val();
      if (Operation *op = dim.first.getDefiningOp())
        spread(op);
      for (Operation *user : dim.first.getUsers())
        spread(user);
    }
  }

  bool contains(Value value, unsigned dim) const { return dims.contains({value, dim}); }

private:
  void mark(Value value, unsigned dim) {
    if (dims.insert({value, dim}).second)
      work.push_back({value, dim});
  }

  /// Marks all dims of `op` whose factor has a marked dim, but for those in their own order.
  void spread(Operation *op) {
    auto sharded = dyn_cast<ShardingRuleOpInterface>(op);
    if (!sharded)
      return;
    ShardingRule rule = sharded.getShardingRule();
    SmallVector<bool, 8> marked(rule.factors.size(), false);
    auto forEachDim = [&](llvm::function_ref<void(Value, unsigned, unsigned)> visit) {
      for (auto [i, factors] : llvm::enumerate(rule.operands))
        for (auto [dim, factor] : llvm::enumerate(factors))
          visit(op->getOperand(i), dim, factor);
      for (auto [i, factors] : llvm::enumerate(rule.results))
        for (auto [dim, factor] : llvm::enumerate(factors))
          visit(op->getResult(i), dim, factor);
    };
    forEachDim([&](Value value, unsigned dim, unsigned factor) {
      if (!hasOwnOrder(rule.factors[factor]) && contains(value, dim))
        marked[factor] = true;
    });
    forEachDim([&](Value value, unsigned dim, unsigned factor) {
      if (marked[factor])
        mark(value, dim);
    });
  }

  llvm::DenseSet<Dim> dims;
  SmallVector<Dim> work;
};
} // namespace

/// `operand` with dim `dim` back in its own order.
static Value restoreOrder(OpBuilder &builder, Value operand, unsigned dim, TokenOrderAttr order,
                          RoleAttr role) {
  auto op = ReorderOp::create(builder, operand.getLoc(), operand.getType(), operand, dim, order,
                              /*inverse=*/true);
  if (role)
    op->setAttr(DagrtDialect::kRoleAttrName, role);
  return op;
}

/// Operands of `op` whose tokens it must see in their own order.
static void restoreOperands(Operation *op, const TokenDims &tokens, TokenOrderAttr order) {
  OpBuilder builder(op);
  auto restore = [&](OpOperand &operand, unsigned dim) {
    operand.set(restoreOrder(builder, operand.get(), dim, order, getRole(op)));
  };
  if (isa<func::ReturnOp>(op)) {
    for (OpOperand &operand : op->getOpOperands()) {
      Value value = operand.get();
      for (int64_t dim = cast<RankedTensorType>(value.getType()).getRank(); dim-- > 0;)
        if (tokens.contains(value, dim))
          restore(operand, dim);
    }
    return;
  }
  auto sharded = dyn_cast<ShardingRuleOpInterface>(op);
  if (!sharded)
    return;
  ShardingRule rule = sharded.getShardingRule();
  for (auto [i, factors] : llvm::enumerate(rule.operands)) {
    Value value = op->getOperand(i);
    for (auto [dim, factor] : llvm::enumerate(factors))
      if (hasOwnOrder(rule.factors[factor]) && tokens.contains(value, dim))
        restore(op->getOpOperand(i), dim);
  }
}

/// Puts those dims of tokens of `source` for which `isOwn` holds, which are in their own order,
/// into `order` before anybody reads them.
static void reorderSource(
    OpBuilder &builder, Value source, const TokenDims &tokens, TokenOrderAttr order, RoleAttr role,
    llvm::function_ref<bool(unsigned)> isOwn = [](unsigned) { return true; }) {
  Value ordered = source;
  Operation *first = nullptr;
  for (int64_t dim = 0, rank = cast<RankedTensorType>(source.getType()).getRank(); dim < rank;
       ++dim) {
    if (!tokens.contains(source, dim) || !isOwn(dim))
      continue;
    auto op = ReorderOp::create(builder, source.getLoc(), source.getType(), ordered, dim, order,
                                /*inverse=*/false);
    op->setAttr(DagrtDialect::kRoleAttrName, role);
    ordered = op;
    first = first ? first : op.getOperation();
  }
  if (first)
    source.replaceAllUsesExcept(ordered, first);
}

/// Dims of results that an op has in their own order.
static void reorderResults(OpBuilder &builder, Operation *op, const TokenDims &tokens,
                           TokenOrderAttr order, RoleAttr role) {
  auto sharded = dyn_cast<ShardingRuleOpInterface>(op);
  if (!sharded)
    return;
  ShardingRule rule = sharded.getShardingRule();
  for (auto [result, factors] : llvm::zip_equal(op->getResults(), rule.results))
    reorderSource(builder, result, tokens, order, role,
                  [&](unsigned dim) { return hasOwnOrder(rule.factors[factors[dim]]); });
}

/// Parameters and constants are stored in the tokens' own order, and arguments come in it.
static void reorderSources(func::FuncOp function, ArrayRef<Operation *> ops,
                           const TokenDims &tokens, TokenOrderAttr order) {
  auto role = RoleAttr::get(function.getContext(), "positions", -1);
  OpBuilder builder = OpBuilder::atBlockBegin(&function.getBody().front());
  for (BlockArgument argument : function.getArguments())
    reorderSource(builder, argument, tokens, order, role);
  for (Operation *op : ops) {
    if (op->getNumResults() == 0 || isa<PositionsOp>(op) || op->use_empty())
      continue;
    RoleAttr own = getRole(op), users = getRole(*op->user_begin());
    RoleAttr chosen = own ? own : users ? users : role;
    builder.setInsertionPointAfter(op);
    if (op->getNumOperands() > 0) {
      reorderResults(builder, op, tokens, order, chosen);
      continue;
    }
    for (Value result : op->getResults())
      reorderSource(builder, result, tokens, order, chosen);
  }
}

/// Positions are those of tokens in their own order.
static LogicalResult checkOrder(PositionsOp op) {
  if (!op.getOrderAttr())
    return success();
  return op.emitOpError() << "expects tokens in their own order for a strategy with a "
                             "'token_order', got positions in order "
                          << op.getOrderAttr();
}

LogicalResult dagrt::reorderTokens(func::FuncOp function, int64_t blocks) {
  SmallVector<PositionsOp> positions(function.getOps<PositionsOp>());
  if (positions.empty())
    return success();
  for (PositionsOp op : positions)
    if (failed(checkOrder(op)))
      return failure();
  MLIRContext *context = function.getContext();
  auto order = TokenOrderAttr::getZigzag(context, blocks);
  TokenDims tokens(function);
  SmallVector<Operation *> ops, slices;
  for (Operation &op : function.getBody().front()) {
    ops.push_back(&op);
    if (isa<SliceOp>(op))
      slices.push_back(&op);
  }
  for (Operation *op : ops)
    restoreOperands(op, tokens, order);
  for (PositionsOp op : positions)
    op.setOrderAttr(order);
  reorderSources(function, ops, tokens, order);
  // One token's slice needs no permutation of all of them. A slice of all tokens, which is one of
  // one token, stays: whether it is one depends on numbers that named sizes do not have yet.
  RewritePatternSet patterns(context);
  SliceOp::getCanonicalizationPatterns(patterns, context);
  FrozenRewritePatternSet frozen(std::move(patterns), {SliceOp::kDropFullSliceLabel.str()});
  (void)applyOpPatternsGreedily(slices, frozen);
  for (auto op : llvm::make_early_inc_range(function.getOps<ReorderOp>()))
    if (op.use_empty())
      op.erase();
  return success();
}

//===- AttentionMerge.cpp - Attention to sharded keys -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Attention whose keys are sharded is attention to each device's keys, and a merge of the parts.
// The merge is made in one of two ways. Where the result is wanted sharded over heads by the axes
// of the keys, parts are exchanged for heads, and each device merges its heads. Otherwise the
// log-sums are gathered, each device weighs its own context, and a sum is pending, which its reader
// completes. Both move as many bytes whatever the number of keys.
//
//===----------------------------------------------------------------------===//

#include "Checks.h"

#include "dagrt/IR/Layout.h"
#include "dagrt/IR/ResultType.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Rule
//===----------------------------------------------------------------------===//

ShardingRule AttentionMergeOp::getShardingRule() {
  ShardingRule rule;
  GlobalShape context = getGlobalShape(getContexts().getType());
  unsigned part = rule.addFactor("part", context[0],
                                 getShard() ? FactorKind::Contracted : FactorKind::Decomposable);
  unsigned batch = rule.addFactor("batch", context[1]);
  unsigned query = rule.addFactor("query", context[2]);
  unsigned group = rule.addFactor("heads", context[3]);
  unsigned head = rule.addFactor("heads", context[4]);
  unsigned dim = rule.addFactor("value_dim", context[5]);
  // With a shard, each device has the log-sums of all parts.
  unsigned sums = getShard() ? rule.addFactor("parts", getGlobalShape(getLogSums().getType())[0],
                                              FactorKind::Indivisible)
                             : part;
  rule.operands.push_back({part, batch, query, group, head, dim});
  rule.operands.push_back({sums, batch, query, group, head});
  if (getSink())
    rule.operands.push_back({group, head});
  if (getShard())
    rule.operands.push_back({part});
  rule.results.push_back({batch, query, group, head, dim});
  return rule;
}

LogicalResult AttentionMergeOp::inferReturnTypes(MLIRContext *, std::optional<Location>,
                                                 Adaptor adaptor, SmallVectorImpl<Type> &types) {
  RankedTensorType contexts = getTensor(adaptor.getContexts());
  ResultType result;
  result.addDims(contexts, 1, contexts.getRank() - 1);
  if (adaptor.getShard())
    result.contract(contexts, 0, 1);
  return addInferred(types, result.get(contexts.getElementType()));
}

LogicalResult AttentionMergeOp::verify() {
  // attention_merge-c1
  if (failed(verifyRank(*this, getContexts(), 6, "contexts")) ||
      failed(verifyRank(*this, getLogSums(), 5, "log-sums")) ||
      failed(verifyRank(*this, getResult(), 5, "a result")) ||
      (getSink() && failed(verifyRank(*this, getSink(), 2, "a sink"))))
    return failure();
  // attention_merge-c2
  if (failed(verifyElementTypes(*this, {getContexts(), getResult()})))
    return failure();
  Type element = getTensor(getContexts()).getElementType();
  Type type = element.isF64() ? element : Type(Float32Type::get(element.getContext()));
  if (getTensor(getLogSums()).getElementType() != type)
    return emitOpError() << "expects log-sums of " << type << ", got " << getLogSums().getType();
  // attention_merge-c3
  if (getShard() && (!getDist(getShard().getType()) || !getDist(getContexts().getType()) ||
                     getTensor(getShard()).getRank() != 1))
    return emitOpError() << "expects placed contexts and shard numbers of one dim, got "
                         << getShard().getType();
  return verifyLogicalByRule(*this);
}

LogicalResult AttentionMergeOp::verifySymbolUses(SymbolTableCollection &tables) {
  // attention_merge-c3
  if (getShard() &&
      failed(verifyShardNumbers(*this, getShard(), getContexts(), 0, "the parts", tables)))
    return failure();
  return verifyPlacedByRule(*this, tables);
}

/// Reads the parts and writes their sum. What it computes is not the model's.
Work AttentionMergeOp::getWork() {
  Work work = getStreamingWork(*this, WorkKind::Elementwise, 0);
  double parts = getTensor(getContexts()).getDimSize(0);
  work.flops = 2 * parts * getLocalElements(getResult().getType());
  work.totalFlops = 0;
  work.logicalFlops = 0;
  return work;
}

//===----------------------------------------------------------------------===//
// Decomposition
//===----------------------------------------------------------------------===//

/// Numbers of the shards over `axes`.
static Value createShardNumbers(OpBuilder &builder, Location loc, MeshOp mesh, AxesAttr axes) {
  Layout numbers(mesh, {getNumShards(mesh, axes)}, {axes});
  return AxisIndexOp::create(builder, loc, numbers.getType(builder.getI32Type()));
}

/// What a merge is made of.
struct Parts {
  Value contexts, logSums;
  Value sink; ///< Null without one.
};

/// Log-sums of all parts on each device, and a sum of weighed contexts that is pending over the
/// axes of the parts.
static AttentionMergeOp gatherLogSums(OpBuilder &builder, Location loc, const Parts &parts) {
  Operation *from = builder.getInsertionBlock()->getParentOp();
  Layout layout = *Layout::get(from, parts.contexts.getType());
  AxesAttr axes = layout.getDim(0);
  Value all = AllGatherOp::create(builder, loc, layout.getMesh(), parts.logSums, 0, axes);
  Value shard = createShardNumbers(builder, loc, layout.getMesh(), axes);
  return AttentionMergeOp::create(builder, loc, parts.contexts, all, parts.sink, shard);
}

/// The dim of contexts, heads, that `wanted` has sharded over the axes of the parts in addition to
/// those that shard it; none if there is no such dim.
static std::optional<unsigned> findHeadsForParts(const Layout &contexts, DistAttr wanted) {
  if (!wanted || wanted.getMesh().getAttr() != contexts.getMesh().getSymNameAttr())
    return std::nullopt;
  Layout target = Layout(contexts.getMesh(), wanted).getNormalized();
  for (unsigned dim : {3, 4}) {
    AxesAttr both = concatAxes(contexts.getMesh(), contexts.getDim(dim), contexts.getDim(0));
    if (target.getDim(dim - 1) == both)
      return dim;
  }
  return std::nullopt;
}

/// Parts against heads: each device gets all parts of its heads, and merges them. Nothing if the
/// heads do not divide so.
static AttentionMergeOp exchangeHeads(OpBuilder &builder, Location loc, const Parts &parts,
                                      unsigned dim) {
  Operation *from = builder.getInsertionBlock()->getParentOp();
  Layout layout = *Layout::get(from, parts.contexts.getType());
  MeshOp mesh = layout.getMesh();
  AxesAttr axes = layout.getDim(0);
  if (failed(layout.exchange(0, dim, axes)))
    return {};
  Value contexts = AllToAllOp::create(builder, loc, mesh, parts.contexts, 0, dim, axes);
  Value logSums = AllToAllOp::create(builder, loc, mesh, parts.logSums, 0, dim, axes);
  return AttentionMergeOp::create(builder, loc, contexts, logSums, parts.sink, Value());
}

/// Merges `parts` as its reader wants them, and says how and why.
static Value merge(OpBuilder &builder, Operation *op, const Parts &parts, RankedTensorType wanted) {
  Layout layout =
      *Layout::get(builder.getInsertionBlock()->getParentOp(), parts.contexts.getType());
  std::string axes = layout.getDim(0).str();
  auto remark = [&](StringRef how) {
    auto options = remark::RemarkOpts::name("AttentionMerge").category("partition");
    remark::passed(op->getLoc(), options) << remark::add("{0} parts over {1} are merged by {2}",
                                                         layout.getShape()[0].number, axes, how);
  };
  std::optional<unsigned> heads = findHeadsForParts(layout, getDist(wanted));
  AttentionMergeOp merged;
  if (heads)
    merged = exchangeHeads(builder, op->getLoc(), parts, *heads);
  if (merged) {
    remark("an all_to_all of parts against heads, because the heads are wanted sharded over them");
  } else {
    merged = gatherLogSums(builder, op->getLoc(), parts);
    remark(heads
               ? "an all_gather of log-sums and a sum, because their shards of heads do not divide"
               : "an all_gather of log-sums and a sum, because no reader wants the heads sharded "
                 "over them");
  }
  return merged;
}

/// Puts the discardable attributes of `op`, its role and the like, on what was made of it.
static void copyAttributes(Operation *op, Value made) {
  Operation *last = made.getDefiningOp();
  for (Operation *step = last; step; step = step->getPrevNode()) {
    if (step->getDiscardableAttrDictionary().empty())
      step->setDiscardableAttrs(op->getDiscardableAttrDictionary());
    if (isa<AttentionOp>(step) || step == op)
      break;
  }
}

bool AttentionMergeOp::canDecompose(unsigned factor) {
  return getShardingRule().factors[factor].name == "part";
}

FailureOr<SmallVector<Value>> AttentionMergeOp::decompose(OpBuilder &builder, ValueRange operands,
                                                          ArrayRef<AxesAttr>,
                                                          ArrayRef<RankedTensorType> wanted) {
  Parts parts{operands[0], operands[1], getSink() ? operands[2] : Value()};
  Value result = merge(builder, *this, parts, wanted.empty() ? RankedTensorType() : wanted.front());
  result.getDefiningOp()->setDiscardableAttrs(getOperation()->getDiscardableAttrDictionary());
  return SmallVector<Value>{result};
}

/// Of one result: log-sums of sharded keys would be those of parts.
bool AttentionOp::canDecompose(unsigned factor) {
  return getShardingRule().factors[factor].name == "key" && !getLogSums();
}

/// attention(q, k, v) with sharded keys -> attention_merge(attention(q, k, v) shard axis_index)
FailureOr<SmallVector<Value>> AttentionOp::decompose(OpBuilder &builder, ValueRange operands,
                                                     ArrayRef<AxesAttr>,
                                                     ArrayRef<RankedTensorType> wanted) {
  Operation *from = builder.getInsertionBlock()->getParentOp();
  IRMapping mapping;
  mapping.map(getOperation()->getOperands(), operands);
  auto get = [&](Value operand) { return operand ? mapping.lookup(operand) : Value(); };
  Layout keys = *Layout::get(from, get(getKey()).getType());
  auto parts = AttentionOp::create(
      builder, getLoc(), get(getQuery()), get(getKey()), get(getValue()), get(getQueryPositions()),
      get(getKeyPositions()), get(getSlopes()), get(getMask()), /*sink=*/Value(),
      createShardNumbers(builder, getLoc(), keys.getMesh(), keys.getDim(1)), getValueDimsAttr(),
      getCausalAttr(), getWindowAttr(), getSoftCapAttr(), getVisibleAttr(), getScaleAttr());
  Value result = merge(builder, *this, {parts.getResult(), parts.getLogSums(), get(getSink())},
                       wanted.empty() ? RankedTensorType() : wanted.front());
  copyAttributes(*this, result);
  return SmallVector<Value>{result};
}

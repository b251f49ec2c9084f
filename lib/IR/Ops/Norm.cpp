//===- Norm.cpp - Norms, fused and in steps -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A norm needs all of its rows, or their moments. If a strategy shards the normed dims, a norm
// decomposes: each device computes its part of the moments, an all_reduce completes them, and the
// norm that is given them treats every element alone.
//
//===----------------------------------------------------------------------===//

#include "Checks.h"

#include "mlir/IR/Builders.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

/// The type that moments of `type` are kept in.
static Type getMomentType(Type type) {
  return type.isF64() ? type : Type(Float32Type::get(type.getContext()));
}

/// Moments of `x` over its last `normed` dims have the others, in the moments' type.
static LogicalResult verifyMoment(Operation *op, Value moment, RankedTensorType x, int64_t normed,
                                  StringRef what) {
  int64_t rank = x.getRank() - normed;
  Type type = getMomentType(x.getElementType());
  if (getTensor(moment).getRank() == rank && getTensor(moment).getElementType() == type)
    return success();
  return op->emitOpError() << "expects " << what << " of " << rank << " dims of " << type
                           << ", got " << moment.getType();
}

/// The number of elements of static sizes below 2^63; none otherwise.
static std::optional<int64_t> getRowSize(ArrayRef<int64_t> sizes) {
  int64_t product = 1;
  for (int64_t size : sizes)
    if (ShapedType::isDynamic(size) || llvm::MulOverflow(product, size, product))
      return std::nullopt;
  return product;
}

/// Factors of the rows and of the normed dims of `x`.
static void addNormFactors(ShardingRule &rule, Value x, int64_t normed, FactorKind kind,
                           SmallVectorImpl<unsigned> &rows, SmallVectorImpl<unsigned> &hidden) {
  GlobalShape shape = getGlobalShape(getTensor(x));
  size_t leading = shape.size() - normed;
  for (size_t dim = 0; dim < leading; ++dim)
    rows.push_back(rule.addFactor("rows", shape[dim]));
  for (size_t dim = leading; dim < shape.size(); ++dim)
    hidden.push_back(rule.addFactor("hidden", shape[dim], kind));
}

//===----------------------------------------------------------------------===//
// Moment
//===----------------------------------------------------------------------===//

ShardingRule MomentOp::getShardingRule() {
  ShardingRule rule;
  SmallVector<unsigned, 6> rows, hidden;
  addNormFactors(rule, getX(), getDims(), FactorKind::Contracted, rows, hidden);
  rule.results.push_back(rows);
  llvm::append_range(rows, hidden);
  rule.operands.push_back(rows);
  return rule;
}

LogicalResult MomentOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  RankedTensorType x = getTensor(adaptor.getX());
  auto dims = static_cast<int64_t>(adaptor.getDims());
  int64_t rows = x.getRank() - dims;
  ResultType result;
  result.addDims(x, 0, rows).contract(x, rows, dims);
  return addInferred(types, result.get(getMomentType(x.getElementType())));
}

LogicalResult MomentOp::verify() {
  // moment-c1
  auto order = static_cast<int64_t>(getOrder()), dims = static_cast<int64_t>(getDims());
  if (order < 1 || order > 2)
    return emitOpError() << "expects an order of 1 or 2, got " << order;
  int64_t rank = getX().getType().getRank();
  if (dims < 1 || dims > rank)
    return emitOpError() << "expects a mean over 1 to " << rank << " dims, got " << dims;
  // moment-c2
  if (failed(verifyMoment(*this, getResult(), getX().getType(), dims, "a result")))
    return failure();
  // moment-c3
  auto count = static_cast<int64_t>(getCount());
  std::optional<int64_t> size = getRowSize(getGlobalShape(getX().getType()).take_back(dims));
  // Rows without elements have no mean, and it is not read.
  if (size)
    size = std::max<int64_t>(*size, 1);
  bool isPlaced = static_cast<bool>(getDist(getX().getType()));
  if (count < 1 || (size && (isPlaced ? count != *size : count < *size)))
    return emitOpError() << "expects a count of " << (isPlaced ? "" : "at least ")
                         << "the elements in the last " << dims << " dims of " << getX().getType()
                         << ", got " << count;
  return verifyLogicalByRule(*this);
}

//===----------------------------------------------------------------------===//
// Norms
//===----------------------------------------------------------------------===//

namespace {
/// The operands of either norm.
struct NormOperands {
  SmallVector<Value> weights; ///< Scale, and bias if there is one.
  SmallVector<Value> moments; ///< None, or all that the norm takes.
};
} // namespace

static NormOperands getNormOperands(RmsNormOp op) {
  NormOperands operands{{op.getScale()}, {}};
  if (op.getSquare())
    operands.moments = {op.getSquare()};
  return operands;
}

static NormOperands getNormOperands(LayerNormOp op) {
  NormOperands operands{{op.getScale()}, {}};
  if (op.getBias())
    operands.weights.push_back(op.getBias());
  if (op.getMean())
    operands.moments = {op.getMean(), op.getSquare()};
  return operands;
}

template <typename OpT>
static ShardingRule getNormRule(OpT op) {
  ShardingRule rule;
  NormOperands operands = getNormOperands(op);
  SmallVector<unsigned, 6> rows, hidden, all;
  addNormFactors(rule, op.getX(), op.getNormed(),
                 operands.moments.empty() ? FactorKind::Decomposable : FactorKind::Free, rows,
                 hidden);
  all = rows;
  llvm::append_range(all, hidden);
  rule.operands.push_back(all);
  ArrayRef<unsigned> weights = ArrayRef(all).take_back(getTensor(op.getScale()).getRank());
  rule.operands.append(operands.weights.size(), SmallVector<unsigned, 6>(weights));
  rule.operands.append(operands.moments.size(), rows);
  rule.results.push_back(all);
  return rule;
}

template <typename OpT>
static LogicalResult verifyNorm(OpT op) {
  // norm-c1
  RankedTensorType x = op.getX().getType(), result = op.getResult().getType();
  NormOperands operands = getNormOperands(op);
  int64_t rank = x.getRank(), scaled = getTensor(op.getScale()).getRank();
  if (scaled < 1 || scaled > rank)
    return op.emitOpError() << "expects a scale of 1 to " << rank << " dims, got "
                            << op.getScale().getType();
  for (Value bias : ArrayRef(operands.weights).drop_front())
    if (getTensor(bias).getRank() != scaled)
      return op.emitOpError() << "expects a bias of " << scaled << " dims, got " << bias.getType();
  if (result.getRank() != rank)
    return op.emitOpError() << "expects a result of " << rank << " dims, got " << result;
  SmallVector<Value> values(operands.weights);
  values.push_back(op.getResult());
  for (Value value : values)
    if (getTensor(value).getElementType() != x.getElementType())
      return op.emitOpError() << "expects one element type, got " << x.getElementType() << " and "
                              << getTensor(value).getElementType();
  double epsilon = op.getEpsilon().convertToDouble();
  if (!std::isfinite(epsilon) || epsilon < 0)
    return op.emitOpError() << "expects a finite epsilon that is not negative, got " << epsilon;
  // norm-c3
  int64_t normed = op.getNormed();
  if (normed < 1 || normed > scaled)
    return op.emitOpError() << "expects a norm over 1 to " << scaled << " dims, got " << normed;
  // norm-c2
  for (Value moment : operands.moments)
    if (failed(verifyMoment(op, moment, x, normed, "moments")))
      return failure();
  return verifyLogicalByRule(op);
}

ShardingRule RmsNormOp::getShardingRule() { return getNormRule(*this); }
ShardingRule LayerNormOp::getShardingRule() { return getNormRule(*this); }
LogicalResult RmsNormOp::verify() { return verifyNorm(*this); }
LogicalResult LayerNormOp::verify() {
  // norm-c2
  if (static_cast<bool>(getMean()) != static_cast<bool>(getSquare()))
    return emitOpError() << "expects both moments or none, got one";
  return verifyNorm(*this);
}

//===----------------------------------------------------------------------===//
// Decomposition
//===----------------------------------------------------------------------===//

/// The moment of `x`, completed over the devices that its last `normed` dims are sharded over.
static Value createMoment(OpBuilder &builder, Operation *norm, Value x, int64_t order,
                          int64_t normed) {
  Layout layout = *Layout::get(builder.getInsertionBlock()->getParentOp(), x.getType());
  MeshOp mesh = layout.getMesh();
  AxesAttr axes = AxesAttr::get(builder.getContext(), {});
  for (AxesAttr cut : layout.getDims().take_back(normed))
    axes = concatAxes(mesh, axes, cut);
  Layout terms(mesh, layout.getShape().drop_back(normed), layout.getDims().drop_back(normed), axes);
  Type type = terms.getType(getMomentType(getTensor(x).getElementType()));
  std::optional<int64_t> size = getRowSize(layout.getShape().take_back(normed));
  int64_t count = size ? std::max<int64_t>(*size, 1) : 0;
  auto moment = MomentOp::create(builder, norm->getLoc(), type, x, order, normed, count);
  auto whole = AllReduceOp::create(builder, norm->getLoc(), mesh, moment.getResult(), axes);
  for (Operation *op : {moment.getOperation(), whole.getOperation()})
    op->setDiscardableAttrs(norm->getDiscardableAttrDictionary());
  return whole;
}

bool RmsNormOp::canDecompose(unsigned factor) {
  return getShardingRule().factors[factor].kind == FactorKind::Decomposable;
}

/// rms_norm(x, scale) with sharded rows -> rms_norm(x, scale) square all_reduce(moment(x)).
FailureOr<SmallVector<Value>> RmsNormOp::decompose(OpBuilder &builder, ValueRange operands,
                                                   ArrayRef<AxesAttr>, ArrayRef<RankedTensorType>) {
  int64_t normed = getNormed();
  Value square = createMoment(builder, *this, operands[0], 2, normed);
  auto norm = RmsNormOp::create(builder, getLoc(), operands[0], operands[1], square,
                                getEpsilonAttr(), getDimsAttr(), getPlusOneAttr());
  norm->setDiscardableAttrs(getOperation()->getDiscardableAttrDictionary());
  return SmallVector<Value>{norm.getResult()};
}

bool LayerNormOp::canDecompose(unsigned factor) {
  return getShardingRule().factors[factor].kind == FactorKind::Decomposable;
}

/// layer_norm(x, scale, bias) with sharded rows -> layer_norm(x, scale, bias) moments of both
/// orders.
FailureOr<SmallVector<Value>> LayerNormOp::decompose(OpBuilder &builder, ValueRange operands,
                                                     ArrayRef<AxesAttr>,
                                                     ArrayRef<RankedTensorType>) {
  int64_t normed = getNormed();
  Value mean = createMoment(builder, *this, operands[0], 1, normed);
  Value square = createMoment(builder, *this, operands[0], 2, normed);
  auto norm = LayerNormOp::create(builder, getLoc(), operands[0], operands[1],
                                  getBias() ? operands[2] : Value(), mean, square, getEpsilonAttr(),
                                  getDimsAttr());
  norm->setDiscardableAttrs(getOperation()->getDiscardableAttrDictionary());
  return SmallVector<Value>{norm.getResult()};
}

//===----------------------------------------------------------------------===//
// Work
//===----------------------------------------------------------------------===//

/// Columns of a norm are all the normed dims. A norm that is given its moments is spared the
/// FLOPs that they take.
template <typename OpT>
static Work getNormWork(OpT op, double flopsPerElement, StringRef kernel) {
  Work work = getStreamingWork(op, WorkKind::Norm, flopsPerElement);
  work.kernel = kernel;
  ArrayRef<int64_t> shape = op.getX().getType().getShape();
  work.columns = std::max<int64_t>(getProduct(shape.take_back(op.getNormed())), 1);
  work.rows = countRows(getLocalElements(op.getType()), work.columns);
  return work;
}

Work RmsNormOp::getWork() { return getNormWork(*this, getSquare() ? 2 : 4, "rmsnorm"); }
Work LayerNormOp::getWork() {
  double flops = (getMean() ? 3 : 6) + (getBias() ? 1 : 0);
  return getNormWork(*this, flops, "layernorm");
}

/// An addition for each element, and for a square a multiplication.
Work MomentOp::getWork() {
  Work work = getStreamingWork(*this, WorkKind::Norm, 0);
  RankedTensorType x = getX().getType();
  work.columns = std::max<int64_t>(getProduct(x.getShape().take_back(getDims())), 1);
  work.rows = countRows(getLocalElements(x), work.columns);
  auto order = static_cast<double>(getOrder());
  work.flops = getLocalElements(x) * order;
  setTotalFlops(*this, work, getGlobalElements(x) * order);
  return work;
}

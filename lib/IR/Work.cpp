//===- Work.cpp - What ops compute -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Work of each op, from its types alone. The busiest device is the first: shards
// are filled from the front, so device 0 never holds padding. The one
// exception is a causal attention kernel, whose work depends on which
// queries a device holds; there the blocks' (query, key) pairs are counted.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Work.h"
#include "dagrt/IR/Dagrt.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace dagrt;

StringRef dagrt::getWorkKindName(WorkKind kind) {
  switch (kind) {
  case WorkKind::Unknown:
    return "unknown";
  case WorkKind::None:
    return "none";
  case WorkKind::Gemm:
    return "gemm";
  case WorkKind::Attention:
    return "attention";
  case WorkKind::Softmax:
    return "softmax";
  case WorkKind::Norm:
    return "norm";
  case WorkKind::Elementwise:
    return "elementwise";
  case WorkKind::Rope:
    return "rope";
  case WorkKind::Embedding:
    return "embedding";
  }
  llvm_unreachable("all kinds have names");
}

double dagrt::getElementBytes(Type elementType) {
  if (auto complex = dyn_cast<ComplexType>(elementType))
    return 2 * getElementBytes(complex.getElementType());
  if (!elementType.isIntOrFloat())
    return 8;
  unsigned width = elementType.getIntOrFloatBitWidth();
  if (width == 2 || width == 4)
    return width / 8.0;
  return static_cast<double>(llvm::PowerOf2Ceil((width + 7) / 8));
}

/// The type that both can be converted to without loss; of integers and floats, the float.
static Type getWider(Type a, Type b) {
  if (a == b || !b.isIntOrFloat())
    return b;
  if (!a.isIntOrFloat())
    return a;
  if (isa<FloatType>(a) != isa<FloatType>(b))
    return isa<FloatType>(a) ? a : b;
  unsigned ofA = a.getIntOrFloatBitWidth(), ofB = b.getIntOrFloatBitWidth();
  if (ofA != ofB)
    return ofA > ofB ? a : b;
  // Neither of f16 and bf16 has the numbers of the other. Formats of 8 bits share their units.
  return isa<FloatType>(a) && ofA == 16 ? Float32Type::get(a.getContext()) : a;
}

Type dagrt::getProductType(Type lhs, Type rhs, Type result) {
  if (!lhs || !rhs)
    return result;
  Type type = getWider(lhs, rhs);
  return result && result.isF64() && isa<FloatType>(type) ? result : type;
}

Type dagrt::getProductType(const Work &work) {
  return getProductType(work.lhsType, work.rhsType, work.elementType);
}

/// Product of the local sizes.
static double getElements(Type type) {
  double elements = 1;
  for (int64_t size : cast<RankedTensorType>(type).getShape())
    elements *= ShapedType::isDynamic(size) ? 0.0 : static_cast<double>(size);
  return elements;
}

static double getGlobalElements(Type type) {
  double elements = 1;
  for (int64_t size : getGlobalShape(cast<RankedTensorType>(type)))
    elements *= ShapedType::isDynamic(size) ? 0.0 : static_cast<double>(size);
  return elements;
}

double dagrt::getLocalElements(Type type) { return getElements(type); }

static double getBytes(Type type) {
  return getElements(type) * getElementBytes(cast<RankedTensorType>(type).getElementType());
}

SizeProduct dagrt::getSizesOnDevice(Operation *op, Type type) {
  if (auto message = dyn_cast_or_null<MessageType>(type))
    type = message.getPayload();
  auto tensor = dyn_cast_or_null<RankedTensorType>(type);
  if (!tensor)
    return {};
  DistAttr dist = getDist(tensor);
  return SizeProduct(getLocalSizes(dist ? lookupMesh(op, dist.getMesh()) : MeshOp(), tensor));
}

SmallVector<SizeProduct, 3> dagrt::getRowsAndColumns(Operation *op) {
  if (op->getNumResults() == 0)
    return {};
  SizeProduct sizes = getSizesOnDevice(op, op->getResult(0).getType());
  if (sizes.empty())
    return {};
  SizeProduct columns = {sizes.pop_back_val()};
  return {std::move(sizes), std::move(columns)};
}

void dagrt::setTotalFlops(Operation *op, Work &work, double logicalFlops) {
  work.logicalFlops = work.totalFlops = logicalFlops;
  auto shardingOp = dyn_cast<ShardingRuleOpInterface>(op);
  DistAttr dist = getDist(op->getResult(0).getType());
  if (!dist || !shardingOp)
    return;
  MeshOp mesh = lookupMesh(op, dist.getMesh());
  ShardingRule rule = shardingOp.getShardingRule();
  // Shards of each factor, read off any dim that it appears as.
  SmallVector<int64_t, 8> shards(rule.factors.size(), 1);
  auto read = [&](Type type, ArrayRef<unsigned> dims) {
    DistAttr dist = getDist(type);
    for (auto [dim, factor] : llvm::enumerate(dims))
      shards[factor] = getNumShards(mesh, dist.getDims()[dim]);
  };
  for (auto [i, dims] : llvm::enumerate(rule.operands))
    read(op->getOperand(i).getType(), dims);
  for (auto [i, dims] : llvm::enumerate(rule.results))
    read(op->getResult(i).getType(), dims);
  double used = 1;
  for (int64_t count : shards)
    used *= count;
  work.totalFlops = logicalFlops * (mesh.getNumDevices() / used);
}

/// Rows of `columns` elements each; 0 if there are none. Sizes that overflow are reported by
/// whoever needs them.
static int64_t countRows(double elements, int64_t columns) {
  return columns > 0 ? static_cast<int64_t>(std::min(elements / double(columns), 0x1p62)) : 0;
}

Work dagrt::getStreamingWork(Operation *op, WorkKind kind, double flopsPerElement) {
  Work work;
  work.kind = kind;
  auto result = cast<RankedTensorType>(op->getResult(0).getType());
  work.elementType = result.getElementType();
  for (Type type : op->getOperandTypes())
    if (isa<RankedTensorType>(type))
      work.bytesRead += getBytes(type);
  work.bytesWritten = getBytes(result);
  work.flops = getElements(result) * flopsPerElement;
  work.columns = result.getRank() > 0 ? result.getShape().back() : 1;
  if (ShapedType::isDynamic(work.columns))
    work.columns = 0;
  work.rows = countRows(getElements(result), work.columns);
  setTotalFlops(op, work, getGlobalElements(result) * flopsPerElement);
  return work;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// Product of sizes; 0 if one is symbolic.
static int64_t getProduct(ArrayRef<int64_t> sizes) {
  int64_t product = 1;
  for (int64_t size : sizes)
    if (ShapedType::isDynamic(size) || llvm::MulOverflow(product, size, product))
      return 0;
  return product;
}

static double getGemmFlops(const GemmShape &shape) {
  return 2.0 * shape.batch * shape.m * shape.k * shape.n;
}

/// A GEMM op whose shape on one device is `local` and in the model `global`.
static Work getGemmWork(Operation *op, GemmShape local, GemmShape global) {
  Work work = getStreamingWork(op, WorkKind::Gemm, 0);
  work.lhsType = getElementTypeOrSelf(op->getOperand(0));
  work.rhsType = getElementTypeOrSelf(op->getOperand(1));
  work.gemm = local;
  work.flops = getGemmFlops(local);
  setTotalFlops(op, work, getGemmFlops(global));
  return work;
}

Work MatmulOp::getWork() {
  int64_t contract = getContract();
  auto getShape = [&](ArrayRef<int64_t> lhs, ArrayRef<int64_t> rhs) {
    return GemmShape{1, getProduct(lhs.drop_back(contract)), getProduct(rhs.take_front(contract)),
                     getProduct(rhs.drop_front(contract))};
  };
  return getGemmWork(
      *this, getShape(getLhs().getType().getShape(), getRhs().getType().getShape()),
      getShape(getGlobalShape(getLhs().getType()), getGlobalShape(getRhs().getType())));
}

SizeAttr dagrt::multiplySizes(ArrayRef<SizeAttr> sizes, MLIRContext *context) {
  SizeAttr product = SizeAttr::getConstant(context, 1);
  for (SizeAttr size : sizes) {
    if (!size)
      return size;
    product = product.times(size);
  }
  return product;
}

SmallVector<SizeProduct, 3> MatmulOp::getWorkSizes() {
  int64_t contract = getContract();
  SizeProduct lhs = getSizesOnDevice(*this, getLhs().getType());
  SizeProduct rhs = getSizesOnDevice(*this, getRhs().getType());
  ArrayRef<SizeAttr> m = ArrayRef(lhs).drop_back(contract), k = ArrayRef(rhs).take_front(contract);
  return {SizeProduct(m),
          {multiplySizes(k, getContext())},
          {multiplySizes(ArrayRef(rhs).drop_front(contract), getContext())}};
}

Work AttentionScoresOp::getWork() {
  auto getShape = [](ArrayRef<int64_t> scores, ArrayRef<int64_t> query) {
    return GemmShape{getProduct(scores.take_front(3)), scores[3], query[4], scores[4]};
  };
  return getGemmWork(*this, getShape(getType().getShape(), getQuery().getType().getShape()),
                     getShape(getGlobalShape(getType()), getGlobalShape(getQuery().getType())));
}

/// As in the literature: batch elements are rows, and heads lie side by side in the dim of
/// head_dim.
static SmallVector<SizeProduct, 3> getScoreSizes(SizeProduct query, SizeProduct key) {
  return {{query[0], query[1]}, {query[2], query[3], query[4]}, {key[1]}};
}

SmallVector<SizeProduct, 3> AttentionScoresOp::getWorkSizes() {
  return getScoreSizes(getSizesOnDevice(*this, getQuery().getType()),
                       getSizesOnDevice(*this, getKey().getType()));
}

SmallVector<SizeProduct, 3> AttentionContextOp::getWorkSizes() {
  // Weights are [batch, group, query head, query, key], values [batch, key, group, head_dim].
  SizeProduct weights = getSizesOnDevice(*this, getWeights().getType());
  SizeProduct value = getSizesOnDevice(*this, getValue().getType());
  return {{weights[0], weights[3]}, {weights[4]}, {weights[1], weights[2], value[3]}};
}

Work AttentionContextOp::getWork() {
  auto getShape = [](ArrayRef<int64_t> weights, ArrayRef<int64_t> value) {
    return GemmShape{getProduct(weights.take_front(3)), weights[3], weights[4], value[3]};
  };
  return getGemmWork(
      *this, getShape(getWeights().getType().getShape(), getValue().getType().getShape()),
      getShape(getGlobalShape(getWeights().getType()), getGlobalShape(getValue().getType())));
}

//===----------------------------------------------------------------------===//
// Fused attention
//===----------------------------------------------------------------------===//

/// Keys at positions up to p, summed over p from 0 to `end` - 1; the keys stand at 0 to
/// `keys` - 1.
static double countBefore(double end, double keys) {
  double rising = std::clamp(end, 0.0, keys);
  return rising * (rising + 1) / 2 + std::max(end - keys, 0.0) * keys;
}

/// Keys that queries at the positions `[first, first + count)` see, summed: a query at `p` sees
/// those up to `p`, but not those up to `p - window`.
static double countRun(double first, double count, double keys, double window) {
  double hidden = first - window;
  return countBefore(first + count, keys) - countBefore(first, keys) -
         (countBefore(hidden + count, keys) - countBefore(hidden, keys));
}

/// Pairs of the queries of each block of `size` queries, in order. Linear in blocks and runs, both
/// of which grow with the devices.
static SmallVector<double> countBlocks(ArrayRef<std::pair<int64_t, int64_t>> runs, int64_t size,
                                       double keys, double window) {
  SmallVector<double> blocks;
  int64_t room = 0;
  for (auto [first, count] : runs)
    while (count > 0) {
      if (room == 0) {
        blocks.push_back(0);
        room = size;
      }
      int64_t taken = std::min(count, room);
      blocks.back() += countRun(first, taken, keys, window);
      first += taken;
      count -= taken;
      room -= taken;
    }
  return blocks;
}

/// Where queries stand, relative to the first key. Positions that no `dagrt.positions` makes are
/// taken to be in order, after the past keys.
static SmallVector<std::pair<int64_t, int64_t>> getQueryRuns(AttentionOp op, int64_t queries) {
  auto ofQueries = op.getQueryPositions().getDefiningOp<PositionsOp>();
  auto ofKeys = op.getKeyPositions().getDefiningOp<PositionsOp>();
  if (!ofQueries || !ofKeys)
    return {{static_cast<int64_t>(op.getPast()), queries}};
  SmallVector<std::pair<int64_t, int64_t>> runs = {{0, queries}};
  if (TokenOrderAttr order = ofQueries.getOrderAttr())
    runs = order.getRuns(queries);
  for (auto &run : runs)
    run.first +=
        static_cast<int64_t>(ofQueries.getFirst()) - static_cast<int64_t>(ofKeys.getFirst());
  return runs;
}

/// Pairs on the busiest block of queries, and over all of them.
static std::pair<double, double> countPairs(AttentionOp op) {
  int64_t queries = getGlobalShape(op.getQuery().getType())[1];
  int64_t keys = getGlobalShape(op.getKey().getType())[1];
  double local = op.getQuery().getType().getDimSize(1);
  if (ShapedType::isDynamic(queries) || ShapedType::isDynamic(keys))
    return {0, 0};
  if (!op.getCausal())
    return {local * keys, static_cast<double>(queries) * keys};
  // Without a window, one that no query reaches back past.
  double window = static_cast<double>(op.getWindow().value_or(INT64_MAX));
  SmallVector<std::pair<int64_t, int64_t>> runs = getQueryRuns(op, queries);
  double all = 0, busiest = 0;
  for (auto [first, count] : runs)
    all += countRun(first, count, keys, window);
  int64_t size = op.getQuery().getType().getDimSize(1);
  if (size == queries || size == 0)
    return {all, all};
  for (double pairs : countBlocks(runs, size, keys, window))
    busiest = std::max(busiest, pairs);
  return {busiest, all};
}

SmallVector<SizeProduct, 3> AttentionOp::getWorkSizes() {
  return getScoreSizes(getSizesOnDevice(*this, getQuery().getType()),
                       getSizesOnDevice(*this, getKey().getType()));
}

Work AttentionOp::getWork() {
  Work work = getStreamingWork(*this, WorkKind::Attention, 0);
  ArrayRef<int64_t> q = getQuery().getType().getShape(), k = getKey().getType().getShape();
  work.lhsType = getElementTypeOrSelf(getQuery());
  work.rhsType = getElementTypeOrSelf(getKey());
  auto [busiest, all] = countPairs(*this);
  AttentionShape shape;
  shape.batch = q[0];
  shape.queries = q[1];
  shape.keys = k[1];
  shape.heads = getProduct(q.slice(2, 2));
  shape.keyHeads = k[2];
  shape.headDim = q[4];
  shape.valueDim = getValue().getType().getShape()[3];
  shape.pairs = busiest;
  shape.causal = getCausal();
  if (getWindow())
    shape.window = *getWindow();
  shape.hasOtherScores = getSoftCap() || getSlopes();
  work.attention = shape;
  // A product of 2 * head_dim FLOPs for the score of a pair, and another for its value. Softmax, a
  // soft cap and ALiBi are not matrix products, and are left out as kernels' authors do.
  double perPair = 2.0 * static_cast<double>(shape.headDim + shape.valueDim);
  work.flops = perPair * busiest * shape.batch * shape.heads;
  ArrayRef<int64_t> global = getGlobalShape(getQuery().getType());
  setTotalFlops(*this, work,
                perPair * all * global[0] * static_cast<double>(getProduct(global.slice(2, 2))));
  return work;
}

//===----------------------------------------------------------------------===//
// The others
//===----------------------------------------------------------------------===//

// FLOPs for each result element: one for each addition, multiplication, comparison or
// transcendental function in the op's formula.
static Work getElementwiseWork(Operation *op, double flopsPerElement, StringRef kernel) {
  Work work = getStreamingWork(op, WorkKind::Elementwise, flopsPerElement);
  work.kernel = kernel;
  return work;
}

Work AddOp::getWork() { return getElementwiseWork(*this, 1, "add"); }
Work MulOp::getWork() { return getElementwiseWork(*this, 1, "mul"); }
Work ReluOp::getWork() { return getElementwiseWork(*this, 1, "relu"); }
Work SiluOp::getWork() { return getElementwiseWork(*this, 4, "silu"); }
Work GeluOp::getWork() { return getElementwiseWork(*this, 8, "gelu"); }

Work ScaleOp::getWork() { return getElementwiseWork(*this, 1, ""); }
Work SoftCapOp::getWork() { return getElementwiseWork(*this, 3, ""); }

/// A soft cap takes a division, a tanh and a product more; ALiBi the distance, its product with
/// the slope, and the sum.
Work SoftmaxOp::getWork() {
  double flops = 4 + (getSoftCap() ? 3 : 0) + (getSlopes() ? 3 : 0);
  Work work = getStreamingWork(*this, WorkKind::Softmax, flops);
  work.kernel = "softmax";
  return work;
}

/// A row is a token with all its heads.
Work RopeOp::getWork() {
  Work work = getStreamingWork(*this, WorkKind::Rope, 3);
  ArrayRef<int64_t> shape = getX().getType().getShape();
  work.kernel = "rope";
  work.rows = getProduct(shape.take_front(2));
  work.columns = getProduct(shape.drop_front(2));
  return work;
}

/// Columns of a norm are all the normed dims. A norm that is given its moments is spared the
/// FLOPs that they take.
static Work getNormWork(Operation *op, int64_t normed, double flopsPerElement, StringRef kernel) {
  Work work = getStreamingWork(op, WorkKind::Norm, flopsPerElement);
  work.kernel = kernel;
  work.columns = std::max<int64_t>(
      getProduct(cast<RankedTensorType>(op->getOperand(0).getType()).getShape().take_back(normed)),
      1);
  work.rows = countRows(getElements(op->getResult(0).getType()), work.columns);
  return work;
}

Work RmsNormOp::getWork() {
  return getNormWork(*this, getNormed(), getSquare() ? 2 : 4, "rmsnorm");
}
Work LayerNormOp::getWork() {
  double flops = (getMean() ? 3 : 6) + (getBias() ? 1 : 0);
  return getNormWork(*this, getNormed(), flops, "layernorm");
}

/// An addition for each element, and for a square a multiplication.
Work MomentOp::getWork() {
  Work work = getStreamingWork(*this, WorkKind::Norm, 0);
  RankedTensorType x = getX().getType();
  work.columns = std::max<int64_t>(getProduct(x.getShape().take_back(getDims())), 1);
  work.rows = countRows(getElements(x), work.columns);
  auto order = static_cast<double>(getOrder());
  work.flops = getElements(x) * order;
  setTotalFlops(*this, work, getGlobalElements(x) * order);
  return work;
}

/// Reads the rows that are looked up, not the table.
Work EmbeddingOp::getWork() {
  Work work = getStreamingWork(*this, WorkKind::Embedding, 0);
  work.bytesRead = getBytes(getIds().getType()) + work.bytesWritten;
  return work;
}

/// A part of one dim is a view of its operand.
Work SliceOp::getWork() { return Work(); }
Work AllSliceOp::getWork() { return Work(); }

/// These move every element.
Work ConcatOp::getWork() { return getStreamingWork(*this, WorkKind::Elementwise, 0); }
Work ReorderOp::getWork() { return getStreamingWork(*this, WorkKind::Elementwise, 0); }

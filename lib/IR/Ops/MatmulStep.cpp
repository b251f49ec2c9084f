//===- MatmulStep.cpp - Matmuls in steps -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a step computes follows from its types alone; that no step is missing follows from whose sum
// it continues and who continues its own. Values that come from a call or an argument, or go to a
// call or a return, are taken as they are: outlined ops stand alone.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/MatmulStep.h"
#include "dagrt/IR/Layout.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Factors
//===----------------------------------------------------------------------===//

SmallVector<ProductFactor> dagrt::getProductFactors(int64_t lhsRank, int64_t rhsRank,
                                                    int64_t contract) {
  SmallVector<ProductFactor> factors;
  int64_t rows = lhsRank - contract;
  for (int64_t i = 0; i < rows; ++i)
    factors.push_back({ProductSide::Lhs, ProductSide::Result, i, i});
  for (int64_t i = 0; i < contract; ++i)
    factors.push_back({ProductSide::Lhs, ProductSide::Rhs, rows + i, i});
  for (int64_t i = contract; i < rhsRank; ++i)
    factors.push_back({ProductSide::Rhs, ProductSide::Result, i, rows + i - contract});
  return factors;
}

static SmallVector<ProductFactor> getFactors(MatmulStepOp op) {
  return getProductFactors(op.getLhs().getType().getRank(), op.getRhs().getType().getRank(),
                           op.getContract());
}

RankedTensorType dagrt::getSideType(MatmulStepOp op, ProductSide side) {
  if (side == ProductSide::Result)
    return op.getType();
  return side == ProductSide::Lhs ? op.getLhs().getType() : op.getRhs().getType();
}

static MeshOp getMesh(MatmulStepOp op) { return lookupMesh(op, getDist(op.getType()).getMesh()); }

static AxesAttr getAxes(MatmulStepOp op, MeshOp mesh, ProductSide side, int64_t dim) {
  return normalizeAxes(mesh, getDist(getSideType(op, side)).getDims()[dim].getAxes());
}

static bool isContracted(const ProductFactor &factor) { return factor.second == ProductSide::Rhs; }

/// The block that `factor` is sharded in; none if its two tensors are not sharded as in a ring.
static std::optional<StepBlock> matchBlock(MatmulStepOp op, MeshOp mesh,
                                           const ProductFactor &factor) {
  AxesAttr first = getAxes(op, mesh, factor.first, factor.firstDim);
  AxesAttr second = getAxes(op, mesh, factor.second, factor.secondDim);
  StepBlock block;
  block.factor = factor;
  bool isFirst = second.empty();
  AxesAttr axes = isFirst ? first : second;
  if (axes.size() != 1 || !axes.getAxes()[0].isWhole() || (isFirst ? second : first).size() != 0)
    return std::nullopt;
  block.axis = axes.getAxes()[0];
  block.holder = isFirst ? factor.first : factor.second;
  block.holderDim = isFirst ? factor.firstDim : factor.secondDim;
  block.wholeSide = isFirst ? factor.second : factor.first;
  block.wholeDim = isFirst ? factor.secondDim : factor.firstDim;
  return block;
}

std::optional<StepBlock> dagrt::getStepBlock(MatmulStepOp op) {
  if (op.getPiece())
    return std::nullopt;
  MeshOp mesh = getMesh(op);
  for (const ProductFactor &factor : getFactors(op))
    if (getAxes(op, mesh, factor.first, factor.firstDim) !=
        getAxes(op, mesh, factor.second, factor.secondDim))
      return matchBlock(op, mesh, factor);
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

/// The rows of the full right operand that a piece is.
static Range getPieceRows(MatmulStepOp op) {
  return getBlockRange(getGlobalShape(op.getRhs().getType()).front(), op.getSteps(), op.getStep());
}

SmallVector<Range> dagrt::getStepRanges(MatmulStepOp op, int64_t place) {
  MeshOp mesh = getMesh(op);
  Box boxes[3];
  for (ProductSide side : {ProductSide::Lhs, ProductSide::Rhs, ProductSide::Result})
    boxes[unsigned(side)] = Layout(mesh, getDist(getSideType(op, side))).getBox(place);
  Box ranges;
  for (const ProductFactor &factor : getFactors(op)) {
    if (op.getPiece() && isContracted(factor)) {
      ranges.push_back(getPieceRows(op));
      continue;
    }
    ranges.append(intersect(boxes[unsigned(factor.first)][factor.firstDim],
                            boxes[unsigned(factor.second)][factor.secondDim]));
  }
  return ranges;
}

SmallVector<Range> dagrt::getSideRanges(MatmulStepOp op, ProductSide side, ArrayRef<Range> ranges) {
  SmallVector<Range> result(getSideType(op, side).getRank());
  for (auto [factor, range] : llvm::zip_equal(getFactors(op), ranges)) {
    if (factor.first != side && factor.second != side)
      continue;
    Range own = range;
    if (op.getPiece() && side == ProductSide::Lhs && isContracted(factor))
      own = {0, range.size()};
    result[factor.first == side ? factor.firstDim : factor.secondDim] = own;
  }
  return result;
}

RankedTensorType dagrt::getPieceType(RankedTensorType payload, int64_t dim, int64_t piece,
                                     int64_t pieces) {
  DistAttr dist = getDist(payload);
  SmallVector<int64_t> of(dist.getOf()), shape(payload.getShape());
  of[dim] = shape[dim] = getBlockRange(of[dim], pieces, piece).size();
  // The other sizes may be symbolic.
  SmallVector<SizeAttr> symbols;
  if (ShapedType::isDynamicShape(of)) {
    symbols = getGlobalSizes(payload);
    symbols[dim] = SizeAttr::getConstant(payload.getContext(), of[dim]);
  }
  auto pieceDist = DistAttr::get(payload.getContext(), dist.getMesh(), dist.getDims(), of, symbols,
                                 dist.getPartial());
  return RankedTensorType::get(shape, payload.getElementType(), pieceDist);
}

Range dagrt::getPieceRange(RecvOp op) {
  ArrayRef<int64_t> shape = getGlobalShape(op.getMessage().getType().getPayload());
  return getBlockRange(shape[*op.getDim()], *op.getPieces(), *op.getPiece());
}

//===----------------------------------------------------------------------===//
// Verification of types
//===----------------------------------------------------------------------===//

/// matmul_step-c1
static LogicalResult verifyValues(MatmulStepOp op) {
  int64_t lhs = op.getLhs().getType().getRank(), rhs = op.getRhs().getType().getRank();
  int64_t contract = op.getContract(), most = std::min(lhs, rhs);
  if (contract < 1 || contract > most)
    return op.emitOpError() << "expects to contract 1 to " << most << " dims, got " << contract;
  if (op.getType().getRank() != lhs + rhs - 2 * contract)
    return op.emitOpError() << "expects a result of " << lhs + rhs - 2 * contract << " dims, got "
                            << op.getType();
  FlatSymbolRefAttr mesh;
  auto check = [&](RankedTensorType type, const Twine &what, bool isOperand) -> LogicalResult {
    DistAttr dist = getDist(type);
    if (!dist)
      return op.emitOpError() << "expects " << what << " to be placed, got " << type;
    if (!mesh)
      mesh = dist.getMesh();
    if (dist.getMesh() != mesh)
      return op.emitOpError() << "expects " << what << " on mesh '" << mesh << "', got '"
                              << dist.getMesh() << "'";
    if (isOperand && dist.isPartial())
      return op.emitOpError() << "expects " << what
                              << " not to be partial, got a sum not yet reduced over "
                              << dist.getPartial().str();
    return success();
  };
  if (failed(check(op.getLhs().getType(), "operand #0", true)) ||
      failed(check(op.getRhs().getType(), "operand #1", true)))
    return failure();
  return check(op.getType(), "result #0", false);
}

/// matmul_step-c1, matmul_step-c4: sizes of factors. A piece has the rows of its block.
static LogicalResult verifySizes(MatmulStepOp op) {
  auto getSize = [&](ProductSide side, int64_t dim) {
    return getGlobalShape(getSideType(op, side)).getNumbers()[dim];
  };
  for (const ProductFactor &factor : getFactors(op)) {
    int64_t first = getSize(factor.first, factor.firstDim);
    int64_t second = getSize(factor.second, factor.secondDim);
    if (op.getPiece() && isContracted(factor))
      second = getPieceRows(op).size();
    if (first == second || ShapedType::isDynamic(first) || ShapedType::isDynamic(second))
      continue;
    InFlightDiagnostic error = op.emitOpError();
    if (op.getPiece() && isContracted(factor))
      error << "expects a piece of " << second << " elements, block " << op.getStep() << " of "
            << op.getSteps() << " of the " << getSize(factor.second, factor.secondDim)
            << " that are contracted, got " << first;
    else
      error << "expects a dim of " << first << " elements in both of its tensors, got " << second;
    error.attachNote(op.getLhs().getLoc()) << "left operand defined here";
    error.attachNote(op.getRhs().getLoc()) << "right operand defined here";
    return error;
  }
  return success();
}

/// matmul_step-c2: finds the one factor that is held in blocks; a piece has none.
static FailureOr<std::optional<StepBlock>> verifyCuts(MatmulStepOp op, MeshOp mesh) {
  std::optional<StepBlock> block;
  for (const ProductFactor &factor : getFactors(op)) {
    AxesAttr first = getAxes(op, mesh, factor.first, factor.firstDim);
    AxesAttr second = getAxes(op, mesh, factor.second, factor.secondDim);
    if (first == second)
      continue;
    std::optional<StepBlock> found = matchBlock(op, mesh, factor);
    if (found && !block && !op.getPiece()) {
      block = found;
      continue;
    }
    InFlightDiagnostic error = op.emitOpError();
    if (op.getPiece())
      error << "expects every dim of a matmul of pieces to be sharded alike in both of its tensors";
    else
      error << "expects one dim to be sharded over one full axis in one tensor and replicated "
               "in the other, and all others to be sharded alike";
    error << ", got a dim sharded over " << first.str() << " and " << second.str();
    error.attachNote(op.getLhs().getLoc()) << "left operand defined here";
    error.attachNote(op.getRhs().getLoc()) << "right operand defined here";
    return failure();
  }
  if (!block && !op.getPiece())
    return op.emitOpError() << "expects one dim to be sharded over one full axis in one "
                               "tensor and replicated in the other, got none";
  return block;
}

/// matmul_step-c3
static LogicalResult verifyStep(MatmulStepOp op, MeshOp mesh,
                                const std::optional<StepBlock> &block) {
  int64_t step = op.getStep(), steps = op.getSteps();
  if (steps < 1 || step < 0 || step >= steps)
    return op.emitOpError() << "expects a step from 0 to " << std::max<int64_t>(steps, 1) - 1
                            << ", got " << step;
  if (!block)
    return success();
  int64_t size = mesh.getAxisSize(block->axis.getName());
  if (steps != size)
    return op.emitOpError() << "expects as many steps as there are blocks over "
                            << block->axis.str() << ", " << size << ", got " << steps;
  int64_t rotation = block->isTravelling() ? steps - 1 - step : step;
  if (block->axis.getRotation() == rotation)
    return success();
  InFlightDiagnostic error = op.emitOpError() << "expects step " << step << " of " << steps
                                              << " to have blocks rotated by " << rotation;
  error << ", got " << block->axis.str();
  if (!block->isTravelling())
    error.attachNote(op->getOperand(unsigned(block->holder)).getLoc())
        << "operand defined here; 'dagrt.shift' brings the next block";
  return error;
}

/// matmul_step-c3: the matmul's pending sum, of which a travelling block collects the terms.
static LogicalResult verifyPartial(MatmulStepOp op, MeshOp mesh,
                                   const std::optional<StepBlock> &block) {
  AxesAttr partial = AxesAttr::get(op.getContext(), {});
  for (const ProductFactor &factor : getFactors(op))
    if (isContracted(factor) &&
        (!block || block->factor.firstDim != factor.firstDim || !isContracted(block->factor)))
      partial = concatAxes(mesh, partial, getAxes(op, mesh, factor.first, factor.firstDim));
  if (block && block->isTravelling()) {
    AxesAttr axis = AxesAttr::get(
        op.getContext(), AxisRefAttr::get(op.getContext(), block->axis.getName(), 0, 0, 0));
    std::optional<AxesAttr> rest = removeAxes(mesh, partial, axis);
    if (!rest)
      return op.emitOpError() << "expects a matmul that is a sum over " << axis.str()
                              << ", of which blocks of the result collect the terms, got one over "
                              << partial.str();
    partial = *rest;
  }
  AxesAttr actual = getDist(op.getType()).getPartial();
  if (isSameSet(mesh, actual, partial))
    return success();
  return op.emitOpError() << "expects a result partial over " << partial.str() << ", got "
                          << actual.str();
}

/// matmul_step-c4
static LogicalResult verifyPiece(MatmulStepOp op, MeshOp mesh) {
  if (!op.getPiece())
    return success();
  int64_t contract = op.getContract();
  if (contract != 1)
    return op.emitOpError() << "expects a matmul of pieces to contract 1 dim, got " << contract;
  AxesAttr axes = getAxes(op, mesh, ProductSide::Rhs, 0);
  if (!axes.empty())
    return op.emitOpError()
           << "expects a matmul of pieces to contract a dim that is replicated on each "
              "device, got one sharded over "
           << axes.str();
  int64_t rows = getGlobalShape(op.getRhs().getType()).front(), steps = op.getSteps();
  if (ShapedType::isDynamic(rows) || getBlockRange(rows, steps, steps - 1).size() > 0)
    return success();
  return op.emitOpError() << "expects " << steps << " pieces of at least 1 element, got " << rows
                          << " elements";
}

//===----------------------------------------------------------------------===//
// Verification of the chain of steps
//===----------------------------------------------------------------------===//

/// An argument, or an op of another dialect: what stands behind it is not looked into.
static bool isOpaque(Operation *op) {
  return !op || !isa_and_nonnull<DagrtDialect>(op->getDialect());
}

/// The steps of one ring agree in all but the block they take.
static bool isSameRing(MatmulStepOp a, MatmulStepOp b) {
  return a.getSteps() == b.getSteps() && a.getPiece() == b.getPiece() &&
         a.getContract() == b.getContract();
}

/// True if `next` is what the step after one with `before` reads on the same side.
static bool isNextOperand(MatmulStepOp op, Value before, Value next, bool moves) {
  if (!moves)
    return before == next;
  Operation *producer = next.getDefiningOp();
  if (isOpaque(producer))
    return true;
  if (!op.getPiece())
    return isa<ShiftOp>(producer) && producer->getOperand(0) == before;
  auto recv = dyn_cast<RecvOp>(producer);
  auto last = before.getDefiningOp<RecvOp>();
  return recv && recv.getPiece() == op.getStep() &&
         (!last || last.getMessage() == recv.getMessage());
}

/// matmul_step-c5
static LogicalResult verifyAccumulator(MatmulStepOp op, const std::optional<StepBlock> &block) {
  bool travels = block && block->isTravelling();
  int64_t stride = travels ? 2 : 1, step = op.getStep();
  if (!op.getAcc()) {
    if (step < stride)
      return success();
    return op.emitOpError() << "expects step " << step << " to continue the sum of step "
                            << step - stride << ", got no 'into'";
  }
  auto fail = [&]() {
    InFlightDiagnostic error = op.emitOpError();
    error.attachNote(op.getAcc().getLoc()) << "sum defined here";
    return error;
  };
  if (step < stride)
    return fail() << "expects step " << step << " to begin a sum, got one that it continues";
  if (op.getAcc().getType() != op.getType())
    return fail() << "expects a sum of the result's type " << op.getType() << ", got "
                  << op.getAcc().getType();
  Operation *producer = op.getAcc().getDefiningOp();
  if (travels && isa_and_nonnull<ShiftOp>(producer))
    producer = producer->getOperand(0).getDefiningOp();
  if (isOpaque(producer))
    return success();
  auto before = dyn_cast<MatmulStepOp>(producer);
  if (!before || static_cast<int64_t>(before.getStep()) != step - stride || !isSameRing(before, op))
    return fail() << "expects to continue the sum of step " << step - stride << " of "
                  << op.getSteps() << ", got one by '" << producer->getName() << "'";
  bool movesLhs = op.getPiece() || (block && block->holder == ProductSide::Lhs);
  bool movesRhs = block && block->holder == ProductSide::Rhs;
  if (isNextOperand(op, before.getLhs(), op.getLhs(), movesLhs) &&
      isNextOperand(op, before.getRhs(), op.getRhs(), movesRhs))
    return success();
  return fail() << "expects the operands of step " << step - stride
                << ", the next block of one of them, got others";
}

/// matmul_step-c6
static LogicalResult verifyUse(MatmulStepOp op, const std::optional<StepBlock> &block) {
  bool travels = block && block->isTravelling();
  if (!travels && op.getStep() + 1 >= op.getSteps())
    return success();
  // What the value may pass on its way.
  bool mayShift = travels;
  for (Value value = op.getResult();;) {
    Operation *user = value.hasOneUse() ? *value.user_begin() : nullptr;
    if (auto shift = dyn_cast_or_null<ShiftOp>(user); shift && mayShift) {
      value = shift.getResult();
      mayShift = false;
      continue;
    }
    auto next = dyn_cast_or_null<MatmulStepOp>(user);
    if (user && (isOpaque(user) || (next && next.getAcc() == value) ||
                 (travels && isa<MatmulJoinOp>(user))))
      return success();
    InFlightDiagnostic error = op.emitOpError()
                               << "expects a sum that lacks steps to be continued once, got ";
    if (user)
      error << "a use by '" << user->getName() << "'";
    else
      error << llvm::range_size(value.getUses()) << " uses";
    for (Operation *other : value.getUsers())
      error.attachNote(other->getLoc()) << "used here";
    return error;
  }
}

LogicalResult MatmulStepOp::verify() { return verifyValues(*this); }

LogicalResult MatmulStepOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (failed(verifyPlacedType(*this, getLhs().getType(), "operand #0", symbols)) ||
      failed(verifyPlacedType(*this, getRhs().getType(), "operand #1", symbols)) ||
      failed(verifyPlacedType(*this, getType(), "result #0", symbols)))
    return failure();
  MeshOp mesh = lookupMesh(*this, getDist(getType()).getMesh(), symbols);
  // The number of steps is a divisor of what follows.
  if (static_cast<int64_t>(getSteps()) < 1)
    return verifyStep(*this, mesh, std::nullopt);
  FailureOr<std::optional<StepBlock>> block = verifyCuts(*this, mesh);
  if (failed(block) || failed(verifyStep(*this, mesh, *block)) ||
      failed(verifyPiece(*this, mesh)) || failed(verifySizes(*this)) ||
      failed(verifyPartial(*this, mesh, *block)))
    return failure();
  if (failed(verifyAccumulator(*this, *block)))
    return failure();
  return verifyUse(*this, *block);
}

LogicalResult MatmulJoinOp::verifySymbolUses(SymbolTableCollection &) {
  // matmul_join-c1
  Operation *last = getLhs().getDefiningOp(), *moved = getRhs().getDefiningOp();
  if (isOpaque(last) || isOpaque(moved))
    return success();
  auto shift = dyn_cast<ShiftOp>(moved);
  if (shift && isOpaque(shift.getOperand().getDefiningOp()))
    return success();
  auto end = dyn_cast<MatmulStepOp>(last);
  auto other = shift ? shift.getOperand().getDefiningOp<MatmulStepOp>() : MatmulStepOp();
  if (end && other && !end.getPiece() && end.getStep() + 1 == end.getSteps() &&
      other.getStep() + 2 == end.getSteps() && isSameRing(end, other) &&
      end.getLhs() == other.getLhs() && end.getRhs() == other.getRhs())
    return success();
  InFlightDiagnostic error = emitOpError()
                             << "expects the last step of a ring and the shifted sum of the step "
                                "before it, got '"
                             << last->getName() << "' and '" << moved->getName() << "'";
  error.attachNote(getLhs().getLoc()) << "left operand defined here";
  error.attachNote(getRhs().getLoc()) << "right operand defined here";
  return error;
}

//===----------------------------------------------------------------------===//
// Work
//===----------------------------------------------------------------------===//

/// As of the matmul, with the block that a device multiplies in place of the full dim.
SmallVector<SizeProduct, 3> MatmulStepOp::getWorkSizes() {
  std::optional<StepBlock> block = getStepBlock(*this);
  SizeProduct m, k, n;
  for (const ProductFactor &factor : getFactors(*this)) {
    bool isBlock =
        block && block->factor.first == factor.first && block->factor.firstDim == factor.firstDim;
    ProductSide side = isBlock ? block->holder : factor.first;
    int64_t dim = isBlock ? block->holderDim : factor.firstDim;
    SizeAttr size = getSizesOnDevice(*this, getSideType(*this, side))[dim];
    (isContracted(factor) ? k : factor.first == ProductSide::Lhs ? m : n).push_back(size);
  }
  return {m, {multiplySizes(k, getContext())}, {multiplySizes(n, getContext())}};
}

Work MatmulStepOp::getWork() {
  MeshOp mesh = getMesh(*this);
  std::optional<StepBlock> block = getStepBlock(*this);
  GemmShape local;
  local.m = local.k = local.n = 1;
  double logical = 2, shards = 1;
  bool isKnown = true;
  for (const ProductFactor &factor : getFactors(*this)) {
    bool isBlock =
        block && block->factor.first == factor.first && block->factor.firstDim == factor.firstDim;
    ProductSide side = isBlock ? block->holder : factor.first;
    int64_t dim = isBlock ? block->holderDim : factor.firstDim;
    int64_t size = getSideType(*this, side).getDimSize(dim);
    int64_t whole = getGlobalShape(getSideType(*this, side))[dim];
    if (ShapedType::isDynamic(size) || ShapedType::isDynamic(whole)) {
      isKnown = false;
      continue;
    }
    logical *= static_cast<double>(whole);
    if (!isBlock)
      shards *= static_cast<double>(getNumShards(mesh, getAxes(*this, mesh, side, dim)));
    int64_t &product = isContracted(factor)               ? local.k
                       : factor.first == ProductSide::Lhs ? local.m
                                                          : local.n;
    if (llvm::MulOverflow(product, size, product))
      isKnown = false;
  }
  if (!isKnown)
    local = {1, 0, 0, 0}, logical = 0;
  Work work;
  work.kind = WorkKind::Gemm;
  work.elementType = getType().getElementType();
  work.lhsType = getLhs().getType().getElementType();
  work.rhsType = getRhs().getType().getElementType();
  work.gemm = local;
  double m = local.m, k = local.k, n = local.n;
  work.flops = 2 * m * k * n;
  work.bytesWritten = m * n * getElementBytes(work.elementType);
  work.bytesRead = m * k * getElementBytes(work.lhsType) + k * n * getElementBytes(work.rhsType) +
                   (getAcc() ? work.bytesWritten : 0);
  // The blocks of a ring's step are, over all devices, the full dim once for each block.
  work.logicalFlops = block ? logical / static_cast<double>(getSteps()) : logical;
  work.totalFlops = work.logicalFlops * static_cast<double>(mesh.getNumDevices()) / shards;
  return work;
}

/// Part of the sum of a matmul, whose FLOPs the steps count: the model knows nothing of it.
Work MatmulJoinOp::getWork() {
  Work work = getStreamingWork(*this, WorkKind::Elementwise, 1);
  work.logicalFlops = work.totalFlops = 0;
  return work;
}

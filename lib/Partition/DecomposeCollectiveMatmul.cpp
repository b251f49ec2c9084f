//===- DecomposeCollectiveMatmul.cpp - Matmuls that hide communication -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A device that waits for a gathered operand, or for the reduction of a result, computes
// nothing meanwhile. In steps it multiplies the block that is there while the next one is on its
// way. What is issued first matters, since resources serve in program order: the next block's shift
// is before the matmuls of this one.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Layout.h"
#include "dagrt/IR/MatmulStep.h"
#include "dagrt/Partition/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"

namespace dagrt {
#define GEN_PASS_DEF_DECOMPOSECOLLECTIVEMATMULPASS
#include "dagrt/Partition/Passes.h.inc"
} // namespace dagrt

using namespace mlir;
using namespace dagrt;

namespace {
/// Decomposes the collectives and messages of one function.
class Decomposer {
public:
  explicit Decomposer(func::FuncOp func) : func(func), builder(func.getContext()) {
    func.walk([&](Operation *op) { places[op] = static_cast<int64_t>(places.size()); });
  }

  void decompose(AllGatherOp op);
  void decompose(ReduceScatterOp op);
  void decompose(RecvOp op);

private:
  /// Why the matmuls that read `value` are not computed in steps; empty if they can be.
  std::string collectReaders(Value value, SmallVectorImpl<MatmulOp> &readers);
  std::string makeAvailable(ArrayRef<MatmulOp> readers);
  void place(Value value, Operation *at) { places[value.getDefiningOp()] = places.lookup(at); }
  Value makeShift(Value value, int64_t dim, int64_t by, Operation *like);
  Value makeStep(MatmulOp op, Value lhs, Value acc, int64_t step, int64_t steps, Type type,
                 bool piece);
  void replaceReaders(ArrayRef<MatmulOp> readers, ArrayRef<Value> sums);
  void remarkDone(Operation *op, int64_t steps, size_t products);
  void remarkKept(Operation *op, StringRef why);
  remark::RemarkOpts name(StringRef event) {
    return remark::RemarkOpts::name(event).category("partition").function(func.getName());
  }

  func::FuncOp func;
  OpBuilder builder;
  /// The order of the ops as the function was: what is made or moved later has the number of what
  /// it stands before. A block's own order is counted again after each move.
  llvm::DenseMap<Operation *, int64_t> places;
};
} // namespace

//===----------------------------------------------------------------------===//
// Remarks
//===----------------------------------------------------------------------===//

void Decomposer::remarkDone(Operation *op, int64_t steps, size_t products) {
  remark::passed(op->getLoc(), name("Decomposed"))
      << remark::add("'{0}' and {1} matmuls become {2} steps each", op->getName().getStringRef(),
                     products, steps)
      << remark::metric("Steps", steps);
}

void Decomposer::remarkKept(Operation *op, StringRef why) {
  remark::missed(op->getLoc(), name("NotDecomposed"))
      << remark::add("'{0}' is not decomposed: {1}", op->getName().getStringRef(), why);
}

//===----------------------------------------------------------------------===//
// Building steps
//===----------------------------------------------------------------------===//

/// What is said about `from` holds for each of its parts, but for how long it takes.
static void copyAttributes(Operation *from, Operation *to) {
  NamedAttrList attributes(from->getDiscardableAttrDictionary());
  attributes.erase(DagrtDialect::kCostAttrName);
  attributes.erase(DagrtDialect::kTimingAttrName);
  to->setDiscardableAttrs(attributes.getDictionary(from->getContext()));
}

/// `type` with dim `dim` sharded over `axis`, rotated by `rotation`.
static RankedTensorType rotate(MeshOp mesh, RankedTensorType type, int64_t dim, AxisRefAttr axis,
                               int64_t rotation) {
  MLIRContext *context = type.getContext();
  Layout layout(mesh, getDist(type));
  layout.setDim(dim,
                AxesAttr::get(context, AxisRefAttr::get(context, axis.getName(), 0, 0, rotation)));
  return layout.getType(type.getElementType());
}

Value Decomposer::makeShift(Value value, int64_t dim, int64_t by, Operation *like) {
  MeshOp mesh = lookupMesh(func, getDist(value.getType()).getMesh());
  auto shift = ShiftOp::create(builder, like->getLoc(), mesh, value, dim, by);
  copyAttributes(like, shift);
  return shift;
}

Value Decomposer::makeStep(MatmulOp op, Value lhs, Value acc, int64_t step, int64_t steps,
                           Type type, bool piece) {
  auto result = MatmulStepOp::create(builder, op.getLoc(), type, lhs, op.getRhs(), acc, step, steps,
                                     piece, op.getContract());
  copyAttributes(op, result);
  return result;
}

void Decomposer::replaceReaders(ArrayRef<MatmulOp> readers, ArrayRef<Value> sums) {
  for (auto [reader, sum] : llvm::zip_equal(readers, sums)) {
    place(sum, readers.front());
    MatmulOp(reader).getResult().replaceAllUsesWith(sum);
    MatmulOp(reader).erase();
  }
}

//===----------------------------------------------------------------------===//
// Conditions
//===----------------------------------------------------------------------===//

/// A time that was given for an op cannot be divided.
static bool hasGivenTime(Operation *op) {
  CostAttr cost = getCost(op);
  return cost && cost.isGiven();
}

static bool isPartial(Value value) { return getDist(value.getType()).isPartial(); }

/// The one full axis of at least two devices that `axes` are; null if they are not.
static AxisRefAttr getRingAxis(MeshOp mesh, AxesAttr axes) {
  axes = normalizeAxes(mesh, axes.getAxes());
  if (axes.size() != 1 || !axes.getAxes()[0].isWhole() || axes.getAxes()[0].getRotation() != 0)
    return {};
  return axes.getAxes()[0];
}

std::string Decomposer::collectReaders(Value value, SmallVectorImpl<MatmulOp> &readers) {
  if (value.use_empty())
    return "nothing reads it";
  if (isPartial(value))
    return "it is a sum not yet reduced";
  for (OpOperand &use : value.getUses()) {
    auto matmul = dyn_cast<MatmulOp>(use.getOwner());
    if (!matmul)
      return ("'" + use.getOwner()->getName().getStringRef() + "' needs all of it").str();
    if (use.getOperandNumber() != 0)
      return "a matmul reads it as its right operand";
    if (isPartial(matmul.getRhs()))
      return "a matmul multiplies it by a sum not yet reduced";
    if (hasGivenTime(matmul))
      return "the time of a matmul was given";
    readers.push_back(matmul);
  }
  llvm::sort(readers, [&](MatmulOp a, MatmulOp b) { return places.lookup(a) < places.lookup(b); });
  return "";
}

/// The steps of all matmuls are where the first matmul is; their right operands must be
/// there.
std::string Decomposer::makeAvailable(ArrayRef<MatmulOp> readers) {
  Operation *first = readers.front();
  auto isLate = [&](MatmulOp reader) {
    Operation *producer = reader.getRhs().getDefiningOp();
    return producer && producer->getBlock() == first->getBlock() &&
           places.lookup(first) < places.lookup(producer);
  };
  for (MatmulOp reader : readers)
    if (isLate(reader) && !reader.getRhs().getDefiningOp<ParameterOp>())
      return "the right operand of one matmul is computed after another matmul";
  for (MatmulOp reader : readers)
    if (isLate(reader)) {
      reader.getRhs().getDefiningOp()->moveBefore(first);
      place(reader.getRhs(), first);
    }
  builder.setInsertionPoint(first);
  return "";
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

/// all_gather + matmuls -> steps, each with the block that a shift has brought.
void Decomposer::decompose(AllGatherOp op) {
  if (hasGivenTime(op))
    return remarkKept(op, "its time was given");
  DistAttr dist = getDist(op.getOperand().getType());
  MeshOp mesh = lookupMesh(op, dist.getMesh());
  int64_t dim = op.getDim();
  AxisRefAttr axis = getRingAxis(mesh, dist.getDims()[dim]);
  if (!axis || !normalizeAxes(mesh, getDist(op.getType()).getDims()[dim].getAxes()).empty())
    return remarkKept(op, "its dim is not sharded over one full axis");
  SmallVector<MatmulOp> readers;
  std::string why = collectReaders(op.getResult(), readers);
  if (why.empty())
    why = makeAvailable(readers);
  if (!why.empty())
    return remarkKept(op, why);
  int64_t steps = mesh.getAxisSize(axis.getName());
  SmallVector<Value> sums(readers.size());
  Value block = op.getOperand();
  for (int64_t step = 0; step < steps; ++step) {
    Value next = step + 1 < steps ? makeShift(block, dim, 1, op) : Value();
    for (auto [reader, sum] : llvm::zip_equal(readers, sums))
      sum = makeStep(reader, block, sum, step, steps, reader.getType(), /*piece=*/false);
    block = next;
  }
  remarkDone(op, steps, readers.size());
  replaceReaders(readers, sums);
  op.erase();
}

/// matmul + reduce_scatter -> steps of two sums that shift in turn, and their join.
void Decomposer::decompose(ReduceScatterOp op) {
  if (hasGivenTime(op))
    return remarkKept(op, "its time was given");
  MeshOp mesh = lookupMesh(op, getDist(op.getType()).getMesh());
  int64_t dim = op.getDim();
  AxisRefAttr axis = getRingAxis(mesh, op.getAxes());
  if (!axis || getRingAxis(mesh, getDist(op.getType()).getDims()[dim]) != axis)
    return remarkKept(op, "its dim is not sharded over one full axis");
  auto matmul = op.getOperand().getDefiningOp<MatmulOp>();
  if (!matmul)
    return remarkKept(op, "its operand is not a matmul");
  if (!matmul.getResult().hasOneUse())
    return remarkKept(op, "the matmul has other uses");
  if (hasGivenTime(matmul))
    return remarkKept(op, "the time of its matmul was given");
  if (isPartial(matmul.getLhs()) || isPartial(matmul.getRhs()))
    return remarkKept(op, "the matmul has an operand that is a sum not yet reduced");
  builder.setInsertionPoint(matmul);
  int64_t steps = mesh.getAxisSize(axis.getName());
  SmallVector<Value> moved;
  Value last;
  for (int64_t step = 0; step < steps; ++step) {
    RankedTensorType type = rotate(mesh, op.getType(), dim, axis, steps - 1 - step);
    Value sum = step < 2 ? Value() : moved[step - 2];
    last = makeStep(matmul, matmul.getLhs(), sum, step, steps, type, /*piece=*/false);
    if (step + 1 < steps)
      moved.push_back(makeShift(last, dim, step + 2 < steps ? -2 : -1, op));
  }
  auto join = MatmulJoinOp::create(builder, op.getLoc(), op.getType(), last, moved.back());
  copyAttributes(matmul, join);
  remarkDone(op, steps, 1);
  place(join, matmul);
  op.getResult().replaceAllUsesWith(join);
  op.erase();
  matmul.erase();
}

/// recv + matmuls -> a step for each piece that arrives.
void Decomposer::decompose(RecvOp op) {
  if (hasGivenTime(op))
    return remarkKept(op, "its time was given");
  auto send = op.getMessage().getDefiningOp<SendOp>();
  if (op.getPiece() || !send)
    return;
  auto type = cast<RankedTensorType>(op.getType());
  DistAttr source = getDist(send.getOperand().getType());
  MeshOp from = lookupMesh(op, source.getMesh()), to = lookupMesh(op, getDist(type).getMesh());
  int64_t dim = type.getRank() - 1;
  int64_t pieces = dim < 0 ? 1 : getNumShards(from, source.getDims()[dim]);
  if (pieces < 2)
    return remarkKept(op, "what is sent is not sharded along its last dim");
  if (getNumShards(to, getDist(type).getDims()[dim]) > 1)
    return remarkKept(op, "what arrives is sharded along its last dim");
  int64_t size = getGlobalShape(type)[dim];
  if (ShapedType::isDynamic(size))
    return remarkKept(op, "its last dim is symbolic");
  if (getBlockRange(size, pieces, pieces - 1).size() == 0)
    return remarkKept(op, "some pieces would be empty");
  SmallVector<MatmulOp> readers;
  std::string why = collectReaders(op.getResult(), readers);
  if (why.empty() && llvm::any_of(readers, [](MatmulOp m) { return m.getContract() != 1; }))
    why = "a matmul contracts several dims";
  if (why.empty())
    why = makeAvailable(readers);
  if (!why.empty())
    return remarkKept(op, why);
  SmallVector<Value> sums(readers.size());
  for (int64_t piece = 0; piece < pieces; ++piece) {
    auto part =
        RecvOp::create(builder, op.getLoc(), op.getMessage(), builder.getI64IntegerAttr(dim),
                       builder.getI64IntegerAttr(piece), builder.getI64IntegerAttr(pieces));
    copyAttributes(op, part);
    for (auto [reader, sum] : llvm::zip_equal(readers, sums))
      sum = makeStep(reader, part, sum, piece, pieces, reader.getType(), /*piece=*/true);
  }
  remarkDone(op, pieces, readers.size());
  replaceReaders(readers, sums);
  op.erase();
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {
struct DecomposeCollectiveMatmul final
    : dagrt::impl::DecomposeCollectiveMatmulPassBase<DecomposeCollectiveMatmul> {
  using DecomposeCollectiveMatmulPassBase::DecomposeCollectiveMatmulPassBase;

  bool wants(DecomposedOp kind) { return kinds.empty() || llvm::is_contained(kinds, kind); }

  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal())
        decompose(func);
  }

  void decompose(func::FuncOp func) {
    SmallVector<Operation *> ops;
    func.walk([&](Operation *op) {
      if (isa<AllGatherOp, ReduceScatterOp, RecvOp>(op))
        ops.push_back(op);
    });
    Decomposer decomposer(func);
    for (Operation *op : ops) {
      if (auto gather = dyn_cast<AllGatherOp>(op); gather && wants(DecomposedOp::AllGather))
        decomposer.decompose(gather);
      else if (auto scatter = dyn_cast<ReduceScatterOp>(op);
               scatter && wants(DecomposedOp::ReduceScatter))
        decomposer.decompose(scatter);
      else if (auto recv = dyn_cast<RecvOp>(op); recv && wants(DecomposedOp::Recv))
        decomposer.decompose(recv);
    }
  }
};
} // namespace

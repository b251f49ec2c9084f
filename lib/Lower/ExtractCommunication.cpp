//===- ExtractCommunication.cpp - Messages of one device -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every device numbers the pieces of every op, whether it takes part or not, so that both sides of
// a message know its tag. All-reduces are one call of the runtime; whatever else communicates is a
// list of boxes.
//
//===----------------------------------------------------------------------===//

#include "RankExtractor.h"
#include "dagrt/IR/MatmulStep.h"

using namespace mlir;
using namespace dagrt;

void RankExtractor::exchange(ArrayRef<RankPiece> pieces, int64_t firstTag, Value operand,
                             Type elementType) {
  for (auto [i, piece] : llvm::enumerate(pieces))
    if (piece.receiver == device && piece.sender != device)
      calls.post(getRank(piece.sender), firstTag + i, piece.source, elementType);
  if (!llvm::is_contained(llvm::map_range(pieces, [](auto &piece) { return piece.sender; }),
                          device))
    return;
  Value buffer = calls.getBuffer(operand);
  for (auto [i, piece] : llvm::enumerate(pieces))
    if (piece.sender == device)
      calls.send(getRank(piece.receiver), firstTag + i, buffer, piece.source);
}

Value RankExtractor::makeTarget(ArrayRef<RankPiece> pieces, RankedTensorType type, bool sums) {
  int64_t missing = type.getNumElements();
  for (const RankPiece &piece : pieces)
    if (piece.receiver == device)
      missing -= piece.target.getNumElements();
  Type elementType = sums ? getSumType(type.getElementType()) : type.getElementType();
  return calls.makeBuffer(type.getShape(), elementType, /*zero=*/sums || missing > 0);
}

/// all_gather, all_to_all, shift; reduce_scatter, where pieces are terms of a sum.
Value RankExtractor::extractCollective(Operation *op, AxesAttr axes, bool sums) {
  std::vector<RankPiece> pieces =
      getCollectivePieces(getPlaced(op->getOperand(0)), getPlaced(op->getResult(0)), axes);
  int64_t firstTag = nextTag;
  nextTag += pieces.size();
  if (!findPlace(op->getResult(0).getType()))
    return {};
  RankedTensorType type = getLocalType(getCarriedType(op->getResult(0).getType()));
  calls.begin(number);
  exchange(pieces, firstTag, mapping.lookup(op->getOperand(0)), type.getElementType());
  Value target = makeTarget(pieces, type, sums);
  for (auto [i, piece] : llvm::enumerate(pieces)) {
    if (piece.receiver != device)
      continue;
    int64_t peer = getRank(piece.sender), tag = firstTag + static_cast<int64_t>(i);
    if (sums)
      calls.accumulate(peer, tag, target, piece.target, type.getElementType());
    else
      calls.receive(peer, tag, target, piece.target);
  }
  Value result = calls.getTensor(target);
  if (result.getType() != type)
    result = arith::TruncFOp::create(builder, loc, type, result);
  calls.end(number);
  return result;
}

Value RankExtractor::extractAllReduce(AllReduceOp op) {
  int64_t tag = nextTag;
  nextTag += 2;
  std::optional<int64_t> place = findPlace(op.getType());
  if (!place)
    return {};
  MeshOp mesh = getPlaced(op.getOperand()).mesh;
  std::vector<SmallVector<int64_t>> groups = getGroups(mesh, op.getAxes());
  SmallVector<int64_t> group;
  for (int64_t member : groups[*place])
    group.push_back(getRank(mesh.getDevices()[member]));
  RankedTensorType type = getLocalType(op.getType());
  calls.begin(number);
  Value source = calls.getBuffer(mapping.lookup(op.getOperand()));
  Value target = calls.makeBuffer(type.getShape(), type.getElementType(), /*zero=*/false);
  calls.allReduce(group, tag, source, target);
  Value result = calls.getTensor(target);
  calls.end(number);
  return result;
}

void RankExtractor::extractSend(SendOp op) {
  auto payload = getCarriedType(op.getMessage().getType());
  std::vector<RankPiece> pieces =
      getMessagePieces(getPlaced(op.getOperand()), PlacedType(placed, payload));
  int64_t firstTag = sendTags[op] = nextTag;
  nextTag += pieces.size();
  bool sends = findPlace(op.getOperand().getType()).has_value();
  if (sends)
    calls.begin(number);
  exchange(pieces, firstTag, mapping.lookupOrNull(op.getOperand()),
           convert(payload.getElementType()));
  if (sends)
    calls.end(number);
}

/// Moves a box of the payload into the piece of it that `op` receives; false if it lies in another.
/// What a sender sends lies in one piece: the sent value is cut into as many shards.
static bool takePiece(RecvOp op, LocalBox &box) {
  if (!op.getPiece())
    return true;
  dagrt::Range piece = getPieceRange(op);
  int64_t &offset = box.offsets[*op.getDim()];
  if (offset < piece.begin || offset >= piece.end)
    return false;
  offset -= piece.begin;
  return true;
}

Value RankExtractor::extractRecv(RecvOp op) {
  if (!findPlace(op.getType()))
    return {};
  auto send = op.getMessage().getDefiningOp<SendOp>();
  auto payload = getCarriedType(op.getMessage().getType());
  std::vector<RankPiece> pieces =
      getMessagePieces(getPlaced(send.getOperand()), PlacedType(placed, payload));
  std::vector<std::pair<int64_t, RankPiece>> own;
  for (auto [i, piece] : llvm::enumerate(pieces))
    if (piece.receiver == device && takePiece(op, piece.target))
      own.push_back({sendTags[send] + static_cast<int64_t>(i), piece});
  std::vector<RankPiece> boxes;
  for (auto &[tag, piece] : own)
    boxes.push_back(piece);
  calls.begin(number);
  Value target = makeTarget(boxes, getLocalType(op.getType()), /*sums=*/false);
  for (auto &[tag, piece] : own)
    calls.receive(getRank(piece.sender), tag, target, piece.target);
  Value result = calls.getTensor(target);
  calls.end(number);
  return result;
}

//===- TokenOrderAttr.cpp - Orders of tokens -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Which token stands where in an order that gives each block a cheap and a dear part of a causal
// mask.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/DagrtAttributes.h"

#include "mlir/IR/OpImplementation.h"

#include <algorithm>

using namespace mlir;
using namespace dagrt;

std::string TokenOrderAttr::str() const { return "zigzag<" + std::to_string(getBlocks()) + ">"; }

FailureOr<TokenOrderAttr> TokenOrderAttr::parseOrder(AsmParser &parser) {
  int64_t blocks = 0;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword("zigzag") || parser.parseLess() || parser.parseInteger(blocks) ||
      parser.parseGreater())
    return failure();
  auto order = parser.getChecked<TokenOrderAttr>(loc, parser.getContext(), blocks);
  if (!order)
    return failure();
  return order;
}

LogicalResult TokenOrderAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t blocks) {
  // Each block is a run of tokens on a device, and there are no more devices than this.
  constexpr int64_t kMostBlocks = 1 << 20;
  if (blocks < 1 || blocks > kMostBlocks)
    return emitError() << "expects 1 to " << kMostBlocks << " blocks, got " << blocks;
  return success();
}

/// First token and size of chunk `i` of `chunks`; the first `tokens mod chunks` are the longer
/// ones.
static std::pair<int64_t, int64_t> getChunk(int64_t i, int64_t chunks, int64_t tokens) {
  int64_t size = tokens / chunks, longer = tokens % chunks;
  return {i * size + std::min(i, longer), size + (i < longer)};
}

SmallVector<std::pair<int64_t, int64_t>> TokenOrderAttr::getRuns(int64_t tokens) const {
  SmallVector<std::pair<int64_t, int64_t>> runs;
  int64_t chunks = 2 * getBlocks();
  for (int64_t i = 0; i < getBlocks(); ++i)
    for (int64_t chunk : {i, chunks - 1 - i})
      if (auto run = getChunk(chunk, chunks, tokens); run.second > 0)
        runs.push_back(run);
  return runs;
}

int64_t TokenOrderAttr::getPositionOf(int64_t index, int64_t tokens) const {
  int64_t position = 0;
  for (auto [first, count] : getRuns(tokens)) {
    if (index >= first && index < first + count)
      return position + index - first;
    position += count;
  }
  return position;
}

SizeAttr TokenOrderAttr::getLastPosition(SizeAttr tokens) const {
  // Of 2P chunks the last stands after the first, which is the longer one. Fewer tokens than chunks
  // are a chunk each: up to P they stand in their own order, and of more than P the last stands
  // after the chunk that it shares a block with. Where one of the two cases does not
  // hold, its position is not above the other's.
  int64_t chunks = 2 * getBlocks();
  SizeAttr chunked = tokens.ceilDiv(chunks).plus(tokens.floorDiv(chunks)).plus(-1);
  SizeAttr single = tokens.plus(-1).min(tokens.times(-1).plus(chunks + 1));
  return chunked.max(single);
}

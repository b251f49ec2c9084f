//===- TokenOrderAttr.cpp - Orders of tokens -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An order is runs of consecutive tokens, one after the other: `zigzag` has two of them for each
// block, `striped` one for each stripe of each shard.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Dagrt.h"

#include "mlir/IR/DialectImplementation.h"

#include <algorithm>

using namespace mlir;
using namespace dagrt;

std::string TokenOrderAttr::str() const {
  if (isStriped())
    return "striped<" + std::to_string(getBlocks()) + ", " + std::to_string(getStripe()) + ">";
  return "zigzag<" + std::to_string(getBlocks()) + ">";
}

FailureOr<TokenOrderAttr> TokenOrderAttr::parseOrder(AsmParser &parser) {
  int64_t blocks = 0, stripe = 0;
  StringRef name;
  SMLoc loc = parser.getCurrentLocation();
  if (failed(parser.parseOptionalKeyword(&name, {"zigzag", "striped"})))
    return parser.emitError(loc) << "expects 'zigzag<blocks>' or 'striped<shards, tokens>'";
  if (parser.parseLess() || parser.parseInteger(blocks))
    return failure();
  if (name == "striped" && (parser.parseComma() || parser.parseInteger(stripe)))
    return failure();
  if (parser.parseGreater())
    return failure();
  if (name == "striped" && stripe < 1)
    return parser.emitError(loc) << "expects stripes of at least 1 token, got " << stripe;
  auto order = TokenOrderAttr::getChecked([&]() { return parser.emitError(loc); },
                                          parser.getContext(), blocks, stripe);
  if (!order)
    return failure();
  return order;
}

Attribute TokenOrderAttr::parse(AsmParser &parser, Type) {
  if (parser.parseLess())
    return {};
  FailureOr<TokenOrderAttr> order = parseOrder(parser);
  if (failed(order) || parser.parseGreater())
    return {};
  return *order;
}

void TokenOrderAttr::print(AsmPrinter &printer) const { printer << '<' << str() << '>'; }

LogicalResult TokenOrderAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t blocks,
                                     int64_t stripe) {
  // Each block is a run of tokens on a device, and there are no more devices than this.
  constexpr int64_t kMostBlocks = 1 << 20;
  if (blocks < 1 || blocks > kMostBlocks)
    return emitError() << "expects 1 to " << kMostBlocks << (stripe ? " shards" : " blocks")
                       << ", got " << blocks;
  if (stripe < 0 || stripe > kMostBlocks)
    return emitError() << "expects stripes of 1 to " << kMostBlocks << " tokens, got " << stripe;
  return success();
}

/// First token and size of chunk `i` of `chunks`; the first `tokens mod chunks` are the longer
/// ones.
static std::pair<int64_t, int64_t> getChunk(int64_t i, int64_t chunks, int64_t tokens) {
  int64_t size = tokens / chunks, longer = tokens % chunks;
  return {i * size + std::min(i, longer), size + (i < longer)};
}

/// Stripes of `stripe` tokens, dealt to the shards in turn: the runs of a shard, then those of the
/// next one.
static SmallVector<std::pair<int64_t, int64_t>> getStripes(int64_t tokens, int64_t shards,
                                                           int64_t stripe) {
  SmallVector<std::pair<int64_t, int64_t>> runs;
  for (int64_t shard = 0; shard < shards; ++shard)
    for (int64_t first = shard * stripe; first < tokens; first += shards * stripe)
      runs.push_back({first, std::min(stripe, tokens - first)});
  return runs;
}

SmallVector<std::pair<int64_t, int64_t>> TokenOrderAttr::getRuns(int64_t tokens) const {
  if (isStriped())
    return getStripes(tokens, getBlocks(), getStripe());
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
  if (isStriped())
    return tokens.isConstant()
               ? SizeAttr::getConstant(getContext(),
                                       getPositionOf(tokens.getValue() - 1, tokens.getValue()))
               : SizeAttr();
  // Of 2P chunks the last stands after the first, which is the longer one. Fewer tokens than chunks
  // are a chunk each: up to P they stand in their own order, and of more than P the last stands
  // after the chunk that it shares a block with. Where one of the two cases does not
  // hold, its position is not above the other's.
  int64_t chunks = 2 * getBlocks();
  SizeAttr chunked = tokens.ceilDiv(chunks).plus(tokens.floorDiv(chunks)).plus(-1);
  SizeAttr single = tokens.plus(-1).min(tokens.times(-1).plus(chunks + 1));
  return chunked.max(single);
}

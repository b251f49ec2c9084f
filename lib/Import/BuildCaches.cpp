//===- BuildCaches.cpp - Arguments and results of a step -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A step of decoding is a function from caches to caches. Its arguments are the new tokens, their
// positions, and the keys and values of each layer; its results the output and the caches with the
// new rows in. The cache of a window has as many slots as the window and the new tokens see
// together, and its slots are used in turn; with fewer, new tokens would overwrite keys that the
// first of them still sees.
//
//===----------------------------------------------------------------------===//

#include "DecoderBuilder.h"

using namespace mlir;
using namespace dagrt;

/// Slots of a cache: for all tokens, or for those that a window sees.
GlobalSize DecoderBuilder::getNumSlots(bool isWindow) const {
  if (!isWindow)
    return capacity;
  MLIRContext *context = loc.getContext();
  SizeAttr seen = SizeAttr::getConstant(context, spec.window + *options.newTokens - 1);
  return fromSize(toSize(context, capacity).min(seen));
}

/// Tokens in a cache when the step's own are in it.
SizeAttr DecoderBuilder::getVisible() const {
  return toSize(loc.getContext(), context).plus(*options.newTokens);
}

/// Tokens and, with a cache, their positions and the caches of all layers.
void DecoderBuilder::addArguments(func::FuncOp function) {
  Block &body = function.getBody().front();
  SmallVector<Attribute> attributes;
  auto add = [&](Type type, StringRef role, SlotsAttr slots = {}) {
    NamedAttrList own;
    if (!role.empty())
      own.set(DagrtDialect::kRoleAttrName, RoleAttr::get(builder.getContext(), role, layer));
    if (slots)
      own.set(DagrtDialect::kSlotsAttrName, slots);
    attributes.push_back(own.getDictionary(builder.getContext()));
    return body.addArgument(type, loc);
  };
  auto finish = [&]() {
    layer = -1;
    function.setFunctionType(builder.getFunctionType(body.getArgumentTypes(), TypeRange()));
    function.setArgAttrsAttr(builder.getArrayAttr(attributes));
  };
  if (spec.vocabulary > 0)
    add(getType({batch, tokens}, builder.getI32Type()), "");
  else
    add(getType(getTokenShape(spec.hidden)), "");
  bool reads = spec.causal || spec.rope || spec.localRope || spec.positions;
  if (options.phase == Phase::Prefill) {
    if (reads)
      positions = create<PositionsOp>("positions", getType({tokens}, builder.getI32Type()), 0,
                                      TokenOrderAttr());
    return finish();
  }
  positions = add(getType({batch, tokens}, builder.getI32Type()), "positions");
  Type element =
      options.kvDtype.empty() ? elementType : getElementType(options.kvDtype, builder.getContext());
  for (layer = 0; layer < spec.layers; ++layer) {
    SlotsAttr slots = SlotsAttr::get(builder.getContext(), {}, {}, isWindowed());
    Type type = getType({batch, getNumSlots(isWindowed()), spec.groups, spec.headDim}, element);
    for (StringRef role : {"attention.cache.key", "attention.cache.value"})
      caches.push_back(add(type, (role + Twine(isWindowed() ? ".window" : "")).str(), slots));
  }
  finish();
}

/// The positions of the current layer's slots, as they are when the step's tokens are in.
Value DecoderBuilder::getSlotPositions() {
  Value &slots = isWindowed() ? windowSlots : fullSlots;
  if (slots)
    return slots;
  // One for all layers, before the first that reads it.
  int64_t current = layer;
  GlobalSize size = getNumSlots(isWindowed());
  bool isWindow = isWindowed();
  layer = -1;
  Type type = builder.getI32Type();
  slots = create<PositionsOp>("positions", getType({size}, type), 0, TokenOrderAttr());
  if (isWindow)
    slots = create<RollingPositionsOp>("positions", getType({batch, size}, type), slots, positions,
                                       toSize(loc.getContext(), size));
  layer = current;
  return slots;
}

/// The cache of the current layer with new rows in.
Value DecoderBuilder::updateCache(StringRef role, Value rows) {
  unsigned number = 2 * layer + (role.ends_with("value") ? 1 : 0);
  BlockArgument cache = caches[number];
  std::string name = (role + Twine(isWindowed() ? ".window" : "")).str();
  Value updated = create<CacheUpdateOp>(name, cache.getType(), cache, rows, getSlotPositions(),
                                        positions, builder.getUnitAttr());
  returned.push_back(
      {updated, cache.getArgNumber(), SlotsAttr::get(builder.getContext(), {}, {}, isWindowed())});
  return updated;
}

/// What a prefill hands on: all rows, or the last ones that a window still sees.
void DecoderBuilder::keepCache(StringRef role, Value rows) {
  MLIRContext *context = loc.getContext();
  SizeAttr first;
  if (isWindowed()) {
    SizeAttr all = toSize(context, tokens);
    SizeAttr kept = all.min(SizeAttr::getConstant(context, std::max<int64_t>(spec.window - 1, 1)));
    first = all.minus(kept);
    rows = create<SliceOp>((role + ".window").str(),
                           getType({batch, fromSize(kept), spec.groups, spec.headDim}), rows, 1,
                           first);
    if (first.isConstant() && first.getValue() == 0)
      first = {};
  }
  returned.push_back({rows, std::nullopt, SlotsAttr::get(context, first, {}, false)});
}

/// Returns the output and the caches.
void DecoderBuilder::setResults(func::FuncOp function, Value output) {
  SmallVector<Value> results = {output};
  for (const ReturnedCache &cache : returned)
    results.push_back(cache.value);
  auto op = func::ReturnOp::create(builder, loc, results);
  function.setFunctionType(
      builder.getFunctionType(function.getArgumentTypes(), op.getOperandTypes()));
  if (returned.empty())
    return;
  SmallVector<Attribute> attributes = {builder.getDictionaryAttr({})};
  for (const ReturnedCache &cache : returned) {
    NamedAttrList own;
    own.set(DagrtDialect::kSlotsAttrName, cache.slots);
    if (cache.argument)
      own.set(DagrtDialect::kUpdatesAttrName, builder.getI64IntegerAttr(*cache.argument));
    attributes.push_back(own.getDictionary(builder.getContext()));
  }
  function.setResAttrsAttr(builder.getArrayAttr(attributes));
}

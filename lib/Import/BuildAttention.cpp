//===- BuildAttention.cpp - Attention of a decoder -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Projections to heads, what is done to queries and keys, and attention itself, fused or
// decomposed. Key/value heads, the query heads that share one, and their elements are dims of
// their own, wherever the checkpoint keeps them.
//
//===----------------------------------------------------------------------===//

#include "DecoderBuilder.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

static constexpr unsigned kQuery = 0, kKey = 1, kValue = 2;

/// Where queries, keys or values lie in the stored projection.
StoredOutputs DecoderBuilder::getHeadOutputs(unsigned which) const {
  int64_t g = spec.groups, q = spec.queriesPerGroup, d = spec.headDim;
  Sizes sizes = which == kQuery ? Sizes{g, q, d} : Sizes{g, d};
  StoredOutputs outputs = getWholeOutputs(sizes);
  if (spec.packing == QKVPacking::Concatenated) {
    outputs.total = (g * q + 2 * g) * d;
    outputs.offset = which == kQuery ? 0 : (g * q + (which == kKey ? 0 : g)) * d;
  } else if (spec.packing == QKVPacking::PerGroup) {
    // One key/value head after the other, each behind the queries that share it.
    int64_t step = (q + 2) * d;
    outputs = {g * step, which == kQuery ? 0 : (q + which - 1) * d, {step, 1}};
    if (which == kQuery)
      outputs.strides = {step, d, 1};
  }
  return outputs;
}

/// Queries, keys or values of all heads, with their bias, norm and rotation.
Value DecoderBuilder::buildHeads(unsigned which, Value x) {
  static constexpr StringLiteral roles[] = {"attention.query", "attention.key", "attention.value"};
  const WeightNames &names = spec.names;
  StringRef part = which == kQuery ? names.query : which == kKey ? names.key : names.value;
  std::string role = roles[which].str();
  Sizes out = {spec.groups, spec.headDim};
  if (which == kQuery)
    out = {spec.groups, spec.queriesPerGroup, spec.headDim};
  StoredOutputs stored = getHeadOutputs(which);
  Value heads = createLinear(role, x, part, spec.hidden, out, stored);
  if (spec.qkvBias)
    heads = createBias(role + ".bias", heads, part, out, stored);
  if (which == kValue)
    return heads;
  if (spec.headNorm)
    heads =
        createHeadNorm(role + ".norm", heads, which == kQuery ? names.queryNorm : names.keyNorm);
  const RopeSpec *rope = findRope();
  if (!rope)
    return heads;
  return create<RopeOp>(role + ".rope", heads.getType(), heads, positions, getRope(*rope));
}

/// The norm of queries or keys. One of all heads has a role of its own: a partition that shards
/// heads shards the dims it takes the mean over.
Value DecoderBuilder::createHeadNorm(StringRef role, Value heads, StringRef part) {
  // Sizes of the heads, without batch and tokens.
  Sizes sizes(cast<RankedTensorType>(heads.getType()).getShape().drop_front(2));
  std::string name = role.str();
  int64_t normed = 1;
  if (spec.headNormSpan == HeadNormSpan::Head)
    sizes = {spec.headDim};
  if (spec.headNormSpan == HeadNormSpan::AllHeads) {
    name += ".full";
    normed = sizes.size();
  }
  return createNorm(name, *spec.headNorm, heads, part, sizes, normed, spec.headNormBias);
}

/// The rotary embeddings of the current layer, null if it has none.
const RopeSpec *DecoderBuilder::findRope() const {
  LayerRope which = spec.layerRopes.empty() ? LayerRope::Usual : spec.layerRopes[layer];
  if (which == LayerRope::None)
    return nullptr;
  const std::optional<RopeSpec> &rope = which == LayerRope::Local ? spec.localRope : spec.rope;
  return rope ? &*rope : nullptr;
}

RopeAttr DecoderBuilder::getRope(const RopeSpec &rope) const {
  SmallVector<double> factors = rope.factors;
  if (rope.scaling == RopeScaling::longrope) {
    // The longer sequences have factors of their own.
    bool isLong = *options.seqLen > rope.originalLength;
    factors = isLong ? rope.longFactors : rope.shortFactors;
    factors.insert(factors.begin(), isLong ? rope.longScale : rope.shortScale);
  }
  MLIRContext *context = loc.getContext();
  return RopeAttr::get(context, rope.theta, rope.dims, /*at=*/0, rope.interleaved, rope.scaling,
                       DenseF64ArrayAttr::get(context, factors));
}

double DecoderBuilder::getScale() const {
  double scale = spec.scale != 0 ? spec.scale : 1 / std::sqrt(static_cast<double>(spec.headDim));
  return spec.scaleByLayer ? scale / static_cast<double>(layer + 1) : scale;
}

Value DecoderBuilder::buildAttentionCore(Value query, Value key, Value value) {
  Value seen = spec.causal || spec.alibi ? positions : Value(), keys = seen;
  GlobalSize numKeys = tokens;
  SizeAttr visible;
  StringRef suffix = "";
  if (options.phase != Phase::Prefill) {
    // The new keys are in the cache before queries look at it: they see each other, too.
    key = updateCache("attention.cache.key", key);
    value = updateCache("attention.cache.value", value);
    keys = getSlotPositions();
    numKeys = getNumSlots(isWindowed());
    visible = getVisible();
    suffix = isWindowed() ? ".window" : "";
  } else if (options.keepsCache) {
    keepCache("attention.cache.key", key);
    keepCache("attention.cache.value", value);
  }
  IntegerAttr window;
  if (isWindowed())
    window = builder.getI64IntegerAttr(spec.window);
  UnitAttr causal = spec.causal ? builder.getUnitAttr() : UnitAttr();
  FloatAttr scale = builder.getF64FloatAttr(getScale());
  FloatAttr cap = spec.scoreCap > 0 ? builder.getF64FloatAttr(spec.scoreCap) : FloatAttr();
  if (options.attention == AttentionForm::Fused) {
    auto core = create<AttentionOp>(("attention.core" + suffix).str(), query.getType(), query, key,
                                    value, seen, keys, slopes, causal, window, cap, scale);
    core.setVisibleAttr(visible);
    return core.getResult();
  }
  Type scoresType = getType({batch, spec.groups, spec.queriesPerGroup, tokens, numKeys});
  Value scores = create<AttentionScoresOp>("attention.scores", scoresType, query, key, scale);
  Value weights = create<SoftmaxOp>("attention.softmax", scoresType, scores, seen, keys, slopes,
                                    /*mask=*/Value(), /*sink=*/Value(), causal, window, cap);
  return create<AttentionContextOp>("attention.context", query.getType(), weights, value);
}

/// Attention of the normed residual, without the output projection's bias.
Value DecoderBuilder::buildAttention(Value x) {
  Value query = buildHeads(kQuery, x);
  Value key = buildHeads(kKey, x);
  Value value = buildHeads(kValue, x);
  Value context = buildAttentionCore(query, key, value);
  return createLinear("attention.output", context, spec.names.output,
                      {spec.groups, spec.queriesPerGroup, spec.headDim}, spec.hidden,
                      getWholeOutputs(spec.hidden));
}

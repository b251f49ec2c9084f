//===- DecoderSpec.cpp - A dense decoder as data -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What is done with a spec before it is built: making it small, completing the
// options from it, and checking that no tensor of the model gets too large to be
// described.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Import/DecoderSpec.h"

#include "ConfigText.h"

#include "dagrt/Support/ElementTypeNames.h"

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"

#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Shrinking
//===----------------------------------------------------------------------===//

/// `size` times `numerator / denominator`, rounded, at least 1.
static int64_t scaleSize(int64_t size, int64_t numerator, int64_t denominator) {
  double scaled = std::round(static_cast<double>(size) * numerator / denominator);
  return std::max<int64_t>(1, static_cast<int64_t>(std::min(scaled, 4096.0)));
}

/// `count` of the values, evenly spaced.
static SmallVector<double> sample(ArrayRef<double> values, int64_t count) {
  SmallVector<double> result;
  for (int64_t i = 0; i < count && !values.empty(); ++i)
    result.push_back(values[i * values.size() / count]);
  return result;
}

/// Lengths of the small model: windows and rotary extensions begin well inside the default
/// length of a small sequence, so that they change its numbers.
static constexpr int64_t kSmallPositions = 64, kSmallOriginal = 8, kSmallWindow = 5;

static void shrinkRope(RopeSpec &rope, int64_t headDim, int64_t newHeadDim) {
  int64_t dims = scaleSize(rope.dims, newHeadDim, headDim) / 2 * 2;
  rope.dims = std::max<int64_t>(2, dims);
  rope.shortFactors = sample(rope.shortFactors, rope.dims / 2);
  rope.longFactors = sample(rope.longFactors, rope.dims / 2);
  if (rope.originalLength == 0)
    return;
  rope.originalLength = kSmallOriginal;
  if (rope.scaling == RopeScaling::llama3 || rope.scaling == RopeScaling::yarn)
    rope.factors[3] = static_cast<double>(kSmallOriginal);
}

/// Eight devices, the partitions' default, must be able to shard the heads: a mesh shards key/value
/// heads first, and the queries of each where it is a multiple of their number. Odd counts stay odd
/// and even ones even; one key/value head stays one.
static void shrinkHeads(DecoderSpec &spec) {
  bool isShared = spec.queriesPerGroup > 1;
  bool isOdd = spec.queriesPerGroup % 2 != 0;
  if (spec.groups % 2 != 0 && (spec.groups > 1 || !isShared)) {
    spec.groups = 9;
    spec.queriesPerGroup = isShared ? (isOdd ? 3 : 2) : 1;
  } else if (!isShared) {
    spec.groups = 8;
  } else if (spec.groups == 1) {
    spec.queriesPerGroup = isOdd ? 9 : 8;
  } else {
    spec.groups = 2;
    spec.queriesPerGroup = isOdd ? 5 : 4;
  }
}

DecoderSpec dagrt::shrinkDecoder(DecoderSpec spec) {
  int64_t width = spec.getNumHeads() * spec.headDim, hidden = spec.hidden;
  int64_t oldHeadDim = spec.headDim;
  shrinkHeads(spec);
  spec.headDim = std::min<int64_t>(spec.headDim, 8);
  spec.hidden = scaleSize(spec.getNumHeads() * spec.headDim, hidden, width);
  // An odd width, for the uneven shards that FFNs get when devices do not divide it.
  spec.ffn = std::max<int64_t>(9, scaleSize(spec.hidden, spec.ffn, hidden) | 1);
  if (spec.vocabulary > 0)
    spec.vocabulary = std::clamp<int64_t>(spec.vocabulary, 9, 101);
  spec.batch = std::min<int64_t>(spec.batch, 2);
  // One for each of two stages.
  constexpr int64_t layers = 2;
  if (!spec.slides.empty())
    // The kinds of the first and of the last layer.
    spec.slides = {spec.slides.front(), spec.slides.back()};
  spec.slides.resize(spec.slides.empty() ? 0 : layers);
  if (!spec.layerRopes.empty())
    spec.layerRopes = {spec.layerRopes.front(), spec.layerRopes.back()};
  spec.layerRopes.resize(spec.layerRopes.empty() ? 0 : layers);
  spec.layers = layers;
  if (spec.window > 0)
    spec.window = spec.window < spec.maxPositions ? kSmallWindow : kSmallPositions;
  if (spec.rope)
    shrinkRope(*spec.rope, oldHeadDim, spec.headDim);
  if (spec.localRope)
    shrinkRope(*spec.localRope, oldHeadDim, spec.headDim);
  spec.maxPositions = std::min(spec.maxPositions, kSmallPositions);
  if (spec.positions)
    spec.positions->rows = spec.maxPositions + spec.positions->first;
  return spec;
}

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

Type dagrt::getElementType(StringRef name, MLIRContext *context) {
  Type type = parseElementType(name, context);
  return isa_and_nonnull<FloatType>(type) ? type : Type();
}

/// Checks that the product of the sizes is below `2^bits`.
static LogicalResult verifyProduct(Location loc, StringRef what, ArrayRef<int64_t> sizes,
                                   unsigned bits) {
  int64_t product = 1;
  bool overflows = false;
  for (int64_t size : sizes)
    overflows |= llvm::MulOverflow(product, size, product);
  if (!overflows && product < (int64_t(1) << bits))
    return success();
  InFlightDiagnostic error = emitError(loc) << "expects " << what << " of fewer than 2^" << bits
                                            << " elements, got ";
  llvm::interleave(sizes, [&](int64_t size) { error << size; }, [&]() { error << " x "; });
  return error;
}

/// Checks the largest tensors, of symbolic sizes those of the default binding. The bounds keep the
/// parameters of 10,000 layers, and the bytes of each activation, below 2^63.
static LogicalResult verifySizes(const DecoderSpec &spec, const ImportOptions &options,
                                 Location loc) {
  // A step with a cache has as many keys as a sequence of its context and new tokens has.
  int64_t batch = *options.batch, tokens = *options.seqLen, heads = spec.getNumHeads();
  if (options.capacity &&
      failed(
          verifyProduct(loc, "a cache", {batch, *options.capacity, spec.groups, spec.headDim}, 59)))
    return failure();
  constexpr unsigned kWeightBits = 45, kActivationBits = 59;
  if (failed(verifyProduct(loc, "an embedding table",
                           {std::max<int64_t>(spec.vocabulary, 1), spec.hidden}, kWeightBits)) ||
      failed(
          verifyProduct(loc, "a projection", {spec.hidden, heads, spec.headDim, 3}, kWeightBits)) ||
      failed(verifyProduct(loc, "an FFN weight", {spec.hidden, spec.ffn, 2}, kWeightBits)) ||
      failed(verifyProduct(loc, "activations", {batch, tokens, heads, spec.headDim},
                           kActivationBits)) ||
      failed(verifyProduct(loc, "activations", {batch, tokens, std::max(spec.hidden, spec.ffn)},
                           kActivationBits)))
    return failure();
  if (options.attention == AttentionForm::Decomposed &&
      failed(
          verifyProduct(loc, "attention scores", {batch, heads, tokens, tokens}, kActivationBits)))
    return failure();
  if (*options.logits == LogitsForm::None)
    return success();
  int64_t rows = *options.logits == LogitsForm::All ? tokens : 1;
  return verifyProduct(loc, "logits", {batch, rows, spec.vocabulary}, kActivationBits);
}

/// Checks what the options ask of this decoder.
static LogicalResult verifyOptions(const DecoderSpec &spec, const ImportOptions &options,
                                   Location loc) {
  if (*options.batch < 1)
    return emitError(loc) << "expects a batch of at least 1, got " << *options.batch;
  if (*options.seqLen < 1)
    return emitError(loc) << "expects a sequence of at least 1 token, got " << *options.seqLen;
  if (spec.positions && *options.seqLen > spec.maxPositions)
    return emitError(loc) << "expects a sequence of at most " << spec.maxPositions
                          << " tokens, the model's table of positions, got " << *options.seqLen;
  if (spec.lengthLimited && *options.seqLen > spec.maxPositions)
    return emitError(loc) << "expects a sequence of at most " << spec.maxPositions
                          << " tokens: beyond it the model changes its rotation or its scores by "
                             "the length, got "
                          << *options.seqLen;
  if (spec.vocabulary == 0 && *options.logits != LogitsForm::None)
    return emitError(loc) << "expects logits=none for a model without a vocabulary, got logits="
                          << (*options.logits == LogitsForm::All ? "all" : "last");
  auto isLong = [](const std::optional<RopeSpec> &rope) {
    return rope && rope->scaling == RopeScaling::longrope;
  };
  bool isSymbolic = options.isSeqLenSymbolic || options.isContextSymbolic;
  if (isSymbolic && (isLong(spec.rope) || isLong(spec.localRope)))
    return emitError(loc) << "expects a number as sequence length where longrope chooses its "
                             "factors by it, got a symbolic "
                          << (options.isContextSymbolic ? "context" : "length");
  return success();
}

/// The longest sequence that the positions were made for, extensions included.
static double getLongestSequence(const DecoderSpec &spec) {
  double longest = static_cast<double>(spec.maxPositions);
  if (!spec.rope || spec.rope->factors.empty())
    return longest;
  double factor = spec.rope->factors.front();
  if (spec.rope->scaling == RopeScaling::linear)
    return longest * factor;
  if (spec.rope->scaling == RopeScaling::yarn)
    return std::max(longest, spec.rope->originalLength * factor);
  return longest;
}

/// Rotary positions go on beyond what the model was made for, but its answers do not.
static void warnOfLength(const DecoderSpec &spec, const ImportOptions &options, Location loc) {
  double longest = getLongestSequence(spec);
  if (options.shrink || spec.positionsKey.empty() ||
      static_cast<double>(*options.seqLen) <= longest)
    return;
  emitWarning(loc) << "expects a sequence of at most " << static_cast<int64_t>(longest)
                   << " tokens, which the model was made for ('" << spec.positionsKey << "'), got "
                   << *options.seqLen;
}

/// Checks what was asked for of a step with a cache, and sets what was left open. The sequence is
/// then the tokens in the cache and the new ones.
static LogicalResult resolveCache(const DecoderSpec &spec, ImportOptions &options, Location loc) {
  StringRef phase = options.phase == Phase::Decode ? "decode" : "extend";
  if (options.seqLen || options.isSeqLenSymbolic)
    return emitError(loc) << "expects --context and --new-tokens with --phase=" << phase
                          << ", got --seq-len";
  if (!spec.causal)
    return emitError(loc) << "expects a model with causal attention with --phase=" << phase
                          << ": a query that sees later tokens cannot read a cache";
  int64_t longest = std::min<int64_t>(options.shrink ? 16 : 2048, spec.maxPositions);
  if (!options.newTokens)
    options.newTokens = options.phase == Phase::Decode ? 1 : std::min<int64_t>(512, longest);
  if (!options.context)
    options.context = std::max<int64_t>(longest - *options.newTokens, 1);
  int64_t end = *options.context + *options.newTokens;
  if (options.capacity && !options.isCapacitySymbolic && !options.isContextSymbolic &&
      *options.capacity < end)
    return emitError(loc) << "expects a capacity of at least " << end << " slots, the "
                          << *options.context << " tokens in the cache and " << *options.newTokens
                          << " new ones, got " << *options.capacity;
  options.seqLen = end;
  return success();
}

/// Checks that nothing of a cache was asked for of a prefill.
static LogicalResult refuseCache(const ImportOptions &options, Location loc) {
  auto refuse = [&](bool isGiven, StringRef option) -> LogicalResult {
    if (!isGiven)
      return success();
    return emitError(loc) << "expects --phase=decode or --phase=extend with --" << option
                          << ": a prefill starts without a cache";
  };
  return success(succeeded(refuse(options.context || options.isContextSymbolic, "context")) &&
                 succeeded(refuse(options.newTokens.has_value(), "new-tokens")) &&
                 succeeded(refuse(options.capacity || options.isCapacitySymbolic, "capacity")) &&
                 succeeded(refuse(!options.kvDtype.empty(), "kv-dtype")));
}

FailureOr<ImportOptions> dagrt::resolveOptions(const DecoderSpec &spec, ImportOptions options,
                                               Location loc) {
  if (!options.batch)
    options.batch = spec.batch;
  if (failed(options.phase == Phase::Prefill ? refuseCache(options, loc)
                                             : resolveCache(spec, options, loc)))
    return failure();
  if (!options.seqLen)
    options.seqLen = std::min<int64_t>(options.shrink ? 16 : 2048, spec.maxPositions);
  if (!options.kvDtype.empty() && !getElementType(options.kvDtype, loc.getContext()))
    return emitError(loc) << "expects --kv-dtype of bf16, f16, f32, f64, f8E4M3FN or f8E5M2, got '"
                          << formatKey(options.kvDtype) << "'";
  if (!options.logits && options.phase == Phase::Decode && spec.vocabulary > 0)
    options.logits = LogitsForm::All;
  if (!options.logits)
    options.logits = spec.vocabulary == 0 ? LogitsForm::None : LogitsForm::Last;
  std::string dtype = options.dtype;
  if (dtype.empty())
    dtype = spec.dtype.empty() ? "bf16" : spec.dtype;
  options.dtype = dtype;
  if (!getElementType(dtype, loc.getContext()))
    return emitError(loc) << "expects an element type of bf16, f16, f32, f64, f8E4M3FN or f8E5M2, "
                             "or another of their names (bfloat16, fp16, float16, fp8), got '"
                          << formatKey(dtype) << "'";
  if (failed(verifyOptions(spec, options, loc)) || failed(verifySizes(spec, options, loc)))
    return failure();
  warnOfLength(spec, options, loc);
  return options;
}

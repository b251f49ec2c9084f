//===- DecoderSpec.h - A dense decoder as data -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All that distinguishes one dense decoder from another. A family of models is a
// small function that fills a spec from its config; one builder turns any
// spec into the logical form.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IMPORT_DECODERSPEC_H
#define DAGRT_IMPORT_DECODERSPEC_H

#include "dagrt/IR/DagrtAttributes.h"
#include "dagrt/Import/ImportHFConfig.h"

#include "mlir/IR/Types.h"

#include "llvm/ADT/SmallVector.h"

namespace dagrt {

enum class NormKind { RMS, Layer };

/// Where the norms of a layer stand.
enum class NormPlacement {
  Before, ///< Attention and FFN read the normed residual.
  After,  ///< They read the residual itself; what each adds to it is normed.
  Both,   ///< Normed before, and again before it is added.
};

/// What a norm of queries and keys takes its mean over.
enum class HeadNormSpan {
  Head,        ///< Each head alone; one weight of head_dim elements for all of them.
  HeadWeights, ///< Each head alone, with a weight of its own.
  AllHeads,    ///< All heads of a token at once.
};

/// The rotary embeddings of a layer.
enum class LayerRope {
  Usual, ///< `DecoderSpec::rope`
  Local, ///< `DecoderSpec::localRope`
  None,
};

enum class ActivationKind { Silu, Gelu, GeluTanh, Relu, ReluSquared };

/// How a checkpoint stores the matrix of a linear map.
enum class StoredLayout {
  OutIn, ///< `[out, in]`, as torch's Linear does.
  InOut, ///< `[in, out]`, as GPT-2's Conv1D does.
  Same,  ///< In the shape of the parameter.
};

/// How a checkpoint stores the projections to queries, keys and values.
enum class QKVPacking {
  Separate,     ///< Three weights.
  Concatenated, ///< One weight: all queries, then all keys, then all values.
  PerGroup,     ///< One weight: queries, key and value of the first key/value head, then of the
                ///< second, ...
};

/// What a checkpoint calls its weights, without `.weight` and `.bias`. Those from `attentionNorm`
/// to `down` belong to a layer and follow `<layer>.<number>.`; packed weights share one name.
struct WeightNames {
  std::string tokens, positions, layer;
  std::string attentionNorm, query, key, value, queryNorm, keyNorm, output;
  std::string ffnNorm, gate, up, down;
  std::string finalNorm, head;
  /// Norms of what attention and FFN add to the residual.
  std::string attentionPostNorm, ffnPostNorm;
  std::string embeddingNorm;
};

/// Rotary embeddings.
struct RopeSpec {
  double theta = 10000;
  /// Rotated dims of each head.
  int64_t dims = 0;
  bool interleaved = false;
  RopeScaling scaling = RopeScaling::none;
  /// As in `#dagrt.rope`; not used by longrope.
  llvm::SmallVector<double> factors;
  /// Sequence length before the extension of llama3, yarn and longrope.
  int64_t originalLength = 0;
  /// Divisors of longrope for sequences up to the original length, and beyond, and what they scale
  /// the rotated elements by.
  llvm::SmallVector<double> shortFactors, longFactors;
  double shortScale = 1, longScale = 1;
};

/// A learned table of positions: token 0 reads row `first`.
struct LearnedPositions {
  int64_t rows = 0, first = 0;
};

/// ALiBi, as in `dagrt.alibi_slopes`.
struct AlibiSpec {
  double biasMax = 8, scale = 1;
};

/// A dense decoder.
struct DecoderSpec {
  /// Name of the function.
  std::string name;
  int64_t layers = 0, hidden = 0, ffn = 0;
  /// Key/value heads, query heads that share one, elements of each.
  int64_t groups = 0, queriesPerGroup = 0, headDim = 0;
  /// 0: the input is a tensor of activations, and there are no logits.
  int64_t vocabulary = 0;
  /// Longest sequence the model was made for.
  int64_t maxPositions = 0;
  /// Beyond it the model computes in another way (rope scaling that depends on the length).
  bool lengthLimited = false;
  /// The key that says so, if the config has it.
  std::string positionsKey;

  NormKind norm = NormKind::RMS;
  NormPlacement normPlacement = NormPlacement::Before;
  /// Layer norms have a bias.
  bool normBias = true;
  double epsilon = 1e-5;
  /// The scales of RMS norms are stored less one.
  bool normPlusOne = false;
  ActivationKind activation = ActivationKind::Silu;
  bool gated = false;
  bool causal = true;
  /// Attention and FFN read the same residual; with `sharedNorm` also the same norm.
  bool parallel = false, sharedNorm = false;
  bool qkvBias = false, outputBias = false, ffnBias = false, headBias = false;
  /// Norm of queries and keys; a layer norm has a bias if `headNormBias`.
  std::optional<NormKind> headNorm;
  HeadNormSpan headNormSpan = HeadNormSpan::Head;
  bool headNormBias = true;
  /// Keys that a query sees, and for each layer whether it is limited so (empty: no layer).
  int64_t window = 0;
  llvm::SmallVector<bool> slides;
  /// Factor on the scores, 0 for `1 / sqrt(head_dim)`; GPT-2 can also divide it by the layer's
  /// number.
  double scale = 0;
  bool scaleByLayer = false;
  std::optional<RopeSpec> rope;
  /// Of the layers that `layerRopes` says; empty: all layers have `rope`.
  std::optional<RopeSpec> localRope;
  llvm::SmallVector<LayerRope> layerRopes;
  std::optional<LearnedPositions> positions;
  std::optional<AlibiSpec> alibi;
  /// Soft caps of scores and of logits; 0 for none.
  double scoreCap = 0, logitCap = 0;
  /// What embeddings, both branches of a layer, and logits are multiplied by.
  double embeddingScale = 1, residualScale = 1, logitScale = 1;
  /// A norm of the embeddings, of the kind of the others.
  bool embeddingNorm = false;
  bool tiedHead = false;

  StoredLayout layout = StoredLayout::OutIn;
  QKVPacking packing = QKVPacking::Separate;
  /// Gate, then up, in one weight.
  bool packedGateUp = false;
  WeightNames names;

  /// Batch and element type that the config asks for, if it does.
  int64_t batch = 1;
  std::string dtype;

  int64_t getNumHeads() const { return groups * queriesPerGroup; }
};

/// The same decoder with the same ratios in sizes small enough to execute.
DecoderSpec shrinkDecoder(DecoderSpec spec);

/// The float of that name (dagrt/Support/ElementTypeNames.h); null for any other.
mlir::Type getElementType(llvm::StringRef name, mlir::MLIRContext *context);

/// Sets the options that were left open from `spec`, and checks what was asked for. Errors are
/// reported at `loc`.
mlir::FailureOr<ImportOptions> resolveOptions(const DecoderSpec &spec, ImportOptions options,
                                              mlir::Location loc);

/// The logical form of `spec`. `options` are resolved.
mlir::OwningOpRef<mlir::ModuleOp> buildDecoder(const DecoderSpec &spec,
                                               const ImportOptions &options, mlir::Location loc);

} // namespace dagrt

#endif // DAGRT_IMPORT_DECODERSPEC_H

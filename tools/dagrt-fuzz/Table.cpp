//===- Table.cpp - The table of random choices -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The table of choices, for models and for strategies. Sizes are small, and mostly do not divide
// each other: padding, empty shards and uneven heads are where partitions go wrong.
//
//===----------------------------------------------------------------------===//

#include "Case.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace dagrt;

static int64_t toNumber(StringRef text) {
  int64_t number = 0;
  text.getAsInteger(10, number);
  return number;
}

static constexpr Entry kEntries[] = {
    // Sizes.
    {"layers", "1*3 2*4 3*2 4", [](StringRef c, Setup &s) { s.spec.layers = toNumber(c); }},
    {"tokens", "2 1 3 4 5 6 7 8 11 16 23 37*2 40",
     [](StringRef c, Setup &s) { s.options.seqLen = toNumber(c); }},
    {"batch", "1*3 2 3", [](StringRef c, Setup &s) { s.options.batch = toNumber(c); }},
    {"groups", "1*2 2*3 3 4*3 5 8", [](StringRef c, Setup &s) { s.spec.groups = toNumber(c); }},
    {"queries", "1*2 2*2 3 4 7",
     [](StringRef c, Setup &s) { s.spec.queriesPerGroup = toNumber(c); }},
    {"head_dim", "2 1 3 4*2 6 8", [](StringRef c, Setup &s) { s.spec.headDim = toNumber(c); }},
    {"hidden", "4 1 2 3 6 8 11 16", [](StringRef c, Setup &s) { s.spec.hidden = toNumber(c); }},
    {"ffn", "4 1 3 7*2 8*2 9*2 13*3 16*2", [](StringRef c, Setup &s) { s.spec.ffn = toNumber(c); }},
    {"vocabulary", "0*2 2 5 7 8*2 13*2 23*3 50*2",
     [](StringRef c, Setup &s) { s.spec.vocabulary = toNumber(c); }},
    // Parts of the model.
    {"norm", "rms layer",
     [](StringRef c, Setup &s) { s.spec.norm = c == "rms" ? NormKind::RMS : NormKind::Layer; }},
    {"activation", "relu silu gelu gelu-tanh relu-squared",
     [](StringRef c, Setup &s) {
       s.spec.activation = llvm::StringSwitch<ActivationKind>(c)
                               .Case("relu", ActivationKind::Relu)
                               .Case("silu", ActivationKind::Silu)
                               .Case("gelu", ActivationKind::Gelu)
                               .Case("relu-squared", ActivationKind::ReluSquared)
                               .Default(ActivationKind::GeluTanh);
     }},
    {"gated", "no yes", [](StringRef c, Setup &s) { s.spec.gated = c == "yes"; }},
    {"parallel", "no*2 yes shared",
     [](StringRef c, Setup &s) {
       s.spec.parallel = c != "no";
       s.spec.sharedNorm = c == "shared";
     }},
    {"qkv_bias", "no yes", [](StringRef c, Setup &s) { s.spec.qkvBias = c == "yes"; }},
    {"output_bias", "no yes", [](StringRef c, Setup &s) { s.spec.outputBias = c == "yes"; }},
    {"ffn_bias", "no yes", [](StringRef c, Setup &s) { s.spec.ffnBias = c == "yes"; }},
    {"head_bias", "no*2 yes", [](StringRef c, Setup &s) { s.spec.headBias = c == "yes"; }},
    {"head_norm", "none*3 rms layer",
     [](StringRef c, Setup &s) {
       if (c != "none")
         s.spec.headNorm = c == "rms" ? NormKind::RMS : NormKind::Layer;
     }},
    {"head_norm_span", "head*2 head-weights all-heads*2",
     [](StringRef c, Setup &s) {
       s.spec.headNormSpan = llvm::StringSwitch<HeadNormSpan>(c)
                                 .Case("head", HeadNormSpan::Head)
                                 .Case("head-weights", HeadNormSpan::HeadWeights)
                                 .Default(HeadNormSpan::AllHeads);
     }},
    {"norm_bias", "yes*2 no",
     [](StringRef c, Setup &s) { s.spec.normBias = s.spec.headNormBias = c == "yes"; }},
    {"norm_placement", "before*3 after both",
     [](StringRef c, Setup &s) {
       s.spec.normPlacement = llvm::StringSwitch<NormPlacement>(c)
                                  .Case("before", NormPlacement::Before)
                                  .Case("after", NormPlacement::After)
                                  .Default(NormPlacement::Both);
     }},
    {"causal", "no yes*3", [](StringRef c, Setup &s) { s.spec.causal = c == "yes"; }},
    {"window", "0*2 1 2 3 5 16", [](StringRef c, Setup &s) { s.spec.window = toNumber(c); }},
    {"sliding", "all even odd", [](StringRef c, Setup &s) { s.sliding = c; }},
    {"rope", "none*2 full*2 partial interleaved linear llama3 yarn longrope",
     [](StringRef c, Setup &s) { s.rope = c; }},
    {"alibi", "no*3 yes scaled",
     [](StringRef c, Setup &s) {
       if (c != "no")
         s.spec.alibi = AlibiSpec{8, c == "yes" ? 1 : 0.25};
     }},
    {"score_cap", "none*3 small large",
     [](StringRef c, Setup &s) { s.spec.scoreCap = c == "none"    ? 0
                                                   : c == "small" ? 0.25
                                                                  : 20; }},
    {"logit_cap", "no*3 yes",
     [](StringRef c, Setup &s) { s.spec.logitCap = c == "yes" ? 0.5 : 0; }},
    {"scales", "no*3 yes",
     [](StringRef c, Setup &s) {
       if (c == "no")
         return;
       s.spec.embeddingScale = 3;
       s.spec.residualScale = 0.375;
       s.spec.logitScale = 0.0625;
     }},
    {"embedding_norm", "no*3 yes",
     [](StringRef c, Setup &s) { s.spec.embeddingNorm = c == "yes"; }},
    {"norm_plus_one", "no*2 yes", [](StringRef c, Setup &s) { s.spec.normPlusOne = c == "yes"; }},
    {"layer_ropes", "usual*2 local none", [](StringRef c, Setup &s) { s.layerRopes = c; }},
    {"positions", "none*3 learned offset", [](StringRef c, Setup &s) { s.positions = c; }},
    {"tied", "no*2 yes", [](StringRef c, Setup &s) { s.spec.tiedHead = c == "yes"; }},
    {"stored", "same out-in*2 in-out",
     [](StringRef c, Setup &s) {
       s.spec.layout = llvm::StringSwitch<StoredLayout>(c)
                           .Case("same", StoredLayout::Same)
                           .Case("out-in", StoredLayout::OutIn)
                           .Default(StoredLayout::InOut);
     }},
    {"packing", "separate*2 concatenated per-group", [](StringRef c, Setup &s) { s.packing = c; }},
    {"packed_gate_up", "no yes", [](StringRef c, Setup &s) { s.spec.packedGateUp = c == "yes"; }},
    {"scale", "default*2 fixed by-layer",
     [](StringRef c, Setup &s) {
       s.spec.scale = c == "fixed" ? 0.75 : 0;
       s.spec.scaleByLayer = c == "by-layer";
     }},
    {"attention", "fused*2 decomposed",
     [](StringRef c, Setup &s) {
       s.options.attention = c == "fused" ? AttentionForm::Fused : AttentionForm::Decomposed;
     }},
    {"logits", "all last none",
     [](StringRef c, Setup &s) {
       s.options.logits = c == "all"    ? LogitsForm::All
                          : c == "last" ? LogitsForm::Last
                                        : LogitsForm::None;
     }},
    {"dtype", "f32*3 f64 bf16 f16", [](StringRef c, Setup &s) { s.options.dtype = c; }},
    {"seed", "0 1 2 3", [](StringRef c, Setup &s) { s.seed = toNumber(c); }},
    // Strategies.
    {"strategy", "tp-pp*3 fa-pool*4 grid shared", [](StringRef c, Setup &s) { s.strategy = c; }},
    {"tp", "1 2*5 3*2 4*4 5 6 8*2", [](StringRef c, Setup &s) { s.tp = toNumber(c); }},
    {"pp", "1*3 2*3 3 4", [](StringRef c, Setup &s) { s.pp = toNumber(c); }},
    {"pool", "1 2 3 4 5*3 7", [](StringRef c, Setup &s) { s.pool = toNumber(c); }},
    {"layout", "megatron sequence-parallel hidden*2", [](StringRef c, Setup &s) { s.layout = c; }},
    {"cut", "block core", [](StringRef c, Setup &s) { s.cut = c; }},
    {"blocks", "contiguous zigzag auto", [](StringRef c, Setup &s) { s.blocks = c; }},
    // Sizes that have names when the model is partitioned.
    {"symbolic", "no*2 tokens batch both",
     [](StringRef c, Setup &s) {
       s.symbolicTokens = c == "tokens" || c == "both";
       s.symbolicBatch = c == "batch" || c == "both";
     }},
    {"microbatches", "1*3 2*2 3*2", [](StringRef c, Setup &s) { s.microbatches = toNumber(c); }},
    {"order", "breadth-first*2 depth-first interleaved ping-pong",
     [](StringRef c, Setup &s) { s.order = c; }},
    {"virtual", "1*2 2 3", [](StringRef c, Setup &s) { s.virtualStages = toNumber(c); }},
    {"decompose", "no yes", [](StringRef c, Setup &s) { s.decompose = c == "yes"; }},
};

ArrayRef<Entry> dagrt::getEntries() { return kEntries; }

//===----------------------------------------------------------------------===//
// Making choices fit
//===----------------------------------------------------------------------===//

/// A weight that holds several parts has one name.
static void setNames(DecoderSpec &spec) {
  spec.name = "model";
  bool packed = spec.packing != QKVPacking::Separate;
  spec.names = {"tokens",
                "positions",
                "layers",
                "norm1",
                packed ? "qkv" : "query",
                packed ? "qkv" : "key",
                packed ? "qkv" : "value",
                "query_norm",
                "key_norm",
                "output",
                "norm2",
                spec.packedGateUp ? "gate_up" : "gate",
                spec.packedGateUp ? "gate_up" : "up",
                "down",
                "norm",
                "head",
                "norm1_post",
                "norm2_post",
                "embedding_norm"};
}

/// Orders and virtual stages go with some strategies only, and a micro-batch has an element.
static void setMicrobatches(Setup &setup) {
  setup.microbatches = std::min(setup.microbatches, *setup.options.batch);
  bool hasStages = setup.strategy == "tp-pp" && setup.pp > 1;
  if (!hasStages || setup.pp * setup.virtualStages > setup.spec.layers)
    setup.virtualStages = 1;
  bool hasTurns = setup.strategy == "fa-pool" || setup.strategy == "shared";
  if ((setup.order == "interleaved" && setup.virtualStages == 1) ||
      (setup.order == "ping-pong" && !hasTurns))
    setup.order = "breadth-first";
}

/// Stretched frequencies begin well inside short sequences, so that they change numbers.
static void setRope(DecoderSpec &spec, StringRef kind) {
  if (kind == "none" || spec.headDim < 2)
    return;
  RopeSpec rope;
  rope.dims = spec.headDim / 2 * 2;
  if (kind == "partial")
    rope.dims = std::max<int64_t>(2, spec.headDim / 4 * 2);
  rope.interleaved = kind == "interleaved";
  rope.originalLength = 8;
  if (std::optional<RopeScaling> scaling = symbolizeRopeScaling(kind))
    rope.scaling = *scaling;
  if (kind == "linear")
    rope.factors = {2};
  else if (kind == "llama3")
    rope.factors = {8, 1, 4, 8};
  else if (kind == "yarn")
    rope.factors = {4, 0.95, 0.09, 64, 1.25};
  for (int64_t pair = 0; kind == "longrope" && pair < rope.dims / 2; ++pair) {
    rope.shortFactors.push_back(1 + 0.25 * pair);
    rope.longFactors.push_back(2 + pair);
    rope.longScale = 1.25;
  }
  spec.rope = rope;
}

void dagrt::finishSetup(Setup &setup) {
  DecoderSpec &spec = setup.spec;
  if (spec.vocabulary == 0)
    setup.options.logits = LogitsForm::None;
  spec.maxPositions = *setup.options.seqLen;
  if (setup.positions != "none") {
    int64_t first = setup.positions == "offset" ? 2 : 0;
    spec.positions = LearnedPositions{*setup.options.seqLen + first + 1, first};
  }
  setRope(spec, setup.rope);
  // Longrope's factors are chosen by the number of tokens.
  if (spec.rope && spec.rope->scaling == RopeScaling::longrope)
    setup.symbolicTokens = false;
  for (int64_t layer = 0; spec.causal && spec.window > 0 && layer < spec.layers; ++layer)
    spec.slides.push_back(setup.sliding == "all" || (layer % 2 == 0) == (setup.sliding == "even"));
  // Every other layer has rotary embeddings of its own, or none.
  if (spec.rope && setup.layerRopes == "local") {
    spec.localRope = RopeSpec();
    spec.localRope->theta = 100;
    spec.localRope->dims = spec.rope->dims;
  }
  for (int64_t layer = 0; spec.rope && setup.layerRopes != "usual" && layer < spec.layers; ++layer)
    spec.layerRopes.push_back(layer % 2 == 0                ? LayerRope::Usual
                              : setup.layerRopes == "local" ? LayerRope::Local
                                                            : LayerRope::None);
  // Parts of one stored weight have a layout of their own.
  if (spec.layout == StoredLayout::Same)
    spec.packedGateUp = false;
  else if (setup.packing == "concatenated")
    spec.packing = QKVPacking::Concatenated;
  else if (setup.packing == "per-group")
    spec.packing = QKVPacking::PerGroup;
  spec.packedGateUp &= spec.gated;
  spec.sharedNorm &= spec.parallel;
  // ALiBi reads positions, which the mask brings.
  spec.causal |= spec.alibi.has_value();
  setMicrobatches(setup);
  setNames(spec);
}

//===----------------------------------------------------------------------===//
// Strategies
//===----------------------------------------------------------------------===//

std::string Setup::getPipeline() const {
  if (strategy == "tp-pp")
    return llvm::formatv("partition-tp-pp{{tp={0} pp={1} layout={2} microbatches={3} order={4} "
                         "virtual={5}}",
                         tp, pp, layout, microbatches, order, virtualStages)
        .str();
  if (strategy == "fa-pool")
    return llvm::formatv("partition-fa-pool{{tp={0} pool={1} layout={2} cut={3} blocks={4} "
                         "microbatches={5} order={6}}",
                         tp, pool, layout, cut, blocks, microbatches, order)
        .str();
  return "";
}

int64_t Setup::getNumDevices() const {
  if (devices > 0)
    return devices;
  if (strategy == "fa-pool")
    return tp + pool;
  if (strategy == "shared")
    return 5;
  return tp * pp;
}

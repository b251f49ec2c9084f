//===- UnsupportedKeys.cpp - Keys that are not supported -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Keys that are known to change what a forward pass computes in ways that most families have not,
// each with what it stands for: an error that says so helps more than one that says "unknown".
// A family that has the feature reads its key, and what is read is not looked up here.
//
//===----------------------------------------------------------------------===//

#include "KeyTables.h"

using namespace mlir;
using namespace dagrt;

namespace {
/// A key, or a part of keys, and what it stands for.
struct Feature {
  StringLiteral key;
  bool isPart;
  StringLiteral meaning;
  /// Some family has it. After an error, no one knows whether its key would have been read.
  bool isKnown = false;
};
} // namespace

// The order is that of the explanation.
static constexpr Feature kFeatures[] = {
    {"text_config", false, "a model inside a multimodal one"},
    {"llm_config", false, "a model inside a multimodal one"},
    {"language_config", false, "a model inside a multimodal one"},
    {"thinker_config", false, "a model inside a multimodal one"},
    {"hybrid", true, "layers of several kinds"},
    {"linear_", true, "linear attention"},
    {"mamba", true, "state-space layers"},
    {"ssm_", true, "state-space layers"},
    {"num_local_experts", false, "a mixture of experts"},
    {"num_experts", false, "a mixture of experts"},
    {"n_routed_experts", false, "a mixture of experts"},
    {"expert", true, "a mixture of experts"},
    {"moe", true, "a mixture of experts"},
    {"kv_lora_rank", false, "multi-head latent attention"},
    {"q_lora_rank", false, "multi-head latent attention"},
    {"qk_rope_head_dim", false, "multi-head latent attention"},
    {"qk_nope_head_dim", false, "multi-head latent attention"},
    {"v_head_dim", false, "values of a head size of their own"},
    {"index_topk", false, "sparse attention"},
    {"softcap", true, "soft-capped scores or logits", true},
    {"attention_sink", true, "attention sinks"},
    {"attn_sink", true, "attention sinks"},
    {"alibi", true, "ALiBi", true},
    {"embedding_multiplier", false, "scaled embeddings", true},
    {"residual_multiplier", false, "scaled residuals", true},
    {"attention_multiplier", false, "scaled scores", true},
    {"lm_head_multiplier", false, "scaled logits"},
    {"logits_scaling", false, "scaled logits", true},
    {"logit_scale", false, "scaled logits", true},
    {"scale_emb", false, "scaled embeddings", true},
    {"scale_depth", false, "scaled residuals", true},
    {"query_pre_attn_scalar", false, "a scale of scores of its own", true},
    {"clip_qkv", false, "clipped projections", true},
    {"no_rope_layers", false, "layers without rotary embeddings", true},
    {"no_rope_layer", true, "layers without rotary embeddings", true},
    {"use_mrope", false, "rotary embeddings of several axes"},
    {"attention_chunk_size", false, "chunked attention"},
    {"is_encoder_decoder", false, "an encoder"},
    {"add_cross_attention", false, "cross attention"},
    {"img_processor", false, "a vision tower"},
    {"audio_config", false, "an audio tower"},
    {"vision_config", false, "a vision tower", true},
    {"num_nextn_predict_layers", false, "layers that predict further tokens", true},
    {"pruned_heads", false, "heads that are gone"},
    {"output_gate", true, "gated attention"},
    {"interleaved_sliding_window", false, "windows in some layers"},
    {"sliding_window_pattern", false, "windows in some layers", true},
};

/// True for a value that asks for nothing. Of a factor it is 1.
static bool isNeutral(const llvm::json::Value &value, const Feature &feature) {
  if (value.kind() == llvm::json::Value::Null || value.getAsString() == StringRef("none"))
    return true;
  if (feature.meaning.starts_with("scaled"))
    return value.getAsNumber() == 1.0;
  // Two keys hold lists of layers.
  bool isList = feature.key == "pruned_heads" || feature.key == "no_rope_layers";
  return isEmptyValue(value) && (isList || value.getAsNumber() || value.getAsBoolean());
}

static const Feature *lookUpFeature(StringRef key) {
  for (const Feature &feature : kFeatures)
    if (feature.isPart ? key.contains(feature.key) : key == feature.key)
      return &feature;
  return nullptr;
}

bool dagrt::isSwitchedOffFeature(StringRef key, const llvm::json::Value &value) {
  const Feature *feature = lookUpFeature(key);
  return feature && !feature->isPart && isNeutral(value, *feature);
}

SmallVector<UsedFeature> dagrt::findFeatures(const ConfigReader &config) {
  SmallVector<UsedFeature> features;
  llvm::StringSet<> meanings;
  SmallVector<StringRef> keys = config.getUnreadKeys();
  for (const Feature &feature : kFeatures)
    for (StringRef key : keys) {
      const llvm::json::Value &value = *config.peek(key);
      bool applies =
          lookUpFeature(key) == &feature && !isNeutral(value, feature) && !isEmptyValue(value);
      // After an error the family may not have come to it.
      applies &= !(feature.isKnown && config.hasFailed());
      if (applies && meanings.insert(feature.meaning).second)
        features.push_back({key, feature.meaning});
      if (applies)
        config.acceptKeys(key);
    }
  return features;
}

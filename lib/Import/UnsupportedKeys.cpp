//===- UnsupportedKeys.cpp - Keys that must not be ignored -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Most keys of a config do not change what a forward pass computes, and are ignored.
// The ones listed here do, in ways no decoder spec can say; vendors add
// them to configs of well-known architectures too.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace dagrt;

namespace {
/// A key, or a part of keys, and what it stands for.
struct Feature {
  StringLiteral key;
  bool isPart;
  StringLiteral meaning;
};
} // namespace

// The order is that of the explanation: the first that applies is reported.
static constexpr Feature kFeatures[] = {
    {"text_config", false, "a model inside a multimodal one"},
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
    {"softcap", true, "soft-capped scores or logits"},
    {"attention_sink", true, "attention sinks"},
    {"attn_sink", true, "attention sinks"},
    {"alibi", true, "ALiBi"},
    {"embedding_multiplier", false, "scaled embeddings"},
    {"residual_multiplier", false, "scaled residuals"},
    {"attention_multiplier", false, "scaled scores"},
    {"lm_head_multiplier", false, "scaled logits"},
    {"logits_scaling", false, "scaled logits"},
    {"logit_scale", false, "scaled logits"},
    {"scale_emb", false, "scaled embeddings"},
    {"scale_depth", false, "scaled residuals"},
    {"query_pre_attn_scalar", false, "a scale of scores of its own"},
    {"clip_qkv", false, "clipped projections"},
    {"no_rope_layer", true, "layers without rotary embeddings"},
    {"use_mrope", false, "rotary embeddings of several axes"},
    {"attention_chunk_size", false, "chunked attention"},
    {"is_encoder_decoder", false, "an encoder"},
    {"add_cross_attention", false, "cross attention"},
    {"vision_config", false, "a vision tower"},
};

/// True for a value that switches its key off; 1 is what a factor that does nothing is.
static bool isNeutral(const llvm::json::Value &value, const Feature &feature) {
  if (std::optional<double> number = value.getAsNumber())
    return *number == 0 || (*number == 1 && feature.meaning.starts_with("scaled"));
  if (std::optional<bool> flag = value.getAsBoolean())
    return !*flag;
  if (std::optional<StringRef> text = value.getAsString())
    return text->empty() || *text == "none";
  if (const llvm::json::Array *array = value.getAsArray())
    return array->empty();
  if (const llvm::json::Object *object = value.getAsObject())
    return object->empty();
  return true;
}

/// The first key that stands for a feature, and the feature.
static std::pair<StringRef, const Feature *> findFeature(ConfigReader &config) {
  SmallVector<StringRef> keys = config.getKeys();
  for (const Feature &feature : kFeatures)
    for (StringRef key : keys) {
      bool matches = feature.isPart ? key.contains(feature.key) : key == feature.key;
      const llvm::json::Value *value = matches ? config.find(key) : nullptr;
      if (value && !isNeutral(*value, feature))
        return {key, &feature};
    }
  return {"", nullptr};
}

static std::string listFamilies() {
  return llvm::join(llvm::map_range(getFamilies(),
                                    [](const Family &family) { return family.architecture.str(); }),
                    ", ");
}

void dagrt::rejectUnsupportedKeys(ConfigReader &config, StringRef architecture) {
  auto [key, feature] = findFeature(config);
  if (feature)
    config.reportError(key, "expects a dense decoder in '" + architecture + "', got '" + key +
                                "' " + formatValue(*config.find(key)) + " (" + feature->meaning +
                                "); supported are dense models of " + listFamilies());
}

const Family *dagrt::findFamily(ConfigReader &config) {
  SmallVector<std::string> architectures = config.readTexts("architectures");
  std::string type = config.readText("model_type", "");
  if (config.hasFailed())
    return nullptr;
  if (architectures.empty() && type.empty()) {
    config.reportError("architectures",
                       "expects a key 'architectures' or 'model_type', got neither; supported "
                       "architectures are " +
                           listFamilies());
    return nullptr;
  }
  for (const Family &family : getFamilies())
    if (architectures.empty() ? type == family.modelType
                              : architectures.front() == family.architecture)
      return &family;
  StringRef name = architectures.empty() ? StringRef(type) : StringRef(architectures.front());
  auto [key, feature] = findFeature(config);
  std::string reason;
  if (feature)
    reason =
        (" with '" + key + "' " + formatValue(*config.find(key)) + " (" + feature->meaning + ")")
            .str();
  StringRef place = architectures.empty() ? "model_type" : "architectures";
  config.reportError(place, "expects a supported architecture in '" + place + "', got '" + name +
                                "'" + reason + "; supported are dense models of " + listFamilies());
  return nullptr;
}

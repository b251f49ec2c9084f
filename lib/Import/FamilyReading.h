//===- FamilyReading.h - Parts that families share -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The parts that the functions of the families are put together from.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_IMPORT_FAMILYREADING_H
#define DAGRT_LIB_IMPORT_FAMILYREADING_H

#include "Families.h"

namespace dagrt {

/// What to assume of key/value heads where there is no key.
enum class KeyHeads { AsQueries, Required };

/// How a family spells its sizes.
struct SizeKeys {
  llvm::StringRef layers = "num_hidden_layers";
  llvm::StringRef hidden = "hidden_size";
  llvm::StringRef heads = "num_attention_heads";
  llvm::StringRef keyHeads = "num_key_value_heads";
  llvm::StringRef ffn = "intermediate_size";
  llvm::StringRef positions = "max_position_embeddings";
  llvm::StringRef headDim = "head_dim";
};

/// Layers, hidden size and FFN width, and the heads with their sizes.
void readSizes(ConfigReader &config, DecoderSpec &spec, const SizeKeys &keys = {},
               KeyHeads absent = KeyHeads::AsQueries);

/// Refuses a `head_dim` that is not hidden / heads, in architectures that do not read it.
void expectDerivedHeadDim(ConfigReader &config, const DecoderSpec &spec);

/// Vocabulary and tied embeddings.
void readVocabulary(ConfigReader &config, DecoderSpec &spec, bool tied);

void readActivation(ConfigReader &config, DecoderSpec &spec, llvm::StringRef key,
                    llvm::StringRef fallback);

/// Reads keys that change no number in this architecture.
void readInert(ConfigReader &config, llvm::ArrayRef<llvm::StringRef> keys);

/// Refuses a key that is there and says anything but null, false, 0 or nothing: `meaning`.
void rejectKey(ConfigReader &config, llvm::StringRef key, llvm::StringRef meaning);

/// Refuses a switch that changes the architecture in a way that its family does not have.
void rejectFlag(ConfigReader &config, llvm::StringRef key, bool expected = false);

/// Applies `layer_types`, which newer configs spell out, over what the family's own keys said.
void readLayerTypes(ConfigReader &config, DecoderSpec &spec);

/// Reads a window that is switched off: only the types of its keys matter.
void readUnusedWindow(ConfigReader &config);

/// Every layer sees `window` keys; 0 is no window.
void setWindow(ConfigReader &config, DecoderSpec &spec, int64_t window);

/// The names of Llama's weights, which most families share.
WeightNames getLlamaNames();

/// What Llama, Mistral and Qwen share: RMS norms, gated FFN, rotary embeddings.
void readLlamaLike(ConfigReader &config, DecoderSpec &spec, KeyHeads absent);

/// What the older decoders share: layer norms and an FFN without a gate.
void setClassic(DecoderSpec &spec);

/// The sizes' keys of GPT-2 and its relatives.
SizeKeys getGPTKeys();

/// The names of GPT-2's weights, without those of the projections.
WeightNames getGPTNames();

} // namespace dagrt

#endif // DAGRT_LIB_IMPORT_FAMILYREADING_H

//===- FamilyTable.cpp - The architectures that import -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The table of families. An architecture that is not here is refused.
//
//===----------------------------------------------------------------------===//

#include "FamilyFunctions.h"

using namespace mlir;
using namespace dagrt;

ArrayRef<Family> dagrt::getFamilies() {
  static constexpr Family families[] = {
      {"LlamaForCausalLM", "llama", readLlama},
      {"MistralForCausalLM", "mistral", readMistral},
      {"Qwen2ForCausalLM", "qwen2", readQwen2},
      {"Qwen3ForCausalLM", "qwen3", readQwen3},
      {"MiMoForCausalLM", "mimo", readMiMo},
      {"Phi3ForCausalLM", "phi3", readPhi3},
      {"PhiForCausalLM", "phi", readPhi},
      {"GPT2LMHeadModel", "gpt2", readGPT2},
      {"GPT2Model", "gpt2", readGPT2},
      {"GPTNeoXForCausalLM", "gpt_neox", readGPTNeoX},
      {"GPTJForCausalLM", "gptj", readGPTJ},
      {"OPTForCausalLM", "opt", readOPT},
      {"InternLMForCausalLM", "internlm", readInternLM},
      {"InternLM2ForCausalLM", "internlm2", readInternLM2},
      {"BaiChuanForCausalLM", "baichuan", readBaichuan},
      {"BaichuanForCausalLM", "baichuan", readBaichuan},
      {"DeciLMForCausalLM", "deci", readDeciLM},
      {"SeedOssForCausalLM", "seed_oss", readSeedOss},
      {"Ernie4_5ForCausalLM", "ernie4_5", readErnie45},
      {"SmolLM3ForCausalLM", "smollm3", readSmolLM3},
      {"QWenLMHeadModel", "qwen", readQwen1},
      {"ChatGLMModel", "chatglm", readChatGLM},
      {"ChatGLMForConditionalGeneration", "chatglm", readChatGLM},
      {"GlmForCausalLM", "glm", readGlm},
      {"Glm4ForCausalLM", "glm4", readGlm4},
      {"Olmo2ForCausalLM", "olmo2", readOlmo2},
      {"Olmo3ForCausalLM", "olmo3", readOlmo3},
      {"Exaone4ForCausalLM", "exaone4", readExaone4},
      {"StableLmForCausalLM", "stablelm", readStableLm},
      {"StableLMEpochForCausalLM", "stablelm_epoch", readStableLmEpoch},
      {"Starcoder2ForCausalLM", "starcoder2", readStarcoder2},
      {"NemotronForCausalLM", "nemotron", readNemotron},
      {"PersimmonForCausalLM", "persimmon", readPersimmon},
      {"OrionForCausalLM", "orion", readOrion},
      {"GemmaForCausalLM", "gemma", readGemma},
      {"Gemma2ForCausalLM", "gemma2", readGemma2},
      {"Gemma3ForCausalLM", "gemma3_text", readGemma3},
      {"MiniCPMForCausalLM", "minicpm", readMiniCPM},
      {"GraniteForCausalLM", "granite", readGranite},
      {"CohereForCausalLM", "cohere", readCohere},
      {"Cohere2ForCausalLM", "cohere2", readCohere2},
      {"FalconForCausalLM", "falcon", readFalcon},
      {"RWForCausalLM", "RefinedWebModel", readFalcon},
      {"RWForCausalLM", "RefinedWeb", readFalcon},
      {"BloomForCausalLM", "bloom", readBloom},
      {"GPTBigCodeForCausalLM", "gpt_bigcode", readGPTBigCode},
      {"MptForCausalLM", "mpt", readMPT},
      {"MPTForCausalLM", "mpt", readMPT},
      {"DagrtOriginModel", "origin", readOrigin},
  };
  return families;
}

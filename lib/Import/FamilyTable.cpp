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
      {"MiMoForCausalLM", "mimo", readQwen2},
      {"Phi3ForCausalLM", "phi3", readPhi3},
      {"PhiForCausalLM", "phi", readPhi},
      {"GPT2LMHeadModel", "gpt2", readGPT2},
      {"GPT2Model", "gpt2", readGPT2},
      {"GPTNeoXForCausalLM", "gpt_neox", readGPTNeoX},
      {"GPTJForCausalLM", "gptj", readGPTJ},
      {"OPTForCausalLM", "opt", readOPT},
      {"DagrtOriginModel", "origin", readOrigin},
  };
  return families;
}

//===- FamilyFunctions.h - One function a family -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The functions of the table of families, whichever file they lie in.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_IMPORT_FAMILYFUNCTIONS_H
#define DAGRT_LIB_IMPORT_FAMILYFUNCTIONS_H

#include "Families.h"

namespace dagrt {

void readLlama(ConfigReader &config, DecoderSpec &spec);
void readMistral(ConfigReader &config, DecoderSpec &spec);
void readQwen2(ConfigReader &config, DecoderSpec &spec);
void readQwen3(ConfigReader &config, DecoderSpec &spec);
void readMiMo(ConfigReader &config, DecoderSpec &spec);
void readPhi3(ConfigReader &config, DecoderSpec &spec);
void readPhi(ConfigReader &config, DecoderSpec &spec);
void readGPT2(ConfigReader &config, DecoderSpec &spec);
void readGPTJ(ConfigReader &config, DecoderSpec &spec);
void readGPTNeoX(ConfigReader &config, DecoderSpec &spec);
void readOPT(ConfigReader &config, DecoderSpec &spec);
// PackedFamilies.cpp
void readInternLM(ConfigReader &config, DecoderSpec &spec);
void readInternLM2(ConfigReader &config, DecoderSpec &spec);
void readBaichuan(ConfigReader &config, DecoderSpec &spec);
void readDeciLM(ConfigReader &config, DecoderSpec &spec);
void readSeedOss(ConfigReader &config, DecoderSpec &spec);
void readErnie45(ConfigReader &config, DecoderSpec &spec);
void readSmolLM3(ConfigReader &config, DecoderSpec &spec);
void readQwen1(ConfigReader &config, DecoderSpec &spec);
void readChatGLM(ConfigReader &config, DecoderSpec &spec);
void readGlm(ConfigReader &config, DecoderSpec &spec);
void readGlm4(ConfigReader &config, DecoderSpec &spec);
// NormFamilies.cpp
void readOlmo2(ConfigReader &config, DecoderSpec &spec);
void readOlmo3(ConfigReader &config, DecoderSpec &spec);
void readExaone4(ConfigReader &config, DecoderSpec &spec);
void readStableLm(ConfigReader &config, DecoderSpec &spec);
void readStableLmEpoch(ConfigReader &config, DecoderSpec &spec);
void readStarcoder2(ConfigReader &config, DecoderSpec &spec);
void readNemotron(ConfigReader &config, DecoderSpec &spec);
void readPersimmon(ConfigReader &config, DecoderSpec &spec);
void readOrion(ConfigReader &config, DecoderSpec &spec);
void readGemma(ConfigReader &config, DecoderSpec &spec);
void readGemma2(ConfigReader &config, DecoderSpec &spec);
void readGemma3(ConfigReader &config, DecoderSpec &spec);
void readMiniCPM(ConfigReader &config, DecoderSpec &spec);
void readGranite(ConfigReader &config, DecoderSpec &spec);
void readCohere(ConfigReader &config, DecoderSpec &spec);
void readCohere2(ConfigReader &config, DecoderSpec &spec);
void readFalcon(ConfigReader &config, DecoderSpec &spec);
void readBloom(ConfigReader &config, DecoderSpec &spec);
void readGPTBigCode(ConfigReader &config, DecoderSpec &spec);
void readMPT(ConfigReader &config, DecoderSpec &spec);
void readOrigin(ConfigReader &config, DecoderSpec &spec);

} // namespace dagrt

#endif // DAGRT_LIB_IMPORT_FAMILYFUNCTIONS_H

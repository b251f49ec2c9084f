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
void readPhi3(ConfigReader &config, DecoderSpec &spec);
void readPhi(ConfigReader &config, DecoderSpec &spec);
void readGPT2(ConfigReader &config, DecoderSpec &spec);
void readGPTJ(ConfigReader &config, DecoderSpec &spec);
void readGPTNeoX(ConfigReader &config, DecoderSpec &spec);
void readOPT(ConfigReader &config, DecoderSpec &spec);
void readOrigin(ConfigReader &config, DecoderSpec &spec);

} // namespace dagrt

#endif // DAGRT_LIB_IMPORT_FAMILYFUNCTIONS_H

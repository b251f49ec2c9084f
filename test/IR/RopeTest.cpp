//===- RopeTest.cpp - Frequencies of rotary embeddings -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IRTest.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

namespace {

class RopeTest : public IRTest {
protected:
  RopeAttr rope(const std::string &text) {
    return cast<RopeAttr>(parseAttribute("#dagrt.rope_config<" + text + ">", &context));
  }
};

TEST_F(RopeTest, FrequenciesFallGeometrically) {
  SmallVector<double> f = rope("theta 1.0e4, dims 4").getFrequencies();
  ASSERT_EQ(f.size(), 2u);
  EXPECT_DOUBLE_EQ(f[0], 1);
  EXPECT_DOUBLE_EQ(f[1], 0.01);
}

TEST_F(RopeTest, LinearScalingDividesAll) {
  SmallVector<double> f = rope("theta 1.0e4, dims 4, linear [4.0]").getFrequencies();
  EXPECT_DOUBLE_EQ(f[0], 0.25);
  EXPECT_DOUBLE_EQ(f[1], 0.0025);
}

TEST_F(RopeTest, LongropeDividesEachPair) {
  RopeAttr attr = rope("theta 1.0e4, dims 4, longrope [1.19, 2.0, 5.0]");
  SmallVector<double> f = attr.getFrequencies();
  EXPECT_DOUBLE_EQ(f[0], 0.5);
  EXPECT_DOUBLE_EQ(f[1], 0.002);
  EXPECT_DOUBLE_EQ(attr.getAttentionFactor(), 1.19);
}

// By wavelengths, as the model's authors write it: those over 8192 tokens are stretched by 8,
// those under 2048 kept.
TEST_F(RopeTest, Llama3StretchesLongWavelengths) {
  RopeAttr attr = rope("theta 5.0e5, dims 128, llama3 [8.0, 1.0, 4.0, 8192.0]");
  SmallVector<double> f = attr.getFrequencies();
  int kept = 0, blended = 0, stretched = 0;
  for (int j = 0; j < 64; ++j) {
    double base = 1 / std::pow(5e5, j / 64.0), wavelength = 2 * M_PI / base, expected = 0;
    if (wavelength < 2048) {
      expected = base, ++kept;
    } else if (wavelength > 8192) {
      expected = base / 8, ++stretched;
    } else {
      double smooth = (8192 / wavelength - 1) / 3;
      expected = base * ((1 - smooth) / 8 + smooth), ++blended;
    }
    EXPECT_NEAR(f[j] / expected, 1, 1e-12) << "pair " << j;
  }
  EXPECT_GT(kept, 0);
  EXPECT_GT(blended, 0);
  EXPECT_GT(stretched, 0);
  EXPECT_EQ(attr.getAttentionFactor(), 1);
}

// Pairs that turn more than beta_fast times in the original length are kept, those that turn less
// than beta_slow times are divided by the factor, and a ramp over the pairs lies between.
TEST_F(RopeTest, YarnRampsOverPairs) {
  RopeAttr attr = rope("theta 1.0e4, dims 128, yarn [4.0, 32.0, 1.0, 4096.0, 1.138]");
  SmallVector<double> f = attr.getFrequencies();
  // The pair that turns r times: 128 ln(4096 / 2 pi r) / (2 ln 10000).
  double low = std::floor(64 * std::log(4096 / (2 * M_PI * 32)) / std::log(1e4));
  double high = std::ceil(64 * std::log(4096 / (2 * M_PI)) / std::log(1e4));
  EXPECT_EQ(low, 20);
  EXPECT_EQ(high, 46);
  for (int j = 0; j < 64; ++j) {
    double base = std::pow(1e4, -j / 64.0);
    double stretched = j <= low ? 0 : j >= high ? 1 : (j - low) / (high - low);
    EXPECT_NEAR(f[j] / (base * (1 - stretched) + base / 4 * stretched), 1, 1e-12) << "pair " << j;
  }
  EXPECT_EQ(attr.getAttentionFactor(), 1.138);
}

} // namespace

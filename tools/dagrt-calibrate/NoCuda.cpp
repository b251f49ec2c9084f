//===- NoCuda.cpp - Without CUDA -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What takes the place of MeasureCuda.cpp where there was no CUDA at configure time.
//
//===----------------------------------------------------------------------===//

#include "MeasuredDevice.h"

using namespace dagrt;

std::unique_ptr<MeasuredDevice> dagrt::makeCudaGpu(const MeasureOptions &options,
                                                   std::string &error) {
  error = "expects a build with CUDA to measure a GPU, got one without: install nvcc and cuBLAS, "
          "and configure with -DDAGRT_ENABLE_CUDA=ON";
  return nullptr;
}

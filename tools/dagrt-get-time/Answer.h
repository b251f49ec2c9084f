//===- Answer.h - The answer to one question -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_GETTIME_ANSWER_H
#define DAGRT_GETTIME_ANSWER_H

#include "dagrt/Cost/KernelQuery.h"

#include "llvm/Support/raw_ostream.h"

#include <string>

namespace dagrt {

/// A query, and what was found.
struct Answer {
  const Device *device = nullptr;
  KernelQuery query;
  Prediction prediction;
};

/// Prints how the time came about. `what` says what was asked: `gemm bf16, 8192 x 4096 x 4096`.
void printAnswer(const Answer &answer, llvm::StringRef what, llvm::raw_ostream &os);

/// Prints several devices side by side.
void printAnswers(llvm::ArrayRef<Answer> answers, llvm::StringRef what, llvm::raw_ostream &os);

/// Prints all as one JSON object.
void printJson(llvm::ArrayRef<Answer> answers, llvm::StringRef what, llvm::raw_ostream &os);

} // namespace dagrt

#endif // DAGRT_GETTIME_ANSWER_H

//===- RankJob.h - Collective errors of ranks -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ranks go through the same steps, and after each check that it succeeded on all of them. Errors
// are collected until then: rank 0 prints each once, with all ranks that have it. So a job of 13
// ranks with a mistyped option prints one error, and no rank waits for one that failed.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_RUN_RANKJOB_H
#define DAGRT_RUN_RANKJOB_H

#include "dagrt/Runtime/Ranks.h"

#include "mlir/Support/LLVM.h"

#include "llvm/Support/raw_ostream.h"

namespace dagrt {

class RankJob {
public:
  explicit RankJob(std::unique_ptr<Ranks> ranks) : ranks(std::move(ranks)), errors(text) {}

  Ranks *operator->() { return ranks.get(); }
  bool isFirst() const { return ranks->getRank() == 0; }

  /// Where errors of this rank go.
  llvm::raw_ostream &getErrors() { return errors; }

  /// `dagrt-run: error: ...` among the errors of this rank; returns failure.
  llvm::LogicalResult complain(const llvm::Twine &message);

  /// Success if this and all other ranks say so; else prints the errors. All ranks call it.
  llvm::LogicalResult agree(llvm::LogicalResult own);

  /// Fails, and names the odd ranks, if `text` is not the same on all ranks. All ranks call it.
  llvm::LogicalResult checkEqual(llvm::StringRef text, const llvm::Twine &what);

private:
  std::unique_ptr<Ranks> ranks;
  std::string text;
  llvm::raw_string_ostream errors;
};

} // namespace dagrt

#endif // DAGRT_RUN_RANKJOB_H

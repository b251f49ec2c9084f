//===- RankJob.cpp - Collective errors of ranks -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RankJob.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace dagrt;

/// `rank 2`, `ranks 0, 1, 3`, or `all ranks`.
static std::string describeRanks(ArrayRef<int64_t> ranks, int64_t size) {
  if (size > 1 && static_cast<int64_t>(ranks.size()) == size)
    return "all ranks";
  std::string names = ranks.size() == 1 ? "rank " : "ranks ";
  llvm::raw_string_ostream os(names);
  llvm::interleaveComma(ranks, os);
  return names;
}

LogicalResult RankJob::complain(const Twine &message) {
  errors << "dagrt-run: error: " << message << '\n';
  return failure();
}

LogicalResult RankJob::agree(LogicalResult own) {
  std::vector<int64_t> failed = ranks->findFailed(succeeded(own));
  std::vector<std::string> all = ranks->gather(text);
  text.clear();
  llvm::MapVector<StringRef, SmallVector<int64_t>> speakers;
  for (auto [rank, said] : llvm::enumerate(all))
    if (!said.empty())
      speakers[said].push_back(rank);
  int64_t size = ranks->getSize();
  for (auto &[said, who] : speakers)
    llvm::errs() << "dagrt-run: on " << describeRanks(who, size) << ":\n" << said;
  if (failed.empty())
    return success();
  if (isFirst() && static_cast<int64_t>(failed.size()) < size)
    llvm::errs() << "dagrt-run: error: expects all ranks to go on, got an error on "
                 << describeRanks(failed, size) << '\n';
  return failure();
}

LogicalResult RankJob::checkEqual(StringRef own, const Twine &what) {
  std::vector<std::string> hashes = ranks->gather(llvm::utohexstr(llvm::xxh3_64bits(own)));
  // The hash that most ranks have is right, among equals that of the first rank.
  StringRef usual;
  int64_t most = 0;
  for (StringRef hash : hashes)
    if (int64_t count = llvm::count(hashes, hash); count > most)
      std::tie(usual, most) = std::make_pair(hash, count);
  SmallVector<int64_t> odd;
  for (auto [rank, hash] : llvm::enumerate(hashes))
    if (hash != usual)
      odd.push_back(rank);
  std::string names = ranks->broadcast(odd.empty() ? "" : describeRanks(odd, ranks->getSize()));
  if (names.empty())
    return success();
  return complain("expects " + what + " on all ranks, got another one on " + names);
}

//===- CacheSlots.h - Which tokens a cache holds -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Two programs may keep one cache in slots of different orders, and in more or fewer of them. What
// they hold is compared, and handed from one to the other, by the positions of the tokens.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_CACHESLOTS_H
#define DAGRT_LOWER_CACHESLOTS_H

#include "dagrt/Lower/Array.h"

#include "dagrt/IR/Dagrt.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <optional>

namespace dagrt {

/// The slots of a cache `[batch, slots, G, D]`.
class CacheSlots {
public:
  /// Those of an argument or result with `dagrt.slots`, none of any other. Precondition: its type
  /// is static.
  static std::optional<CacheSlots> ofArgument(mlir::func::FuncOp func, unsigned number);
  static std::optional<CacheSlots> ofResult(mlir::func::FuncOp func, unsigned number);

  int64_t getNumSlots() const { return numSlots; }
  bool isRolling() const { return rolling; }
  /// Position of the token of the first slot, in the tokens' own order.
  int64_t getFirst() const { return first; }
  /// Position of the token in `slot` where the tokens before `end` are in the cache; none if the
  /// slot is empty.
  std::optional<int64_t> getPosition(int64_t slot, int64_t end) const;
  /// The slot that each of the tokens before `end` is in, -1 if it is in none.
  llvm::SmallVector<int64_t> getSlots(int64_t end) const;

private:
  CacheSlots(SlotsAttr slots, mlir::RankedTensorType type);

  int64_t numSlots = 0, first = 0;
  bool rolling = false;
  llvm::SmallVector<int64_t> tokens; ///< In the order of the slots; empty if it is their own.
};

/// A function's caches, and how many tokens each request has in them.
struct CachedRequests {
  /// Tokens of each request before the step; none where the program has no cache.
  llvm::SmallVector<int64_t> lengths;
  /// New tokens of each request.
  int64_t newTokens = 0;

  /// Of inputs that are made from a seed: lengths differ from request to request, and are at most
  /// the context that the program's attention expects. Precondition: static types.
  static CachedRequests get(mlir::func::FuncOp func);
  int64_t getEnd(int64_t request) const { return lengths[request] + newTokens; }
};

/// True if argument `number` has the positions of the new tokens.
bool isPositions(mlir::func::FuncOp func, unsigned number);

/// What `cache` holds for the last tokens before `ends` (of each request), the last one first:
/// `[batch, count, G, D]`, zero where it holds none.
Array takeLast(const Array &cache, const CacheSlots &slots, llvm::ArrayRef<int64_t> ends,
               int64_t count);

/// Puts what `from` holds of each request's tokens before `ends` into the slots of `to` that they
/// have. Other slots have a finite value that no query reads.
void moveTokens(const Array &from, const CacheSlots &fromSlots, int64_t fromEnd, Array &to,
                const CacheSlots &toSlots, llvm::ArrayRef<int64_t> ends);

} // namespace dagrt

#endif // DAGRT_LOWER_CACHESLOTS_H

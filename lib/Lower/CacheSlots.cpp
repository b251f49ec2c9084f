//===- CacheSlots.cpp - Which tokens a cache holds -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/Lower/CacheSlots.h"

#include <algorithm>

using namespace mlir;
using namespace dagrt;

/// What an empty slot holds: anything finite, as 0 times a NaN is a NaN.
static constexpr double kEmpty = 7;

//===----------------------------------------------------------------------===//
// Slots
//===----------------------------------------------------------------------===//

CacheSlots::CacheSlots(SlotsAttr slots, RankedTensorType type)
    : numSlots(getGlobalShape(type)[1]), rolling(slots.getRolling()) {
  if (SizeAttr offset = slots.getFirst())
    first = offset.toNumber();
  if (TokenOrderAttr order = slots.getOrder())
    for (auto [token, count] : order.getRuns(numSlots))
      for (int64_t i = 0; i < count; ++i)
        tokens.push_back(token + i);
}

std::optional<CacheSlots> CacheSlots::ofArgument(func::FuncOp func, unsigned number) {
  auto slots = func.getArgAttrOfType<SlotsAttr>(number, DagrtDialect::kSlotsAttrName);
  auto type = dyn_cast<RankedTensorType>(func.getArgumentTypes()[number]);
  if (!slots || !type || type.getRank() != 4)
    return std::nullopt;
  return CacheSlots(slots, type);
}

std::optional<CacheSlots> CacheSlots::ofResult(func::FuncOp func, unsigned number) {
  auto slots = func.getResultAttrOfType<SlotsAttr>(number, DagrtDialect::kSlotsAttrName);
  auto type = dyn_cast<RankedTensorType>(func.getResultTypes()[number]);
  if (!slots || !type || type.getRank() != 4)
    return std::nullopt;
  return CacheSlots(slots, type);
}

std::optional<int64_t> CacheSlots::getPosition(int64_t slot, int64_t end) const {
  int64_t position = (tokens.empty() ? slot : tokens[slot]) + first;
  if (position >= end)
    return std::nullopt;
  if (!rolling)
    return position;
  int64_t last = end - 1;
  return last - (last - position) % numSlots;
}

SmallVector<int64_t> CacheSlots::getSlots(int64_t end) const {
  SmallVector<int64_t> slots(std::max<int64_t>(end, 0), -1);
  for (int64_t slot = 0; slot < numSlots; ++slot)
    if (std::optional<int64_t> position = getPosition(slot, end))
      slots[*position] = slot;
  return slots;
}

//===----------------------------------------------------------------------===//
// Requests
//===----------------------------------------------------------------------===//

bool dagrt::isPositions(func::FuncOp func, unsigned number) {
  auto role = func.getArgAttrOfType<RoleAttr>(number, DagrtDialect::kRoleAttrName);
  auto type = dyn_cast<RankedTensorType>(func.getArgumentTypes()[number]);
  return role && role.getName() == "positions" && type && type.getRank() >= 1 &&
         isa<IntegerType>(type.getElementType());
}

CachedRequests CachedRequests::get(func::FuncOp func) {
  CachedRequests requests;
  int64_t batch = 0, slots = 0;
  for (unsigned i = 0; i < func.getNumArguments(); ++i) {
    if (std::optional<CacheSlots> cache = CacheSlots::ofArgument(func, i)) {
      batch = getGlobalShape(cast<RankedTensorType>(func.getArgumentTypes()[i]))[0];
      if (!cache->isRolling())
        slots = slots ? std::min(slots, cache->getNumSlots()) : cache->getNumSlots();
    } else if (isPositions(func, i)) {
      requests.newTokens =
          getGlobalShape(cast<RankedTensorType>(func.getArgumentTypes()[i])).back();
    }
  }
  int64_t visible = 0;
  func.walk([&](AttentionOp op) {
    if (std::optional<SizeAttr> size = op.getVisible(); size && size->isConstant())
      visible = std::max(visible, size->getValue());
  });
  // Without a word about it, the cache is full after the step.
  int64_t longest = std::max<int64_t>((visible ? visible : slots) - requests.newTokens, 0);
  constexpr int64_t kLengths = 3;
  for (int64_t request = 0; request < batch; ++request)
    requests.lengths.push_back(
        std::max(longest - request % kLengths, std::min<int64_t>(longest, 1)));
  return requests;
}

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

/// Elements of one slot of one request.
static int64_t getRowSize(const Array &cache) {
  return getNumElements(ArrayRef<int64_t>(cache.shape).drop_front(2));
}

/// The elements of `slot` of `request`.
static auto getRow(Array &cache, int64_t request, int64_t slot) {
  return cache.elements.begin() + (request * cache.shape[1] + slot) * getRowSize(cache);
}
static auto getRow(const Array &cache, int64_t request, int64_t slot) {
  return cache.elements.begin() + (request * cache.shape[1] + slot) * getRowSize(cache);
}

Array dagrt::takeLast(const Array &cache, const CacheSlots &slots, ArrayRef<int64_t> ends,
                      int64_t count) {
  SmallVector<int64_t> shape(cache.shape);
  shape[1] = count;
  Array result(shape);
  for (auto [request, end] : llvm::enumerate(ends)) {
    SmallVector<int64_t> held = slots.getSlots(end);
    for (int64_t i = 0; i < std::min(count, end); ++i)
      if (int64_t slot = held[end - 1 - i]; slot >= 0)
        std::copy_n(getRow(cache, request, slot), getRowSize(cache), getRow(result, request, i));
  }
  return result;
}

void dagrt::moveTokens(const Array &from, const CacheSlots &fromSlots, int64_t fromEnd, Array &to,
                       const CacheSlots &toSlots, ArrayRef<int64_t> ends) {
  llvm::fill(to.elements, kEmpty);
  SmallVector<int64_t> held = fromSlots.getSlots(fromEnd);
  for (auto [request, end] : llvm::enumerate(ends))
    for (int64_t slot = 0; slot < toSlots.getNumSlots(); ++slot) {
      std::optional<int64_t> position = toSlots.getPosition(slot, end);
      if (position && *position < fromEnd && held[*position] >= 0)
        std::copy_n(getRow(from, request, held[*position]), getRowSize(from),
                    getRow(to, request, slot));
    }
}

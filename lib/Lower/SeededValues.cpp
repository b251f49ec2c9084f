//===- SeededValues.cpp - Weights and inputs from a seed -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The generator is the output function of SplitMix64 (Steele, Lea and Flood, 2014) over a counter;
// names are hashed with FNV-1a, because LLVM's hashes may differ from run to run.
//
//===----------------------------------------------------------------------===//

#include "SeededValues.h"
#include "dagrt/Lower/Array.h"

#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/DenseSet.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

/// Spreads every bit of `x` over all bits of the result; a bijection.
static uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

static uint64_t hashName(StringRef name) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (unsigned char c : name)
    hash = (hash ^ c) * 0x100000001b3ULL;
  return hash;
}

Stream::Stream(uint64_t seed, StringRef name) : key(mix(mix(seed + 1) ^ hashName(name))) {}

uint64_t Stream::getBits(int64_t index) const {
  return mix(key + static_cast<uint64_t>(index + 1) * 0x9e3779b97f4a7c15ULL);
}

double Stream::getUniform(int64_t index) const {
  // The upper 53 bits are a fraction that a double holds exactly.
  return 2 * std::ldexp(static_cast<double>(getBits(index) >> 11), -53) - 1;
}

int64_t Stream::getInteger(int64_t index, int64_t count) const {
  return static_cast<int64_t>(getBits(index) % static_cast<uint64_t>(count));
}

Array dagrt::makeShard(const ParameterInfo &parameter, const Placement &placement, int64_t device,
                       uint64_t seed) {
  Stream stream(seed, parameter.name);
  double scale = 1 / std::sqrt(static_cast<double>(parameter.fanIn));
  int64_t offset = parameter.view ? parameter.view.getOffset() : 0;
  SmallVector<int64_t> strides = getStrides(placement.getGlobalShape());
  if (parameter.view)
    strides.assign(parameter.view.getStrides().begin(), parameter.view.getStrides().end());
  return fillShard(placement, device, [&](ArrayRef<int64_t> index, bool isReal) {
    if (!isReal)
      return 0.0;
    int64_t stored = offset;
    for (auto [i, stride] : llvm::zip_equal(index, strides))
      stored += i * stride;
    return scale * stream.getUniform(stored);
  });
}

PlacedArray dagrt::makeParameter(const ParameterInfo &parameter, Placement placement,
                                 uint64_t seed) {
  PlacedArray value(std::move(placement));
  for (int64_t device = 0, e = value.placement.getNumDevices(); device < e; ++device)
    value.locals.push_back(makeShard(parameter, value.placement, device, seed));
  return value;
}

/// How many elements the ids in `use` count, where they count those of another operand.
static std::optional<int64_t> getNumPlaces(OpOperand &use) {
  auto sharded = dyn_cast<ShardingRuleOpInterface>(use.getOwner());
  if (!sharded || !getElementTypeOrSelf(use.get()).isInteger())
    return std::nullopt;
  ShardingRule rule = sharded.getShardingRule();
  if (use.getOperandNumber() >= rule.operands.size())
    return std::nullopt;
  for (auto [number, factor] : llvm::enumerate(rule.factors))
    if (factor.hasPlaces && !llvm::is_contained(rule.operands[use.getOperandNumber()], number))
      return factor.size;
  return std::nullopt;
}

std::optional<int64_t> dagrt::getVocabulary(BlockArgument argument) {
  std::optional<int64_t> vocabulary;
  SmallVector<Value> reached{argument};
  llvm::DenseSet<Value> seen{argument};
  while (!reached.empty()) {
    Value ids = reached.pop_back_val();
    for (OpOperand &use : ids.getUses()) {
      Operation *user = use.getOwner();
      if (std::optional<int64_t> rows = getNumPlaces(use)) {
        vocabulary = std::min(vocabulary.value_or(*rows), *rows);
        continue;
      }
      // What has one operand and is not a sink moves the ids: reorder, slice, communication.
      if (user->getNumOperands() == 1)
        for (Value result : user->getResults())
          if (seen.insert(result).second)
            reached.push_back(result);
    }
  }
  return vocabulary;
}

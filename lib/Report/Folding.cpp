//===- Folding.cpp - Repeats in a sequence -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A repeat of period p begins at i where the p tokens from i on equal the p tokens from i + p on.
// Then the token at i occurs again at i + p, so only the distances to the next few occurrences of a
// token can be its period. Prefix hashes (Karp and Rabin, 1987) compare two runs of any length at
// once. What is folded becomes one token, and the sequence is folded again until nothing changes:
// short periods first, so loops in layers before layers. A round is linear, and there are as many
// as the length has binary digits and folds are nested.
//
//===----------------------------------------------------------------------===//

#include "Folding.h"

#include <cstdint>
#include <map>

using namespace dagrt;

namespace {
/// Hashes of all prefixes, modulo the prime 2^61 - 1.
class PrefixHashes {
public:
  explicit PrefixHashes(llvm::ArrayRef<unsigned> tokens) : prefix{0}, power{1} {
    prefix.reserve(tokens.size() + 1);
    power.reserve(tokens.size() + 1);
    for (unsigned token : tokens) {
      prefix.push_back(reduce(multiply(prefix.back(), kBase) + token + 1));
      power.push_back(multiply(power.back(), kBase));
    }
  }

  /// Hash of `length` tokens from `begin` on.
  uint64_t get(size_t begin, size_t length) const {
    uint64_t before = multiply(prefix[begin], power[length]);
    return reduce(prefix[begin + length] + kPrime - before);
  }

private:
  static constexpr uint64_t kPrime = (uint64_t(1) << 61) - 1, kBase = 0x5bd1e995ull * 1000003;
  static uint64_t multiply(uint64_t a, uint64_t b) {
    unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    return reduce((static_cast<uint64_t>(product) & kPrime) + static_cast<uint64_t>(product >> 61));
  }
  /// `number`, below twice the prime, modulo the prime.
  static uint64_t reduce(uint64_t number) { return number < kPrime ? number : number - kPrime; }
  std::vector<uint64_t> prefix, power;
};

/// A sequence of parts, and a number for each, equal for equal parts.
struct Sequence {
  std::vector<Folded> parts;
  std::vector<unsigned> numbers;
};

/// Numbers of folds, by what they are made of.
using FoldNumbers = std::map<std::vector<unsigned>, unsigned>;
} // namespace

/// How many candidates for the period are tried at each place.
static constexpr unsigned kMaxTries = 8;

/// For each place, the next one with the same number, of `count` numbers; the size of the sequence
/// if there is none.
static std::vector<size_t> findNext(llvm::ArrayRef<unsigned> numbers, unsigned count) {
  std::vector<size_t> next(numbers.size()), seen(count, numbers.size());
  for (size_t i = numbers.size(); i-- > 0;)
    next[i] = std::exchange(seen[numbers[i]], i);
  return next;
}

/// How often the `period` numbers from `begin` on stand there in a row.
static size_t countRepeats(llvm::ArrayRef<unsigned> numbers, const PrefixHashes &hashes,
                           size_t begin, size_t period) {
  size_t count = 1;
  uint64_t hash = hashes.get(begin, period);
  // Equal hashes are not yet equal numbers.
  while (begin + (count + 1) * period <= numbers.size() &&
         hashes.get(begin + count * period, period) == hash &&
         numbers.slice(begin + count * period, period) == numbers.slice(begin, period))
    ++count;
  return count;
}

/// The shortest period up to `maxPeriod` that repeats from `begin` on, and how often it stands
/// there; {0, 1} if none.
static std::pair<size_t, size_t> findRepeat(llvm::ArrayRef<unsigned> numbers,
                                            llvm::ArrayRef<size_t> next, const PrefixHashes &hashes,
                                            size_t begin, size_t maxPeriod) {
  size_t at = next[begin];
  for (unsigned tries = 0; tries < kMaxTries && at < numbers.size(); ++tries, at = next[at]) {
    size_t period = at - begin;
    if (period > maxPeriod)
      break;
    size_t count = countRepeats(numbers, hashes, begin, period);
    if (count > 1 && (period == 1 || period * count >= period + 3))
      return {period, count};
  }
  return {0, 1};
}

/// One part of the `count` equal parts that `parts` stands at the beginning of.
static Folded makeFold(llvm::MutableArrayRef<Folded> parts, size_t count) {
  Folded fold;
  fold.first = parts.front().first;
  fold.count = count;
  fold.length = parts.back().first + parts.back().length * parts.back().count - fold.first;
  fold.body.assign(std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end()));
  return fold;
}

/// One round: folds from left to right. Returns false if there was nothing to fold.
static bool foldOnce(Sequence &sequence, FoldNumbers &foldNumbers, unsigned &nextNumber,
                     size_t maxPeriod) {
  llvm::ArrayRef<unsigned> numbers(sequence.numbers);
  llvm::MutableArrayRef<Folded> parts(sequence.parts);
  PrefixHashes hashes(numbers);
  std::vector<size_t> next = findNext(numbers, nextNumber);
  Sequence result;
  result.parts.reserve(parts.size());
  result.numbers.reserve(numbers.size());
  bool changed = false;
  for (size_t i = 0; i < numbers.size();) {
    auto [period, count] = findRepeat(numbers, next, hashes, i, maxPeriod);
    if (count == 1) {
      result.parts.push_back(std::move(parts[i]));
      result.numbers.push_back(numbers[i]);
      ++i;
      continue;
    }
    std::vector<unsigned> key = numbers.slice(i, period).vec();
    key.push_back(count);
    auto [it, isNew] = foldNumbers.try_emplace(std::move(key), nextNumber);
    nextNumber += isNew;
    result.parts.push_back(makeFold(parts.slice(i, period), count));
    result.numbers.push_back(it->second);
    i += period * count;
    changed = true;
  }
  sequence = std::move(result);
  return changed;
}

std::vector<Folded> dagrt::foldRepeats(llvm::ArrayRef<unsigned> tokens) {
  Sequence sequence;
  sequence.parts.reserve(tokens.size());
  unsigned nextNumber = 0;
  for (auto [index, token] : llvm::enumerate(tokens)) {
    Folded part;
    part.first = index;
    sequence.parts.push_back(std::move(part));
    nextNumber = std::max(nextNumber, token + 1);
  }
  sequence.numbers = tokens.vec();
  FoldNumbers foldNumbers;
  // A period is tried when all shorter ones have been: else the tail of one layer and the head of
  // the next would pass for a layer, because the loop in the first head was folded already.
  for (size_t maxPeriod = 1; maxPeriod <= sequence.parts.size(); maxPeriod *= 2)
    while (foldOnce(sequence, foldNumbers, nextNumber, maxPeriod)) {
    }
  return std::move(sequence.parts);
}

//===- Nesting.cpp - How deep a program nests -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One pass over the bytes, with what MLIR's lexer would skip (strings, comments) skipped. It need
// not tell brackets apart: programs that people and tools write are an order of magnitude below the
// limits, and stacks end an order of magnitude above.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Pipelines/ReadProgram.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"

using namespace llvm;

namespace {

constexpr size_t kDeepest = 256;
constexpr size_t kMostOperators = 1024;
constexpr size_t kLongestChain = 4096;
constexpr StringLiteral kBracketLimit = "brackets nested at most 256 deep, got deeper nesting";
constexpr StringLiteral kOperatorLimit = "at most 1024 operators in an expression, got more";
constexpr StringLiteral kAliasLimit = "a chain of at most 4096 aliases, got a longer one";

class NestingScanner {
public:
  explicit NestingScanner(StringRef text) : text(text) {}

  std::optional<dagrt::DeepNesting> scan() {
    while (next < text.size()) {
      size_t start = next;
      step();
      if (!exceeded.empty())
        return dagrt::DeepNesting{start, exceeded};
    }
    return std::nullopt;
  }

private:
  void step() {
    char c = text[next];
    if (c == '"')
      return skipString();
    if (isIdentifier(c) || c == '#' || c == '!')
      return takeWord();
    if (text.substr(next).starts_with("//")) {
      next = std::min(text.find('\n', next), text.size());
      return;
    }
    if (text.substr(next).starts_with("->")) {
      next += 2;
      return;
    }
    ++next;
    takePunctuation(c);
  }

  void takePunctuation(char c) {
    if (StringRef("([{<").contains(c)) {
      operators.push_back(0);
      if (operators.size() > kDeepest)
        exceeded = kBracketLimit;
    } else if (StringRef(")]}>").contains(c)) {
      if (operators.size() > 1)
        operators.pop_back();
    } else if (StringRef(",=:").contains(c)) {
      operators.back() = 0;
    } else if (StringRef("+-*").contains(c)) {
      takeOperator();
    }
  }

  void takeOperator() {
    if (++operators.back() > kMostOperators)
      exceeded = kOperatorLimit;
  }

  static bool isIdentifier(char c) { return isAlnum(c) || c == '_' || c == '$' || c == '.'; }

  void skipString() {
    for (++next; next < text.size() && text[next] != '"' && text[next] != '\n'; ++next)
      if (text[next] == '\\')
        ++next;
    next = std::min(next + 1, text.size());
  }

  void takeWord() {
    size_t start = next++;
    while (next < text.size() && isIdentifier(text[next]))
      ++next;
    StringRef word = text.slice(start, next);
    if (word == "mod" || word == "floordiv" || word == "ceildiv")
      takeOperator();
    else if (word.front() == '#' || word.front() == '!')
      takeAlias(word);
  }

  /// An alias is as deep as the deepest that its definition uses, and one more.
  void takeAlias(StringRef word) {
    if (operators.size() == 1 && text.substr(next).ltrim().starts_with("=")) {
      if (!defined.empty())
        chains[defined] = chain;
      defined = word;
      chain = 1;
      return;
    }
    auto used = chains.find(word);
    if (used != chains.end())
      chain = std::max(chain, used->second + 1);
    if (chain > kLongestChain)
      exceeded = kAliasLimit;
  }

  StringRef text;
  size_t next = 0;
  SmallVector<size_t> operators{0}; // Of each bracket that is open.
  StringMap<size_t> chains;
  StringRef defined; // The alias whose definition is being read.
  size_t chain = 1;
  StringRef exceeded; // The limit that does not hold.
};

} // namespace

std::optional<dagrt::DeepNesting> dagrt::findDeepNesting(StringRef text) {
  return NestingScanner(text).scan();
}

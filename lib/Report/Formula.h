//===- Formula.h - The critical path as a formula -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The length of the longest path is the sum of its ops' times. Written with the sizes that each
// op's time depends on, `Get_Time(1024·seq_len, 512, 12288)`, it is a formula: it holds for all
// sizes at which the longest path runs through ops of the same terms. Private to the report.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LIB_REPORT_FORMULA_H
#define DAGRT_LIB_REPORT_FORMULA_H

#include "Folding.h"
#include "dagrt/Schedule/Timeline.h"

#include "llvm/ADT/StringMap.h"

#include <map>
#include <string>

namespace dagrt {

/// How expressions are written: `⌈seq_len/5⌉` for people, `seq_len ceildiv 5` for programs.
enum class Script { Unicode, Ascii };

std::string formatSize(SizeAttr size, Script script);
/// The factors that are not 1: `1024·seq_len`.
std::string formatProduct(llvm::ArrayRef<SizeAttr> factors, Script script);

/// What ops that the formula does not tell apart take: a function of the sizes.
struct Term {
  std::string kind; ///< `gemm`, `norm`, `all_reduce`, ...
  bool communicates = false;
  /// Of work: the products of sizes that it depends on; m, k and n of a GEMM.
  llvm::SmallVector<SizeProduct, 3> arguments;
  /// Of communication: what a device has before and after. Null sizes have no name.
  llvm::SmallVector<SizeAttr> before, after;
  /// Of communication: bytes of the larger of the two buffers; null if unknown.
  SizeAttr bytes;
  /// Of several GEMMs that share m, k and their input: how many.
  unsigned merged = 1;

  /// True for what is written as Get_Time(m, k, n).
  bool isGemm() const { return !communicates && kind == "gemm" && arguments.size() == 3; }
  std::string format(Script script) const;
};

/// One op of the path, or GEMMs of one input that follow each other.
struct FormulaItem {
  unsigned term = 0;
  llvm::SmallVector<unsigned, 3> ops; ///< In order of time.
  int64_t picoseconds = 0;            ///< All of them.
};

/// The longest path of a timeline, without ops that take no time.
struct Formula {
  std::vector<FormulaItem> items;

  /// The terms in order: equal for timelines that one formula holds for.
  std::vector<unsigned> getSignature() const;
  std::vector<Folded> fold() const { return foldRepeats(getSignature()); }
};

/// The terms of a function's ops.
class FormulaTerms {
public:
  /// The function's types may be symbolic; times are not read.
  explicit FormulaTerms(const Timeline &timeline);

  /// The formula of the timeline's critical path. The timeline is that of the constructor, or times
  /// the same ops again.
  Formula build(const Timeline &timeline);

  const Term &operator[](unsigned term) const { return terms[term]; }
  unsigned getTermOf(unsigned op) const { return termOf[op]; }

private:
  unsigned intern(Term term);
  bool joins(const FormulaItem &item, unsigned op, const Timeline &timeline) const;
  FormulaItem *findJoined(std::vector<FormulaItem> &items, unsigned op,
                          const Timeline &timeline) const;
  unsigned mergeTerms(unsigned first, unsigned second);

  std::vector<Term> terms;
  llvm::StringMap<unsigned> numbers;
  std::vector<unsigned> termOf;
  std::map<std::pair<unsigned, unsigned>, unsigned> mergedTerms;
};

/// Calls `enter` on each fold, `visit` on each term and `leave` after each fold, in order. The
/// numbers of all items that a term stands for are given.
struct FormulaVisitor {
  virtual ~FormulaVisitor() = default;
  virtual void enter(const Folded &fold, llvm::ArrayRef<unsigned> items) = 0;
  virtual void visit(const Folded &part, llvm::ArrayRef<unsigned> items) = 0;
  virtual void leave(const Folded &fold) = 0;
};
void visitFormula(llvm::ArrayRef<Folded> parts, FormulaVisitor &visitor);

/// `2 × [4 × [norm(8·seq_len, 64) + ...] + send(...)]`, on one line.
std::string formatFormula(const FormulaTerms &terms, const Formula &formula, Script script);

} // namespace dagrt

#endif // DAGRT_LIB_REPORT_FORMULA_H

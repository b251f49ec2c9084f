//===- Formula.cpp - The critical path as a formula -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a term says comes from the ops' interfaces and types, so that ops of other projects have
// terms, too.
//
//===----------------------------------------------------------------------===//

#include "Formula.h"

#include "dagrt/IR/Sizes.h"
#include "dagrt/Schedule/Analysis.h"

#include "mlir/IR/TypeUtilities.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

static std::string formatSum(SizeAttr size) {
  std::string text;
  for (SizeAttr operand : size.getOperands()) {
    std::string next = formatSize(operand, Script::Unicode);
    StringRef rest(next);
    bool isNegative = rest.consume_front("-");
    if (!text.empty())
      text += isNegative ? " - " : " + ";
    else if (isNegative)
      text += "-";
    text += rest;
  }
  return text;
}

/// An operand of an operator that binds more than a sum.
static std::string formatOperand(SizeAttr size) {
  std::string text = formatSize(size, Script::Unicode);
  return size.getKind() == SizeKind::sum ? "(" + text + ")" : text;
}

std::string dagrt::formatSize(SizeAttr size, Script script) {
  if (!size)
    return "?";
  if (script == Script::Ascii)
    return size.str();
  auto formatBoth = [&](StringRef open, StringRef between, StringRef close) {
    return (open + formatOperand(size.getOperands()[0]) + between +
            formatOperand(size.getOperands()[1]) + close)
        .str();
  };
  switch (size.getKind()) {
  case SizeKind::sum:
    return formatSum(size);
  case SizeKind::product: {
    std::vector<std::string> factors;
    for (SizeAttr operand : size.getOperands())
      factors.push_back(formatOperand(operand));
    if (factors.size() > 1 && factors.front() == "-1") {
      factors.erase(factors.begin());
      factors.front() = "-" + factors.front();
    }
    return llvm::join(factors, "·");
  }
  case SizeKind::ceildiv:
    return formatBoth("⌈", "/", "⌉");
  case SizeKind::floordiv:
    return formatBoth("⌊", "/", "⌋");
  case SizeKind::mod:
    return formatBoth("(", " mod ", ")");
  default:
    return size.str();
  }
}

std::string dagrt::formatProduct(ArrayRef<SizeAttr> factors, Script script) {
  std::vector<std::string> texts;
  for (SizeAttr factor : factors)
    if (!factor || !factor.isConstant() || factor.toNumber() != 1) {
      std::string text = formatSize(factor, script);
      bool isSimple = !factor || factor.isConstant() || factor.getKind() == SizeKind::name ||
                      (script == Script::Unicode && factor.getKind() != SizeKind::sum) ||
                      factors.size() == 1;
      texts.push_back(isSimple ? text : "(" + text + ")");
    }
  return texts.empty() ? "1" : llvm::join(texts, script == Script::Unicode ? "·" : " * ");
}

static std::string formatShape(ArrayRef<SizeAttr> sizes, Script script) {
  std::vector<std::string> texts;
  for (SizeAttr size : sizes)
    texts.push_back(formatSize(size, script));
  return "[" + llvm::join(texts, ", ") + "]";
}

std::string Term::format(Script script) const {
  if (communicates) {
    std::string text = kind + "(" + formatShape(before, script);
    if (after != before)
      text += (script == Script::Unicode ? " → " : " -> ") + formatShape(after, script);
    return text + ")";
  }
  std::vector<std::string> texts;
  for (const SizeProduct &argument : arguments)
    texts.push_back(formatProduct(argument, script));
  return (isGemm() ? "Get_Time" : kind) + "(" + llvm::join(texts, ", ") + ")";
}

//===----------------------------------------------------------------------===//
// Terms
//===----------------------------------------------------------------------===//

/// The larger of two buffers in bytes: larger in each dim or, else, the first.
static SizeAttr getBytes(ArrayRef<SizeAttr> before, ArrayRef<SizeAttr> after, Type elementType) {
  auto multiply = [](ArrayRef<SizeAttr> sizes) {
    SizeAttr product;
    for (SizeAttr size : sizes) {
      if (!size)
        return SizeAttr();
      product = product ? product.times(size) : size;
    }
    return product;
  };
  SizeAttr first = multiply(before), second = multiply(after);
  if (!first || !second)
    return SizeAttr();
  SizeAttr larger = first == second ? first : first.max(second);
  double bytes = getElementBytes(elementType);
  return bytes < 1 ? SizeAttr() : larger.times(static_cast<int64_t>(bytes));
}

static Term makeCommunicationTerm(Operation *op) {
  Term term;
  term.communicates = true;
  CommunicationKind kind = cast<CommunicationOpInterface>(op).getCommunication().kind;
  term.kind = stringifyCommunicationKind(kind).str();
  // One value is communicated.
  if (op->getNumOperands() == 0 || op->getNumResults() == 0)
    return term;
  term.before = getSizesOnDevice(op, op->getOperandTypes().front());
  term.after = getSizesOnDevice(op, op->getResultTypes().front());
  term.bytes = getBytes(term.before, term.after, getElementTypeOrSelf(op->getOperand(0).getType()));
  return term;
}

/// Where an op does not name its sizes, the numbers that its work has.
static void addNumbers(MLIRContext *context, const Work &work,
                       SmallVectorImpl<SizeProduct> &arguments) {
  auto number = [&](int64_t value) { return SizeAttr::getConstant(context, value); };
  if (work.gemm && arguments.size() != 3 && work.flops > 0) {
    const GemmShape &gemm = *work.gemm;
    arguments.assign({SizeProduct{number(gemm.batch), number(gemm.m)}, SizeProduct{number(gemm.k)},
                      SizeProduct{number(gemm.n)}});
  }
  if (arguments.empty() && work.rows > 0)
    arguments.assign({SizeProduct{number(work.rows)}, SizeProduct{number(work.columns)}});
}

static Term makeTerm(const ScheduledOp &scheduled) {
  Operation *op = scheduled.op;
  if (isa<CommunicationOpInterface>(op))
    return makeCommunicationTerm(op);
  Term term;
  if (auto workOp = dyn_cast<WorkOpInterface>(op)) {
    Work work = workOp.getWork();
    term.kind = getWorkKindName(work.kind).str();
    term.arguments = workOp.getWorkSizes();
    addNumbers(op->getContext(), work, term.arguments);
    return term;
  }
  // An op that nothing is known about, but its cost.
  term.kind = op->getName().getStringRef().str();
  for (Type type : op->getResultTypes())
    for (SizeAttr size : getSizesOnDevice(op, type))
      term.arguments.push_back({size});
  return term;
}

FormulaTerms::FormulaTerms(const Timeline &timeline) : termOf(timeline.ops.size(), kNone) {
  OpGroups groups = groupEqualOps(timeline);
  std::vector<unsigned> termOfGroup;
  for (unsigned first : groups.firstOps)
    termOfGroup.push_back(intern(makeTerm(timeline.ops[first])));
  for (auto [op, group] : llvm::enumerate(groups.groupOf))
    if (group != kNone)
      termOf[op] = termOfGroup[group];
}

unsigned FormulaTerms::intern(Term term) {
  // Several GEMMs take another time than one of the same size.
  std::string key = term.format(Script::Ascii) + " " + std::to_string(term.merged);
  auto [it, isNew] = numbers.try_emplace(key, terms.size());
  if (isNew)
    terms.push_back(std::move(term));
  return it->second;
}

/// True if op number `op` is a GEMM of the input of those in `item`, with the same m and k.
bool FormulaTerms::joins(const FormulaItem &item, unsigned op, const Timeline &timeline) const {
  const Term &a = terms[termOf[item.ops.back()]], &b = terms[termOf[op]];
  if (!a.isGemm() || !b.isGemm())
    return false;
  Operation *first = timeline.ops[item.ops.back()].op, *second = timeline.ops[op].op;
  if (first->getNumOperands() < 2 || second->getNumOperands() < 2)
    return false;
  // Steps of one matmul have one weight, and stay apart.
  bool sharesWeight = llvm::any_of(item.ops, [&](unsigned other) {
    return timeline.ops[other].op->getOperand(1) == second->getOperand(1);
  });
  return !sharesWeight && first->getOperand(0) == second->getOperand(0) &&
         a.arguments[0] == b.arguments[0] && a.arguments[1] == b.arguments[1] &&
         a.arguments[2].size() == 1 && b.arguments[2].size() == 1 && a.arguments[2][0] &&
         b.arguments[2][0];
}

unsigned FormulaTerms::mergeTerms(unsigned first, unsigned second) {
  auto [it, isNew] = mergedTerms.try_emplace({first, second}, 0);
  if (!isNew)
    return it->second;
  Term term = terms[first];
  term.arguments[2] = {term.arguments[2][0].plus(terms[second].arguments[2][0])};
  term.merged += terms[second].merged;
  return it->second = intern(std::move(term));
}

/// The GEMM that op number `op` is written with: the last item, but for communication, if both have
/// one input.
FormulaItem *FormulaTerms::findJoined(std::vector<FormulaItem> &items, unsigned op,
                                      const Timeline &timeline) const {
  for (FormulaItem &item : llvm::reverse(items)) {
    if (joins(item, op, timeline))
      return &item;
    if (!terms[item.term].communicates)
      return nullptr;
  }
  return nullptr;
}

Formula FormulaTerms::build(const Timeline &timeline) {
  Formula formula;
  for (unsigned op : timeline.criticalPath) {
    int64_t duration = timeline.ops[op].onPath;
    if (duration == 0)
      continue;
    if (FormulaItem *joined = findJoined(formula.items, op, timeline)) {
      FormulaItem &item = *joined;
      item.term = mergeTerms(item.term, termOf[op]);
      item.ops.push_back(op);
      item.picoseconds += duration;
      continue;
    }
    formula.items.push_back({termOf[op], {op}, duration});
  }
  return formula;
}

std::vector<unsigned> Formula::getSignature() const {
  std::vector<unsigned> signature;
  for (const FormulaItem &item : items)
    signature.push_back(item.term);
  return signature;
}

//===----------------------------------------------------------------------===//
// Structure
//===----------------------------------------------------------------------===//

static void visitParts(ArrayRef<Folded> parts, ArrayRef<unsigned> offsets,
                       FormulaVisitor &visitor) {
  for (const Folded &part : parts) {
    // Where each of the equal parts begins, against the first.
    std::vector<unsigned> repeats;
    for (unsigned offset : offsets)
      for (unsigned repeat = 0; repeat < part.count; ++repeat)
        repeats.push_back(offset + repeat * part.length);
    std::vector<unsigned> items;
    for (unsigned repeat : repeats)
      for (unsigned i = 0; i < part.length; ++i)
        items.push_back(part.first + repeat + i);
    bool isTerm = part.body.empty() || (part.body.size() == 1 && part.body[0].body.empty());
    if (isTerm) {
      visitor.visit(part, items);
      continue;
    }
    visitor.enter(part, items);
    visitParts(part.body, repeats, visitor);
    visitor.leave(part);
  }
}

void dagrt::visitFormula(ArrayRef<Folded> parts, FormulaVisitor &visitor) {
  visitParts(parts, {0}, visitor);
}

namespace {
/// Writes a formula on one line.
struct LineWriter final : FormulaVisitor {
  LineWriter(const FormulaTerms &terms, const Formula &formula, Script script)
      : terms(terms), formula(formula), script(script) {}

  void begin(const Folded &part) {
    text += isFirst ? "" : " + ";
    isFirst = false;
    if (part.count > 1)
      text += std::to_string(part.count) + (script == Script::Unicode ? " × " : " * ");
  }
  void enter(const Folded &fold, ArrayRef<unsigned>) override {
    begin(fold);
    text += "[";
    isFirst = true;
  }
  void visit(const Folded &part, ArrayRef<unsigned> items) override {
    begin(part);
    text += terms[formula.items[items.front()].term].format(script);
  }
  void leave(const Folded &) override {
    text += "]";
    isFirst = false;
  }

  const FormulaTerms &terms;
  const Formula &formula;
  Script script;
  std::string text;
  bool isFirst = true;
};
} // namespace

std::string dagrt::formatFormula(const FormulaTerms &terms, const Formula &formula, Script script) {
  LineWriter writer(terms, formula, script);
  std::vector<Folded> parts = formula.fold();
  visitFormula(parts, writer);
  return writer.text.empty() ? "0" : writer.text;
}

//===- SizeAttr.cpp - Expressions over symbolic sizes -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An expression is brought into one form when it is made: a sum of terms, each a coefficient and a
// sorted product of factors (names, divisions, minima and maxima). So expressions that are equal as
// polynomials are one attribute, and verifiers compare pointers. Coefficients are
// checked: where one would overflow, or there would be too many terms, the expression stays as it
// was written. MLIR's affine expressions are not used, because they fold without such checks.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Dagrt.h"
#include "dagrt/IR/Sizes.h"

#include "mlir/IR/OpImplementation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

#include <optional>

using namespace mlir;
using namespace dagrt;

//===----------------------------------------------------------------------===//
// One form
//===----------------------------------------------------------------------===//

namespace {
/// A coefficient times atoms, which are sorted by their text.
struct Term {
  int64_t coefficient = 1;
  SmallVector<SizeAttr, 2> atoms;
};
using Terms = SmallVector<Term, 4>;
} // namespace

/// Long sums are not multiplied out.
static constexpr size_t kMostTerms = 64;

static SizeAttr getNode(SizeKind kind, ArrayRef<SizeAttr> operands) {
  return SizeAttr::get(operands.front().getContext(), kind, 0, "", operands);
}

/// An order of attributes that does not depend on where they lie in memory.
static bool isBefore(SizeAttr a, SizeAttr b) { return a != b && a.str() < b.str(); }

/// Takes a term of a sum apart; false if its coefficient overflows.
static bool addTerm(SizeAttr size, Terms &terms) {
  Term term;
  if (size.getKind() != SizeKind::product) {
    if (size.isConstant())
      term.coefficient = size.getValue();
    else
      term.atoms.push_back(size);
    terms.push_back(std::move(term));
    return true;
  }
  for (SizeAttr operand : size.getOperands()) {
    if (!operand.isConstant())
      term.atoms.push_back(operand);
    else if (llvm::MulOverflow(term.coefficient, operand.getValue(), term.coefficient))
      return false;
  }
  terms.push_back(std::move(term));
  return true;
}

static bool addTerms(SizeAttr size, Terms &terms) {
  if (size.getKind() != SizeKind::sum)
    return addTerm(size, terms);
  return llvm::all_of(size.getOperands(),
                      [&](SizeAttr operand) { return addTerms(operand, terms); });
}

/// Multiplied names before their sums with numbers, what is added before what is subtracted.
static bool isTermBefore(const Term &a, const Term &b) {
  if ((a.coefficient < 0) != (b.coefficient < 0))
    return b.coefficient < 0;
  if (a.atoms.size() != b.atoms.size())
    return a.atoms.size() > b.atoms.size();
  for (auto [x, y] : llvm::zip_equal(a.atoms, b.atoms))
    if (x != y)
      return isBefore(x, y);
  return false;
}

static SizeAttr buildTerm(MLIRContext *context, const Term &term) {
  SizeAttr coefficient = SizeAttr::getConstant(context, term.coefficient);
  if (term.atoms.empty())
    return coefficient;
  if (term.coefficient == 1 && term.atoms.size() == 1)
    return term.atoms.front();
  SmallVector<SizeAttr, 4> operands;
  if (term.coefficient != 1)
    operands.push_back(coefficient);
  llvm::append_range(operands, term.atoms);
  return getNode(SizeKind::product, operands);
}

/// The sum of terms, like ones added up; null if a coefficient overflows.
static SizeAttr build(MLIRContext *context, Terms terms) {
  if (terms.size() > kMostTerms)
    return {};
  Terms merged;
  for (Term &term : terms) {
    llvm::stable_sort(term.atoms, isBefore);
    auto *like =
        llvm::find_if(merged, [&](const Term &other) { return other.atoms == term.atoms; });
    if (like == merged.end())
      merged.push_back(term);
    else if (llvm::AddOverflow(like->coefficient, term.coefficient, like->coefficient))
      return {};
  }
  llvm::erase_if(merged, [](const Term &term) { return term.coefficient == 0; });
  if (merged.empty())
    return SizeAttr::getConstant(context, 0);
  llvm::stable_sort(merged, isTermBefore);
  SmallVector<SizeAttr, 4> operands;
  for (const Term &term : merged)
    operands.push_back(buildTerm(context, term));
  return operands.size() == 1 ? operands.front() : getNode(SizeKind::sum, operands);
}

//===----------------------------------------------------------------------===//
// Construction
//===----------------------------------------------------------------------===//

SizeAttr SizeAttr::getConstant(MLIRContext *context, int64_t value) {
  return get(context, SizeKind::constant, value, "", {});
}

SizeAttr SizeAttr::getNamed(MLIRContext *context, StringRef name) {
  return get(context, SizeKind::name, 0, name, {});
}

bool SizeAttr::isName(StringRef text) {
  if (text.empty() || llvm::isDigit(text.front()))
    return false;
  if (!llvm::all_of(text, [](char c) { return llvm::isAlnum(c) || c == '_'; }))
    return false;
  return !llvm::is_contained({"floordiv", "ceildiv", "mod", "min", "max", "_"}, text);
}

int64_t SizeAttr::toNumber() const { return isConstant() ? getValue() : ShapedType::kDynamic; }

SizeAttr SizeAttr::plus(SizeAttr other) const {
  Terms terms;
  if (addTerms(*this, terms) && addTerms(other, terms))
    if (SizeAttr sum = build(getContext(), std::move(terms)))
      return sum;
  return getNode(SizeKind::sum, {*this, other});
}

SizeAttr SizeAttr::plus(int64_t other) const { return plus(getConstant(getContext(), other)); }

SizeAttr SizeAttr::minus(SizeAttr other) const { return plus(other.times(-1)); }

SizeAttr SizeAttr::times(SizeAttr other) const {
  auto multiply = [&](Terms &product) {
    Terms left, right;
    if (!addTerms(*this, left) || !addTerms(other, right) ||
        left.size() * right.size() > kMostTerms)
      return false;
    for (const Term &a : left)
      for (const Term &b : right) {
        Term term;
        if (llvm::MulOverflow(a.coefficient, b.coefficient, term.coefficient))
          return false;
        term.atoms = a.atoms;
        llvm::append_range(term.atoms, b.atoms);
        product.push_back(std::move(term));
      }
    return true;
  };
  Terms terms;
  if (multiply(terms))
    if (SizeAttr product = build(getContext(), std::move(terms)))
      return product;
  return getNode(SizeKind::product, {*this, other});
}

SizeAttr SizeAttr::times(int64_t other) const { return times(getConstant(getContext(), other)); }

/// Splits off the terms that `divisor` divides; false if there are none to speak of.
static bool splitMultiples(SizeAttr size, int64_t divisor, SizeAttr &quotient, SizeAttr &rest) {
  Terms terms, multiples, others;
  if (!addTerms(size, terms))
    return false;
  for (Term &term : terms) {
    bool divides = term.coefficient % divisor == 0;
    if (divides)
      term.coefficient /= divisor;
    (divides ? multiples : others).push_back(term);
  }
  quotient = build(size.getContext(), std::move(multiples));
  rest = build(size.getContext(), std::move(others));
  return quotient && rest;
}

/// What is left of `value` when it is divided rounding down.
static int64_t getRest(int64_t value, int64_t divisor) {
  int64_t rest = value % divisor;
  return rest < 0 ? rest + divisor : rest;
}

/// `a floordiv b`, `a ceildiv b` or `a mod b`.
static SizeAttr divide(SizeKind kind, SizeAttr size, SizeAttr divisor) {
  MLIRContext *context = size.getContext();
  // A divisor below 1 is left for the evaluation to refuse.
  if (!divisor.isConstant() || divisor.getValue() < 1)
    return getNode(kind, {size, divisor});
  int64_t by = divisor.getValue();
  SizeAttr quotient, rest;
  if (!splitMultiples(size, by, quotient, rest))
    return getNode(kind, {size, divisor});
  SizeAttr remaining;
  if (rest.isConstant()) {
    int64_t value = rest.getValue();
    int64_t down = llvm::divideFloorSigned(value, by), left = getRest(value, by);
    int64_t result = kind == SizeKind::mod        ? left
                     : kind == SizeKind::floordiv ? down
                                                  : down + (left != 0);
    remaining = SizeAttr::getConstant(context, result);
  } else {
    remaining = getNode(kind, {rest, divisor});
  }
  return kind == SizeKind::mod ? remaining : quotient.plus(remaining);
}

SizeAttr SizeAttr::floorDiv(SizeAttr divisor) const {
  return divide(SizeKind::floordiv, *this, divisor);
}
SizeAttr SizeAttr::ceilDiv(SizeAttr divisor) const {
  return divide(SizeKind::ceildiv, *this, divisor);
}
SizeAttr SizeAttr::mod(SizeAttr divisor) const { return divide(SizeKind::mod, *this, divisor); }
SizeAttr SizeAttr::floorDiv(int64_t divisor) const {
  return floorDiv(getConstant(getContext(), divisor));
}
SizeAttr SizeAttr::ceilDiv(int64_t divisor) const {
  return ceilDiv(getConstant(getContext(), divisor));
}

/// The smaller or larger of two, which stand in the order of their text.
static SizeAttr choose(SizeKind kind, SizeAttr a, SizeAttr b) {
  // A difference that is a number decides, whatever the names stand for.
  SizeAttr difference = a.minus(b);
  if (difference.isConstant())
    return (difference.getValue() < 0) == (kind == SizeKind::min) ? a : b;
  if (isBefore(b, a))
    std::swap(a, b);
  return getNode(kind, {a, b});
}

SizeAttr SizeAttr::min(SizeAttr other) const { return choose(SizeKind::min, *this, other); }
SizeAttr SizeAttr::max(SizeAttr other) const { return choose(SizeKind::max, *this, other); }

void SizeAttr::walkNames(function_ref<void(StringRef)> visit) const {
  if (getKind() == SizeKind::name)
    visit(getName());
  for (SizeAttr operand : getOperands())
    operand.walkNames(visit);
}

//===----------------------------------------------------------------------===//
// Evaluation
//===----------------------------------------------------------------------===//

namespace {
/// Evaluates one expression; the first error is reported, with the full expression.
struct Evaluation {
  SizeAttr whole;
  const SizeBinding &sizes;
  function_ref<InFlightDiagnostic()> emitError;

  FailureOr<int64_t> refuseOverflow() {
    return emitError() << "expects '" << whole.str() << "' to stay below 2^63 in each step, got "
                       << "an overflow at " << sizes.str();
  }

  FailureOr<int64_t> lookup(StringRef name) {
    if (std::optional<int64_t> number = sizes.lookup(name))
      return *number;
    InFlightDiagnostic error = emitError();
    error << "expects a number for the size '" << name << "' of '" << whole.str() << "', got ";
    if (sizes.empty())
      error << "none";
    else
      error << "only " << sizes.str();
    return error << "; bind it as in sizes=" << name << "=8192";
  }

  FailureOr<int64_t> fold(SizeAttr size) {
    FailureOr<int64_t> first = run(size.getOperands().front());
    if (failed(first))
      return failure();
    int64_t result = *first;
    for (SizeAttr operand : size.getOperands().drop_front()) {
      FailureOr<int64_t> value = run(operand);
      if (failed(value))
        return failure();
      bool overflows = size.getKind() == SizeKind::sum ? llvm::AddOverflow(result, *value, result)
                                                       : llvm::MulOverflow(result, *value, result);
      if (overflows)
        return refuseOverflow();
    }
    return result;
  }

  FailureOr<int64_t> runBinary(SizeAttr size) {
    FailureOr<int64_t> left = run(size.getOperands()[0]), right = failure();
    if (failed(left) || failed(right = run(size.getOperands()[1])))
      return failure();
    if (size.getKind() == SizeKind::min)
      return std::min(*left, *right);
    if (size.getKind() == SizeKind::max)
      return std::max(*left, *right);
    if (*right < 1)
      return emitError() << "expects the divisor of '" << size.str() << "' to be at least 1, got "
                         << *right << (sizes.empty() ? "" : " at ") << sizes.str();
    int64_t down = llvm::divideFloorSigned(*left, *right), rest = getRest(*left, *right);
    if (size.getKind() == SizeKind::floordiv)
      return down;
    return size.getKind() == SizeKind::mod ? rest : down + (rest != 0);
  }

  FailureOr<int64_t> run(SizeAttr size) {
    switch (size.getKind()) {
    case SizeKind::constant:
      return size.getValue();
    case SizeKind::name:
      return lookup(size.getName());
    case SizeKind::sum:
    case SizeKind::product:
      return fold(size);
    case SizeKind::floordiv:
    case SizeKind::ceildiv:
    case SizeKind::mod:
    case SizeKind::min:
    case SizeKind::max:
      return runBinary(size);
    }
    llvm_unreachable("all kinds are evaluated");
  }
};
} // namespace

FailureOr<int64_t> SizeAttr::evaluate(const SizeBinding &sizes,
                                      function_ref<InFlightDiagnostic()> emitError) const {
  return Evaluation{*this, sizes, emitError}.run(*this);
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

/// An operand, in parentheses where it holds an operator of its own.
static std::string getOperandText(SizeAttr size) {
  switch (size.getKind()) {
  case SizeKind::constant:
  case SizeKind::name:
  case SizeKind::min:
  case SizeKind::max:
    return size.str();
  default:
    return "(" + size.str() + ")";
  }
}

/// A term as it is subtracted, without its sign, if it has a negative coefficient.
static std::optional<std::string> getSubtracted(SizeAttr term) {
  bool isProduct = term.getKind() == SizeKind::product;
  SizeAttr coefficient = isProduct ? term.getOperands().front() : term;
  if (!coefficient.isConstant() || coefficient.getValue() >= 0 ||
      coefficient.getValue() == INT64_MIN)
    return std::nullopt;
  std::string text;
  if (!isProduct || coefficient.getValue() != -1)
    text = std::to_string(-coefficient.getValue());
  if (isProduct)
    for (SizeAttr operand : term.getOperands().drop_front())
      text += (text.empty() ? "" : " * ") + getOperandText(operand);
  return text;
}

static std::string getSumText(SizeAttr sum) {
  std::string text;
  for (SizeAttr term : sum.getOperands()) {
    std::optional<std::string> subtracted = getSubtracted(term);
    if (subtracted && !text.empty()) {
      text += " - " + *subtracted;
      continue;
    }
    bool isSum = term.getKind() == SizeKind::sum;
    text += (text.empty() ? "" : " + ") + (isSum ? getOperandText(term) : term.str());
  }
  return text;
}

std::string SizeAttr::str() const {
  auto join = [&](StringRef separator) {
    return getOperandText(getOperands()[0]) + separator.str() + getOperandText(getOperands()[1]);
  };
  switch (getKind()) {
  case SizeKind::constant:
    return std::to_string(getValue());
  case SizeKind::name:
    return getName().str();
  case SizeKind::sum:
    return getSumText(*this);
  case SizeKind::product: {
    SmallVector<std::string, 4> texts;
    for (SizeAttr operand : getOperands())
      texts.push_back(getOperandText(operand));
    return llvm::join(texts, " * ");
  }
  case SizeKind::floordiv:
    return join(" floordiv ");
  case SizeKind::ceildiv:
    return join(" ceildiv ");
  case SizeKind::mod:
    return join(" mod ");
  case SizeKind::min:
  case SizeKind::max:
    return stringifySizeKind(getKind()).str() + "(" + getOperands()[0].str() + ", " +
           getOperands()[1].str() + ")";
  }
  llvm_unreachable("all kinds are printed");
}

void SizeAttr::print(AsmPrinter &printer) const { printer << '<' << str() << '>'; }

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

namespace {
/// Reads an expression by recursive descent. Sums bind weakest; all other operators alike, from
/// left to right. The bounds keep the recursion over an expression shallow.
struct SizeParser {
  AsmParser &parser;
  unsigned depth = 0, atoms = 0;
  static constexpr unsigned kMostDepth = 64, kMostAtoms = 512;

  FailureOr<SizeAttr> parseSum() {
    if (++depth > kMostDepth) {
      parser.emitError(parser.getCurrentLocation())
          << "expects at most " << kMostDepth << " nested expressions";
      return failure();
    }
    FailureOr<SizeAttr> sum = parseProduct();
    while (succeeded(sum)) {
      bool isPlus = succeeded(parser.parseOptionalPlus());
      if (!isPlus && failed(parser.parseOptionalMinus()))
        break;
      FailureOr<SizeAttr> next = parseProduct();
      if (failed(next))
        return failure();
      sum = isPlus ? sum->plus(*next) : sum->minus(*next);
    }
    --depth;
    return sum;
  }

  FailureOr<SizeAttr> parseProduct() {
    FailureOr<SizeAttr> product = parseAtom();
    while (succeeded(product)) {
      StringRef word;
      bool isTimes = succeeded(parser.parseOptionalStar());
      if (!isTimes && failed(parser.parseOptionalKeyword(&word, {"floordiv", "ceildiv", "mod"})))
        break;
      SMLoc loc = parser.getCurrentLocation();
      FailureOr<SizeAttr> next = parseAtom();
      if (failed(next))
        return failure();
      if (isTimes) {
        product = product->times(*next);
        continue;
      }
      if (next->isConstant() && next->getValue() < 1) {
        parser.emitError(loc) << "expects a divisor of at least 1, got " << next->getValue();
        return failure();
      }
      product = word == "floordiv"  ? product->floorDiv(*next)
                : word == "ceildiv" ? product->ceilDiv(*next)
                                    : product->mod(*next);
    }
    return product;
  }

  FailureOr<SizeAttr> parseAtom() {
    if (++atoms > kMostAtoms) {
      parser.emitError(parser.getCurrentLocation())
          << "expects at most " << kMostAtoms << " numbers and names in an expression";
      return failure();
    }
    if (succeeded(parser.parseOptionalLParen())) {
      FailureOr<SizeAttr> inner = parseSum();
      if (failed(inner) || parser.parseRParen())
        return failure();
      return inner;
    }
    int64_t number = 0;
    OptionalParseResult isNumber = parser.parseOptionalInteger(number);
    if (isNumber.has_value()) {
      if (failed(*isNumber))
        return failure();
      return SizeAttr::getConstant(parser.getContext(), number);
    }
    SMLoc loc = parser.getCurrentLocation();
    StringRef word;
    if (failed(parser.parseOptionalKeyword(&word))) {
      parser.emitError(loc) << "expects a number or the name of a size";
      return failure();
    }
    if (word == "min" || word == "max")
      return parseChoice(word == "min");
    if (!SizeAttr::isName(word)) {
      parser.emitError(loc) << "expects the name of a size to have letters, digits and '_', and to "
                               "be no operator, got '"
                            << word << "'";
      return failure();
    }
    return SizeAttr::getNamed(parser.getContext(), word);
  }

  FailureOr<SizeAttr> parseChoice(bool isMin) {
    FailureOr<SizeAttr> a = failure(), b = failure();
    if (parser.parseLParen() || failed(a = parseSum()) || parser.parseComma() ||
        failed(b = parseSum()) || parser.parseRParen())
      return failure();
    return isMin ? a->min(*b) : a->max(*b);
  }
};
} // namespace

FailureOr<SizeAttr> SizeAttr::parseExpression(AsmParser &parser) {
  return SizeParser{parser}.parseSum();
}

Attribute SizeAttr::parse(AsmParser &parser, Type) {
  if (parser.parseLess())
    return {};
  FailureOr<SizeAttr> size = parseExpression(parser);
  if (failed(size) || parser.parseGreater())
    return {};
  return *size;
}

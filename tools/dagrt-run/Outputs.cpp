//===- Outputs.cpp - Prints and compares outputs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Outputs.h"
#include "dagrt/Lower/CacheSlots.h"
#include "dagrt/Lower/Compare.h"
#include "dagrt/Lower/Evaluator.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

static std::string joinNumbers(ArrayRef<int64_t> numbers, StringRef separator) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(numbers, os, separator);
  return text;
}

static std::string describeShape(ArrayRef<int64_t> shape) {
  return shape.empty() ? "scalar" : joinNumbers(shape, "x");
}

void dagrt::printElements(const Array &array) {
  ArrayRef<int64_t> shape = array.shape;
  ArrayRef<int64_t> rows = shape.empty() ? shape : shape.drop_back();
  int64_t columns = shape.empty() ? 1 : shape.back(), next = 0;
  forEachIndex(rows, [&](ArrayRef<int64_t> row) {
    llvm::outs() << "  [" << joinNumbers(row, ", ") << "]:";
    for (int64_t i = 0; i < columns; ++i)
      llvm::outs() << ' ' << llvm::format("%.9g", array.elements[next++]);
    llvm::outs() << '\n';
  });
}

void dagrt::printSummary(size_t number, const Array &array) {
  double squares = 0, sum = 0, largest = 0;
  for (double element : array.elements) {
    squares += element * element;
    sum += element;
    largest = std::max(largest, std::abs(element));
  }
  double count = std::max<double>(array.elements.size(), 1);
  llvm::outs() << "output #" << number << ": " << describeShape(array.shape)
               << llvm::format(", norm %.9g, mean %.9g, max %.9g\n", std::sqrt(squares),
                               sum / count, largest);
}

LogicalResult dagrt::checkFinite(const Program &program) {
  bool ok = true;
  for (auto [number, array] : llvm::enumerate(program.outputs))
    if (std::optional<int64_t> offset = findNotFinite(array))
      ok = succeeded(complain("expects finite outputs of '" + program.name + "', got " +
                              llvm::formatv("{0}", array.elements[*offset]).str() + " in output #" +
                              Twine(number) + " at [" +
                              joinNumbers(getIndex(array.shape, *offset), ", ") + "]"));
  return success(ok);
}

LogicalResult dagrt::checkInputs(const Program &program, const Program &reference) {
  SmallVector<InputDescription> a = describeInputs(program.func);
  SmallVector<InputDescription> b = describeInputs(reference.func);
  if (a.size() != b.size())
    return complain("expects the inputs of '" + reference.name + "', " + Twine(b.size()) +
                    ", got " + Twine(a.size()) + " in '" + program.name + "'");
  auto describe = [](const InputDescription &input) {
    std::string text = describeShape(input.shape) + (input.isInteger ? " integers" : " floats");
    return input.vocabulary ? text + " below " + std::to_string(*input.vocabulary) : text;
  };
  for (auto [number, x, y] : llvm::enumerate(a, b))
    if (!(x == y))
      return complain("expects input #" + Twine(number) + " as in '" + reference.name + "', " +
                      describe(y) + ", got " + describe(x) + " in '" + program.name + "'");
  return success();
}

double dagrt::chooseModelTolerance(const Program &program, const Program &reference) {
  double tolerance = std::max(getModelTolerance(program.func), getModelTolerance(reference.func));
  if (tolerance >= 1)
    getErrorStream()
        << "dagrt-run: warning: with --dtype=model roundings of this program may be as "
           "large as its outputs, so this comparison finds nothing; use --dtype=f64\n";
  llvm::outs() << llvm::format("tolerance %.2e, of the programs' types\n", tolerance);
  return tolerance;
}

/// Where the tokens of each request in a cache end, after the program has run on seeded inputs.
static SmallVector<int64_t> getEnds(const Program &program, unsigned number) {
  CachedRequests requests = CachedRequests::get(program.func);
  SmallVector<int64_t> ends;
  for (int64_t request = 0, e = requests.lengths.size(); request < e; ++request)
    ends.push_back(requests.getEnd(request));
  if (!ends.empty())
    return ends;
  // What a prefill hands on holds its last tokens.
  const Array &cache = program.outputs[number];
  CacheSlots slots = *CacheSlots::ofResult(program.func, number);
  return SmallVector<int64_t>(cache.shape[0], slots.getFirst() + slots.getNumSlots());
}

/// Outputs that are caches are compared by the positions of their tokens.
static std::pair<Array, Array> alignCaches(const Program &program, const Program &reference,
                                           unsigned number) {
  const Array &a = program.outputs[number], &b = reference.outputs[number];
  std::optional<CacheSlots> own = CacheSlots::ofResult(program.func, number);
  std::optional<CacheSlots> other = CacheSlots::ofResult(reference.func, number);
  if (!own || !other || a.shape.size() != 4 || b.shape.size() != 4 || a.shape[0] != b.shape[0])
    return {a, b};
  SmallVector<int64_t> ends = getEnds(program, number);
  int64_t count = std::min(own->getNumSlots(), other->getNumSlots());
  return {takeLast(a, *own, ends, count), takeLast(b, *other, ends, count)};
}

LogicalResult dagrt::compareOutputs(const Program &program, const Program &reference,
                                    double tolerance) {
  if (program.outputs.size() != reference.outputs.size())
    return complain("expects the outputs of '" + reference.name + "', " +
                    Twine(reference.outputs.size()) + ", got " + Twine(program.outputs.size()) +
                    " in '" + program.name + "'");
  bool ok = true;
  for (size_t number = 0; number < program.outputs.size(); ++number) {
    auto [a, b] = alignCaches(program, reference, number);
    if (a.shape != b.shape) {
      ok = succeeded(complain("expects output #" + Twine(number) + " of shape " +
                              describeShape(b.shape) + ", got " + describeShape(a.shape)));
      continue;
    }
    Difference difference = compare(a, b);
    double error = difference.getError();
    std::string where = "[" + joinNumbers(difference.index, ", ") + "]";
    llvm::outs() << "output #" << number << ": " << describeShape(a.shape)
                 << llvm::format(", error %.2e (max|a-b| %.2e, max|b| %.2e)", error,
                                 difference.largest, difference.reference)
                 << ", largest at " << where << '\n';
    // Written so that an error that is not a number fails too.
    if (error <= tolerance)
      continue;
    std::string numbers = llvm::formatv("{0:e2}, got {1:e2}", tolerance, error).str();
    ok = succeeded(
        complain("expects output #" + Twine(number) + " within " + numbers + " at " + where));
  }
  return success(ok);
}

//===- Outputs.cpp - Prints and compares outputs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Outputs.h"
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

LogicalResult dagrt::compareOutputs(const Program &program, const Program &reference,
                                    double tolerance) {
  if (program.outputs.size() != reference.outputs.size())
    return complain("expects the outputs of '" + reference.name + "', " +
                    Twine(reference.outputs.size()) + ", got " + Twine(program.outputs.size()) +
                    " in '" + program.name + "'");
  bool ok = true;
  for (auto [number, a, b] : llvm::enumerate(program.outputs, reference.outputs)) {
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

//===- RopeAttr.cpp - Frequencies of rotary embeddings -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Dagrt.h"

#include "mlir/IR/DialectImplementation.h"

#include <cmath>

using namespace mlir;
using namespace dagrt;

Attribute RopeAttr::parse(AsmParser &parser, Type) {
  double theta = 0;
  int64_t dims = 0, at = 0;
  bool interleaved = false;
  RopeScaling scaling = RopeScaling::none;
  SmallVector<double> factors;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseKeyword("theta") || parser.parseFloat(theta) ||
      parser.parseComma() || parser.parseKeyword("dims") || parser.parseInteger(dims))
    return {};
  while (succeeded(parser.parseOptionalComma())) {
    if (succeeded(parser.parseOptionalKeyword("interleaved"))) {
      interleaved = true;
      continue;
    }
    if (succeeded(parser.parseOptionalKeyword("at"))) {
      if (parser.parseInteger(at))
        return {};
      continue;
    }
    StringRef keyword;
    SMLoc keywordLoc = parser.getCurrentLocation();
    if (parser.parseKeyword(&keyword))
      return {};
    std::optional<RopeScaling> kind = symbolizeRopeScaling(keyword);
    if (!kind) {
      parser.emitError(keywordLoc)
          << "expects at, interleaved, linear, llama3, yarn or longrope, got " << keyword;
      return {};
    }
    scaling = *kind;
    if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                       [&]() { return parser.parseFloat(factors.emplace_back()); }))
      return {};
  }
  if (parser.parseGreater())
    return {};
  auto report = [&]() { return parser.emitError(loc); };
  return RopeAttr::getChecked(function_ref<InFlightDiagnostic()>(report), parser.getContext(),
                              Real(theta), dims, at, interleaved, scaling,
                              DenseF64ArrayAttr::get(parser.getContext(), factors));
}

void RopeAttr::print(AsmPrinter &printer) const {
  printer << "<theta " << getTheta() << ", dims " << getDims();
  if (getAt() != 0)
    printer << ", at " << getAt();
  if (getInterleaved())
    printer << ", interleaved";
  if (getScaling() != RopeScaling::none) {
    printer << ", " << stringifyRopeScaling(getScaling()) << " [";
    llvm::interleaveComma(getFactors().asArrayRef(), printer.getStream(),
                          [&](double value) { printer << value; });
    printer << ']';
  }
  printer << '>';
}

LogicalResult RopeAttr::verify(function_ref<InFlightDiagnostic()> emitError, Real theta,
                               int64_t dims, int64_t at, bool interleaved, RopeScaling scaling,
                               DenseF64ArrayAttr factors) {
  if (!(theta.value > 0) || !std::isfinite(theta.value))
    return emitError() << "expects a positive theta, got " << theta.value;
  if (dims < 2 || dims % 2 != 0)
    return emitError() << "expects an even number of rotated dims, 2 or more, got " << dims;
  if (at < 0)
    return emitError() << "expects rotated dims from one that is not negative on, got " << at;
  int64_t expected = 0;
  switch (scaling) {
  case RopeScaling::none:
    expected = 0;
    break;
  case RopeScaling::linear:
    expected = 1;
    break;
  case RopeScaling::llama3:
    expected = 4;
    break;
  case RopeScaling::yarn:
    expected = 5;
    break;
  case RopeScaling::longrope:
    expected = 1 + dims / 2;
    break;
  }
  if (factors.size() != expected)
    return emitError() << "expects " << expected << " factors for " << stringifyRopeScaling(scaling)
                       << " scaling, got " << factors.size();
  for (double factor : factors.asArrayRef())
    if (!(factor > 0) || !std::isfinite(factor))
      return emitError() << "expects positive factors, got " << factor;
  return success();
}

/// Llama 3.1: long wavelengths are divided by `factor`, short ones kept, and those between
/// blended (`factors`: factor, low_freq_factor, high_freq_factor, original length).
static double scaleLlama3(double frequency, ArrayRef<double> factors) {
  double factor = factors[0], low = factors[1], high = factors[2], original = factors[3];
  double turns = original * frequency / (2 * M_PI);
  if (turns < low)
    return frequency / factor;
  if (turns > high)
    return frequency;
  double smooth = (turns - low) / (high - low);
  return (1 - smooth) * frequency / factor + smooth * frequency;
}

/// YaRN (Peng et al., 2023, section 3.2): a ramp over the pairs between dividing by the factor
/// and keeping (`factors`: factor, beta_fast, beta_slow, original length, attention factor).
static double scaleYarn(double frequency, int64_t pair, int64_t dims, double theta,
                        ArrayRef<double> factors) {
  double factor = factors[0], original = factors[3];
  auto findPair = [&](double turns) {
    return dims * std::log(original / (turns * 2 * M_PI)) / (2 * std::log(theta));
  };
  double low = std::max(std::floor(findPair(factors[1])), 0.0);
  double high = std::min(std::ceil(findPair(factors[2])), dims - 1.0);
  if (low == high)
    high += 0.001;
  double ramp = std::clamp((pair - low) / (high - low), 0.0, 1.0);
  return frequency / factor * ramp + frequency * (1 - ramp);
}

SmallVector<double> RopeAttr::getFrequencies() const {
  SmallVector<double> frequencies;
  ArrayRef<double> factors = getFactors().asArrayRef();
  for (int64_t j = 0; j < getDims() / 2; ++j) {
    double frequency = std::pow(getTheta(), -2.0 * j / getDims());
    switch (getScaling()) {
    case RopeScaling::none:
      break;
    case RopeScaling::linear:
      frequency /= factors[0];
      break;
    case RopeScaling::llama3:
      frequency = scaleLlama3(frequency, factors);
      break;
    case RopeScaling::yarn:
      frequency = scaleYarn(frequency, j, getDims(), getTheta(), factors);
      break;
    case RopeScaling::longrope:
      frequency /= factors[1 + j];
      break;
    }
    frequencies.push_back(frequency);
  }
  return frequencies;
}

double RopeAttr::getAttentionFactor() const {
  if (getScaling() == RopeScaling::yarn)
    return getFactors()[4];
  if (getScaling() == RopeScaling::longrope)
    return getFactors()[0];
  return 1;
}

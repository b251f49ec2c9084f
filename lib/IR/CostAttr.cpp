//===- CostAttr.cpp - Times of ops and where they lie -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Syntax and verification of `#dagrt.cost` and `#dagrt.timing`.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Dagrt.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/Support/Format.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace dagrt;

/// What stands after `error`: `5`, or `-4 to 12`, of which the first is not positive.
static ParseResult parseErrorBar(AsmParser &parser, double &below, double &above) {
  SMLoc loc = parser.getCurrentLocation();
  double first = 0;
  if (parser.parseFloat(first))
    return failure();
  if (failed(parser.parseOptionalKeyword("to"))) {
    // No time is shorter by more than itself.
    below = std::min(first, 100.0);
    above = first;
    return success();
  }
  if (parser.parseFloat(above))
    return failure();
  if (!(first <= 0 && first >= -100 && above >= 0))
    return parser.emitError(loc) << "expects an error from -100 to 0 to one that is not negative, "
                                    "in percent, got "
                                 << first << " to " << above;
  below = -first;
  return success();
}

Attribute CostAttr::parse(AsmParser &parser, Type) {
  int64_t picoseconds = 0;
  Bound bound = Bound::none;
  Provenance provenance = Provenance::given;
  std::string algorithm;
  double below = -1, above = -1;
  uint64_t fingerprint = 0;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseInteger(picoseconds) || parser.parseKeyword("ps"))
    return {};
  while (succeeded(parser.parseOptionalComma())) {
    if (succeeded(parser.parseOptionalString(&algorithm)))
      continue;
    if (succeeded(parser.parseOptionalKeyword("error"))) {
      if (parseErrorBar(parser, below, above))
        return {};
      continue;
    }
    if (succeeded(parser.parseOptionalKeyword("for"))) {
      if (parser.parseInteger(fingerprint))
        return {};
      continue;
    }
    StringRef keyword;
    SMLoc keywordLoc = parser.getCurrentLocation();
    if (parser.parseKeyword(&keyword))
      return {};
    if (std::optional<Bound> parsed = symbolizeBound(keyword)) {
      bound = *parsed;
      continue;
    }
    std::optional<Provenance> parsed = symbolizeProvenance(keyword);
    if (!parsed) {
      parser.emitError(keywordLoc)
          << "expects a bound (none, compute, memory, link, latency, fixed) "
             "or a provenance (given, measured, interpolated, modelled, "
             "extrapolated), got "
          << keyword;
      return {};
    }
    provenance = *parsed;
  }
  if (parser.parseGreater())
    return {};
  auto report = [&]() { return parser.emitError(loc); };
  // The exact types choose the function that is compiled beside the storage.
  return CostAttr::getChecked(function_ref<InFlightDiagnostic()>(report), parser.getContext(),
                              picoseconds, bound, provenance, StringRef(algorithm), Real(below),
                              Real(above), fingerprint);
}

void CostAttr::print(AsmPrinter &printer) const {
  printer << '<' << getPicoseconds() << " ps";
  if (getBound() != Bound::none)
    printer << ", " << stringifyBound(getBound());
  if (getProvenance() != Provenance::given)
    printer << ", " << stringifyProvenance(getProvenance());
  if (!getAlgorithm().empty()) {
    printer << ", ";
    printer.printString(getAlgorithm());
  }
  double below = getBelowPercent().value, above = getAbovePercent().value;
  if (above >= 0 && below == std::min(above, 100.0))
    printer << ", error " << above;
  else if (above >= 0)
    printer << ", error " << -below << " to " << above;
  if (getFingerprint() != 0)
    printer << ", for " << llvm::format_hex(getFingerprint(), 18);
  printer << '>';
}

LogicalResult CostAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t picoseconds,
                               Bound bound, Provenance provenance, StringRef algorithm,
                               Real belowPercent, Real abovePercent, uint64_t) {
  if (picoseconds < 0)
    return emitError() << "expects a time that is not negative, got " << picoseconds << " ps";
  // -1 stands for an unknown error and is not printed.
  double below = belowPercent.value, above = abovePercent.value;
  if (below == -1 && above == -1)
    return success();
  if (!std::isfinite(above) || above < 0)
    return emitError() << "expects an error in percent that is not negative, got " << above;
  if (!(below >= 0 && below <= 100))
    return emitError() << "expects a time that is shorter by 0 to 100 percent, got " << below;
  return success();
}

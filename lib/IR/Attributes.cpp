//===- Attributes.cpp - Attributes of the dialect -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Syntax, verification and small computations of the attributes.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Dagrt.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace dagrt;

/// Doubles in attributes print so that they read back to the same value.
static ParseResult parseDouble(AsmParser &parser, Real &value) {
  double parsed = 0;
  if (parser.parseFloat(parsed))
    return failure();
  value = Real(parsed);
  return success();
}
static void printDouble(AsmPrinter &printer, double value) { printer << value; }

/// `[` integers `]`
static ParseResult parseIntegers(AsmParser &parser, SmallVectorImpl<int64_t> &values) {
  return parser.parseCommaSeparatedList(
      AsmParser::Delimiter::Square, [&]() { return parser.parseInteger(values.emplace_back()); });
}

/// `[` expressions of sizes `]`
static ParseResult parseSizes(AsmParser &parser, SmallVectorImpl<SizeAttr> &sizes) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&]() -> ParseResult {
    FailureOr<SizeAttr> size = SizeAttr::parseExpression(parser);
    if (failed(size))
      return failure();
    sizes.push_back(*size);
    return success();
  });
}
static void printSizes(AsmPrinter &printer, ArrayRef<SizeAttr> sizes) {
  llvm::interleaveComma(sizes, printer.getStream(), [&](SizeAttr size) { printer << size.str(); });
}

#include "dagrt/IR/DagrtEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dagrt/IR/DagrtAttributes.cpp.inc"

void DagrtDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dagrt/IR/DagrtAttributes.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Axes
//===----------------------------------------------------------------------===//

/// `"tp"`, `"tp":(1)4`, `"tp"+1`
static FailureOr<AxisRefAttr> parseAxisRef(AsmParser &parser) {
  std::string name;
  int64_t preSize = 0, size = 0, rotation = 0;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseString(&name))
    return failure();
  if (succeeded(parser.parseOptionalColon())) {
    if (parser.parseLParen() || parser.parseInteger(preSize) || parser.parseRParen() ||
        parser.parseInteger(size))
      return failure();
  } else if (succeeded(parser.parseOptionalPlus())) {
    if (parser.parseInteger(rotation))
      return failure();
  }
  auto emitError = [&]() { return parser.emitError(loc); };
  auto ref = AxisRefAttr::getChecked(emitError, parser.getContext(), name, preSize, size, rotation);
  if (!ref)
    return failure();
  return ref;
}

std::string AxisRefAttr::str() const {
  std::string text = "\"";
  llvm::raw_string_ostream stream(text);
  llvm::printEscapedString(getName(), stream);
  text += '"';
  if (!isWhole())
    text += ":(" + std::to_string(getPreSize()) + ")" + std::to_string(getSize());
  if (getRotation())
    text += "+" + std::to_string(getRotation());
  return text;
}

Attribute AxisRefAttr::parse(AsmParser &parser, Type) {
  if (parser.parseLess())
    return {};
  FailureOr<AxisRefAttr> ref = parseAxisRef(parser);
  if (failed(ref) || parser.parseGreater())
    return {};
  return *ref;
}

void AxisRefAttr::print(AsmPrinter &printer) const { printer << '<' << str() << '>'; }

LogicalResult AxisRefAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringRef name,
                                  int64_t preSize, int64_t size, int64_t rotation) {
  if (name.empty())
    return emitError() << "expects an axis name, got an empty string";
  bool whole = size == 0 && preSize == 0;
  if (!whole && (preSize < 1 || size < 2))
    return emitError() << "expects a sub-axis of size 2 or more after a size of 1 or more, got ("
                       << preSize << ')' << size;
  if (rotation < 0 || (rotation > 0 && !whole))
    return emitError() << "expects a rotation of a full axis by 1 or more, got " << rotation;
  return success();
}

/// `[` axes `]`
static FailureOr<AxesAttr> parseAxes(AsmParser &parser, AsmParser::Delimiter delimiter) {
  SmallVector<AxisRefAttr> axes;
  ParseResult result = parser.parseCommaSeparatedList(delimiter, [&]() -> ParseResult {
    FailureOr<AxisRefAttr> ref = parseAxisRef(parser);
    if (failed(ref))
      return failure();
    axes.push_back(*ref);
    return success();
  });
  if (failed(result))
    return failure();
  return AxesAttr::get(parser.getContext(), axes);
}

std::string AxesAttr::str() const {
  std::string text = "[";
  llvm::raw_string_ostream stream(text);
  llvm::interleaveComma(getAxes(), stream, [&](AxisRefAttr ref) { stream << ref.str(); });
  return text + "]";
}

FailureOr<AxesAttr> AxesAttr::parseList(AsmParser &parser) {
  return parseAxes(parser, AsmParser::Delimiter::Square);
}

Attribute AxesAttr::parse(AsmParser &parser, Type) {
  if (parser.parseLess())
    return {};
  FailureOr<AxesAttr> axes = parseList(parser);
  if (failed(axes) || parser.parseGreater())
    return {};
  return *axes;
}

void AxesAttr::print(AsmPrinter &printer) const { printer << '<' << str() << '>'; }

//===----------------------------------------------------------------------===//
// Distribution
//===----------------------------------------------------------------------===//

/// `_`, `"tp"`, `{"dp", "tp"}`
static ParseResult parseDim(AsmParser &parser, SmallVectorImpl<AxesAttr> &dims) {
  MLIRContext *context = parser.getContext();
  if (succeeded(parser.parseOptionalKeyword("_"))) {
    dims.push_back(AxesAttr::get(context, {}));
    return success();
  }
  FailureOr<AxesAttr> axes = parseAxes(parser, AsmParser::Delimiter::OptionalBraces);
  if (failed(axes))
    return failure();
  if (axes->empty()) {
    FailureOr<AxisRefAttr> ref = parseAxisRef(parser);
    if (failed(ref))
      return failure();
    axes = AxesAttr::get(context, *ref);
  }
  dims.push_back(*axes);
  return success();
}

Attribute DistAttr::parse(AsmParser &parser, Type) {
  SymbolRefAttr symbol;
  SmallVector<AxesAttr> dims;
  SmallVector<SizeAttr> of;
  MLIRContext *context = parser.getContext();
  FailureOr<AxesAttr> partial = AxesAttr::get(context, {});
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseAttribute(symbol) || parser.parseComma() ||
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                     [&]() { return parseDim(parser, dims); }) ||
      parser.parseComma() || parser.parseKeyword("of") || parseSizes(parser, of))
    return {};
  if (succeeded(parser.parseOptionalComma())) {
    if (parser.parseKeyword("partial"))
      return {};
    partial = parseAxes(parser, AsmParser::Delimiter::Square);
    if (failed(partial))
      return {};
  }
  if (parser.parseGreater())
    return {};
  auto mesh = dyn_cast<FlatSymbolRefAttr>(symbol);
  if (!mesh) {
    parser.emitError(loc) << "expects the mesh to be a flat symbol, got " << symbol;
    return {};
  }
  SmallVector<int64_t> numbers;
  for (SizeAttr size : of)
    numbers.push_back(size.toNumber());
  if (!ShapedType::isDynamicShape(numbers))
    of.clear();
  return DistAttr::getChecked([&]() { return parser.emitError(loc); }, context, mesh, dims, numbers,
                              of, *partial);
}

void DistAttr::print(AsmPrinter &printer) const {
  printer << '<' << getMesh() << ", [";
  llvm::interleaveComma(getDims(), printer.getStream(), [&](AxesAttr axes) {
    if (axes.empty()) {
      printer << '_';
      return;
    }
    std::string text = axes.str();
    StringRef list = text;
    if (axes.size() == 1)
      printer << list.drop_front().drop_back();
    else
      printer << '{' << list.drop_front().drop_back() << '}';
  });
  printer << "], of [";
  if (getSymbols().empty())
    llvm::interleaveComma(getOf(), printer.getStream());
  else
    printSizes(printer, getSymbols());
  printer << ']';
  if (isPartial())
    printer << ", partial " << getPartial().str();
  printer << '>';
}

LogicalResult DistAttr::verify(function_ref<InFlightDiagnostic()> emitError, FlatSymbolRefAttr mesh,
                               ArrayRef<AxesAttr> dims, ArrayRef<int64_t> of,
                               ArrayRef<SizeAttr> symbols, AxesAttr partial) {
  if (dims.size() != of.size())
    return emitError() << "expects as many dims as the global shape has, " << of.size() << ", got "
                       << dims.size();
  bool isStatic = !ShapedType::isDynamicShape(of);
  if (symbols.size() != (isStatic ? 0 : of.size()))
    return emitError() << "expects an expression for each size of a symbolic global shape, and "
                          "none for one of numbers, got "
                       << symbols.size() << " for " << of.size() << " sizes";
  for (auto [dim, symbol] : llvm::enumerate(symbols))
    if (symbol.toNumber() != of[dim])
      return emitError() << "expects the size of dim " << dim << " to be " << symbol.str()
                         << ", got another number";
  for (int64_t size : of)
    if (size < 0 && !ShapedType::isDynamic(size))
      return emitError() << "expects a global shape of sizes that are not negative, got " << size;
  return success();
}

/// A dim is `?` where the size that it follows from is no number.
static LogicalResult verifyDynamicDims(ArrayRef<int64_t> shape, ArrayRef<int64_t> sizes,
                                       function_ref<InFlightDiagnostic()> emitError) {
  for (auto [dim, size] : llvm::enumerate(sizes))
    if (ShapedType::isDynamic(size) && !ShapedType::isDynamic(shape[dim]))
      return emitError() << "expects dim " << dim << " to be ?, for its size is no number, got "
                         << shape[dim];
  return success();
}

LogicalResult DistAttr::verifyEncoding(ArrayRef<int64_t> shape, Type elementType,
                                       function_ref<InFlightDiagnostic()> emitError) const {
  if (shape.size() != getOf().size())
    return emitError() << "expects a distribution of " << shape.size() << " dims, got one of "
                       << getOf().size();
  return verifyDynamicDims(shape, getOf(), emitError);
}

//===----------------------------------------------------------------------===//
// Sizes of logical tensors
//===----------------------------------------------------------------------===//

Attribute SizesAttr::parse(AsmParser &parser, Type) {
  SmallVector<SizeAttr> sizes;
  if (parser.parseLess() || parseSizes(parser, sizes) || parser.parseGreater())
    return {};
  return SizesAttr::get(parser.getContext(), sizes);
}

void SizesAttr::print(AsmPrinter &printer) const {
  printer << "<[";
  printSizes(printer, getSizes());
  printer << "]>";
}

LogicalResult SizesAttr::verifyEncoding(ArrayRef<int64_t> shape, Type elementType,
                                        function_ref<InFlightDiagnostic()> emitError) const {
  if (shape.size() != getSizes().size())
    return emitError() << "expects sizes of " << shape.size() << " dims, got " << getSizes().size();
  SmallVector<int64_t> numbers;
  for (SizeAttr size : getSizes())
    numbers.push_back(size.toNumber());
  if (!ShapedType::isDynamicShape(numbers))
    return emitError() << "expects a named size, or no '#dagrt.sizes', got numbers only";
  if (failed(verifyDynamicDims(shape, numbers, emitError)))
    return failure();
  for (auto [dim, size] : llvm::enumerate(numbers)) {
    if (size == shape[dim])
      continue;
    InFlightDiagnostic error = emitError();
    error << "expects dim " << dim << " to be " << size << ", as '#dagrt.sizes' has it, got ";
    if (ShapedType::isDynamic(shape[dim]))
      return error << '?';
    return error << shape[dim];
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Parameters, positions
//===----------------------------------------------------------------------===//

Attribute ViewAttr::parse(AsmParser &parser, Type) {
  SmallVector<int64_t> stored, strides;
  int64_t offset = 0;
  if (parser.parseLess() || parseIntegers(parser, stored) || parser.parseKeyword("offset") ||
      parser.parseInteger(offset) || parser.parseKeyword("strides") ||
      parseIntegers(parser, strides) || parser.parseGreater())
    return {};
  return ViewAttr::get(parser.getContext(), stored, offset, strides);
}

void ViewAttr::print(AsmPrinter &printer) const {
  printer << "<[";
  llvm::interleaveComma(getStored(), printer.getStream());
  printer << "] offset " << getOffset() << " strides [";
  llvm::interleaveComma(getStrides(), printer.getStream());
  printer << "]>";
}

//===----------------------------------------------------------------------===//
// Roles
//===----------------------------------------------------------------------===//

Attribute RoleAttr::parse(AsmParser &parser, Type) {
  StringRef name;
  int64_t layer = -1, microbatch = -1;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseKeyword(&name))
    return {};
  bool hasMore = succeeded(parser.parseOptionalComma());
  if (hasMore && succeeded(parser.parseOptionalKeyword("layer"))) {
    if (parser.parseInteger(layer))
      return {};
    hasMore = succeeded(parser.parseOptionalComma());
  }
  if (hasMore && failed(parser.parseOptionalKeyword("microbatch"))) {
    parser.emitError(parser.getCurrentLocation())
        << "expects " << (layer < 0 ? "'layer N' or " : "") << "'microbatch N'"
        << " after the comma";
    return {};
  }
  if (hasMore && parser.parseInteger(microbatch))
    return {};
  if (parser.parseGreater())
    return {};
  return RoleAttr::getChecked([&]() { return parser.emitError(loc); }, parser.getContext(), name,
                              layer, microbatch);
}

void RoleAttr::print(AsmPrinter &printer) const {
  printer << '<' << getName();
  if (hasLayer())
    printer << ", layer " << getLayer();
  if (hasMicrobatch())
    printer << ", microbatch " << getMicrobatch();
  printer << '>';
}

LogicalResult RoleAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringRef name,
                               int64_t layer, int64_t microbatch) {
  auto isWord = [](StringRef word) {
    return !word.empty() && llvm::all_of(word, [](char c) { return llvm::isAlnum(c) || c == '_'; });
  };
  SmallVector<StringRef> words;
  name.split(words, '.');
  if (!llvm::all_of(words, isWord) || llvm::isDigit(name[0]))
    return emitError() << "expects a role of words joined by dots, got '" << name << "'";
  if (layer < -1)
    return emitError() << "expects a layer that is not negative, got " << layer;
  if (microbatch < -1)
    return emitError() << "expects a micro-batch that is not negative, got " << microbatch;
  return success();
}

bool RoleAttr::isWithin(StringRef prefix) const {
  StringRef name = getName();
  return name.consume_front(prefix) && (name.empty() || name.front() == '.');
}

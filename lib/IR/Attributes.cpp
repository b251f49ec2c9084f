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
static void printIntegers(AsmPrinter &printer, ArrayRef<int64_t> values) {
  printer << '[';
  llvm::interleaveComma(values, printer.getStream());
  printer << ']';
}

/// `[` expressions of sizes `]`
static ParseResult parseSizeList(AsmParser &parser, SmallVectorImpl<SizeAttr> &sizes) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&]() -> ParseResult {
    FailureOr<SizeAttr> size = SizeAttr::parseExpression(parser);
    if (failed(size))
      return failure();
    sizes.push_back(*size);
    return success();
  });
}
static void printSizeList(AsmPrinter &printer, ArrayRef<SizeAttr> sizes) {
  printer << '[';
  llvm::interleaveComma(sizes, printer.getStream(), [&](SizeAttr size) { printer << size.str(); });
  printer << ']';
}

/// `critical`, of an op that is.
static ParseResult parseCritical(AsmParser &parser, bool &critical) {
  critical = true;
  return parser.parseKeyword("critical");
}
static void printCritical(AsmPrinter &printer, bool) { printer << "critical"; }

//===----------------------------------------------------------------------===//
// Lists of axes
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

/// The axes between the brackets of a list.
static ParseResult parseAxes(AsmParser &parser, AsmParser::Delimiter delimiter,
                             SmallVectorImpl<AxisRefAttr> &axes) {
  return parser.parseCommaSeparatedList(delimiter, [&]() -> ParseResult {
    FailureOr<AxisRefAttr> ref = parseAxisRef(parser);
    if (failed(ref))
      return failure();
    axes.push_back(*ref);
    return success();
  });
}
static void printAxes(AsmPrinter &printer, ArrayRef<AxisRefAttr> axes) {
  llvm::interleaveComma(axes, printer.getStream(), [&](AxisRefAttr ref) { printer << ref.str(); });
}

/// `[` axes `]`
static ParseResult parseAxisList(AsmParser &parser, SmallVectorImpl<AxisRefAttr> &axes) {
  return parseAxes(parser, AsmParser::Delimiter::Square, axes);
}
static void printAxisList(AsmPrinter &printer, ArrayRef<AxisRefAttr> axes) {
  printer << '[';
  printAxes(printer, axes);
  printer << ']';
}

//===----------------------------------------------------------------------===//
// Parts of distributions
//===----------------------------------------------------------------------===//

static ParseResult parseMeshName(AsmParser &parser, FlatSymbolRefAttr &mesh) {
  SymbolRefAttr symbol;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseAttribute(symbol))
    return failure();
  mesh = dyn_cast<FlatSymbolRefAttr>(symbol);
  if (!mesh)
    return parser.emitError(loc) << "expects the mesh to be a flat symbol, got " << symbol;
  return success();
}
static void printMeshName(AsmPrinter &printer, FlatSymbolRefAttr mesh) { printer << mesh; }

/// `_`, `"tp"`, `{"dp", "tp"}`
static ParseResult parseShardedDim(AsmParser &parser, SmallVectorImpl<AxesAttr> &dims) {
  SmallVector<AxisRefAttr> axes;
  if (failed(parser.parseOptionalKeyword("_"))) {
    if (parseAxes(parser, AsmParser::Delimiter::OptionalBraces, axes))
      return failure();
    if (axes.empty()) {
      FailureOr<AxisRefAttr> ref = parseAxisRef(parser);
      if (failed(ref))
        return failure();
      axes.push_back(*ref);
    }
  }
  dims.push_back(AxesAttr::get(parser.getContext(), axes));
  return success();
}
static void printShardedDim(AsmPrinter &printer, AxesAttr axes) {
  bool isList = axes.size() > 1;
  printer << (axes.empty() ? "_" : isList ? "{" : "");
  printAxes(printer, axes.getAxes());
  printer << (isList ? "}" : "");
}

static ParseResult parseShardedDims(AsmParser &parser, SmallVectorImpl<AxesAttr> &dims) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                        [&]() { return parseShardedDim(parser, dims); });
}
static void printShardedDims(AsmPrinter &printer, ArrayRef<AxesAttr> dims) {
  printer << '[';
  llvm::interleaveComma(dims, printer.getStream(),
                        [&](AxesAttr axes) { printShardedDim(printer, axes); });
  printer << ']';
}

/// Numbers only have no symbols beside them.
static ParseResult parseGlobalSizes(AsmParser &parser, SmallVectorImpl<int64_t> &of,
                                    SmallVectorImpl<SizeAttr> &symbols) {
  if (parseSizeList(parser, symbols))
    return failure();
  for (SizeAttr size : symbols)
    of.push_back(size.toNumber());
  if (!ShapedType::isDynamicShape(of))
    symbols.clear();
  return success();
}
static void printGlobalSizes(AsmPrinter &printer, ArrayRef<int64_t> of,
                             ArrayRef<SizeAttr> symbols) {
  if (symbols.empty())
    printIntegers(printer, of);
  else
    printSizeList(printer, symbols);
}

static ParseResult parsePartial(AsmParser &parser, AxesAttr &partial) {
  SmallVector<AxisRefAttr> axes;
  if (parseAxisList(parser, axes))
    return failure();
  partial = AxesAttr::get(parser.getContext(), axes);
  return success();
}
static void printPartial(AsmPrinter &printer, AxesAttr partial) {
  printAxisList(printer, partial.getAxes());
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

std::string AxesAttr::str() const {
  std::string text = "[";
  llvm::raw_string_ostream stream(text);
  llvm::interleaveComma(getAxes(), stream, [&](AxisRefAttr ref) { stream << ref.str(); });
  return text + "]";
}

FailureOr<AxesAttr> AxesAttr::parseList(AsmParser &parser) {
  SmallVector<AxisRefAttr> axes;
  if (parseAxisList(parser, axes))
    return failure();
  return AxesAttr::get(parser.getContext(), axes);
}

//===----------------------------------------------------------------------===//
// Distribution
//===----------------------------------------------------------------------===//

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

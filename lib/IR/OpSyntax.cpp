//===- OpSyntax.cpp - Syntax shared by the ops -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The custom directives of the ops' assembly formats, and the generated op definitions that
// use them.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/Dagrt.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace dagrt;

/// `<"tp" = 8, "dp" = 2>`
static ParseResult parseMeshAxes(OpAsmParser &parser, ArrayAttr &names, DenseI64ArrayAttr &sizes) {
  SmallVector<Attribute> parsedNames;
  SmallVector<int64_t> parsedSizes;
  Builder &builder = parser.getBuilder();
  auto parseAxis = [&]() -> ParseResult {
    std::string name;
    if (parser.parseString(&name) || parser.parseEqual() ||
        parser.parseInteger(parsedSizes.emplace_back()))
      return failure();
    parsedNames.push_back(builder.getStringAttr(name));
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::LessGreater, parseAxis))
    return failure();
  names = builder.getArrayAttr(parsedNames);
  sizes = builder.getDenseI64ArrayAttr(parsedSizes);
  return success();
}

static void printMeshAxes(OpAsmPrinter &printer, Operation *, ArrayAttr names,
                          DenseI64ArrayAttr sizes) {
  printer << '<';
  llvm::interleaveComma(
      llvm::zip_equal(names, sizes.asArrayRef()), printer.getStream(),
      [&](auto axis) { printer << std::get<0>(axis) << " = " << std::get<1>(axis); });
  printer << '>';
}

/// A result that has the type of an operand is not printed.
static ParseResult parseSameType(OpAsmParser &, Type operand, Type &result) {
  result = operand;
  return success();
}
static void printSameType(OpAsmPrinter &, Operation *, Type, Type) {}

/// Sines have the type of cosines, if there are any, and the result has that of the operand.
static ParseResult parseRopeTypes(OpAsmParser &, Type x, Type cosines, Type &sines, Type &result) {
  sines = cosines;
  result = x;
  return success();
}
static void printRopeTypes(OpAsmPrinter &, Operation *, Type, Type, Type, Type) {}

static ParseResult parseRopeConfig(OpAsmParser &parser, RopeAttr &config) {
  config = cast_if_present<RopeAttr>(RopeAttr::parse(parser, {}));
  return failure(!config);
}
static void printRopeConfig(OpAsmPrinter &printer, Operation *, RopeAttr config) {
  if (config)
    config.print(printer);
}

/// `, T`, where the operand is there.
static ParseResult parseTypeIfPresent(OpAsmParser &parser,
                                      const std::optional<OpAsmParser::UnresolvedOperand> &operand,
                                      Type &type) {
  return failure(operand && (parser.parseComma() || parser.parseType(type)));
}
static void printTypeIfPresent(OpAsmPrinter &printer, Operation *, Value operand, Type type) {
  if (operand)
    printer << ", " << type;
}

/// The types of a norm's scale, and of its bias where it has one.
static ParseResult parseNormWeightTypes(OpAsmParser &parser,
                                        const std::optional<OpAsmParser::UnresolvedOperand> &bias,
                                        Type &scaleType, Type &biasType) {
  if (parser.parseType(scaleType))
    return failure();
  return failure(bias && (parser.parseComma() || parser.parseType(biasType)));
}
static void printNormWeightTypes(OpAsmPrinter &printer, Operation *, Value bias, Type scaleType,
                                 Type biasType) {
  printer << scaleType;
  if (bias)
    printer << ", " << biasType;
}

/// A received value has the message's payload type; a piece of one says its own.
static ParseResult parsePayloadType(OpAsmParser &parser, Type message, Type &result) {
  auto type = dyn_cast<MessageType>(message);
  if (!type)
    return parser.emitError(parser.getCurrentLocation())
           << "expects a '!dagrt.message' type, got " << message;
  result = type.getPayload();
  return succeeded(parser.parseOptionalArrow()) ? parser.parseType(result) : success();
}
static void printPayloadType(OpAsmPrinter &printer, Operation *, Type message, Type result) {
  auto type = dyn_cast<MessageType>(message);
  if (!type || type.getPayload() != result)
    printer << "-> " << result;
}

/// Attributes as they stand in types and in ops: without the name of the attribute.
static ParseResult parseAxesList(OpAsmParser &parser, AxesAttr &axes) {
  FailureOr<AxesAttr> parsed = AxesAttr::parseList(parser);
  if (failed(parsed))
    return failure();
  axes = *parsed;
  return success();
}
static void printAxesList(OpAsmPrinter &printer, Operation *, AxesAttr axes) {
  printer << axes.str();
}

static ParseResult parseTokenOrder(OpAsmParser &parser, TokenOrderAttr &order) {
  FailureOr<TokenOrderAttr> parsed = TokenOrderAttr::parseOrder(parser);
  if (failed(parsed))
    return failure();
  order = *parsed;
  return success();
}
static void printTokenOrder(OpAsmPrinter &printer, Operation *, TokenOrderAttr order) {
  printer << order.str();
}

static ParseResult parseSize(OpAsmParser &parser, SizeAttr &size) {
  FailureOr<SizeAttr> parsed = SizeAttr::parseExpression(parser);
  if (failed(parsed))
    return failure();
  size = *parsed;
  return success();
}
static void printSize(OpAsmPrinter &printer, Operation *, SizeAttr size) { printer << size.str(); }

/// A double without its type.
static ParseResult parsePlainF64(OpAsmParser &parser, FloatAttr &value) {
  double parsed = 0;
  if (parser.parseFloat(parsed))
    return failure();
  value = parser.getBuilder().getF64FloatAttr(parsed);
  return success();
}
static void printPlainF64(OpAsmPrinter &printer, Operation *, FloatAttr value) {
  printer << value.getValue();
}

#define GET_OP_CLASSES
#include "dagrt/IR/DagrtOps.cpp.inc"

//===- ShardingRule.cpp - How ops may be sharded -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Results follow from operands in three steps: collect the axes that the operands put on each
// factor (all operands of a factor must agree), check that no factor is sharded that may not be
// and no axis shards two factors, and read the results' dims off the factors. Axes
// of contracted factors, and pending sums that the op commutes with, become
// the results' partial axes.
//
//===----------------------------------------------------------------------===//

#include "dagrt/IR/ShardingRule.h"

#include "PlacedTypes.h"

#include "dagrt/IR/Layout.h"
#include "dagrt/IR/Padding.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace dagrt;

unsigned ShardingRule::addFactor(StringRef name, GlobalSize size, FactorKind kind) {
  factors.push_back({name, size.number, kind, size.symbol});
  return factors.size() - 1;
}

ShardingRule dagrt::getElementwiseRule(Operation *op, PartialRule partial) {
  ShardingRule rule;
  rule.partial = partial;
  GlobalShape shape = getGlobalShape(cast<RankedTensorType>(op->getResultTypes().front()));
  SmallVector<unsigned, 6> all;
  for (size_t dim = 0; dim < shape.size(); ++dim)
    all.push_back(rule.addFactor("d", shape[dim]));
  for (Type type : op->getOperandTypes()) {
    size_t rank = cast<RankedTensorType>(type).getRank();
    rule.operands.emplace_back(ArrayRef<unsigned>(all).take_back(rank));
  }
  rule.results.assign(op->getNumResults(), all);
  return rule;
}

/// A note at what made operand `index`.
static void noteOperand(InFlightDiagnostic &error, Operation *op, unsigned index,
                        const Twine &text) {
  error.attachNote(op->getOperand(index).getLoc()) << text;
}

static bool isUnknown(GlobalSize size) {
  return ShapedType::isDynamic(size.number) && !size.symbol;
}

/// True if two sizes are the same number or expression; of an unknown one nothing can be said.
static bool fits(GlobalSize a, GlobalSize b) {
  return isUnknown(a) || isUnknown(b) || (a.number == b.number && a.symbol == b.symbol);
}

static std::string getText(GlobalSize size) {
  return size.symbol ? size.symbol.str() : std::to_string(size.number);
}

/// Shapes: every dim has the size of its factor.
static LogicalResult verifySizes(Operation *op, const ShardingRule &rule) {
  auto check = [&](Type type, ArrayRef<unsigned> dims, StringRef what, unsigned index) {
    GlobalShape shape = getGlobalShape(cast<RankedTensorType>(type));
    if (shape.size() != dims.size()) {
      InFlightDiagnostic error = op->emitOpError() << "expects " << what << " #" << index << " of "
                                                   << dims.size() << " dims, got " << type;
      if (what == "operand")
        noteOperand(error, op, index, "operand defined here");
      return failure();
    }
    for (auto [dim, factor] : llvm::enumerate(dims)) {
      GlobalSize expected(rule.factors[factor].size, rule.factors[factor].symbol);
      if (fits(shape[dim], expected))
        continue;
      InFlightDiagnostic error = op->emitOpError()
                                 << "expects dim " << dim << " of " << what << " #" << index << " ("
                                 << rule.factors[factor].name << ") to be " << getText(expected)
                                 << ", got " << getText(shape[dim]);
      if (what == "operand")
        noteOperand(error, op, index, "operand defined here");
      return failure();
    }
    return success();
  };
  for (auto [i, dims] : llvm::enumerate(rule.operands))
    if (failed(check(op->getOperand(i).getType(), dims, "operand", i)))
      return failure();
  for (auto [i, dims] : llvm::enumerate(rule.results))
    if (failed(check(op->getResult(i).getType(), dims, "result", i)))
      return failure();
  return success();
}

namespace {
/// What the operands say about each factor.
struct Projection {
  SmallVector<AxesAttr, 8> axes;   ///< Of each factor; null if no operand has it.
  SmallVector<unsigned, 8> source; ///< The operand that said it.
  AxesAttr partial;                ///< Pending sum that passes through.
  unsigned partialSource = 0;      ///< The operand that has it.
};
} // namespace

/// Collects the axes of each factor from the operands.
static FailureOr<Projection> projectOperands(Operation *op, MeshOp mesh, const ShardingRule &rule) {
  Projection projection;
  projection.axes.resize(rule.factors.size());
  projection.source.resize(rule.factors.size());
  for (auto [i, dims] : llvm::enumerate(rule.operands)) {
    DistAttr dist = getDist(op->getOperand(i).getType());
    for (auto [dim, factor] : llvm::enumerate(dims)) {
      AxesAttr axes = normalizeAxes(mesh, dist.getDims()[dim]);
      AxesAttr &known = projection.axes[factor];
      if (!known) {
        known = axes;
        projection.source[factor] = i;
        continue;
      }
      if (known == axes)
        continue;
      InFlightDiagnostic error = op->emitOpError()
                                 << "expects dim " << dim << " of operand #" << i << " ("
                                 << rule.factors[factor].name << ") to be sharded over "
                                 << known.str() << " as operand #" << projection.source[factor]
                                 << " is, got " << axes.str();
      noteOperand(error, op, i, "operand defined here");
      noteOperand(error, op, projection.source[factor],
                  "operand #" + Twine(projection.source[factor]) + " defined here");
      return failure();
    }
  }
  return projection;
}

/// Factors that must be replicated are, and no axis shards two factors.
static LogicalResult verifyCuts(Operation *op, MeshOp mesh, const ShardingRule &rule,
                                const Projection &projection) {
  for (auto [i, factor] : llvm::enumerate(rule.factors)) {
    AxesAttr axes = projection.axes[i];
    if (!axes || axes.empty())
      continue;
    if (factor.kind == FactorKind::Indivisible || factor.kind == FactorKind::Decomposable) {
      InFlightDiagnostic error = op->emitOpError() << "expects " << factor.name
                                                   << " to be replicated on each device, got "
                                                   << "operand #" << projection.source[i]
                                                   << " sharded over " << axes.str();
      noteOperand(error, op, projection.source[i], "operand defined here");
      return failure();
    }
    for (size_t j = 0; j < i; ++j) {
      if (!projection.axes[j] || !overlaps(mesh, projection.axes[j], axes))
        continue;
      // The shards of a local factor are told apart by another factor over the same axes, as those
      // of keys are by the part; that one is checked against all others.
      bool isLocal = factor.kind == FactorKind::Local || rule.factors[j].kind == FactorKind::Local;
      if (isLocal && projection.axes[j] == axes)
        continue;
      InFlightDiagnostic error = op->emitOpError()
                                 << "expects an axis to shard one of the op's dims, got "
                                 << axes.str() << " on both " << rule.factors[j].name
                                 << " (operand #" << projection.source[j] << ") and " << factor.name
                                 << " (operand #" << projection.source[i] << ')';
      noteOperand(error, op, projection.source[i], "operand defined here");
      return failure();
    }
  }
  return success();
}

/// Finds the pending sum that passes through the op.
static LogicalResult projectPartial(Operation *op, MeshOp mesh, const ShardingRule &rule,
                                    Projection &projection) {
  AxesAttr &pending = projection.partial;
  pending = AxesAttr::get(op->getContext(), {});
  for (unsigned i = 0, e = rule.operands.size(); i < e; ++i) {
    DistAttr dist = getDist(op->getOperand(i).getType());
    AxesAttr partial = normalizeAxes(mesh, dist.getPartial());
    if (partial.empty() && (rule.partial != PartialRule::Additive || pending.empty()))
      continue;
    bool fits =
        (rule.partial == PartialRule::Additive && (i == 0 || isSameSet(mesh, partial, pending))) ||
        (rule.partial == PartialRule::Bilinear && pending.empty());
    if (fits) {
      pending = partial;
      projection.partialSource = i;
      continue;
    }
    InFlightDiagnostic error = op->emitOpError();
    if (rule.partial == PartialRule::Additive)
      error << "expects all operands to be partial over the same axes, got " << pending.str()
            << " and " << partial.str() << " (operand #" << i << ')';
    else if (rule.partial == PartialRule::Bilinear)
      error << "expects at most one operand to be partial, got operand #" << i << " partial over "
            << partial.str() << " beside operand #" << projection.partialSource << " partial over "
            << pending.str();
    else
      error << "expects no partial operand, got operand #" << i << " partial over "
            << partial.str();
    unsigned blame = partial.empty() ? 0 : i;
    noteOperand(error, op, blame, "this is a sum not yet reduced");
    return failure();
  }
  return success();
}

/// Adds the axes of contracted factors to the pending sum. No factor may be sharded over axes of a
/// sum that is pending already: a device would multiply its part with a single term.
static LogicalResult addContracted(Operation *op, MeshOp mesh, const ShardingRule &rule,
                                   Projection &projection) {
  AxesAttr pending = projection.partial;
  for (auto [i, factor] : llvm::enumerate(rule.factors)) {
    AxesAttr axes = projection.axes[i];
    if (!axes || axes.empty())
      continue;
    if (overlaps(mesh, pending, axes)) {
      InFlightDiagnostic error = op->emitOpError()
                                 << "expects " << factor.name
                                 << " not to be sharded over axes that operand #"
                                 << projection.partialSource << " is partial over, got "
                                 << axes.str() << " on operand #" << projection.source[i];
      noteOperand(error, op, projection.partialSource, "this is a sum not yet reduced");
      return failure();
    }
    if (factor.kind == FactorKind::Contracted)
      projection.partial = concatAxes(mesh, projection.partial, axes);
  }
  return success();
}

/// True if a result of type `actual`, placed, lies as `expected` says.
static bool liesAs(Type actual, const Layout &expected) {
  DistAttr dist = getDist(actual);
  MeshOp mesh = expected.getMesh();
  if (dist.getMesh().getAttr() != mesh.getSymNameAttr())
    return false;
  bool isSame = dist.getSymbols().empty() && dist.getOf() == expected.getShape().getNumbers() &&
                dist.getDims() == expected.getDims() && dist.getPartial() == expected.getPartial();
  return isSame || Layout(mesh, dist) == Layout(mesh, expected.getDist());
}

/// The layouts of the results; the first operand lies on `mesh`.
static FailureOr<SmallVector<Layout, 1>> inferLayouts(Operation *op, MeshOp mesh,
                                                      const ShardingRule &rule) {
  DistAttr first = getDist(op->getOperand(0).getType());
  for (unsigned i = 1, e = rule.operands.size(); i < e; ++i) {
    DistAttr dist = getDist(op->getOperand(i).getType());
    if (dist.getMesh() == first.getMesh())
      continue;
    InFlightDiagnostic error = op->emitOpError()
                               << "expects all operands on mesh '" << first.getMesh()
                               << "', got operand #" << i << " on '" << dist.getMesh() << "'";
    noteOperand(error, op, i, "operand defined here; 'dagrt.send' takes a value to another mesh");
    return failure();
  }
  FailureOr<Projection> projection = projectOperands(op, mesh, rule);
  if (failed(projection) || failed(verifyCuts(op, mesh, rule, *projection)))
    return failure();
  if (failed(projectPartial(op, mesh, rule, *projection)) ||
      failed(addContracted(op, mesh, rule, *projection)))
    return failure();
  SmallVector<Layout, 1> layouts;
  AxesAttr none = AxesAttr::get(op->getContext(), {});
  for (ArrayRef<unsigned> dims : rule.results) {
    SmallVector<AxesAttr> cut;
    SmallVector<int64_t> shape;
    SmallVector<SizeAttr> symbols;
    for (unsigned factor : dims) {
      cut.push_back(projection->axes[factor] ? projection->axes[factor] : none);
      shape.push_back(rule.factors[factor].size);
      symbols.push_back(rule.factors[factor].symbol);
    }
    layouts.emplace_back(mesh, GlobalShape(shape, symbols), cut, projection->partial);
  }
  return layouts;
}

FailureOr<SmallVector<RankedTensorType>> dagrt::inferResultTypes(Operation *op,
                                                                 const ShardingRule &rule) {
  MeshOp mesh = lookupMesh(op, getDist(op->getOperand(0).getType()).getMesh());
  FailureOr<SmallVector<Layout, 1>> layouts = inferLayouts(op, mesh, rule);
  if (failed(layouts))
    return failure();
  SmallVector<RankedTensorType> types;
  for (auto [result, layout] : llvm::zip_equal(op->getResults(), *layouts))
    types.push_back(layout.getType(getElementTypeOrSelf(result.getType())));
  return types;
}

static bool isPlaced(Type type) { return static_cast<bool>(getDist(type)); }

static bool isPlaced(Operation *op) {
  return llvm::any_of(op->getOperandTypes(), [](Type type) { return isPlaced(type); }) ||
         llvm::any_of(op->getResultTypes(), [](Type type) { return isPlaced(type); });
}

/// All operands and results are placed, or none is.
static LogicalResult verifyAllPlaced(Operation *op) {
  if (!isPlaced(op))
    return success();
  StringRef expected = "expects all operands and results to be placed, got ";
  for (OpOperand &operand : op->getOpOperands()) {
    if (isPlaced(operand.get().getType()))
      continue;
    unsigned index = operand.getOperandNumber();
    InFlightDiagnostic error = op->emitOpError() << expected << "operand #" << index << " of type "
                                                 << operand.get().getType();
    noteOperand(error, op, index, "operand defined here");
    return error;
  }
  for (auto [i, type] : llvm::enumerate(op->getResultTypes())) {
    if (isPlaced(type))
      continue;
    InFlightDiagnostic error = op->emitOpError()
                               << expected << "result #" << i << " of type " << type;
    if (op->getNumOperands() > 0)
      noteOperand(error, op, 0, "this operand is placed");
    return error;
  }
  return success();
}

LogicalResult dagrt::verifyLogicalByRule(Operation *op) {
  if (failed(verifyAllPlaced(op)))
    return failure();
  return verifySizes(op, cast<ShardingRuleOpInterface>(op).getShardingRule());
}

LogicalResult dagrt::verifyPlacedByRule(Operation *op, SymbolTableCollection &symbols) {
  if (!isPlaced(op))
    return success();
  PlacedTypes types(op, symbols);
  for (auto [i, type] : llvm::enumerate(op->getOperandTypes()))
    if (failed(types.verify(type, "operand #" + Twine(i))))
      return failure();
  for (auto [i, type] : llvm::enumerate(op->getResultTypes()))
    if (failed(types.verify(type, "result #" + Twine(i))))
      return failure();
  auto sharded = dyn_cast<ShardingRuleOpInterface>(op);
  if (!sharded || op->getNumOperands() == 0)
    return success();
  MeshOp mesh = types.lookup(getDist(op->getOperand(0).getType()));
  auto layouts = inferLayouts(op, mesh, sharded.getShardingRule());
  if (failed(layouts))
    return failure();
  for (auto [i, expected] : llvm::enumerate(*layouts)) {
    Type actual = op->getResult(i).getType();
    if (liesAs(actual, expected))
      continue;
    InFlightDiagnostic error = op->emitOpError() << "expects result #" << i << " of type "
                                                 << expected.getType(getElementTypeOrSelf(actual))
                                                 << ", got " << actual;
    noteOperand(error, op, 0, "this operand's distribution decides");
    return failure();
  }
  return success();
}

SmallVector<int64_t> dagrt::getContractedPadding(Operation *op, unsigned index) {
  SmallVector<int64_t> dims;
  auto type = dyn_cast<RankedTensorType>(op->getOperand(index).getType());
  DistAttr dist = type ? getDist(type) : DistAttr();
  auto sharded = dyn_cast<ShardingRuleOpInterface>(op);
  auto isCut = [](AxesAttr axes) { return !axes.empty(); };
  if (!dist || !sharded || llvm::none_of(dist.getDims(), isCut))
    return dims;
  ShardingRule rule = sharded.getShardingRule();
  if (index >= rule.operands.size())
    return dims;
  for (auto [dim, factor] : llvm::enumerate(rule.operands[index])) {
    AxesAttr axes = dist.getDims()[dim];
    if (axes.empty() || rule.factors[factor].kind != FactorKind::Contracted)
      continue;
    int64_t shards = getNumShards(lookupMesh(op, dist.getMesh()), axes);
    if (type.getDimSize(dim) * shards != dist.getOf()[dim])
      dims.push_back(dim);
  }
  return dims;
}

/// True if `a` and `b` are one type, or may be when sizes that are not known turn out right.
static bool mayBeSame(Type a, Type b) {
  auto tensorA = dyn_cast<RankedTensorType>(a), tensorB = dyn_cast<RankedTensorType>(b);
  bool hasOtherEncoding =
      tensorA && tensorB && tensorB.getEncoding() && tensorA.getEncoding() != tensorB.getEncoding();
  return getElementTypeOrSelf(a) == getElementTypeOrSelf(b) &&
         succeeded(verifyCompatibleShape(a, b)) && !hasOtherEncoding;
}

/// As verifySameTypes, for result number `number`.
static LogicalResult verifySameTypes(Operation *op, unsigned number) {
  Type result = op->getResult(number).getType();
  for (auto [i, type] : llvm::enumerate(op->getOperandTypes())) {
    if (mayBeSame(type, result))
      continue;
    InFlightDiagnostic error = op->emitOpError();
    if (i == 0)
      error << "expects result #" << number << " of the type of operand #0, " << type << ", got "
            << result;
    else
      error << "expects operand #" << i << " of the result's type, " << result << ", got " << type;
    noteOperand(error, op, i, "operand defined here");
    return error;
  }
  return success();
}

LogicalResult dagrt::verifySameTypes(Operation *op) {
  for (unsigned number = 0; number < op->getNumResults(); ++number)
    if (failed(::verifySameTypes(op, number)))
      return failure();
  return success();
}

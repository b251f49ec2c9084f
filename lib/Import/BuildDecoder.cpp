//===- BuildDecoder.cpp - From a decoder spec to the logical form -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Emits the ops of a decoder in program order, each with its role. Parameters are
// read in the shape that the computation wants (heads as dims of their own) and carry a
// view that says where they lie in the stored weight.
//
// Two orders are chosen for the partitioner, and do not change results: a bias is added
// after the residual's first sum in parallel blocks, so that the partial sums of both
// branches can be reduced at once; and the last token is sliced before the final norm,
// which is token-wise, so that norm and head run on one token.
//
//===----------------------------------------------------------------------===//

#include "DecoderBuilder.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace dagrt;

/// A number, or the name that keeps it open.
static GlobalSize getSize(MLIRContext *context, int64_t number, bool isSymbolic, StringRef name) {
  if (!isSymbolic)
    return number;
  return {ShapedType::kDynamic, SizeAttr::getNamed(context, name)};
}

DecoderBuilder::DecoderBuilder(const DecoderSpec &spec, const ImportOptions &options, Location loc)
    : spec(spec), options(options), loc(loc), builder(loc.getContext()),
      elementType(getElementType(options.dtype, loc.getContext())),
      batch(getSize(loc.getContext(), *options.batch, options.isBatchSymbolic, "batch")),
      tokens(getSize(loc.getContext(), *options.seqLen, options.isSeqLenSymbolic, "seq_len")) {
  if (options.phase == Phase::Prefill)
    return;
  tokens = *options.newTokens;
  context = getSize(loc.getContext(), *options.context, options.isContextSymbolic, "context");
  if (options.capacity || options.isCapacitySymbolic)
    capacity = getSize(loc.getContext(), options.capacity.value_or(*options.seqLen),
                       options.isCapacitySymbolic, "capacity");
  else
    capacity = fromSize(toSize(loc.getContext(), context).plus(*options.newTokens));
}

//===----------------------------------------------------------------------===//
// Types, names and single ops
//===----------------------------------------------------------------------===//

RankedTensorType DecoderBuilder::getType(const Shape &shape) { return getType(shape, elementType); }

RankedTensorType DecoderBuilder::getType(const Shape &shape, Type type) {
  SmallVector<int64_t> numbers;
  SmallVector<SizeAttr> symbols;
  for (GlobalSize size : shape) {
    numbers.push_back(size.number);
    symbols.push_back(size.symbol);
  }
  return getLogicalType({numbers, symbols}, type);
}

/// `[batch, tokens, trailing...]`
Shape DecoderBuilder::getTokenShape(ArrayRef<int64_t> trailing) {
  Shape shape = {batch, tokens};
  llvm::append_range(shape, trailing);
  return shape;
}

/// Reports name ops by their locations: `layers.3.attention.query`.
Location DecoderBuilder::getRoleLoc(StringRef role) {
  std::string name = layer < 0 ? role.str() : ("layers." + Twine(layer) + "." + role).str();
  return NameLoc::get(builder.getStringAttr(name), loc);
}

std::string DecoderBuilder::getWeightName(StringRef part, StringRef suffix) const {
  if (layer < 0)
    return (part + suffix).str();
  return (spec.names.layer + "." + Twine(layer) + "." + part + suffix).str();
}

/// A view that is the stored weight itself is left out.
Value DecoderBuilder::createParameter(StringRef role, StringRef name, ArrayRef<int64_t> sizes,
                                      ViewAttr view, int64_t fanIn) {
  if (view && view.getStored() == sizes && view.getOffset() == 0 &&
      view.getStrides() == ArrayRef<int64_t>(getRowMajorStrides(sizes)))
    view = {};
  return create<ParameterOp>(role, RankedTensorType::get(sizes, elementType),
                             builder.getStringAttr(name), view, builder.getI64IntegerAttr(fanIn));
}

/// `x` times the weight of `part`: `[..., in...] x [in..., out...]`.
Value DecoderBuilder::createLinear(StringRef role, Value x, StringRef part, ArrayRef<int64_t> in,
                                   ArrayRef<int64_t> out, const StoredOutputs &stored) {
  int64_t fanIn = getProduct(in);
  ViewAttr view;
  MLIRContext *context = builder.getContext();
  if (spec.layout == StoredLayout::OutIn) {
    SmallVector<int64_t, 3> strides = getRowMajorStrides(in);
    for (int64_t stride : stored.strides)
      strides.push_back(stride * fanIn);
    view = ViewAttr::get(context, {stored.total, fanIn}, stored.offset * fanIn, strides);
  } else if (spec.layout == StoredLayout::InOut) {
    SmallVector<int64_t, 3> strides = getRowMajorStrides(in, stored.total);
    llvm::append_range(strides, stored.strides);
    view = ViewAttr::get(context, {fanIn, stored.total}, stored.offset, strides);
  }
  Sizes sizes(in);
  llvm::append_range(sizes, out);
  Value weight = createParameter(role, getWeightName(part, ".weight"), sizes, view, fanIn);
  GlobalShape leading = getGlobalShape(cast<RankedTensorType>(x.getType())).drop_back(in.size());
  Shape result;
  for (size_t dim = 0; dim < leading.size(); ++dim)
    result.push_back(leading[dim]);
  llvm::append_range(result, out);
  return create<MatmulOp>(role, getType(result), x, weight, in.size());
}

Value DecoderBuilder::createBias(StringRef role, Value x, StringRef part, ArrayRef<int64_t> out,
                                 const StoredOutputs &stored) {
  ViewAttr view =
      ViewAttr::get(builder.getContext(), {stored.total}, stored.offset, stored.strides);
  Value bias = createParameter(role, getWeightName(part, ".bias"), out, view, 1);
  return createAdd(role, x, bias);
}

/// A norm of the residual.
Value DecoderBuilder::createNorm(StringRef role, NormKind kind, Value x, StringRef part) {
  return createNorm(role, kind, x, part, spec.hidden, 1, spec.normBias);
}

/// A norm over the last `normed` dims, with weights of the sizes `weights`, which the checkpoint
/// keeps as one row.
Value DecoderBuilder::createNorm(StringRef role, NormKind kind, Value x, StringRef part,
                                 ArrayRef<int64_t> weights, int64_t normed, bool hasBias) {
  ViewAttr view =
      ViewAttr::get(builder.getContext(), {getProduct(weights)}, 0, getRowMajorStrides(weights));
  Value scale = createParameter(role, getWeightName(part, ".weight"), weights, view, 1);
  auto epsilon = builder.getF64FloatAttr(spec.epsilon);
  IntegerAttr dims;
  if (normed < static_cast<int64_t>(weights.size()))
    dims = builder.getI64IntegerAttr(normed);
  if (kind == NormKind::RMS)
    return create<RmsNormOp>(role, x.getType(), x, scale, Value(), epsilon, dims,
                             spec.normPlusOne ? builder.getUnitAttr() : UnitAttr());
  Value bias;
  if (hasBias)
    bias = createParameter(role, getWeightName(part, ".bias"), weights, view, 1);
  return create<LayerNormOp>(role, x.getType(), x, scale, bias, Value(), Value(), epsilon, dims);
}

Value DecoderBuilder::createAdd(StringRef role, Value a, Value b) {
  return create<AddOp>(role, a.getType(), a, b);
}

/// Nothing where the factor is 1.
Value DecoderBuilder::createScale(StringRef role, Value x, double by) {
  if (by == 1)
    return x;
  return create<ScaleOp>(role, x.getType(), x, APFloat(by));
}

//===----------------------------------------------------------------------===//
// Embeddings
//===----------------------------------------------------------------------===//

Value DecoderBuilder::buildEmbedding(Value ids) {
  // A tied table is one weight: both uses draw it at one scale.
  Value table =
      createParameter("embedding", spec.names.tokens + ".weight", {spec.vocabulary, spec.hidden},
                      {}, spec.tiedHead ? spec.hidden : 1);
  Value x =
      create<EmbeddingOp>("embedding", getType(getTokenShape(spec.hidden)), ids, table, Value());
  x = createScale("embedding.scale", x, spec.embeddingScale);
  if (spec.positions)
    x = addPositions(x);
  if (!spec.embeddingNorm)
    return x;
  return createNorm("embedding.norm", spec.norm, x, spec.names.embeddingNorm);
}

/// The embeddings plus a learned row for each token's position.
Value DecoderBuilder::addPositions(Value x) {
  Value rows = positions;
  int64_t first = spec.positions->first;
  Shape shape = {tokens, spec.hidden};
  if (options.phase != Phase::Prefill) {
    // Positions are those of each request.
    shape.insert(shape.begin(), batch);
    if (first != 0)
      rows = create<OffsetPositionsOp>("embedding.position", positions.getType(), positions, first);
  } else if (first != 0) {
    rows = create<PositionsOp>("embedding.position", positions.getType(), first, TokenOrderAttr());
  }
  Value positionTable = createParameter("embedding.position", spec.names.positions + ".weight",
                                        {spec.positions->rows, spec.hidden}, {}, 1);
  Value learned =
      create<EmbeddingOp>("embedding.position", getType(shape), rows, positionTable, Value());
  return createAdd("embedding.sum", x, learned);
}

//===----------------------------------------------------------------------===//
// Feed-forward network
//===----------------------------------------------------------------------===//

Value DecoderBuilder::buildActivation(Value x) {
  StringRef role = "ffn.activation";
  switch (spec.activation) {
  case ActivationKind::Silu:
    return create<SiluOp>(role, x.getType(), x);
  case ActivationKind::Relu:
    return create<ReluOp>(role, x.getType(), x);
  case ActivationKind::ReluSquared: {
    Value relu = create<ReluOp>(role, x.getType(), x);
    return create<MulOp>(role, x.getType(), relu, relu);
  }
  case ActivationKind::Gelu:
    return create<GeluOp>(role, x.getType(), x, UnitAttr());
  case ActivationKind::GeluTanh:
    return create<GeluOp>(role, x.getType(), x, builder.getUnitAttr());
  }
  llvm_unreachable("all activations are built");
}

/// FFN of the normed residual, without the down projection's bias.
Value DecoderBuilder::buildFFN(Value x) {
  auto project = [&](StringRef role, StringRef part, int64_t packedOffset) {
    StoredOutputs stored = getWholeOutputs(spec.ffn);
    if (spec.packedGateUp)
      stored = {2 * spec.ffn, packedOffset, {1}};
    Value y = createLinear(role, x, part, spec.hidden, spec.ffn, stored);
    return spec.ffnBias ? createBias((role + ".bias").str(), y, part, spec.ffn, stored) : y;
  };
  Value inner;
  if (spec.gated) {
    Value gate = project("ffn.gate", spec.names.gate, 0);
    Value up = project("ffn.up", spec.names.up, spec.ffn);
    Value active = buildActivation(gate);
    inner = create<MulOp>("ffn.multiply", active.getType(), active, up);
  } else {
    inner = buildActivation(project("ffn.up", spec.names.up, 0));
  }
  return createLinear("ffn.down", inner, spec.names.down, spec.ffn, spec.hidden,
                      getWholeOutputs(spec.hidden));
}

//===----------------------------------------------------------------------===//
// Layers, head
//===----------------------------------------------------------------------===//

Value DecoderBuilder::buildLayer(Value x) {
  StoredOutputs stored = getWholeOutputs(spec.hidden);
  auto addOutputBias = [&](Value y) {
    return spec.outputBias
               ? createBias("attention.output.bias", y, spec.names.output, spec.hidden, stored)
               : y;
  };
  auto addDownBias = [&](Value y) {
    return spec.ffnBias ? createBias("ffn.down.bias", y, spec.names.down, spec.hidden, stored) : y;
  };
  auto scale = [&](Value y) { return createScale("residual.scale", y, spec.residualScale); };
  bool before = spec.normPlacement != NormPlacement::After;
  bool after = spec.normPlacement != NormPlacement::Before;
  auto normAfter = [&](StringRef role, Value y, StringRef part) {
    return after ? createNorm(role, spec.norm, y, part) : y;
  };
  Value normed = before ? createNorm("norm.attention", spec.norm, x, spec.names.attentionNorm) : x;
  Value attention = buildAttention(normed);
  if (spec.parallel) {
    if (!spec.sharedNorm)
      normed = createNorm("norm.ffn", spec.norm, x, spec.names.ffnNorm);
    Value sum = createAdd("residual.sum", attention, buildFFN(normed));
    return createAdd("residual.ffn", x, scale(addDownBias(addOutputBias(sum))));
  }
  attention =
      normAfter("norm.attention.post", addOutputBias(attention), spec.names.attentionPostNorm);
  x = createAdd("residual.attention", x, scale(attention));
  normed = before ? createNorm("norm.ffn", spec.norm, x, spec.names.ffnNorm) : x;
  Value ffn = normAfter("norm.ffn.post", addDownBias(buildFFN(normed)), spec.names.ffnPostNorm);
  return createAdd("residual.ffn", x, scale(ffn));
}

/// Where the last token stands.
SizeAttr DecoderBuilder::getLastToken() const {
  if (tokens.symbol)
    return tokens.symbol.plus(-1);
  return SizeAttr::getConstant(loc.getContext(), tokens.number - 1);
}

/// Final norm and logits.
Value DecoderBuilder::buildHead(Value x) {
  // A step of one token has no others.
  bool isLast = options.phase != Phase::Prefill && tokens.number == 1;
  if (*options.logits == LogitsForm::Last && !isLast)
    x = create<SliceOp>("head.slice", getType({batch, 1, spec.hidden}), x, 1, getLastToken());
  x = createNorm("norm.final", spec.norm, x, spec.names.finalNorm);
  if (*options.logits == LogitsForm::None)
    return x;
  x = createScale("head.scale", buildLogits(x), spec.logitScale);
  if (spec.logitCap <= 0)
    return x;
  return create<SoftCapOp>("head.soft_cap", x.getType(), x, APFloat(spec.logitCap));
}

/// The matmul with the head, and its bias.
Value DecoderBuilder::buildLogits(Value x) {
  // Every checkpoint stores the head as it stores embeddings, one row for each word.
  StringRef part = spec.tiedHead ? spec.names.tokens : spec.names.head;
  ViewAttr view =
      ViewAttr::get(builder.getContext(), {spec.vocabulary, spec.hidden}, 0, {1, spec.hidden});
  Value weight = createParameter("head", getWeightName(part, ".weight"),
                                 {spec.hidden, spec.vocabulary}, view, spec.hidden);
  GlobalSize rows = getGlobalShape(cast<RankedTensorType>(x.getType()))[1];
  x = create<MatmulOp>("head", getType({batch, rows, spec.vocabulary}), x, weight, 1);
  if (!spec.headBias)
    return x;
  return createBias("head.bias", x, spec.names.head, spec.vocabulary,
                    getWholeOutputs(spec.vocabulary));
}

/// The numbers that symbolic sizes have unless a user binds them otherwise.
void DecoderBuilder::setDefaultSizes(ModuleOp module) {
  SizeBinding sizes;
  if (batch.symbol)
    sizes.set(batch.symbol.getName(), *options.batch);
  if (tokens.symbol)
    sizes.set(tokens.symbol.getName(), *options.seqLen);
  if (context.symbol)
    sizes.set(context.symbol.getName(), *options.context);
  if (options.isCapacitySymbolic)
    sizes.set(capacity.symbol.getName(), options.capacity.value_or(*options.seqLen));
  if (!sizes.empty())
    module->setAttr(DagrtDialect::kSizesAttrName, getSizesAttr(module.getContext(), sizes));
}

OwningOpRef<ModuleOp> DecoderBuilder::build() {
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  setDefaultSizes(*module);
  builder.setInsertionPointToEnd(module->getBody());
  auto func = func::FuncOp::create(builder, loc, spec.name,
                                   builder.getFunctionType(TypeRange(), TypeRange()));
  Block *body = func.addEntryBlock();
  builder.setInsertionPointToEnd(body);
  addArguments(func);
  if (spec.alibi) {
    Type type = elementType.isF64() ? elementType : Type(builder.getF32Type());
    slopes = create<AlibiSlopesOp>("attention.slopes",
                                   RankedTensorType::get({spec.groups, spec.queriesPerGroup}, type),
                                   APFloat(spec.alibi->biasMax), APFloat(spec.alibi->scale));
  }
  Value x = body->getArgument(0);
  if (spec.vocabulary > 0)
    x = buildEmbedding(x);
  for (layer = 0; layer < spec.layers; ++layer)
    x = buildLayer(x);
  layer = -1;
  x = buildHead(x);
  setResults(func, x);
  return module;
}

OwningOpRef<ModuleOp> dagrt::buildDecoder(const DecoderSpec &spec, const ImportOptions &options,
                                          Location loc) {
  return DecoderBuilder(spec, options, loc).build();
}

//===- DagrtAttributes.td - Distributions, roles, costs -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How a placed value lies on its mesh, what part an op plays in its model, and
// what the analyses write on it.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_DAGRTATTRIBUTES_TD
#define DAGRT_IR_DAGRTATTRIBUTES_TD

include "dagrt/IR/DagrtDialect.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/IR/TensorEncoding.td"

// A double that can be hashed: attributes are uniqued by the bits of their parameters.
class Dagrt_RealParameter<string desc = ""> : AttrParameter<"::dagrt::Real", desc, "double"> {
  let cppStorageType = "::dagrt::Real";
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

def Dagrt_SizeKind : I32EnumAttr<"SizeKind", "what an expression of sizes is", [
    I32EnumAttrCase<"constant", 0>, I32EnumAttrCase<"name", 1>, I32EnumAttrCase<"sum", 2>,
    I32EnumAttrCase<"product", 3>, I32EnumAttrCase<"floordiv", 4>, I32EnumAttrCase<"ceildiv", 5>,
    I32EnumAttrCase<"mod", 6>, I32EnumAttrCase<"min", 7>, I32EnumAttrCase<"max", 8>]> {
  let cppNamespace = "::dagrt";
}

def Dagrt_SizeAttr : Dagrt_Attr<"Size", "size"> {
  let summary = "A size: a number, or an expression over symbolic sizes";
  let description = [{
    An integer, a name, `a + b`, `a - b`, `a * b`, `a floordiv b`, `a ceildiv b`, `a mod b`,
    `min(a, b)` or `max(a, b)`, with parentheses. Inside types and ops the expression stands bare.

    Names stand for numbers of at least 1, which a module gives a default in `dagrt.sizes` and
    `--bind-sizes` replaces. Expressions are written as sums of products when they
    are made, so that equal polynomials are equal attributes: `(n + 1) * 2 - n` is `n + 2`.
    Where that would overflow, an expression stays as it was written.
    Divisions round down or up, also below zero; a divisor is at least 1. Evaluation is
    checked: an overflow is an error, never another number.

    ```mlir
    func.func private @f() attributes {tokens = #dagrt.size<(seq_len + 1) ceildiv 2>}
    ```
  }];
  let parameters = (ins
    "::dagrt::SizeKind":$kind,
    "int64_t":$value,
    StringRefParameter<"of a named size">:$name,
    OptionalArrayRefParameter<"::dagrt::SizeAttr">:$operands);
  // A grammar of expressions, which also stands bare in types and ops.
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    static SizeAttr getConstant(::mlir::MLIRContext *context, int64_t value);
    static SizeAttr getNamed(::mlir::MLIRContext *context, ::llvm::StringRef name);
    /// True for what can be the name of a size: a letter or `_`, then letters, digits and `_`, and
    /// none of the operators' words.
    static bool isName(::llvm::StringRef text);

    bool isConstant() const { return getKind() == SizeKind::constant; }
    /// The number, or `ShapedType::kDynamic` of an expression that is none.
    int64_t toNumber() const;

    SizeAttr plus(SizeAttr other) const;
    SizeAttr plus(int64_t other) const;
    SizeAttr minus(SizeAttr other) const;
    SizeAttr times(SizeAttr other) const;
    SizeAttr times(int64_t other) const;
    SizeAttr floorDiv(SizeAttr divisor) const;
    SizeAttr ceilDiv(SizeAttr divisor) const;
    SizeAttr ceilDiv(int64_t divisor) const;
    SizeAttr floorDiv(int64_t divisor) const;
    SizeAttr mod(SizeAttr divisor) const;
    SizeAttr min(SizeAttr other) const;
    SizeAttr max(SizeAttr other) const;

    /// The number that the expression is with these sizes. An unbound name, an overflow and a
    /// divisor below 1 are errors.
    ::mlir::FailureOr<int64_t>
    evaluate(const SizeBinding &sizes,
             ::llvm::function_ref<::mlir::InFlightDiagnostic()> emitError) const;

    /// Calls `visit` on each name that the expression holds, once for each place.
    void walkNames(::llvm::function_ref<void(::llvm::StringRef)> visit) const;

    /// As written in a type: `seq_len - 1`.
    std::string str() const;
    /// Reads what str() writes.
    static ::mlir::FailureOr<SizeAttr> parseExpression(::mlir::AsmParser &parser);
  }];
}

def Dagrt_SizesAttr : Dagrt_Attr<"Sizes", "sizes",
    [DeclareAttrInterfaceMethods<VerifiableTensorEncoding>]> {
  let summary = "The sizes of a logical tensor, some of them named";
  let description = [{
    The encoding of a tensor of the logical form that has symbolic sizes: one expression for
    each dim. A dim has `?` in the shape exactly where its expression is not a number. A tensor
    whose sizes are all numbers has no such encoding.

    ```mlir
    module attributes {dagrt.sizes = {seq_len = 8192 : i64}} {
      func.func private @tokens() -> tensor<1x?x64xbf16, #dagrt.sizes<[1, seq_len, 64]>>
    }
    ```
  }];
  let parameters = (ins ArrayRefParameter<"::dagrt::SizeAttr", "size of each dim">:$sizes);
  let assemblyFormat = "`<` custom<SizeList>($sizes) `>`";
}

//===----------------------------------------------------------------------===//
// Distributions
//===----------------------------------------------------------------------===//

def Dagrt_AxisRefAttr : Dagrt_Attr<"AxisRef", "axis"> {
  let summary = "A mesh axis, or a part of one";
  let description = [{
    `"tp"` is a full axis. `"tp":(2)4` is a sub-axis, as in Shardy: the axis is
    read as `2 x 4 x rest`, most significant first, and the
    reference means the factor 4. A device's index along it is
    `(index along "tp" / rest) mod 4`. `"tp"+1` is the axis rotated by one: device `i` holds
    the shard that device `i + 1` would hold (a step of a ring).
  }];
  let parameters = (ins
    StringRefParameter<"name of the axis">:$name,
    DefaultValuedParameter<"int64_t", "0", "product of the sizes before the sub-axis">:$preSize,
    DefaultValuedParameter<"int64_t", "0", "size of the sub-axis, 0 for the full axis">:$size,
    DefaultValuedParameter<"int64_t", "0", "rotation, of a full axis only">:$rotation);
  // Also stands bare in lists of axes, in ops and types: one reader serves both.
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// True for a reference to all of the axis.
    bool isWhole() const { return getSize() == 0; }
    /// As written in a type: `"tp"`.
    std::string str() const;
  }];
}

def Dagrt_AxesAttr : Dagrt_Attr<"Axes", "axes"> {
  let summary = "Axes in order, the most significant first";
  let description = [{
    The axes that shard one dim. The shard of a device has the index that
    its indices along the axes spell, the first axis most significant.
    Written `["tp"]`, or `["dp", "tp":(1)4]`.
  }];
  let parameters = (ins OptionalArrayRefParameter<"::dagrt::AxisRefAttr">:$axes);
  let assemblyFormat = "`<` custom<AxisList>($axes) `>`";
  let extraClassDeclaration = [{
    bool empty() const { return getAxes().empty(); }
    size_t size() const { return getAxes().size(); }
    auto begin() const { return getAxes().begin(); }
    auto end() const { return getAxes().end(); }
    /// As written in a type: `["tp"]`.
    std::string str() const;
    /// Reads what str() writes.
    static ::mlir::FailureOr<AxesAttr> parseList(::mlir::AsmParser &parser);
  }];
}

def Dagrt_DistAttr : Dagrt_Attr<"Dist", "dist",
    [DeclareAttrInterfaceMethods<VerifiableTensorEncoding>]> {
  let summary = "How a tensor lies on a mesh";
  let description = [{
    The encoding of a placed tensor. The tensor's shape is what one device holds.

    - `mesh`: the symbol of the mesh that holds the value.
    - `dims`: for each dim, the axes that shard it: `_`, `"tp"`, or several,
      `{"dp", "tp":(1)4}`. A dim of `of` elements over `n` shards has the local
      size `ceil(of / n)`; shard `i` holds the elements from `i * local` on, and
      what reaches past the end is padding.
    - `of`: the real, unpadded global shape. A size may be an expression over named
      sizes (`#dagrt.size`); the local size is then `?`.
    - `partial`: axes over which the value is a sum not yet reduced: the value
      is the sum of what the devices along these axes hold.

    Axes that appear in neither `dims` nor `partial` hold replicas.

    The value of padding is irrelevant: where a dim is contracted, padding counts as zero. It is
    zero wherever it is made (parameters, `all_slice`, `reduce_scatter`, `recv`).

    Example: a block of the sequence on a pool of five devices.

    ```mlir
    dagrt.mesh @pool <"sp" = 5> devices [8, 9, 10, 11, 12]
    func.func private @block() -> tensor<1x1639x4096xbf16,
        #dagrt.dist<@pool, [_, "sp", _], of [1, 8192, 4096]>>
    ```
  }];
  let parameters = (ins
    "::mlir::FlatSymbolRefAttr":$mesh,
    OptionalArrayRefParameter<"::dagrt::AxesAttr", "axes of each dim">:$dims,
    OptionalArrayRefParameter<"int64_t", "global shape, kDynamic where symbolic">:$of,
    OptionalArrayRefParameter<"::dagrt::SizeAttr", "sizes, empty if all are numbers">:$symbols,
    DefaultValuedParameter<"::dagrt::AxesAttr", "::dagrt::AxesAttr::get($_ctxt, {})">:$partial);
  let builders = [AttrBuilder<(ins "::mlir::FlatSymbolRefAttr":$mesh,
      "::llvm::ArrayRef<::dagrt::AxesAttr>":$dims, "::llvm::ArrayRef<int64_t>":$of,
      "::dagrt::AxesAttr":$partial), [{
    return $_get($_ctxt, mesh, dims, of, ::llvm::ArrayRef<::dagrt::SizeAttr>(), partial);
  }]>];
  let assemblyFormat = [{
    `<` custom<MeshName>($mesh) `,` custom<ShardedDims>($dims) `,` `of` custom<GlobalSizes>($of, $symbols)
    (`,` `partial` custom<Partial>($partial)^)? `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    bool isPartial() const { return !getPartial().empty(); }
  }];
}

//===----------------------------------------------------------------------===//
// Parameters, positions
//===----------------------------------------------------------------------===//

def Dagrt_ViewAttr : Dagrt_Attr<"View", "view"> {
  let summary = "Where a parameter lies in the weight a checkpoint stores";
  let description = [{
    Element `(i0, i1, ...)` of the parameter is the element
    `offset + i0 * strides[0] + i1 * strides[1] + ...` of the stored weight in row-major
    order. So one stored weight can be read transposed (GPT-2 against Llama),
    in unequal parts (Phi-3's fused projections) or interleaved by head
    (GPT-NeoX's query_key_value).

    Example: the transpose of a stored `[64, 32]` weight.

    ```mlir
    %w = dagrt.parameter "up_proj.weight" view <[64, 32] offset 0 strides [1, 32]>
      : tensor<32x64xf32>
    ```
  }];
  let parameters = (ins
    ArrayRefParameter<"int64_t", "shape of the stored weight">:$stored,
    "int64_t":$offset,
    OptionalArrayRefParameter<"int64_t", "stride of each dim in stored elements">:$strides);
  let assemblyFormat = [{
    `<` custom<Integers>($stored) `offset` $offset `strides` custom<Integers>($strides) `>`
  }];
}

def Dagrt_TokenOrderAttr : Dagrt_Attr<"TokenOrder", "order"> {
  let summary = "An order of tokens, or of the slots of a cache";
  let description = [{
    `zigzag<P>`: the `s` tokens are divided into `2P` chunks that differ by one
    token at most (the first `s mod 2P` are the longer ones) and are in the order 0, 2P-1, 1, 2P-2, ... Sharded in `P` equal
    blocks, each block then holds a cheap and a dear part of a causal mask.

    `striped<P, n>`: stripes of `n` tokens are dealt to `P` shards in turn. Of a multiple of `P n` slots, sharded in
    `P` equal blocks, slot `j` of shard `d` is that of token `(floor(j/n) P + d) n + j mod n`, however many there
    are: cached tokens never move when a cache grows.
  }];
  let parameters = (ins "int64_t":$blocks, "int64_t":$stripe);
  // One of the two orders has a stripe, and the ops that have an order write it without brackets.
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    static TokenOrderAttr getZigzag(::mlir::MLIRContext *context, int64_t blocks) {
      return get(context, blocks, 0);
    }
    bool isStriped() const { return getStripe() > 0; }
    /// Runs of consecutive tokens `[first, first + count)` in their new order.
    ::llvm::SmallVector<std::pair<int64_t, int64_t>> getRuns(int64_t tokens) const;
    /// As written in an op: `zigzag<5>`, `striped<5, 32>`.
    std::string str() const;
    /// Reads what str() writes.
    static ::mlir::FailureOr<TokenOrderAttr> parseOrder(::mlir::AsmParser &parser);
    /// Where token `index` stands in the new order of `tokens` tokens.
    int64_t getPositionOf(int64_t index, int64_t tokens) const;
    /// Where the last of `tokens` tokens stands; null if that is not known.
    SizeAttr getLastPosition(SizeAttr tokens) const;
  }];
}

def Dagrt_SlotsAttr : Dagrt_Attr<"Slots", "slots"> {
  let summary = "Which tokens the slots of a KV cache are for";
  let description = [{
    Slot `i` is that of the token at position `i`; with `from f`, at `f + i`; with an `order`, of the token that stands at
    `i` in it. Where slots are `rolling`, the token at position `p` has the slot of `p mod n` of all `n`, so that the cache
    holds the last `n` tokens.

    | example | of |
    |---|---|
    | `#dagrt.slots<>` | a cache with a slot for each position |
    | `#dagrt.slots<from 120>` | the last keys of a prefill, which a window still sees |
    | `#dagrt.slots<order striped<4, 32>>` | a cache sharded over 4 devices |
    | `#dagrt.slots<rolling>` | the cache of a window |
  }];
  let parameters = (ins OptionalParameter<"::dagrt::SizeAttr">:$first,
                        OptionalParameter<"::dagrt::TokenOrderAttr">:$order,
                        DefaultValuedParameter<"bool", "false">:$rolling);
  let hasCustomAssemblyFormat = 1;
}

def Dagrt_RopeScaling : I32EnumAttr<"RopeScaling", "how rotary frequencies are stretched", [
    I32EnumAttrCase<"none", 0>, I32EnumAttrCase<"linear", 1>, I32EnumAttrCase<"llama3", 2>,
    I32EnumAttrCase<"yarn", 3>, I32EnumAttrCase<"longrope", 4>]> {
  let cppNamespace = "::dagrt";
}

def Dagrt_RopeAttr : Dagrt_Attr<"Rope", "rope_config"> {
  let summary = "Frequencies of a rotary position embedding";
  let description = [{
    `dims` elements of each head, the first ones or those from `at` on, are rotated in pairs; pair `j` turns by
    `position * theta^(-2j/dims)`, the frequency changed by `scaling`:

    | scaling | factors | source |
    |---|---|---|
    | `none` | | Su et al., RoFormer |
    | `linear` | factor | positions divided by the factor |
    | `llama3` | factor, low_freq_factor, high_freq_factor, original length | Llama 3.1 |
    | `yarn` | factor, beta_fast, beta_slow, original length, attention factor | Peng et al., YaRN |
    | `longrope` | attention factor, then a divisor for each pair | Phi-3 |

    Pairs are `(j, j + dims/2)`, or `(2j, 2j + 1)` when `interleaved` (GPT-J), counted from `at`.
  }];
  let parameters = (ins
    Dagrt_RealParameter<>:$theta, "int64_t":$dims, "int64_t":$at, "bool":$interleaved,
    "::dagrt::RopeScaling":$scaling,
    "::mlir::DenseF64ArrayAttr":$factors);
  // What follows the dims stands in any order.
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The `dims / 2` angles that one position turns each pair by.
    ::llvm::SmallVector<double> getFrequencies() const;
    /// What the rotated elements are multiplied with (1 but for yarn and longrope).
    double getAttentionFactor() const;
  }];
}

//===----------------------------------------------------------------------===//
// Roles
//===----------------------------------------------------------------------===//

def Dagrt_RoleAttr : Dagrt_Attr<"Role", "role"> {
  let summary = "The part an op plays in its model, its layer and its micro-batch";
  let description = [{
    A dotted name, most general word first (`attention.query.rope`), the
    layer, if it belongs to one, and the micro-batch, if it works on one of several:
    `#dagrt.role<ffn.up, layer 3, microbatch 1>`. Strategies and reports match roles by words
    from the left: `attention` matches `attention.query`, and not `attention_pool`.
    Set by the importers; never derived from names.

    | role | op |
    |---|---|
    | `embedding`, `embedding.position`, `embedding.sum` | token and position lookups, and their sum |
    | `positions` | position numbers |
    | `norm.attention`, `norm.ffn`, `norm.final`, `norm.embedding` | norms on the residual stream |
    | `norm.attention.post`, `norm.ffn.post` | norms of what attention and FFN add to it |
    | `attention.query`, `.key`, `.value` (`.bias`, `.norm`, `.rope`) | projections and what follows them |
    | `attention.query.norm.full`, `attention.key.norm.full` | norms of all heads of a token at once |
    | `attention.core`, or `attention.scores`, `.softmax`, `.context` | fused, or decomposed |
    | `attention.output` (`.bias`) | output projection |
    | `residual.attention`, `residual.ffn` | sums on the residual stream |
    | `residual.sum` | sum of the two branches of a parallel block |
    | `ffn.gate`, `ffn.up`, `ffn.activation`, `ffn.multiply`, `ffn.down` (`.bias`) | feed-forward network |
    | `head` (`.bias`), `head.slice` | logits |
  }];
  let parameters = (ins
    StringRefParameter<"dotted name">:$name,
    DefaultValuedParameter<"int64_t", "-1", "layer, -1 for none">:$layer,
    DefaultValuedParameter<"int64_t", "-1", "micro-batch, -1 for all of the batch">:$microbatch);
  let builders = [
    AttrBuilder<(ins "::llvm::StringRef":$name, CArg<"int64_t", "-1">:$layer), [{
      return $_get($_ctxt, name, layer, /*microbatch=*/-1);
    }]>
  ];
  // A bare name with dots; a layer and a micro-batch, each of which may be missing.
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    bool hasLayer() const { return getLayer() >= 0; }
    bool hasMicrobatch() const { return getMicrobatch() >= 0; }
    /// The same role of micro-batch `microbatch`.
    RoleAttr withMicrobatch(int64_t microbatch) const {
      return get(getContext(), getName(), getLayer(), microbatch);
    }
    /// True if `prefix` is this role or a group of roles that holds it.
    bool isWithin(::llvm::StringRef prefix) const;
  }];
}

def Dagrt_LogicalAttr : Dagrt_Attr<"Logical", "logical",
    [DeclareAttrInterfaceMethods<SymbolUserAttrInterface>]> {
  let summary = "Totals of the model that a placed function came from";
  let description = [{
    FLOPs and distinct parameters of the logical form, written by the
    partitioner and checked by `--verify-placement`. Operations that compute the same thing count
    once, and what no result depends on does not count: merging the ones and removing the others
    (`--cse`) leaves the totals as they are.

    FLOPs of a model with symbolic sizes are no number. They are then those at `sizes`, the default
    binding when the model was partitioned; `--verify-placement` counts those
    of the placed form at the same sizes. `--bind-sizes` with these sizes leaves `sizes` out, and
    with others replaces `flops` by the placed form's, counted once over replicas.
  }];
  let parameters = (ins Dagrt_RealParameter<>:$flops, "int64_t":$parameters,
    OptionalParameter<"::mlir::DictionaryAttr", "what the FLOPs hold at">:$sizes);
  let assemblyFormat = [{
    `<` `flops` `=` custom<Double>($flops) `,` `parameters` `=` $parameters
    (`,` `sizes` `=` $sizes^)? `>`
  }];
}

//===----------------------------------------------------------------------===//
// Cost and timing
//===----------------------------------------------------------------------===//

def Dagrt_Bound : I32EnumAttr<"Bound", "what an op's time is bound by", [
    I32EnumAttrCase<"none", 0>, I32EnumAttrCase<"compute", 1>, I32EnumAttrCase<"memory", 2>,
    I32EnumAttrCase<"link", 3>, I32EnumAttrCase<"latency", 4>, I32EnumAttrCase<"fixed", 5>]> {
  let cppNamespace = "::dagrt";
}

def Dagrt_Provenance : I32EnumAttr<"Provenance", "where a time comes from", [
    I32EnumAttrCase<"given", 0>, I32EnumAttrCase<"measured", 1>, I32EnumAttrCase<"interpolated", 2>,
    I32EnumAttrCase<"modelled", 3>, I32EnumAttrCase<"extrapolated", 4>]> {
  let cppNamespace = "::dagrt";
}

def Dagrt_CostAttr : Dagrt_Attr<"Cost", "cost"> {
  let summary = "How long an op takes on its busiest device";
  let description = [{
    - `picoseconds`: the time, on the busiest device.
    - `bound`: what binds it.
    - `provenance`: where the number comes from.
    - `algorithm`: what a collective or transfer uses (`ring`, `tree`, `nvls`, `p2p`), or empty.
    - `below_percent`, `above_percent`: the error bar, by how much the time may be shorter or longer in
      four of five cases; -1 when unknown. Written `error -4 to 12`, or `error 5` for `error -5 to 5`.
    - `fingerprint`: what the time was computed for, written `for 0x...`; 0 if unknown. The upper
      half stands for the work and the device (or for what is sent and the links), the lower half for
      the model with its tables, or for the fixed times of a cluster's description; 0 there if a
      person gave the time.

    A time that a model computed holds for what its fingerprint says only: on an op that has changed
    since, it is computed again. A time without a fingerprint, as people write it, is given: the op
    keeps it.

    ```mlir
    func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
      %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<1250000 ps, memory, modelled>} : tensor<8xf32>
      return %y : tensor<8xf32>
    }
    ```
  }];
  let parameters = (ins
    "int64_t":$picoseconds,
    DefaultValuedParameter<"::dagrt::Bound", "::dagrt::Bound::none">:$bound,
    DefaultValuedParameter<"::dagrt::Provenance", "::dagrt::Provenance::given">:$provenance,
    StringRefParameter<"", "\"\"">:$algorithm,
    DefaultValuedParameter<"::dagrt::Real", "::dagrt::Real(-1.0)">:$belowPercent,
    DefaultValuedParameter<"::dagrt::Real", "::dagrt::Real(-1.0)">:$abovePercent,
    DefaultValuedParameter<"uint64_t", "0">:$fingerprint);
  let builders = [AttrBuilder<(ins "int64_t":$picoseconds, "::dagrt::Bound":$bound,
      "::dagrt::Provenance":$provenance, "::llvm::StringRef":$algorithm,
      "::dagrt::Real":$errorPercent), [{
    // No time is shorter by more than itself.
    ::dagrt::Real below(errorPercent.value > 100 ? 100.0 : errorPercent.value);
    return $_get($_ctxt, picoseconds, bound, provenance, algorithm, below, errorPercent,
                 uint64_t(0));
  }]>];
  let extraClassDeclaration = [{
    /// True if no model computed it: it was written by hand, or fixed by a cluster's description.
    bool isGiven() const {
      return getModelPrint() == 0 || getProvenance() == ::dagrt::Provenance::given;
    }
    /// True if it has an error bar.
    bool hasErrorBar() const { return getAbovePercent().value >= 0; }
    /// True if a cluster's description fixed it: what it says is to be read again.
    bool isFixed() const { return isGiven() && getModelPrint() != 0; }
    /// The halves of the fingerprint, 0 if there is none.
    uint32_t getWorkPrint() const { return static_cast<uint32_t>(getFingerprint() >> 32); }
    uint32_t getModelPrint() const { return static_cast<uint32_t>(getFingerprint()); }
  }];
  // What follows the time stands in any order; enums without their names.
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def Dagrt_DeviceAttr : Dagrt_Attr<"Device", "device"> {
  let summary = "A kind of device that costs were computed for";
  let description = [{
    The name of a device, and the facts of its description under the description's own keys,
    units included. The example of `#dagrt.cluster` holds one.
  }];
  let parameters = (ins StringRefParameter<>:$name, "::mlir::DictionaryAttr":$facts);
  let assemblyFormat = "`<` $name `,` $facts `>`";
}

def Dagrt_ClusterAttr : Dagrt_Attr<"Cluster", "cluster"> {
  let summary = "The cluster that a function's costs were computed for";
  let description = [{
    The name of a cluster, its size, its kind of device and its links. Device ids fill
    nodes in order. Written by `--annotate-cost`.

    ```mlir
    #l4 = #dagrt.device<"l4", {bf16_tflops = 121.0, memory_gb = 24.0}>
    func.func private @f()
        attributes {dagrt.cluster = #dagrt.cluster<"one-l4", 1 nodes of 1, #l4, links {}>}
    ```
  }];
  let parameters = (ins StringRefParameter<>:$name, "int64_t":$nodes, "int64_t":$devicesPerNode,
    "::dagrt::DeviceAttr":$device, "::mlir::DictionaryAttr":$links);
  let assemblyFormat = [{
    `<` $name `,` $nodes `nodes` `of` $devicesPerNode `,` $device `,` `links` $links `>`
  }];
}

def Dagrt_TimingAttr : Dagrt_Attr<"Timing", "timing"> {
  let summary = "When an op runs";
  let description = [{
    Start, end and slack in picoseconds from the program's start; `critical`
    marks the ops of the reported longest path.
  }];
  let parameters = (ins "int64_t":$start, "int64_t":$end, "int64_t":$slack,
    DefaultValuedParameter<"bool", "false">:$critical);
  let assemblyFormat = [{
    `<` $start `to` $end `ps` `,` `slack` $slack (`,` custom<Critical>($critical)^)? `>`
  }];
}

#endif // DAGRT_IR_DAGRTATTRIBUTES_TD

//===- ComputeOps.td - The operations of a transformer -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compute ops, in both forms. Shapes in the descriptions are global; `G` is the number of
// key/value heads (groups), `Q` the number of query heads in a group, `D` head_dim.
// Heads are dims of their own, never merged with head_dim, so that each can be
// cut on its own.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_COMPUTEOPS_TD
#define DAGRT_IR_COMPUTEOPS_TD

class Dagrt_ComputeOp<string mnemonic, list<Trait> traits = []>
    : Dagrt_Op<mnemonic, !listconcat([Pure, Dagrt_VerifiedByRule,
        DeclareOpInterfaceMethods<ShardingRuleOpInterface>,
        DeclareOpInterfaceMethods<WorkOpInterface>], traits)>;

def Dagrt_EmbeddingOp : Dagrt_Op<"embedding", [Pure,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    DeclareOpInterfaceMethods<ShardingRuleOpInterface, ["decompose", "canDecompose"]>,
    DeclareOpInterfaceMethods<WorkOpInterface>]> {
  let summary = "Rows of a table, looked up by index";
  let description = [{
    `result[i..., :] = table[ids[i...], :]`; an index outside the table gives a row of
    zeros. With `shard`, the table is cut by rows and each device looks up the
    ids that fall into its own shard: the result is a partial sum.

    **Constraints**
    1. `embedding-c1`: the table has the rank of what a row adds: ids' rank + table rank - 1 is the result's rank.
    2. `embedding-c2`: with `shard`, the table's rows are cut over the same axes as `shard`.

    Example:
    ```mlir
    func.func @f(%ids: tensor<1x16xi32>) -> tensor<1x16x64xf32> {
      %table = dagrt.parameter "embed_tokens.weight" : tensor<100x64xf32>
      %x = dagrt.embedding %ids, %table : tensor<1x16xi32>, tensor<100x64xf32> -> tensor<1x16x64xf32>
      return %x : tensor<1x16x64xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_IndexTensor:$ids, Dagrt_FloatTensor:$table,
                       Optional<Dagrt_IndexTensor>:$shard);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = [{
    $ids `,` $table (`shard` $shard^)? attr-dict
    `:` type($ids) `,` type($table) (`,` type($shard)^)? `->` type($result)
  }];
}

def Dagrt_MatmulOp : Dagrt_ComputeOp<"matmul"> {
  let summary = "Matrix product over trailing and leading dims";
  let description = [{
    Contracts the last `contract` dims of `lhs` with the first `contract` dims of
    `rhs`: `[m..., k...] x [k..., n...] -> [m..., n...]`. As a GEMM, m, k and n are the
    products of their dims. A projection to heads has `n... = G, Q, D`; the output
    projection contracts all three (`contract 3`).

    Operands and result may differ in element type: weights of fp8 with activations of bf16, a sum
    kept in f32. The operands are widened before they are multiplied, and the sum is rounded to the
    result's type once. Costs are those of the wider operand's rate, and of the bytes of each.

    **Constraints**
    1. `matmul-c1`: `contract` is at least 1 and at most the rank of either operand.
    2. `matmul-c2`: the result has the dims of `lhs` and `rhs` that are not contracted.

    Example:
    ```mlir
    func.func @project(%x: tensor<1x16x64xf32>, %w: tensor<64x2x4x8xf32>, %o: tensor<2x4x8x64xf32>)
        -> tensor<1x16x64xf32> {
      %q = dagrt.matmul %x, %w
        : tensor<1x16x64xf32>, tensor<64x2x4x8xf32> -> tensor<1x16x2x4x8xf32>
      %y = dagrt.matmul %q, %o contract 3
        : tensor<1x16x2x4x8xf32>, tensor<2x4x8x64xf32> -> tensor<1x16x64xf32>
      return %y : tensor<1x16x64xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$lhs, Dagrt_FloatTensor:$rhs,
                       DefaultValuedAttr<I64Attr, "1">:$contract);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs (`contract` $contract^)? attr-dict
    `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
  let extraClassDeclaration = [{
    ::llvm::SmallVector<::dagrt::SizeProduct, 3> getWorkSizes();
  }];
}

class Dagrt_UnaryOp<string mnemonic, string formula> : Dagrt_ComputeOp<mnemonic, [
    Dagrt_SameTypes, SameOperandsAndResultType]> {
  let summary = "Elementwise " # formula;
  let description = "`result = " # formula # [{`, element by element. The operand is not partial.

    Example:
    ```mlir
    func.func @f(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
      %y = dagrt.}] # mnemonic # [{ %x : tensor<4x8xf32>
      return %y : tensor<4x8xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$operand);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = "$operand attr-dict `:` type($operand)";
}

def Dagrt_SiluOp : Dagrt_UnaryOp<"silu", "x / (1 + exp(-x))">;
def Dagrt_ReluOp : Dagrt_UnaryOp<"relu", "max(x, 0)">;
def Dagrt_GeluOp : Dagrt_UnaryOp<"gelu", "x * Phi(x)"> {
  let description = [{
    `result = x * Phi(x)` with the normal distribution function Phi, or with `tanh` its
    approximation `0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))` (Hendrycks and Gimpel).
    The operand is not partial.

    Example:
    ```mlir
    func.func @f(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
      %y = dagrt.gelu %x tanh : tensor<4x8xf32>
      return %y : tensor<4x8xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$operand, UnitAttr:$tanh);
  let assemblyFormat = "$operand (`tanh` $tanh^)? attr-dict `:` type($operand)";
}

def Dagrt_ScaleOp : Dagrt_ComputeOp<"scale", [
    Dagrt_SameTypes, SameOperandsAndResultType]> {
  let summary = "Elementwise product with a number";
  let description = [{
    `result = by * x`, element by element: the multipliers that some models put on embeddings,
    branches and logits. The operand may be partial.

    **Constraints**
    1. `scale-c1`: `by` is finite.

    Example:
    ```mlir
    func.func @f(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
      %y = dagrt.scale %x by 1.200000e+01 : tensor<4x8xf32>
      return %y : tensor<4x8xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$operand, F64Attr:$by);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = "$operand `by` custom<PlainF64>($by) attr-dict `:` type($operand)";
}

def Dagrt_SoftCapOp : Dagrt_ComputeOp<"soft_cap", [
    Dagrt_SameTypes, SameOperandsAndResultType]> {
  let summary = "Elementwise cap * tanh(x / cap)";
  let description = [{
    `result = cap * tanh(x / cap)`, element by element: logits that stay below `cap` (Gemma 2).
    The operand is not partial.

    **Constraints**
    1. `soft_cap-c1`: `cap` is finite and positive.

    Example:
    ```mlir
    func.func @f(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
      %y = dagrt.soft_cap %x cap 3.000000e+01 : tensor<4x8xf32>
      return %y : tensor<4x8xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$operand, F64Attr:$cap);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = "$operand `cap` custom<PlainF64>($cap) attr-dict `:` type($operand)";
}

class Dagrt_BinaryOp<string mnemonic, string formula> : Dagrt_ComputeOp<mnemonic> {
  let summary = "Elementwise " # formula;
  let arguments = (ins Dagrt_FloatTensor:$lhs, Dagrt_FloatTensor:$rhs);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)";
}

def Dagrt_AddOp : Dagrt_BinaryOp<"add", "sum"> {
  let hasFolder = 0;
  let description = [{
    `lhs + rhs`. The dims of `rhs` are the last dims of `lhs`: a bias, or a table of learned
    positions, is added to each row. A sum is partial only if both operands
    are partial over the same axes.

    **Constraints**
    1. `add-c1`: the dims of `rhs` are the last dims of `lhs`, and `lhs` and result agree.

    Example:
    ```mlir
    func.func @f(%x: tensor<4x8xf32>, %bias: tensor<8xf32>) -> tensor<4x8xf32> {
      %y = dagrt.add %x, %bias : tensor<4x8xf32>, tensor<8xf32> -> tensor<4x8xf32>
      return %y : tensor<4x8xf32>
    }
    ```
  }];
}

def Dagrt_MulOp : Dagrt_BinaryOp<"mul", "product"> {
  let description = [{
    `lhs * rhs`, with the dims of `rhs` the last dims of `lhs`. One operand may be
    partial, not both: a product of sums is not the sum of products.

    **Constraints**
    1. `mul-c1`: the dims of `rhs` are the last dims of `lhs`, and `lhs` and result agree.

    Example:
    ```mlir
    func.func @f(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
      %z = dagrt.mul %x, %y : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
      return %z : tensor<4x8xf32>
    }
    ```
  }];
}

def Dagrt_MomentOp : Dagrt_ComputeOp<"moment"> {
  let summary = "Mean of a power over the last dims";
  let description = [{
    The sum of `x^order` over the last `dims` dims, divided by `count`, the number of elements in them: what
    a norm needs to know of a row whose elements lie on several devices. Where those dims are cut, each
    device adds up its own elements and divides by the number of all of them, so the result is a partial
    sum. It is f64 for f64, and f32 for any other type: the sum of many squares.

    **Constraints**
    1. `moment-c1`: `order` is 1 or 2, and `dims` is at least 1 and at most the rank of `x`.
    2. `moment-c2`: the result has the other dims of `x`, and elements of f64 if `x` has them, else of f32.
    3. `moment-c3`: `count` is the product of the last `dims` global sizes of a placed `x`, and no less than
       that of another one (which may be a device's part, in the program of a rank).

    Example:
    ```mlir
    func.func @f(%x: tensor<4x8xbf16>) -> tensor<4xf32> {
      %m = dagrt.moment %x order 2 dims 1 count 8 : tensor<4x8xbf16> -> tensor<4xf32>
      return %m : tensor<4xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$x, I64Attr:$order, I64Attr:$dims,
                       I64Attr:$count);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = "$x `order` $order `dims` $dims `count` $count attr-dict `:` type($x) `->` type($result)";
}

class Dagrt_NormOp<string mnemonic, list<Trait> traits = []>
    : Dagrt_Op<mnemonic, !listconcat([Pure, Dagrt_VerifiedByRule,
        DeclareOpInterfaceMethods<ShardingRuleOpInterface, ["decompose", "canDecompose"]>,
        DeclareOpInterfaceMethods<WorkOpInterface>], traits)> {
  let extraClassDeclaration = [{
    /// How many of the last dims the means are over.
    int64_t getNormed() {
      return static_cast<int64_t>(getDims().value_or(getScale().getType().getRank()));
    }
  }];
}

def Dagrt_RmsNormOp : Dagrt_NormOp<"rms_norm"> {
  let summary = "Root mean square norm";
  let description = [{
    `x / sqrt(mean(x^2) + epsilon) * scale`, the mean over the dims that `scale` has
    (Zhang and Sennrich, 2019), or over the last `dims` of them: heads that are normed one by one, each
    with weights of its own. With `square`, that mean is given, and the normed dims may be cut.
    With `plus_one` the scale is stored less one, and `1 + scale` multiplies (Gemma).

    **Constraints**
    1. `norm-c1`: the dims of `scale` (and `bias`) are the last dims of `x`; `epsilon` is finite and not negative.
    2. `norm-c2`: given moments have the dims of `x` that are not normed, and elements of f64 if `x` has them, else of f32.
    3. `norm-c3`: `dims` is at least 1 and at most the rank of `scale`.

    Example:
    ```mlir
    func.func @f(%x: tensor<4x8xf32>, %scale: tensor<8xf32>) -> tensor<4x8xf32> {
      %y = dagrt.rms_norm %x, %scale epsilon 1.0e-5 : tensor<4x8xf32>, tensor<8xf32>
      %m = dagrt.moment %y order 2 dims 1 count 8 : tensor<4x8xf32> -> tensor<4xf32>
      %z = dagrt.rms_norm %y, %scale square %m epsilon 1.0e-5
        : tensor<4x8xf32>, tensor<8xf32>, tensor<4xf32>
      return %z : tensor<4x8xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$x, Dagrt_FloatTensor:$scale,
                       Optional<Dagrt_FloatTensor>:$square, F64Attr:$epsilon,
                       OptionalAttr<I64Attr>:$dims, UnitAttr:$plus_one);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = [{
    $x `,` $scale (`square` $square^)? (`plus_one` $plus_one^)? `epsilon` custom<PlainF64>($epsilon)
    (`dims` $dims^)? attr-dict `:` type($x) `,` type($scale) (`,` type($square)^)?
    custom<SameType>(ref(type($x)), type($result))
  }];
}

def Dagrt_LayerNormOp : Dagrt_NormOp<"layer_norm", [AttrSizedOperandSegments]> {
  let summary = "Layer norm";
  let description = [{
    `(x - mean(x)) / sqrt(var(x) + epsilon) * scale + bias`, over the dims that `scale` has
    (Ba et al., 2016), or over the last `dims` of them; without `bias` nothing is added. With `moments`,
    the means of `x` and of `x^2` are given, the variance is the second less the square of the
    first, and the normed dims may be cut.

    **Constraints**
    1. `norm-c1`: the dims of `scale` (and `bias`) are the last dims of `x`; `epsilon` is finite and not negative.
    2. `norm-c2`: given moments have the dims of `x` that are not normed, and elements of f64 if `x` has them, else of f32.
    3. `norm-c3`: `dims` is at least 1 and at most the rank of `scale`.

    Example:
    ```mlir
    func.func @f(%x: tensor<4x8xf32>, %scale: tensor<8xf32>, %bias: tensor<8xf32>) -> tensor<4x8xf32> {
      %y = dagrt.layer_norm %x, %scale, %bias epsilon 1.0e-5
        : tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>
      %mean = dagrt.moment %y order 1 dims 1 count 8 : tensor<4x8xf32> -> tensor<4xf32>
      %square = dagrt.moment %y order 2 dims 1 count 8 : tensor<4x8xf32> -> tensor<4xf32>
      %z = dagrt.layer_norm %y, %scale, %bias moments %mean, %square epsilon 1.0e-5
        : tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<4xf32>, tensor<4xf32>
      %h = dagrt.layer_norm %z, %scale epsilon 1.0e-5 : tensor<4x8xf32>, tensor<8xf32>
      return %h : tensor<4x8xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$x, Dagrt_FloatTensor:$scale,
                       Optional<Dagrt_FloatTensor>:$bias, Optional<Dagrt_FloatTensor>:$mean,
                       Optional<Dagrt_FloatTensor>:$square, F64Attr:$epsilon,
                       OptionalAttr<I64Attr>:$dims);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = [{
    $x `,` $scale (`,` $bias^)? (`moments` $mean^ `,` $square)?
    `epsilon` custom<PlainF64>($epsilon) (`dims` $dims^)? attr-dict
    `:` type($x) `,` custom<NormWeightTypes>(ref($bias), type($scale), type($bias))
    (`,` type($mean)^ `,` type($square))?
    custom<SameType>(ref(type($x)), type($result))
  }];
}

def Dagrt_RopeOp : Dagrt_ComputeOp<"rope"> {
  let summary = "Rotary position embedding";
  let description = [{
    Rotates pairs of elements of each head (the last dim of `x`) by angles
    proportional to the token's position (Su et al., RoFormer). `x` is `[batch, tokens, heads..., D]`,
    `positions` is `[tokens]`.

    **Constraints**
    1. `rope-c1`: `x` has at least three dims, and `positions` has one.
    2. `rope-c2`: the rotated dims are no more than the last dim of `x`.

    Example:
    ```mlir
    func.func @f(%x: tensor<1x16x2x8xf32>) -> tensor<1x16x2x8xf32> {
      %p = dagrt.positions : tensor<16xi32>
      %y = dagrt.rope %x, %p <theta 1.0e+04, dims 8> : tensor<1x16x2x8xf32>, tensor<16xi32>
      return %y : tensor<1x16x2x8xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$x, Dagrt_IndexTensor:$positions, Dagrt_RopeAttr:$config);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = "$x `,` $positions $config attr-dict `:` type($x) `,` type($positions) custom<SameType>(ref(type($x)), type($result))";
}

def Dagrt_AttentionOp : Dagrt_ComputeOp<"attention", [AttrSizedOperandSegments]> {
  let summary = "Fused attention: scores, softmax and context";
  let description = [{
    `softmax(scale * q k^T + mask) v` for each head, as one kernel that never stores the
    scores (FlashAttention). `query` is `[batch, s, G, Q, D]`, `key` and `value` are `[batch, t, G, D]`; the
    `Q` query heads of a group share its key and value head (GQA; MQA is `G = 1`, MHA is `Q = 1`).

    A query at position `p` sees a key at position `r` if not `causal` or `r <= p`, and, with a
    `window` of `w`, if `r > p - w`. `past` is reserved for decoding: the number of keys
    that precede the first query.

    With `soft_cap` of `c`, a scaled score `s` becomes `c * tanh(s / c)` before the mask (Gemma 2). With
    `alibi`, `slope[g, q] * (r - p)` is then added to the score (Press et al., ALiBi); the slopes are a
    value, cut like the heads, so that no device needs to know which heads are its own.

    **Constraints**
    1. `attention-c1`: `query` has five dims, `key` and `value` four, and the result is that of `query` with the last dim of `value`.
    2. `attention-c2`: `causal`, `window` and `alibi` need both `query_positions` and `key_positions`; a window is causal and at least 1.
    3. `attention-c3`: there are `past` keys more than queries, and `past` is not negative.
    4. `attention-c4`: `soft_cap` is finite and positive; slopes have two dims, `G` and `Q`.

    Example:
    ```mlir
    func.func @f(%q: tensor<1x16x2x4x8xf32>, %k: tensor<1x16x2x8xf32>, %v: tensor<1x16x2x8xf32>)
        -> tensor<1x16x2x4x8xf32> {
      %p = dagrt.positions : tensor<16xi32>
      %y = dagrt.attention %q, %k, %v positions %p, %p causal scale 3.535530e-01
        : tensor<1x16x2x4x8xf32>, tensor<1x16x2x8xf32>, tensor<1x16x2x8xf32>, tensor<16xi32>, tensor<16xi32>
        -> tensor<1x16x2x4x8xf32>
      return %y : tensor<1x16x2x4x8xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$query, Dagrt_FloatTensor:$key, Dagrt_FloatTensor:$value,
                       Optional<Dagrt_IndexTensor>:$query_positions,
                       Optional<Dagrt_IndexTensor>:$key_positions,
                       Optional<Dagrt_FloatTensor>:$slopes,
                       UnitAttr:$causal, OptionalAttr<I64Attr>:$window,
                       OptionalAttr<F64Attr>:$soft_cap, F64Attr:$scale,
                       DefaultValuedAttr<I64Attr, "0">:$past);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = [{
    $query `,` $key `,` $value (`positions` $query_positions^ `,` $key_positions)?
    (`causal` $causal^)? (`window` $window^)? (`alibi` $slopes^)?
    (`soft_cap` custom<PlainF64>($soft_cap)^)? `scale` custom<PlainF64>($scale) (`past` $past^)? attr-dict
    `:` type($query) `,` type($key) `,` type($value)
    (`,` type($query_positions)^ `,` type($key_positions))? (`,` type($slopes)^)? `->` type($result)
  }];
  let extraClassDeclaration = [{
    ::llvm::SmallVector<::dagrt::SizeProduct, 3> getWorkSizes();
  }];
}

def Dagrt_AttentionScoresOp : Dagrt_ComputeOp<"attention_scores"> {
  let summary = "Scaled products of queries and keys";
  let description = [{
    `scale * q k^T`: `[batch, s, G, Q, D] x [batch, t, G, D] -> [batch, G, Q, s, t]`. Element types
    may differ, as in `dagrt.matmul`.

    **Constraints**
    1. `attention_scores-c1`: `query` has five dims, `key` four, the result five.

    Example:
    ```mlir
    func.func @f(%q: tensor<1x16x2x4x8xf32>, %k: tensor<1x16x2x8xf32>) -> tensor<1x2x4x16x16xf32> {
      %s = dagrt.attention_scores %q, %k scale 3.535530e-01
        : tensor<1x16x2x4x8xf32>, tensor<1x16x2x8xf32> -> tensor<1x2x4x16x16xf32>
      return %s : tensor<1x2x4x16x16xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$query, Dagrt_FloatTensor:$key, F64Attr:$scale);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = [{
    $query `,` $key `scale` custom<PlainF64>($scale) attr-dict `:` type($query) `,` type($key) `->` type($result)
  }];
  let extraClassDeclaration = [{
    ::llvm::SmallVector<::dagrt::SizeProduct, 3> getWorkSizes();
  }];
}

def Dagrt_SoftmaxOp : Dagrt_ComputeOp<"softmax", [AttrSizedOperandSegments]> {
  let summary = "Masked softmax over the last dim";
  let description = [{
    Softmax over the last dim, of the elements that the mask lets a query see (as in
    `dagrt.attention`); the others become 0. The last two dims are queries and keys. `soft_cap` and
    `alibi` change the scores before that, as in `dagrt.attention`.

    **Constraints**
    1. `softmax-c1`: the operand has at least two dims.
    2. `softmax-c2`: `causal`, `window` and `alibi` need both positions; a window is causal and at least 1.
    3. `softmax-c3`: `soft_cap` is finite and positive; slopes have two dims, the two before the queries.

    Example:
    ```mlir
    func.func @f(%s: tensor<1x2x4x16x16xf32>) -> tensor<1x2x4x16x16xf32> {
      %p = dagrt.positions : tensor<16xi32>
      %y = dagrt.softmax %s positions %p, %p causal : tensor<1x2x4x16x16xf32>, tensor<16xi32>, tensor<16xi32>
      return %y : tensor<1x2x4x16x16xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$scores,
                       Optional<Dagrt_IndexTensor>:$query_positions,
                       Optional<Dagrt_IndexTensor>:$key_positions,
                       Optional<Dagrt_FloatTensor>:$slopes,
                       UnitAttr:$causal, OptionalAttr<I64Attr>:$window,
                       OptionalAttr<F64Attr>:$soft_cap);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = [{
    $scores (`positions` $query_positions^ `,` $key_positions)? (`causal` $causal^)? (`window` $window^)?
    (`alibi` $slopes^)? (`soft_cap` custom<PlainF64>($soft_cap)^)?
    attr-dict `:` type($scores) (`,` type($query_positions)^ `,` type($key_positions))? (`,` type($slopes)^)?
    custom<SameType>(ref(type($scores)), type($result))
  }];
}

def Dagrt_AttentionContextOp : Dagrt_ComputeOp<"attention_context"> {
  let summary = "Values, weighted by attention";
  let description = [{
    `[batch, G, Q, s, t] x [batch, t, G, D] -> [batch, s, G, Q, D]`. Element types may differ, as
    in `dagrt.matmul`.

    **Constraints**
    1. `attention_context-c1`: `weights` has five dims, `value` four, the result five.

    Example:
    ```mlir
    func.func @f(%p: tensor<1x2x4x16x16xf32>, %v: tensor<1x16x2x8xf32>) -> tensor<1x16x2x4x8xf32> {
      %y = dagrt.attention_context %p, %v
        : tensor<1x2x4x16x16xf32>, tensor<1x16x2x8xf32> -> tensor<1x16x2x4x8xf32>
      return %y : tensor<1x16x2x4x8xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$weights, Dagrt_FloatTensor:$value);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = "$weights `,` $value attr-dict `:` type($weights) `,` type($value) `->` type($result)";
  let extraClassDeclaration = [{
    ::llvm::SmallVector<::dagrt::SizeProduct, 3> getWorkSizes();
  }];
}

def Dagrt_SliceOp : Dagrt_ComputeOp<"slice"> {
  let summary = "Consecutive elements of one dim";
  let description = [{
    The elements `[offset, offset + n)` of dim `dim`, with `n` the size of that dim in the result.
    The dim may not be cut over devices. `offset` may be an expression over named sizes: the
    last token is at `seq_len - 1`.

    **Constraints**
    1. `slice-c1`: `dim` is a dim of the operand, and operand and result have the same rank.
    2. `slice-c2`: the elements lie inside the operand, as far as the expressions tell; a
       program with bound sizes is checked in full.

    Example:
    ```mlir
    func.func @last(%x: tensor<1x16x64xf32>) -> tensor<1x1x64xf32> {
      %y = dagrt.slice %x dim 1 offset 15 : tensor<1x16x64xf32> -> tensor<1x1x64xf32>
      return %y : tensor<1x1x64xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_AnyTensor:$operand, I64Attr:$dim, Dagrt_SizeAttr:$offset);
  let results = (outs Dagrt_AnyTensor:$result);
  let assemblyFormat = [{
    $operand `dim` $dim `offset` custom<Size>($offset) attr-dict `:` type($operand) `->` type($result)
  }];
  let extraClassDeclaration = [{
    /// Label of the pattern that drops a slice of all elements, for who wants the others.
    static constexpr ::llvm::StringLiteral kDropFullSliceLabel = "drop-full-slice";
  }];
  let builders = [OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$operand, "int64_t":$dim,
                                 "int64_t":$offset)>];
  let hasCanonicalizer = 1;
}

def Dagrt_ConcatOp : Dagrt_ComputeOp<"concat"> {
  let summary = "Parts joined along one dim";
  let description = [{
    The parts one after the other along dim `dim`: what slices that cover a value took apart, put
    together again (the micro-batches of a result). The dim may not be cut over devices.

    **Constraints**
    1. `concat-c1`: there is a part; `dim` is a dim of the parts, and parts and result have one
       rank and one element type.
    2. `concat-c2`: dim `dim` of the result has as many elements as the parts have together.

    Example:
    ```mlir
    func.func @join(%a: tensor<2x16x64xf32>, %b: tensor<1x16x64xf32>) -> tensor<3x16x64xf32> {
      %y = dagrt.concat %a, %b dim 0
        : tensor<2x16x64xf32>, tensor<1x16x64xf32> -> tensor<3x16x64xf32>
      return %y : tensor<3x16x64xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<Dagrt_AnyTensor>:$parts, I64Attr:$dim);
  let results = (outs Dagrt_AnyTensor:$result);
  let assemblyFormat = "$parts `dim` $dim attr-dict `:` type($parts) `->` type($result)";
  let hasFolder = 1;
}

def Dagrt_ReorderOp : Dagrt_ComputeOp<"reorder"> {
  let summary = "Puts tokens into an order, or back";
  let description = [{
    Permutes dim `dim`: element `i` of the result is the token that stands at `i` in `order`. With
    `inverse`, tokens in that order go back to their places. The dim may not be cut over devices.

    **Constraints**
    1. `reorder-c1`: `dim` is a dim of the operand, and operand and result have one type.

    Example:
    ```mlir
    func.func @f(%ids: tensor<1x16xi32>) -> tensor<1x16xi32> {
      %z = dagrt.reorder %ids dim 1 order zigzag<2> : tensor<1x16xi32>
      %b = dagrt.reorder %z dim 1 order zigzag<2> inverse : tensor<1x16xi32>
      return %b : tensor<1x16xi32>
    }
    ```
  }];
  let arguments = (ins Dagrt_AnyTensor:$operand, I64Attr:$dim, Dagrt_TokenOrderAttr:$order,
                       UnitAttr:$inverse);
  let results = (outs Dagrt_AnyTensor:$result);
  let assemblyFormat = [{
    $operand `dim` $dim `order` custom<TokenOrder>($order) (`inverse` $inverse^)? attr-dict `:` type($operand)
    custom<SameType>(ref(type($operand)), type($result))
  }];
  let hasFolder = 1;
}

#endif // DAGRT_IR_COMPUTEOPS_TD

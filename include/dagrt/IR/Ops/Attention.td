//===- Attention.td - Attention, fused and in steps -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_OPS_ATTENTION_TD
#define DAGRT_IR_OPS_ATTENTION_TD

include "dagrt/IR/Ops/Compute.td"

/// Attention to keys that may be sharded.
class Dagrt_ShardedKeysOp<string mnemonic, list<Trait> traits = []>
    : Dagrt_Op<mnemonic, !listconcat([Pure, AttrSizedOperandSegments, Dagrt_VerifiedByRule,
        DeclareOpInterfaceMethods<ShardingRuleOpInterface, ["decompose", "canDecompose"]>,
        DeclareOpInterfaceMethods<WorkOpInterface>], traits)>;

// Its results have no names of their own in the text: OpAsmOpInterface without methods.
def Dagrt_AttentionOp : Dagrt_ShardedKeysOp<"attention", [OpAsmOpInterface, Dagrt_InferredTypes,
    DeclareOpInterfaceMethods<AttentionOpInterface>]> {
  let summary = "Fused attention: scores, softmax and context";
  let description = [{
    `softmax(scale * q k^T + mask) v` for each head, as one kernel that never stores the
    scores (FlashAttention). `query` is `[batch, s, G, Q, D]`, `key` and `value` are `[batch, t, G, D]`; the
    `Q` query heads of a group share its key and value head (GQA; MQA is `G = 1`, MHA is `Q = 1`). With
    `value_dims` of `n` there is no `value`: the first `n` elements of each key are its value (the latent
    cache of DeepSeek-V2's MLA).

    A query at position `p` sees a key at position `r` if not `causal` or `r <= p`, and, with a
    `window` of `w`, if `r > p - w`. Positions are `[tokens]`, or `[batch, tokens]` where the requests of a
    batch differ. A query that sees no key gets zeros.

    With `soft_cap` of `c`, a scaled score `s` becomes `c * tanh(s / c)` before the mask (Gemma 2). With
    `alibi`, `slope[g, q] * (r - p)` is then added to the score (Press et al., ALiBi); the slopes are a
    value, sharded like the heads, so that no device needs to know which heads are its own. A `mask`,
    `[s, t]` or `[batch, s, t]`, is added last; minus infinity hides a key. A `sink`, `[G, Q]`, is the score
    of one more key that every query sees and whose value is zero (gpt-oss).

    The second result, `log_sums`, is `[batch, s, G, Q]`: the logarithm of the sum of the exponentials of a
    query's scores, in f32 (f64 of f64 operands); minus infinity where it sees no key. Attention over parts
    of the keys is merged by it.

    `visible` is how many of the keys hold tokens, the queries' own among them, where a cache has slots for more; of
    requests that differ, their mean. Only costs read it.

    With `shard`, the keys are sharded: `shard` has the number of each device's shard, as `dagrt.axis_index`
    makes it, and each device attends to its own keys. Both results get the parts as their first dim,
    `[P, batch, s, G, Q, D]` and `[P, batch, s, G, Q]`, sharded as the keys are; no sum is pending.

    **Constraints**
    1. `attention-c1`: `query` has five dims, `key` four, `value` four if there is one, else `value_dims` is from 1 to the last dim of `key`; the result is that of `query` with the last dim of the values.
    2. `attention-c2`: `causal`, `window` and `alibi` need both `query_positions` and `key_positions`, of one or two dims; a window is causal and at least 1.
    3. `attention-c3`: `log_sums` has the result's dims but the last, of f32 or, with f64 operands, f64; `shard` needs it; a `sink` excludes it, since it joins where parts are merged.
    4. `attention-c4`: `soft_cap` is finite and positive; slopes and sink have two dims, `G` and `Q`; a mask has two or three.
    5. `attention-c5`: `shard` is sharded over the axes that the keys are sharded over, with one number a shard.
    6. `attention-c6`: queries and the result have one element type, keys and values one, which may be another.
    7. `attention-c7`: `visible` is not negative.

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

    Keys on two devices, each with a part of the context and its log-sums:
    ```mlir
    dagrt.mesh @m <"kvp" = 2> devices [0, 1]
    #q = #dagrt.dist<@m, [_, _, _, _, _], of [1, 1, 2, 4, 8]>
    #k = #dagrt.dist<@m, [_, "kvp", _, _], of [1, 16, 2, 8]>
    #context = #dagrt.dist<@m, ["kvp", _, _, _, _, _], of [2, 1, 1, 2, 4, 8]>
    #sums = #dagrt.dist<@m, ["kvp", _, _, _, _], of [2, 1, 1, 2, 4]>
    func.func @parts(%q: tensor<1x1x2x4x8xf32, #q>, %k: tensor<1x8x2x8xf32, #k>, %v: tensor<1x8x2x8xf32, #k>)
        -> (tensor<1x1x1x2x4x8xf32, #context>, tensor<1x1x1x2x4xf32, #sums>) {
      %i = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [2]>>
      %context, %sums = dagrt.attention %q, %k, %v scale 3.535530e-01 shard %i
        : tensor<1x1x2x4x8xf32, #q>, tensor<1x8x2x8xf32, #k>, tensor<1x8x2x8xf32, #k>,
          tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [2]>>
        -> tensor<1x1x1x2x4x8xf32, #context>, tensor<1x1x1x2x4xf32, #sums>
      return %context, %sums : tensor<1x1x1x2x4x8xf32, #context>, tensor<1x1x1x2x4xf32, #sums>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$query, Dagrt_FloatTensor:$key,
                       Optional<Dagrt_FloatTensor>:$value,
                       Optional<Dagrt_IndexTensor>:$query_positions,
                       Optional<Dagrt_IndexTensor>:$key_positions,
                       Optional<Dagrt_FloatTensor>:$slopes,
                       Optional<Dagrt_FloatTensor>:$mask,
                       Optional<Dagrt_FloatTensor>:$sink,
                       Optional<Dagrt_IndexTensor>:$shard,
                       OptionalAttr<I64Attr>:$value_dims,
                       UnitAttr:$causal, OptionalAttr<I64Attr>:$window,
                       OptionalAttr<F64Attr>:$soft_cap, OptionalAttr<Dagrt_SizeAttr>:$visible,
                       F64Attr:$scale);
  let results = (outs Dagrt_FloatTensor:$result, Optional<Dagrt_FloatTensor>:$log_sums);
  let useCustomPropertiesEncoding = 1;
  let assemblyFormat = [{
    $query `,` $key (`,` $value^)? (`value_dims` $value_dims^)?
    (`positions` $query_positions^ `,` $key_positions)?
    (`causal` $causal^)? (`window` $window^)? (`alibi` $slopes^)? (`mask` $mask^)?
    (`soft_cap` custom<PlainF64>($soft_cap)^)? (`sink` $sink^)? (`visible` custom<Size>($visible)^)? `scale` custom<PlainF64>($scale)
    (`shard` $shard^)? attr-dict
    `:` type($query) `,` type($key)
    `` custom<TypeIfPresent>(ref($value), type($value))
    `` custom<TypeIfPresent>(ref($query_positions), type($query_positions))
    `` custom<TypeIfPresent>(ref($key_positions), type($key_positions))
    `` custom<TypeIfPresent>(ref($slopes), type($slopes))
    `` custom<TypeIfPresent>(ref($mask), type($mask))
    `` custom<TypeIfPresent>(ref($sink), type($sink))
    `` custom<TypeIfPresent>(ref($shard), type($shard))
    `->` type($result) (`,` type($log_sums)^)?
  }];
  let builders = [OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$query, "::mlir::Value":$key,
                                 "::mlir::Value":$value, "::mlir::Value":$query_positions,
                                 "::mlir::Value":$key_positions, "::mlir::Value":$slopes,
                                 "::mlir::UnitAttr":$causal, "::mlir::IntegerAttr":$window,
                                 "::mlir::FloatAttr":$soft_cap, "::mlir::FloatAttr":$scale), [{
    build($_builder, $_state, result, /*log_sums=*/{}, query, key, value, query_positions, key_positions,
          slopes, /*mask=*/{}, /*sink=*/{}, /*shard=*/{}, /*value_dims=*/{}, causal, window, soft_cap, /*visible=*/{}, scale);
  }]>];
  let extraClassDeclaration = [{
    /// Elements of a value: the last dim of `value`, or `value_dims`.
    int64_t getNumValueDims() {
      return getValue() ? getGlobalShape(getValue().getType()).back().number
                        : static_cast<int64_t>(*getValueDims());
    }
    /// Number of the leading dims that both results have besides `[batch, ...]`: 1 with a shard.
    unsigned getNumPartDims() { return getShard() ? 1 : 0; }

    ::llvm::SmallVector<::dagrt::SizeProduct, 3> getWorkSizes();
    ::llvm::LogicalResult verifySymbolUses(::mlir::SymbolTableCollection &tables);
  }];
}

def Dagrt_AttentionMergeOp : Dagrt_ShardedKeysOp<"attention_merge", [Dagrt_InferredTypes]> {
  let summary = "Attention to parts of the keys, joined";
  let description = [{
    `contexts`, `[P, batch, s, G, Q, D]`, and `log_sums`, `[P, batch, s, G, Q]`, are what `dagrt.attention` made of `P`
    parts of the keys. The result, `[batch, s, G, Q, D]`, is what it makes of all of them: the sum of the parts'
    contexts, each weighed by its share `exp(log_sum)` of the sum over the parts. A part in which a query sees no key
    weighs nothing, and a query that sees none at all gets zeros. A `sink`, `[G, Q]`, is the score of one more key whose
    value is zero: it joins here, once.

    With `shard`, the contexts are sharded over the parts and the log-sums are not: each device adds the terms of its own
    part, and the result is a pending sum.

    **Constraints**
    1. `attention_merge-c1`: `contexts` has six dims, `log_sums` five, the result five, a sink two.
    2. `attention_merge-c2`: log-sums are f32 or, with f64 contexts, f64; the result has the elements of `contexts`.
    3. `attention_merge-c3`: `shard` is sharded over the axes that the parts are sharded over, with one number a shard.

    Example:
    ```mlir
    func.func @join(%c: tensor<4x1x1x2x4x8xf32>, %l: tensor<4x1x1x2x4xf32>) -> tensor<1x1x2x4x8xf32> {
      %y = dagrt.attention_merge %c, %l
        : tensor<4x1x1x2x4x8xf32>, tensor<4x1x1x2x4xf32> -> tensor<1x1x2x4x8xf32>
      return %y : tensor<1x1x2x4x8xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$contexts, Dagrt_FloatTensor:$log_sums,
                       Optional<Dagrt_FloatTensor>:$sink, Optional<Dagrt_IndexTensor>:$shard);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = [{
    $contexts `,` $log_sums (`sink` $sink^)? (`shard` $shard^)? attr-dict
    `:` type($contexts) `,` type($log_sums) `` custom<TypeIfPresent>(ref($sink), type($sink))
    `` custom<TypeIfPresent>(ref($shard), type($shard)) `->` type($result)
  }];
  let extraClassDeclaration = [{
    ::llvm::LogicalResult verifySymbolUses(::mlir::SymbolTableCollection &tables);
  }];
}

def Dagrt_AttentionScoresOp : Dagrt_ComputeOp<"attention_scores", [Dagrt_InferredTypes]> {
  let summary = "Scaled matmul of queries and keys";
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

def Dagrt_SoftmaxOp : Dagrt_ComputeOp<"softmax", [AttrSizedOperandSegments, Dagrt_FirstOperandsType,
    DeclareOpInterfaceMethods<AttentionOpInterface>]> {
  let summary = "Masked softmax over the last dim";
  let description = [{
    Softmax over the last dim, of the elements that the mask lets a query see (as in
    `dagrt.attention`); the others become 0. The last two dims are queries and keys. `soft_cap`, `alibi`,
    `mask` and `sink` change the scores, or their sum, as in `dagrt.attention`.

    **Constraints**
    1. `softmax-c1`: the operand has at least two dims.
    2. `softmax-c2`: `causal`, `window` and `alibi` need both positions; a window is causal and at least 1.
    3. `softmax-c3`: `soft_cap` is finite and positive; slopes and sink have two dims, the two before the queries; a mask has two dims, queries and keys, or three, the first of which is that of the scores.
    4. `softmax-c4`: positions are `[tokens]`, or `[batch, tokens]`, where the first dim of the scores is the batch.

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
                       Optional<Dagrt_FloatTensor>:$mask,
                       Optional<Dagrt_FloatTensor>:$sink,
                       UnitAttr:$causal, OptionalAttr<I64Attr>:$window,
                       OptionalAttr<F64Attr>:$soft_cap);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = [{
    $scores (`positions` $query_positions^ `,` $key_positions)? (`causal` $causal^)? (`window` $window^)?
    (`alibi` $slopes^)? (`mask` $mask^)? (`soft_cap` custom<PlainF64>($soft_cap)^)? (`sink` $sink^)?
    attr-dict `:` type($scores)
    `` custom<TypeIfPresent>(ref($query_positions), type($query_positions))
    `` custom<TypeIfPresent>(ref($key_positions), type($key_positions))
    `` custom<TypeIfPresent>(ref($slopes), type($slopes))
    `` custom<TypeIfPresent>(ref($mask), type($mask))
    `` custom<TypeIfPresent>(ref($sink), type($sink))
    custom<SameType>(ref(type($scores)), type($result))
  }];
}

def Dagrt_AttentionContextOp : Dagrt_ComputeOp<"attention_context", [Dagrt_InferredTypes]> {
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

#endif // DAGRT_IR_OPS_ATTENTION_TD

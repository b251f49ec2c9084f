//===- Norm.td - Norms, fused and in steps -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_OPS_NORM_TD
#define DAGRT_IR_OPS_NORM_TD

include "dagrt/IR/Ops/Compute.td"

def Dagrt_MomentOp : Dagrt_ComputeOp<"moment", [Dagrt_InferredTypes]> {
  let summary = "Mean of a power over the last dims";
  let description = [{
    The sum of `x^order` over the last `dims` dims, divided by `count`, the number of elements in them: what
    the moments of a row that is sharded over several devices. If those dims are sharded, each
    device adds up its own elements and divides by the number of all of them, so the result is a partial
    sum. It is f64 for f64, and f32 for any other type: the sum of many squares.

    **Constraints**
    1. `moment-c1`: `order` is 1 or 2, and `dims` is at least 1 and at most the rank of `x`.
    2. `moment-c2`: the result has the other dims of `x`, and elements of f64 if `x` has them, else of f32.
    3. `moment-c3`: `count` is the number of elements of the last `dims` global dims of a placed `x`, and no less than
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
    : Dagrt_Op<mnemonic, !listconcat([Pure, Dagrt_VerifiedByRule, Dagrt_FirstOperandsType,
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
    with weights of its own. With `square`, that mean is given, and the normed dims may be sharded.
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
    first, and the normed dims may be sharded.

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

#endif // DAGRT_IR_OPS_NORM_TD

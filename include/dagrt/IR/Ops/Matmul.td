//===- Matmul.td - Matmul -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_OPS_MATMUL_TD
#define DAGRT_IR_OPS_MATMUL_TD

include "dagrt/IR/Ops/Compute.td"

def Dagrt_MatmulOp : Dagrt_ComputeOp<"matmul", [Dagrt_InferredTypes]> {
  let summary = "Matmul over trailing and leading dims";
  let description = [{
    Contracts the last `contract` dims of `lhs` with the first `contract` dims of
    `rhs` after its batch dims: `[m..., k...] x [k..., n...] -> [m..., n...]`. As a GEMM, m, k and n are the
    matmuls of their dims. A projection to heads has `n... = G, Q, D`; the output
    projection contracts all three (`contract 3`).

    `batch` names dims of `lhs` that are the first dims of `rhs`, in this order: there is a matmul for each
    of their elements. They stay where they are: `[E, tokens, k] x [E, k, n] -> [E, tokens, n]` with
    `batch [0]` (experts), `[tokens, heads, k] x [heads, k, n] -> [tokens, heads, n]` with `batch [1]`.

    Operands and result may differ in element type: weights of fp8 with activations of bf16, a sum
    kept in f32. The operands are widened before they are multiplied, and the sum is rounded to the
    result's type once. Costs are those of the wider operand's rate, and of the bytes of each.

    **Constraints**
    1. `matmul-c1`: `contract` is at least 1 and at most the rank of either operand.
    2. `matmul-c2`: the result has the dims of `lhs` that are not contracted, then those of `rhs` that are neither contracted nor batch dims.
    3. `matmul-c3`: batch dims are distinct dims of `lhs` that are not contracted, no more than `rhs` has dims beside the contracted ones.

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
    func.func @by_head(%x: tensor<1x16x4x8xf32>, %w: tensor<4x8x32xf32>) -> tensor<1x16x4x32xf32> {
      %y = dagrt.matmul %x, %w batch [2]
        : tensor<1x16x4x8xf32>, tensor<4x8x32xf32> -> tensor<1x16x4x32xf32>
      return %y : tensor<1x16x4x32xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$lhs, Dagrt_FloatTensor:$rhs,
                       DefaultValuedAttr<I64Attr, "1">:$contract,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$batch);
  let results = (outs Dagrt_FloatTensor:$result);
  let useCustomPropertiesEncoding = 1;
  let assemblyFormat = [{
    $lhs `,` $rhs (`contract` $contract^)? (`batch` $batch^)? attr-dict
    `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
  let extraClassDeclaration = [{
    ::llvm::SmallVector<::dagrt::SizeProduct, 3> getWorkSizes();
  }];
}

#endif // DAGRT_IR_OPS_MATMUL_TD

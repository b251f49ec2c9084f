//===- Movement.td - Parts of values, and values in parts -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_OPS_MOVEMENT_TD
#define DAGRT_IR_OPS_MOVEMENT_TD

include "dagrt/IR/Ops/Compute.td"

def Dagrt_SliceOp : Dagrt_ComputeOp<"slice"> {
  let summary = "Consecutive elements of one dim";
  let description = [{
    The elements `[offset, offset + n)` of dim `dim`, with `n` the size of that dim in the result.
    The dim may not be sharded. `offset` may be an expression over symbolic sizes: the
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

def Dagrt_ConcatOp : Dagrt_ComputeOp<"concat", [Dagrt_InferredTypes]> {
  let summary = "Parts joined along one dim";
  let description = [{
    The parts one after the other along dim `dim`: what slices that cover a value took apart, put
    together again (the micro-batches of a result). The dim may not be sharded.

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

def Dagrt_ReorderOp : Dagrt_ComputeOp<"reorder", [Dagrt_FirstOperandsType]> {
  let summary = "Puts tokens into an order, or back";
  let description = [{
    Permutes dim `dim`: element `i` of the result is the token that stands at `i` in `order`. With
    `inverse`, tokens in that order go back to their positions. The dim may not be sharded.

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

#endif // DAGRT_IR_OPS_MOVEMENT_TD

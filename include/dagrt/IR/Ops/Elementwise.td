//===- Elementwise.td - Ops on one element at a time -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_OPS_ELEMENTWISE_TD
#define DAGRT_IR_OPS_ELEMENTWISE_TD

include "dagrt/IR/Ops/Compute.td"

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

class Dagrt_BinaryOp<string mnemonic, string formula, Trait inference>
    : Dagrt_ComputeOp<mnemonic, [inference]> {
  let summary = "Elementwise " # formula;
  let arguments = (ins Dagrt_FloatTensor:$lhs, Dagrt_FloatTensor:$rhs,
                       OptionalAttr<DenseI64ArrayAttr>:$dims);
  let results = (outs Dagrt_FloatTensor:$result);
  let useCustomPropertiesEncoding = 1;
  let assemblyFormat = [{
    $lhs `,` $rhs (`dims` $dims^)? attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
  let builders = [OpBuilder<(ins "::mlir::Type":$type, "::mlir::Value":$lhs, "::mlir::Value":$rhs), [{
    build($_builder, $_state, type, lhs, rhs, ::mlir::DenseI64ArrayAttr());
  }]>, OpBuilder<(ins "::mlir::Value":$lhs, "::mlir::Value":$rhs), [{
    build($_builder, $_state, lhs, rhs, ::mlir::DenseI64ArrayAttr());
  }]>];
  let extraClassDeclaration = [{
    /// The dim of `lhs` that each dim of `rhs` is.
    ::llvm::SmallVector<int64_t> getRhsDims();
  }];
}

def Dagrt_AddOp : Dagrt_BinaryOp<"add", "sum", Dagrt_FirstOperandsType> {
  let hasFolder = 0;
  let description = [{
    `lhs + rhs`. The dims of `rhs` are the last dims of `lhs`: a bias, or a table of learned
    positions, is added to each row. `dims` names others: with `dims [0, 2]` the two dims of `rhs` are the
    first and the third of `lhs` (a bias for each expert). A sum is partial only if both operands
    are partial over the same axes.

    **Constraints**
    1. `add-c1`: the dims of `rhs` are the last dims of `lhs`, or those that `dims` names, in rising order; and `lhs` and result agree.

    Example:
    ```mlir
    func.func @f(%x: tensor<4x8xf32>, %bias: tensor<8xf32>) -> tensor<4x8xf32> {
      %y = dagrt.add %x, %bias : tensor<4x8xf32>, tensor<8xf32> -> tensor<4x8xf32>
      return %y : tensor<4x8xf32>
    }
    ```
  }];
}

def Dagrt_MulOp : Dagrt_BinaryOp<"mul", "product", Dagrt_InferredTypes> {
  let description = [{
    `lhs * rhs`, with the dims of `rhs` the last dims of `lhs`, or those that `dims` names. One operand may be
    partial, not both: multiplication does not distribute over two sums.

    **Constraints**
    1. `mul-c1`: the dims of `rhs` are the last dims of `lhs`, or those that `dims` names, in rising order; and `lhs` and result agree.

    Example:
    ```mlir
    func.func @f(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) -> tensor<4x8xf32> {
      %z = dagrt.mul %x, %y : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
      return %z : tensor<4x8xf32>
    }
    ```
  }];
}

#endif // DAGRT_IR_OPS_ELEMENTWISE_TD

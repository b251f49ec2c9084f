//===- Rope.td - Rotary position embedding -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_OPS_ROPE_TD
#define DAGRT_IR_OPS_ROPE_TD

include "dagrt/IR/Ops/Compute.td"

def Dagrt_RopeOp : Dagrt_ComputeOp<"rope", [AttrSizedOperandSegments, Dagrt_FirstOperandsType]> {
  let summary = "Rotary position embedding";
  let description = [{
    Rotates pairs of elements of each head (the last dim of `x`) by angles
    proportional to the token's position (Su et al., RoFormer). `x` is `[batch, tokens, heads..., D]`,
    `positions` is `[tokens]`, or `[batch, tokens]` where the requests of a batch differ. The config says
    the angles and which elements are turned.

    A program that has no config has the cosines and sines as values: `tables`, `[tokens, pairs]` or
    `[batch, tokens, pairs]`. Then the first `2 * pairs` elements from `at` on are turned, element `i` with
    element `i + pairs`, or, `interleaved`, elements `2i` and `2i + 1`.

    **Constraints**
    1. `rope-c1`: `x` has at least three dims; there are a config and positions of one or two dims, or two tables of two or three dims and one type.
    2. `rope-c2`: the rotated dims are inside the last dim of `x`.
    3. `rope-c3`: `at` and `interleaved` go with tables; a config has its own.

    Example:
    ```mlir
    func.func @f(%x: tensor<1x16x2x8xf32>) -> tensor<1x16x2x8xf32> {
      %p = dagrt.positions : tensor<16xi32>
      %y = dagrt.rope %x, %p <theta 1.0e+04, dims 8> : tensor<1x16x2x8xf32>, tensor<16xi32>
      return %y : tensor<1x16x2x8xf32>
    }
    func.func @tables(%x: tensor<1x16x2x8xf32>, %cos: tensor<16x2xf32>, %sin: tensor<16x2xf32>)
        -> tensor<1x16x2x8xf32> {
      %y = dagrt.rope %x tables %cos, %sin at 4 : tensor<1x16x2x8xf32>, tensor<16x2xf32>
      return %y : tensor<1x16x2x8xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$x, Optional<Dagrt_IndexTensor>:$positions,
                       Optional<Dagrt_FloatTensor>:$cosines, Optional<Dagrt_FloatTensor>:$sines,
                       OptionalAttr<Dagrt_RopeAttr>:$config,
                       DefaultValuedAttr<I64Attr, "0">:$at, UnitAttr:$interleaved);
  let results = (outs Dagrt_FloatTensor:$result);
  let useCustomPropertiesEncoding = 1;
  let assemblyFormat = [{
    $x (`,` $positions^ custom<RopeConfig>($config))? (`tables` $cosines^ `,` $sines)? (`at` $at^)?
    (`interleaved` $interleaved^)? attr-dict `:` type($x)
    `` custom<TypeIfPresent>(ref($positions), type($positions))
    `` custom<TypeIfPresent>(ref($cosines), type($cosines))
    custom<RopeTypes>(ref(type($x)), ref(type($cosines)), type($sines), type($result))
  }];
  let builders = [OpBuilder<(ins "::mlir::Type":$type, "::mlir::Value":$x, "::mlir::Value":$positions,
                                 "::dagrt::RopeAttr":$config), [{
    build($_builder, $_state, type, x, positions, {}, {}, config);
  }]>];
  let extraClassDeclaration = [{
    /// The elements of a head that are turned: the first one, and how many pairs.
    int64_t getFirstTurned() { return getConfig() ? getConfig()->getAt() : static_cast<int64_t>(getAt()); }
    int64_t getNumPairs();
    bool pairsNeighbours() { return getConfig() ? getConfig()->getInterleaved() : getInterleaved(); }
  }];
}

#endif // DAGRT_IR_OPS_ROPE_TD

//===- Cache.td - KV caches -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A cache is a value with slots, and a step of decoding is a function from caches to caches. Which
// token a slot is for is data, as positions are: no op needs to know which slots a device holds.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_OPS_CACHE_TD
#define DAGRT_IR_OPS_CACHE_TD

include "dagrt/IR/Ops/Compute.td"

def Dagrt_CacheUpdateOp : Dagrt_ComputeOp<"cache_update", [Dagrt_FirstOperandsType]> {
  let summary = "New rows in the slots of their positions";
  let description = [{
    The cache, `[batch, slots, G, D]`, with each of the `rows`, `[batch, tokens, G, D]`, in the slot whose position is the
    row's. Slots whose position no row has keep what they hold, and rows whose position no slot has are left out.
    Positions of slots are `[slots]` or `[batch, slots]`, of rows `[tokens]` or `[batch, tokens]`; those of one
    request's rows differ.

    Slots may be sharded at will: each device is given all rows, and takes those that its slots are for. With
    `in_place` the result has the memory of the operand, of which this is the last reader, and the op costs the
    new rows; without it the cache is copied.

    **Constraints**
    1. `cache_update-c1`: cache, rows and result have four dims, positions one or two; cache and result have one element type, to which rows are rounded.
    2. `cache_update-c2`: `in_place` has no reader of the cache after it.

    Example:
    ```mlir
    func.func @step(%cache: tensor<2x16x4x8xf32>, %row: tensor<2x1x4x8xf32>, %at: tensor<2x1xi32>)
        -> tensor<2x16x4x8xf32> {
      %slots = dagrt.positions : tensor<16xi32>
      %next = dagrt.cache_update %cache, %row positions %slots, %at in_place
        : tensor<2x16x4x8xf32>, tensor<2x1x4x8xf32>, tensor<16xi32>, tensor<2x1xi32>
        -> tensor<2x16x4x8xf32>
      return %next : tensor<2x16x4x8xf32>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$cache, Dagrt_FloatTensor:$rows,
                       Dagrt_IndexTensor:$slot_positions, Dagrt_IndexTensor:$row_positions,
                       UnitAttr:$in_place);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = [{
    $cache `,` $rows `positions` $slot_positions `,` $row_positions (`in_place` $in_place^)? attr-dict
    `:` type($cache) `,` type($rows) `,` type($slot_positions) `,` type($row_positions) `->` type($result)
  }];
  let extraClassDeclaration = [{
    /// Of an update in place, those of the new rows.
    ::llvm::SmallVector<::dagrt::SizeProduct, 3> getWorkSizes();
  }];
}

def Dagrt_RollingPositionsOp : Dagrt_ComputeOp<"rolling_positions", [Dagrt_InferredTypes]> {
  let summary = "Which tokens the slots of a rolling cache hold";
  let description = [{
    Of `cycle` slots, slot `s` is that of the tokens `s`, `s + cycle`, `s + 2 cycle`, ... The result has, for each
    slot, the last of them that is not after the largest of `positions`: what the slot holds once the tokens at
    `positions` are in it. A slot whose first token is still to come has the position 2^30, which no query reaches.
    `slots` are the numbers of the slots; positions are `[tokens]`, or `[batch, tokens]` where requests differ, and
    the result is `[slots]` or `[batch, slots]`.

    **Constraints**
    1. `rolling_positions-c1`: slots have one dim, positions one or two, and the result as many as positions.
    2. `rolling_positions-c2`: `cycle` is at least 1.

    Example:
    ```mlir
    func.func @held(%at: tensor<2x1xi32>) -> tensor<2x12xi32> {
      %slots = dagrt.positions : tensor<12xi32>
      %held = dagrt.rolling_positions %slots, %at cycle 12
        : tensor<12xi32>, tensor<2x1xi32> -> tensor<2x12xi32>
      return %held : tensor<2x12xi32>
    }
    ```
  }];
  let arguments = (ins Dagrt_IndexTensor:$slots, Dagrt_IndexTensor:$positions, Dagrt_SizeAttr:$cycle);
  let results = (outs Dagrt_IndexTensor:$result);
  let assemblyFormat = [{
    $slots `,` $positions `cycle` custom<Size>($cycle) attr-dict `:` type($slots) `,` type($positions) `->` type($result)
  }];
  let extraClassDeclaration = [{
    /// The position of a slot that holds no token.
    static constexpr int64_t kEmptySlot = int64_t(1) << 30;
  }];
}

def Dagrt_OffsetPositionsOp : Dagrt_ComputeOp<"offset_positions", [Dagrt_FirstOperandsType]> {
  let summary = "Positions plus a number";
  let description = [{
    Each position plus `by`: a table of learned positions may keep that of the first token in another row than the first.

    **Constraints**
    1. `offset_positions-c1`: operand and result have one type, and `by` is not negative.

    Example:
    ```mlir
    func.func @rows(%at: tensor<2x1xi32>) -> tensor<2x1xi32> {
      %rows = dagrt.offset_positions %at by 2 : tensor<2x1xi32>
      return %rows : tensor<2x1xi32>
    }
    ```
  }];
  let arguments = (ins Dagrt_IndexTensor:$positions, I64Attr:$by);
  let results = (outs Dagrt_IndexTensor:$result);
  let assemblyFormat = [{
    $positions `by` $by attr-dict `:` type($positions) custom<SameType>(ref(type($positions)), type($result))
  }];
}

#endif // DAGRT_IR_OPS_CACHE_TD

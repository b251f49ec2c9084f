//===- MatmulStep.td - Matmuls in steps -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A matmul whose operand arrives block by block, or whose result leaves so, is computed in steps,
// and communication hides behind them. The types say which block a step takes; the verifiers say
// that every block is taken once.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_OPS_MATMULSTEP_TD
#define DAGRT_IR_OPS_MATMULSTEP_TD

def Dagrt_MatmulStepOp : Dagrt_Op<"matmul_step", [Pure,
    DeclareOpInterfaceMethods<WorkOpInterface, ["getWorkSizes"]>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Some terms of a matmul, added to those before";
  let description = [{
    A part of the matmul of the same global operands: each device
    multiplies those elements that it holds of both operands, and adds them to those elements that it holds
    of the result. `acc` has the sum of the steps before; without it there are none, and the rest of the
    result is zero.

    In a ring, one dim of the matmul is sharded over a full axis in one of the two tensors that have
    it, and replicated in the other. The steps of a ring differ in how the blocks are rotated, and together they
    compute the matmul:

    - An operand is sharded: step `t` has the block of the device `t` positions further, which `dagrt.shift` has
      brought. The device reads that block of its replicated operand (rows of a weight), or fills that block of its
      result (tokens). This replaces an `all_gather` before the matmul.
    - The result is sharded: step `t` computes the block of the device `of - 1 - t` positions further, and the
      matmul would be a pending sum over the axis. A block travels from device to device and collects a term
      of each. So that it can travel while a device computes, there are two such sums, of the even and of the odd
      steps, and each moves on by two devices after a step; `dagrt.matmul_join` adds them in the end. This
      replaces a `reduce_scatter` after the matmul.

    With `piece`, `lhs` is a block of the contracted dim, which has arrived in a message (`dagrt.recv`).

    **Constraints**
    1. `matmul_step-c1`: all values are placed on one mesh, operands are not partial, and shapes are those of `dagrt.matmul`.
    2. `matmul_step-c2`: in a ring, one dim is sharded over one full axis in one tensor and replicated in the other; all others are sharded alike.
    3. `matmul_step-c3`: `step` is less than `of`, which is the number of blocks, and says how far they are rotated.
    4. `matmul_step-c4`: a piece is block `step` of the only contracted dim, which is not sharded, and none of the `of` blocks is empty.
    5. `matmul_step-c5`: `acc` has the type of the result and comes from the step before: the last one of the same ring, or the one before that, shifted by -2, where the result is held in blocks.
    6. `matmul_step-c6`: a sum that lacks steps is used once, by the next step, or by the shift or join on its way there.

    Example: an `all_gather` and the matmul that reads it, as a ring of two steps.
    ```mlir
    #x0 = #dagrt.dist<@base, [_, "tp"], of [4, 8]>
    #x1 = #dagrt.dist<@base, [_, "tp"+1], of [4, 8]>
    #w = #dagrt.dist<@base, [_, "tp"], of [8, 6]>
    #y = #dagrt.dist<@base, [_, "tp"], of [4, 6]>
    dagrt.mesh @base <"tp" = 2> devices [0, 1]
    func.func @up(%x: tensor<4x4xf32, #x0>, %w: tensor<8x3xf32, #w>) -> tensor<4x3xf32, #y> {
      %next = dagrt.shift %x dim 1 by 1 : tensor<4x4xf32, #x0> -> tensor<4x4xf32, #x1>
      %sum = dagrt.matmul_step %x, %w step 0 of 2
        : tensor<4x4xf32, #x0>, tensor<8x3xf32, #w> -> tensor<4x3xf32, #y>
      %y = dagrt.matmul_step %next, %w into %sum step 1 of 2
        : tensor<4x4xf32, #x1>, tensor<8x3xf32, #w>, tensor<4x3xf32, #y> -> tensor<4x3xf32, #y>
      return %y : tensor<4x3xf32, #y>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$lhs, Dagrt_FloatTensor:$rhs,
                       Optional<Dagrt_FloatTensor>:$acc, I64Attr:$step, I64Attr:$steps,
                       UnitAttr:$piece, DefaultValuedAttr<I64Attr, "1">:$contract);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs (`into` $acc^)? (`contract` $contract^)? (`piece` $piece^) : (`step`)? $step `of` $steps
    attr-dict `:` type($lhs) `,` type($rhs) (`,` type($acc)^)? `->` type($result)
  }];
}

def Dagrt_MatmulJoinOp : Dagrt_Op<"matmul_join", [Pure, Dagrt_SameTypes, SameOperandsAndResultType,
    DeclareOpInterfaceMethods<WorkOpInterface>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let hasVerifier = 0;
  let summary = "Adds the two sums of a ring whose result travels";
  let description = [{
    `lhs + rhs`: the sum that ends with the last step of a ring, and the other one, which has travelled the
    last way to its device.

    **Constraints**
    1. `matmul_join-c1`: `lhs` is the last step of a ring whose result is held in blocks, and `rhs` the step before it, shifted by -1.

    Example: a matmul and the `reduce_scatter` of its sum, as a ring of two steps.
    ```mlir
    #x = #dagrt.dist<@base, [_, "tp"], of [4, 8]>
    #w = #dagrt.dist<@base, ["tp", _], of [8, 6]>
    #y0 = #dagrt.dist<@base, [_, "tp"], of [4, 6]>
    #y1 = #dagrt.dist<@base, [_, "tp"+1], of [4, 6]>
    dagrt.mesh @base <"tp" = 2> devices [0, 1]
    func.func @down(%x: tensor<4x4xf32, #x>, %w: tensor<4x6xf32, #w>) -> tensor<4x3xf32, #y0> {
      %sum = dagrt.matmul_step %x, %w step 0 of 2
        : tensor<4x4xf32, #x>, tensor<4x6xf32, #w> -> tensor<4x3xf32, #y1>
      %moved = dagrt.shift %sum dim 1 by -1 : tensor<4x3xf32, #y1> -> tensor<4x3xf32, #y0>
      %last = dagrt.matmul_step %x, %w step 1 of 2
        : tensor<4x4xf32, #x>, tensor<4x6xf32, #w> -> tensor<4x3xf32, #y0>
      %y = dagrt.matmul_join %last, %moved : tensor<4x3xf32, #y0>
      return %y : tensor<4x3xf32, #y0>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$lhs, Dagrt_FloatTensor:$rhs);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
}

#endif // DAGRT_IR_OPS_MATMULSTEP_TD

//===- Passes.td - Passes of the import step -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IMPORT_PASSES_TD
#define DAGRT_IMPORT_PASSES_TD

include "mlir/Pass/PassBase.td"

def PrintModelSummaryPass : Pass<"dagrt-print-model-summary", "::mlir::ModuleOp"> {
  let summary = "Print parameters, bytes and FLOPs by kind";
  let description = [{
    Prints, for each function that holds dagrt ops, how many parameters it has, their
    bytes, and the FLOPs of one forward pass by kind of op, to standard error. A
    parameter is counted once by its name: a tied weight, several views of one stored
    weight, and one weight on several meshes are one parameter. FLOPs are those of the
    logical form (real elements, causal pairs); for a placed function the sum over all
    devices is printed beside them.

    **Requires** that the uses of a name agree on shape and element type of the stored
    weight.

    **Ensures** that the IR is unchanged. A remark `ModelSummary` carries the totals.

    Example: a matmul with a bias, of which the pass prints

    ```
    @f (logical form)
      parameters                          66  66
      parameter bytes                    132  132 B
      FLOPs                              ops        FLOPs      share
        gemm                               1         512     98.46 %
        elementwise                        1           8      1.54 %
        total                              2         520    100.00 %
    ```

    Before:
    ```mlir
    func.func @f(%x: tensor<4x32xbf16>) -> tensor<4x2xbf16> {
      %w = dagrt.parameter "up.weight" fan_in 32 : tensor<32x2xbf16>
      %b = dagrt.parameter "up.bias" : tensor<2xbf16>
      %y = dagrt.matmul %x, %w : tensor<4x32xbf16>, tensor<32x2xbf16> -> tensor<4x2xbf16>
      %z = dagrt.add %y, %b : tensor<4x2xbf16>, tensor<2xbf16> -> tensor<4x2xbf16>
      return %z : tensor<4x2xbf16>
    }
    ```
    After: the same.
    ```mlir
    func.func @f(%x: tensor<4x32xbf16>) -> tensor<4x2xbf16> {
      %w = dagrt.parameter "up.weight" fan_in 32 : tensor<32x2xbf16>
      %b = dagrt.parameter "up.bias" : tensor<2xbf16>
      %y = dagrt.matmul %x, %w : tensor<4x32xbf16>, tensor<32x2xbf16> -> tensor<4x2xbf16>
      %z = dagrt.add %y, %b : tensor<4x2xbf16>, tensor<2xbf16> -> tensor<4x2xbf16>
      return %z : tensor<4x2xbf16>
    }
    ```

    **Cost**: linear in the number of ops.
  }];
}

#endif // DAGRT_IMPORT_PASSES_TD

//===- Passes.td - Passes of the dialect itself -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_PASSES_TD
#define DAGRT_IR_PASSES_TD

include "mlir/Pass/PassBase.td"

def BindSizesPass : Pass<"dagrt-bind-sizes", "::mlir::ModuleOp"> {
  let summary = "Bind symbolic sizes to numbers";
  let description = [{
    Replaces every expression over symbolic sizes, in types and attributes, by its number. A name
    that `sizes` leaves out takes its default from the module's `dagrt.sizes`, which is dropped. Both
    forms can be bound: a placed program gets the local shapes that partitioning the bound
    model gives it.

    **Requires** a number for each name that is in use. A name that the module does not know, a
    number below 1, an overflow and a size below 0 are errors.

    **Ensures** that all sizes are numbers. `dagrt.logical` keeps its FLOPs if they hold at these
    sizes, else it gets those of the ops, each counted once over its replicas. A module without
    symbolic sizes is unchanged. A remark `SizeBound` of the category `bind-sizes` has each number.

    Options: `sizes=seq_len=3` binds `seq_len`; several are separated by commas, and `2^20` is a
    number.

    Example: the last token of three.

    Before:
    ```mlir
    module attributes {dagrt.sizes = {seq_len = 8192 : i64}} {
      func.func @last(%x: tensor<1x?x64xf32, #dagrt.sizes<[1, seq_len, 64]>>) -> tensor<1x1x64xf32> {
        %y = dagrt.slice %x dim 1 offset seq_len - 1
          : tensor<1x?x64xf32, #dagrt.sizes<[1, seq_len, 64]>> -> tensor<1x1x64xf32>
        return %y : tensor<1x1x64xf32>
      }
    }
    ```
    After, with `sizes=seq_len=3`:
    ```mlir
    func.func @last(%x: tensor<1x3x64xf32>) -> tensor<1x1x64xf32> {
      %y = dagrt.slice %x dim 1 offset 2 : tensor<1x3x64xf32> -> tensor<1x1x64xf32>
      return %y : tensor<1x1x64xf32>
    }
    ```

    **Cost**: linear in the number of ops.
  }];
  let options = [
    Option<"sizes", "sizes", "std::string", /*default=*/"\"\"",
           "Numbers of symbolic sizes, as in seq_len=8192,batch=4 (default: the module's own)">
  ];
}

#endif // DAGRT_IR_PASSES_TD

//===- Passes.td - Passes that make programs run -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_PASSES_TD
#define DAGRT_LOWER_PASSES_TD

include "mlir/Pass/PassBase.td"

def HoistParametersPass : Pass<"hoist-parameters", "::mlir::ModuleOp"> {
  let summary = "Turn parameters into arguments";
  let description = [{
    **Does**: appends an argument to each function for each `dagrt.parameter` in it, in program order.
    The argument's attribute `dagrt.parameter` says what the operation said: name, fan-in and view.

    **Requires**: functions of one block.

    **Ensures**: all that a program reads are its arguments, and whoever runs it fills them: inputs by
    number, parameters by name. Idempotent.

    Example:

    ```mlir
    func.func @f(%x: tensor<1x8xf32>) -> tensor<1x4xf32> {
      %w = dagrt.parameter "w" fan_in 8 : tensor<8x4xf32>
      %y = dagrt.matmul %x, %w : tensor<1x8xf32>, tensor<8x4xf32> -> tensor<1x4xf32>
      return %y : tensor<1x4xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f(%x: tensor<1x8xf32>,
                 %w: tensor<8x4xf32> {dagrt.parameter = {fan_in = 8 : i64, name = "w"}})
        -> tensor<1x4xf32> {
      %y = dagrt.matmul %x, %w : tensor<1x8xf32>, tensor<8x4xf32> -> tensor<1x4xf32>
      return %y : tensor<1x4xf32>
    }
    ```

    **Cost**: linear in the number of ops.
  }];
  let dependentDialects = ["::dagrt::DagrtDialect"];
}

def OutlineOpsPass : Pass<"outline-ops", "::mlir::ModuleOp"> {
  let summary = "Move each operation into a function that equal ones share";
  let description = [{
    **Does**: replaces each operation of the dialect by a call of a private function that holds just
    that operation. Operations of one name, one set of properties and the same types share a function;
    a `dagrt.send` and its `dagrt.recv` are one call, where the message is sent. Attributes that are
    not an operation's own, such as its role, stay on the call.

    **Requires**: functions of one block.

    **Ensures**: as many functions as there are different operations: what it takes to compile a
    program hardly grows with its layers. Parameters stay where they are. Idempotent.

    Example:

    ```mlir
    func.func @f(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
      %y = dagrt.silu %x {dagrt.role = #dagrt.role<ffn.activation, layer 0>} : tensor<2x2xf32>
      %z = dagrt.silu %y {dagrt.role = #dagrt.role<ffn.activation, layer 1>} : tensor<2x2xf32>
      return %z : tensor<2x2xf32>
    }
    ```

    becomes

    ```mlir
    func.func @f(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
      %y = call @silu(%x) {dagrt.role = #dagrt.role<ffn.activation, layer 0>}
        : (tensor<2x2xf32>) -> tensor<2x2xf32>
      %z = call @silu(%y) {dagrt.role = #dagrt.role<ffn.activation, layer 1>}
        : (tensor<2x2xf32>) -> tensor<2x2xf32>
      return %z : tensor<2x2xf32>
    }
    func.func private @silu(%x: tensor<2x2xf32>) -> tensor<2x2xf32> attributes {dagrt.outlined} {
      %y = dagrt.silu %x : tensor<2x2xf32>
      return %y : tensor<2x2xf32>
    }
    ```

    **Cost**: linear in the number of ops.
  }];
  let dependentDialects = ["::dagrt::DagrtDialect", "::mlir::func::FuncDialect"];
}

#endif // DAGRT_LOWER_PASSES_TD

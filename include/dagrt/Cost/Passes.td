//===- Passes.td - Passes of the folder Cost -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_PASSES_TD
#define DAGRT_COST_PASSES_TD

include "mlir/Pass/PassBase.td"

def AnnotateCostPass : Pass<"annotate-cost", "::mlir::ModuleOp"> {
  let summary = "Put a time on every op";
  let description = [{
    Computes how long each op takes on its busiest device and writes it on the op as
    `dagrt.cost`, with what binds the time and where the number comes from.

    *Requires*: sizes that are numbers, and meshes whose device ids the cluster has. A function
    without meshes runs on one device.

    *Ensures*: every op that computes or communicates carries a cost. An op that carried one before
    keeps it. Functions carry a `dagrt.cluster` that says what they were costed for. Idempotent.

    *Example*: 4096 rows of 4096 bf16 elements are read and written at 3.35 TB/s.

    ```mlir
    func.func @activation(%x: tensor<4096x4096xbf16>) -> tensor<4096x4096xbf16> {
      %y = dagrt.silu %x : tensor<4096x4096xbf16>
      return %y : tensor<4096x4096xbf16>
    }
    ```

    becomes, but for the description of the cluster on the function,

    ```mlir
    func.func @activation(%x: tensor<4096x4096xbf16>) -> tensor<4096x4096xbf16> {
      %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<20032497 ps, memory, modelled>}
        : tensor<4096x4096xbf16>
      return %y : tensor<4096x4096xbf16>
    }
    ```

    *Cost*: linear in the number of ops; ops of one kind with equal types are costed once.
  }];
  let options = [
    Option<"cluster", "cluster", "std::string", "\"dgx-h100\"",
           "Machine to cost for: the name of a built-in cluster, or a YAML or JSON file">,
    Option<"model", "model", "std::string", "\"roofline\"", "Name of the cost model">,
    Option<"table", "table", "std::string", "\"\"",
           "File of measurements, for models that read one (default: none)">];
  let dependentDialects = ["::dagrt::DagrtDialect"];
}

#endif // DAGRT_COST_PASSES_TD

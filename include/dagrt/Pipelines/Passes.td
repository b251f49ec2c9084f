//===- Passes.td - Passes that compare plans -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_PIPELINES_PASSES_TD
#define DAGRT_PIPELINES_PASSES_TD

include "mlir/Pass/PassBase.td"

def ComparePlansPass : Pass<"compare-plans", "::mlir::ModuleOp"> {
  let summary = "Say which of several plans is fastest, and where that changes";
  let description = [{
    **Does**: lays the model out by each of several plans, on copies, and reports how long each takes, whether
    it fits into the memory of its devices, and which is the fastest. A plan is a name and a pipeline of passes.
    With `sweep`, it does so at each point of a sweep over one symbolic size; between neighbouring points with
    different winners it finds the size after which the winner changes. Where costs have error bars, it says
    which plans are not distinguishable from the fastest (`docs/plans.md`).

    **Requires**: a module in logical form, or what else the plans' pipelines take. For `sweep`, a symbolic size.

    **Ensures**: the IR is unchanged. The report goes to standard error, or to the file `report`.

    Example: a plan that leaves an activation on one device.

    ```mlir
    func.func @f(%x: tensor<1x4x8xf32>) -> tensor<1x4x8xf32> {
      %y = dagrt.silu %x {dagrt.role = #dagrt.role<residual.ffn, layer 0>} : tensor<1x4x8xf32>
      return %y : tensor<1x4x8xf32>
    }
    ```

    stays, with `plans=[{"name":"one","pipeline":"canonicalize"},]`, as it is:

    ```mlir
    func.func @f(%x: tensor<1x4x8xf32>) -> tensor<1x4x8xf32> {
      %y = dagrt.silu %x {dagrt.role = #dagrt.role<residual.ffn, layer 0>} : tensor<1x4x8xf32>
      return %y : tensor<1x4x8xf32>
    }
    ```

    **Cost**: for each point, linear in the ops of all plans; a change of winners costs as many points as the
    logarithm of the interval that it is found in.
  }];
  let options = [
    Option<"plans", "plans", "std::string", "\"\"",
           "File of plans (YAML: a list of name and pipeline), or such a list itself (default: "
           "none; must be given)">,
    Option<"sweep", "sweep", "std::string", "\"\"",
           "Sizes to compare at: seq_len=1024:65536:x2, or seq_len=1000,2000; none for the "
           "sizes as they are (default: none)">,
    Option<"sizes", "sizes", "std::string", "\"\"",
           "Numbers of other symbolic sizes, as batch=4; by default the module's own">,
    Option<"report", "report", "std::string", "\"\"",
           "File for the report; by default it goes to standard error, and `-` is standard output">,
    Option<"format", "format", "std::string", "\"text\"",
           "Format of the report: text or json (default: text)">,
    Option<"overlap", "overlap", "std::string", "\"full\"",
           "Whether communication overlaps with compute on a device: full or none (default: "
           "full)">,
    Option<"resources", "resources", "std::string", "\"limited\"",
           "Whether ops wait for devices (limited) or for operands only (unlimited) (default: "
           "limited)">,
    Option<"kvCache", "kv-cache", "std::string", "\"keep\"",
           "Whether memory holds the keys and values of causal attention until the end, for decoding: keep or "
           "none (default: keep)">,
    Option<"cluster", "cluster", "std::string", "\"\"",
           "Cluster to take costs from: a name or a file (default: dgx-h100, or what costs in the "
           "program were computed for)">,
    Option<"model", "model", "std::string", "\"\"",
           "Cost model: calibrated, table or roofline (default: calibrated, or what computed the "
           "costs in the program)">,
    Option<"table", "table", "std::string", "\"\"",
           "File of measurements for cost models that read one (default: none)">,
  ];
  let dependentDialects = ["::dagrt::DagrtDialect"];
}

#endif // DAGRT_PIPELINES_PASSES_TD

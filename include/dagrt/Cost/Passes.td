//===- Passes.td - Passes of the folder Cost -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_COST_PASSES_TD
#define DAGRT_COST_PASSES_TD

include "dagrt/Cost/Options.td"

def AnnotateCostPass : Pass<"annotate-cost", "::mlir::ModuleOp"> {
  let summary = "Put a time on every op";
  let description = [{
    **Does**: computes how long each op takes on its busiest device and writes it on the op as
    `dagrt.cost`, with what bounds the time and where the number comes from.

    **Requires**: meshes whose device ids the cluster has. A function
    without meshes runs on one device.

    **Ensures**: every op that computes or communicates carries a cost. An op keeps a cost that was
    given to it. It keeps one that a model computed while the cost's fingerprint says that the work,
    the device and the model are the same; otherwise the cost is computed again. Symbolic sizes have the
    module's default, or what `sizes` gives; the function then has these sizes in `dagrt.costs_at`.
    Functions carry `dagrt.cluster` and `dagrt.cost_model`, the machine and the
    model of their costs; a cluster, model or size that is named and differs is an error.
    Idempotent.

    Models: `calibrated`, fitted to measurements, with an error bar of 80 %; `table`, the same with
    measurements of the user's own on top; `roofline`, a lower bound by the data sheet: the
    rates of arithmetic, memory and links, without latency and efficiency.

    Example: 4096 rows of 4096 bf16 elements are read and written at about 80 % of 3.35 TB/s. No SiLU was
    measured, so the cost is that of GELU.

    ```mlir
    func.func @activation(%x: tensor<4096x4096xbf16>) -> tensor<4096x4096xbf16> {
      %y = dagrt.silu %x : tensor<4096x4096xbf16>
      return %y : tensor<4096x4096xbf16>
    }
    ```

    becomes

    ```mlir
    func.func @activation(%x: tensor<4096x4096xbf16>) -> tensor<4096x4096xbf16>
        attributes {dagrt.cluster = #dagrt.cluster<"dgx-h100", 32 nodes of 8,
          <"h100-sxm", {bf16_tflops = 989.0, fp16_tflops = 989.0, fp32_tflops = 66.9,
                        fp64_tflops = 67.0, fp8_tflops = 1979.0, int8_tops = 1979.0, memory_bandwidth_gbs = 3350.0,
                        memory_gb = 85.52081, reserved_gb = 3.9}>,
          links {inter = {bandwidth_gbs = 50.0, efficiency = 0.95, kind = "network"},
                 intra = {bandwidth_gbs = 450.0, efficiency = 0.824, kind = "nvlink", nvls}}>,
          dagrt.cost_model = {cluster = "dgx-h100", model = "calibrated"}} {
      %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<28523303 ps, memory, extrapolated,
          error -5.9 to 25.2, for 0x9ab03d7420722a67>}
        : tensor<4096x4096xbf16>
      return %y : tensor<4096x4096xbf16>
    }
    ```

    **Cost**: linear in the number of ops; ops of one kind with equal types are costed once.
  }];
  let options = [
    Option<"cluster", "cluster", "std::string", "\"\"",
           "Machine to cost for: the name of a built-in cluster, or a YAML or JSON file (default: "
           "dgx-h100, or what costs in the program were computed for)">,
    CostModelOption<"Cost model">,
    Option<"table", "table", "std::string", "\"\"",
           "Tables of measurements for the model table, with commas between them (default: none)">,
    Option<"sizes", "sizes", "std::string", "\"\"",
           "Symbolic sizes that differ from the module's default: `seq_len=4096,batch=4`">];
  let dependentDialects = ["::dagrt::DagrtDialect"];
}

#endif // DAGRT_COST_PASSES_TD

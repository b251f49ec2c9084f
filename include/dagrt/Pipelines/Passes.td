//===- Passes.td - Passes that compare plans -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_PIPELINES_PASSES_TD
#define DAGRT_PIPELINES_PASSES_TD

include "dagrt/Cost/Options.td"
include "dagrt/Report/Options.td"
include "dagrt/Schedule/Options.td"

def ComparePlansPass : Pass<"dagrt-compare-plans", "::mlir::ModuleOp"> {
  let summary = "Find the fastest of several plans, and the sizes at which it changes";
  let description = [{
    **Does**: partitions copies of the model by several plans, and reports how long each takes, whether
    it fits into the memory of its devices, and which is the fastest. A plan is a name and a pipeline of passes.
    With `sweep`, it does so at each point of a sweep over one symbolic size; between neighbouring points with
    different winners it finds the size after which the winner changes. Where costs have error bars, it says
    which plans are not distinguishable from the fastest (`docs/plans.md`).

    **Requires**: a module in logical form, or what else the plans' pipelines take. For `sweep`, a symbolic size.

    **Ensures**: the IR is unchanged. The report goes to standard error, or to the file `report`. Remarks
    `FastestPlan` and `FastestPlanThatFits` of the category `compare-plans` name the winners.

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
    DocumentFormatOption<>,
    OverlapOption<>, ResourcesOption<>, KvCacheOption<>,
    Option<"cluster", "cluster", "std::string", "\"\"",
           "Cluster to take costs from: a name or a file (default: dgx-h100, or what costs in the "
           "program were computed for)">,
    CostModelOption<"Cost model">,
    Option<"table", "table", "std::string", "\"\"",
           "File of measurements for cost models that read one (default: none)">,
  ];
  let dependentDialects = ["::dagrt::DagrtDialect"];
}

def PartitionFaPoolPass : Pass<"partition-fa-pool", "::mlir::ModuleOp"> {
  let summary = "Partition a model over a base mesh and a pool that runs attention";
  let description = [{
    **Does**: fills in the built-in strategy `fa-pool`: a base mesh of `tp` devices keeps the residual
    stream, the norms and the tensor-parallel FFN; a pool runs attention, each of its devices on its block of
    the sequence. With `cut=block` the pool runs the projections, too, and receives normed activations; with
    `cut=core` it runs the attention core only, and receives queries, keys and values. Keys and values are all-gathered
    inside the pool, because every block of queries needs all keys. `blocks=zigzag` balances causal
    attention over the blocks by one permutation of the tokens at the model's input, undone at its output;
    `auto` takes it where a causal fused kernel makes it matter. With `microbatches=N` the batch runs in
    N parts, and the pool works on one while the base works on another.

    Of a step with a cache, the devices of the pool share the cached keys (`pool-split=keys`; contexts are
    merged into heads) or the requests (`batch`); `auto` takes requests if the pool divides their number, else
    keys. A sequence of one token is not sharded: `layout=sequence-parallel` is `megatron` then, which a remark says.

    With `pool=0` there is no pool: the program is that of `--partition-tp-pp` with one stage. `pool=auto` tries
    every size from 0 to `pool-limit` and takes the one with the shortest critical path (at the default sizes, if
    they are symbolic) on `cluster`; among equals, the smallest. A plan that does not fit into the devices'
    memory is taken only if none fits. A remark of the category `partition` lists them all.

    **Requires**: as `--partition-tp-pp`; the rule for heads holds for `cut=core` and `pool=0` only.
    `layout=hidden` goes with `cut=block`.

    **Ensures**: as `--partition`.

    Example: an attention output on the pool is resharded on its way to the base.

    ```mlir
    func.func @f(%x: tensor<1x4x8xf32>, %c: tensor<1x4x1x1x8xf32>) -> tensor<1x4x8xf32> {
      %w = dagrt.parameter "o_proj" : tensor<1x1x8x8xf32>
      %y = dagrt.matmul %c, %w contract 3 {dagrt.role = #dagrt.role<attention.output, layer 0>}
        : tensor<1x4x1x1x8xf32>, tensor<1x1x8x8xf32> -> tensor<1x4x8xf32>
      %z = dagrt.add %x, %y {dagrt.role = #dagrt.role<residual.attention, layer 0>}
        : tensor<1x4x8xf32>, tensor<1x4x8xf32> -> tensor<1x4x8xf32>
      return %z : tensor<1x4x8xf32>
    }
    ```

    becomes, with `tp=2 pool=1`,

    ```mlir
    dagrt.mesh @base <"tp" = 2> devices [0, 1]
    dagrt.mesh @pool <"sp" = 1> devices [2]
    func.func @f(%x: tensor<1x2x8xf32, #dagrt.dist<@base, [_, "tp", _], of [1, 4, 8]>>,
                 %c: tensor<1x4x1x1x8xf32, #dagrt.dist<@pool, [_, _, _, _, _], of [1, 4, 1, 1, 8]>>)
        -> tensor<1x2x8xf32, #dagrt.dist<@base, [_, "tp", _], of [1, 4, 8]>>
        attributes {dagrt.logical = #dagrt.logical<flops = 5.440000e+02, parameters = 64>} {
      %w = dagrt.parameter "o_proj"
        : tensor<1x1x8x8xf32, #dagrt.dist<@pool, [_, _, _, _], of [1, 1, 8, 8]>>
      %y = dagrt.matmul %c, %w contract 3 {dagrt.role = #dagrt.role<attention.output, layer 0>}
        : tensor<1x4x1x1x8xf32, #dagrt.dist<@pool, [_, _, _, _, _], of [1, 4, 1, 1, 8]>>,
          tensor<1x1x8x8xf32, #dagrt.dist<@pool, [_, _, _, _], of [1, 1, 8, 8]>>
        -> tensor<1x4x8xf32, #dagrt.dist<@pool, [_, _, _], of [1, 4, 8]>>
      %m = dagrt.send %y {dagrt.role = #dagrt.role<attention.output, layer 0>}
        : tensor<1x4x8xf32, #dagrt.dist<@pool, [_, _, _], of [1, 4, 8]>>
        -> !dagrt.message<tensor<1x2x8xf32, #dagrt.dist<@base, [_, "tp", _], of [1, 4, 8]>>>
      %r = dagrt.recv %m {dagrt.role = #dagrt.role<attention.output, layer 0>}
        : !dagrt.message<tensor<1x2x8xf32, #dagrt.dist<@base, [_, "tp", _], of [1, 4, 8]>>>
      %z = dagrt.add %x, %r {dagrt.role = #dagrt.role<residual.attention, layer 0>}
        : tensor<1x2x8xf32, #dagrt.dist<@base, [_, "tp", _], of [1, 4, 8]>>,
          tensor<1x2x8xf32, #dagrt.dist<@base, [_, "tp", _], of [1, 4, 8]>>
        -> tensor<1x2x8xf32, #dagrt.dist<@base, [_, "tp", _], of [1, 4, 8]>>
      return %z : tensor<1x2x8xf32, #dagrt.dist<@base, [_, "tp", _], of [1, 4, 8]>>
    }
    ```

    **Cost**: linear in the number of ops.
  }];
  let options = [
    Option<"tp", "tp", "int64_t", /*default=*/"8", "devices of the base mesh (default: 8)">,
    Option<"pool", "pool", "std::string", /*default=*/"\"5\"",
           "devices of the pool; 0 for none, auto for as many as give the shortest critical "
           "path (default: 5)">,
    Option<"poolLimit", "pool-limit", "int64_t", /*default=*/"8",
           "the largest pool that auto tries (default: 8)">,
    Option<"cluster", "cluster", "std::string", /*default=*/"\"\"",
           "cluster that auto takes times from: a name or a file (default: dgx-h100, or what costs in "
           "the program were computed for)">,
    CostModelOption<"cost model of pool=auto">,
    Option<"table", "table", "std::string", /*default=*/"\"\"",
           "file of measurements for cost models that read one (default: none)">,
    Option<"layout", "layout", "::dagrt::ActivationLayout", "::dagrt::ActivationLayout::SequenceParallel",
           "how activations are sharded on the base: megatron, sequence-parallel or hidden (with "
           "cut=block) (default: sequence-parallel)",
           [{::llvm::cl::values(
               clEnumValN(::dagrt::ActivationLayout::Megatron, "megatron",
                          "Replicated: two all-reduces a layer"),
               clEnumValN(::dagrt::ActivationLayout::SequenceParallel, "sequence-parallel",
                          "Sharded along the sequence: all-gathers and reduce-scatters"),
               clEnumValN(::dagrt::ActivationLayout::Hidden, "hidden", "Sharded along hidden"))}]>,
    Option<"cut", "cut", "::dagrt::PoolCut", "::dagrt::PoolCut::Block",
           "what moves to the pool: block (with projections) or core (default: block)",
           [{::llvm::cl::values(
               clEnumValN(::dagrt::PoolCut::Block, "block", "Attention and its projections"),
               clEnumValN(::dagrt::PoolCut::Core, "core", "The attention core alone"))}]>,
    Option<"blocks", "blocks", "::dagrt::BlockOrder", "::dagrt::BlockOrder::Auto",
           "order of the tokens over the pool: auto, contiguous or zigzag (default: auto)",
           [{::llvm::cl::values(
               clEnumValN(::dagrt::BlockOrder::Auto, "auto",
                          "zigzag with a causal fused kernel, else contiguous"),
               clEnumValN(::dagrt::BlockOrder::Contiguous, "contiguous",
                          "Each device has a run of tokens"),
               clEnumValN(::dagrt::BlockOrder::Zigzag, "zigzag",
                          "Each device has an early and a late run, equal work if causal"))}]>,
    Option<"microbatches", "microbatches", "int64_t", /*default=*/"1",
           "parts that the batch is split into, at most one for each of its elements (default: 1)">,
    Option<"order", "order", "::dagrt::PoolOrder", "::dagrt::PoolOrder::BreadthFirst",
           "order of the micro-batches: breadth-first, depth-first or ping-pong (default: "
           "breadth-first)",
           [{::llvm::cl::values(
               clEnumValN(::dagrt::PoolOrder::BreadthFirst, "breadth-first",
                          "Run by run of layers, in each all micro-batches"),
               clEnumValN(::dagrt::PoolOrder::DepthFirst, "depth-first",
                          "Micro-batch by micro-batch"),
               clEnumValN(::dagrt::PoolOrder::PingPong, "ping-pong",
                          "As breadth-first: the base works on one, the pool on the next"))}]>,
    Option<"poolSplit", "pool-split", "::dagrt::PoolSplit", "::dagrt::PoolSplit::Auto",
           "what the devices of the pool share: auto, queries, keys or batch (default: auto)",
           [{::llvm::cl::values(
               clEnumValN(::dagrt::PoolSplit::Auto, "auto",
                          "queries without a cache; with one, batch if the pool divides it, else keys"),
               clEnumValN(::dagrt::PoolSplit::Queries, "queries", "The sequence"),
               clEnumValN(::dagrt::PoolSplit::Keys, "keys", "The cached keys"),
               clEnumValN(::dagrt::PoolSplit::Batch, "batch", "The requests"))}]>,
    Option<"stripe", "stripe", "int64_t", /*default=*/"1",
           "with pool-split=keys: cached tokens that a device gets at a time (default: 1)">
  ];
  let dependentDialects = ["::dagrt::DagrtDialect"];
}

#endif // DAGRT_PIPELINES_PASSES_TD

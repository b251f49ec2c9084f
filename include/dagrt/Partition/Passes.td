//===- Passes.td - Passes of the Partition folder -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_PARTITION_PASSES_TD
#define DAGRT_PARTITION_PASSES_TD

include "mlir/Pass/PassBase.td"

def PartitionPass : Pass<"dagrt-partition", "::mlir::ModuleOp"> {
  let summary = "Partition a model over devices as a strategy says";
  let description = [{
    **Does**: rewrites every function from logical into placed form. The strategy is data: a YAML file
    that names meshes, and for roles of ops the mesh they run on and how chosen dims are sharded; other
    shardings follow by propagation op by op (`docs/strategies.md` has the format and the rules).

    **Requires**: functions of one block, in logical form, with sizes that are numbers or named in
    `#dagrt.sizes`, each name with a default in `dagrt.sizes`; ops that implement
    `ShardingRuleOpInterface`.

    **Ensures**: a placed function that computes the same, with `dagrt.logical` totals for
    `--verify-placement`; remarks of the category `partition` for what is replicated or padded.

    Example: with a strategy of one mesh of two devices that shards the contracted dim of the
    role `ffn.down`,

    ```yaml
    name: row-parallel
    meshes:
      - {name: base, axes: [ {name: tp, size: 2} ]}
    entries:
      - {role: "", mesh: base}
      - {role: ffn.down, cut: [ {axis: tp, over: [k0]} ]}
    ```

    ```mlir
    func.func @f(%h: tensor<1x4x8xf32>) -> tensor<1x4x6xf32> {
      %w = dagrt.parameter "down" : tensor<8x6xf32>
      %y = dagrt.matmul %h, %w {dagrt.role = #dagrt.role<ffn.down, layer 0>}
        : tensor<1x4x8xf32>, tensor<8x6xf32> -> tensor<1x4x6xf32>
      return %y : tensor<1x4x6xf32>
    }
    ```

    becomes

    ```mlir
    dagrt.mesh @base <"tp" = 2> devices [0, 1]
    func.func @f(%h: tensor<1x4x4xf32, #dagrt.dist<@base, [_, _, "tp"], of [1, 4, 8]>>)
        -> tensor<1x4x6xf32, #dagrt.dist<@base, [_, _, _], of [1, 4, 6]>>
        attributes {dagrt.logical = #dagrt.logical<flops = 3.840000e+02, parameters = 48>} {
      %w = dagrt.parameter "down" : tensor<4x6xf32, #dagrt.dist<@base, ["tp", _], of [8, 6]>>
      %y = dagrt.matmul %h, %w {dagrt.role = #dagrt.role<ffn.down, layer 0>}
        : tensor<1x4x4xf32, #dagrt.dist<@base, [_, _, "tp"], of [1, 4, 8]>>,
          tensor<4x6xf32, #dagrt.dist<@base, ["tp", _], of [8, 6]>>
        -> tensor<1x4x6xf32, #dagrt.dist<@base, [_, _, _], of [1, 4, 6], partial ["tp"]>>
      %z = dagrt.all_reduce %y axes ["tp"] {dagrt.role = #dagrt.role<ffn.down, layer 0>}
        : tensor<1x4x6xf32, #dagrt.dist<@base, [_, _, _], of [1, 4, 6], partial ["tp"]>>
        -> tensor<1x4x6xf32, #dagrt.dist<@base, [_, _, _], of [1, 4, 6]>>
      return %z : tensor<1x4x6xf32, #dagrt.dist<@base, [_, _, _], of [1, 4, 6]>>
    }
    ```

    **Cost**: linear in the number of ops.
  }];
  let options = [
    Option<"strategy", "strategy", "std::string", /*default=*/"\"\"",
           "strategy file, or the name of a built-in one (tp-pp, fa-pool) (default: none; must "
           "be given)">,
    ListOption<"assignments", "options", "std::string",
               "values of the strategy's options, as name=value; the file's defaults otherwise">
  ];
  let dependentDialects = ["::dagrt::DagrtDialect"];
}

def PartitionTpPpPass : Pass<"partition-tp-pp", "::mlir::ModuleOp"> {
  let summary = "Partition a model over stages of tensor-parallel devices";
  let description = [{
    **Does**: fills in the built-in strategy `tp-pp`: `pp` stages of consecutive layers, each stage a mesh of
    `tp` devices, with column- and row-parallel projections (Megatron-LM). Layers that do not
    divide go to the first stages. Between the pairs, activations are replicated (`layout=megatron`: two
    all-reduces a layer), sharded along the sequence (`sequence-parallel`: all-gathers and
    reduce-scatters), or sharded along hidden (`hidden`: projections contract what each device has, attention
    is computed by every device, and norms all-reduce their moments). With
    `microbatches=N` the batch runs in N parts, in an order that lets stages work at the same time; `virtual=V` gives
    each stage V chunks of layers.

    Of a step with a cache, `kvp=k` shards the keys over `k` of a stage's `tp` devices (context parallelism of decode; Helix): each
    device attends with `tp/k` shards of the heads to its share of the slots, and contexts are merged into heads over
    all `tp` devices. Queries, keys and values are projected by all and gathered (`qkv=gather`), or by every
    shard of the keys (`replicated`). Slots are dealt to the shards `stripe` tokens at a time, and rounded up to full rounds; caches of
    windows are sharded over heads alone. `dp=D` gives a stage `D` attention ranks of `tp` devices, each with its
    own requests; the FFN is sharded over all of them (`ffn=tp`) or inside a rank (`dp`).

    **Requires**: as `--partition`; roles on the ops, as the importers set them. `tp` is at most the
    number of query heads; fewer key/value heads than `tp` must divide it.

    **Ensures**: as `--partition`.

    Example: a residual sum of a replicated and a pending value becomes an all-reduce and a sum.

    ```mlir
    func.func @f(%x: tensor<1x4x6xf32>, %h: tensor<1x4x8xf32>) -> tensor<1x4x6xf32> {
      %w = dagrt.parameter "down" : tensor<8x6xf32>
      %y = dagrt.matmul %h, %w {dagrt.role = #dagrt.role<ffn.down, layer 0>}
        : tensor<1x4x8xf32>, tensor<8x6xf32> -> tensor<1x4x6xf32>
      %z = dagrt.add %x, %y {dagrt.role = #dagrt.role<residual.ffn, layer 0>}
        : tensor<1x4x6xf32>, tensor<1x4x6xf32> -> tensor<1x4x6xf32>
      return %z : tensor<1x4x6xf32>
    }
    ```

    becomes, with `tp=2 pp=1`,

    ```mlir
    dagrt.mesh @stage0 <"tp" = 2> devices [0, 1]
    func.func @f(%x: tensor<1x4x6xf32, #dagrt.dist<@stage0, [_, _, _], of [1, 4, 6]>>,
                 %h: tensor<1x4x4xf32, #dagrt.dist<@stage0, [_, _, "tp"], of [1, 4, 8]>>)
        -> tensor<1x4x6xf32, #dagrt.dist<@stage0, [_, _, _], of [1, 4, 6]>>
        attributes {dagrt.logical = #dagrt.logical<flops = 4.080000e+02, parameters = 48>} {
      %w = dagrt.parameter "down" : tensor<4x6xf32, #dagrt.dist<@stage0, ["tp", _], of [8, 6]>>
      %y = dagrt.matmul %h, %w {dagrt.role = #dagrt.role<ffn.down, layer 0>}
        : tensor<1x4x4xf32, #dagrt.dist<@stage0, [_, _, "tp"], of [1, 4, 8]>>,
          tensor<4x6xf32, #dagrt.dist<@stage0, ["tp", _], of [8, 6]>>
        -> tensor<1x4x6xf32, #dagrt.dist<@stage0, [_, _, _], of [1, 4, 6], partial ["tp"]>>
      %s = dagrt.all_reduce %y axes ["tp"] {dagrt.role = #dagrt.role<ffn.down, layer 0>}
        : tensor<1x4x6xf32, #dagrt.dist<@stage0, [_, _, _], of [1, 4, 6], partial ["tp"]>>
        -> tensor<1x4x6xf32, #dagrt.dist<@stage0, [_, _, _], of [1, 4, 6]>>
      %z = dagrt.add %x, %s {dagrt.role = #dagrt.role<residual.ffn, layer 0>}
        : tensor<1x4x6xf32, #dagrt.dist<@stage0, [_, _, _], of [1, 4, 6]>>,
          tensor<1x4x6xf32, #dagrt.dist<@stage0, [_, _, _], of [1, 4, 6]>>
        -> tensor<1x4x6xf32, #dagrt.dist<@stage0, [_, _, _], of [1, 4, 6]>>
      return %z : tensor<1x4x6xf32, #dagrt.dist<@stage0, [_, _, _], of [1, 4, 6]>>
    }
    ```

    **Cost**: linear in the number of ops.
  }];
  let options = [
    Option<"tp", "tp", "int64_t", /*default=*/"8", "devices of a stage (default: 8)">,
    Option<"pp", "pp", "int64_t", /*default=*/"2",
           "stages, at most one for each layer (default: 2)">,
    Option<"layout", "layout", "::dagrt::ActivationLayout", "::dagrt::ActivationLayout::Megatron",
           "how activations are sharded between the pairs: megatron, sequence-parallel or hidden "
           "(default: megatron)",
           [{::llvm::cl::values(
               clEnumValN(::dagrt::ActivationLayout::Megatron, "megatron",
                          "Replicated: two all-reduces a layer"),
               clEnumValN(::dagrt::ActivationLayout::SequenceParallel, "sequence-parallel",
                          "Sharded along the sequence: all-gathers and reduce-scatters"),
               clEnumValN(::dagrt::ActivationLayout::Hidden, "hidden", "Sharded along hidden"))}]>,
    Option<"microbatches", "microbatches", "int64_t", /*default=*/"1",
           "parts that the batch is split into, at most one for each of its elements (default: 1)">,
    Option<"order", "order", "::dagrt::StageOrder", "::dagrt::StageOrder::BreadthFirst",
           "order of the micro-batches: breadth-first, depth-first or interleaved (default: "
           "breadth-first)",
           [{::llvm::cl::values(
               clEnumValN(::dagrt::StageOrder::BreadthFirst, "breadth-first",
                          "Run by run of layers, in each all micro-batches"),
               clEnumValN(::dagrt::StageOrder::DepthFirst, "depth-first",
                          "Micro-batch by micro-batch"),
               clEnumValN(::dagrt::StageOrder::Interleaved, "interleaved",
                          "Groups of as many micro-batches as stages, in each run by run"))}]>,
    Option<"virtualStages", "virtual", "int64_t", /*default=*/"1",
           "runs of layers that each stage has; the runs go round the stages (default: 1)">,
    Option<"kvp", "kvp", "int64_t", /*default=*/"1",
           "shards of the cached keys, which divide 'tp' (default: 1)">,
    Option<"qkv", "qkv", "::dagrt::SharedProjections", "::dagrt::SharedProjections::Gather",
           "who projects queries, keys and values of sharded keys: gather or replicated (default: "
           "gather)",
           [{::llvm::cl::values(
               clEnumValN(::dagrt::SharedProjections::Gather, "gather",
                          "All devices of a stage, which gather them"),
               clEnumValN(::dagrt::SharedProjections::Replicated, "replicated",
                          "Every shard of the keys, with weights of its own"))}]>,
    Option<"stripe", "stripe", "int64_t", /*default=*/"1",
           "cached tokens that a shard of the keys gets at a time (default: 1)">,
    Option<"dp", "dp", "int64_t", /*default=*/"1",
           "attention ranks of a stage, each of 'tp' devices with its own requests (default: 1)">,
    Option<"ffn", "ffn", "::dagrt::FFNSharding", "::dagrt::FFNSharding::TP",
           "devices that share an FFN: tp or dp (default: tp)",
           [{::llvm::cl::values(
               clEnumValN(::dagrt::FFNSharding::TP, "tp", "All of a stage"),
               clEnumValN(::dagrt::FFNSharding::DP, "dp", "Those of an attention rank"))}]>
  ];
  let dependentDialects = ["::dagrt::DagrtDialect"];
}

def VerifyPlacementPass : Pass<"dagrt-verify-placement", "::mlir::ModuleOp"> {
  let summary = "Check that a placed program conserves its model";
  let description = [{
    **Does**: checks properties that the verifier of a single op cannot check. FLOPs, each op counted once over its replicas and its
    equals, are those of the model the function came from (`dagrt.logical`); each
    element of a stored weight is in exactly one of the shards that are read; each message delivers
    to every receiver exactly the elements of its shard, and bytes sent equal bytes received; ops of other dialects
    obey their sharding rules.

    **Requires**: nothing; functions in logical form are skipped.

    **Ensures**: the IR is unchanged. Remarks of the category `partition` list what is replicated and padded.

    Example:

    ```mlir
    dagrt.mesh @base <"tp" = 2> devices [0, 1]
    func.func @f(%x: tensor<2xf32, #dagrt.dist<@base, ["tp"], of [4]>>)
        -> tensor<2xf32, #dagrt.dist<@base, ["tp"], of [4]>>
        attributes {dagrt.logical = #dagrt.logical<flops = 4.000000e+00, parameters = 0>} {
      %y = dagrt.relu %x : tensor<2xf32, #dagrt.dist<@base, ["tp"], of [4]>>
      return %y : tensor<2xf32, #dagrt.dist<@base, ["tp"], of [4]>>
    }
    ```

    stays as it is:

    ```mlir
    dagrt.mesh @base <"tp" = 2> devices [0, 1]
    func.func @f(%x: tensor<2xf32, #dagrt.dist<@base, ["tp"], of [4]>>)
        -> tensor<2xf32, #dagrt.dist<@base, ["tp"], of [4]>>
        attributes {dagrt.logical = #dagrt.logical<flops = 4.000000e+00, parameters = 0>} {
      %y = dagrt.relu %x : tensor<2xf32, #dagrt.dist<@base, ["tp"], of [4]>>
      return %y : tensor<2xf32, #dagrt.dist<@base, ["tp"], of [4]>>
    }
    ```

    **Cost**: linear in the number of ops; quadratic in the number of devices for each distinct
    kind of message.
  }];
}

def DecomposeCollectiveMatmulPass : Pass<"dagrt-decompose-collective-matmul", "::mlir::ModuleOp"> {
  let summary = "Overlap communication with the matmuls beside it";
  let description = [{
    **Does**: computes matmuls in steps (`dagrt.matmul_step`) that overlap with communication, as XLA's windowed einsum
    does (Wang et al., 2023). An `all_gather` whose readers are matmuls becomes a ring: each step multiplies the block that
    a device has while the next one is shifted to it, and one ring serves all the matmuls. A matmul and the
    `reduce_scatter` of its result become a ring in which two sums shift in turn, each while the other accumulates. A
    message that is sent in shards of a contracted dim, and replicated at the destination, is received in pieces, one for
    each step of the matmuls that read it.

    **Requires**: placed form. An operation is decomposed if the gathered, scattered or sent dim is sharded
    over all of one axis (of a message, over any axes), and if only matmuls read it. A
    remark of the category `partition` says why others are not.

    **Ensures**: the program computes the same sums in another order; FLOPs and bytes are conserved. Given costs
    (`dagrt.cost`) of what is decomposed are dropped.

    Example:

    ```mlir
    dagrt.mesh @base <"tp" = 2> devices [0, 1]
    func.func @up(%x: tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>,
                  %w: tensor<8x3xf32, #dagrt.dist<@base, [_, "tp"], of [8, 6]>>)
        -> tensor<4x3xf32, #dagrt.dist<@base, [_, "tp"], of [4, 6]>> {
      %g = dagrt.all_gather %x dim 1 axes ["tp"]
        : tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>
        -> tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8]>>
      %y = dagrt.matmul %g, %w
        : tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8]>>,
          tensor<8x3xf32, #dagrt.dist<@base, [_, "tp"], of [8, 6]>>
        -> tensor<4x3xf32, #dagrt.dist<@base, [_, "tp"], of [4, 6]>>
      return %y : tensor<4x3xf32, #dagrt.dist<@base, [_, "tp"], of [4, 6]>>
    }
    ```

    becomes

    ```mlir
    dagrt.mesh @base <"tp" = 2> devices [0, 1]
    func.func @up(%x: tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>,
                  %w: tensor<8x3xf32, #dagrt.dist<@base, [_, "tp"], of [8, 6]>>)
        -> tensor<4x3xf32, #dagrt.dist<@base, [_, "tp"], of [4, 6]>> {
      %next = dagrt.shift %x dim 1 by 1
        : tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>
        -> tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"+1], of [4, 8]>>
      %sum = dagrt.matmul_step %x, %w step 0 of 2
        : tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>,
          tensor<8x3xf32, #dagrt.dist<@base, [_, "tp"], of [8, 6]>>
        -> tensor<4x3xf32, #dagrt.dist<@base, [_, "tp"], of [4, 6]>>
      %y = dagrt.matmul_step %next, %w into %sum step 1 of 2
        : tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"+1], of [4, 8]>>,
          tensor<8x3xf32, #dagrt.dist<@base, [_, "tp"], of [8, 6]>>,
          tensor<4x3xf32, #dagrt.dist<@base, [_, "tp"], of [4, 6]>>
        -> tensor<4x3xf32, #dagrt.dist<@base, [_, "tp"], of [4, 6]>>
      return %y : tensor<4x3xf32, #dagrt.dist<@base, [_, "tp"], of [4, 6]>>
    }
    ```

    **Cost**: linear in the number of ops and steps.
  }];
  let options = [
    ListOption<"kinds", "kinds", "::dagrt::DecomposedOp",
               "what to decompose: any of all-gather, reduce-scatter and recv (default: all of them)">
  ];
  let dependentDialects = ["::dagrt::DagrtDialect"];
}

#endif // DAGRT_PARTITION_PASSES_TD

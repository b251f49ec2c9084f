//===- Passes.td - Passes of the Partition folder -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_PARTITION_PASSES_TD
#define DAGRT_PARTITION_PASSES_TD

include "mlir/Pass/PassBase.td"

def PartitionPass : Pass<"partition", "::mlir::ModuleOp"> {
  let summary = "Lay a model over devices as a strategy says";
  let description = [{
    **Does**: rewrites every function from logical into placed form. The strategy is data: a YAML file
    that names meshes, and for roles of ops the mesh they run on and how chosen dims are cut; all
    else follows by propagating shardings op by op (`docs/strategies.md` has the format and the rules).

    **Requires**: functions of one block, in logical form, with sizes that are numbers or named in
    `#dagrt.sizes`, each name with a default in `dagrt.sizes`; ops that implement
    `ShardingRuleOpInterface`.

    **Ensures**: a placed function that computes the same, with `dagrt.logical` totals for
    `--verify-placement`; remarks of the category `partition` for what is replicated or padded.

    Example: with a strategy of one mesh of two devices that cuts the role `ffn.down` by what it
    contracts,

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
  let summary = "Lay a model over stages of tensor-parallel devices";
  let description = [{
    **Does**: fills in the built-in strategy `tp-pp`: `pp` stages of consecutive layers, each stage a mesh of
    `tp` devices, with column- and row-parallel projections (Megatron-LM). Layers that do not
    divide go to the first stages. Between the pairs, activations are replicated (`layout=megatron`: two
    all-reduces a layer), cut along the sequence (`sequence-parallel`: all-gathers and
    reduce-scatters), or cut along hidden (`hidden`: projections contract what each device has, attention
    is computed by every device, and norms all-reduce their moments). With
    `microbatches=N` the batch runs in N parts, in an order by which stages work at the same time; `virtual=V` gives
    each stage V runs of layers.

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
    Option<"layout", "layout", "std::string", /*default=*/"\"megatron\"",
           "how activations lie between the pairs: megatron, sequence-parallel or hidden "
           "(default: megatron)">,
    Option<"microbatches", "microbatches", "int64_t", /*default=*/"1",
           "parts that the batch is cut into, at most one for each of its elements (default: 1)">,
    Option<"order", "order", "std::string", /*default=*/"\"breadth-first\"",
           "order of the micro-batches: breadth-first, depth-first or interleaved (default: "
           "breadth-first)">,
    Option<"virtualStages", "virtual", "int64_t", /*default=*/"1",
           "runs of layers that each stage has; the runs go round the stages (default: 1)">
  ];
  let dependentDialects = ["::dagrt::DagrtDialect"];
}

def PartitionFaPoolPass : Pass<"partition-fa-pool", "::mlir::ModuleOp"> {
  let summary = "Lay a model over a base mesh and a pool that runs attention";
  let description = [{
    **Does**: fills in the built-in strategy `fa-pool`: a base mesh of `tp` devices keeps the residual
    stream, the norms and the tensor-parallel FFN; a pool runs attention, each of its devices on its block of
    the sequence. With `cut=block` the pool owns the projections, too, and normed activations travel; with
    `cut=core` queries, keys and values travel and only the attention core moves. Keys and values are gathered
    inside the pool, because every block of queries needs all keys. `blocks=zigzag` balances causal
    attention over the blocks by one permutation of the tokens at the model's input, undone at its output;
    `auto` takes it where a causal fused kernel makes it matter. With `microbatches=N` the batch runs in
    N parts, and the pool works on one while the base works on another.

    With `pool=0` there is no pool: the program is that of `--partition-tp-pp` with one stage. `pool=auto` tries
    every size from 0 to `pool-limit` and takes the one with the shortest critical path (at the default sizes, if
    they are symbolic) on `cluster`; among equals, the smallest. A plan that does not fit into the devices'
    memory is taken only if none fits. A remark of the category `partition` lists them all.

    **Requires**: as `--partition-tp-pp`; the rule for heads holds for `cut=core` and `pool=0` only.
    `layout=hidden` goes with `cut=block`.

    **Ensures**: as `--partition`.

    Example: an attention output on the pool is laid anew on its way to the base.

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
    Option<"model", "model", "std::string", /*default=*/"\"\"",
           "cost model of auto (default: calibrated, or what computed the costs in the program)">,
    Option<"table", "table", "std::string", /*default=*/"\"\"",
           "file of measurements for cost models that read one (default: none)">,
    Option<"layout", "layout", "std::string", /*default=*/"\"sequence-parallel\"",
           "how activations lie on the base: megatron, sequence-parallel or hidden (with "
           "cut=block) (default: sequence-parallel)">,
    Option<"cut", "cut", "std::string", /*default=*/"\"block\"",
           "what moves to the pool: block (with projections) or core (default: block)">,
    Option<"blocks", "blocks", "std::string", /*default=*/"\"auto\"",
           "order of the tokens over the pool: contiguous, zigzag, or auto (zigzag with a "
           "causal fused kernel) (default: auto)">,
    Option<"microbatches", "microbatches", "int64_t", /*default=*/"1",
           "parts that the batch is cut into, at most one for each of its elements (default: 1)">,
    Option<"order", "order", "std::string", /*default=*/"\"breadth-first\"",
           "order of the micro-batches: breadth-first, depth-first or ping-pong (default: "
           "breadth-first)">
  ];
  let dependentDialects = ["::dagrt::DagrtDialect"];
}

def VerifyPlacementPass : Pass<"verify-placement", "::mlir::ModuleOp"> {
  let summary = "Check that a placed program conserves its model";
  let description = [{
    **Does**: checks what no single op's verifier can see. FLOPs, each op counted once over its replicas and its equals, are those of
    the model the function came from (`dagrt.logical`), and what devices compute alike is remarked; each
    element of a stored weight lies in exactly one of the parts that it is read in; each message delivers
    to every receiver exactly the elements that it holds afterwards, bytes sent equal bytes received; ops of other dialects obey their sharding rules.

    **Requires**: nothing; functions in logical form are left alone.

    **Ensures**: the IR is unchanged.

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

def DecomposeCollectiveMatmulPass : Pass<"decompose-collective-matmul", "::mlir::ModuleOp"> {
  let summary = "Hide communication behind the products beside it";
  let description = [{
    **Does**: computes products in steps (`dagrt.matmul_step`) that overlap with communication, as XLA's windowed einsum
    does (Wang et al., 2023). An `all_gather` whose readers are products becomes a ring: each step multiplies the block that a device
    has while the next one is shifted to it, and one ring feeds all the products. A product and the
    `reduce_scatter` of its sum become a ring in which two sums travel in turn, each while the other grows. A
    message that was sent in shards of a contracted dim, and arrives whole, is received in pieces, one for
    each step of the products that read it.

    **Requires**: placed form, for what is to be decomposed: what is gathered, scattered or sent is cut along that dim
    over one whole axis (of a message, over any axes), and nothing but products reads it. All else stays as it is; a
    remark of the category `partition` says why.

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
    ListOption<"kinds", "kinds", "std::string",
               "what to decompose: all-gather, reduce-scatter, recv; all of them if not given">
  ];
  let dependentDialects = ["::dagrt::DagrtDialect"];
}

#endif // DAGRT_PARTITION_PASSES_TD

//===- Structure.td - Meshes, parameters, positions -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What stands around the computation: meshes of devices, the model's weights,
// and the numbers of the tokens.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_OPS_STRUCTURE_TD
#define DAGRT_IR_OPS_STRUCTURE_TD

def Dagrt_MeshOp : Dagrt_Op<"mesh", [Symbol]> {
  let summary = "Devices, arranged along named axes";
  let description = [{
    Declares a mesh: named axes with sizes, and the physical ids of its devices
    in row-major order of the axes. Meshes may share devices; their ops then
    compete for them.

    **Constraints**
    1. `mesh-c1`: axis names are distinct and not empty, and sizes are at least 1.
    2. `mesh-c2`: there are as many devices as the product of the sizes.
    3. `mesh-c3`: device ids are distinct, not negative and below 2^31.

    Example:
    ```mlir
    dagrt.mesh @base <"tp" = 8> devices [0, 1, 2, 3, 4, 5, 6, 7]
    dagrt.mesh @grid <"dp" = 2, "tp" = 2> devices [8, 9, 10, 11]
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrArrayAttr:$axis_names,
                       DenseI64ArrayAttr:$axis_sizes, DenseI64ArrayAttr:$devices);
  let assemblyFormat = [{
    $sym_name custom<MeshAxes>($axis_names, $axis_sizes) `devices` $devices attr-dict
  }];
  let extraClassDeclaration = [{
    /// Size of the axis `name`, or 0 if the mesh has no such axis.
    int64_t getAxisSize(::llvm::StringRef name);
    int64_t getNumDevices() { return getDevices().size(); }
    /// True if the axes and devices make a mesh. Ops that name a mesh may be verified before it
    /// is, so nothing may be computed from one that does not hold this.
    bool hasShape();
    /// Types name meshes, which counting the uses of a symbol does not see.
    bool canDiscardOnUseEmpty() { return false; }
  }];
}

/// An op without operands that makes a value wherever it is asked for.
class Dagrt_SourceOp<string mnemonic>
    : Dagrt_Op<mnemonic, [Pure, Dagrt_VerifiedByRule,
        DeclareOpInterfaceMethods<ShardingRuleOpInterface>,
        DeclareOpInterfaceMethods<WorkOpInterface>]>;

def Dagrt_ParameterOp : Dagrt_SourceOp<"parameter"> {
  let summary = "A weight of the model, by its name";
  let description = [{
    The weight that checkpoints call `name`, or the part of it that `view`
    selects. In placed form each device holds its shard. A parameter used on two
    meshes is two ops of one name: one parameter, and memory on each mesh.
    `fan_in` is how many terms are summed into one output of the op that uses
    it; random weights are scaled by its inverse square root.

    **Constraints**
    1. `parameter-c1`: the name is not empty and `fan_in` is at least 1.
    2. `parameter-c2`: a view has a stride for each dim, and every element of the
       parameter lies inside the stored weight.
    3. `parameter-c3`: a parameter is never partial.

    Example:
    ```mlir
    %scale = dagrt.parameter "model.norm.weight" : tensor<64xbf16>
    %w = dagrt.parameter "lm_head.weight" view <[100, 64] offset 0 strides [1, 64]> fan_in 64
      : tensor<64x100xbf16>
    ```
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<Dagrt_ViewAttr>:$view,
                       DefaultValuedAttr<I64Attr, "1">:$fan_in);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = [{
    $name (`view` $view^)? (`fan_in` $fan_in^)? attr-dict `:` type($result)
  }];
}

def Dagrt_PositionsOp : Dagrt_SourceOp<"positions"> {
  let summary = "The numbers of the tokens";
  let description = [{
    `first, first + 1, ...`: where each token stands in its sequence. With an
    `order`, element `i` is the number of the token that stands at `i` in that
    order. Causal masks and rotary embeddings read positions as data, so no
    other op needs to know which block of the sequence a device holds. In placed
    form each device holds its shard, and a padding element holds a position at
    or past the end.

    **Constraints**
    1. `positions-c1`: the result has one dim and is not partial; `first` is not negative.

    Example:
    ```mlir
    %p = dagrt.positions : tensor<8192xi32>
    %z = dagrt.positions order zigzag<5> : tensor<8192xi32>
    ```
  }];
  let arguments = (ins DefaultValuedAttr<I64Attr, "0">:$first,
                       OptionalAttr<Dagrt_TokenOrderAttr>:$order);
  let results = (outs Dagrt_IndexTensor:$result);
  let assemblyFormat = [{
    (`first` $first^)? (`order` custom<TokenOrder>($order)^)? attr-dict `:` type($result)
  }];
}

def Dagrt_AlibiSlopesOp : Dagrt_SourceOp<"alibi_slopes"> {
  let summary = "The slopes of all heads in ALiBi";
  let description = [{
    How much of its score each head loses for each token between query and key (Press et al.,
    2022), times `scale`. Heads are counted in row-major order. Of `n` heads, with `p` the largest
    power of two that is not above `n`, the first `p` have the slopes `2^(-m i / p)` for `i` from 1,
    with `m` the `bias_max`; those that remain have `2^(-m i / 2p)` for `i = 1, 3, 5, ...`. In placed form
    each device holds its shard; a padding element holds 0.

    **Constraints**
    1. `alibi_slopes-c1`: the result has two static dims, which are heads, and is not partial.
    2. `alibi_slopes-c2`: `bias_max` is finite and positive, and `scale` is finite.

    Example:
    ```mlir
    %s = dagrt.alibi_slopes : tensor<8x4xf32>
    %t = dagrt.alibi_slopes scale 1.250000e-01 : tensor<1x71xf32>
    ```
  }];
  let arguments = (ins DefaultValuedAttr<F64Attr, "8.0">:$bias_max,
                       DefaultValuedAttr<F64Attr, "1.0">:$scale);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = [{
    (`bias_max` custom<PlainF64>($bias_max)^)? (`scale` custom<PlainF64>($scale)^)? attr-dict
    `:` type($result)
  }];
  let extraClassDeclaration = [{
    /// The slope of each head, by its number.
    ::llvm::SmallVector<double> getSlopes();
  }];
}

def Dagrt_AxisIndexOp : Dagrt_Op<"axis_index", [Pure,
    DeclareOpInterfaceMethods<WorkOpInterface>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Each device's index along axes of its mesh";
  let description = [{
    A placed tensor of one element a device: the numbers `0, 1, ..., n - 1`, sharded over
    the given axes, so that each device holds its own index. With
    `dagrt.all_slice` the only op that depends on the device.

    **Constraints**
    1. `axis_index-c1`: the result is `[n]` sharded over axes of `n` shards in all.

    Example:
    ```mlir
    dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]
    func.func @index() -> tensor<1xi32, #dagrt.dist<@base, ["tp"], of [4]>> {
      %i = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@base, ["tp"], of [4]>>
      return %i : tensor<1xi32, #dagrt.dist<@base, ["tp"], of [4]>>
    }
    ```
  }];
  let results = (outs Dagrt_IndexTensor:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
  // Of i32, sharded over `axes` of the mesh.
  let builders = [OpBuilder<(ins "::dagrt::MeshOp":$mesh, "::dagrt::AxesAttr":$axes)>];
}

#endif // DAGRT_IR_OPS_STRUCTURE_TD

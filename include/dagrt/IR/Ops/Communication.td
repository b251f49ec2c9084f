//===- Communication.td - Collectives and messages -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All communication of a placed program is one of these ops. Collectives work inside a
// mesh over named axes; send and recv move a value between two meshes and reshard it
// on the way.
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_IR_OPS_COMMUNICATION_TD
#define DAGRT_IR_OPS_COMMUNICATION_TD

// What a communication op moves. The time of a kind is said in `lib/Cost/Kernels/Collectives.cpp`.
def Dagrt_CommunicationKind : I32EnumAttr<"CommunicationKind", "what communication moves", [
    I32EnumAttrCase<"AllReduce", 0, "all_reduce">, I32EnumAttrCase<"AllGather", 1, "all_gather">,
    I32EnumAttrCase<"ReduceScatter", 2, "reduce_scatter">,
    I32EnumAttrCase<"AllToAll", 3, "all_to_all">, I32EnumAttrCase<"Shift", 4, "shift">,
    I32EnumAttrCase<"Transfer", 5, "send">]> {
  let cppNamespace = "::dagrt";
}

/// Builders take the mesh that the operand lies on, which the result's type follows from, or that
/// type itself.
class Dagrt_CollectiveOp<string mnemonic, list<Trait> traits, dag builderArguments>
    : Dagrt_Op<mnemonic, !listconcat([Pure, Dagrt_VerifiedByLayout,
        DeclareOpInterfaceMethods<CollectiveOpInterface>], traits)> {
  let builders = [
    OpBuilder<!con((ins "::dagrt::MeshOp":$mesh, "::mlir::Value":$operand), builderArguments)>
  ];
  let hasVerifier = 0;
}

/// One that moves data over links.
class Dagrt_CommunicationOp<string mnemonic, dag builderArguments>
    : Dagrt_CollectiveOp<mnemonic, [DeclareOpInterfaceMethods<CommunicationOpInterface>],
                         builderArguments>;

def Dagrt_AllReduceOp : Dagrt_CommunicationOp<"all_reduce",
    (ins "::dagrt::AxesAttr":$axes)> {
  let summary = "Sums a partial value; every device gets the sum";
  let description = [{
    **Constraints**
    1. `all_reduce-c1`: the operand is partial over `axes`, and the result no longer is.

    Example:
    ```mlir
    dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]
    func.func @f(%x: tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8], partial ["tp"]>>)
        -> tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8]>> {
      %y = dagrt.all_reduce %x axes ["tp"]
        : tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8], partial ["tp"]>>
        -> tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8]>>
      return %y : tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8]>>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$operand, Dagrt_AxesAttr:$axes);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = "$operand `axes` custom<AxesList>($axes) attr-dict `:` type($operand) `->` type($result)";
}

def Dagrt_AllGatherOp : Dagrt_CommunicationOp<"all_gather",
    (ins "int64_t":$dim, "::dagrt::AxesAttr":$axes)> {
  let summary = "Joins the shards of a dim and replicates it";
  let description = [{
    Padding is dropped: a dim that is no longer sharded has its real size.

    **Constraints**
    1. `all_gather-c1`: `axes` are the last axes that dim `dim` of the operand is sharded over.
    2. `all_gather-c2`: if the dim stays sharded over other axes, their shards are whole numbers of the parts over `axes`.

    Example:
    ```mlir
    dagrt.mesh @pool <"sp" = 3> devices [0, 1, 2]
    func.func @f(%x: tensor<3x8xf32, #dagrt.dist<@pool, ["sp", _], of [8, 8]>>)
        -> tensor<8x8xf32, #dagrt.dist<@pool, [_, _], of [8, 8]>> {
      %y = dagrt.all_gather %x dim 0 axes ["sp"]
        : tensor<3x8xf32, #dagrt.dist<@pool, ["sp", _], of [8, 8]>>
        -> tensor<8x8xf32, #dagrt.dist<@pool, [_, _], of [8, 8]>>
      return %y : tensor<8x8xf32, #dagrt.dist<@pool, [_, _], of [8, 8]>>
    }
    ```
  }];
  let arguments = (ins Dagrt_AnyTensor:$operand, I64Attr:$dim, Dagrt_AxesAttr:$axes);
  let results = (outs Dagrt_AnyTensor:$result);
  let assemblyFormat = "$operand `dim` $dim `axes` custom<AxesList>($axes) attr-dict `:` type($operand) `->` type($result)";
  let hasCanonicalizer = 1;
}

def Dagrt_ReduceScatterOp : Dagrt_CommunicationOp<"reduce_scatter",
    (ins "int64_t":$dim, "::dagrt::AxesAttr":$axes)> {
  let summary = "Sums a partial value; each device gets a shard of the sum";
  let description = [{
    **Constraints**
    1. `reduce_scatter-c1`: the operand is partial over `axes`; in the result they are the last axes of dim `dim`.
    2. `reduce_scatter-c2`: if the dim stays sharded over other axes, their shards are whole numbers of the parts over `axes`.

    Example:
    ```mlir
    dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]
    func.func @f(%x: tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8], partial ["tp"]>>)
        -> tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>> {
      %y = dagrt.reduce_scatter %x dim 0 axes ["tp"]
        : tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8], partial ["tp"]>>
        -> tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>
      return %y : tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>
    }
    ```
  }];
  let arguments = (ins Dagrt_FloatTensor:$operand, I64Attr:$dim, Dagrt_AxesAttr:$axes);
  let results = (outs Dagrt_FloatTensor:$result);
  let assemblyFormat = "$operand `dim` $dim `axes` custom<AxesList>($axes) attr-dict `:` type($operand) `->` type($result)";
}

def Dagrt_AllToAllOp : Dagrt_CommunicationOp<"all_to_all",
    (ins "int64_t":$gather, "int64_t":$scatter, "::dagrt::AxesAttr":$axes)> {
  let summary = "Moves the sharding of one dim to another";
  let description = [{
    **Constraints**
    1. `all_to_all-c1`: `axes` are the last axes of dim `gather` of the operand, and the last axes of dim `scatter` of the result.
    2. `all_to_all-c2`: if the dim stays sharded over other axes, their shards are whole numbers of the parts over `axes`.

    Example:
    ```mlir
    dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]
    func.func @f(%x: tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>)
        -> tensor<8x2xf32, #dagrt.dist<@base, [_, "tp"], of [8, 8]>> {
      %y = dagrt.all_to_all %x gather 0 scatter 1 axes ["tp"]
        : tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>
        -> tensor<8x2xf32, #dagrt.dist<@base, [_, "tp"], of [8, 8]>>
      return %y : tensor<8x2xf32, #dagrt.dist<@base, [_, "tp"], of [8, 8]>>
    }
    ```
  }];
  let arguments = (ins Dagrt_AnyTensor:$operand, I64Attr:$gather, I64Attr:$scatter, Dagrt_AxesAttr:$axes);
  let results = (outs Dagrt_AnyTensor:$result);
  let assemblyFormat = [{
    $operand `gather` $gather `scatter` $scatter `axes` custom<AxesList>($axes) attr-dict `:` type($operand) `->` type($result)
  }];
}

def Dagrt_AllSliceOp : Dagrt_CollectiveOp<"all_slice", [DeclareOpInterfaceMethods<WorkOpInterface>],
    (ins "int64_t":$dim, "::dagrt::AxesAttr":$axes)> {
  let summary = "Each device keeps its own shard of a replica";
  let description = [{
    Shards dim `dim` further, over `axes`; nothing is sent. Padding is zero.

    **Constraints**
    1. `all_slice-c1`: the operand holds replicas over `axes`; in the result they are the last axes of dim `dim`.
    2. `all_slice-c2`: if the dim stays sharded over other axes, their shards are whole numbers of the parts over `axes`.

    Example:
    ```mlir
    dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]
    func.func @f(%x: tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8]>>)
        -> tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>> {
      %y = dagrt.all_slice %x dim 0 axes ["tp"]
        : tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8]>>
        -> tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>
      return %y : tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>
    }
    ```
  }];
  let arguments = (ins Dagrt_AnyTensor:$operand, I64Attr:$dim, Dagrt_AxesAttr:$axes);
  let results = (outs Dagrt_AnyTensor:$result);
  let assemblyFormat = "$operand `dim` $dim `axes` custom<AxesList>($axes) attr-dict `:` type($operand) `->` type($result)";
  let hasCanonicalizer = 1;
}

def Dagrt_ShiftOp : Dagrt_CommunicationOp<"shift",
    (ins "int64_t":$dim, "int64_t":$by)> {
  let summary = "Ring step: devices pass their shards on";
  let description = [{
    Every device gets the shard of the device `by` positions further along the axis, which is a
    cycle. The value stays the same; the devices that have its shards rotate by `by`: a dim sharded over
    `"tp"` is sharded over `"tp"+1` after one step.

    **Constraints**
    1. `shift-c1`: dim `dim` is sharded over one full axis, which the result rotates by `by`.

    Example:
    ```mlir
    dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]
    func.func @f(%x: tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>)
        -> tensor<2x8xf32, #dagrt.dist<@base, ["tp"+1, _], of [8, 8]>> {
      %y = dagrt.shift %x dim 0 by 1
        : tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>
        -> tensor<2x8xf32, #dagrt.dist<@base, ["tp"+1, _], of [8, 8]>>
      return %y : tensor<2x8xf32, #dagrt.dist<@base, ["tp"+1, _], of [8, 8]>>
    }
    ```
  }];
  let arguments = (ins Dagrt_AnyTensor:$operand, I64Attr:$dim, I64Attr:$by);
  let results = (outs Dagrt_AnyTensor:$result);
  let assemblyFormat = "$operand `dim` $dim `by` $by attr-dict `:` type($operand) `->` type($result)";
}

def Dagrt_SendOp : Dagrt_Op<"send", [
    DeclareOpInterfaceMethods<CommunicationOpInterface>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Sends a value to another mesh";
  let description = [{
    Makes a message of a placed value. The message's payload type is what the
    receiver gets, and may have any sharding on the other mesh: each
    receiver's box is intersected with each sender's box, an element crosses once for
    each receiver that needs it, and senders that hold replicas share the work.

    **Constraints**
    1. `send-c1`: the operand is not partial, and neither is the payload.
    2. `send-c2`: the payload is on another mesh, with the same global shape and element type.
    3. `send-c3`: the message is received exactly once, or each of its pieces is.

    Example:
    ```mlir
    dagrt.mesh @a <"tp" = 2> devices [0, 1]
    dagrt.mesh @b <"sp" = 3> devices [2, 3, 4]
    func.func @f(%x: tensor<4x8xf32, #dagrt.dist<@a, ["tp", _], of [8, 8]>>)
        -> tensor<3x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>> {
      %m = dagrt.send %x : tensor<4x8xf32, #dagrt.dist<@a, ["tp", _], of [8, 8]>>
        -> !dagrt.message<tensor<3x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>>
      %y = dagrt.recv %m : !dagrt.message<tensor<3x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>>
      return %y : tensor<3x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>
    }
    ```
  }];
  let arguments = (ins Dagrt_AnyTensor:$operand);
  // An effect on its result: two sends of one value are two messages, which CSE never merges.
  let results = (outs Res<Dagrt_MessageType, "", [MemAlloc]>:$message);
  let assemblyFormat = "$operand attr-dict `:` type($operand) `->` type($message)";
}

def Dagrt_RecvOp : Dagrt_Op<"recv", [Dagrt_InferredTypes, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Receives a message";
  let description = [{
    The moment at which a message has arrived. Padding of the received shards is zero.

    If the source shards a dim that the payload replicates, the message can be received in pieces, one
    for each shard: `dim d piece p of P` is block `p` of that dim. A piece arrives before the end of the message:
    every receiver takes the senders' pieces in an order of its own, so that after `(p + 1) / P` of the
    message's time each receiver has `p + 1` of them.

    **Constraints**
    1. `recv-c1`: the result is the message's payload, or the block of it that is the piece.
    2. `recv-c2`: a piece has a dim that is replicated in the payload and that the sent value shards into as many shards as there are pieces, none of them empty.

    The example of `dagrt.send` shows both.

    Example:
    ```mlir
    dagrt.mesh @b <"sp" = 2> devices [2, 3]
    func.func @f(%m: !dagrt.message<tensor<4x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>>)
        -> tensor<4x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>> {
      %y = dagrt.recv %m : !dagrt.message<tensor<4x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>>
      return %y : tensor<4x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>
    }
    ```
  }];
  // Consumes its message, so that dead code elimination cannot leave a send without a receiver.
  let arguments = (ins Arg<Dagrt_MessageType, "", [MemFree]>:$message, OptionalAttr<I64Attr>:$dim,
                       OptionalAttr<I64Attr>:$piece, OptionalAttr<I64Attr>:$pieces);
  let results = (outs Dagrt_AnyTensor:$result);
  let assemblyFormat = [{
    $message (`dim` $dim^ `piece` $piece `of` $pieces)? attr-dict `:` type($message)
    custom<PayloadType>(ref(type($message)), type($result))
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$message), [{
    build($_builder, $_state, message, ::mlir::IntegerAttr(), ::mlir::IntegerAttr(),
          ::mlir::IntegerAttr());
  }]>];
  let hasCanonicalizer = 1;
}

#endif // DAGRT_IR_OPS_COMMUNICATION_TD

//===- Passes.td - Passes that make programs run -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DAGRT_LOWER_PASSES_TD
#define DAGRT_LOWER_PASSES_TD

include "dagrt/Lower/Options.td"

def HoistParametersPass : Pass<"dagrt-hoist-parameters", "::mlir::ModuleOp"> {
  let summary = "Turn parameters into arguments";
  let description = [{
    **Does**: appends an argument to each function for each `dagrt.parameter` in it, in program order.
    The argument's attribute `dagrt.parameter` has the name, fan-in and view of the operation.

    **Requires**: functions of one block.

    **Ensures**: all that a program reads are its arguments: inputs, then parameters. A remark
    `ParametersHoisted` of the category `hoist-parameters` counts them. Idempotent.

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

def OutlineOpsPass : Pass<"dagrt-outline-ops", "::mlir::ModuleOp"> {
  let summary = "Move equal operations into one function";
  let description = [{
    **Does**: replaces each operation of the dialect by a call of a private function with only
    that operation. Operations of one name, one set of properties and the same types share a function;
    a `dagrt.send` and its `dagrt.recv` are one call, where the message is sent. Attributes that are
    not an operation's own, such as its role, stay on the call.

    **Requires**: functions of one block.

    **Ensures**: as many functions as there are different operations, so that the time to compile a
    program hardly depends on its number of layers. Parameters stay where they are. A remark `OpsOutlined` of the
    category `outline-ops` counts calls and functions. Idempotent.

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

def ExtractRankPass : Pass<"dagrt-extract-rank", "::mlir::ModuleOp"> {
  let summary = "Turn a placed program into the program of one device";
  let description = [{
    **Does**: keeps the operations that the device takes part in, on local shapes.
    Positions and indices along axes become constants, `dagrt.all_slice` a slice; communication
    becomes calls of the runtime (`dagrt/Runtime/Calls.h`), each of which names the other device's
    rank, the message's tag and the box of its elements. Ranks number the devices of the program in
    ascending order. A receive is posted where its message is defined. Calls around each operation
    give its number to the runtime: its position in the function, parameters not counted.

    **Requires**: functions of one block in which every value is placed and has a static shape.

    **Ensures**: no distributions and no meshes. Parameters are arguments. `dagrt.argument` and
    `dagrt.result` have the number of the argument or result of the placed function that each one is a shard of. A
    remark `RankExtracted` of the category `extract-rank` counts ops and calls.

    Example: the first of two devices, which sends its halves of a sum to the other one.

    ```mlir
    dagrt.mesh @a <"tp" = 1> devices [3]
    dagrt.mesh @b <"sp" = 2> devices [5, 8]
    func.func @f(%x: tensor<3xf32, #dagrt.dist<@a, [_], of [3]>>)
        -> tensor<2xf32, #dagrt.dist<@b, ["sp"], of [3]>> {
      %m = dagrt.send %x : tensor<3xf32, #dagrt.dist<@a, [_], of [3]>>
        -> !dagrt.message<tensor<2xf32, #dagrt.dist<@b, ["sp"], of [3]>>>
      %y = dagrt.recv %m : !dagrt.message<tensor<2xf32, #dagrt.dist<@b, ["sp"], of [3]>>>
      return %y : tensor<2xf32, #dagrt.dist<@b, ["sp"], of [3]>>
    }
    ```

    becomes, with `device=3`,

    ```mlir
    func.func @f(%x: tensor<3xf32> {dagrt.argument = 0 : i64}) {
      %c2 = arith.constant 2 : i64
      %c1 = arith.constant 1 : i64
      %c0 = arith.constant 0 : i64
      call @dagrt_begin(%c0) : (i64) -> ()
      %all = bufferization.to_buffer %x read_only {dagrt.view = 0 : i64}
        : tensor<3xf32> to memref<3xf32>
      %first = memref.subview %all[0] [2] [1] : memref<3xf32> to memref<2xf32, strided<[1]>>
      %first_box = memref.cast %first : memref<2xf32, strided<[1]>> to memref<*xf32>
      call @dagrt_send_f32(%c1, %c0, %first_box) : (i64, i64, memref<*xf32>) -> ()
      %second = memref.subview %all[2] [1] [1]
        : memref<3xf32> to memref<1xf32, strided<[1], offset: 2>>
      %second_box = memref.cast %second
        : memref<1xf32, strided<[1], offset: 2>> to memref<*xf32>
      call @dagrt_send_f32(%c2, %c1, %second_box) : (i64, i64, memref<*xf32>) -> ()
      call @dagrt_end(%c0) : (i64) -> ()
      return
    }
    func.func private @dagrt_begin(i64)
    func.func private @dagrt_send_f32(i64, i64, memref<*xf32>)
    func.func private @dagrt_end(i64)
    ```

    **Cost**: linear in the number of ops and of messages between devices.
  }];
  let options = [
    Option<"device", "device", "int64_t", "0", "Physical id of the device (default: 0)">,
    ElementTypesOption<>,
    Option<"gemm", "gemm", "::dagrt::MatmulLowering", "::dagrt::MatmulLowering::Linalg",
           "What becomes of matmuls of f64 and f32: linalg or blas (default: linalg)",
           [{::llvm::cl::values(
               clEnumValN(::dagrt::MatmulLowering::Linalg, "linalg",
                          "Left to the conversion to linalg"),
               clEnumValN(::dagrt::MatmulLowering::Blas, "blas", "Calls of the runtime"))}]>];
  let dependentDialects = ["::dagrt::DagrtDialect", "::mlir::arith::ArithDialect",
    "::mlir::bufferization::BufferizationDialect", "::mlir::func::FuncDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect",
    "::mlir::tensor::TensorDialect"];
}

def ConvertDagrtToLinalgPass : Pass<"convert-dagrt-to-linalg", "::mlir::ModuleOp"> {
  let summary = "Convert both forms to linalg on tensors";
  let description = [{
    **Does**: rewrites the operations of the dialect to `linalg`, `tensor`, `arith` and `math`. A
    placed value becomes a tensor of the shards of all devices of its mesh, the devices its first dim, in
    the order of the mesh; collectives are sums and transpositions of that dim's axes. Masks, padding,
    orders and rotations become explicit.

    **Requires**: functions of one block with static sizes, and parameters as arguments
    (`--hoist-parameters`). Operations of other dialects pass through; in placed form, or with elements
    of another type, only elementwise ones.

    **Ensures**: no operation, type or mesh of the dialect is left. With `element-type=model`, bf16 and
    f16 are computed in f32 and rounded once for each operation. The size of the program does not
    depend on the number of devices. A remark `OpsConverted` of the category `convert-dagrt-to-linalg` counts them.

    Example:

    ```mlir
    dagrt.mesh @base <"tp" = 2> devices [0, 1]
    func.func @f(%x: tensor<4xf32, #dagrt.dist<@base, [_], of [4], partial ["tp"]>>)
        -> tensor<4xf32, #dagrt.dist<@base, [_], of [4]>> {
      %y = dagrt.all_reduce %x axes ["tp"]
        : tensor<4xf32, #dagrt.dist<@base, [_], of [4], partial ["tp"]>>
        -> tensor<4xf32, #dagrt.dist<@base, [_], of [4]>>
      return %y : tensor<4xf32, #dagrt.dist<@base, [_], of [4]>>
    }
    ```

    becomes

    ```mlir
    func.func @f(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
      %empty = tensor.empty() : tensor<4xf32>
      %zero = arith.constant 0.000000e+00 : f32
      %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4xf32>) -> tensor<4xf32>
      %sum = linalg.reduce { arith.addf } ins(%x : tensor<2x4xf32>) outs(%init : tensor<4xf32>)
        dimensions = [0]
      %all = tensor.empty() : tensor<2x4xf32>
      %y = linalg.broadcast ins(%sum : tensor<4xf32>) outs(%all : tensor<2x4xf32>) dimensions = [0]
      return %y : tensor<2x4xf32>
    }
    ```

    **Cost**: linear in the number of ops.
  }];
  let options = [
    ElementTypesOption<>
  ];
  let dependentDialects = ["::dagrt::DagrtDialect", "::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def ConvertCopiesToLinalgPass : Pass<"dagrt-convert-copies-to-linalg"> {
  let summary = "Convert copies between strided buffers to linalg";
  let description = [{
    **Does**: rewrites `memref.copy` to `linalg.copy` where a buffer is not contiguous. Lowered to LLVM, such a
    copy would call a function of MLIR's runner library, which compiled programs do not link.

    **Requires**: nothing.

    **Ensures**: every `memref.copy` is between contiguous buffers: a `memcpy`. A remark `CopiesConverted` of the
    category `convert-copies-to-linalg` counts the others. Idempotent.

    Example:

    ```mlir
    func.func @f(%x: memref<4x2xf32, strided<[8, 1]>>, %y: memref<4x2xf32>) {
      memref.copy %x, %y : memref<4x2xf32, strided<[8, 1]>> to memref<4x2xf32>
      return
    }
    ```

    becomes

    ```mlir
    func.func @f(%x: memref<4x2xf32, strided<[8, 1]>>, %y: memref<4x2xf32>) {
      linalg.copy ins(%x : memref<4x2xf32, strided<[8, 1]>>) outs(%y : memref<4x2xf32>)
      return
    }
    ```

    **Cost**: linear in the number of ops.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect"];
}

#endif // DAGRT_LOWER_PASSES_TD

// RUN: dagrt-opt %s --print-model-summary -o %t.mlir 2>&1 | FileCheck %s
// RUN: dagrt-opt %s | diff %t.mlir -
// RUN: dagrt-opt %s --print-model-summary --remarks-filter='.*' --remark-format=emitRemark \
// RUN:   -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// A table that is also the head is one weight of 10 x 8.
// CHECK-LABEL: @counts_tied_weight_once (logical form)
// CHECK-NEXT: parameters 80 80{{$}}
// CHECK-NEXT: parameter bytes 160 160 B
// CHECK-NEXT: FLOPs ops FLOPs share
// CHECK-NEXT: gemm 1 480 100.00 %
// CHECK-NEXT: embedding 1 0 0.00 %
// CHECK-NEXT: total 2 480 100.00 %
// REMARK: remark: [Analysis] ModelSummary
// REMARK-SAME: Function=counts_tied_weight_once
// REMARK-SAME: Parameters=80
func.func @counts_tied_weight_once(%ids: tensor<1x3xi32>) -> tensor<1x3x10xbf16> {
  %table = dagrt.parameter "embed.weight" : tensor<10x8xbf16>
  %x = dagrt.embedding %ids, %table : tensor<1x3xi32>, tensor<10x8xbf16> -> tensor<1x3x8xbf16>
  %head = dagrt.parameter "embed.weight" view <[10, 8] offset 0 strides [1, 8]> : tensor<8x10xbf16>
  %y = dagrt.matmul %x, %head : tensor<1x3x8xbf16>, tensor<8x10xbf16> -> tensor<1x3x10xbf16>
  return %y : tensor<1x3x10xbf16>
}

// A view counts as all that is stored.
// CHECK-LABEL: @counts_stored_weight (logical form)
// CHECK-NEXT: parameters 24 24
func.func @counts_stored_weight() -> tensor<4xf32> {
  %w = dagrt.parameter "qkv.bias" view <[24] offset 8 strides [1]> : tensor<4xf32>
  return %w : tensor<4xf32>
}

// CHECK-LABEL: @symbolic_sizes (logical form)
// CHECK: elementwise 1 0 0.00 %
// CHECK: sizes are symbolic: ops that have them count as no FLOPs
func.func @symbolic_sizes(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = dagrt.relu %x : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-NOT: @without_dagrt_ops
func.func @without_dagrt_ops() {
  return
}

dagrt.mesh @base <"tp" = 2> devices [0, 1]
dagrt.mesh @pool <"sp" = 2> devices [2, 3]

// One weight, sharded over one mesh and replicated on another: 32 x 6 parameters, counted once. The
// matmul on the pool is done twice.
// CHECK-LABEL: @placed (placed form)
// CHECK-NEXT: parameters 192 192
// CHECK: FLOPs ops FLOPs share all devices
// CHECK-NEXT: gemm 2 3.07 k 100.00 % 4.61 k
func.func @placed(%x: tensor<4x16xf32, #dagrt.dist<@base, [_, "tp"], of [4, 32]>>,
                  %z: tensor<4x32xf32, #dagrt.dist<@pool, [_, _], of [4, 32]>>) {
  %a = dagrt.parameter "w" : tensor<16x6xf32, #dagrt.dist<@base, ["tp", _], of [32, 6]>>
  %b = dagrt.parameter "w" : tensor<32x6xf32, #dagrt.dist<@pool, [_, _], of [32, 6]>>
  %y = dagrt.matmul %x, %a : tensor<4x16xf32, #dagrt.dist<@base, [_, "tp"], of [4, 32]>>,
      tensor<16x6xf32, #dagrt.dist<@base, ["tp", _], of [32, 6]>>
      -> tensor<4x6xf32, #dagrt.dist<@base, [_, _], of [4, 6], partial ["tp"]>>
  %v = dagrt.matmul %z, %b : tensor<4x32xf32, #dagrt.dist<@pool, [_, _], of [4, 32]>>,
      tensor<32x6xf32, #dagrt.dist<@pool, [_, _], of [32, 6]>>
      -> tensor<4x6xf32, #dagrt.dist<@pool, [_, _], of [4, 6]>>
  return
}

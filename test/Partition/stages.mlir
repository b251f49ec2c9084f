// RUN: dagrt-opt %s --partition-tp-pp="tp=2 pp=3" | FileCheck %s
// RUN: dagrt-opt %s --partition-tp-pp="tp=2 pp=3 layout=sequence-parallel" \
// RUN:   | FileCheck %s --check-prefix=SEQUENCE
// RUN: dagrt-opt %s --partition-tp-pp="tp=1 pp=1" | FileCheck %s --check-prefix=ONE

// Four layers over three stages: the first stage has two. A replicated value travels in shards and
// is gathered where it arrives; a sharded one keeps its sharding.

// CHECK: dagrt.mesh @stage0 <"tp" = 2> devices [0, 1]
// CHECK: dagrt.mesh @stage1 <"tp" = 2> devices [2, 3]
// CHECK: dagrt.mesh @stage2 <"tp" = 2> devices [4, 5]
// CHECK-LABEL: @layers
// CHECK: dagrt.add {{.*}}role<residual.ffn, layer 0>
// CHECK: dagrt.add {{.*}}role<residual.ffn, layer 1>
// CHECK-SAME: @stage0
// CHECK: %[[M:.*]] = dagrt.send
// CHECK-SAME: -> <tensor<1x4x4xf32, #dagrt.dist<@stage1, [_, _, "tp"], of [1, 4, 8]>>>
// CHECK: %[[R:.*]] = dagrt.recv %[[M]]
// CHECK: dagrt.all_gather %[[R]] dim 2 axes ["tp"]
// CHECK: dagrt.add {{.*}}role<residual.ffn, layer 2>
// CHECK-SAME: @stage1
// CHECK: dagrt.send
// CHECK: dagrt.add {{.*}}role<residual.ffn, layer 3>
// CHECK-SAME: @stage2
// CHECK-NOT: dagrt.send
// CHECK: return

// SEQUENCE: dagrt.send
// SEQUENCE-SAME: -> <tensor<1x2x8xf32, #dagrt.dist<@stage1, [_, "tp", _], of [1, 4, 8]>>>
// SEQUENCE-NEXT: dagrt.recv
// SEQUENCE-NEXT: dagrt.add

// ONE-NOT: dagrt.{{send|all|reduce}}
// ONE: return
func.func @layers(%x: tensor<1x4x8xf32>) -> tensor<1x4x8xf32> {
  %0 = dagrt.add %x, %x {dagrt.role = #dagrt.role<residual.ffn, layer 0>}
    : tensor<1x4x8xf32>, tensor<1x4x8xf32> -> tensor<1x4x8xf32>
  %1 = dagrt.add %0, %0 {dagrt.role = #dagrt.role<residual.ffn, layer 1>}
    : tensor<1x4x8xf32>, tensor<1x4x8xf32> -> tensor<1x4x8xf32>
  %2 = dagrt.add %1, %1 {dagrt.role = #dagrt.role<residual.ffn, layer 2>}
    : tensor<1x4x8xf32>, tensor<1x4x8xf32> -> tensor<1x4x8xf32>
  %3 = dagrt.add %2, %2 {dagrt.role = #dagrt.role<residual.ffn, layer 3>}
    : tensor<1x4x8xf32>, tensor<1x4x8xf32> -> tensor<1x4x8xf32>
  return %3 : tensor<1x4x8xf32>
}

// RUN: dagrt-opt %s --partition-tp-pp="tp=1 pp=2 microbatches=3" --verify-placement \
// RUN:   | FileCheck %s --check-prefixes=CHECK,BREADTH
// RUN: dagrt-opt %s --partition-tp-pp="tp=1 pp=2 microbatches=3 order=depth-first" \
// RUN:   --verify-placement | FileCheck %s --check-prefixes=CHECK,DEPTH
// RUN: dagrt-opt %s --partition-tp-pp="tp=1 pp=2 virtual=2 microbatches=3 order=interleaved" \
// RUN:   --verify-placement | FileCheck %s --check-prefixes=CHECK,INTERLEAVED
// RUN: dagrt-opt %s --partition-tp-pp="tp=1 pp=2 microbatches=3" -o /dev/null \
// RUN:   --remarks-filter=partition --remark-format=emitRemark 2>&1 \
// RUN:   | FileCheck %s --check-prefix=REMARK
// REMARK: Microbatches {{.*}}the batch of 5 runs as 3 micro-batches, 2 of 2 and 1 of 1

// Five elements are 2 + 2 + 1. The devices of a stage work in the order of the program, and what they
// send stands behind the op that made it.

// CHECK-LABEL: @layers(
// CHECK-SAME: %[[X:.*]]: tensor<5x4xf32, #dagrt.dist<@stage0, [_, _], of [5, 4]>>

// Each stage does all micro-batches of one thing.
// BREADTH: %[[X0:.*]] = dagrt.slice %[[X]] dim 0 offset 0 : {{.*}} -> tensor<2x4xf32, #dagrt.dist<@stage0
// BREADTH-NEXT: relu %[[X0]] {dagrt.role = #dagrt.role<ffn.activation, layer 0, microbatch 0>}
// BREADTH-NEXT: relu {{.*}}layer 1, microbatch 0>
// BREADTH-NEXT: %[[M0:.*]] = dagrt.send
// BREADTH-NEXT: slice %[[X]] dim 0 offset 2 : {{.*}} -> tensor<2x4xf32, #dagrt.dist<@stage0
// BREADTH-NEXT: relu {{.*}}layer 0, microbatch 1>
// BREADTH-NEXT: relu {{.*}}layer 1, microbatch 1>
// BREADTH-NEXT: send
// BREADTH-NEXT: slice %[[X]] dim 0 offset 4 : {{.*}} -> tensor<1x4xf32, #dagrt.dist<@stage0
// BREADTH-NEXT: relu {{.*}}layer 0, microbatch 2>
// BREADTH-NEXT: relu {{.*}}layer 1, microbatch 2>
// BREADTH-NEXT: send
// BREADTH-NEXT: recv %[[M0]]
// BREADTH-NEXT: relu {{.*}}layer 2, microbatch 0>
// BREADTH-NEXT: %[[Y0:.*]] = dagrt.relu {{.*}}layer 3, microbatch 0>
// BREADTH-NEXT: recv
// BREADTH-NEXT: relu {{.*}}layer 2, microbatch 1>
// BREADTH-NEXT: %[[Y1:.*]] = dagrt.relu {{.*}}layer 3, microbatch 1>
// BREADTH-NEXT: recv
// BREADTH-NEXT: relu {{.*}}layer 2, microbatch 2>
// BREADTH-NEXT: %[[Y2:.*]] = dagrt.relu {{.*}}layer 3, microbatch 2>
// BREADTH-NEXT: %[[Y:.*]] = dagrt.concat %[[Y0]], %[[Y1]], %[[Y2]] dim 0
// BREADTH-SAME: -> tensor<5x4xf32, #dagrt.dist<@stage1, [_, _], of [5, 4]>>
// BREADTH-NEXT: return %[[Y]]

// One micro-batch passes the model before the next one.
// DEPTH: relu {{.*}}layer 0, microbatch 0>
// DEPTH-NEXT: relu {{.*}}layer 1, microbatch 0>
// DEPTH-NEXT: send
// DEPTH-NEXT: recv
// DEPTH-NEXT: relu {{.*}}layer 2, microbatch 0>
// DEPTH-NEXT: relu {{.*}}layer 3, microbatch 0>
// DEPTH-NEXT: slice
// DEPTH-NEXT: relu {{.*}}layer 0, microbatch 1>

// Two at a time, as there are two stages, through all four runs of layers; then what is left.
// INTERLEAVED: relu {{.*}}layer 0, microbatch 0>{{.*}}@stage0
// INTERLEAVED: relu {{.*}}layer 0, microbatch 1>{{.*}}@stage0
// INTERLEAVED: relu {{.*}}layer 1, microbatch 0>{{.*}}@stage1
// INTERLEAVED: relu {{.*}}layer 1, microbatch 1>{{.*}}@stage1
// INTERLEAVED: relu {{.*}}layer 2, microbatch 0>{{.*}}@stage0
// INTERLEAVED: relu {{.*}}layer 2, microbatch 1>{{.*}}@stage0
// INTERLEAVED: relu {{.*}}layer 3, microbatch 0>{{.*}}@stage1
// INTERLEAVED: relu {{.*}}layer 3, microbatch 1>{{.*}}@stage1
// INTERLEAVED: relu {{.*}}layer 0, microbatch 2>{{.*}}@stage0
// INTERLEAVED: relu {{.*}}layer 1, microbatch 2>{{.*}}@stage1
// INTERLEAVED: relu {{.*}}layer 2, microbatch 2>{{.*}}@stage0
// INTERLEAVED: relu {{.*}}layer 3, microbatch 2>{{.*}}@stage1
func.func @layers(%x: tensor<5x4xf32>) -> tensor<5x4xf32> {
  %0 = dagrt.relu %x {dagrt.role = #dagrt.role<ffn.activation, layer 0>} : tensor<5x4xf32>
  %1 = dagrt.relu %0 {dagrt.role = #dagrt.role<ffn.activation, layer 1>} : tensor<5x4xf32>
  %2 = dagrt.relu %1 {dagrt.role = #dagrt.role<ffn.activation, layer 2>} : tensor<5x4xf32>
  %3 = dagrt.relu %2 {dagrt.role = #dagrt.role<ffn.activation, layer 3>} : tensor<5x4xf32>
  return %3 : tensor<5x4xf32>
}

// Weights and what is made of them stay single; so does what needs all of the batch (a matmul over
// it), and all micro-batches of what it needs come before it. What follows is split again.
// CHECK-LABEL: @whole_batch(
// CHECK: %[[W:.*]] = dagrt.parameter "w"
// CHECK-NEXT: %[[V:.*]] = dagrt.relu %[[W]]
// CHECK: dagrt.mul %{{.*}}, %[[V]] {{.*}}microbatch 0>
// CHECK: dagrt.mul %{{.*}}, %[[V]] {{.*}}microbatch 1>
// CHECK: dagrt.mul %{{.*}}, %[[V]] {{.*}}microbatch 2>
// CHECK: %[[JOINED:.*]] = dagrt.concat
// CHECK-NEXT: %[[Y:.*]] = dagrt.matmul %{{.*}}, %[[JOINED]] {dagrt.role = #dagrt.role<ffn.down, layer 0>}
// CHECK: %[[S0:.*]] = dagrt.slice %{{.*}} dim 0 offset 0
// CHECK: %[[S1:.*]] = dagrt.slice %{{.*}} dim 0 offset 2
// CHECK: return
func.func @whole_batch(%x: tensor<5x4xf32>, %a: tensor<5x5xf32>) -> (tensor<5x4xf32>, tensor<5x4xf32>) {
  %w = dagrt.parameter "w" : tensor<4xf32>
  %v = dagrt.relu %w {dagrt.role = #dagrt.role<ffn.up, layer 0>} : tensor<4xf32>
  %0 = dagrt.mul %x, %v {dagrt.role = #dagrt.role<ffn.up, layer 0>}
    : tensor<5x4xf32>, tensor<4xf32> -> tensor<5x4xf32>
  %1 = dagrt.matmul %a, %0 {dagrt.role = #dagrt.role<ffn.down, layer 0>}
    : tensor<5x5xf32>, tensor<5x4xf32> -> tensor<5x4xf32>
  %2 = dagrt.add %1, %x {dagrt.role = #dagrt.role<residual.ffn, layer 3>}
    : tensor<5x4xf32>, tensor<5x4xf32> -> tensor<5x4xf32>
  return %1, %2 : tensor<5x4xf32>, tensor<5x4xf32>
}

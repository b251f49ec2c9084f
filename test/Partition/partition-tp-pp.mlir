// RUN: dagrt-opt %s --partition-tp-pp="tp=4 pp=1" --split-input-file | FileCheck %s --check-prefixes=CHECK,MEGATRON
// RUN: dagrt-opt %s --partition-tp-pp="tp=4 pp=1 layout=sequence-parallel" --split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,SEQUENCE

// The pair of an FFN: column-parallel, then row-parallel, then one reduction where the residual
// stream wants it.

// CHECK: dagrt.mesh @stage0 <"tp" = 4> devices [0, 1, 2, 3]
// CHECK-LABEL: @ffn
// MEGATRON-SAME: (%[[X:.*]]: tensor<1x6x8xf32, #dagrt.dist<@stage0, [_, _, _], of [1, 6, 8]>>)
// SEQUENCE-SAME: (%[[X:.*]]: tensor<1x2x8xf32, #dagrt.dist<@stage0, [_, "tp", _], of [1, 6, 8]>>)
// CHECK-SAME: dagrt.logical = #dagrt.logical<flops = 2.64
// CHECK: dagrt.rms_norm %[[X]]
// SEQUENCE: %[[ALL:.*]] = dagrt.all_gather %{{.*}} dim 1 axes ["tp"]
// CHECK: dagrt.parameter "up" : tensor<8x3xf32, #dagrt.dist<@stage0, [_, "tp"], of [8, 10]>>
// SEQUENCE: dagrt.matmul %[[ALL]]
// CHECK: dagrt.gelu %{{.*}} : tensor<1x6x3xf32, #dagrt.dist<@stage0, [_, _, "tp"], of [1, 6, 10]>>
// CHECK: dagrt.parameter "down" : tensor<3x8xf32, #dagrt.dist<@stage0, ["tp", _], of [10, 8]>>
// CHECK: dagrt.matmul
// CHECK-SAME: partial ["tp"]>>
// MEGATRON: %[[SUM:.*]] = dagrt.all_reduce %{{.*}} axes ["tp"] {dagrt.role = #dagrt.role<ffn.down, layer 0>}
// SEQUENCE: %[[SUM:.*]] = dagrt.reduce_scatter %{{.*}} dim 1 axes ["tp"] {dagrt.role = #dagrt.role<ffn.down, layer 0>}
// CHECK: dagrt.add %[[X]], %[[SUM]]
// CHECK-NOT: dagrt.all_
// CHECK: return
func.func @ffn(%x: tensor<1x6x8xf32>) -> tensor<1x6x8xf32> {
  %g = dagrt.parameter "g" : tensor<8xf32>
  %n = dagrt.rms_norm %x, %g epsilon 1.0e-5 {dagrt.role = #dagrt.role<norm.ffn, layer 0>}
    : tensor<1x6x8xf32>, tensor<8xf32>
  %up = dagrt.parameter "up" : tensor<8x10xf32>
  %u = dagrt.matmul %n, %up {dagrt.role = #dagrt.role<ffn.up, layer 0>}
    : tensor<1x6x8xf32>, tensor<8x10xf32> -> tensor<1x6x10xf32>
  %a = dagrt.gelu %u {dagrt.role = #dagrt.role<ffn.activation, layer 0>} : tensor<1x6x10xf32>
  %down = dagrt.parameter "down" : tensor<10x8xf32>
  %d = dagrt.matmul %a, %down {dagrt.role = #dagrt.role<ffn.down, layer 0>}
    : tensor<1x6x10xf32>, tensor<10x8xf32> -> tensor<1x6x8xf32>
  %y = dagrt.add %x, %d {dagrt.role = #dagrt.role<residual.ffn, layer 0>}
    : tensor<1x6x8xf32>, tensor<1x6x8xf32> -> tensor<1x6x8xf32>
  return %y : tensor<1x6x8xf32>
}

// -----

// Fewer key/value heads than devices: each goes to several devices, whose query heads are a
// part of its group, padded inside the group (3 over 2).

// CHECK-LABEL: @heads
// CHECK: dagrt.parameter "q"
// CHECK-SAME: tensor<8x1x2x4xf32, #dagrt.dist<@stage0, [_, "tp":(1)2, "tp":(2)2, _], of [8, 2, 3, 4]>>
// CHECK: dagrt.parameter "k"
// CHECK-SAME: tensor<8x1x4xf32, #dagrt.dist<@stage0, [_, "tp":(1)2, _], of [8, 2, 4]>>
// CHECK: dagrt.parameter "o"
// CHECK-SAME: tensor<1x2x4x8xf32, #dagrt.dist<@stage0, ["tp":(1)2, "tp":(2)2, _, _], of [2, 3, 4, 8]>>
// CHECK: dagrt.matmul
// CHECK-SAME: contract 3
// CHECK-SAME: partial ["tp"]>>
func.func @heads(%x: tensor<1x6x8xf32>) -> tensor<1x6x8xf32> {
  %wq = dagrt.parameter "q" : tensor<8x2x3x4xf32>
  %q = dagrt.matmul %x, %wq {dagrt.role = #dagrt.role<attention.query, layer 0>}
    : tensor<1x6x8xf32>, tensor<8x2x3x4xf32> -> tensor<1x6x2x3x4xf32>
  %wk = dagrt.parameter "k" : tensor<8x2x4xf32>
  %k = dagrt.matmul %x, %wk {dagrt.role = #dagrt.role<attention.key, layer 0>}
    : tensor<1x6x8xf32>, tensor<8x2x4xf32> -> tensor<1x6x2x4xf32>
  %a = dagrt.attention %q, %k, %k scale 5.0e-1 {dagrt.role = #dagrt.role<attention.core, layer 0>}
    : tensor<1x6x2x3x4xf32>, tensor<1x6x2x4xf32>, tensor<1x6x2x4xf32> -> tensor<1x6x2x3x4xf32>
  %wo = dagrt.parameter "o" : tensor<2x3x4x8xf32>
  %o = dagrt.matmul %a, %wo contract 3 {dagrt.role = #dagrt.role<attention.output, layer 0>}
    : tensor<1x6x2x3x4xf32>, tensor<2x3x4x8xf32> -> tensor<1x6x8xf32>
  %y = dagrt.add %x, %o {dagrt.role = #dagrt.role<residual.attention, layer 0>}
    : tensor<1x6x8xf32>, tensor<1x6x8xf32> -> tensor<1x6x8xf32>
  return %y : tensor<1x6x8xf32>
}

// -----

// More key/value heads than devices: groups, padded (5 over 4).

// CHECK-LABEL: @more_groups
// CHECK: dagrt.parameter "q"
// CHECK-SAME: tensor<8x2x1x4xf32, #dagrt.dist<@stage0, [_, "tp", _, _], of [8, 5, 1, 4]>>
func.func @more_groups(%x: tensor<1x6x8xf32>) -> tensor<1x6x5x1x4xf32> {
  %wq = dagrt.parameter "q" : tensor<8x5x1x4xf32>
  %q = dagrt.matmul %x, %wq {dagrt.role = #dagrt.role<attention.query, layer 0>}
    : tensor<1x6x8xf32>, tensor<8x5x1x4xf32> -> tensor<1x6x5x1x4xf32>
  return %q : tensor<1x6x5x1x4xf32>
}

// -----

// A vocabulary is sharded by rows: each device looks up its own part, and one reduction sums.

// CHECK-LABEL: @vocabulary
// CHECK: dagrt.parameter "table" : tensor<3x8xf32, #dagrt.dist<@stage0, ["tp", _], of [11, 8]>>
// CHECK: %[[SHARD:.*]] = dagrt.axis_index
// CHECK: dagrt.embedding %{{.*}}, %{{.*}} shard %[[SHARD]]
// MEGATRON: dagrt.all_reduce
// SEQUENCE: dagrt.reduce_scatter %{{.*}} dim 1
// CHECK: dagrt.parameter "head" : tensor<8x3xf32, #dagrt.dist<@stage0, [_, "tp"], of [8, 11]>>
// CHECK: return %{{.*}} : tensor<1x6x3xf32, #dagrt.dist<@stage0, [_, _, "tp"], of [1, 6, 11]>>
func.func @vocabulary(%ids: tensor<1x6xi32>) -> tensor<1x6x11xf32> {
  %t = dagrt.parameter "table" : tensor<11x8xf32>
  %x = dagrt.embedding %ids, %t {dagrt.role = #dagrt.role<embedding>}
    : tensor<1x6xi32>, tensor<11x8xf32> -> tensor<1x6x8xf32>
  %r = dagrt.relu %x : tensor<1x6x8xf32>
  %w = dagrt.parameter "head" : tensor<8x11xf32>
  %y = dagrt.matmul %r, %w {dagrt.role = #dagrt.role<head>}
    : tensor<1x6x8xf32>, tensor<8x11xf32> -> tensor<1x6x11xf32>
  return %y : tensor<1x6x11xf32>
}

// -----

// Two row-parallel results that are summed before anyone else reads them need one reduction.

// CHECK-LABEL: @parallel_block
// CHECK: dagrt.matmul
// CHECK: dagrt.matmul
// CHECK: dagrt.add
// CHECK-SAME: -> tensor<1x6x8xf32, #dagrt.dist<@stage0, [_, _, _], of [1, 6, 8], partial ["tp"]>>
// MEGATRON-NEXT: dagrt.all_reduce
// SEQUENCE-NEXT: dagrt.reduce_scatter
// CHECK-NOT: dagrt.{{all|reduce}}_
// CHECK: return
func.func @parallel_block(%h: tensor<1x6x12xf32>, %x: tensor<1x6x8xf32>) -> tensor<1x6x8xf32> {
  %w0 = dagrt.parameter "w0" : tensor<12x8xf32>
  %a = dagrt.matmul %h, %w0 {dagrt.role = #dagrt.role<ffn.down, layer 0>}
    : tensor<1x6x12xf32>, tensor<12x8xf32> -> tensor<1x6x8xf32>
  %w1 = dagrt.parameter "w1" : tensor<12x8xf32>
  %b = dagrt.matmul %h, %w1 {dagrt.role = #dagrt.role<ffn.down, layer 0>}
    : tensor<1x6x12xf32>, tensor<12x8xf32> -> tensor<1x6x8xf32>
  %s = dagrt.add %a, %b {dagrt.role = #dagrt.role<residual.sum, layer 0>}
    : tensor<1x6x8xf32>, tensor<1x6x8xf32> -> tensor<1x6x8xf32>
  %y = dagrt.add %x, %s {dagrt.role = #dagrt.role<residual.ffn, layer 0>}
    : tensor<1x6x8xf32>, tensor<1x6x8xf32> -> tensor<1x6x8xf32>
  return %y : tensor<1x6x8xf32>
}

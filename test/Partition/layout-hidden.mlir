// RUN: dagrt-opt %s --partition-tp-pp="tp=4 pp=1 layout=hidden" --split-input-file --verify-placement | FileCheck %s
// RUN: dagrt-opt %s --partition-fa-pool="tp=4 pool=3 layout=hidden" --split-input-file --verify-placement \
// RUN:   | FileCheck %s --check-prefix=POOL

// A norm over a sharded hidden dim completes its moments first; 10 elements over 4 devices leave
// padding, which counts in no mean.

// CHECK-LABEL: @rms
// CHECK-SAME: (%[[X:.*]]: tensor<1x6x3xbf16, #dagrt.dist<@stage0, [_, _, "tp"], of [1, 6, 10]>>)
// CHECK: %[[PART:.*]] = dagrt.moment %[[X]] order 2 dims 1 count 10
// CHECK-SAME: -> tensor<1x6xf32, #dagrt.dist<@stage0, [_, _], of [1, 6], partial ["tp"]>>
// CHECK: %[[ALL:.*]] = dagrt.all_reduce %[[PART]] axes ["tp"] {dagrt.role = #dagrt.role<norm.ffn, layer 0>}
// CHECK: dagrt.rms_norm %[[X]], %{{.*}} square %[[ALL]] epsilon
// CHECK-SAME: : tensor<1x6x3xbf16, #dagrt.dist<@stage0, [_, _, "tp"], of [1, 6, 10]>>
// CHECK-NOT: dagrt.all_gather
// CHECK: return
// POOL-LABEL: @rms
// POOL: dagrt.moment %{{.*}} order 2 dims 1 count 10
// POOL: dagrt.all_reduce
func.func @rms(%x: tensor<1x6x10xbf16>) -> tensor<1x6x10xbf16> {
  %g = dagrt.parameter "g" : tensor<10xbf16>
  %n = dagrt.rms_norm %x, %g epsilon 1.0e-5 {dagrt.role = #dagrt.role<norm.ffn, layer 0>}
    : tensor<1x6x10xbf16>, tensor<10xbf16>
  return %n : tensor<1x6x10xbf16>
}

// -----

// A layer norm needs the mean, too.

// CHECK-LABEL: @layer
// CHECK: %[[FIRST:.*]] = dagrt.moment %{{.*}} order 1 dims 1 count 10
// CHECK: %[[MEAN:.*]] = dagrt.all_reduce %[[FIRST]]
// CHECK: %[[SECOND:.*]] = dagrt.moment %{{.*}} order 2 dims 1 count 10
// CHECK: %[[SQUARE:.*]] = dagrt.all_reduce %[[SECOND]]
// CHECK: dagrt.layer_norm %{{.*}}, %{{.*}}, %{{.*}} moments %[[MEAN]], %[[SQUARE]] epsilon
func.func @layer(%x: tensor<1x6x10xf32>) -> tensor<1x6x10xf32> {
  %g = dagrt.parameter "g" : tensor<10xf32>
  %b = dagrt.parameter "b" : tensor<10xf32>
  %n = dagrt.layer_norm %x, %g, %b epsilon 1.0e-5 {dagrt.role = #dagrt.role<norm.ffn, layer 0>}
    : tensor<1x6x10xf32>, tensor<10xf32>, tensor<10xf32>
  return %n : tensor<1x6x10xf32>
}

// -----

// The pair of an FFN: the input is gathered, the output scattered, nothing between them.

// CHECK-LABEL: @ffn
// CHECK: dagrt.all_gather %{{.*}} dim 2 axes ["tp"] {dagrt.role = #dagrt.role<ffn.up, layer 0>}
// CHECK: dagrt.matmul
// CHECK-SAME: -> tensor<1x6x3xf32, #dagrt.dist<@stage0, [_, _, "tp"], of [1, 6, 9]>>
// CHECK: dagrt.gelu
// CHECK: dagrt.matmul
// CHECK-SAME: partial ["tp"]>>
// CHECK: dagrt.reduce_scatter %{{.*}} dim 2 axes ["tp"] {dagrt.role = #dagrt.role<ffn.down, layer 0>}
// CHECK: dagrt.add
// CHECK: return
func.func @ffn(%x: tensor<1x6x8xf32>) -> tensor<1x6x8xf32> {
  %up = dagrt.parameter "up" : tensor<8x9xf32>
  %r = dagrt.add %x, %x {dagrt.role = #dagrt.role<residual.attention, layer 0>}
    : tensor<1x6x8xf32>, tensor<1x6x8xf32> -> tensor<1x6x8xf32>
  %u = dagrt.matmul %r, %up {dagrt.role = #dagrt.role<ffn.up, layer 0>}
    : tensor<1x6x8xf32>, tensor<8x9xf32> -> tensor<1x6x9xf32>
  %a = dagrt.gelu %u {dagrt.role = #dagrt.role<ffn.activation, layer 0>} : tensor<1x6x9xf32>
  %down = dagrt.parameter "down" : tensor<9x8xf32>
  %d = dagrt.matmul %a, %down {dagrt.role = #dagrt.role<ffn.down, layer 0>}
    : tensor<1x6x9xf32>, tensor<9x8xf32> -> tensor<1x6x8xf32>
  %y = dagrt.add %r, %d {dagrt.role = #dagrt.role<residual.ffn, layer 0>}
    : tensor<1x6x8xf32>, tensor<1x6x8xf32> -> tensor<1x6x8xf32>
  return %y : tensor<1x6x8xf32>
}

// -----

// Attention: each device contracts its slice of hidden, the sums are completed and replicated,
// and so is attention; its output is sliced by heads without a transfer. In the pool, blocks of the
// sequence arrive complete along hidden.

// CHECK-LABEL: @attention
// CHECK: dagrt.matmul
// CHECK-SAME: partial ["tp"]>>
// CHECK: dagrt.all_reduce %{{.*}} axes ["tp"] {dagrt.role = #dagrt.role<attention.query, layer 0>}
// CHECK: dagrt.all_reduce %{{.*}} axes ["tp"] {dagrt.role = #dagrt.role<attention.key, layer 0>}
// CHECK: dagrt.all_reduce %{{.*}} axes ["tp"] {dagrt.role = #dagrt.role<attention.value, layer 0>}
// CHECK: dagrt.attention
// CHECK-SAME: -> tensor<1x6x4x1x2xf32, #dagrt.dist<@stage0, [_, _, _, _, _], of [1, 6, 4, 1, 2]>>
// CHECK: dagrt.all_slice %{{.*}} dim 2 axes ["tp"]
// CHECK: dagrt.reduce_scatter %{{.*}} dim 2 axes ["tp"] {dagrt.role = #dagrt.role<attention.output, layer 0>}
// POOL-LABEL: @attention
// POOL: dagrt.send
// POOL-SAME: -> <tensor<1x2x8xf32, #dagrt.dist<@pool, [_, "sp", _], of [1, 6, 8]>>>
// POOL: dagrt.all_gather %{{.*}} dim 1 axes ["sp"]
// POOL: dagrt.attention
// POOL: dagrt.send
// POOL-SAME: -> <tensor<1x6x2xf32, #dagrt.dist<@base, [_, _, "tp"], of [1, 6, 8]>>>
func.func @attention(%x: tensor<1x6x8xf32>) -> tensor<1x6x8xf32> {
  %r = dagrt.add %x, %x {dagrt.role = #dagrt.role<residual.ffn, layer 0>}
    : tensor<1x6x8xf32>, tensor<1x6x8xf32> -> tensor<1x6x8xf32>
  %wq = dagrt.parameter "q" : tensor<8x4x1x2xf32>
  %wk = dagrt.parameter "k" : tensor<8x4x2xf32>
  %wv = dagrt.parameter "v" : tensor<8x4x2xf32>
  %q = dagrt.matmul %r, %wq {dagrt.role = #dagrt.role<attention.query, layer 0>}
    : tensor<1x6x8xf32>, tensor<8x4x1x2xf32> -> tensor<1x6x4x1x2xf32>
  %k = dagrt.matmul %r, %wk {dagrt.role = #dagrt.role<attention.key, layer 0>}
    : tensor<1x6x8xf32>, tensor<8x4x2xf32> -> tensor<1x6x4x2xf32>
  %v = dagrt.matmul %r, %wv {dagrt.role = #dagrt.role<attention.value, layer 0>}
    : tensor<1x6x8xf32>, tensor<8x4x2xf32> -> tensor<1x6x4x2xf32>
  %c = dagrt.attention %q, %k, %v scale 0.5 {dagrt.role = #dagrt.role<attention.core, layer 0>}
    : tensor<1x6x4x1x2xf32>, tensor<1x6x4x2xf32>, tensor<1x6x4x2xf32> -> tensor<1x6x4x1x2xf32>
  %wo = dagrt.parameter "o" : tensor<4x1x2x8xf32>
  %o = dagrt.matmul %c, %wo contract 3 {dagrt.role = #dagrt.role<attention.output, layer 0>}
    : tensor<1x6x4x1x2xf32>, tensor<4x1x2x8xf32> -> tensor<1x6x8xf32>
  %y = dagrt.add %r, %o {dagrt.role = #dagrt.role<residual.attention, layer 0>}
    : tensor<1x6x8xf32>, tensor<1x6x8xf32> -> tensor<1x6x8xf32>
  return %y : tensor<1x6x8xf32>
}

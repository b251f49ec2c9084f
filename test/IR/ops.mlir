// Every op in both forms: what is printed parses to the same, from pretty and generic form.
// RUN: dagrt-opt %s | FileCheck %s
// RUN: dagrt-opt %s > %t.once
// RUN: dagrt-opt %t.once | diff %t.once -
// RUN: dagrt-opt %s --mlir-print-op-generic | dagrt-opt | diff %t.once -
// RUN: dagrt-opt %s --verify-roundtrip > /dev/null

// CHECK: dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]
dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]
// CHECK: dagrt.mesh @grid <"dp" = 2, "tp" = 2> devices [7, 6, 5, 4]
dagrt.mesh @grid <"dp" = 2, "tp" = 2> devices [7, 6, 5, 4]
// CHECK: dagrt.mesh @one <> devices [0]
dagrt.mesh @one <> devices [0]

// CHECK-LABEL: @sources
func.func @sources() {
  // CHECK-NEXT: dagrt.parameter "norm.weight" : tensor<64xbf16>
  %0 = dagrt.parameter "norm.weight" : tensor<64xbf16>
  // CHECK-NEXT: dagrt.parameter "up" view <[64, 32] offset 0 strides [1, 32]> fan_in 32
  // CHECK-SAME: {dagrt.role = #dagrt.role<ffn.up, layer 3>} : tensor<32x64xf16>
  %1 = dagrt.parameter "up" view <[64, 32] offset 0 strides [1, 32]> fan_in 32
    {dagrt.role = #dagrt.role<ffn.up, layer 3>} : tensor<32x64xf16>
  // CHECK-NEXT: dagrt.positions : tensor<8xi32>
  %2 = dagrt.positions : tensor<8xi32>
  // CHECK-NEXT: dagrt.positions first 4 order zigzag<2> : tensor<8xi64>
  %3 = dagrt.positions first 4 order zigzag<2> : tensor<8xi64>
  return
}

// CHECK-LABEL: @embedding
func.func @embedding(%ids: tensor<1x4xi32>, %table: tensor<8x6xf32>) {
  // CHECK-NEXT: dagrt.embedding %{{.*}}, %{{.*}} : tensor<1x4xi32>, tensor<8x6xf32> -> tensor<1x4x6xf32>
  %0 = dagrt.embedding %ids, %table : tensor<1x4xi32>, tensor<8x6xf32> -> tensor<1x4x6xf32>
  return
}

// CHECK-LABEL: @embedding_by_shards
func.func @embedding_by_shards(%ids: tensor<1x4xi64, #dagrt.dist<@base, [_, _], of [1, 4]>>) {
  %table = dagrt.parameter "embed" : tensor<3x6xf32, #dagrt.dist<@base, ["tp", _], of [10, 6]>>
  // CHECK: %[[I:.*]] = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@base, ["tp"], of [4]>>
  %i = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@base, ["tp"], of [4]>>
  // CHECK-NEXT: dagrt.embedding %{{.*}}, %{{.*}} shard %[[I]] :
  // CHECK-SAME: -> tensor<1x4x6xf32, #dagrt.dist<@base, [_, _, _], of [1, 4, 6], partial ["tp"]>>
  %0 = dagrt.embedding %ids, %table shard %i
    : tensor<1x4xi64, #dagrt.dist<@base, [_, _], of [1, 4]>>,
      tensor<3x6xf32, #dagrt.dist<@base, ["tp", _], of [10, 6]>>,
      tensor<1xi32, #dagrt.dist<@base, ["tp"], of [4]>>
    -> tensor<1x4x6xf32, #dagrt.dist<@base, [_, _, _], of [1, 4, 6], partial ["tp"]>>
  return
}

// CHECK-LABEL: @matmul
func.func @matmul(%x: tensor<1x4x6xf32>, %w: tensor<6x2x3x5xf32>, %o: tensor<2x3x5x6xf32>) {
  // CHECK-NEXT: %[[Q:.*]] = dagrt.matmul %{{.*}}, %{{.*}} : tensor<1x4x6xf32>, tensor<6x2x3x5xf32> -> tensor<1x4x2x3x5xf32>
  %q = dagrt.matmul %x, %w : tensor<1x4x6xf32>, tensor<6x2x3x5xf32> -> tensor<1x4x2x3x5xf32>
  // CHECK-NEXT: dagrt.matmul %[[Q]], %{{.*}} contract 3 : tensor<1x4x2x3x5xf32>, tensor<2x3x5x6xf32> -> tensor<1x4x6xf32>
  %y = dagrt.matmul %q, %o contract 3
    : tensor<1x4x2x3x5xf32>, tensor<2x3x5x6xf32> -> tensor<1x4x6xf32>
  return
}

// CHECK-LABEL: @matmul_of_symbolic_sizes
func.func @matmul_of_symbolic_sizes(%x: tensor<1x?x6xf32>, %w: tensor<6x8xf32>) {
  // CHECK-NEXT: dagrt.matmul {{.*}} -> tensor<1x?x8xf32>
  %q = dagrt.matmul %x, %w : tensor<1x?x6xf32>, tensor<6x8xf32> -> tensor<1x?x8xf32>
  return
}

// CHECK-LABEL: @elementwise
func.func @elementwise(%x: tensor<4x8xf32>, %b: tensor<8xf32>) {
  // CHECK-NEXT: dagrt.silu %{{.*}} : tensor<4x8xf32>
  %0 = dagrt.silu %x : tensor<4x8xf32>
  // CHECK-NEXT: dagrt.relu %{{.*}} : tensor<4x8xf32>
  %1 = dagrt.relu %x : tensor<4x8xf32>
  // CHECK-NEXT: dagrt.gelu %{{.*}} : tensor<4x8xf32>
  %2 = dagrt.gelu %x : tensor<4x8xf32>
  // CHECK-NEXT: dagrt.gelu %{{.*}} tanh : tensor<4x8xf32>
  %3 = dagrt.gelu %x tanh : tensor<4x8xf32>
  // CHECK-NEXT: dagrt.add %{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<8xf32> -> tensor<4x8xf32>
  %4 = dagrt.add %x, %b : tensor<4x8xf32>, tensor<8xf32> -> tensor<4x8xf32>
  // CHECK-NEXT: dagrt.mul %{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  %5 = dagrt.mul %x, %x : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// CHECK-LABEL: @norms
func.func @norms(%x: tensor<4x8xf32>, %s: tensor<8xf32>) {
  // CHECK-NEXT: dagrt.rms_norm %{{.*}}, %{{.*}} epsilon 9.9999999999999995E-7 : tensor<4x8xf32>, tensor<8xf32>
  %0 = dagrt.rms_norm %x, %s epsilon 1.0e-6 : tensor<4x8xf32>, tensor<8xf32>
  // CHECK-NEXT: dagrt.layer_norm %{{.*}}, %{{.*}}, %{{.*}} epsilon 0.000000e+00 : tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>
  %1 = dagrt.layer_norm %x, %s, %s epsilon 0.0 : tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>
  // Norms that are given the moments of their rows.
  // CHECK-NEXT: %[[SQUARE:.*]] = dagrt.moment %{{.*}} order 2 dims 1 count 8 : tensor<4x8xf32> -> tensor<4xf32>
  %m2 = dagrt.moment %x order 2 dims 1 count 8 : tensor<4x8xf32> -> tensor<4xf32>
  // CHECK-NEXT: dagrt.rms_norm %{{.*}}, %{{.*}} square %[[SQUARE]] epsilon 5.000000e-01 : tensor<4x8xf32>, tensor<8xf32>, tensor<4xf32>
  %3 = dagrt.rms_norm %x, %s square %m2 epsilon 0.5 : tensor<4x8xf32>, tensor<8xf32>, tensor<4xf32>
  // CHECK-NEXT: %[[MEAN:.*]] = dagrt.moment %{{.*}} order 1 dims 1 count 8
  %m1 = dagrt.moment %x order 1 dims 1 count 8 : tensor<4x8xf32> -> tensor<4xf32>
  // CHECK-NEXT: dagrt.layer_norm %{{.*}}, %{{.*}}, %{{.*}} moments %[[MEAN]], %[[SQUARE]] epsilon 5.000000e-01 : tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<4xf32>, tensor<4xf32>
  %4 = dagrt.layer_norm %x, %s, %s moments %m1, %m2 epsilon 0.5
    : tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<4xf32>, tensor<4xf32>
  // A norm over two dims.
  // CHECK-NEXT: dagrt.rms_norm
  %2 = dagrt.rms_norm %x, %x epsilon 0.5 : tensor<4x8xf32>, tensor<4x8xf32>
  // Norms of heads that have weights of their own each, and layer norms without a bias.
  // CHECK-NEXT: dagrt.rms_norm %{{.*}}, %{{.*}} square %{{.*}} epsilon 5.000000e-01 dims 1 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4xf32>
  %5 = dagrt.rms_norm %x, %x square %m2 epsilon 0.5 dims 1
    : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4xf32>
  // CHECK-NEXT: dagrt.layer_norm %{{.*}}, %{{.*}} epsilon 5.000000e-01 dims 1 : tensor<4x8xf32>, tensor<4x8xf32>
  %6 = dagrt.layer_norm %x, %x epsilon 0.5 dims 1 : tensor<4x8xf32>, tensor<4x8xf32>
  // CHECK-NEXT: dagrt.layer_norm %{{.*}}, %{{.*}} moments %{{.*}}, %{{.*}} epsilon 5.000000e-01 : tensor<4x8xf32>, tensor<8xf32>, tensor<4xf32>, tensor<4xf32>
  %7 = dagrt.layer_norm %x, %s moments %m1, %m2 epsilon 0.5
    : tensor<4x8xf32>, tensor<8xf32>, tensor<4xf32>, tensor<4xf32>
  return
}

// CHECK-LABEL: @rope
func.func @rope(%x: tensor<1x8x2x3x4xf32>, %k: tensor<1x8x4xf32>, %p: tensor<8xi32>) {
  // CHECK-NEXT: dagrt.rope %{{.*}}, %{{.*}} <theta 1.000000e+04, dims 4> : tensor<1x8x2x3x4xf32>, tensor<8xi32>
  %0 = dagrt.rope %x, %p <theta 1.0e4, dims 4> : tensor<1x8x2x3x4xf32>, tensor<8xi32>
  // CHECK-NEXT: dagrt.rope %{{.*}}, %{{.*}} <theta 1.000000e+04, dims 2, interleaved> : tensor<1x8x4xf32>, tensor<8xi32>
  %1 = dagrt.rope %k, %p <theta 1.0e4, dims 2, interleaved> : tensor<1x8x4xf32>, tensor<8xi32>
  return
}

// CHECK-LABEL: @attention
func.func @attention(%q: tensor<1x8x2x3x4xf32>, %k: tensor<1x8x2x4xf32>, %v: tensor<1x8x2x6xf32>,
                     %past: tensor<1x12x2x4xf32>, %p: tensor<8xi32>, %r: tensor<12xi32>) {
  // CHECK-NEXT: dagrt.attention %{{.*}}, %{{.*}}, %{{.*}} scale 5.000000e-01 :
  // CHECK-SAME: -> tensor<1x8x2x3x6xf32>
  %0 = dagrt.attention %q, %k, %v scale 0.5
    : tensor<1x8x2x3x4xf32>, tensor<1x8x2x4xf32>, tensor<1x8x2x6xf32> -> tensor<1x8x2x3x6xf32>
  // CHECK-NEXT: positions %{{.*}}, %{{.*}} scale 5.000000e-01 :
  %1 = dagrt.attention %q, %k, %k positions %p, %p scale 0.5
    : tensor<1x8x2x3x4xf32>, tensor<1x8x2x4xf32>, tensor<1x8x2x4xf32>, tensor<8xi32>, tensor<8xi32>
    -> tensor<1x8x2x3x4xf32>
  // CHECK-NEXT: positions %{{.*}}, %{{.*}} causal window 3 scale 5.000000e-01 :
  %2 = dagrt.attention %q, %past, %past positions %p, %r causal window 3 scale 0.5
    : tensor<1x8x2x3x4xf32>, tensor<1x12x2x4xf32>, tensor<1x12x2x4xf32>, tensor<8xi32>,
      tensor<12xi32> -> tensor<1x8x2x3x4xf32>
  return
}

// CHECK-LABEL: @changed_scores
func.func @changed_scores(%q: tensor<1x8x2x3x4xf32>, %k: tensor<1x8x2x4xf32>, %p: tensor<8xi32>,
                          %s: tensor<1x2x3x8x8xf32>) {
  // CHECK-NEXT: %[[M:.*]] = dagrt.alibi_slopes : tensor<2x3xf32>
  %m = dagrt.alibi_slopes : tensor<2x3xf32>
  // CHECK-NEXT: dagrt.alibi_slopes bias_max 4.000000e+00 scale 5.000000e-01 : tensor<2x3xf64>
  %n = dagrt.alibi_slopes bias_max 4.0 scale 0.5 : tensor<2x3xf64>
  // CHECK-NEXT: positions %{{.*}}, %{{.*}} causal alibi %[[M]] soft_cap 5.000000e+01 scale 5.000000e-01 :
  // CHECK-SAME: tensor<8xi32>, tensor<8xi32>, tensor<2x3xf32> -> tensor<1x8x2x3x4xf32>
  %0 = dagrt.attention %q, %k, %k positions %p, %p causal alibi %m soft_cap 50.0 scale 0.5
    : tensor<1x8x2x3x4xf32>, tensor<1x8x2x4xf32>, tensor<1x8x2x4xf32>, tensor<8xi32>, tensor<8xi32>,
      tensor<2x3xf32> -> tensor<1x8x2x3x4xf32>
  // CHECK-NEXT: dagrt.attention %{{.*}}, %{{.*}}, %{{.*}} soft_cap 5.000000e+01 scale 5.000000e-01 :
  %1 = dagrt.attention %q, %k, %k soft_cap 50.0 scale 0.5
    : tensor<1x8x2x3x4xf32>, tensor<1x8x2x4xf32>, tensor<1x8x2x4xf32> -> tensor<1x8x2x3x4xf32>
  // CHECK-NEXT: causal alibi %[[M]] soft_cap 5.000000e+01 : tensor<1x2x3x8x8xf32>, tensor<8xi32>, tensor<8xi32>, tensor<2x3xf32>
  %2 = dagrt.softmax %s positions %p, %p causal alibi %m soft_cap 50.0
    : tensor<1x2x3x8x8xf32>, tensor<8xi32>, tensor<8xi32>, tensor<2x3xf32>
  // CHECK-NEXT: dagrt.softmax %{{.*}} soft_cap 5.000000e+01 : tensor<1x2x3x8x8xf32>
  %3 = dagrt.softmax %s soft_cap 50.0 : tensor<1x2x3x8x8xf32>
  return
}

// A scale may have a partial operand; slopes are sharded like heads, in padded groups too.
// CHECK-LABEL: @placed_scores
func.func @placed_scores(%x: tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>) {
  // CHECK-NEXT: dagrt.scale %{{.*}} by 1.200000e+01 : tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>
  %0 = dagrt.scale %x by 12.0 : tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>
  // CHECK-NEXT: dagrt.alibi_slopes : tensor<2x1xf32, #dagrt.dist<@base, ["tp", _], of [7, 1]>>
  %1 = dagrt.alibi_slopes : tensor<2x1xf32, #dagrt.dist<@base, ["tp", _], of [7, 1]>>
  return
}

// CHECK-LABEL: @norms_of_other_kinds
func.func @norms_of_other_kinds(%x: tensor<4x8xf32>, %w: tensor<8xf32>, %m: tensor<4xf32>) {
  // CHECK-NEXT: dagrt.rms_norm %{{.*}}, %{{.*}} plus_one epsilon 5.000000e-01 : tensor<4x8xf32>, tensor<8xf32>
  %0 = dagrt.rms_norm %x, %w plus_one epsilon 0.5 : tensor<4x8xf32>, tensor<8xf32>
  // CHECK-NEXT: dagrt.layer_norm %{{.*}}, %{{.*}} epsilon 5.000000e-01 : tensor<4x8xf32>, tensor<8xf32>
  %1 = dagrt.layer_norm %x, %w epsilon 0.5 : tensor<4x8xf32>, tensor<8xf32>
  // CHECK-NEXT: moments %{{.*}}, %{{.*}} epsilon 5.000000e-01 : tensor<4x8xf32>, tensor<8xf32>, tensor<4xf32>, tensor<4xf32>
  %2 = dagrt.layer_norm %x, %w moments %m, %m epsilon 0.5
    : tensor<4x8xf32>, tensor<8xf32>, tensor<4xf32>, tensor<4xf32>
  // CHECK-NEXT: dagrt.soft_cap %{{.*}} cap 3.000000e+01 : tensor<4x8xf32>
  %3 = dagrt.soft_cap %x cap 30.0 : tensor<4x8xf32>
  return
}

// CHECK-LABEL: @decomposed_attention
func.func @decomposed_attention(%q: tensor<1x8x2x3x4xf32>, %k: tensor<1x8x2x4xf32>,
                                %p: tensor<8xi32>) {
  // CHECK-NEXT: %[[S:.*]] = dagrt.attention_scores %{{.*}}, %{{.*}} scale 5.000000e-01 : tensor<1x8x2x3x4xf32>, tensor<1x8x2x4xf32> -> tensor<1x2x3x8x8xf32>
  %s = dagrt.attention_scores %q, %k scale 0.5
    : tensor<1x8x2x3x4xf32>, tensor<1x8x2x4xf32> -> tensor<1x2x3x8x8xf32>
  // CHECK-NEXT: dagrt.softmax %[[S]] : tensor<1x2x3x8x8xf32>
  %0 = dagrt.softmax %s : tensor<1x2x3x8x8xf32>
  // CHECK-NEXT: %[[W:.*]] = dagrt.softmax %[[S]] positions %{{.*}}, %{{.*}} causal window 2 : tensor<1x2x3x8x8xf32>, tensor<8xi32>, tensor<8xi32>
  %w = dagrt.softmax %s positions %p, %p causal window 2
    : tensor<1x2x3x8x8xf32>, tensor<8xi32>, tensor<8xi32>
  // CHECK-NEXT: dagrt.attention_context %[[W]], %{{.*}} : tensor<1x2x3x8x8xf32>, tensor<1x8x2x4xf32> -> tensor<1x8x2x3x4xf32>
  %y = dagrt.attention_context %w, %k
    : tensor<1x2x3x8x8xf32>, tensor<1x8x2x4xf32> -> tensor<1x8x2x3x4xf32>
  return
}

// CHECK-LABEL: @tokens
func.func @tokens(%x: tensor<1x8x4xf32>, %ids: tensor<1x8xi32>) {
  // CHECK-NEXT: dagrt.slice %{{.*}} dim 1 offset 7 : tensor<1x8x4xf32> -> tensor<1x1x4xf32>
  %0 = dagrt.slice %x dim 1 offset 7 : tensor<1x8x4xf32> -> tensor<1x1x4xf32>
  // CHECK-NEXT: dagrt.concat %{{.*}}, %{{.*}} dim 1 : tensor<1x1x4xf32>, tensor<1x8x4xf32> -> tensor<1x9x4xf32>
  %c = dagrt.concat %0, %x dim 1 : tensor<1x1x4xf32>, tensor<1x8x4xf32> -> tensor<1x9x4xf32>
  // CHECK-NEXT: %[[Z:.*]] = dagrt.reorder %{{.*}} dim 1 order zigzag<3> : tensor<1x8xi32>
  %z = dagrt.reorder %ids dim 1 order zigzag<3> : tensor<1x8xi32>
  // CHECK-NEXT: dagrt.reorder %[[Z]] dim 1 order zigzag<3> inverse : tensor<1x8xi32>
  %b = dagrt.reorder %z dim 1 order zigzag<3> inverse : tensor<1x8xi32>
  return
}

// CHECK-LABEL: @collectives
func.func @collectives(
    %whole: tensor<8x8xf32, #dagrt.dist<@grid, [_, _], of [8, 8]>>,
    %sum: tensor<8x8xf32, #dagrt.dist<@grid, [_, _], of [8, 8], partial ["dp", "tp"]>>,
    %rows: tensor<3x8xf32, #dagrt.dist<@grid, [{"dp", "tp"}, _], of [11, 8]>>) {
  // CHECK-NEXT: dagrt.all_reduce %{{.*}} axes ["tp"] :
  %0 = dagrt.all_reduce %sum axes ["tp"]
    : tensor<8x8xf32, #dagrt.dist<@grid, [_, _], of [8, 8], partial ["dp", "tp"]>>
    -> tensor<8x8xf32, #dagrt.dist<@grid, [_, _], of [8, 8], partial ["dp"]>>
  // A sum has no order: axes leave it in any order.
  // CHECK-NEXT: dagrt.all_reduce %{{.*}} axes ["tp", "dp"] :
  %1 = dagrt.all_reduce %sum axes ["tp", "dp"]
    : tensor<8x8xf32, #dagrt.dist<@grid, [_, _], of [8, 8], partial ["dp", "tp"]>>
    -> tensor<8x8xf32, #dagrt.dist<@grid, [_, _], of [8, 8]>>
  // CHECK-NEXT: dagrt.reduce_scatter %{{.*}} dim 1 axes ["dp"] :
  %2 = dagrt.reduce_scatter %sum dim 1 axes ["dp"]
    : tensor<8x8xf32, #dagrt.dist<@grid, [_, _], of [8, 8], partial ["dp", "tp"]>>
    -> tensor<8x4xf32, #dagrt.dist<@grid, [_, "dp"], of [8, 8], partial ["tp"]>>
  // CHECK-NEXT: dagrt.all_gather %{{.*}} dim 0 axes ["tp"] :
  %3 = dagrt.all_gather %rows dim 0 axes ["tp"]
    : tensor<3x8xf32, #dagrt.dist<@grid, [{"dp", "tp"}, _], of [11, 8]>>
    -> tensor<6x8xf32, #dagrt.dist<@grid, ["dp", _], of [11, 8]>>
  // CHECK-NEXT: dagrt.all_to_all %{{.*}} gather 0 scatter 1 axes ["dp", "tp"] :
  %4 = dagrt.all_to_all %rows gather 0 scatter 1 axes ["dp", "tp"]
    : tensor<3x8xf32, #dagrt.dist<@grid, [{"dp", "tp"}, _], of [11, 8]>>
    -> tensor<11x2xf32, #dagrt.dist<@grid, [_, {"dp", "tp"}], of [11, 8]>>
  // CHECK-NEXT: dagrt.all_slice %{{.*}} dim 1 axes ["tp"] :
  %5 = dagrt.all_slice %whole dim 1 axes ["tp"]
    : tensor<8x8xf32, #dagrt.dist<@grid, [_, _], of [8, 8]>>
    -> tensor<8x4xf32, #dagrt.dist<@grid, [_, "tp"], of [8, 8]>>
  // CHECK-NEXT: dagrt.shift %{{.*}} dim 1 by 1 :
  %6 = dagrt.shift %5 dim 1 by 1 : tensor<8x4xf32, #dagrt.dist<@grid, [_, "tp"], of [8, 8]>>
    -> tensor<8x4xf32, #dagrt.dist<@grid, [_, "tp"+1], of [8, 8]>>
  // A step back.
  // CHECK-NEXT: dagrt.shift %{{.*}} dim 1 by -1 :
  %7 = dagrt.shift %6 dim 1 by -1 : tensor<8x4xf32, #dagrt.dist<@grid, [_, "tp"+1], of [8, 8]>>
    -> tensor<8x4xf32, #dagrt.dist<@grid, [_, "tp"], of [8, 8]>>
  return
}

// Parts of an axis, gathered one at a time.
// CHECK-LABEL: @collectives_over_parts_of_an_axis
func.func @collectives_over_parts_of_an_axis(
    %x: tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>,
    %sum: tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8], partial ["tp"]>>) {
  // CHECK-NEXT: dagrt.all_gather %{{.*}} dim 0 axes ["tp":(2)2] :
  // CHECK-SAME: -> tensor<4x8xf32, #dagrt.dist<@base, ["tp":(1)2, _], of [8, 8]>>
  %0 = dagrt.all_gather %x dim 0 axes ["tp":(2)2]
    : tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>
    -> tensor<4x8xf32, #dagrt.dist<@base, ["tp":(1)2, _], of [8, 8]>>
  // CHECK-NEXT: dagrt.all_reduce %{{.*}} axes ["tp":(1)2] :
  // CHECK-SAME: partial ["tp":(2)2]>>
  %1 = dagrt.all_reduce %sum axes ["tp":(1)2]
    : tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8], partial ["tp"]>>
    -> tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8], partial ["tp":(2)2]>>
  return
}

// CHECK-LABEL: @messages
func.func @messages(%x: tensor<2x8xbf16, #dagrt.dist<@base, ["tp", _], of [8, 8]>>) {
  // CHECK-NEXT: %[[M:.*]] = dagrt.send %{{.*}} : tensor<2x8xbf16, #dagrt.dist<@base, ["tp", _], of [8, 8]>> -> <tensor<8x4xbf16, #dagrt.dist<@grid, [_, "tp"], of [8, 8]>>>
  %m = dagrt.send %x : tensor<2x8xbf16, #dagrt.dist<@base, ["tp", _], of [8, 8]>>
    -> !dagrt.message<tensor<8x4xbf16, #dagrt.dist<@grid, [_, "tp"], of [8, 8]>>>
  // CHECK-NEXT: dagrt.recv %[[M]] : <tensor<8x4xbf16, #dagrt.dist<@grid, [_, "tp"], of [8, 8]>>>
  %y = dagrt.recv %m : !dagrt.message<tensor<8x4xbf16, #dagrt.dist<@grid, [_, "tp"], of [8, 8]>>>
  return
}

// The same sharding may be written in several ways; results may use any of them.
// CHECK-LABEL: @ways_to_write_a_cut
func.func @ways_to_write_a_cut(
    %x: tensor<2x8xf32, #dagrt.dist<@base, [{"tp":(1)2, "tp":(2)2}, _], of [8, 8]>>,
    %y: tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>) {
  // CHECK-NEXT: dagrt.add
  %z = dagrt.add %x, %y
    : tensor<2x8xf32, #dagrt.dist<@base, [{"tp":(1)2, "tp":(2)2}, _], of [8, 8]>>,
      tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>
    -> tensor<2x8xf32, #dagrt.dist<@base, ["tp":(1)4, _], of [8, 8]>>
  // CHECK-NEXT: dagrt.all_gather
  %w = dagrt.all_gather %z dim 0 axes ["tp":(2)2]
    : tensor<2x8xf32, #dagrt.dist<@base, ["tp":(1)4, _], of [8, 8]>>
    -> tensor<4x8xf32, #dagrt.dist<@base, ["tp":(1)2, _], of [8, 8]>>
  return
}

// Sums that are pending over the same axes in another order are alike.
// CHECK-LABEL: @pending_axes_have_no_order
func.func @pending_axes_have_no_order(
    %x: tensor<8xf32, #dagrt.dist<@grid, [_], of [8], partial ["dp", "tp"]>>,
    %y: tensor<8xf32, #dagrt.dist<@grid, [_], of [8], partial ["tp", "dp"]>>) {
  // CHECK-NEXT: dagrt.add
  %z = dagrt.add %x, %y : tensor<8xf32, #dagrt.dist<@grid, [_], of [8], partial ["dp", "tp"]>>,
    tensor<8xf32, #dagrt.dist<@grid, [_], of [8], partial ["tp", "dp"]>>
    -> tensor<8xf32, #dagrt.dist<@grid, [_], of [8], partial ["tp", "dp"]>>
  return
}

// CHECK-LABEL: @linear_ops_keep_a_pending_sum
func.func @linear_ops_keep_a_pending_sum(
    %x: tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>,
    %w: tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8]>>) {
  // CHECK-NEXT: dagrt.matmul
  %y = dagrt.matmul %x, %w
    : tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>,
      tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8]>>
    -> tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>
  // CHECK-NEXT: dagrt.slice
  %z = dagrt.slice %y dim 0 offset 3
    : tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>
    -> tensor<1x8xf32, #dagrt.dist<@base, [_, _], of [1, 8], partial ["tp"]>>
  // CHECK-NEXT: dagrt.reorder
  %r = dagrt.reorder %y dim 0 order zigzag<2>
    : tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>
  return
}

// A dim of size 0, and one smaller than its number of shards.
// CHECK-LABEL: @small_dims
func.func @small_dims(%x: tensor<0x1xf32, #dagrt.dist<@base, [_, "tp"], of [0, 3]>>) {
  // CHECK-NEXT: dagrt.silu
  %y = dagrt.silu %x : tensor<0x1xf32, #dagrt.dist<@base, [_, "tp"], of [0, 3]>>
  return
}

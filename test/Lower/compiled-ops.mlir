// Programs for compiled-ops.test: what the evaluator's own tests leave out.
// RUN: dagrt-run %s --function=norms --engine=jit --compare-engine=evaluator | FileCheck %s
// CHECK: output #0: 2x3x4x5, error

dagrt.mesh @line <"a" = 4> devices [0, 1, 2, 3]
dagrt.mesh @grid <"dp" = 2, "tp" = 4> devices [10, 11, 12, 13, 14, 15, 16, 17]
dagrt.mesh @one <"x" = 1> devices [7]
dagrt.mesh @long <"a" = 3> devices [20, 21, 22]

// Rows of more than one dim.
!x = tensor<2x3x4x5xf32>
func.func @norms(%x: !x) -> (!x, !x, !x, !x, tensor<2x3xf32>) {
  %s = dagrt.parameter "s" : tensor<4x5xf32>
  %b = dagrt.parameter "b" : tensor<4x5xf32>
  %y = dagrt.rms_norm %x, %s epsilon 1.0e-5 : !x, tensor<4x5xf32>
  %z = dagrt.layer_norm %x, %s, %b epsilon 1.0e-3 : !x, tensor<4x5xf32>, tensor<4x5xf32>
  %m1 = dagrt.moment %x order 1 dims 2 count 20 : !x -> tensor<2x3xf32>
  %m2 = dagrt.moment %x order 2 dims 2 count 20 : !x -> tensor<2x3xf32>
  %v = dagrt.rms_norm %x, %s square %m2 epsilon 1.0e-5 : !x, tensor<4x5xf32>, tensor<2x3xf32>
  %w = dagrt.layer_norm %x, %s, %b moments %m1, %m2 epsilon 1.0e-3
    : !x, tensor<4x5xf32>, tensor<4x5xf32>, tensor<2x3xf32>, tensor<2x3xf32>
  return %y, %z, %v, %w, %m1 : !x, !x, !x, !x, tensor<2x3xf32>
}

// Heads that are normed one by one, with weights of their own; layer norms without a bias.
func.func @head_norms(%x: !x) -> (!x, !x, !x, !x) {
  %s = dagrt.parameter "s" : tensor<4x5xf32>
  %b = dagrt.parameter "b" : tensor<4x5xf32>
  %y = dagrt.rms_norm %x, %s epsilon 1.0e-5 dims 1 : !x, tensor<4x5xf32>
  %z = dagrt.layer_norm %x, %s, %b epsilon 1.0e-3 dims 1 : !x, tensor<4x5xf32>, tensor<4x5xf32>
  %m1 = dagrt.moment %x order 1 dims 1 count 5 : !x -> tensor<2x3x4xf32>
  %m2 = dagrt.moment %x order 2 dims 1 count 5 : !x -> tensor<2x3x4xf32>
  %v = dagrt.layer_norm %x, %s epsilon 1.0e-3 : !x, tensor<4x5xf32>
  %w = dagrt.layer_norm %x, %s moments %m1, %m2 epsilon 1.0e-3 dims 1
    : !x, tensor<4x5xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>
  return %y, %z, %v, %w : !x, !x, !x, !x
}

func.func @elementwise(%x: !x) -> (!x, !x, !x, !x, !x, !x) {
  %b = dagrt.parameter "b" : tensor<5xf32>
  %c = arith.constant dense<[1.0, -2.0, 3.0, 40.0, -50.0]> : tensor<5xf32>
  %0 = dagrt.mul %x, %c : !x, tensor<5xf32> -> !x
  %1 = dagrt.add %0, %b : !x, tensor<5xf32> -> !x
  %2 = dagrt.gelu %1 : !x
  %3 = dagrt.gelu %1 tanh : !x
  %4 = dagrt.silu %1 : !x
  %5 = dagrt.relu %1 : !x
  %6 = arith.divf %5, %0 : !x
  %7 = arith.subf %6, %1 : !x
  return %2, %3, %4, %5, %6, %7 : !x, !x, !x, !x, !x, !x
}

!r = tensor<1x7x2x8xf32>
func.func @ropes(%x: !r) -> (!r, !r, !r, !r) {
  %p = dagrt.positions first 1000 order zigzag<2> : tensor<7xi64>
  %0 = dagrt.rope %x, %p <theta 10000.0, dims 8> : !r, tensor<7xi64>
  %1 = dagrt.rope %x, %p <theta 10000.0, dims 4, interleaved> : !r, tensor<7xi64>
  %2 = dagrt.rope %x, %p <theta 500000.0, dims 8, llama3 [8.0, 1.0, 4.0, 8192.0]> : !r, tensor<7xi64>
  %3 = dagrt.rope %x, %p <theta 10000.0, dims 8, yarn [4.0, 32.0, 1.0, 4096.0, 1.25]> : !r, tensor<7xi64>
  return %0, %1, %2, %3 : !r, !r, !r, !r
}

// The table's rows are more than a device holds: with and without a shard.
func.func @rows_of_matrices(%ids: tensor<2x3xi64>) -> tensor<2x3x4x2xf32> {
  %t = dagrt.parameter "t" : tensor<5x4x2xf32>
  %y = dagrt.embedding %ids, %t : tensor<2x3xi64>, tensor<5x4x2xf32> -> tensor<2x3x4x2xf32>
  return %y : tensor<2x3x4x2xf32>
}

// Weights that are arguments already.
func.func @hoisted(%x: tensor<2x3xf32>,
                   %w: tensor<3x4xf32> {dagrt.parameter = {fan_in = 3 : i64, name = "w"}},
                   %y: tensor<4xf32>) -> tensor<2x4xf32> {
  %z = dagrt.matmul %x, %w : tensor<2x3xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
  %s = dagrt.add %z, %y : tensor<2x4xf32>, tensor<4xf32> -> tensor<2x4xf32>
  return %s : tensor<2x4xf32>
}

// Parts of two axes, in the other order than the mesh has them, and back.
!rep = tensor<8x10xf32, #dagrt.dist<@grid, [_, _], of [8, 10]>>
!cut = tensor<1x10xf32, #dagrt.dist<@grid, [{"tp", "dp"}, _], of [8, 10]>>
!turned = tensor<2x5xf32, #dagrt.dist<@grid, ["tp", "dp"], of [8, 10]>>
!half = tensor<2x10xf32, #dagrt.dist<@grid, ["tp", _], of [8, 10]>>
func.func @axes_in_another_order(%x: !rep) -> (!turned, !rep) {
  %0 = dagrt.all_slice %x dim 0 axes ["tp", "dp"] : !rep -> !cut
  %1 = dagrt.all_to_all %0 gather 0 scatter 1 axes ["dp"] : !cut -> !turned
  %2 = dagrt.all_gather %1 dim 1 axes ["dp"] : !turned -> !half
  %3 = dagrt.all_gather %2 dim 0 axes ["tp"] : !half -> !rep
  return %1, %3 : !turned, !rep
}

// Rotated shards that are sliced, rotated and gathered.
!l = tensor<5x7xf32, #dagrt.dist<@line, [_, _], of [5, 7]>>
!l2 = tensor<2x7xf32, #dagrt.dist<@line, ["a"+2, _], of [5, 7]>>
!l3 = tensor<2x7xf32, #dagrt.dist<@line, ["a"+3, _], of [5, 7]>>
!t3 = tensor<5x2xf32, #dagrt.dist<@line, [_, "a"+3], of [5, 7]>>
func.func @rotated(%x: !l) -> (!l2, !l3, !t3, !l) {
  %0 = dagrt.all_slice %x dim 0 axes ["a"+2] : !l -> !l2
  %1 = dagrt.shift %0 dim 0 by 1 : !l2 -> !l3
  %2 = dagrt.all_to_all %1 gather 0 scatter 1 axes ["a"+3] : !l3 -> !t3
  %3 = dagrt.all_gather %2 dim 1 axes ["a"+3] : !t3 -> !l
  return %0, %1, %2, %3 : !l2, !l3, !t3, !l
}

// From rotated shards of parts of an axis to replicas elsewhere, and to one device.
!p = tensor<3x7xf32, #dagrt.dist<@grid, ["tp":(2)2, _], of [5, 7]>>
!q = tensor<5x3xf32, #dagrt.dist<@long, [_, "a"+1], of [5, 7]>>
!o = tensor<5x7xf32, #dagrt.dist<@one, [_, _], of [5, 7]>>
func.func @messages(%x: !p) -> (!q, !o) {
  %m = dagrt.send %x : !p -> !dagrt.message<!q>
  %y = dagrt.recv %m : !dagrt.message<!q>
  %n = dagrt.send %y : !q -> !dagrt.message<!o>
  %z = dagrt.recv %n : !dagrt.message<!o>
  return %y, %z : !q, !o
}

// A matmul that contracts padding: what is beyond the end is zero after each collective.
!a = tensor<2x7xf32, #dagrt.dist<@line, ["a", _], of [5, 7]>>
!w = tensor<2x3xf32, #dagrt.dist<@line, [_, _], of [2, 3]>>
!ones = tensor<2x5xf32, #dagrt.dist<@line, [_, "a"], of [2, 20]>>
!rows = tensor<5x2xf32, #dagrt.dist<@line, [_, "a"], of [5, 7]>>
!sum = tensor<5x3xf32, #dagrt.dist<@line, [_, _], of [5, 3], partial ["a"]>>
!k = tensor<2x3xf32, #dagrt.dist<@line, ["a", _], of [7, 3]>>
!s = tensor<2x3xf32, #dagrt.dist<@line, ["a", _], of [5, 3]>>
func.func @padding(%x: !a) -> (!s, !sum) {
  %0 = dagrt.all_to_all %x gather 0 scatter 1 axes ["a"] : !a -> !rows
  // A constant fills padding.
  %k = arith.constant dense<1.5> : !k
  %1 = dagrt.matmul %0, %k : !rows, !k -> !sum
  %2 = dagrt.reduce_scatter %1 dim 0 axes ["a"] : !sum -> !s
  return %2, %1 : !s, !sum
}

func.func @axis_indices() -> (tensor<1xi32, #dagrt.dist<@grid, [{"tp", "dp"}], of [8]>>,
                              tensor<1xi64, #dagrt.dist<@grid, ["tp":(2)2], of [2]>>) {
  %0 = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@grid, [{"tp", "dp"}], of [8]>>
  %1 = dagrt.axis_index : tensor<1xi64, #dagrt.dist<@grid, ["tp":(2)2], of [2]>>
  return %0, %1 : tensor<1xi32, #dagrt.dist<@grid, [{"tp", "dp"}], of [8]>>,
                  tensor<1xi64, #dagrt.dist<@grid, ["tp":(2)2], of [2]>>
}

// On devices that each hold columns, and with a sum that is still to be completed.
!c2 = tensor<2x2xf32, #dagrt.dist<@line, [_, "a"], of [2, 7]>>
!c5 = tensor<5x2xf32, #dagrt.dist<@line, [_, "a"], of [5, 7]>>
!c9 = tensor<9x2xf32, #dagrt.dist<@line, [_, "a"], of [9, 7]>>
!m2 = tensor<2x3xf32, #dagrt.dist<@line, [_, _], of [2, 3], partial ["a"]>>
!m9 = tensor<9x3xf32, #dagrt.dist<@line, [_, _], of [9, 3], partial ["a"]>>
!m11 = tensor<11x3xf32, #dagrt.dist<@line, [_, _], of [11, 3], partial ["a"]>>
func.func @concat(%x: !c2, %y: !c5) -> (!c9, !m11) {
  %0 = dagrt.concat %x, %y, %x dim 0 : !c2, !c5, !c2 -> !c9
  %k = dagrt.parameter "k" : !k
  %1 = dagrt.matmul %0, %k : !c9, !k -> !m9
  %2 = dagrt.matmul %x, %k : !c2, !k -> !m2
  %3 = dagrt.concat %1, %2 dim 0 : !m9, !m2 -> !m11
  return %0, %3 : !c9, !m11
}

func.func @identity(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  return %x, %x : tensor<2x3xf32>, tensor<2x3xf32>
}

// RUN: dagrt-opt %s --decompose-collective-matmul --mlir-print-local-scope \
// RUN:   --remarks-filter=partition --remark-format=emitRemark 2>%t.txt | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t.txt
// RUN: dagrt-opt %s --decompose-collective-matmul="kinds=recv" | FileCheck %s --check-prefix=RECV
// RUN: dagrt-opt %s --decompose-collective-matmul="kinds=all-gather,reduce-scatter" \
// RUN:   | FileCheck %s --check-prefix=RINGS
// RUN: not dagrt-opt %s --decompose-collective-matmul="kinds=all-reduce" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=KIND
// KIND: for the --kinds option: expects all-gather, reduce-scatter or recv, got 'all-reduce'
// RUN: dagrt-opt %s --decompose-collective-matmul -o %t.once.mlir
// RUN: dagrt-opt %t.once.mlir --decompose-collective-matmul -o %t.twice.mlir
// RUN: diff %t.once.mlir %t.twice.mlir

#x = #dagrt.dist<@base, [_, "tp"], of [3, 5]>
#xw = #dagrt.dist<@base, [_, _], of [3, 5]>
#xp = #dagrt.dist<@base, [_, _], of [3, 5], partial ["tp"]>
#w = #dagrt.dist<@base, [_, "tp"], of [5, 7]>
#d = #dagrt.dist<@base, ["tp", _], of [7, 5]>
#h = #dagrt.dist<@base, [_, "tp"], of [3, 7]>
#q = #dagrt.dist<@pool, ["sp", _], of [3, 5]>
#qw = #dagrt.dist<@pool, [_, _], of [5, 7]>
#qh = #dagrt.dist<@pool, ["sp", _], of [3, 7]>
#t = #dagrt.dist<@base, ["tp", _], of [3, 5]>

dagrt.mesh @base <"tp" = 3> devices [0, 1, 2]
dagrt.mesh @pool <"sp" = 2> devices [3, 4]

// One ring feeds both matmuls; the next block is on its way before this one is multiplied. The weight
// that is defined late moves up. The times that a model computed for the original ops are gone.
// RECV-LABEL: @gathered
// RECV: all_gather
// RINGS-LABEL: @gathered
// RINGS-NOT: all_gather
// REMARK: Decomposed {{.*}}'dagrt.all_gather' and 2 matmuls become 3 steps each
// CHECK-LABEL: @gathered
func.func @gathered(%x: tensor<3x2xf32, #x>, %w: tensor<5x3xf32, #w>)
    -> (tensor<3x3xf32, #h>, tensor<3x3xf32, #h>) {
  // CHECK-SAME: %[[X:.*]]: tensor<3x2xf32, {{.*}}>, %[[W:.*]]: tensor<5x3xf32
  // CHECK-NEXT: %[[V:.*]] = dagrt.parameter "v"
  // CHECK-NEXT: %[[X1:.*]] = dagrt.shift %[[X]] dim 1 by 1 {dagrt.role = #dagrt.role<up, layer 1>} {{.*}} -> tensor<3x2xf32, #dagrt.dist<@base, [_, "tp"+1], of [3, 5]>>
  // CHECK-NEXT: %[[A0:.*]] = dagrt.matmul_step %[[X]], %[[W]] step 0 of 3 {dagrt.role = #dagrt.role<up, layer 1>} :
  // CHECK-NEXT: %[[B0:.*]] = dagrt.matmul_step %[[X]], %[[V]] step 0 of 3 :
  // CHECK-NEXT: %[[X2:.*]] = dagrt.shift %[[X1]] dim 1 by 1
  // CHECK-NEXT: %[[A1:.*]] = dagrt.matmul_step %[[X1]], %[[W]] into %[[A0]] step 1 of 3
  // CHECK-NEXT: %[[B1:.*]] = dagrt.matmul_step %[[X1]], %[[V]] into %[[B0]] step 1 of 3
  // CHECK-NEXT: %[[A:.*]] = dagrt.matmul_step %[[X2]], %[[W]] into %[[A1]] step 2 of 3
  // CHECK-NEXT: %[[B:.*]] = dagrt.matmul_step %[[X2]], %[[V]] into %[[B1]] step 2 of 3
  // CHECK-NEXT: return %[[A]], %[[B]]
  %g = dagrt.all_gather %x dim 1 axes ["tp"] {dagrt.role = #dagrt.role<up, layer 1>, dagrt.cost = #dagrt.cost<7 ps, memory, modelled, for 0x100000001>}
    : tensor<3x2xf32, #x> -> tensor<3x5xf32, #xw>
  %a = dagrt.matmul %g, %w {dagrt.role = #dagrt.role<up, layer 1>, dagrt.cost = #dagrt.cost<7 ps, memory, modelled, for 0x100000001>}
    : tensor<3x5xf32, #xw>, tensor<5x3xf32, #w> -> tensor<3x3xf32, #h>
  %v = dagrt.parameter "v" : tensor<5x3xf32, #w>
  %b = dagrt.matmul %g, %v : tensor<3x5xf32, #xw>, tensor<5x3xf32, #w> -> tensor<3x3xf32, #h>
  return %a, %b : tensor<3x3xf32, #h>, tensor<3x3xf32, #h>
}

// Two sums travel in turn.
// RECV-LABEL: @scattered
// RECV: reduce_scatter
// RINGS-LABEL: @scattered
// RINGS-NOT: reduce_scatter
// REMARK: Decomposed {{.*}}'dagrt.reduce_scatter' and 1 matmuls become 3 steps each
// CHECK-LABEL: @scattered
func.func @scattered(%h: tensor<3x3xf32, #h>, %d: tensor<3x5xf32, #d>) -> tensor<3x2xf32, #x> {
  // CHECK-SAME: %[[H:.*]]: tensor<3x3xf32, {{.*}}>, %[[D:.*]]: tensor<3x5xf32
  // CHECK-NEXT: %[[S0:.*]] = dagrt.matmul_step %[[H]], %[[D]] step 0 of 3 {{.*}} -> tensor<3x2xf32, #dagrt.dist<@base, [_, "tp"+2], of [3, 5]>>
  // CHECK-NEXT: %[[M0:.*]] = dagrt.shift %[[S0]] dim 1 by -2 {{.*}} -> tensor<3x2xf32, #dagrt.dist<@base, [_, "tp"], of [3, 5]>>
  // CHECK-NEXT: %[[S1:.*]] = dagrt.matmul_step %[[H]], %[[D]] step 1 of 3 {{.*}} -> tensor<3x2xf32, #dagrt.dist<@base, [_, "tp"+1], of [3, 5]>>
  // CHECK-NEXT: %[[M1:.*]] = dagrt.shift %[[S1]] dim 1 by -1
  // CHECK-NEXT: %[[S2:.*]] = dagrt.matmul_step %[[H]], %[[D]] into %[[M0]] step 2 of 3
  // CHECK-NEXT: %[[Y:.*]] = dagrt.matmul_join %[[S2]], %[[M1]]
  // CHECK-NEXT: return %[[Y]]
  %p = dagrt.matmul %h, %d : tensor<3x3xf32, #h>, tensor<3x5xf32, #d> -> tensor<3x5xf32, #xp>
  %y = dagrt.reduce_scatter %p dim 1 axes ["tp"] : tensor<3x5xf32, #xp> -> tensor<3x2xf32, #x>
  return %y : tensor<3x2xf32, #x>
}

// RECV-LABEL: @arriving
// RECV: recv %{{.*}} dim 1 piece 2 of 3
// RINGS-LABEL: @arriving
// RINGS: recv
// RINGS-NOT: piece
// REMARK: Decomposed {{.*}}'dagrt.recv' and 1 matmuls become 3 steps each
// CHECK-LABEL: @arriving
func.func @arriving(%x: tensor<3x2xf32, #x>, %w: tensor<5x7xf32, #qw>) -> tensor<2x7xf32, #qh> {
  // CHECK: %[[M:.*]] = dagrt.send
  // CHECK-NEXT: %[[P0:.*]] = dagrt.recv %[[M]] dim 1 piece 0 of 3 {{.*}} -> tensor<2x2xf32, #dagrt.dist<@pool, ["sp", _], of [3, 2]>>
  // CHECK-NEXT: %[[S0:.*]] = dagrt.matmul_step %[[P0]], %{{.*}} piece 0 of 3
  // CHECK-NEXT: %[[P1:.*]] = dagrt.recv %[[M]] dim 1 piece 1 of 3
  // CHECK-NEXT: %[[S1:.*]] = dagrt.matmul_step %[[P1]], %{{.*}} into %[[S0]] piece 1 of 3
  // CHECK-NEXT: %[[P2:.*]] = dagrt.recv %[[M]] dim 1 piece 2 of 3 {{.*}} -> tensor<2x1xf32, #dagrt.dist<@pool, ["sp", _], of [3, 1]>>
  // CHECK-NEXT: %[[S2:.*]] = dagrt.matmul_step %[[P2]], %{{.*}} into %[[S1]] piece 2 of 3
  // CHECK-NEXT: return %[[S2]]
  %m = dagrt.send %x : tensor<3x2xf32, #x> -> !dagrt.message<tensor<2x5xf32, #q>>
  %g = dagrt.recv %m : !dagrt.message<tensor<2x5xf32, #q>>
  %y = dagrt.matmul %g, %w : tensor<2x5xf32, #q>, tensor<5x7xf32, #qw> -> tensor<2x7xf32, #qh>
  return %y : tensor<2x7xf32, #qh>
}

// REMARK: NotDecomposed {{.*}}'dagrt.all_gather' is not decomposed: 'dagrt.relu' needs all of it
// CHECK-LABEL: @needed_whole
func.func @needed_whole(%x: tensor<3x2xf32, #x>, %w: tensor<5x3xf32, #w>)
    -> (tensor<3x3xf32, #h>, tensor<3x5xf32, #xw>) {
  // CHECK: all_gather
  %g = dagrt.all_gather %x dim 1 axes ["tp"] : tensor<3x2xf32, #x> -> tensor<3x5xf32, #xw>
  %a = dagrt.matmul %g, %w : tensor<3x5xf32, #xw>, tensor<5x3xf32, #w> -> tensor<3x3xf32, #h>
  %r = dagrt.relu %g : tensor<3x5xf32, #xw>
  return %a, %r : tensor<3x3xf32, #h>, tensor<3x5xf32, #xw>
}

// REMARK: NotDecomposed {{.*}}'dagrt.reduce_scatter' is not decomposed: its operand is not a matmul
// CHECK-LABEL: @not_a_product
func.func @not_a_product(%p: tensor<3x5xf32, #xp>) -> tensor<3x2xf32, #x> {
  // CHECK: reduce_scatter
  %y = dagrt.reduce_scatter %p dim 1 axes ["tp"] : tensor<3x5xf32, #xp> -> tensor<3x2xf32, #x>
  return %y : tensor<3x2xf32, #x>
}

// REMARK: NotDecomposed {{.*}}'dagrt.recv' is not decomposed: what is sent is not sharded along its last dim
// CHECK-LABEL: @sent_by_tokens
func.func @sent_by_tokens(%x: tensor<1x5xf32, #t>, %w: tensor<5x7xf32, #qw>) -> tensor<2x7xf32, #qh> {
  %m = dagrt.send %x : tensor<1x5xf32, #t> -> !dagrt.message<tensor<2x5xf32, #q>>
  // CHECK: recv
  // CHECK-NOT: piece
  %g = dagrt.recv %m : !dagrt.message<tensor<2x5xf32, #q>>
  %y = dagrt.matmul %g, %w : tensor<2x5xf32, #q>, tensor<5x7xf32, #qw> -> tensor<2x7xf32, #qh>
  return %y : tensor<2x7xf32, #qh>
}

// A part of an axis makes no ring.
#half = #dagrt.dist<@four, [_, "tp":(1)2], of [3, 4]>
#whole = #dagrt.dist<@four, [_, _], of [3, 4]>
dagrt.mesh @four <"tp" = 4> devices [5, 6, 7, 8]
// REMARK: NotDecomposed {{.*}}'dagrt.all_gather' is not decomposed: its dim is not sharded over one full axis
// CHECK-LABEL: @part_of_an_axis
func.func @part_of_an_axis(%x: tensor<3x2xf32, #half>, %w: tensor<4x4xf32, #dagrt.dist<@four, [_, _], of [4, 4]>>)
    -> tensor<3x4xf32, #whole> {
  // CHECK: all_gather
  %g = dagrt.all_gather %x dim 1 axes ["tp":(1)2] : tensor<3x2xf32, #half> -> tensor<3x4xf32, #whole>
  %a = dagrt.matmul %g, %w : tensor<3x4xf32, #whole>, tensor<4x4xf32, #dagrt.dist<@four, [_, _], of [4, 4]>>
    -> tensor<3x4xf32, #whole>
  return %a : tensor<3x4xf32, #whole>
}

// A time that a person gave is for the op as it stands.
// REMARK: NotDecomposed {{.*}}'dagrt.all_gather' is not decomposed: its time was given
// CHECK-LABEL: @given_gather
func.func @given_gather(%x: tensor<3x2xf32, #x>, %w: tensor<5x3xf32, #w>) -> tensor<3x3xf32, #h> {
  // CHECK: all_gather {{.*}}#dagrt.cost<7 ps>
  %g = dagrt.all_gather %x dim 1 axes ["tp"] {dagrt.cost = #dagrt.cost<7 ps>}
    : tensor<3x2xf32, #x> -> tensor<3x5xf32, #xw>
  %a = dagrt.matmul %g, %w : tensor<3x5xf32, #xw>, tensor<5x3xf32, #w> -> tensor<3x3xf32, #h>
  return %a : tensor<3x3xf32, #h>
}

// REMARK: NotDecomposed {{.*}}'dagrt.all_gather' is not decomposed: the time of a matmul was given
// CHECK-LABEL: @given_product
func.func @given_product(%x: tensor<3x2xf32, #x>, %w: tensor<5x3xf32, #w>) -> tensor<3x3xf32, #h> {
  // CHECK: all_gather
  %g = dagrt.all_gather %x dim 1 axes ["tp"] : tensor<3x2xf32, #x> -> tensor<3x5xf32, #xw>
  // CHECK: dagrt.matmul {{.*}}#dagrt.cost<7 ps>
  %a = dagrt.matmul %g, %w {dagrt.cost = #dagrt.cost<7 ps>}
    : tensor<3x5xf32, #xw>, tensor<5x3xf32, #w> -> tensor<3x3xf32, #h>
  return %a : tensor<3x3xf32, #h>
}

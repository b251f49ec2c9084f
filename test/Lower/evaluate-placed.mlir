// Hand-written placed programs with sizes that do not divide, against their logical counterparts.
// RUN: dagrt-run %s --function=gather --compare %s --compare-function=identity | FileCheck %s
// RUN: dagrt-run %s --function=gather_part --compare %s --compare-function=identity | FileCheck %s
// RUN: dagrt-run %s --function=slice --compare %s --compare-function=identity | FileCheck %s
// RUN: dagrt-run %s --function=turn --compare %s --compare-function=identity | FileCheck %s
// RUN: dagrt-run %s --function=ring --compare %s --compare-function=identity | FileCheck %s
// RUN: dagrt-run %s --function=ring_back --compare %s --compare-function=identity | FileCheck %s
// RUN: dagrt-run %s --function=move --compare %s --compare-function=identity | FileCheck %s
// RUN: dagrt-run %s --function=share --compare %s --compare-function=identity | FileCheck %s
// RUN: dagrt-run %s --function=reduce --compare %s --compare-function=product | FileCheck %s
// RUN: dagrt-run %s --function=reduce_part --compare %s --compare-function=product | FileCheck %s
// RUN: dagrt-run %s --function=scatter --compare %s --compare-function=product | FileCheck %s
// RUN: dagrt-run %s --function=pending --compare %s --compare-function=product | FileCheck %s
// RUN: dagrt-run %s --function=lookup --compare %s --compare-function=logical_lookup | FileCheck %s
// RUN: dagrt-run %s --function=blocks --compare %s --compare-function=attention | FileCheck %s
// RUN: not dagrt-run %s --function=wrong_order --compare %s --compare-function=attention 2>&1 \
// RUN:   | FileCheck %s --check-prefix=WRONG
// RUN: dagrt-run %s --function=padding --print-outputs | FileCheck %s --check-prefix=PADDING
// CHECK: output #0: {{.*}}, error {{(0|[0-9.]+e-1[5-9])}}

dagrt.mesh @line <"a" = 4> devices [0, 1, 2, 3]
dagrt.mesh @pool <"sp" = 3> devices [4, 5, 6]
dagrt.mesh @grid <"dp" = 2, "tp" = 4> devices [10, 11, 12, 13, 14, 15, 16, 17]
dagrt.mesh @shared <"b" = 2> devices [3, 9]

!whole = tensor<5x7xf32>
func.func @identity(%x: !whole) -> !whole {
  return %x : !whole
}

// Five rows over four devices: 2, 2, 1 and none.
!rows = tensor<2x7xf32, #dagrt.dist<@line, ["a", _], of [5, 7]>>
!replicated = tensor<5x7xf32, #dagrt.dist<@line, [_, _], of [5, 7]>>
func.func @gather(%x: !rows) -> !replicated {
  %y = dagrt.all_gather %x dim 0 axes ["a"] : !rows -> !replicated
  return %y : !replicated
}

// The last axes of a dim that is sharded over more: groups of two devices, in two rows of the mesh.
!eighths = tensor<5x1xf32, #dagrt.dist<@grid, [_, {"dp", "tp"}], of [5, 7]>>
!quarters = tensor<5x2xf32, #dagrt.dist<@grid, [_, {"dp", "tp":(1)2}], of [5, 7]>>
!halves = tensor<5x4xf32, #dagrt.dist<@grid, [_, "dp"], of [5, 7]>>
func.func @gather_part(%x: !eighths) -> !halves {
  %y = dagrt.all_gather %x dim 1 axes ["tp":(2)2] : !eighths -> !quarters
  %z = dagrt.all_gather %y dim 1 axes ["tp":(1)2] : !quarters -> !halves
  return %z : !halves
}

func.func @slice(%x: !replicated) -> !rows {
  %y = dagrt.all_slice %x dim 0 axes ["a"] : !replicated -> !rows
  return %y : !rows
}

!columns = tensor<5x2xf32, #dagrt.dist<@line, [_, "a"], of [5, 7]>>
func.func @turn(%x: !rows) -> !columns {
  %y = dagrt.all_to_all %x gather 0 scatter 1 axes ["a"] : !rows -> !columns
  return %y : !columns
}

// Who holds which shard moves on; the value stays.
!rows1 = tensor<2x7xf32, #dagrt.dist<@line, ["a"+1, _], of [5, 7]>>
!rows3 = tensor<2x7xf32, #dagrt.dist<@line, ["a"+3, _], of [5, 7]>>
func.func @ring(%x: !rows) -> !replicated {
  %y = dagrt.shift %x dim 0 by 1 : !rows -> !rows1
  %z = dagrt.all_gather %y dim 0 axes ["a"+1] : !rows1 -> !replicated
  return %z : !replicated
}
func.func @ring_back(%x: !rows) -> !rows3 {
  %y = dagrt.shift %x dim 0 by -1 : !rows -> !rows3
  return %y : !rows3
}

// Rows of four devices become columns of three, and come back as rows of eight replicated twice.
!thirds = tensor<5x3xf32, #dagrt.dist<@pool, [_, "sp"], of [5, 7]>>
!twice = tensor<2x7xf32, #dagrt.dist<@grid, ["tp", _], of [5, 7]>>
func.func @move(%x: !rows) -> !twice {
  %m = dagrt.send %x : !rows -> !dagrt.message<!thirds>
  %y = dagrt.recv %m : !dagrt.message<!thirds>
  %n = dagrt.send %y : !thirds -> !dagrt.message<!twice>
  %z = dagrt.recv %n : !dagrt.message<!twice>
  return %z : !twice
}

// Replicas share the sending, and a device of both meshes serves itself.
!other = tensor<3x7xf32, #dagrt.dist<@shared, ["b", _], of [5, 7]>>
func.func @share(%x: !replicated) -> !other {
  %m = dagrt.send %x : !replicated -> !dagrt.message<!other>
  %y = dagrt.recv %m : !dagrt.message<!other>
  return %y : !other
}

!out = tensor<5x6xf32>
func.func @product(%x: !whole) -> !out {
  %w = dagrt.parameter "w" fan_in 7 : tensor<7x6xf32>
  %y = dagrt.matmul %x, %w : !whole, tensor<7x6xf32> -> !out
  return %y : !out
}

!weight = tensor<2x6xf32, #dagrt.dist<@line, ["a", _], of [7, 6]>>
!partial = tensor<5x6xf32, #dagrt.dist<@line, [_, _], of [5, 6], partial ["a"]>>
!sum = tensor<5x6xf32, #dagrt.dist<@line, [_, _], of [5, 6]>>
func.func @reduce(%x: !columns) -> !sum {
  %w = dagrt.parameter "w" fan_in 7 : !weight
  %y = dagrt.matmul %x, %w : !columns, !weight -> !partial
  %z = dagrt.all_reduce %y axes ["a"] : !partial -> !sum
  return %z : !sum
}

// One part of a sum after the other, and each row of the mesh on its own.
!gridx = tensor<3x2xf32, #dagrt.dist<@grid, ["dp", "tp"], of [5, 7]>>
!gridw = tensor<2x6xf32, #dagrt.dist<@grid, ["tp", _], of [7, 6]>>
!grid4 = tensor<3x6xf32, #dagrt.dist<@grid, ["dp", _], of [5, 6], partial ["tp"]>>
!grid2 = tensor<3x6xf32, #dagrt.dist<@grid, ["dp", _], of [5, 6], partial ["tp":(1)2]>>
!grid1 = tensor<3x3xf32, #dagrt.dist<@grid, ["dp", "tp":(1)2], of [5, 6]>>
func.func @reduce_part(%x: !gridx) -> !grid1 {
  %w = dagrt.parameter "w" fan_in 7 : !gridw
  %y = dagrt.matmul %x, %w : !gridx, !gridw -> !grid4
  %z = dagrt.all_reduce %y axes ["tp":(2)2] : !grid4 -> !grid2
  %s = dagrt.reduce_scatter %z dim 1 axes ["tp":(1)2] : !grid2 -> !grid1
  return %s : !grid1
}

!summed_rows = tensor<2x6xf32, #dagrt.dist<@line, ["a", _], of [5, 6]>>
func.func @scatter(%x: !columns) -> !summed_rows {
  %w = dagrt.parameter "w" fan_in 7 : !weight
  %y = dagrt.matmul %x, %w : !columns, !weight -> !partial
  %z = dagrt.reduce_scatter %y dim 0 axes ["a"] : !partial -> !summed_rows
  return %z : !summed_rows
}

// A sum that the function returns before it is reduced.
func.func @pending(%x: !columns) -> !partial {
  %w = dagrt.parameter "w" fan_in 7 : !weight
  %y = dagrt.matmul %x, %w : !columns, !weight -> !partial
  return %y : !partial
}

func.func @logical_lookup(%ids: tensor<9xi32>) -> tensor<9x2xf32> {
  %table = dagrt.parameter "table" : tensor<5x2xf32>
  %x = dagrt.embedding %ids, %table : tensor<9xi32>, tensor<5x2xf32> -> tensor<9x2xf32>
  return %x : tensor<9x2xf32>
}

// Each device looks up the ids of its own rows.
!ids = tensor<9xi32, #dagrt.dist<@line, [_], of [9]>>
!table = tensor<2x2xf32, #dagrt.dist<@line, ["a", _], of [5, 2]>>
!number = tensor<1xi32, #dagrt.dist<@line, ["a"], of [4]>>
!found = tensor<9x2xf32, #dagrt.dist<@line, [_, _], of [9, 2], partial ["a"]>>
!looked_up = tensor<9x2xf32, #dagrt.dist<@line, [_, _], of [9, 2]>>
func.func @lookup(%ids: !ids) -> !looked_up {
  %table = dagrt.parameter "table" : !table
  %shard = dagrt.axis_index : !number
  %x = dagrt.embedding %ids, %table shard %shard : !ids, !table, !number -> !found
  %y = dagrt.all_reduce %x axes ["a"] : !found -> !looked_up
  return %y : !looked_up
}

!heads = tensor<1x7x2x2x4xf32>
!keys = tensor<1x7x2x4xf32>
func.func @attention(%q: !heads, %k: !keys) -> !heads {
  %p = dagrt.positions : tensor<7xi32>
  %r = dagrt.rope %q, %p <theta 100.0, dims 4> : !heads, tensor<7xi32>
  %y = dagrt.attention %r, %k, %k positions %p, %p causal scale 0.5
    : !heads, !keys, !keys, tensor<7xi32>, tensor<7xi32> -> !heads
  return %y : !heads
}

// Zigzag blocks of the queries: 7 tokens over 3 devices, with 2 of padding at the end.
!aheads = tensor<1x7x2x2x4xf32, #dagrt.dist<@pool, [_, _, _, _, _], of [1, 7, 2, 2, 4]>>
!akeys = tensor<1x7x2x4xf32, #dagrt.dist<@pool, [_, _, _, _], of [1, 7, 2, 4]>>
!block = tensor<1x3x2x2x4xf32, #dagrt.dist<@pool, [_, "sp", _, _, _], of [1, 7, 2, 2, 4]>>
!qpos = tensor<3xi32, #dagrt.dist<@pool, ["sp"], of [7]>>
!kpos = tensor<7xi32, #dagrt.dist<@pool, [_], of [7]>>
func.func @blocks(%q: !aheads, %k: !akeys) -> !aheads {
  %z = dagrt.reorder %q dim 1 order zigzag<3> : !aheads
  %kz = dagrt.reorder %k dim 1 order zigzag<3> : !akeys
  %qp = dagrt.positions order zigzag<3> : !qpos
  %kp = dagrt.positions order zigzag<3> : !kpos
  %b = dagrt.all_slice %z dim 1 axes ["sp"] : !aheads -> !block
  %r = dagrt.rope %b, %qp <theta 100.0, dims 4> : !block, !qpos
  %y = dagrt.attention %r, %kz, %kz positions %qp, %kp causal scale 0.5
    : !block, !akeys, !akeys, !qpos, !kpos -> !block
  %g = dagrt.all_gather %y dim 1 axes ["sp"] : !block -> !aheads
  %o = dagrt.reorder %g dim 1 order zigzag<3> inverse : !aheads
  return %o : !aheads
}

// The same with the positions of tokens in their first order: the masks are wrong.
// WRONG: dagrt-run: error: expects output #0 within 1.00e-09, got {{[0-9.]+}}e{{[-+]0[01]}} at [
func.func @wrong_order(%q: !aheads, %k: !akeys) -> !aheads {
  %z = dagrt.reorder %q dim 1 order zigzag<3> : !aheads
  %kz = dagrt.reorder %k dim 1 order zigzag<3> : !akeys
  %qp = dagrt.positions : !qpos
  %kp = dagrt.positions : !kpos
  %b = dagrt.all_slice %z dim 1 axes ["sp"] : !aheads -> !block
  %r = dagrt.rope %b, %qp <theta 100.0, dims 4> : !block, !qpos
  %y = dagrt.attention %r, %kz, %kz positions %qp, %kp causal scale 0.5
    : !block, !akeys, !akeys, !qpos, !kpos -> !block
  %g = dagrt.all_gather %y dim 1 axes ["sp"] : !block -> !aheads
  %o = dagrt.reorder %g dim 1 order zigzag<3> inverse : !aheads
  return %o : !aheads
}

// A constant fills padding, too, but the sixth element of five in two shards counts as
// zero in the sum.
// PADDING: [0]: 10
!padx = tensor<1x3xf32, #dagrt.dist<@shared, [_, "b"], of [1, 5]>>
!padw = tensor<3x1xf32, #dagrt.dist<@shared, ["b", _], of [5, 1]>>
!pady = tensor<1x1xf32, #dagrt.dist<@shared, [_, _], of [1, 1], partial ["b"]>>
func.func @padding() -> !pady {
  %x = arith.constant dense<2.0> : !padx
  %w = arith.constant dense<1.0> : !padw
  %y = dagrt.matmul %x, %w : !padx, !padw -> !pady
  return %y : !pady
}

// RUN: dagrt-opt %s --annotate-cost=model=roofline --split-input-file | FileCheck %s
// RUN: dagrt-opt %s --annotate-cost=model=roofline --split-input-file --remarks-filter='.*' \
// RUN:   --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

!row = tensor<1x4096x4096xbf16, #dagrt.dist<@base, [_, _, _], of [1, 4096, 4096]>>
!term = tensor<1x4096x4096xbf16,
  #dagrt.dist<@base, [_, _, _], of [1, 4096, 4096], partial ["tp"]>>

// REMARK: MeshPlacement {{.*}}mesh '@base' lies on node 0 of 'dgx-h100', devices 0-7
dagrt.mesh @base <"tp" = 8> devices [0, 1, 2, 3, 4, 5, 6, 7]

// The switch reduces: each rank sends 33554432 bytes once and its own eighth twice, at 450 GB/s. Two
// equal ops are one remark.
// CHECK-LABEL: @all_reduce
// CHECK-COUNT-2: dagrt.all_reduce {{.*}}dagrt.cost = #dagrt.cost<83886080 ps, link, modelled{{[,>]}}
// REMARK: CollectiveAlgorithm {{.*}}2 x all_reduce of 33.55 MB over 8 devices of mesh '@base':
// REMARK-SAME: on nvlink, 83.886 us
// REMARK-NOT: CollectiveAlgorithm
// REMARK: CostTotals {{.*}}2 ops costed for 'dgx-h100', 1 of them distinct
func.func @all_reduce(%x: !term, %y: !term) -> (!row, !row) {
  %a = dagrt.all_reduce %x axes ["tp"] : !term -> !row
  %b = dagrt.all_reduce %y axes ["tp"] : !term -> !row
  return %a, %b : !row, !row
}

// -----

!part = tensor<1x1024x64xbf16, #dagrt.dist<@base, [_, "tp", _], of [1, 8192, 64]>>
!block = tensor<1x1639x64xbf16, #dagrt.dist<@pool, [_, "sp", _], of [1, 8192, 64]>>

dagrt.mesh @base <"tp" = 8> devices [0, 1, 2, 3, 4, 5, 6, 7]
// REMARK: MeshPlacement {{.*}}mesh '@pool' lies on node 1 of 'dgx-h100', devices 8-12
dagrt.mesh @pool <"sp" = 5> devices [8, 9, 10, 11, 12]

// Device 8 receives 1639 rows of 128 bytes, more than any device sends: 209792 / 50 GB/s.
// A message that has arrived takes no time.
// CHECK-LABEL: @send
// CHECK: dagrt.send {{.*}}dagrt.cost = #dagrt.cost<4195840 ps, link, modelled{{[,>]}}
// CHECK-NOT: dagrt.cost
// REMARK: CollectiveAlgorithm {{.*}}1 x send of 1.049 MB from '@base' to '@pool': on network,
// REMARK-SAME: 4.196 us
func.func @send(%x: !part) -> !block {
  %m = dagrt.send %x : !part -> !dagrt.message<!block>
  %y = dagrt.recv %m : !dagrt.message<!block>
  return %y : !block
}

// -----

!whole = tensor<8x8xf32, #dagrt.dist<@grid, [_, _], of [8, 8]>>
!cut = tensor<2x8xf32, #dagrt.dist<@grid, ["tp", _], of [8, 8]>>

// REMARK: MeshPlacement {{.*}}mesh '@grid' lies on nodes 0-1 of 'dgx-h100', devices 0-3, 8-11
dagrt.mesh @grid <"dp" = 2, "tp" = 4> devices [0, 1, 2, 3, 8, 9, 10, 11]

// Groups along "tp" stay inside their nodes: 3 / 4 of 256 bytes at 450 GB/s.
// CHECK-LABEL: @groups_inside_nodes
// CHECK: dagrt.all_gather {{.*}}dagrt.cost = #dagrt.cost<427 ps, link, modelled{{[,>]}}
func.func @groups_inside_nodes(%x: !cut) -> !whole {
  %y = dagrt.all_gather %x dim 0 axes ["tp"] : !cut -> !whole
  return %y : !whole
}

// -----

!whole = tensor<8x8xf32, #dagrt.dist<@grid, [_, _], of [8, 8]>>
!cut = tensor<4x8xf32, #dagrt.dist<@grid, ["dp", _], of [8, 8]>>

dagrt.mesh @grid <"dp" = 2, "tp" = 4> devices [0, 1, 2, 3, 8, 9, 10, 11]

// Groups along "dp" are pairs across nodes: half of 256 bytes at 50 GB/s.
// CHECK-LABEL: @groups_across_nodes
// CHECK: dagrt.all_gather {{.*}}dagrt.cost = #dagrt.cost<2560 ps, link, modelled{{[,>]}}
func.func @groups_across_nodes(%x: !cut) -> !whole {
  %y = dagrt.all_gather %x dim 0 axes ["dp"] : !cut -> !whole
  return %y : !whole
}

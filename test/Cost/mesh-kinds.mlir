// RUN: dagrt-opt %s --annotate-cost --split-input-file | FileCheck %s
// RUN: dagrt-opt %s --annotate-cost --split-input-file --remarks-filter='.*' \
// RUN:   --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// Costs of equal ops are asked once for all meshes that lie alike on their nodes, and each op has
// the cost that it has where its meshes are the only ones: every cost of the first module, with the
// fingerprint of its own devices, stands in one of those after it. Meshes @a and @b are nodes 0 and
// 2, @c is halves of nodes 3 and 4, and @d follows @c on the half of node 4 that is left.

!ax = tensor<1024x1024xbf16, #dagrt.dist<@a, [_, _], of [1024, 1024]>>
!bx = tensor<1024x1024xbf16, #dagrt.dist<@b, [_, _], of [1024, 1024]>>
!cx = tensor<1024x1024xbf16, #dagrt.dist<@c, [_, _], of [1024, 1024]>>
!dx = tensor<1024x1024xbf16, #dagrt.dist<@d, [_, _], of [1024, 1024]>>
!ap = tensor<1024x1024xbf16, #dagrt.dist<@a, [_, _], of [1024, 1024], partial ["tp"]>>
!bp = tensor<1024x1024xbf16, #dagrt.dist<@b, [_, _], of [1024, 1024], partial ["tp"]>>
!cp = tensor<1024x1024xbf16, #dagrt.dist<@c, [_, _], of [1024, 1024], partial ["tp"]>>
dagrt.mesh @a <"tp" = 8> devices [0, 1, 2, 3, 4, 5, 6, 7]
dagrt.mesh @b <"tp" = 8> devices [16, 17, 18, 19, 20, 21, 22, 23]
dagrt.mesh @c <"tp" = 8> devices [28, 29, 30, 31, 32, 33, 34, 35]
dagrt.mesh @d <"tp" = 4> devices [36, 37, 38, 39]
// CHECK-LABEL: @all
// CHECK: dagrt.all_reduce {{.*}}dagrt.cost = #dagrt.cost<[[$NODE:[0-9]+ ps, [a-z]+, [a-z]+, "[^"]+"]], [[$A:[^>]*]]>
// CHECK: dagrt.silu {{.*}}dagrt.cost = #dagrt.cost<[[$SILU:[^>]*]]>
// CHECK: dagrt.send {{.*}}dagrt.cost = #dagrt.cost<[[$AB:[^>]*]]>
// CHECK: dagrt.all_reduce {{.*}}dagrt.cost = #dagrt.cost<[[$NODE]], [[$B:[^>]*]]>
// CHECK: dagrt.silu {{.*}}dagrt.cost = #dagrt.cost<[[$SILU]]>
// CHECK: dagrt.send {{.*}}dagrt.cost = #dagrt.cost<[[$BC:[^>]*]]>
// CHECK-NOT: dagrt.cost<[[$NODE]]
// CHECK: dagrt.all_reduce {{.*}}dagrt.cost = #dagrt.cost<[[$C:[^>]*]]>
// CHECK: dagrt.silu {{.*}}dagrt.cost = #dagrt.cost<[[$SILU]]>
// CHECK: dagrt.send {{.*}}dagrt.cost = #dagrt.cost<[[$CD:[^>]*]]>
// REMARK: 1 x all_reduce of 2.097 MB over 8 devices of mesh '@a'
// REMARK: 1 x send of 16.78 MB from '@a' to '@b'
// REMARK: 1 x all_reduce of 2.097 MB over 8 devices of mesh '@b'
// REMARK: 1 x send of 16.78 MB from '@b' to '@c'
// REMARK: 1 x all_reduce of 2.097 MB over 8 devices of mesh '@c'
// REMARK: 1 x send of 8.389 MB from '@c' to '@d'
func.func @all(%a: !ap, %b: !bp, %c: !cp) -> (!bx, !cx, !dx) {
  %ra = dagrt.all_reduce %a axes ["tp"] : !ap -> !ax
  %sa = dagrt.silu %ra : !ax
  %ma = dagrt.send %sa : !ax -> !dagrt.message<!bx>
  %da = dagrt.recv %ma : !dagrt.message<!bx>
  %rb = dagrt.all_reduce %b axes ["tp"] : !bp -> !bx
  %sb = dagrt.silu %rb : !bx
  %mb = dagrt.send %sb : !bx -> !dagrt.message<!cx>
  %db = dagrt.recv %mb : !dagrt.message<!cx>
  %rc = dagrt.all_reduce %c axes ["tp"] : !cp -> !cx
  %sc = dagrt.silu %rc : !cx
  %mc = dagrt.send %sc : !cx -> !dagrt.message<!dx>
  %dc = dagrt.recv %mc : !dagrt.message<!dx>
  return %da, %db, %dc : !bx, !cx, !dx
}

// -----

!ax = tensor<1024x1024xbf16, #dagrt.dist<@a, [_, _], of [1024, 1024]>>
!bx = tensor<1024x1024xbf16, #dagrt.dist<@b, [_, _], of [1024, 1024]>>
!ap = tensor<1024x1024xbf16, #dagrt.dist<@a, [_, _], of [1024, 1024], partial ["tp"]>>
dagrt.mesh @a <"tp" = 8> devices [0, 1, 2, 3, 4, 5, 6, 7]
dagrt.mesh @b <"tp" = 8> devices [16, 17, 18, 19, 20, 21, 22, 23]
// CHECK-LABEL: @first
// CHECK: dagrt.all_reduce {{.*}}dagrt.cost = #dagrt.cost<[[$NODE]], [[$A]]>
// CHECK: dagrt.send {{.*}}dagrt.cost = #dagrt.cost<[[$AB]]>
func.func @first(%a: !ap) -> !bx {
  %ra = dagrt.all_reduce %a axes ["tp"] : !ap -> !ax
  %ma = dagrt.send %ra : !ax -> !dagrt.message<!bx>
  %da = dagrt.recv %ma : !dagrt.message<!bx>
  return %da : !bx
}

// -----

!bx = tensor<1024x1024xbf16, #dagrt.dist<@b, [_, _], of [1024, 1024]>>
!cx = tensor<1024x1024xbf16, #dagrt.dist<@c, [_, _], of [1024, 1024]>>
!bp = tensor<1024x1024xbf16, #dagrt.dist<@b, [_, _], of [1024, 1024], partial ["tp"]>>
dagrt.mesh @b <"tp" = 8> devices [16, 17, 18, 19, 20, 21, 22, 23]
dagrt.mesh @c <"tp" = 8> devices [28, 29, 30, 31, 32, 33, 34, 35]
// CHECK-LABEL: @second
// CHECK: dagrt.all_reduce {{.*}}dagrt.cost = #dagrt.cost<[[$NODE]], [[$B]]>
// CHECK: dagrt.send {{.*}}dagrt.cost = #dagrt.cost<[[$BC]]>
func.func @second(%b: !bp) -> !cx {
  %rb = dagrt.all_reduce %b axes ["tp"] : !bp -> !bx
  %mb = dagrt.send %rb : !bx -> !dagrt.message<!cx>
  %db = dagrt.recv %mb : !dagrt.message<!cx>
  return %db : !cx
}

// -----

!cx = tensor<1024x1024xbf16, #dagrt.dist<@c, [_, _], of [1024, 1024]>>
!dx = tensor<1024x1024xbf16, #dagrt.dist<@d, [_, _], of [1024, 1024]>>
!cp = tensor<1024x1024xbf16, #dagrt.dist<@c, [_, _], of [1024, 1024], partial ["tp"]>>
dagrt.mesh @c <"tp" = 8> devices [28, 29, 30, 31, 32, 33, 34, 35]
dagrt.mesh @d <"tp" = 4> devices [36, 37, 38, 39]
// CHECK-LABEL: @third
// CHECK: dagrt.all_reduce {{.*}}dagrt.cost = #dagrt.cost<[[$C]]>
// CHECK: dagrt.send {{.*}}dagrt.cost = #dagrt.cost<[[$CD]]>
func.func @third(%c: !cp) -> !dx {
  %rc = dagrt.all_reduce %c axes ["tp"] : !cp -> !cx
  %mc = dagrt.send %rc : !cx -> !dagrt.message<!dx>
  %dc = dagrt.recv %mc : !dagrt.message<!dx>
  return %dc : !dx
}

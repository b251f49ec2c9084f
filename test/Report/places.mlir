// RUN: dagrt-opt %s --critical-path -o /dev/null 2>&1 | FileCheck %s

// The report says where meshes lie, and what does not fit: weights of 34.36 GB, %x and %y.
// CHECK: , does NOT fit in memory, on {{.*}} of cluster one-l4, by the costs given{{$}}
// CHECK: mesh devices
// CHECK: nodes: small on 0, big on 1, 2
// CHECK-NEXT: memory of small: 64 B of 24.00 GB at 0, fits; weights 0 B, argument #1 32 B, silu@small 32 B
// CHECK-NEXT: memory of big: 34.37 GB of 24.00 GB at 0, does NOT fit{{$}}
// CHECK-NEXT: weights 34.36 GB, argument #0 4.194 MB, matmul@big 2.097 MB
#l4 = #dagrt.device<"l4", {memory_gb = 24.0}>
dagrt.mesh @small <"x" = 2> devices [0, 1]
dagrt.mesh @big <"x" = 2> devices [3, 4]

!x = tensor<8x131072xf32, #dagrt.dist<@big, [_, _], of [8, 131072]>>
!w = tensor<131072x65536xf32, #dagrt.dist<@big, [_, _], of [131072, 65536]>>
!y = tensor<8x65536xf32, #dagrt.dist<@big, [_, _], of [8, 65536]>>
!s = tensor<8xf32, #dagrt.dist<@small, [_], of [8]>>

func.func @f(%x: !x, %s: !s) -> !y
    attributes {dagrt.cluster = #dagrt.cluster<"one-l4", 8 nodes of 2, #l4, links {}>} {
  %t = dagrt.silu %s {dagrt.cost = #dagrt.cost<1 ps>} : !s
  %w = dagrt.parameter "w" : !w
  %y = dagrt.matmul %x, %w {dagrt.cost = #dagrt.cost<1 ps>} : !x, !w -> !y
  return %y : !y
}

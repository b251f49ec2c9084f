// RUN: dagrt-opt %S/Inputs/one-layer.mlir --partition-fa-pool="tp=4 pool=3" | FileCheck %s --check-prefixes=CHECK,BLOCK
// RUN: dagrt-opt %S/Inputs/one-layer.mlir --partition-fa-pool="tp=4 pool=3 layout=megatron" \
// RUN:   | FileCheck %s --check-prefixes=CHECK,MEGATRON
// RUN: dagrt-opt %S/Inputs/one-layer.mlir --partition-fa-pool="tp=4 pool=3 cut=core" \
// RUN:   | FileCheck %s --check-prefixes=CHECK,CORE
// RUN: dagrt-opt %S/Inputs/one-layer.mlir --partition-fa-pool="tp=4 pool=3 blocks=contiguous" \
// RUN:   | FileCheck %s --check-prefix=CONTIGUOUS
// RUN: dagrt-opt %S/Inputs/one-layer.mlir --partition-fa-pool="tp=4 pool=1" \
// RUN:   | FileCheck %s --check-prefix=CONTIGUOUS

// CHECK: dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]
// CHECK: dagrt.mesh @pool <"sp" = 3> devices [4, 5, 6]

// The tokens are permuted once, where they come in; positions carry their order.
// CHECK: dagrt.reorder %{{.*}} dim 1 order zigzag<3>
// CHECK: dagrt.embedding

// cut=block: normed activations travel to the owners of the blocks; weights are replicated in the pool.
// BLOCK: %[[N:.*]] = dagrt.rms_norm {{.*}}role<norm.attention, layer 0>
// BLOCK: dagrt.send %[[N]]
// BLOCK-SAME: #dagrt.dist<@base, [_, "tp", _], of [1, 7, 6]>> -> <tensor<1x3x6xf32, #dagrt.dist<@pool, [_, "sp", _], of [1, 7, 6]>>>
// BLOCK: dagrt.parameter "wq" : tensor<6x2x3x4xf32, #dagrt.dist<@pool, [_, _, _, _], of [6, 2, 3, 4]>>
// BLOCK: dagrt.positions order zigzag<3> {{.*}}: tensor<3xi32, #dagrt.dist<@pool, ["sp"], of [7]>>
// BLOCK: dagrt.all_gather {{.*}} dim 1 axes ["sp"] {dagrt.role = #dagrt.role<attention.core, layer 0>}
// BLOCK: dagrt.all_gather {{.*}} dim 1 axes ["sp"] {dagrt.role = #dagrt.role<attention.core, layer 0>}
// BLOCK: dagrt.attention
// BLOCK: %[[O:.*]] = dagrt.matmul {{.*}}role<attention.output, layer 0>
// BLOCK: dagrt.send %[[O]]
// BLOCK-SAME: -> <tensor<1x2x6xf32, #dagrt.dist<@base, [_, "tp", _], of [1, 7, 6]>>>

// Replicated activations come back sharded along hidden, and are gathered on the base.
// MEGATRON: dagrt.send
// MEGATRON-SAME: -> <tensor<1x3x6xf32, #dagrt.dist<@pool, [_, "sp", _], of [1, 7, 6]>>>
// MEGATRON: dagrt.attention
// MEGATRON: dagrt.send
// MEGATRON-SAME: -> <tensor<1x7x2xf32, #dagrt.dist<@base, [_, _, "tp"], of [1, 7, 6]>>>
// MEGATRON: dagrt.all_gather {{.*}} dim 2 axes ["tp"]

// cut=core: queries, keys and values travel, sharded by heads where they are made and by tokens where
// they arrive; the context comes back as the row-parallel operand, with no gather.
// CORE-COUNT-3: -> <tensor<{{.*}}#dagrt.dist<@pool, [_, "sp"
// CORE: dagrt.attention
// CORE: %[[M:.*]] = dagrt.send
// CORE-SAME: -> <tensor<1x7x1x2x4xf32, #dagrt.dist<@base, [_, _, "tp":(1)2, "tp":(2)2, _], of [1, 7, 2, 3, 4]>>>
// CORE: %[[C:.*]] = dagrt.recv %[[M]]
// CORE: dagrt.matmul %[[C]], %{{.*}} contract 3

// The last of 7 tokens stands at 2 in the order 0 1 | 6 | 2 | 5 | 3 | 4.
// CHECK: dagrt.slice %{{.*}} dim 1 offset 2

// CONTIGUOUS-NOT: zigzag
// CONTIGUOUS: dagrt.slice %{{.*}} dim 1 offset 6

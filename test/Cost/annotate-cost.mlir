// RUN: dagrt-opt %s --annotate-cost=model=roofline --split-input-file | FileCheck %s

// 4096 x 4096 bf16 elements are read and written: 2 * 33.55 MB / 3.35 TB/s = 20.03 us.
// CHECK-LABEL: @memory_bound
// CHECK-SAME: dagrt.cluster = #dagrt.cluster<"dgx-h100", 32 nodes of 8, <"h100-sxm"
// CHECK: dagrt.silu {{.*}}dagrt.cost = #dagrt.cost<20032497 ps, memory, modelled{{[,>]}}
func.func @memory_bound(%x: tensor<4096x4096xbf16>) -> tensor<4096x4096xbf16> {
  %y = dagrt.silu %x : tensor<4096x4096xbf16>
  return %y : tensor<4096x4096xbf16>
}

// -----

// 2 * 8192^3 FLOPs / 989 TFLOP/s = 1111.7 us.
// CHECK-LABEL: @compute_bound
// CHECK: dagrt.matmul {{.*}}dagrt.cost = #dagrt.cost<1111740776 ps, compute, modelled{{[,>]}}
func.func @compute_bound(%x: tensor<8192x8192xbf16>) -> tensor<8192x8192xbf16> {
  %y = dagrt.matmul %x, %x
    : tensor<8192x8192xbf16>, tensor<8192x8192xbf16> -> tensor<8192x8192xbf16>
  return %y : tensor<8192x8192xbf16>
}

// -----

// CHECK-LABEL: @parameters_take_no_time
// CHECK: dagrt.parameter "w" : tensor<64x64xf32>
func.func @parameters_take_no_time() -> tensor<64x64xf32> {
  %w = dagrt.parameter "w" : tensor<64x64xf32>
  return %w : tensor<64x64xf32>
}

// -----

// CHECK-LABEL: @keeps_given_cost
// CHECK: dagrt.silu {{.*}}dagrt.cost = #dagrt.cost<7 ps{{[,>]}}
// CHECK: dagrt.silu {{.*}}dagrt.cost = #dagrt.cost<10 ps, memory, modelled{{[,>]}}
func.func @keeps_given_cost(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<7 ps>} : tensor<4xf32>
  %z = dagrt.silu %y : tensor<4xf32>
  return %z : tensor<4xf32>
}

// -----

// A function whose costs are all given was not costed for a cluster.
// CHECK-LABEL: @names_no_cluster_it_did_not_use
// CHECK-NOT: dagrt.cluster
func.func @names_no_cluster_it_did_not_use(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<7 ps>} : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// A decode step with a window of 1024 of 8192 keys: 32 query heads, 8 key heads of 128, values of 64. Queries,
// keys, values and the result are (32 + 1024 * 8) * (128 + 64) elements of bf16 at 3.35 TB/s; positions are known to
// the kernel.
// CHECK-LABEL: @attention_of_a_window
// CHECK: dagrt.attention {{.*}}dagrt.cost = #dagrt.cost<942691 ps, memory, modelled{{[,>]}}
func.func @attention_of_a_window(%q: tensor<1x1x8x4x128xbf16>, %k: tensor<1x8192x8x128xbf16>,
    %v: tensor<1x8192x8x64xbf16>) -> tensor<1x1x8x4x64xbf16> {
  %p = dagrt.positions first 8191 : tensor<1xi32>
  %r = dagrt.positions : tensor<8192xi32>
  %y = dagrt.attention %q, %k, %v positions %p, %r causal window 1024 scale 1.0
    : tensor<1x1x8x4x128xbf16>, tensor<1x8192x8x128xbf16>, tensor<1x8192x8x64xbf16>, tensor<1xi32>,
      tensor<8192xi32> -> tensor<1x1x8x4x64xbf16>
  return %y : tensor<1x1x8x4x64xbf16>
}

// -----

// One query a head over a latent cache, whose first 512 of 576 elements are the values: the cache is read once.
// (128 * (576 + 512) + 8192 * 576) elements of bf16 at 3.35 TB/s.
// CHECK-LABEL: @latent_attention
// CHECK: dagrt.attention {{.*}} value_dims 512 {{.*}}dagrt.cost = #dagrt.cost<2900213 ps, memory, modelled{{[,>]}}
func.func @latent_attention(%q: tensor<1x1x1x128x576xbf16>, %kv: tensor<1x8192x1x576xbf16>)
    -> tensor<1x1x1x128x512xbf16> {
  %y = dagrt.attention %q, %kv value_dims 512 scale 1.0
    : tensor<1x1x1x128x576xbf16>, tensor<1x8192x1x576xbf16> -> tensor<1x1x1x128x512xbf16>
  return %y : tensor<1x1x1x128x512xbf16>
}

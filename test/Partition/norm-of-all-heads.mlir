// RUN: dagrt-opt %s --partition-tp-pp="tp=6 pp=1" --verify-placement | FileCheck %s
// RUN: dagrt-opt %s --partition-tp-pp="tp=6 pp=1 layout=sequence-parallel" --verify-placement \
// RUN:   | FileCheck %s
// RUN: dagrt-opt %s --partition-fa-pool="tp=6 pool=2 cut=core layout=megatron" --verify-placement \
// RUN:   | FileCheck %s
// RUN: dagrt-opt %s --partition-tp-pp="tp=6 pp=1 layout=hidden" --verify-placement \
// RUN:   | FileCheck %s --check-prefix=WHOLE
// RUN: dagrt-opt %s --partition-fa-pool="tp=6 pool=2 layout=megatron" --verify-placement \
// RUN:   | FileCheck %s --check-prefix=WHOLE

// A norm of all heads of a token, on devices that each hold some of them: 2 groups of 5 queries over
// 6 devices are 2 x 3, of two queries each, where the last has one and padding. Each device adds up
// its own squares, and divides by the count of all elements. The keys' norm is completed over the
// groups alone. Where heads are replicated, so is the norm.

// CHECK-LABEL: @heads
// CHECK: %[[Q:.*]] = dagrt.matmul
// CHECK-SAME: -> tensor<1x6x1x2x4xf32, #dagrt.dist<@[[MESH:.*]], [_, _, "tp":(1)2, "tp":(2)3, _], of [1, 6, 2, 5, 4]>>
// CHECK: %[[PART:.*]] = dagrt.moment %[[Q]] order 2 dims 3 count 40
// CHECK-SAME: partial ["tp"]>>
// CHECK: %[[ALL:.*]] = dagrt.all_reduce %[[PART]] axes ["tp"]
// CHECK: dagrt.rms_norm %[[Q]], %{{.*}} square %[[ALL]] epsilon
// CHECK-NOT: dagrt.all_gather
// CHECK: %[[K:.*]] = dagrt.matmul
// CHECK-SAME: -> tensor<1x6x1x4xf32, #dagrt.dist<@[[MESH]], [_, _, "tp":(1)2, _], of [1, 6, 2, 4]>>
// CHECK: %[[KPART:.*]] = dagrt.moment %[[K]] order 2 dims 2 count 8
// CHECK-SAME: partial ["tp":(1)2]>>
// CHECK: %[[KALL:.*]] = dagrt.all_reduce %[[KPART]] axes ["tp":(1)2]
// CHECK: dagrt.rms_norm %[[K]], %{{.*}} square %[[KALL]] epsilon

// WHOLE-LABEL: @heads
// WHOLE-NOT: dagrt.moment
// WHOLE: dagrt.rms_norm {{.*}}role<attention.query.norm.full, layer 0>
// WHOLE-NOT: dagrt.moment
// WHOLE: dagrt.rms_norm {{.*}}role<attention.key.norm.full, layer 0>
func.func @heads(%x: tensor<1x6x8xf32>) -> (tensor<1x6x2x5x4xf32>, tensor<1x6x2x4xf32>) {
  %w = dagrt.parameter "q" : tensor<8x2x5x4xf32>
  %q = dagrt.matmul %x, %w {dagrt.role = #dagrt.role<attention.query, layer 0>}
    : tensor<1x6x8xf32>, tensor<8x2x5x4xf32> -> tensor<1x6x2x5x4xf32>
  %s = dagrt.parameter "q_norm" view <[40] offset 0 strides [20, 4, 1]> : tensor<2x5x4xf32>
  %n = dagrt.rms_norm %q, %s epsilon 1.0e-5 {dagrt.role = #dagrt.role<attention.query.norm.full, layer 0>}
    : tensor<1x6x2x5x4xf32>, tensor<2x5x4xf32>
  %v = dagrt.parameter "k" : tensor<8x2x4xf32>
  %k = dagrt.matmul %x, %v {dagrt.role = #dagrt.role<attention.key, layer 0>}
    : tensor<1x6x8xf32>, tensor<8x2x4xf32> -> tensor<1x6x2x4xf32>
  %t = dagrt.parameter "k_norm" : tensor<2x4xf32>
  %m = dagrt.rms_norm %k, %t epsilon 1.0e-5 {dagrt.role = #dagrt.role<attention.key.norm.full, layer 0>}
    : tensor<1x6x2x4xf32>, tensor<2x4xf32>
  return %n, %m : tensor<1x6x2x5x4xf32>, tensor<1x6x2x4xf32>
}

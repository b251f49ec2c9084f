// Attributes, printed as they are read.
// RUN: dagrt-opt %s | FileCheck %s
// RUN: dagrt-opt %s --verify-roundtrip > /dev/null
// RUN: dagrt-opt %s --mlir-print-op-generic | dagrt-opt | FileCheck %s

dagrt.mesh @m <"dp" = 2, "tp" = 8> devices [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
// CHECK: dagrt.mesh @quoted <"a\22b" = 2> devices [0, 1]
dagrt.mesh @quoted <"a\22b" = 2> devices [0, 1]

// CHECK-LABEL: @distributions
// CHECK-SAME: #dagrt.dist<@m, [], of []>
// CHECK-SAME: #dagrt.dist<@m, ["tp":(2)4, _], of [8, 8]>
// CHECK-SAME: #dagrt.dist<@m, [{"dp", "tp":(1)4}, "tp":(4)2], of [8, 8]>
// CHECK-SAME: #dagrt.dist<@m, ["tp"+3, _], of [8, 8]>
// CHECK-SAME: #dagrt.dist<@m, [_, _], of [8, 8], partial ["dp", "tp":(4)2]>
// CHECK-SAME: #dagrt.dist<@quoted, ["a\22b"], of [8]>
// CHECK-SAME: !dagrt.message<tensor<4xf32, #dagrt.dist<@m, ["dp"], of [8]>>>
func.func private @distributions(
  tensor<f32, #dagrt.dist<@m, [], of []>>,
  tensor<2x8xf32, #dagrt.dist<@m, ["tp":(2)4, _], of [8, 8]>>,
  tensor<1x4xf32, #dagrt.dist<@m, [{"dp", "tp":(1)4}, "tp":(4)2], of [8, 8]>>,
  tensor<1x8xf32, #dagrt.dist<@m, ["tp"+3, _], of [8, 8]>>,
  tensor<8x8xf32, #dagrt.dist<@m, [_, _], of [8, 8], partial ["dp", "tp":(4)2]>>,
  tensor<4xf32, #dagrt.dist<@quoted, ["a\22b"], of [8]>>,
  !dagrt.message<tensor<4xf32, #dagrt.dist<@m, ["dp"], of [8]>>>)

// Attributes that stand alone.
// CHECK: module attributes {
module attributes {
  // CHECK-SAME: test.axes = #dagrt.axes<["dp", "tp":(1)4]>
  test.axes = #dagrt.axes<["dp", "tp":(1)4]>,
  // CHECK-SAME: test.axis = #dagrt.axis<"tp"+1>
  test.axis = #dagrt.axis<"tp"+1>,
  // CHECK-SAME: test.order = #dagrt.order<zigzag<5>>
  test.order = #dagrt.order<zigzag<5>>,
  // CHECK-SAME: test.view = #dagrt.view<[8, 4] offset 3 strides [-1, 0]>
  test.view = #dagrt.view<[8, 4] offset 3 strides [-1, 0]>
} {}

// CHECK-LABEL: @roles
func.func @roles(%x: tensor<8xf32>) {
  // CHECK: dagrt.role = #dagrt.role<attention.query.rope, layer 0>
  %0 = dagrt.silu %x {dagrt.role = #dagrt.role<attention.query.rope, layer 0>} : tensor<8xf32>
  // CHECK: dagrt.role = #dagrt.role<head_2>
  %1 = dagrt.silu %x {dagrt.role = #dagrt.role<head_2>} : tensor<8xf32>
  // CHECK: dagrt.role = #dagrt.role<ffn.up, layer 3, microbatch 1>
  %2 = dagrt.silu %x {dagrt.role = #dagrt.role<ffn.up, layer 3, microbatch 1>} : tensor<8xf32>
  // CHECK: dagrt.role = #dagrt.role<head, microbatch 0>
  %3 = dagrt.silu %x {dagrt.role = #dagrt.role<head, microbatch 0>} : tensor<8xf32>
  return
}

// CHECK-LABEL: @rotary_configurations
func.func @rotary_configurations(%x: tensor<1x4x4xf32>, %p: tensor<4xi32>) {
  // CHECK: <theta 5.000000e+05, dims 4>
  %0 = dagrt.rope %x, %p <theta 500000.0, dims 4> : tensor<1x4x4xf32>, tensor<4xi32>
  // CHECK: <theta 1.000000e+04, dims 2, interleaved, linear [4.000000e+00]>
  %1 = dagrt.rope %x, %p <theta 1.0e4, dims 2, interleaved, linear [4.0]>
    : tensor<1x4x4xf32>, tensor<4xi32>
  // CHECK: llama3 [8.000000e+00, 1.000000e+00, 4.000000e+00, 8.192000e+03]>
  %2 = dagrt.rope %x, %p <theta 500000.0, dims 4, llama3 [8.0, 1.0, 4.0, 8192.0]>
    : tensor<1x4x4xf32>, tensor<4xi32>
  // Numbers keep all their digits.
  // CHECK: yarn [4.000000e+00, 3.200000e+01, 1.000000e+00, 3.276800e+04, 1.1386294361119891]>
  %3 = dagrt.rope %x, %p
    <theta 1.0e6, dims 4, yarn [4.0, 32.0, 1.0, 32768.0, 1.1386294361119891]>
    : tensor<1x4x4xf32>, tensor<4xi32>
  // CHECK: longrope [1.190000e+00, 1.050000e+00, 2.500000e+00]>
  %4 = dagrt.rope %x, %p <theta 1.0e4, dims 4, longrope [1.19, 1.05, 2.5]>
    : tensor<1x4x4xf32>, tensor<4xi32>
  return
}

// CHECK-LABEL: @costs
func.func @costs(%x: tensor<8xf32>) {
  // CHECK: #dagrt.cost<0 ps{{[,>]}}
  %0 = dagrt.silu %x {dagrt.cost = #dagrt.cost<0 ps>} : tensor<8xf32>
  // CHECK: #dagrt.cost<1250000 ps, memory, modelled{{[,>]}}
  %1 = dagrt.silu %x {dagrt.cost = #dagrt.cost<1250000 ps, memory, modelled>} : tensor<8xf32>
  // In any order.
  // CHECK: #dagrt.cost<5 ps, link, measured, "ring \22x\22", error 2.500000e+00>
  %2 = dagrt.silu %x {dagrt.cost = #dagrt.cost<5 ps, error 2.5, "ring \22x\22", measured, link>}
    : tensor<8xf32>
  // An error bar of its own in each direction; no time is shorter by more than all of it.
  // CHECK: #dagrt.cost<5 ps, error -4.000000e+00 to 1.200000e+01>
  %bar = dagrt.silu %x {dagrt.cost = #dagrt.cost<5 ps, error -4.0 to 12.0>} : tensor<8xf32>
  // CHECK: #dagrt.cost<5 ps, error 4.000000e+00>
  %same = dagrt.silu %x {dagrt.cost = #dagrt.cost<5 ps, error -4.0 to 4.0>} : tensor<8xf32>
  // CHECK: #dagrt.cost<5 ps, error 3.000000e+02>
  %wide = dagrt.silu %x {dagrt.cost = #dagrt.cost<5 ps, error 300.0>} : tensor<8xf32>
  // CHECK: #dagrt.timing<0 to 10 ps, slack 5>
  %3 = dagrt.silu %x {dagrt.timing = #dagrt.timing<0 to 10 ps, slack 5>} : tensor<8xf32>
  // CHECK: #dagrt.timing<0 to 10 ps, slack 0, critical>
  %4 = dagrt.silu %x {dagrt.timing = #dagrt.timing<0 to 10 ps, slack 0, critical>} : tensor<8xf32>
  return
}

// CHECK-LABEL: @totals
// CHECK-SAME: dagrt.logical = #dagrt.logical<flops = 1.500000e+13, parameters = 8030261248>
func.func private @totals() attributes {
  dagrt.logical = #dagrt.logical<flops = 1.5e13, parameters = 8030261248>}

// RUN: dagrt-opt %s --critical-path -o /dev/null 2>&1 | grep '^@' | FileCheck %s

// Times have four digits in a unit in which people read them, up to the longest that there is.
// CHECK: @largest_seconds: 3599 s on 1 device
func.func @largest_seconds(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<3599000000000000 ps>} : tensor<8xf32>
  return %y : tensor<8xf32>
}
// CHECK-NEXT: @thousand_seconds: 1000 s on 1 device
func.func @thousand_seconds(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<999960000000000 ps>} : tensor<8xf32>
  return %y : tensor<8xf32>
}
// CHECK-NEXT: @below_thousand: 999.9 s on 1 device
func.func @below_thousand(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<999940000000000 ps>} : tensor<8xf32>
  return %y : tensor<8xf32>
}
// CHECK-NEXT: @hour: 1.000 h on 1 device
func.func @hour(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<3600000000000000 ps>} : tensor<8xf32>
  return %y : tensor<8xf32>
}
// CHECK-NEXT: @day: 1.000 d on 1 device
func.func @day(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<86400000000000000 ps>} : tensor<8xf32>
  return %y : tensor<8xf32>
}
// CHECK-NEXT: @longest: 106.8 d on 1 device
func.func @longest(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<9223372036854775807 ps>} : tensor<8xf32>
  return %y : tensor<8xf32>
}

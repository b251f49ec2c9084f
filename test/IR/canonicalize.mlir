// RUN: dagrt-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: @drops_full_slice
// CHECK-SAME: (%[[X:.*]]: tensor<4x8xf32>)
// CHECK-NEXT: return %[[X]]
func.func @drops_full_slice(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = dagrt.slice %x dim 0 offset 0 : tensor<4x8xf32> -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// RUN: dagrt-opt %s --annotate-cost | FileCheck %s
// RUN: dagrt-opt %s --annotate-cost --remarks-filter='annotate-cost' --remark-format=emitRemark \
// RUN:   -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// REMARK: UnknownWork {{.*}}2 x 'bufferization.materialize_in_destination' count as free
// CHECK-LABEL: @unknown
// CHECK-NOT: dagrt.cost
func.func @unknown(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = bufferization.materialize_in_destination %x in %y
    : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = bufferization.materialize_in_destination %0 in %y
    : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

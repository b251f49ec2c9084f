// RUN: dagrt-opt %s --annotate-cost | FileCheck %s
// RUN: dagrt-opt %s --annotate-cost --remarks-filter='annotate-cost' --remark-format=emitRemark \
// RUN:   -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// REMARK: UnknownWork {{.*}}2 x 'sparse_tensor.convert' are not counted
// CHECK-LABEL: @unknown
// CHECK-NOT: dagrt.cost
#sparse = #sparse_tensor.encoding<{map = (i) -> (i : compressed)}>
func.func @unknown(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = sparse_tensor.convert %x : tensor<4xf32> to tensor<4xf32, #sparse>
  %1 = sparse_tensor.convert %0 : tensor<4xf32, #sparse> to tensor<4xf32>
  return %1 : tensor<4xf32>
}

// RUN: not dagrt-opt %s --critical-path="model=roofline report=-" -o /dev/null 2>&1 | FileCheck %s

// Sizes of buffers without a name are the error that those of tensors are, and nothing is reported.

// CHECK-NOT: @dynamic:
// CHECK: error: 'linalg.matmul' op expects sizes that are numbers or named ('#dagrt.sizes'), got a size without a name in 'memref<?x?xf32>'
func.func @dynamic(%a: memref<?x?xf32>) {
  linalg.matmul ins(%a, %a : memref<?x?xf32>, memref<?x?xf32>) outs(%a : memref<?x?xf32>)
  return
}

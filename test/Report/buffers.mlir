// RUN: dagrt-opt %s --split-input-file --critical-path="model=roofline report=-" \
// RUN:   -o /dev/null 2>/dev/null | FileCheck %s
// RUN: not dagrt-opt %s --split-input-file --critical-path="model=roofline unknown=error" \
// RUN:   -o /dev/null 2>&1 | FileCheck %s --check-prefix=ERROR

// A matmul takes the same time on tensors as on buffers, which lie in memory: three of 4.19 MB.

// CHECK: @tensors: [[TIME:[0-9.]+ us]] on 1 device
// CHECK: @buffers: [[TIME]] on 1 device
// CHECK: memory: 12.58 MB + 3.900 GB reserved of
func.func @tensors(%a: tensor<1024x1024xf32>, %b: tensor<1024x1024xf32>,
                   %c: tensor<1024x1024xf32>) -> tensor<1024x1024xf32> {
  %0 = linalg.matmul ins(%a, %b : tensor<1024x1024xf32>, tensor<1024x1024xf32>)
    outs(%c : tensor<1024x1024xf32>) -> tensor<1024x1024xf32>
  return %0 : tensor<1024x1024xf32>
}
func.func @buffers(%a: memref<1024x1024xf32>, %b: memref<1024x1024xf32>,
                   %c: memref<1024x1024xf32>) {
  %v = memref.subview %a[0, 0] [1024, 1024] [1, 1]
    : memref<1024x1024xf32> to memref<1024x1024xf32, strided<[1024, 1]>>
  linalg.matmul ins(%v, %b : memref<1024x1024xf32, strided<[1024, 1]>>, memref<1024x1024xf32>)
    outs(%c : memref<1024x1024xf32>)
  return
}

// -----

// Vectors, one element of a buffer, and tensors without a rank are not counted; allocations, views
// are free.

// CHECK: @others: nothing that is counted
// CHECK-NEXT: {{^}}uncounted: 4 ops, not in the time: vector.transfer_read, arith.addf, memref.load, arith.mulf
// ERROR: error: expects ops whose time can be counted (unknown=error), got 4 that cannot: vector.transfer_read,
func.func @others(%a: memref<8xf32>, %u: tensor<*xf32>, %i: index) -> f32 {
  %z = arith.constant 0.0 : f32
  %m = memref.alloc() : memref<8xf32>
  %v = vector.transfer_read %a[%i], %z : memref<8xf32>, vector<8xf32>
  %w = arith.addf %v, %v : vector<8xf32>
  %s = memref.load %m[%i] : memref<8xf32>
  %c = memref.cast %m : memref<8xf32> to memref<?xf32>
  %d = memref.dim %c, %i : memref<?xf32>
  %r = arith.mulf %u, %u : tensor<*xf32>
  %t = tensor.cast %r : tensor<*xf32> to tensor<4xf32>
  return %s : f32
}

// Ops that are not of this project, and one that nothing is known about but its time.
func.func @f(%x: tensor<4x64x32xf32>, %y: tensor<4x32x16xf32>, %o: tensor<4x64x16xf32>)
    -> tensor<4x64x16xf32> {
  %p = linalg.batch_matmul ins(%x, %y : tensor<4x64x32xf32>, tensor<4x32x16xf32>)
    outs(%o : tensor<4x64x16xf32>) -> tensor<4x64x16xf32>
  %q = math.exp %p : tensor<4x64x16xf32>
  %r = "test.op"(%q) {dagrt.cost = #dagrt.cost<5000 ps>}
    : (tensor<4x64x16xf32>) -> tensor<4x64x16xf32>
  return %r : tensor<4x64x16xf32>
}

func.func @down(%h: tensor<1x4x8xf32>) -> tensor<1x4x6xf32> {
  %w = dagrt.parameter "down" : tensor<8x6xf32>
  %y = dagrt.matmul %h, %w {dagrt.role = #dagrt.role<ffn.down, layer 0>}
    : tensor<1x4x8xf32>, tensor<8x6xf32> -> tensor<1x4x6xf32>
  return %y : tensor<1x4x6xf32>
}

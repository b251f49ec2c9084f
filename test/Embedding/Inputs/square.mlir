func.func @ffn(%x: tensor<1x4x6xf32>) -> tensor<1x4x6xf32> {
  %up = dagrt.parameter "up" fan_in 6 : tensor<6x8xf32>
  %h = dagrt.matmul %x, %up {dagrt.role = #dagrt.role<ffn.up, layer 0>}
    : tensor<1x4x6xf32>, tensor<6x8xf32> -> tensor<1x4x8xf32>
  %s = "example.square"(%h) : (tensor<1x4x8xf32>) -> tensor<1x4x8xf32>
  %down = dagrt.parameter "down" fan_in 8 : tensor<8x6xf32>
  %y = dagrt.matmul %s, %down {dagrt.role = #dagrt.role<ffn.down, layer 0>}
    : tensor<1x4x8xf32>, tensor<8x6xf32> -> tensor<1x4x6xf32>
  return %y : tensor<1x4x6xf32>
}

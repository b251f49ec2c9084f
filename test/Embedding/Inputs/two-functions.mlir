func.func @unrelated(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = dagrt.silu %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

func.func @culprit(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = dagrt.relu %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

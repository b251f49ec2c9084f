dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]

func.func @row_parallel(
    %x: tensor<1x16x8xf32, #dagrt.dist<@base, [_, _, "tp"], of [1, 16, 32]>>)
    -> tensor<1x16x64xf32, #dagrt.dist<@base, [_, _, _], of [1, 16, 64]>> {
  %w = dagrt.parameter "down.weight"
    : tensor<8x64xf32, #dagrt.dist<@base, ["tp", _], of [32, 64]>>
  %partial = dagrt.matmul %x, %w
    : tensor<1x16x8xf32, #dagrt.dist<@base, [_, _, "tp"], of [1, 16, 32]>>,
      tensor<8x64xf32, #dagrt.dist<@base, ["tp", _], of [32, 64]>>
    -> tensor<1x16x64xf32, #dagrt.dist<@base, [_, _, _], of [1, 16, 64], partial ["tp"]>>
  %y = dagrt.all_reduce %partial axes ["tp"]
    : tensor<1x16x64xf32, #dagrt.dist<@base, [_, _, _], of [1, 16, 64], partial ["tp"]>>
    -> tensor<1x16x64xf32, #dagrt.dist<@base, [_, _, _], of [1, 16, 64]>>
  return %y : tensor<1x16x64xf32, #dagrt.dist<@base, [_, _, _], of [1, 16, 64]>>
}

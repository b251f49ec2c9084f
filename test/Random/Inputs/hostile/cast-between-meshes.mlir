dagrt.mesh @a <"x" = 2> devices [0, 7]
dagrt.mesh @b <"x" = 2> devices [1, 2]
func.func @f(%x: tensor<4xf32, #dagrt.dist<@a, [_], of [4]>>) -> tensor<4xf32, #dagrt.dist<@b, [_], of [4]>> {
  %y = builtin.unrealized_conversion_cast %x : tensor<4xf32, #dagrt.dist<@a, [_], of [4]>> to tensor<4xf32, #dagrt.dist<@b, [_], of [4]>>
  return %y : tensor<4xf32, #dagrt.dist<@b, [_], of [4]>>
}

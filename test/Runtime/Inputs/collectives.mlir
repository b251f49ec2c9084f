// Every communication op, on four devices that are numbered against their order; sizes that do not
// divide, and half an axis.

dagrt.mesh @m <"x" = 4> devices [6, 1, 9, 4]
dagrt.mesh @n <"y" = 3> devices [1, 4, 9]

func.func @collectives(
    %a: tensor<3x6xf32, #dagrt.dist<@m, ["x", _], of [10, 6]>>,
    %b: tensor<6x2xf32, #dagrt.dist<@m, [_, "x"], of [6, 7]>>)
    -> (tensor<10x6xf32, #dagrt.dist<@m, [_, _], of [10, 6]>>,
        tensor<10x2xf32, #dagrt.dist<@m, [_, "x"], of [10, 6]>>,
        tensor<3x6xf32, #dagrt.dist<@m, ["x"+1, _], of [10, 6]>>,
        tensor<10x5xf32, #dagrt.dist<@m, [_, _], of [10, 5]>>,
        tensor<3x5xf32, #dagrt.dist<@m, ["x", _], of [10, 5]>>,
        tensor<4x6xf32, #dagrt.dist<@n, ["y", _], of [10, 6]>>,
        tensor<6x4xf32, #dagrt.dist<@m, [_, "x":(1)2], of [6, 7]>>) {
  %gathered = dagrt.all_gather %a dim 0 axes ["x"]
    : tensor<3x6xf32, #dagrt.dist<@m, ["x", _], of [10, 6]>>
    -> tensor<10x6xf32, #dagrt.dist<@m, [_, _], of [10, 6]>>
  %turned = dagrt.all_to_all %a gather 0 scatter 1 axes ["x"]
    : tensor<3x6xf32, #dagrt.dist<@m, ["x", _], of [10, 6]>>
    -> tensor<10x2xf32, #dagrt.dist<@m, [_, "x"], of [10, 6]>>
  %passed = dagrt.shift %a dim 0 by 1
    : tensor<3x6xf32, #dagrt.dist<@m, ["x", _], of [10, 6]>>
    -> tensor<3x6xf32, #dagrt.dist<@m, ["x"+1, _], of [10, 6]>>
  %w = dagrt.parameter "w" fan_in 6 : tensor<2x5xf32, #dagrt.dist<@m, ["x", _], of [6, 5]>>
  %terms = dagrt.matmul %turned, %w
    : tensor<10x2xf32, #dagrt.dist<@m, [_, "x"], of [10, 6]>>,
      tensor<2x5xf32, #dagrt.dist<@m, ["x", _], of [6, 5]>>
    -> tensor<10x5xf32, #dagrt.dist<@m, [_, _], of [10, 5], partial ["x"]>>
  %sum = dagrt.all_reduce %terms axes ["x"]
    : tensor<10x5xf32, #dagrt.dist<@m, [_, _], of [10, 5], partial ["x"]>>
    -> tensor<10x5xf32, #dagrt.dist<@m, [_, _], of [10, 5]>>
  %shard = dagrt.reduce_scatter %terms dim 0 axes ["x"]
    : tensor<10x5xf32, #dagrt.dist<@m, [_, _], of [10, 5], partial ["x"]>>
    -> tensor<3x5xf32, #dagrt.dist<@m, ["x", _], of [10, 5]>>
  %message = dagrt.send %gathered : tensor<10x6xf32, #dagrt.dist<@m, [_, _], of [10, 6]>>
    -> !dagrt.message<tensor<4x6xf32, #dagrt.dist<@n, ["y", _], of [10, 6]>>>
  %half = dagrt.all_gather %b dim 1 axes ["x":(2)2]
    : tensor<6x2xf32, #dagrt.dist<@m, [_, "x"], of [6, 7]>>
    -> tensor<6x4xf32, #dagrt.dist<@m, [_, "x":(1)2], of [6, 7]>>
  %received = dagrt.recv %message : !dagrt.message<tensor<4x6xf32, #dagrt.dist<@n, ["y", _], of [10, 6]>>>
  return %gathered, %turned, %passed, %sum, %shard, %received, %half
    : tensor<10x6xf32, #dagrt.dist<@m, [_, _], of [10, 6]>>,
      tensor<10x2xf32, #dagrt.dist<@m, [_, "x"], of [10, 6]>>,
      tensor<3x6xf32, #dagrt.dist<@m, ["x"+1, _], of [10, 6]>>,
      tensor<10x5xf32, #dagrt.dist<@m, [_, _], of [10, 5]>>,
      tensor<3x5xf32, #dagrt.dist<@m, ["x", _], of [10, 5]>>,
      tensor<4x6xf32, #dagrt.dist<@n, ["y", _], of [10, 6]>>,
      tensor<6x4xf32, #dagrt.dist<@m, [_, "x":(1)2], of [6, 7]>>
}

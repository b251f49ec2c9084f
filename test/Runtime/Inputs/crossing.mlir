// Two messages of 16 MB that cross: each device sends before it receives.

dagrt.mesh @a <"x" = 1> devices [0]
dagrt.mesh @b <"x" = 1> devices [1]

func.func @crossing(%x: tensor<2097152xf64, #dagrt.dist<@a, [_], of [2097152]>>,
                    %y: tensor<2097152xf64, #dagrt.dist<@b, [_], of [2097152]>>)
    -> (tensor<2097152xf64, #dagrt.dist<@b, [_], of [2097152]>>,
        tensor<2097152xf64, #dagrt.dist<@a, [_], of [2097152]>>) {
  %to_b = dagrt.send %x : tensor<2097152xf64, #dagrt.dist<@a, [_], of [2097152]>>
    -> !dagrt.message<tensor<2097152xf64, #dagrt.dist<@b, [_], of [2097152]>>>
  %to_a = dagrt.send %y : tensor<2097152xf64, #dagrt.dist<@b, [_], of [2097152]>>
    -> !dagrt.message<tensor<2097152xf64, #dagrt.dist<@a, [_], of [2097152]>>>
  %at_a = dagrt.recv %to_a : !dagrt.message<tensor<2097152xf64, #dagrt.dist<@a, [_], of [2097152]>>>
  %at_b = dagrt.recv %to_b : !dagrt.message<tensor<2097152xf64, #dagrt.dist<@b, [_], of [2097152]>>>
  return %at_b, %at_a : tensor<2097152xf64, #dagrt.dist<@b, [_], of [2097152]>>,
    tensor<2097152xf64, #dagrt.dist<@a, [_], of [2097152]>>
}

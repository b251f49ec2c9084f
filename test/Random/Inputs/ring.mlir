// What the strategies' programs do not have: ring steps, a cut that moves from dim to dim, and rows
// that are taken apart and joined, as micro-batches are, but in another order.
// The first function is the model, the second computes the same on three devices.

dagrt.mesh @ring <"tp" = 3> devices [0, 1, 2]

func.func @model(%a: tensor<5x7xf32>, %b: tensor<5x7xf32>) -> tensor<5x7xf32> {
  %w = dagrt.parameter "weight" fan_in 7 : tensor<7x7xf32>
  %y = dagrt.matmul %a, %w : tensor<5x7xf32>, tensor<7x7xf32> -> tensor<5x7xf32>
  %z = dagrt.silu %y : tensor<5x7xf32>
  %first = dagrt.slice %z dim 0 offset 0 : tensor<5x7xf32> -> tensor<2x7xf32>
  %second = dagrt.slice %z dim 0 offset 2 : tensor<5x7xf32> -> tensor<2x7xf32>
  %last = dagrt.slice %z dim 0 offset 4 : tensor<5x7xf32> -> tensor<1x7xf32>
  %joined = dagrt.concat %second, %first, %last dim 0 : tensor<2x7xf32>, tensor<2x7xf32>, tensor<1x7xf32> -> tensor<5x7xf32>
  %r = dagrt.add %joined, %b : tensor<5x7xf32>, tensor<5x7xf32> -> tensor<5x7xf32>
  return %r : tensor<5x7xf32>
}

func.func @placed(%a: tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [5, 7]>>,
                  %b: tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [5, 7]>>)
    -> tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [5, 7]>> {
  %w = dagrt.parameter "weight" fan_in 7
    : tensor<7x7xf32, #dagrt.dist<@ring, [_, _], of [7, 7]>>
  %0 = dagrt.shift %a dim 0 by 1
    : tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [5, 7]>>
    -> tensor<2x7xf32, #dagrt.dist<@ring, ["tp"+1, _], of [5, 7]>>
  %1 = dagrt.matmul %0, %w
    : tensor<2x7xf32, #dagrt.dist<@ring, ["tp"+1, _], of [5, 7]>>,
      tensor<7x7xf32, #dagrt.dist<@ring, [_, _], of [7, 7]>>
    -> tensor<2x7xf32, #dagrt.dist<@ring, ["tp"+1, _], of [5, 7]>>
  %2 = dagrt.shift %1 dim 0 by 2
    : tensor<2x7xf32, #dagrt.dist<@ring, ["tp"+1, _], of [5, 7]>>
    -> tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [5, 7]>>
  %3 = dagrt.all_to_all %2 gather 0 scatter 1 axes ["tp"]
    : tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [5, 7]>>
    -> tensor<5x3xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 7]>>
  %4 = dagrt.silu %3 : tensor<5x3xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 7]>>
  %first = dagrt.slice %4 dim 0 offset 0
    : tensor<5x3xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 7]>>
    -> tensor<2x3xf32, #dagrt.dist<@ring, [_, "tp"], of [2, 7]>>
  %second = dagrt.slice %4 dim 0 offset 2
    : tensor<5x3xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 7]>>
    -> tensor<2x3xf32, #dagrt.dist<@ring, [_, "tp"], of [2, 7]>>
  %last = dagrt.slice %4 dim 0 offset 4
    : tensor<5x3xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 7]>>
    -> tensor<1x3xf32, #dagrt.dist<@ring, [_, "tp"], of [1, 7]>>
  %joined = dagrt.concat %second, %first, %last dim 0
    : tensor<2x3xf32, #dagrt.dist<@ring, [_, "tp"], of [2, 7]>>,
      tensor<2x3xf32, #dagrt.dist<@ring, [_, "tp"], of [2, 7]>>,
      tensor<1x3xf32, #dagrt.dist<@ring, [_, "tp"], of [1, 7]>>
    -> tensor<5x3xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 7]>>
  %5 = dagrt.all_to_all %joined gather 1 scatter 0 axes ["tp"]
    : tensor<5x3xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 7]>>
    -> tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [5, 7]>>
  %6 = dagrt.add %5, %b
    : tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [5, 7]>>,
      tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [5, 7]>>
    -> tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [5, 7]>>
  return %6 : tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [5, 7]>>
}

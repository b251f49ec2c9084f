// What the strategies' programs do not have: ring steps, axes that move from dim to dim, rows that are
// taken apart and joined, as micro-batches are, but in another order, and matmuls in steps of all
// kinds, as --decompose-collective-matmul makes them. The first function is the model, the second
// computes the same on three devices and two more.

dagrt.mesh @ring <"tp" = 3> devices [0, 1, 2]
dagrt.mesh @pool <"sp" = 2> devices [3, 4]

func.func @model(%a: tensor<5x7xf32>, %b: tensor<5x7xf32>) -> tensor<5x2xf32> {
  %w = dagrt.parameter "weight" fan_in 7 : tensor<7x7xf32>
  %y = dagrt.matmul %a, %w : tensor<5x7xf32>, tensor<7x7xf32> -> tensor<5x7xf32>
  %z = dagrt.silu %y : tensor<5x7xf32>
  %first = dagrt.slice %z dim 0 offset 0 : tensor<5x7xf32> -> tensor<2x7xf32>
  %second = dagrt.slice %z dim 0 offset 2 : tensor<5x7xf32> -> tensor<2x7xf32>
  %last = dagrt.slice %z dim 0 offset 4 : tensor<5x7xf32> -> tensor<1x7xf32>
  %joined = dagrt.concat %second, %first, %last dim 0 : tensor<2x7xf32>, tensor<2x7xf32>, tensor<1x7xf32> -> tensor<5x7xf32>
  %r = dagrt.add %joined, %b : tensor<5x7xf32>, tensor<5x7xf32> -> tensor<5x7xf32>
  %u = dagrt.parameter "up" fan_in 7 : tensor<7x6xf32>
  %p = dagrt.matmul %r, %u : tensor<5x7xf32>, tensor<7x6xf32> -> tensor<5x6xf32>
  %t = dagrt.parameter "gate" fan_in 7 : tensor<7x6xf32>
  %k = dagrt.matmul %r, %t : tensor<5x7xf32>, tensor<7x6xf32> -> tensor<5x6xf32>
  %c = dagrt.relu %p : tensor<5x6xf32>
  %q = dagrt.mul %c, %k : tensor<5x6xf32>, tensor<5x6xf32> -> tensor<5x6xf32>
  %d = dagrt.parameter "down" fan_in 6 : tensor<6x7xf32>
  %s = dagrt.matmul %q, %d : tensor<5x6xf32>, tensor<6x7xf32> -> tensor<5x7xf32>
  %v = dagrt.parameter "out" fan_in 7 : tensor<7x2xf32>
  %o = dagrt.matmul %s, %v : tensor<5x7xf32>, tensor<7x2xf32> -> tensor<5x2xf32>
  return %o : tensor<5x2xf32>
}

func.func @placed(%a: tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [5, 7]>>,
                  %b: tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [5, 7]>>)
    -> tensor<3x2xf32, #dagrt.dist<@pool, ["sp", _], of [5, 2]>> {
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
  %r0 = dagrt.parameter "up" fan_in 7
    : tensor<7x2xf32, #dagrt.dist<@ring, [_, "tp"], of [7, 6]>>
  %r1 = dagrt.parameter "gate" fan_in 7
    : tensor<7x2xf32, #dagrt.dist<@ring, [_, "tp"], of [7, 6]>>
  %r2 = dagrt.shift %6 dim 0 by 1
    : tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [5, 7]>>
    -> tensor<2x7xf32, #dagrt.dist<@ring, ["tp"+1, _], of [5, 7]>>
  %r3 = dagrt.matmul_step %6, %r0 step 0 of 3
    : tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [5, 7]>>,
      tensor<7x2xf32, #dagrt.dist<@ring, [_, "tp"], of [7, 6]>>
    -> tensor<5x2xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 6]>>
  %r4 = dagrt.matmul_step %6, %r1 step 0 of 3
    : tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [5, 7]>>,
      tensor<7x2xf32, #dagrt.dist<@ring, [_, "tp"], of [7, 6]>>
    -> tensor<5x2xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 6]>>
  %r5 = dagrt.shift %r2 dim 0 by 1
    : tensor<2x7xf32, #dagrt.dist<@ring, ["tp"+1, _], of [5, 7]>>
    -> tensor<2x7xf32, #dagrt.dist<@ring, ["tp"+2, _], of [5, 7]>>
  %r6 = dagrt.matmul_step %r2, %r0 into %r3 step 1 of 3
    : tensor<2x7xf32, #dagrt.dist<@ring, ["tp"+1, _], of [5, 7]>>,
      tensor<7x2xf32, #dagrt.dist<@ring, [_, "tp"], of [7, 6]>>,
      tensor<5x2xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 6]>>
    -> tensor<5x2xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 6]>>
  %r7 = dagrt.matmul_step %r2, %r1 into %r4 step 1 of 3
    : tensor<2x7xf32, #dagrt.dist<@ring, ["tp"+1, _], of [5, 7]>>,
      tensor<7x2xf32, #dagrt.dist<@ring, [_, "tp"], of [7, 6]>>,
      tensor<5x2xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 6]>>
    -> tensor<5x2xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 6]>>
  %r8 = dagrt.matmul_step %r5, %r0 into %r6 step 2 of 3
    : tensor<2x7xf32, #dagrt.dist<@ring, ["tp"+2, _], of [5, 7]>>,
      tensor<7x2xf32, #dagrt.dist<@ring, [_, "tp"], of [7, 6]>>,
      tensor<5x2xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 6]>>
    -> tensor<5x2xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 6]>>
  %r9 = dagrt.matmul_step %r5, %r1 into %r7 step 2 of 3
    : tensor<2x7xf32, #dagrt.dist<@ring, ["tp"+2, _], of [5, 7]>>,
      tensor<7x2xf32, #dagrt.dist<@ring, [_, "tp"], of [7, 6]>>,
      tensor<5x2xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 6]>>
    -> tensor<5x2xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 6]>>
  %r10 = dagrt.relu %r8
    : tensor<5x2xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 6]>>
  %r11 = dagrt.mul %r10, %r9
    : tensor<5x2xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 6]>>,
      tensor<5x2xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 6]>>
    -> tensor<5x2xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 6]>>
  %r12 = dagrt.parameter "down" fan_in 6
    : tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [6, 7]>>
  %r13 = dagrt.matmul_step %r11, %r12 step 0 of 3
    : tensor<5x2xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 6]>>,
      tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [6, 7]>>
    -> tensor<5x3xf32, #dagrt.dist<@ring, [_, "tp"+2], of [5, 7]>>
  %r14 = dagrt.shift %r13 dim 1 by -2
    : tensor<5x3xf32, #dagrt.dist<@ring, [_, "tp"+2], of [5, 7]>>
    -> tensor<5x3xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 7]>>
  %r15 = dagrt.matmul_step %r11, %r12 step 1 of 3
    : tensor<5x2xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 6]>>,
      tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [6, 7]>>
    -> tensor<5x3xf32, #dagrt.dist<@ring, [_, "tp"+1], of [5, 7]>>
  %r16 = dagrt.shift %r15 dim 1 by -1
    : tensor<5x3xf32, #dagrt.dist<@ring, [_, "tp"+1], of [5, 7]>>
    -> tensor<5x3xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 7]>>
  %r17 = dagrt.matmul_step %r11, %r12 into %r14 step 2 of 3
    : tensor<5x2xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 6]>>,
      tensor<2x7xf32, #dagrt.dist<@ring, ["tp", _], of [6, 7]>>,
      tensor<5x3xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 7]>>
    -> tensor<5x3xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 7]>>
  %r18 = dagrt.matmul_join %r17, %r16
    : tensor<5x3xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 7]>>
  %r19 = dagrt.send %r18
    : tensor<5x3xf32, #dagrt.dist<@ring, [_, "tp"], of [5, 7]>>
    -> <tensor<3x7xf32, #dagrt.dist<@pool, ["sp", _], of [5, 7]>>>
  %r20 = dagrt.parameter "out" fan_in 7
    : tensor<7x2xf32, #dagrt.dist<@pool, [_, _], of [7, 2]>>
  %r21 = dagrt.recv %r19 dim 1 piece 0 of 3
    : <tensor<3x7xf32, #dagrt.dist<@pool, ["sp", _], of [5, 7]>>>
    -> tensor<3x3xf32, #dagrt.dist<@pool, ["sp", _], of [5, 3]>>
  %r22 = dagrt.matmul_step %r21, %r20 piece 0 of 3
    : tensor<3x3xf32, #dagrt.dist<@pool, ["sp", _], of [5, 3]>>,
      tensor<7x2xf32, #dagrt.dist<@pool, [_, _], of [7, 2]>>
    -> tensor<3x2xf32, #dagrt.dist<@pool, ["sp", _], of [5, 2]>>
  %r23 = dagrt.recv %r19 dim 1 piece 1 of 3
    : <tensor<3x7xf32, #dagrt.dist<@pool, ["sp", _], of [5, 7]>>>
    -> tensor<3x3xf32, #dagrt.dist<@pool, ["sp", _], of [5, 3]>>
  %r24 = dagrt.matmul_step %r23, %r20 into %r22 piece 1 of 3
    : tensor<3x3xf32, #dagrt.dist<@pool, ["sp", _], of [5, 3]>>,
      tensor<7x2xf32, #dagrt.dist<@pool, [_, _], of [7, 2]>>,
      tensor<3x2xf32, #dagrt.dist<@pool, ["sp", _], of [5, 2]>>
    -> tensor<3x2xf32, #dagrt.dist<@pool, ["sp", _], of [5, 2]>>
  %r25 = dagrt.recv %r19 dim 1 piece 2 of 3
    : <tensor<3x7xf32, #dagrt.dist<@pool, ["sp", _], of [5, 7]>>>
    -> tensor<3x1xf32, #dagrt.dist<@pool, ["sp", _], of [5, 1]>>
  %r26 = dagrt.matmul_step %r25, %r20 into %r24 piece 2 of 3
    : tensor<3x1xf32, #dagrt.dist<@pool, ["sp", _], of [5, 1]>>,
      tensor<7x2xf32, #dagrt.dist<@pool, [_, _], of [7, 2]>>,
      tensor<3x2xf32, #dagrt.dist<@pool, ["sp", _], of [5, 2]>>
    -> tensor<3x2xf32, #dagrt.dist<@pool, ["sp", _], of [5, 2]>>
  return %r26 : tensor<3x2xf32, #dagrt.dist<@pool, ["sp", _], of [5, 2]>>
}

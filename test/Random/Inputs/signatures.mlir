// What the strategies' programs do not have of ops: attention to one shard of the keys, masks, sinks,
// tables of cosines and sines, matmuls for each element of a dim, dims by name. The first function is the
// model, the second computes the same on two devices.

dagrt.mesh @m <"kvp" = 2> devices [0, 1]

func.func @model(%q: tensor<1x3x1x2x4xf32>, %k: tensor<1x6x1x4xf32>, %v: tensor<1x6x1x4xf32>,
                 %mask: tensor<3x6xf32>, %other: tensor<3x6xf32>, %sink: tensor<1x2xf32>, %more: tensor<1x2xf32>,
                 %cos: tensor<3x2xf32>, %sin: tensor<3x2xf32>, %w: tensor<2x4x4xf32>, %by: tensor<3x2xf32>)
    -> (tensor<1x3x1x2x4xf32>, tensor<1x3x1x2xf32>, tensor<1x3x1x2x4xf32>, tensor<1x1x2x3x6xf32>) {
  %turned = dagrt.rope %q tables %cos, %sin at 0 : tensor<1x3x1x2x4xf32>, tensor<3x2xf32>
  %heads = dagrt.matmul %turned, %w batch [3] : tensor<1x3x1x2x4xf32>, tensor<2x4x4xf32> -> tensor<1x3x1x2x4xf32>
  %added = dagrt.add %heads, %by dims [1, 3] : tensor<1x3x1x2x4xf32>, tensor<3x2xf32> -> tensor<1x3x1x2x4xf32>
  %y = dagrt.mul %added, %by dims [1, 3] : tensor<1x3x1x2x4xf32>, tensor<3x2xf32> -> tensor<1x3x1x2x4xf32>
  %k0 = dagrt.slice %k dim 1 offset 0 : tensor<1x6x1x4xf32> -> tensor<1x3x1x4xf32>
  %k1 = dagrt.slice %k dim 1 offset 3 : tensor<1x6x1x4xf32> -> tensor<1x3x1x4xf32>
  %v0 = dagrt.slice %v dim 1 offset 0 : tensor<1x6x1x4xf32> -> tensor<1x3x1x4xf32>
  %v1 = dagrt.slice %v dim 1 offset 3 : tensor<1x6x1x4xf32> -> tensor<1x3x1x4xf32>
  %c0, %l0 = dagrt.attention %y, %k0, %v0 scale 5.0e-01
    : tensor<1x3x1x2x4xf32>, tensor<1x3x1x4xf32>, tensor<1x3x1x4xf32> -> tensor<1x3x1x2x4xf32>, tensor<1x3x1x2xf32>
  %c1, %l1 = dagrt.attention %y, %k1, %v1 scale 5.0e-01
    : tensor<1x3x1x2x4xf32>, tensor<1x3x1x4xf32>, tensor<1x3x1x4xf32> -> tensor<1x3x1x2x4xf32>, tensor<1x3x1x2xf32>
  %c0x2 = dagrt.scale %c0 by 2.0 : tensor<1x3x1x2x4xf32>
  %c1x3 = dagrt.scale %c1 by 3.0 : tensor<1x3x1x2x4xf32>
  %l0x2 = dagrt.scale %l0 by 2.0 : tensor<1x3x1x2xf32>
  %l1x3 = dagrt.scale %l1 by 3.0 : tensor<1x3x1x2xf32>
  %c = dagrt.add %c0x2, %c1x3 : tensor<1x3x1x2x4xf32>, tensor<1x3x1x2x4xf32> -> tensor<1x3x1x2x4xf32>
  %l = dagrt.add %l0x2, %l1x3 : tensor<1x3x1x2xf32>, tensor<1x3x1x2xf32> -> tensor<1x3x1x2xf32>
  %a = dagrt.attention %q, %k, %v mask %mask sink %sink scale 5.0e-01
    : tensor<1x3x1x2x4xf32>, tensor<1x6x1x4xf32>, tensor<1x6x1x4xf32>, tensor<3x6xf32>, tensor<1x2xf32>
    -> tensor<1x3x1x2x4xf32>
  %s = dagrt.attention_scores %q, %k scale 5.0e-01
    : tensor<1x3x1x2x4xf32>, tensor<1x6x1x4xf32> -> tensor<1x1x2x3x6xf32>
  %p = dagrt.softmax %s mask %other sink %more : tensor<1x1x2x3x6xf32>, tensor<3x6xf32>, tensor<1x2xf32>
  return %c, %l, %a, %p : tensor<1x3x1x2x4xf32>, tensor<1x3x1x2xf32>, tensor<1x3x1x2x4xf32>, tensor<1x1x2x3x6xf32>
}

func.func @placed(%q: tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4]>>, %k: tensor<1x6x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [1, 6, 1, 4]>>, %v: tensor<1x6x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [1, 6, 1, 4]>>,
                 %mask: tensor<3x6xf32, #dagrt.dist<@m, [_, _], of [3, 6]>>, %other: tensor<3x6xf32, #dagrt.dist<@m, [_, _], of [3, 6]>>, %sink: tensor<1x2xf32, #dagrt.dist<@m, [_, _], of [1, 2]>>, %more: tensor<1x2xf32, #dagrt.dist<@m, [_, _], of [1, 2]>>,
                 %cos: tensor<3x2xf32, #dagrt.dist<@m, [_, _], of [3, 2]>>, %sin: tensor<3x2xf32, #dagrt.dist<@m, [_, _], of [3, 2]>>, %w: tensor<2x4x4xf32, #dagrt.dist<@m, [_, _, _], of [2, 4, 4]>>, %by: tensor<3x2xf32, #dagrt.dist<@m, [_, _], of [3, 2]>>)
    -> (tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4]>>, tensor<1x3x1x2xf32, #dagrt.dist<@m, [_, _, _, _], of [1, 3, 1, 2]>>, tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4]>>, tensor<1x1x2x3x6xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 1, 2, 3, 6]>>) {
  %turned = dagrt.rope %q tables %cos, %sin at 0 : tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4]>>, tensor<3x2xf32, #dagrt.dist<@m, [_, _], of [3, 2]>>
  %heads = dagrt.matmul %turned, %w batch [3] : tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4]>>, tensor<2x4x4xf32, #dagrt.dist<@m, [_, _, _], of [2, 4, 4]>> -> tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4]>>
  %added = dagrt.add %heads, %by dims [1, 3] : tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4]>>, tensor<3x2xf32, #dagrt.dist<@m, [_, _], of [3, 2]>> -> tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4]>>
  %y = dagrt.mul %added, %by dims [1, 3] : tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4]>>, tensor<3x2xf32, #dagrt.dist<@m, [_, _], of [3, 2]>> -> tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4]>>
  %ks = dagrt.all_slice %k dim 1 axes ["kvp"] : tensor<1x6x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [1, 6, 1, 4]>> -> tensor<1x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [1, 6, 1, 4]>>
  %vs = dagrt.all_slice %v dim 1 axes ["kvp"] : tensor<1x6x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [1, 6, 1, 4]>> -> tensor<1x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [1, 6, 1, 4]>>
  %i = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [2]>>
  %parts, %sums = dagrt.attention %y, %ks, %vs scale 5.0e-01 shard %i
    : tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4]>>, tensor<1x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [1, 6, 1, 4]>>, tensor<1x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [1, 6, 1, 4]>>, tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [2]>> -> tensor<1x1x3x1x2x4xf32, #dagrt.dist<@m, ["kvp", _, _, _, _, _], of [2, 1, 3, 1, 2, 4]>>, tensor<1x1x3x1x2xf32, #dagrt.dist<@m, ["kvp", _, _, _, _], of [2, 1, 3, 1, 2]>>
  %both = arith.constant dense<[2.0, 3.0]> : tensor<2xf32, #dagrt.dist<@m, [_], of [2]>>
  %own = dagrt.all_slice %both dim 0 axes ["kvp"] : tensor<2xf32, #dagrt.dist<@m, [_], of [2]>> -> tensor<1xf32, #dagrt.dist<@m, ["kvp"], of [2]>>
  %cp = dagrt.matmul %own, %parts : tensor<1xf32, #dagrt.dist<@m, ["kvp"], of [2]>>, tensor<1x1x3x1x2x4xf32, #dagrt.dist<@m, ["kvp", _, _, _, _, _], of [2, 1, 3, 1, 2, 4]>> -> tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4], partial ["kvp"]>>
  %lp = dagrt.matmul %own, %sums : tensor<1xf32, #dagrt.dist<@m, ["kvp"], of [2]>>, tensor<1x1x3x1x2xf32, #dagrt.dist<@m, ["kvp", _, _, _, _], of [2, 1, 3, 1, 2]>> -> tensor<1x3x1x2xf32, #dagrt.dist<@m, [_, _, _, _], of [1, 3, 1, 2], partial ["kvp"]>>
  %cr = dagrt.all_reduce %cp axes ["kvp"] : tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4], partial ["kvp"]>> -> tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4]>>
  %lr = dagrt.all_reduce %lp axes ["kvp"] : tensor<1x3x1x2xf32, #dagrt.dist<@m, [_, _, _, _], of [1, 3, 1, 2], partial ["kvp"]>> -> tensor<1x3x1x2xf32, #dagrt.dist<@m, [_, _, _, _], of [1, 3, 1, 2]>>
  %a = dagrt.attention %q, %k, %v mask %mask sink %sink scale 5.0e-01
    : tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4]>>, tensor<1x6x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [1, 6, 1, 4]>>, tensor<1x6x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [1, 6, 1, 4]>>, tensor<3x6xf32, #dagrt.dist<@m, [_, _], of [3, 6]>>, tensor<1x2xf32, #dagrt.dist<@m, [_, _], of [1, 2]>>
    -> tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4]>>
  %s = dagrt.attention_scores %q, %k scale 5.0e-01
    : tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4]>>, tensor<1x6x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [1, 6, 1, 4]>> -> tensor<1x1x2x3x6xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 1, 2, 3, 6]>>
  %p = dagrt.softmax %s mask %other sink %more : tensor<1x1x2x3x6xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 1, 2, 3, 6]>>, tensor<3x6xf32, #dagrt.dist<@m, [_, _], of [3, 6]>>, tensor<1x2xf32, #dagrt.dist<@m, [_, _], of [1, 2]>>
  return %cr, %lr, %a, %p : tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4]>>, tensor<1x3x1x2xf32, #dagrt.dist<@m, [_, _, _, _], of [1, 3, 1, 2]>>, tensor<1x3x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 3, 1, 2, 4]>>, tensor<1x1x2x3x6xf32, #dagrt.dist<@m, [_, _, _, _, _], of [1, 1, 2, 3, 6]>>
}

// What the strategies' programs do not have: a step with caches, one in slots that are dealt to two devices and
// one whose slots are used in turn, and attention that is merged from parts in both ways. The first function is the
// model, the second computes the same on two devices.

dagrt.mesh @m <"kvp" = 2> devices [0, 1]

func.func @model(%c: tensor<2x6x1x4xf32> {dagrt.slots = #dagrt.slots<order striped<2, 1>>},
                 %w: tensor<2x5x1x4xf32> {dagrt.slots = #dagrt.slots<rolling>},
                 %rows: tensor<2x2x1x4xf32>, %q: tensor<2x2x1x2x4xf32>,
                 %at: tensor<2x2xi32> {dagrt.role = #dagrt.role<positions>}, %sink: tensor<1x2xf32>)
    -> (tensor<2x6x1x4xf32>, tensor<2x5x1x4xf32>, tensor<2x5xi32>, tensor<2x2x1x2x4xf32>, tensor<2x2x1x2x4xf32>, tensor<2x2x1x2x4xf32>) {
  %slots = dagrt.positions order striped<2, 1> : tensor<6xi32>
  %next = dagrt.cache_update %c, %rows positions %slots, %at in_place
    : tensor<2x6x1x4xf32>, tensor<2x2x1x4xf32>, tensor<6xi32>, tensor<2x2xi32> -> tensor<2x6x1x4xf32>
  %numbers = dagrt.positions : tensor<5xi32>
  %held = dagrt.rolling_positions %numbers, %at cycle 5 : tensor<5xi32>, tensor<2x2xi32> -> tensor<2x5xi32>
  %turn = dagrt.cache_update %w, %rows positions %held, %at
    : tensor<2x5x1x4xf32>, tensor<2x2x1x4xf32>, tensor<2x5xi32>, tensor<2x2xi32> -> tensor<2x5x1x4xf32>
  %late = dagrt.offset_positions %at by 1 : tensor<2x2xi32>
  %x = dagrt.attention %q, %next, %next positions %at, %slots causal sink %sink visible 5 scale 5.0e-01
    : tensor<2x2x1x2x4xf32>, tensor<2x6x1x4xf32>, tensor<2x6x1x4xf32>, tensor<2x2xi32>, tensor<6xi32>, tensor<1x2xf32> -> tensor<2x2x1x2x4xf32>
  %y = dagrt.attention %q, %next, %next positions %late, %slots causal visible 5 scale 5.0e-01
    : tensor<2x2x1x2x4xf32>, tensor<2x6x1x4xf32>, tensor<2x6x1x4xf32>, tensor<2x2xi32>, tensor<6xi32> -> tensor<2x2x1x2x4xf32>
  %z = dagrt.attention %q, %turn, %turn positions %at, %held causal window 3 scale 5.0e-01
    : tensor<2x2x1x2x4xf32>, tensor<2x5x1x4xf32>, tensor<2x5x1x4xf32>, tensor<2x2xi32>, tensor<2x5xi32> -> tensor<2x2x1x2x4xf32>
  return %next, %turn, %held, %x, %y, %z : tensor<2x6x1x4xf32>, tensor<2x5x1x4xf32>, tensor<2x5xi32>, tensor<2x2x1x2x4xf32>, tensor<2x2x1x2x4xf32>, tensor<2x2x1x2x4xf32>
}

func.func @placed(%arg0: tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>> {dagrt.slots = #dagrt.slots<order striped<2, 1>>}, %arg1: tensor<2x5x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 5, 1, 4]>> {dagrt.slots = #dagrt.slots<rolling>}, %arg2: tensor<2x2x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 2, 1, 4]>>, %arg3: tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>, %arg4: tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>> {dagrt.role = #dagrt.role<positions>}, %arg5: tensor<1x2xf32, #dagrt.dist<@m, [_, _], of [1, 2]>>) -> (tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x5x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 5, 1, 4]>>, tensor<2x5xi32, #dagrt.dist<@m, [_, _], of [2, 5]>>, tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>, tensor<2x2x1x1x4xf32, #dagrt.dist<@m, [_, _, _, "kvp", _], of [2, 2, 1, 2, 4]>>, tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>) attributes {dagrt.logical = #dagrt.logical<flops = 1.536000e+03, parameters = 0>} {
  %0 = dagrt.positions order striped<2, 1> : tensor<3xi32, #dagrt.dist<@m, ["kvp"], of [6]>>
  %1 = dagrt.cache_update %arg0, %arg2 positions %0, %arg4 in_place : tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x2x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 2, 1, 4]>>, tensor<3xi32, #dagrt.dist<@m, ["kvp"], of [6]>>, tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>> -> tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>
  %2 = dagrt.positions : tensor<5xi32, #dagrt.dist<@m, [_], of [5]>>
  %3 = dagrt.rolling_positions %2, %arg4 cycle 5 : tensor<5xi32, #dagrt.dist<@m, [_], of [5]>>, tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>> -> tensor<2x5xi32, #dagrt.dist<@m, [_, _], of [2, 5]>>
  %4 = dagrt.cache_update %arg1, %arg2 positions %3, %arg4 : tensor<2x5x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 5, 1, 4]>>, tensor<2x2x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 2, 1, 4]>>, tensor<2x5xi32, #dagrt.dist<@m, [_, _], of [2, 5]>>, tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>> -> tensor<2x5x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 5, 1, 4]>>
  %5 = dagrt.offset_positions %arg4 by 1 : tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>> 
  %6 = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [2]>>
  %7:2 = dagrt.attention %arg3, %1, %1 positions %arg4, %0 causal visible 5 scale 5.000000e-01 shard %6 : tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>, tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>>, tensor<3xi32, #dagrt.dist<@m, ["kvp"], of [6]>>, tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [2]>> -> tensor<1x2x2x1x2x4xf32, #dagrt.dist<@m, ["kvp", _, _, _, _, _], of [2, 2, 2, 1, 2, 4]>>, tensor<1x2x2x1x2xf32, #dagrt.dist<@m, ["kvp", _, _, _, _], of [2, 2, 2, 1, 2]>>
  %8 = dagrt.all_gather %7#1 dim 0 axes ["kvp"] : tensor<1x2x2x1x2xf32, #dagrt.dist<@m, ["kvp", _, _, _, _], of [2, 2, 2, 1, 2]>> -> tensor<2x2x2x1x2xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 2, 1, 2]>>
  %9 = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [2]>>
  %10 = dagrt.attention_merge %7#0, %8 sink %arg5 shard %9 : tensor<1x2x2x1x2x4xf32, #dagrt.dist<@m, ["kvp", _, _, _, _, _], of [2, 2, 2, 1, 2, 4]>>, tensor<2x2x2x1x2xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 2, 1, 2]>>, tensor<1x2xf32, #dagrt.dist<@m, [_, _], of [1, 2]>>, tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [2]>> -> tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4], partial ["kvp"]>>
  %11 = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [2]>>
  %12:2 = dagrt.attention %arg3, %1, %1 positions %5, %0 causal visible 5 scale 5.000000e-01 shard %11 : tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>, tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>>, tensor<3xi32, #dagrt.dist<@m, ["kvp"], of [6]>>, tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [2]>> -> tensor<1x2x2x1x2x4xf32, #dagrt.dist<@m, ["kvp", _, _, _, _, _], of [2, 2, 2, 1, 2, 4]>>, tensor<1x2x2x1x2xf32, #dagrt.dist<@m, ["kvp", _, _, _, _], of [2, 2, 2, 1, 2]>>
  %13 = dagrt.all_to_all %12#0 gather 0 scatter 4 axes ["kvp"] : tensor<1x2x2x1x2x4xf32, #dagrt.dist<@m, ["kvp", _, _, _, _, _], of [2, 2, 2, 1, 2, 4]>> -> tensor<2x2x2x1x1x4xf32, #dagrt.dist<@m, [_, _, _, _, "kvp", _], of [2, 2, 2, 1, 2, 4]>>
  %14 = dagrt.all_to_all %12#1 gather 0 scatter 4 axes ["kvp"] : tensor<1x2x2x1x2xf32, #dagrt.dist<@m, ["kvp", _, _, _, _], of [2, 2, 2, 1, 2]>> -> tensor<2x2x2x1x1xf32, #dagrt.dist<@m, [_, _, _, _, "kvp"], of [2, 2, 2, 1, 2]>>
  %15 = dagrt.attention_merge %13, %14 : tensor<2x2x2x1x1x4xf32, #dagrt.dist<@m, [_, _, _, _, "kvp", _], of [2, 2, 2, 1, 2, 4]>>, tensor<2x2x2x1x1xf32, #dagrt.dist<@m, [_, _, _, _, "kvp"], of [2, 2, 2, 1, 2]>> -> tensor<2x2x1x1x4xf32, #dagrt.dist<@m, [_, _, _, "kvp", _], of [2, 2, 1, 2, 4]>>
  %16 = dagrt.attention %arg3, %4, %4 positions %arg4, %3 causal window 3 scale 5.000000e-01 : tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>, tensor<2x5x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 5, 1, 4]>>, tensor<2x5x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 5, 1, 4]>>, tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>>, tensor<2x5xi32, #dagrt.dist<@m, [_, _], of [2, 5]>> -> tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>
  %17 = dagrt.all_reduce %10 axes ["kvp"] : tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4], partial ["kvp"]>> -> tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>
  return %1, %4, %3, %17, %15, %16 : tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x5x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 5, 1, 4]>>, tensor<2x5xi32, #dagrt.dist<@m, [_, _], of [2, 5]>>, tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>, tensor<2x2x1x1x4xf32, #dagrt.dist<@m, [_, _, _, "kvp", _], of [2, 2, 1, 2, 4]>>, tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>
}

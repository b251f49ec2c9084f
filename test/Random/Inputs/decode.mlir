// What the strategies' programs do not have: a step with caches, in slots that are dealt to two devices and in slots
// that are used in turn, and attention that is merged from parts in both ways. The first function is the model, the
// second computes the same on two devices.

dagrt.mesh @m <"kvp" = 2> devices [0, 1]

func.func @model(%c: tensor<2x6x1x4xf32> {dagrt.slots = #dagrt.slots<order striped<2, 1>>},
                 %d: tensor<2x6x1x4xf32> {dagrt.slots = #dagrt.slots<order striped<2, 1>>},
                 %w: tensor<2x4x1x4xf32> {dagrt.slots = #dagrt.slots<rolling>},
                 %k: tensor<2x2x1x4xf32>, %v: tensor<2x2x1x4xf32>, %q: tensor<2x2x1x2x4xf32>,
                 %at: tensor<2x2xi32> {dagrt.role = #dagrt.role<positions>}, %sink: tensor<1x2xf32>)
    -> (tensor<2x6x1x4xf32>, tensor<2x6x1x4xf32>, tensor<2x4x1x4xf32>, tensor<2x4x1x4xf32>, tensor<2x4xi32>, tensor<2x4xi32>,
        tensor<2x2x1x2x4xf32>, tensor<2x2x1x2x4xf32>, tensor<2x2x1x2x4xf32>, tensor<2x2x1x2x4xf32>, tensor<2x2x1x2x4xf32>) {
  %late = dagrt.offset_positions %at by 1 : tensor<2x2xi32>
  %later = dagrt.offset_positions %late by 1 : tensor<2x2xi32>
  %slots = dagrt.positions order striped<2, 1> : tensor<6xi32>
  %others = dagrt.positions first 1 order striped<2, 1> : tensor<6xi32>
  %keys = dagrt.cache_update %c, %k positions %slots, %at in_place
    : tensor<2x6x1x4xf32>, tensor<2x2x1x4xf32>, tensor<6xi32>, tensor<2x2xi32> -> tensor<2x6x1x4xf32>
  %values = dagrt.cache_update %d, %v positions %others, %late in_place
    : tensor<2x6x1x4xf32>, tensor<2x2x1x4xf32>, tensor<6xi32>, tensor<2x2xi32> -> tensor<2x6x1x4xf32>
  %numbers = dagrt.positions : tensor<4xi32>
  %next = dagrt.positions first 1 : tensor<4xi32>
  %held = dagrt.rolling_positions %numbers, %at cycle 4 : tensor<4xi32>, tensor<2x2xi32> -> tensor<2x4xi32>
  %then = dagrt.rolling_positions %next, %later cycle 4 : tensor<4xi32>, tensor<2x2xi32> -> tensor<2x4xi32>
  %turn = dagrt.cache_update %w, %k positions %held, %at
    : tensor<2x4x1x4xf32>, tensor<2x2x1x4xf32>, tensor<2x4xi32>, tensor<2x2xi32> -> tensor<2x4x1x4xf32>
  %again = dagrt.cache_update %turn, %v positions %then, %later
    : tensor<2x4x1x4xf32>, tensor<2x2x1x4xf32>, tensor<2x4xi32>, tensor<2x2xi32> -> tensor<2x4x1x4xf32>
  %x = dagrt.attention %q, %keys, %values positions %at, %slots causal sink %sink visible 5 scale 5.0e-01
    : tensor<2x2x1x2x4xf32>, tensor<2x6x1x4xf32>, tensor<2x6x1x4xf32>, tensor<2x2xi32>, tensor<6xi32>, tensor<1x2xf32> -> tensor<2x2x1x2x4xf32>
  %u = dagrt.attention %q, %values, %keys positions %late, %others causal visible 5 scale 5.0e-01
    : tensor<2x2x1x2x4xf32>, tensor<2x6x1x4xf32>, tensor<2x6x1x4xf32>, tensor<2x2xi32>, tensor<6xi32> -> tensor<2x2x1x2x4xf32>
  %y = dagrt.attention %q, %keys, %values positions %late, %slots causal visible 5 scale 2.5e-01
    : tensor<2x2x1x2x4xf32>, tensor<2x6x1x4xf32>, tensor<2x6x1x4xf32>, tensor<2x2xi32>, tensor<6xi32> -> tensor<2x2x1x2x4xf32>
  %z = dagrt.attention %q, %turn, %again positions %at, %held causal window 3 scale 5.0e-01
    : tensor<2x2x1x2x4xf32>, tensor<2x4x1x4xf32>, tensor<2x4x1x4xf32>, tensor<2x2xi32>, tensor<2x4xi32> -> tensor<2x2x1x2x4xf32>
  %t = dagrt.attention %q, %again, %turn positions %later, %then causal window 3 scale 5.0e-01
    : tensor<2x2x1x2x4xf32>, tensor<2x4x1x4xf32>, tensor<2x4x1x4xf32>, tensor<2x2xi32>, tensor<2x4xi32> -> tensor<2x2x1x2x4xf32>
  return %keys, %values, %turn, %again, %held, %then, %x, %u, %y, %z, %t
    : tensor<2x6x1x4xf32>, tensor<2x6x1x4xf32>, tensor<2x4x1x4xf32>, tensor<2x4x1x4xf32>, tensor<2x4xi32>, tensor<2x4xi32>,
      tensor<2x2x1x2x4xf32>, tensor<2x2x1x2x4xf32>, tensor<2x2x1x2x4xf32>, tensor<2x2x1x2x4xf32>, tensor<2x2x1x2x4xf32>
}

func.func @placed(%arg0: tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>> {dagrt.slots = #dagrt.slots<order striped<2, 1>>}, %arg1: tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>> {dagrt.slots = #dagrt.slots<order striped<2, 1>>}, %arg2: tensor<2x4x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 4, 1, 4]>> {dagrt.slots = #dagrt.slots<rolling>}, %arg3: tensor<2x2x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 2, 1, 4]>>, %arg4: tensor<2x2x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 2, 1, 4]>>, %arg5: tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>, %arg6: tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>> {dagrt.role = #dagrt.role<positions>}, %arg7: tensor<1x2xf32, #dagrt.dist<@m, [_, _], of [1, 2]>>) -> (tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x4x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 4, 1, 4]>>, tensor<2x4x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 4, 1, 4]>>, tensor<2x4xi32, #dagrt.dist<@m, [_, _], of [2, 4]>>, tensor<2x4xi32, #dagrt.dist<@m, [_, _], of [2, 4]>>, tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>, tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>, tensor<2x2x1x1x4xf32, #dagrt.dist<@m, [_, _, _, "kvp", _], of [2, 2, 1, 2, 4]>>, tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>, tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>) attributes {dagrt.logical = #dagrt.logical<flops = 2.496000e+03, parameters = 0>} {
  %0 = dagrt.offset_positions %arg6 by 1 : tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>> 
  %1 = dagrt.offset_positions %0 by 1 : tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>> 
  %2 = dagrt.positions order striped<2, 1> : tensor<3xi32, #dagrt.dist<@m, ["kvp"], of [6]>>
  %3 = dagrt.cache_update %arg0, %arg3 positions %2, %arg6 in_place : tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x2x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 2, 1, 4]>>, tensor<3xi32, #dagrt.dist<@m, ["kvp"], of [6]>>, tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>> -> tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>
  %4 = dagrt.positions first 1 order striped<2, 1> : tensor<3xi32, #dagrt.dist<@m, ["kvp"], of [6]>>
  %5 = dagrt.cache_update %arg1, %arg4 positions %4, %0 in_place : tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x2x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 2, 1, 4]>>, tensor<3xi32, #dagrt.dist<@m, ["kvp"], of [6]>>, tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>> -> tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>
  %6 = dagrt.positions : tensor<4xi32, #dagrt.dist<@m, [_], of [4]>>
  %7 = dagrt.rolling_positions %6, %arg6 cycle 4 : tensor<4xi32, #dagrt.dist<@m, [_], of [4]>>, tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>> -> tensor<2x4xi32, #dagrt.dist<@m, [_, _], of [2, 4]>>
  %8 = dagrt.positions first 1 : tensor<4xi32, #dagrt.dist<@m, [_], of [4]>>
  %9 = dagrt.rolling_positions %8, %1 cycle 4 : tensor<4xi32, #dagrt.dist<@m, [_], of [4]>>, tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>> -> tensor<2x4xi32, #dagrt.dist<@m, [_, _], of [2, 4]>>
  %10 = dagrt.cache_update %arg2, %arg3 positions %7, %arg6 : tensor<2x4x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 4, 1, 4]>>, tensor<2x2x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 2, 1, 4]>>, tensor<2x4xi32, #dagrt.dist<@m, [_, _], of [2, 4]>>, tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>> -> tensor<2x4x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 4, 1, 4]>>
  %11 = dagrt.cache_update %10, %arg4 positions %9, %1 : tensor<2x4x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 4, 1, 4]>>, tensor<2x2x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 2, 1, 4]>>, tensor<2x4xi32, #dagrt.dist<@m, [_, _], of [2, 4]>>, tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>> -> tensor<2x4x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 4, 1, 4]>>
  %12 = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [2]>>
  %13:2 = dagrt.attention %arg5, %3, %5 positions %arg6, %2 causal visible 5 scale 5.000000e-01 shard %12 : tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>, tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>>, tensor<3xi32, #dagrt.dist<@m, ["kvp"], of [6]>>, tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [2]>> -> tensor<1x2x2x1x2x4xf32, #dagrt.dist<@m, ["kvp", _, _, _, _, _], of [2, 2, 2, 1, 2, 4]>>, tensor<1x2x2x1x2xf32, #dagrt.dist<@m, ["kvp", _, _, _, _], of [2, 2, 2, 1, 2]>>
  %14 = dagrt.all_gather %13#1 dim 0 axes ["kvp"] : tensor<1x2x2x1x2xf32, #dagrt.dist<@m, ["kvp", _, _, _, _], of [2, 2, 2, 1, 2]>> -> tensor<2x2x2x1x2xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 2, 1, 2]>>
  %16 = dagrt.attention_merge %13#0, %14 sink %arg7 shard %12 : tensor<1x2x2x1x2x4xf32, #dagrt.dist<@m, ["kvp", _, _, _, _, _], of [2, 2, 2, 1, 2, 4]>>, tensor<2x2x2x1x2xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 2, 1, 2]>>, tensor<1x2xf32, #dagrt.dist<@m, [_, _], of [1, 2]>>, tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [2]>> -> tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4], partial ["kvp"]>>
  %18:2 = dagrt.attention %arg5, %5, %3 positions %0, %4 causal visible 5 scale 5.000000e-01 shard %12 : tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>, tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>>, tensor<3xi32, #dagrt.dist<@m, ["kvp"], of [6]>>, tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [2]>> -> tensor<1x2x2x1x2x4xf32, #dagrt.dist<@m, ["kvp", _, _, _, _, _], of [2, 2, 2, 1, 2, 4]>>, tensor<1x2x2x1x2xf32, #dagrt.dist<@m, ["kvp", _, _, _, _], of [2, 2, 2, 1, 2]>>
  %19 = dagrt.all_gather %18#1 dim 0 axes ["kvp"] : tensor<1x2x2x1x2xf32, #dagrt.dist<@m, ["kvp", _, _, _, _], of [2, 2, 2, 1, 2]>> -> tensor<2x2x2x1x2xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 2, 1, 2]>>
  %21 = dagrt.attention_merge %18#0, %19 shard %12 : tensor<1x2x2x1x2x4xf32, #dagrt.dist<@m, ["kvp", _, _, _, _, _], of [2, 2, 2, 1, 2, 4]>>, tensor<2x2x2x1x2xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 2, 1, 2]>>, tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [2]>> -> tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4], partial ["kvp"]>>
  %23:2 = dagrt.attention %arg5, %3, %5 positions %0, %2 causal visible 5 scale 2.500000e-01 shard %12 : tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>, tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>>, tensor<3xi32, #dagrt.dist<@m, ["kvp"], of [6]>>, tensor<1xi32, #dagrt.dist<@m, ["kvp"], of [2]>> -> tensor<1x2x2x1x2x4xf32, #dagrt.dist<@m, ["kvp", _, _, _, _, _], of [2, 2, 2, 1, 2, 4]>>, tensor<1x2x2x1x2xf32, #dagrt.dist<@m, ["kvp", _, _, _, _], of [2, 2, 2, 1, 2]>>
  %24 = dagrt.all_to_all %23#0 gather 0 scatter 4 axes ["kvp"] : tensor<1x2x2x1x2x4xf32, #dagrt.dist<@m, ["kvp", _, _, _, _, _], of [2, 2, 2, 1, 2, 4]>> -> tensor<2x2x2x1x1x4xf32, #dagrt.dist<@m, [_, _, _, _, "kvp", _], of [2, 2, 2, 1, 2, 4]>>
  %25 = dagrt.all_to_all %23#1 gather 0 scatter 4 axes ["kvp"] : tensor<1x2x2x1x2xf32, #dagrt.dist<@m, ["kvp", _, _, _, _], of [2, 2, 2, 1, 2]>> -> tensor<2x2x2x1x1xf32, #dagrt.dist<@m, [_, _, _, _, "kvp"], of [2, 2, 2, 1, 2]>>
  %26 = dagrt.attention_merge %24, %25 : tensor<2x2x2x1x1x4xf32, #dagrt.dist<@m, [_, _, _, _, "kvp", _], of [2, 2, 2, 1, 2, 4]>>, tensor<2x2x2x1x1xf32, #dagrt.dist<@m, [_, _, _, _, "kvp"], of [2, 2, 2, 1, 2]>> -> tensor<2x2x1x1x4xf32, #dagrt.dist<@m, [_, _, _, "kvp", _], of [2, 2, 1, 2, 4]>>
  %27 = dagrt.attention %arg5, %10, %11 positions %arg6, %7 causal window 3 scale 5.000000e-01 : tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>, tensor<2x4x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 4, 1, 4]>>, tensor<2x4x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 4, 1, 4]>>, tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>>, tensor<2x4xi32, #dagrt.dist<@m, [_, _], of [2, 4]>> -> tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>
  %28 = dagrt.attention %arg5, %11, %10 positions %1, %9 causal window 3 scale 5.000000e-01 : tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>, tensor<2x4x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 4, 1, 4]>>, tensor<2x4x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 4, 1, 4]>>, tensor<2x2xi32, #dagrt.dist<@m, [_, _], of [2, 2]>>, tensor<2x4xi32, #dagrt.dist<@m, [_, _], of [2, 4]>> -> tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>
  %29 = dagrt.all_reduce %16 axes ["kvp"] : tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4], partial ["kvp"]>> -> tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>
  %30 = dagrt.all_reduce %21 axes ["kvp"] : tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4], partial ["kvp"]>> -> tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>
  return %3, %5, %10, %11, %7, %9, %29, %30, %26, %27, %28 : tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x3x1x4xf32, #dagrt.dist<@m, [_, "kvp", _, _], of [2, 6, 1, 4]>>, tensor<2x4x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 4, 1, 4]>>, tensor<2x4x1x4xf32, #dagrt.dist<@m, [_, _, _, _], of [2, 4, 1, 4]>>, tensor<2x4xi32, #dagrt.dist<@m, [_, _], of [2, 4]>>, tensor<2x4xi32, #dagrt.dist<@m, [_, _], of [2, 4]>>, tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>, tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>, tensor<2x2x1x1x4xf32, #dagrt.dist<@m, [_, _, _, "kvp", _], of [2, 2, 1, 2, 4]>>, tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>, tensor<2x2x1x2x4xf32, #dagrt.dist<@m, [_, _, _, _, _], of [2, 2, 1, 2, 4]>>
}

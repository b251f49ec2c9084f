// RUN: dagrt-opt %s -split-input-file -verify-diagnostics

// Attributes and types that do not parse, or do not hold what they must.

// expected-error@+1 {{expects an axis name, got an empty string}}
func.func private @f(tensor<4xf32, #dagrt.dist<@m, [""], of [4]>>)

// -----

// expected-error@+1 {{expects a sub-axis of size 2 or more after a size of 1 or more, got (0)4}}
func.func private @f(tensor<4xf32, #dagrt.dist<@m, ["tp":(0)4], of [4]>>)

// -----

// expected-error@+1 {{expects a sub-axis of size 2 or more after a size of 1 or more, got (2)1}}
func.func private @f(tensor<4xf32, #dagrt.dist<@m, ["tp":(2)1], of [4]>>)

// -----

// expected-error@+1 {{expects a sub-axis of size 2 or more after a size of 1 or more, got (1)-2}}
func.func private @f(tensor<4xf32, #dagrt.dist<@m, ["tp":(1)-2], of [4]>>)

// -----

// expected-error@+1 {{expects a rotation of a full axis by 1 or more, got -1}}
func.func private @f(tensor<4xf32, #dagrt.dist<@m, ["tp"+-1], of [4]>>)

// -----

// expected-error@+1 {{expected string}}
func.func private @f(tensor<4xf32, #dagrt.dist<@m, [tp], of [4]>>)

// -----

// expected-error@+1 {{expected string}}
func.func private @f(tensor<4xf32, #dagrt.dist<@m, [{}], of [4]>>)

// -----

// expected-error@+1 {{expected '('}}
func.func private @f(tensor<4xf32, #dagrt.dist<@m, ["tp":4], of [4]>>)

// -----

// expected-error@+1 {{expected integer value}}
func.func private @f(tensor<4xf32, #dagrt.dist<@m, ["tp"+], of [4]>>)

// -----

// expected-error@+1 {{expects the mesh to be a flat symbol, got @a::@m}}
func.func private @f(tensor<4xf32, #dagrt.dist<@a::@m, [_], of [4]>>)

// -----

// expected-error@+1 {{expects as many dims as the global shape has, 2, got 1}}
func.func private @f(tensor<4xf32, #dagrt.dist<@m, [_], of [4, 4]>>)

// -----

// expected-error@+1 {{expects a global shape of sizes that are not negative, got -4}}
func.func private @f(tensor<4xf32, #dagrt.dist<@m, [_], of [-4]>>)

// -----

// expected-error@+1 {{expects a distribution of 2 dims, got one of 1}}
func.func private @f(tensor<4x4xf32, #dagrt.dist<@m, [_], of [4]>>)

// -----

// expected-error@+1 {{expected 'of'}}
func.func private @f(tensor<4xf32, #dagrt.dist<@m, [_], [4]>>)

// -----

// expected-error@+1 {{expected 'partial'}}
func.func private @f(tensor<4xf32, #dagrt.dist<@m, [_], of [4], "tp">>)

// -----

// expected-error@+1 {{expects a placed payload, got 'tensor<4xf32>'}}
func.func private @f(!dagrt.message<tensor<4xf32>>)

// -----

// expected-error@+1 {{expects 1 to 1048576 blocks, got 0}}
%0 = dagrt.positions order zigzag<0> : tensor<4xi32>

// -----

// expected-error@+1 {{expects 1 to 1048576 blocks, got 4611686018427387904}}
%0 = dagrt.positions order zigzag<4611686018427387904> : tensor<4xi32>

// -----

// expected-error@+1 {{expects 'zigzag<blocks>' or 'striped<shards, tokens>'}}
%0 = dagrt.positions order zagzig<2> : tensor<4xi32>

// -----

// expected-error@+1 {{expected 'strides'}}
%0 = dagrt.parameter "w" view <[4] offset 0> : tensor<4xf32>

// -----

func.func @f(%x: tensor<1x4x4xf32>, %p: tensor<4xi32>) {
  // expected-error@+1 {{expects a positive theta, got 0.000000e+00}}
  %0 = dagrt.rope %x, %p <theta 0.0, dims 4> : tensor<1x4x4xf32>, tensor<4xi32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4xf32>, %p: tensor<4xi32>) {
  // expected-error@+1 {{expects an even number of rotated dims, 2 or more, got 3}}
  %0 = dagrt.rope %x, %p <theta 1.0, dims 3> : tensor<1x4x4xf32>, tensor<4xi32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4xf32>, %p: tensor<4xi32>) {
  // expected-error@+1 {{expects at, interleaved, linear, llama3, yarn or longrope, got dynamic}}
  %0 = dagrt.rope %x, %p <theta 1.0, dims 4, dynamic [2.0]> : tensor<1x4x4xf32>, tensor<4xi32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4xf32>, %p: tensor<4xi32>) {
  // expected-error@+1 {{expects 4 factors for llama3 scaling, got 1}}
  %0 = dagrt.rope %x, %p <theta 1.0, dims 4, llama3 [2.0]> : tensor<1x4x4xf32>, tensor<4xi32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4xf32>, %p: tensor<4xi32>) {
  // expected-error@+1 {{expects 3 factors for longrope scaling, got 2}}
  %0 = dagrt.rope %x, %p <theta 1.0, dims 4, longrope [1.0, 2.0]>
    : tensor<1x4x4xf32>, tensor<4xi32>
  return
}

// -----

func.func @f(%x: tensor<1x4x4xf32>, %p: tensor<4xi32>) {
  // expected-error@+1 {{expects positive factors, got -2.000000e+00}}
  %0 = dagrt.rope %x, %p <theta 1.0, dims 4, linear [-2.0]> : tensor<1x4x4xf32>, tensor<4xi32>
  return
}

// -----

// expected-error@+1 {{expects a role of words joined by dots, got 'attention.'}}
%0 = dagrt.positions {dagrt.role = #dagrt.role<attention.>} : tensor<4xi32>

// -----

// expected-error@+1 {{expects a layer that is not negative, got -2}}
%0 = dagrt.positions {dagrt.role = #dagrt.role<attention, layer -2>} : tensor<4xi32>

// -----

// expected-error@+1 {{expects a micro-batch that is not negative, got -2}}
%0 = dagrt.positions {dagrt.role = #dagrt.role<attention, layer 0, microbatch -2>} : tensor<4xi32>

// -----

// expected-error@+1 {{expects 'layer N' or 'microbatch N' after the comma}}
%0 = dagrt.positions {dagrt.role = #dagrt.role<attention, batch 0>} : tensor<4xi32>

// -----

// expected-error@+1 {{expects 'microbatch N' after the comma}}
%0 = dagrt.positions {dagrt.role = #dagrt.role<attention, layer 0, layer 1>} : tensor<4xi32>

// -----

// expected-error@+1 {{expected valid keyword}}
%0 = dagrt.positions {dagrt.role = #dagrt.role<"attention">} : tensor<4xi32>

// -----

// expected-error@+1 {{expects a time that is not negative, got -5 ps}}
%0 = dagrt.positions {dagrt.cost = #dagrt.cost<-5 ps>} : tensor<4xi32>

// -----

// expected-error@+1 {{expects a bound (none, compute, memory, link, latency, fixed) or a provenance (given, measured, interpolated, modelled, extrapolated), got guessed}}
%0 = dagrt.positions {dagrt.cost = #dagrt.cost<5 ps, guessed>} : tensor<4xi32>

// -----

// expected-error@+1 {{expects an error in percent that is not negative, got -2.000000e+00}}
%0 = dagrt.positions {dagrt.cost = #dagrt.cost<5 ps, error -2.0>} : tensor<4xi32>

// -----

// expected-error@+1 {{expects an error from -100 to 0 to one that is not negative, in percent, got 2.000000e+00 to 4.000000e+00}}
%0 = dagrt.positions {dagrt.cost = #dagrt.cost<5 ps, error 2.0 to 4.0>} : tensor<4xi32>

// -----

// expected-error@+1 {{expects an error from -100 to 0 to one that is not negative, in percent, got -1.010000e+02 to 4.000000e+00}}
%0 = dagrt.positions {dagrt.cost = #dagrt.cost<5 ps, error -101.0 to 4.0>} : tensor<4xi32>

// -----

// expected-error@+1 {{expected 'slack'}}
%0 = dagrt.positions {dagrt.timing = #dagrt.timing<0 to 5 ps, 3>} : tensor<4xi32>

// -----

func.func @f(%m: tensor<4xf32>) {
  // expected-error@+1 {{expected '<'}}
  %0 = dagrt.recv %m : tensor<4xf32>
  return
}

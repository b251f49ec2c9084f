// RUN: dagrt-opt %s -split-input-file -verify-diagnostics

// Meshes, parameters, positions, and the dialect's attributes on any op.

// mesh-c1
// expected-error@+1 {{'dagrt.mesh' op expects as many axis sizes as names, 1, got 2}}
"dagrt.mesh"() {sym_name = "m", axis_names = ["tp"], axis_sizes = array<i64: 2, 2>,
                devices = array<i64: 0, 1>} : () -> ()

// -----

// mesh-c1
// expected-error@+1 {{'dagrt.mesh' op expects distinct axis names, got "tp" twice}}
dagrt.mesh @m <"tp" = 2, "tp" = 2> devices [0, 1, 2, 3]

// -----

// mesh-c1
// expected-error@+1 {{'dagrt.mesh' op expects axis names that are not empty, got ""}}
dagrt.mesh @m <"" = 2> devices [0, 1]

// -----

// mesh-c1
// expected-error@+1 {{'dagrt.mesh' op expects axis "tp" to have a size of at least 1, got 0}}
dagrt.mesh @m <"tp" = 0> devices []

// -----

// mesh-c1
// expected-error@+1 {{'dagrt.mesh' op expects a number of devices below 2^63}}
dagrt.mesh @m <"a" = 4294967296, "b" = 4294967296> devices [0]

// -----

// mesh-c2
// expected-error@+1 {{'dagrt.mesh' op expects 4 devices, the product of the sizes of the axes, got 3}}
dagrt.mesh @m <"tp" = 4> devices [0, 1, 2]

// -----

// mesh-c3
// expected-error@+1 {{'dagrt.mesh' op expects device ids from 0 to 2147483647, got -1}}
dagrt.mesh @m <"tp" = 2> devices [0, -1]

// -----

// mesh-c3
// expected-error@+1 {{'dagrt.mesh' op expects device ids from 0 to 2147483647, got 9223372036854775807}}
dagrt.mesh @m <"tp" = 2> devices [0, 9223372036854775807]

// -----

// mesh-c3
// expected-error@+1 {{'dagrt.mesh' op expects distinct devices, got device 3 twice}}
dagrt.mesh @m <"tp" = 2> devices [3, 3]

// -----

// parameter-c1
// expected-error@+1 {{'dagrt.parameter' op expects a name, got an empty string}}
%0 = dagrt.parameter "" : tensor<4xf32>

// -----

// parameter-c1
// expected-error@+1 {{'dagrt.parameter' op expects a fan_in of at least 1, got 0}}
%0 = dagrt.parameter "w" fan_in 0 : tensor<4xf32>

// -----

// parameter-c2
// expected-error@+1 {{'dagrt.parameter' op expects a stride for each of 2 dims, got 1}}
%0 = dagrt.parameter "w" view <[8] offset 0 strides [1]> : tensor<4x2xf32>

// -----

// parameter-c2
// expected-error@+1 {{'dagrt.parameter' op expects a stored weight of fewer than 2^63 elements, with sizes that are not negative}}
%0 = dagrt.parameter "w" view <[-8] offset 0 strides [1]> : tensor<4xf32>

// -----

// parameter-c2
// expected-error@+1 {{'dagrt.parameter' op expects a stored weight of fewer than 2^63 elements, with sizes that are not negative}}
%0 = dagrt.parameter "w" view <[4294967296, 4294967296] offset 0 strides [1]> : tensor<4xf32>

// -----

// parameter-c2
// expected-error@+1 {{'dagrt.parameter' op expects a view of static, positive sizes inside the stored weight}}
%0 = dagrt.parameter "w" view <[8] offset 0 strides [1]> : tensor<?xf32>

// -----

// parameter-c2
// expected-error@+1 {{'dagrt.parameter' op expects a view of static, positive sizes inside the stored weight}}
%0 = dagrt.parameter "w" view <[8] offset 0 strides [9223372036854775807]> : tensor<4xf32>

// -----

// parameter-c2
// expected-error@+1 {{'dagrt.parameter' op expects the view to stay inside the stored weight of 8 elements, got elements 5 to 8}}
%0 = dagrt.parameter "w" view <[8] offset 5 strides [1]> : tensor<4xf32>

// -----

// parameter-c2
// expected-error@+1 {{'dagrt.parameter' op expects the view to stay inside the stored weight of 8 elements, got elements -1 to 2}}
%0 = dagrt.parameter "w" view <[8] offset 2 strides [-1]> : tensor<4xf32>

// -----

// parameter-c3
dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-error@+1 {{'dagrt.parameter' op expects a result that is not partial, got #dagrt.dist<@m, [_], of [4], partial ["tp"]>}}
%0 = dagrt.parameter "w" : tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>

// -----

// positions-c1
// expected-error@+1 {{'dagrt.positions' op expects a result of one dim, got 'tensor<1x4xi32>'}}
%0 = dagrt.positions : tensor<1x4xi32>

// -----

// positions-c1
// expected-error@+1 {{'dagrt.positions' op expects a first position that is not negative, got -1}}
%0 = dagrt.positions first -1 : tensor<4xi32>

// -----

// positions-c1
dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-error@+1 {{'dagrt.positions' op expects a result that is not partial}}
%0 = dagrt.positions : tensor<4xi32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>

// -----

// axis_index-c1
// expected-error@+1 {{'dagrt.axis_index' op expects a placed result of one dim, got 'tensor<4xi32>'}}
%0 = dagrt.axis_index : tensor<4xi32>

// -----

// axis_index-c1
dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-error@+1 {{'dagrt.axis_index' op expects a placed result of one dim}}
%0 = dagrt.axis_index : tensor<1x1xi32, #dagrt.dist<@m, ["tp", _], of [2, 1]>>

// -----

// axis_index-c1
// expected-note@+1 {{mesh declared here}}
dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-error@+1 {{'dagrt.axis_index' op expects as many elements as shards, 2, got 4}}
%0 = dagrt.axis_index : tensor<2xi32, #dagrt.dist<@m, ["tp"], of [4]>>

// -----

// axis_index-c1
dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-error@+1 {{'dagrt.axis_index' op expects a result that is not partial}}
%0 = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@m, [_], of [1], partial ["tp"]>>

// -----

// expected-error@+1 {{'dagrt.positions' op expects 'dagrt.role' to be a #dagrt.role attribute, got "query"}}
%0 = dagrt.positions {dagrt.role = "query"} : tensor<4xi32>

// -----

// expected-error@+1 {{'dagrt.positions' op expects 'dagrt.cost' to be a #dagrt.cost attribute, got 5 : i64}}
%0 = dagrt.positions {dagrt.cost = 5} : tensor<4xi32>

// -----

// expected-error@+1 {{'dagrt.positions' op expects 'dagrt.timing' to be a #dagrt.timing attribute, got unit}}
%0 = dagrt.positions {dagrt.timing} : tensor<4xi32>

// -----

// expected-error@+1 {{'func.func' op expects 'dagrt.logical' to be a #dagrt.logical attribute, got 1 : i64}}
func.func private @f() attributes {dagrt.logical = 1}

// -----

// expected-error@+1 {{'dagrt.positions' op expects 'dagrt.logical' on a function}}
%0 = dagrt.positions {dagrt.logical = #dagrt.logical<flops = 1.0, parameters = 0>} : tensor<4xi32>

// -----

// expected-error@+1 {{'func.func' op expects argument #0 to lie on a mesh of this module, got '@m'}}
func.func private @f(tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>)
  attributes {dagrt.logical = #dagrt.logical<flops = 1.0, parameters = 0>}

// -----

// expected-note@+1 {{mesh declared here}}
dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-error@+1 {{'func.func' op expects dim 0 of result #0 to be 2 (4 elements over 2 shards), got 3}}
func.func private @f() -> tensor<3xf32, #dagrt.dist<@m, ["tp"], of [4]>>
  attributes {dagrt.logical = #dagrt.logical<flops = 1.0, parameters = 0>}

// -----

// A declaration has no place that returns.
dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-error@+1 {{'func.func' op expects result #0 not to be partial, got a sum not yet reduced over ["tp"]}}
func.func private @f() -> tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>
  attributes {dagrt.logical = #dagrt.logical<flops = 1.0, parameters = 0>}

// RUN: dagrt-opt %s -split-input-file -verify-diagnostics

// Ops are verified beside others that are not what they seem: one error, and no crash.

module {
  // expected-error@+1 {{'dagrt.mesh' op attribute 'axis_names' failed to satisfy constraint: string array attribute}}
  "dagrt.mesh"() {sym_name = "m", axis_names = [1], axis_sizes = array<i64: 2>,
                  devices = array<i64: 0, 1>} : () -> ()
  func.func @user(%x: tensor<4xf32, #dagrt.dist<@m, ["tp"], of [8]>>) {
    %y = dagrt.silu %x : tensor<4xf32, #dagrt.dist<@m, ["tp"], of [8]>>
    return
  }
}

// -----

// The user stands before the mesh.
func.func @user(%x: tensor<4xf32, #dagrt.dist<@m, ["tp"], of [8]>>) {
  %y = dagrt.silu %x : tensor<4xf32, #dagrt.dist<@m, ["tp"], of [8]>>
  return
}
// expected-error@+1 {{'dagrt.mesh' op requires attribute 'axis_names'}}
"dagrt.mesh"() {sym_name = "m"} : () -> ()

// -----

// A number of shards that overflows.
// expected-error@+1 {{'dagrt.mesh' op expects a number of devices below 2^63}}
dagrt.mesh @m <"a" = 4294967296, "b" = 4294967296> devices [0, 1]
func.func @user(%x: tensor<4xf32, #dagrt.dist<@m, [{"a", "b"}], of [8]>>) {
  %y = dagrt.silu %x : tensor<4xf32, #dagrt.dist<@m, [{"a", "b"}], of [8]>>
  return
}

// -----

// expected-error@+1 {{'func.func' op requires attribute 'function_type'}}
"func.func"() ({}) {sym_name = "f",
  dagrt.logical = #dagrt.logical<flops = 1.0, parameters = 0>} : () -> ()

// -----

// A body without a terminator is refused before its results are looked at.
dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-error@+1 {{empty block: expect at least a terminator}}
"func.func"() ({ ^bb0: }) {sym_name = "f",
  function_type = () -> tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>,
  dagrt.logical = #dagrt.logical<flops = 1.0, parameters = 0>} : () -> ()

// -----

// Meshes of the enclosing module are out of sight.
dagrt.mesh @m <"tp" = 2> devices [0, 1]
module {
  func.func @user(%x: tensor<4xf32, #dagrt.dist<@m, ["tp"], of [8]>>) {
    // expected-error@+1 {{'dagrt.silu' op expects operand #0 to lie on a mesh of this module, got '@m'}}
    %y = dagrt.silu %x : tensor<4xf32, #dagrt.dist<@m, ["tp"], of [8]>>
    return
  }
}

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-note@+1 {{operand defined here}}
func.func @axis_named_twice(%x: tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>) {
  // expected-error@+1 {{'dagrt.all_reduce' op expects an operand partial over ["tp", "tp"]}}
  %y = dagrt.all_reduce %x axes ["tp", "tp"]
    : tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>
    -> tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>
  return
}

// -----

// The largest numbers there are.
dagrt.mesh @m <"tp" = 2> devices [0, 2147483647]
func.func @large(
    %x: tensor<9223372036854775807xf32, #dagrt.dist<@m, [_], of [9223372036854775807]>>,
    %z: tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>) {
  %y = dagrt.all_slice %x dim 0 axes ["tp"]
    : tensor<9223372036854775807xf32, #dagrt.dist<@m, [_], of [9223372036854775807]>>
    -> tensor<4611686018427387904xf32, #dagrt.dist<@m, ["tp"], of [9223372036854775807]>>
  %w = dagrt.shift %z dim 0 by -9223372036854775808
    : tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
    -> tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
  return
}

// -----

// Beside the mesh, and before it: the mesh is verified first.
%0 = dagrt.axis_index : tensor<2xi32, #dagrt.dist<@m, ["tp"], of [4]>>
// expected-error@+1 {{'dagrt.mesh' op expects axis "tp" to have a size of at least 1, got 0}}
dagrt.mesh @m <"tp" = 0> devices []

// RUN: dagrt-opt %s -split-input-file -verify-diagnostics

// Placed programs with one defect each: one error, where the defect is, and a note at the other
// op to blame.

// A dropped all-reduce: the row-parallel matmul is added before it is summed.
dagrt.mesh @base <"tp" = 2> devices [0, 1]
func.func @dropped_all_reduce(
    %x: tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8]>>,
    %a: tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>)
    -> tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8]>> {
  %w = dagrt.parameter "down" : tensor<4x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>
  // expected-note@+1 {{this is a sum not yet reduced}}
  %p = dagrt.matmul %a, %w
    : tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>,
      tensor<4x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>
    -> tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>
  // expected-error@+1 {{'dagrt.add' op expects all operands to be partial over the same axes, got [] and ["tp"] (operand #1)}}
  %y = dagrt.add %x, %p
    : tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8]>>,
      tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>
    -> tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8]>>
  return %y : tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8]>>
}

// -----

// The matmul claims to be complete although both operands are sharded over the contracted dim.
dagrt.mesh @base <"tp" = 2> devices [0, 1]
func.func @partial_result_not_said(
    // expected-note@+1 {{this operand's distribution decides}}
    %a: tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>,
    %w: tensor<4x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>) {
  // expected-error@+1 {{'dagrt.matmul' op expects result #0 of type 'tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>', got 'tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8]>>'}}
  %p = dagrt.matmul %a, %w
    : tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>,
      tensor<4x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>
    -> tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8]>>
  return
}

// -----

// A gather over the wrong axis.
dagrt.mesh @grid <"dp" = 2, "tp" = 2> devices [0, 1, 2, 3]
func.func @gather_over_wrong_axis(
    // expected-note@+1 {{operand defined here, of type 'tensor<4x4xf32, #dagrt.dist<@grid, ["dp", "tp"], of [8, 8]>>'}}
    %x: tensor<4x4xf32, #dagrt.dist<@grid, ["dp", "tp"], of [8, 8]>>) {
  // expected-error@+1 {{'dagrt.all_gather' op expects dim 0 of the operand to be sharded over ["tp"], got ["dp"]}}
  %y = dagrt.all_gather %x dim 0 axes ["tp"]
    : tensor<4x4xf32, #dagrt.dist<@grid, ["dp", "tp"], of [8, 8]>>
    -> tensor<8x4xf32, #dagrt.dist<@grid, [_, "tp"], of [8, 8]>>
  return
}

// -----

// A gather over the first of two axes: the shards would stand in the wrong order.
dagrt.mesh @grid <"dp" = 2, "tp" = 2> devices [0, 1, 2, 3]
func.func @gather_over_major_axis(
    // expected-note@+1 {{operand defined here, of type}}
    %x: tensor<2x8xf32, #dagrt.dist<@grid, [{"dp", "tp"}, _], of [8, 8]>>) {
  // expected-error@+1 {{'dagrt.all_gather' op expects dim 0 of the operand to be sharded over ["dp"], got ["dp", "tp"]}}
  %y = dagrt.all_gather %x dim 0 axes ["dp"]
    : tensor<2x8xf32, #dagrt.dist<@grid, [{"dp", "tp"}, _], of [8, 8]>>
    -> tensor<4x8xf32, #dagrt.dist<@grid, ["tp", _], of [8, 8]>>
  return
}

// -----

// A gather over the wrong dim.
dagrt.mesh @base <"tp" = 2> devices [0, 1]
func.func @gather_of_wrong_dim(
    // expected-note@+1 {{operand defined here, of type}}
    %x: tensor<4x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>) {
  // expected-error@+1 {{'dagrt.all_gather' op expects dim 1 of the operand to be sharded over ["tp"], got []}}
  %y = dagrt.all_gather %x dim 1 axes ["tp"]
    : tensor<4x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>
    -> tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8]>>
  return
}

// -----

// A message received twice.
dagrt.mesh @a <"tp" = 2> devices [0, 1]
dagrt.mesh @b <"sp" = 2> devices [2, 3]
func.func @received_twice(%x: tensor<4x8xf32, #dagrt.dist<@a, ["tp", _], of [8, 8]>>) {
  // expected-error@+1 {{'dagrt.send' op expects its message to be received once, in the same block, got 2 uses}}
  %m = dagrt.send %x : tensor<4x8xf32, #dagrt.dist<@a, ["tp", _], of [8, 8]>>
    -> !dagrt.message<tensor<4x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>>
  // expected-note@+1 {{used here}}
  %y = dagrt.recv %m : !dagrt.message<tensor<4x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>>
  // expected-note@+1 {{used here}}
  %z = dagrt.recv %m : !dagrt.message<tensor<4x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>>
  return
}

// -----

// A message never received.
dagrt.mesh @a <"tp" = 2> devices [0, 1]
dagrt.mesh @b <"sp" = 2> devices [2, 3]
// expected-note@+1 {{the value that is not received is defined here}}
func.func @never_received(%x: tensor<4x8xf32, #dagrt.dist<@a, ["tp", _], of [8, 8]>>) {
  // expected-error@+1 {{'dagrt.send' op expects its message to be received once, in the same block, got no 'dagrt.recv'}}
  %m = dagrt.send %x : tensor<4x8xf32, #dagrt.dist<@a, ["tp", _], of [8, 8]>>
    -> !dagrt.message<tensor<4x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>>
  return
}

// -----

// A message that comes from a caller, received twice.
dagrt.mesh @b <"sp" = 2> devices [2, 3]
func.func @argument_received_twice(
    %m: !dagrt.message<tensor<4x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>>) {
  // expected-error@+2 {{'dagrt.recv' op expects its message to be received once, in the same block, got 2 uses}}
  // expected-note@+1 {{used here}}
  %y = dagrt.recv %m : !dagrt.message<tensor<4x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>>
  // expected-note@+1 {{used here}}
  %z = dagrt.recv %m : !dagrt.message<tensor<4x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>>
  return
}

// -----

// A message that leaves the function instead of being received.
dagrt.mesh @a <"tp" = 2> devices [0, 1]
dagrt.mesh @b <"sp" = 2> devices [2, 3]
func.func @returned_message(%x: tensor<4x8xf32, #dagrt.dist<@a, ["tp", _], of [8, 8]>>)
    -> !dagrt.message<tensor<4x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>> {
  // expected-error@+1 {{'dagrt.send' op expects its message to be received once, in the same block, got a use by 'func.return'}}
  %m = dagrt.send %x : tensor<4x8xf32, #dagrt.dist<@a, ["tp", _], of [8, 8]>>
    -> !dagrt.message<tensor<4x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>>
  // expected-note@+1 {{used here}}
  return %m : !dagrt.message<tensor<4x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>>
}

// -----

// An operand from another mesh.
dagrt.mesh @a <"tp" = 2> devices [0, 1]
dagrt.mesh @b <"tp" = 2> devices [2, 3]
func.func @operand_of_other_mesh(
    %x: tensor<4x8xf32, #dagrt.dist<@a, ["tp", _], of [8, 8]>>,
    // expected-note@+1 {{operand defined here; 'dagrt.send' takes a value to another mesh}}
    %y: tensor<4x8xf32, #dagrt.dist<@b, ["tp", _], of [8, 8]>>) {
  // expected-error@+1 {{'dagrt.add' op expects all operands on mesh '@a', got operand #1 on '@b'}}
  %z = dagrt.add %x, %y
    : tensor<4x8xf32, #dagrt.dist<@a, ["tp", _], of [8, 8]>>,
      tensor<4x8xf32, #dagrt.dist<@b, ["tp", _], of [8, 8]>>
    -> tensor<4x8xf32, #dagrt.dist<@a, ["tp", _], of [8, 8]>>
  return
}

// -----

// A device listed twice: the users of the mesh are fine.
// expected-error@+1 {{'dagrt.mesh' op expects distinct devices, got device 1 twice}}
dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 1]
func.func @user(%x: tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>) {
  %y = dagrt.silu %x : tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>
  return
}

// -----

// A mesh that is short of a device: its users do not repeat the error.
// expected-error@+1 {{'dagrt.mesh' op expects 4 devices, the product of the sizes of the axes, got 3}}
dagrt.mesh @base <"tp" = 4> devices [0, 1, 2]
func.func @user(%x: tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>) {
  %y = dagrt.silu %x : tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>
  return
}

// -----

// An unknown mesh.
// expected-note@+1 {{mesh '@base' declared here}}
dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]
func.func @unknown_mesh(%x: tensor<2x8xf32, #dagrt.dist<@bsae, ["tp", _], of [8, 8]>>) {
  // expected-error@+1 {{'dagrt.silu' op expects operand #0 to lie on a mesh of this module, got '@bsae'}}
  %y = dagrt.silu %x : tensor<2x8xf32, #dagrt.dist<@bsae, ["tp", _], of [8, 8]>>
  return
}

// -----

// A symbol that is not a mesh.
// expected-note@+1 {{symbol declared here}}
func.func @not_a_mesh(%x: tensor<2x8xf32, #dagrt.dist<@not_a_mesh, ["tp", _], of [8, 8]>>) {
  // expected-error@+1 {{'dagrt.silu' op expects operand #0 to lie on a mesh of this module, got '@not_a_mesh'}}
  %y = dagrt.silu %x : tensor<2x8xf32, #dagrt.dist<@not_a_mesh, ["tp", _], of [8, 8]>>
  return
}

// -----

// An unknown axis.
// expected-note@+1 {{mesh declared here}}
dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]
func.func @unknown_axis(%x: tensor<2x8xf32, #dagrt.dist<@base, ["sp", _], of [8, 8]>>) {
  // expected-error@+1 {{'dagrt.silu' op expects operand #0 to use axes of mesh '@base', got axis "sp"}}
  %y = dagrt.silu %x : tensor<2x8xf32, #dagrt.dist<@base, ["sp", _], of [8, 8]>>
  return
}

// -----

// A collective over an unknown axis.
// expected-note@+1 {{mesh declared here}}
dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]
func.func @collective_over_unknown_axis(
    %x: tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>) {
  // expected-error@+1 {{'dagrt.all_gather' op expects 'axes' to use axes of mesh '@base', got axis "sp"}}
  %y = dagrt.all_gather %x dim 0 axes ["sp"]
    : tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>
    -> tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8]>>
  return
}

// -----

// A sub-axis that does not divide its axis.
// expected-note@+1 {{mesh declared here}}
dagrt.mesh @base <"tp" = 8> devices [0, 1, 2, 3, 4, 5, 6, 7]
func.func @sub_axis_does_not_divide(
    %x: tensor<4x8xf32, #dagrt.dist<@base, ["tp":(1)3, _], of [12, 8]>>) {
  // expected-error@+1 {{'dagrt.silu' op expects operand #0 to use a factor of axis "tp", which has the size 8, got "tp":(1)3}}
  %y = dagrt.silu %x : tensor<4x8xf32, #dagrt.dist<@base, ["tp":(1)3, _], of [12, 8]>>
  return
}

// -----

// A sub-axis whose place overflows.
// expected-note@+1 {{mesh declared here}}
dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]
func.func @sub_axis_overflows(
    %x: tensor<2x8xf32, #dagrt.dist<@base, ["tp":(4611686018427387904)4, _], of [8, 8]>>) {
  // expected-error@+1 {{'dagrt.silu' op expects operand #0 to use a factor of axis "tp", which has the size 4, got "tp":(4611686018427387904)4}}
  %y = dagrt.silu %x
    : tensor<2x8xf32, #dagrt.dist<@base, ["tp":(4611686018427387904)4, _], of [8, 8]>>
  return
}

// -----

// A rotation by more than a turn.
// expected-note@+1 {{mesh declared here}}
dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]
func.func @rotation_beyond_a_turn(
    %x: tensor<2x8xf32, #dagrt.dist<@base, ["tp"+4, _], of [8, 8]>>) {
  // expected-error@+1 {{'dagrt.silu' op expects operand #0 to use a rotation of axis "tp", which has the size 4, got "tp"+4}}
  %y = dagrt.silu %x : tensor<2x8xf32, #dagrt.dist<@base, ["tp"+4, _], of [8, 8]>>
  return
}

// -----

// An axis that shards two dims.
// expected-note@+1 {{mesh declared here}}
dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]
func.func @axis_used_twice(
    %x: tensor<2x2xf32, #dagrt.dist<@base, ["tp", "tp"], of [8, 8]>>) {
  // expected-error@+1 {{'dagrt.silu' op expects operand #0 to use axis "tp" once, got #dagrt.dist<@base, ["tp", "tp"], of [8, 8]>}}
  %y = dagrt.silu %x : tensor<2x2xf32, #dagrt.dist<@base, ["tp", "tp"], of [8, 8]>>
  return
}

// -----

// A local shape off by one.
// expected-note@+1 {{mesh declared here}}
dagrt.mesh @pool <"sp" = 5> devices [0, 1, 2, 3, 4]
func.func @local_shape_off_by_one(
    %x: tensor<1638x8xf32, #dagrt.dist<@pool, ["sp", _], of [8192, 8]>>) {
  // expected-error@+1 {{'dagrt.silu' op expects dim 0 of operand #0 to be 1639 (8192 elements over 5 shards), got 1638}}
  %y = dagrt.silu %x : tensor<1638x8xf32, #dagrt.dist<@pool, ["sp", _], of [8192, 8]>>
  return
}

// -----

// A local shape that is not known.
// expected-note@+1 {{mesh declared here}}
dagrt.mesh @pool <"sp" = 2> devices [0, 1]
func.func @local_shape_unknown(
    %x: tensor<?x8xf32, #dagrt.dist<@pool, ["sp", _], of [8, 8]>>) {
  // expected-error@+1 {{'dagrt.silu' op expects dim 0 of operand #0 to be 4 (8 elements over 2 shards), got ?}}
  %y = dagrt.silu %x : tensor<?x8xf32, #dagrt.dist<@pool, ["sp", _], of [8, 8]>>
  return
}

// -----

// A partial value sent.
dagrt.mesh @a <"tp" = 2> devices [0, 1]
dagrt.mesh @b <"sp" = 2> devices [2, 3]
func.func @partial_value_sent(
    // expected-note@+1 {{operand defined here; 'dagrt.all_reduce' or 'dagrt.reduce_scatter' completes it}}
    %x: tensor<8x8xf32, #dagrt.dist<@a, [_, _], of [8, 8], partial ["tp"]>>) {
  // expected-error@+1 {{'dagrt.send' op expects an operand that is not partial, got a sum not yet reduced over ["tp"]}}
  %m = dagrt.send %x : tensor<8x8xf32, #dagrt.dist<@a, [_, _], of [8, 8], partial ["tp"]>>
    -> !dagrt.message<tensor<4x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>>
  %y = dagrt.recv %m : !dagrt.message<tensor<4x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>>
  return
}

// -----

// A reduce_scatter whose result is sharded along another dim than it says.
dagrt.mesh @base <"tp" = 2> devices [0, 1]
func.func @reduce_scatter_on_wrong_dim(
    // expected-note@+1 {{operand defined here, of type}}
    %x: tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8], partial ["tp"]>>) {
  // expected-error@+1 {{'dagrt.reduce_scatter' op expects a result of type 'tensor<8x4xf32, #dagrt.dist<@base, [_, "tp"], of [8, 8]>>', got 'tensor<4x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>'}}
  %y = dagrt.reduce_scatter %x dim 1 axes ["tp"]
    : tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8], partial ["tp"]>>
    -> tensor<4x8xf32, #dagrt.dist<@base, ["tp", _], of [8, 8]>>
  return
}

// -----

// A column-parallel matmul whose result says that it is replicated.
dagrt.mesh @base <"tp" = 2> devices [0, 1]
func.func @wrong_result_distribution(
    // expected-note@+1 {{this operand's distribution decides}}
    %x: tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8]>>,
    %w: tensor<8x4xf32, #dagrt.dist<@base, [_, "tp"], of [8, 8]>>) {
  // expected-error@+1 {{'dagrt.matmul' op expects result #0 of type 'tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>', got 'tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8]>>'}}
  %y = dagrt.matmul %x, %w
    : tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8]>>,
      tensor<8x4xf32, #dagrt.dist<@base, [_, "tp"], of [8, 8]>>
    -> tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8]>>
  return
}

// -----

// Shard numbers of another axis than the one that shards the table.
dagrt.mesh @grid <"dp" = 2, "tp" = 2> devices [0, 1, 2, 3]
func.func @shard_index_of_wrong_axis(
    %ids: tensor<1x4xi32, #dagrt.dist<@grid, [_, _], of [1, 4]>>,
    // expected-note@+1 {{the table's rows defined here}}
    %table: tensor<8x4xf32, #dagrt.dist<@grid, ["tp", _], of [16, 4]>>) {
  // expected-note@+1 {{shard numbers defined here}}
  %i = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@grid, ["dp"], of [2]>>
  // expected-error@+1 {{'dagrt.embedding' op expects a shard number for each shard of the table's rows, ["tp"] of '@grid', got #dagrt.dist<@grid, ["dp"], of [2]>}}
  %x = dagrt.embedding %ids, %table shard %i
    : tensor<1x4xi32, #dagrt.dist<@grid, [_, _], of [1, 4]>>,
      tensor<8x4xf32, #dagrt.dist<@grid, ["tp", _], of [16, 4]>>,
      tensor<1xi32, #dagrt.dist<@grid, ["dp"], of [2]>>
    -> tensor<1x4x4xf32, #dagrt.dist<@grid, [_, _, _], of [1, 4, 4], partial ["tp"]>>
  return
}

// -----

// Positions sharded differently from the query.
dagrt.mesh @pool <"sp" = 2> devices [0, 1]
func.func @positions_cut_differently(
    // expected-note@+1 {{operand #0 defined here}}
    %q: tensor<1x4x1x1x8xf32, #dagrt.dist<@pool, [_, "sp", _, _, _], of [1, 8, 1, 1, 8]>>,
    %k: tensor<1x8x1x8xf32, #dagrt.dist<@pool, [_, _, _, _], of [1, 8, 1, 8]>>) {
  // expected-note@+1 {{operand defined here}}
  %p = dagrt.positions : tensor<8xi32, #dagrt.dist<@pool, [_], of [8]>>
  // expected-error@+1 {{'dagrt.attention' op expects dim 0 of operand #3 (query) to be sharded over ["sp"] as operand #0 is, got []}}
  %y = dagrt.attention %q, %k, %k positions %p, %p causal scale 1.0
    : tensor<1x4x1x1x8xf32, #dagrt.dist<@pool, [_, "sp", _, _, _], of [1, 8, 1, 1, 8]>>,
      tensor<1x8x1x8xf32, #dagrt.dist<@pool, [_, _, _, _], of [1, 8, 1, 8]>>,
      tensor<1x8x1x8xf32, #dagrt.dist<@pool, [_, _, _, _], of [1, 8, 1, 8]>>,
      tensor<8xi32, #dagrt.dist<@pool, [_], of [8]>>, tensor<8xi32, #dagrt.dist<@pool, [_], of [8]>>
    -> tensor<1x4x1x1x8xf32, #dagrt.dist<@pool, [_, "sp", _, _, _], of [1, 8, 1, 1, 8]>>
  return
}

// -----

// Keys that were not gathered: each query would see one block only.
dagrt.mesh @pool <"sp" = 2> devices [0, 1]
func.func @keys_not_gathered(
    %q: tensor<1x8x1x1x8xf32, #dagrt.dist<@pool, [_, _, _, _, _], of [1, 8, 1, 1, 8]>>,
    // expected-note@+1 {{operand defined here}}
    %k: tensor<1x4x1x8xf32, #dagrt.dist<@pool, [_, "sp", _, _], of [1, 8, 1, 8]>>) {
  // expected-error@+1 {{'dagrt.attention' op expects key to be replicated on each device, got operand #1 sharded over ["sp"]}}
  %y = dagrt.attention %q, %k, %k scale 1.0
    : tensor<1x8x1x1x8xf32, #dagrt.dist<@pool, [_, _, _, _, _], of [1, 8, 1, 1, 8]>>,
      tensor<1x4x1x8xf32, #dagrt.dist<@pool, [_, "sp", _, _], of [1, 8, 1, 8]>>,
      tensor<1x4x1x8xf32, #dagrt.dist<@pool, [_, "sp", _, _], of [1, 8, 1, 8]>>
    -> tensor<1x8x1x1x8xf32, #dagrt.dist<@pool, [_, _, _, _, _], of [1, 8, 1, 1, 8]>>
  return
}

// -----

// A bias added before the reduction: it would be added once for each device.
dagrt.mesh @base <"tp" = 2> devices [0, 1]
func.func @bias_before_reduction(
    // expected-note@+1 {{this is a sum not yet reduced}}
    %x: tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>,
    %b: tensor<8xf32, #dagrt.dist<@base, [_], of [8]>>) {
  // expected-error@+1 {{'dagrt.add' op expects all operands to be partial over the same axes, got ["tp"] and [] (operand #1)}}
  %y = dagrt.add %x, %b
    : tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>,
      tensor<8xf32, #dagrt.dist<@base, [_], of [8]>>
    -> tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>
  return
}

// -----

// A multiplication of two partial values.
dagrt.mesh @base <"tp" = 2> devices [0, 1]
func.func @product_of_partial_values(
    %x: tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>,
    // expected-note@+1 {{this is a sum not yet reduced}}
    %y: tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>) {
  // expected-error@+1 {{'dagrt.mul' op expects at most one operand to be partial, got operand #1 partial over ["tp"] beside operand #0 partial over ["tp"]}}
  %z = dagrt.mul %x, %y
    : tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>,
      tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>
    -> tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>
  return
}

// -----

// A nonlinear function of a partial value.
dagrt.mesh @base <"tp" = 2> devices [0, 1]
func.func @activation_of_partial_value(
    // expected-note@+1 {{this is a sum not yet reduced}}
    %x: tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>) {
  // expected-error@+1 {{'dagrt.gelu' op expects no partial operand, got operand #0 partial over ["tp"]}}
  %y = dagrt.gelu %x : tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>
  return
}

// -----

// Rows sharded over the axis that the other operand is a pending sum over: each device would
// multiply its rows with one term.
dagrt.mesh @base <"tp" = 2> devices [0, 1]
func.func @cut_over_pending_axis(
    %x: tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [4, 8]>>,
    // expected-note@+1 {{this is a sum not yet reduced}}
    %w: tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8], partial ["tp"]>>) {
  // expected-error@+1 {{'dagrt.matmul' op expects m not to be sharded over axes that operand #1 is partial over, got ["tp"] on operand #0}}
  %y = dagrt.matmul %x, %w
    : tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [4, 8]>>,
      tensor<8x8xf32, #dagrt.dist<@base, [_, _], of [8, 8], partial ["tp"]>>
    -> tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [4, 8]>>
  return
}

// -----

// One axis on rows and columns of a matmul: only the diagonal blocks would be computed.
dagrt.mesh @base <"tp" = 2> devices [0, 1]
func.func @axis_on_rows_and_columns(
    %x: tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [4, 8]>>,
    // expected-note@+1 {{operand defined here}}
    %w: tensor<8x4xf32, #dagrt.dist<@base, [_, "tp"], of [8, 8]>>) {
  // expected-error@+1 {{'dagrt.matmul' op expects an axis to shard one of the op's dims, got ["tp"] on both m (operand #0) and n (operand #1)}}
  %y = dagrt.matmul %x, %w
    : tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [4, 8]>>,
      tensor<8x4xf32, #dagrt.dist<@base, [_, "tp"], of [8, 8]>>
    -> tensor<2x8xf32, #dagrt.dist<@base, ["tp", _], of [4, 8]>>
  return
}

// -----

// A placed function that returns a sum not yet reduced.
dagrt.mesh @base <"tp" = 2> devices [0, 1]
// expected-error@+1 {{'func.func' op expects result #0 not to be partial, got a sum not yet reduced over ["tp"]}}
func.func @partial_function_result(
    %x: tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>)
    -> tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>
    attributes {dagrt.logical = #dagrt.logical<flops = 1.0, parameters = 0>} {
  // expected-note@+1 {{returned here; 'dagrt.all_reduce' completes it}}
  return %x : tensor<4x8xf32, #dagrt.dist<@base, [_, _], of [4, 8], partial ["tp"]>>
}

// -----

// A value that is not placed among placed ones.
dagrt.mesh @base <"tp" = 2> devices [0, 1]
func.func @operand_not_placed(
    %x: tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>,
    // expected-note@+1 {{operand defined here}}
    %b: tensor<8xf32>) {
  // expected-error@+1 {{'dagrt.add' op expects all operands and results to be placed, got operand #1 of type 'tensor<8xf32>'}}
  %y = dagrt.add %x, %b
    : tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>, tensor<8xf32>
    -> tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>
  return
}

// -----

// A result that is not placed.
dagrt.mesh @base <"tp" = 2> devices [0, 1]
func.func @result_not_placed(
    // expected-note@+1 {{this operand is placed}}
    %x: tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>,
    %y: tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>) {
  // expected-error@+1 {{'dagrt.add' op expects all operands and results to be placed, got result #0 of type 'tensor<4x4xf32>'}}
  %z = dagrt.add %x, %y
    : tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>,
      tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>
    -> tensor<4x4xf32>
  return
}

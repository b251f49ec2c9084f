// Generic passes keep placed programs right.
// RUN: dagrt-opt %s --cse | FileCheck %s --check-prefixes=CHECK,CSE
// RUN: dagrt-opt %s --cse --canonicalize | FileCheck %s --check-prefixes=CHECK,BOTH
// RUN: dagrt-opt %s --symbol-dce | FileCheck %s --check-prefix=DCE

// A mesh is named by types only, and stays.
// DCE: dagrt.mesh @m
dagrt.mesh @m <"tp" = 2> devices [0, 1] {sym_visibility = "private"}
dagrt.mesh @n <"tp" = 2> devices [2, 3]

// Two sends of one value are two messages.
// CHECK-LABEL: @keeps_two_messages
// CHECK-COUNT-2: dagrt.send
// CHECK-COUNT-2: dagrt.recv
func.func @keeps_two_messages(%x: tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>)
    -> tensor<4xf32, #dagrt.dist<@n, [_], of [4]>> {
  %m0 = dagrt.send %x : tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>
    -> !dagrt.message<tensor<4xf32, #dagrt.dist<@n, [_], of [4]>>>
  %m1 = dagrt.send %x : tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>
    -> !dagrt.message<tensor<4xf32, #dagrt.dist<@n, [_], of [4]>>>
  %y0 = dagrt.recv %m0 : !dagrt.message<tensor<4xf32, #dagrt.dist<@n, [_], of [4]>>>
  %y1 = dagrt.recv %m1 : !dagrt.message<tensor<4xf32, #dagrt.dist<@n, [_], of [4]>>>
  %z = dagrt.add %y0, %y1
    : tensor<4xf32, #dagrt.dist<@n, [_], of [4]>>, tensor<4xf32, #dagrt.dist<@n, [_], of [4]>>
    -> tensor<4xf32, #dagrt.dist<@n, [_], of [4]>>
  return %z : tensor<4xf32, #dagrt.dist<@n, [_], of [4]>>
}

// A recv is not dead code for CSE, whose send would be left alone; only both together go.
// CHECK-LABEL: @keeps_or_drops_message_as_a_whole
// CSE: dagrt.send
// CSE: dagrt.recv
// BOTH-NOT: dagrt.send
// BOTH-NOT: dagrt.recv
// CHECK: return
func.func @keeps_or_drops_message_as_a_whole(%x: tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>) {
  %m = dagrt.send %x : tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>
    -> !dagrt.message<tensor<4xf32, #dagrt.dist<@n, [_], of [4]>>>
  %y = dagrt.recv %m : !dagrt.message<tensor<4xf32, #dagrt.dist<@n, [_], of [4]>>>
  %z = dagrt.silu %y : tensor<4xf32, #dagrt.dist<@n, [_], of [4]>>
  return
}

// CHECK-LABEL: @merges_equal_collectives
// CHECK: %[[Y:.*]] = dagrt.all_reduce
// CHECK-NOT: dagrt.all_reduce
// CHECK: return %[[Y]], %[[Y]]
func.func @merges_equal_collectives(
    %x: tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>)
    -> (tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>, tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>) {
  %y = dagrt.all_reduce %x axes ["tp"]
    : tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>
    -> tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>
  %z = dagrt.all_reduce %x axes ["tp"]
    : tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>
    -> tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>
  return %y, %z : tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>,
    tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>
}

// The indices and shards of two meshes differ, though they are written alike.
// CHECK-LABEL: @keeps_values_of_two_meshes
// CHECK-COUNT-2: dagrt.axis_index
// CHECK-COUNT-2: dagrt.parameter
func.func @keeps_values_of_two_meshes()
    -> (tensor<1xi32, #dagrt.dist<@m, ["tp"], of [2]>>, tensor<1xi32, #dagrt.dist<@n, ["tp"], of [2]>>,
        tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>, tensor<4xf32, #dagrt.dist<@n, [_], of [4]>>) {
  %i = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@m, ["tp"], of [2]>>
  %j = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@n, ["tp"], of [2]>>
  %v = dagrt.parameter "w" : tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>
  %w = dagrt.parameter "w" : tensor<4xf32, #dagrt.dist<@n, [_], of [4]>>
  return %i, %j, %v, %w
    : tensor<1xi32, #dagrt.dist<@m, ["tp"], of [2]>>, tensor<1xi32, #dagrt.dist<@n, ["tp"], of [2]>>,
      tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>, tensor<4xf32, #dagrt.dist<@n, [_], of [4]>>
}

// CHECK-LABEL: @merges_equal_parameters
// CHECK-COUNT-1: dagrt.parameter
// CHECK-NOT: dagrt.parameter
func.func @merges_equal_parameters() -> (tensor<4xf32>, tensor<4xf32>) {
  %v = dagrt.parameter "w" : tensor<4xf32>
  %w = dagrt.parameter "w" : tensor<4xf32>
  return %v, %w : tensor<4xf32>, tensor<4xf32>
}

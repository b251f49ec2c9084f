// RUN: dagrt-opt %s -split-input-file -verify-diagnostics

// Collectives and messages. Defects of programs are in defects.mlir.

// expected-note@+1 {{operand defined here}}
func.func @f(%x: tensor<4xf32>) {
  // all_reduce-c1
  // expected-error@+1 {{'dagrt.all_reduce' op expects a placed operand, got 'tensor<4xf32>'}}
  %0 = dagrt.all_reduce %x axes ["tp"] : tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

dagrt.mesh @m <"dp" = 2, "tp" = 2> devices [0, 1, 2, 3]
// expected-note@+1 {{operand defined here, of type}}
func.func @f(%x: tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["dp"]>>) {
  // all_reduce-c1
  // expected-error@+1 {{'dagrt.all_reduce' op expects an operand partial over ["tp"], got #dagrt.dist<@m, [_], of [4], partial ["dp"]>}}
  %0 = dagrt.all_reduce %x axes ["tp"]
    : tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["dp"]>>
    -> tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>
  return
}

// -----

dagrt.mesh @m <"dp" = 2, "tp" = 2> devices [0, 1, 2, 3]
// expected-note@+1 {{operand defined here, of type}}
func.func @f(%x: tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["dp"]>>) {
  // all_reduce-c1
  // expected-error@+1 {{'dagrt.all_reduce' op expects an operand partial over []}}
  %0 = dagrt.all_reduce %x axes []
    : tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["dp"]>>
    -> tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["dp"]>>
  return
}

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-note@+1 {{operand defined here, of type}}
func.func @f(%x: tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>) {
  // all_reduce-c1
  // expected-error@+1 {{'dagrt.all_reduce' op expects a result of type 'tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>', got 'tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>'}}
  %0 = dagrt.all_reduce %x axes ["tp"]
    : tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>
    -> tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>
  return
}

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-note@+1 {{operand defined here, of type}}
func.func @f(%x: tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>) {
  // all_reduce-c1
  // expected-error@+1 {{'dagrt.all_reduce' op expects a result of type 'tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>', got 'tensor<4xbf16, #dagrt.dist<@m, [_], of [4]>>'}}
  %0 = dagrt.all_reduce %x axes ["tp"]
    : tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>
    -> tensor<4xbf16, #dagrt.dist<@m, [_], of [4]>>
  return
}

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-note@+1 {{operand defined here, of type}}
func.func @f(%x: tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>) {
  // all_gather-c1
  // expected-error@+1 {{'dagrt.all_gather' op expects a dim from 0 to 0, got 1}}
  %0 = dagrt.all_gather %x dim 1 axes ["tp"]
    : tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>> -> tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>
  return
}

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-note@+1 {{operand defined here, of type}}
func.func @f(%x: tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>) {
  // all_gather-c1
  // expected-error@+1 {{'dagrt.all_gather' op expects dim 0 of the operand to be sharded over ["tp"], got []}}
  %0 = dagrt.all_gather %x dim 0 axes ["tp"]
    : tensor<4xf32, #dagrt.dist<@m, [_], of [4]>> -> tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>
  return
}

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-note@+1 {{operand defined here, of type}}
func.func @f(%x: tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>) {
  // all_gather-c1
  // expected-error@+1 {{'dagrt.all_gather' op expects a result of type 'tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>', got 'tensor<4xf32>'}}
  %0 = dagrt.all_gather %x dim 0 axes ["tp"]
    : tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>> -> tensor<4xf32>
  return
}

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-note@+1 {{operand defined here, of type}}
func.func @f(%x: tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>) {
  // reduce_scatter-c1
  // expected-error@+1 {{'dagrt.reduce_scatter' op expects an operand partial over ["tp"], got #dagrt.dist<@m, [_], of [4]>}}
  %0 = dagrt.reduce_scatter %x dim 0 axes ["tp"]
    : tensor<4xf32, #dagrt.dist<@m, [_], of [4]>> -> tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
  return
}

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-note@+1 {{operand defined here, of type}}
func.func @f(%x: tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>) {
  // reduce_scatter-c1
  // expected-error@+1 {{'dagrt.reduce_scatter' op expects a dim from 0 to 0, got -1}}
  %0 = dagrt.reduce_scatter %x dim -1 axes ["tp"]
    : tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>
    -> tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
  return
}

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-note@+1 {{operand defined here, of type}}
func.func @f(%x: tensor<2x4xf32, #dagrt.dist<@m, ["tp", _], of [4, 4]>>) {
  // all_to_all-c1
  // expected-error@+1 {{'dagrt.all_to_all' op expects dim 1 of the operand to be sharded over ["tp"], got []}}
  %0 = dagrt.all_to_all %x gather 1 scatter 0 axes ["tp"]
    : tensor<2x4xf32, #dagrt.dist<@m, ["tp", _], of [4, 4]>>
    -> tensor<4x2xf32, #dagrt.dist<@m, [_, "tp"], of [4, 4]>>
  return
}

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-note@+1 {{operand defined here, of type}}
func.func @f(%x: tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>) {
  // all_slice-c1
  // expected-error@+1 {{'dagrt.all_slice' op expects the operand to hold replicas over ["tp"], got #dagrt.dist<@m, ["tp"], of [4]>}}
  %0 = dagrt.all_slice %x dim 0 axes ["tp"]
    : tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>> -> tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
  return
}

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-note@+1 {{operand defined here, of type}}
func.func @f(%x: tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>) {
  // all_slice-c1
  // expected-error@+1 {{'dagrt.all_slice' op expects the operand to hold replicas over ["tp"], got #dagrt.dist<@m, [_], of [4], partial ["tp"]>}}
  %0 = dagrt.all_slice %x dim 0 axes ["tp"]
    : tensor<4xf32, #dagrt.dist<@m, [_], of [4], partial ["tp"]>>
    -> tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
  return
}

// -----

dagrt.mesh @m <"dp" = 2, "tp" = 2> devices [0, 1, 2, 3]
// expected-note@+1 {{operand defined here, of type}}
func.func @f(%x: tensor<1xf32, #dagrt.dist<@m, [{"dp", "tp"}], of [4]>>) {
  // shift-c1
  // expected-error@+1 {{'dagrt.shift' op expects dim 0 to be sharded over one full axis, got ["dp", "tp"]}}
  %0 = dagrt.shift %x dim 0 by 1 : tensor<1xf32, #dagrt.dist<@m, [{"dp", "tp"}], of [4]>>
    -> tensor<1xf32, #dagrt.dist<@m, [{"dp", "tp"+1}], of [4]>>
  return
}

// -----

dagrt.mesh @m <"tp" = 4> devices [0, 1, 2, 3]
// expected-note@+1 {{operand defined here, of type}}
func.func @f(%x: tensor<1xf32, #dagrt.dist<@m, ["tp"], of [4]>>) {
  // shift-c1
  // expected-error@+1 {{'dagrt.shift' op expects a result of type 'tensor<1xf32, #dagrt.dist<@m, ["tp"+3], of [4]>>', got 'tensor<1xf32, #dagrt.dist<@m, ["tp"+1], of [4]>>'}}
  %0 = dagrt.shift %x dim 0 by -1 : tensor<1xf32, #dagrt.dist<@m, ["tp"], of [4]>>
    -> tensor<1xf32, #dagrt.dist<@m, ["tp"+1], of [4]>>
  return
}

// -----

dagrt.mesh @m <"tp" = 4> devices [0, 1, 2, 3]
// expected-note@+1 {{operand defined here, of type}}
func.func @f(%x: tensor<1xf32, #dagrt.dist<@m, ["tp"], of [4]>>) {
  // shift-c1
  // expected-error@+1 {{'dagrt.shift' op expects a dim from 0 to 0, got 1}}
  %0 = dagrt.shift %x dim 1 by 1 : tensor<1xf32, #dagrt.dist<@m, ["tp"], of [4]>>
    -> tensor<1xf32, #dagrt.dist<@m, ["tp"+1], of [4]>>
  return
}

// -----

dagrt.mesh @b <"sp" = 2> devices [2, 3]
// expected-note@+1 {{operand defined here}}
func.func @f(%x: tensor<4xf32>) {
  // send-c1
  // expected-error@+1 {{'dagrt.send' op expects a placed operand, got 'tensor<4xf32>'}}
  %m = dagrt.send %x : tensor<4xf32>
    -> !dagrt.message<tensor<2xf32, #dagrt.dist<@b, ["sp"], of [4]>>>
  %y = dagrt.recv %m : !dagrt.message<tensor<2xf32, #dagrt.dist<@b, ["sp"], of [4]>>>
  return
}

// -----

dagrt.mesh @a <"tp" = 2> devices [0, 1]
dagrt.mesh @b <"sp" = 2> devices [2, 3]
// expected-note@+1 {{operand defined here}}
func.func @f(%x: tensor<4xf32, #dagrt.dist<@a, [_], of [4]>>) {
  // send-c1
  // expected-error@+1 {{'dagrt.send' op expects a payload that is not partial, got #dagrt.dist<@b, [_], of [4], partial ["sp"]>}}
  %m = dagrt.send %x : tensor<4xf32, #dagrt.dist<@a, [_], of [4]>>
    -> !dagrt.message<tensor<4xf32, #dagrt.dist<@b, [_], of [4], partial ["sp"]>>>
  %y = dagrt.recv %m : !dagrt.message<tensor<4xf32, #dagrt.dist<@b, [_], of [4], partial ["sp"]>>>
  return
}

// -----

dagrt.mesh @a <"tp" = 2> devices [0, 1]
// expected-note@+1 {{operand defined here}}
func.func @f(%x: tensor<4xf32, #dagrt.dist<@a, [_], of [4]>>) {
  // send-c2
  // expected-error@+1 {{'dagrt.send' op expects a payload on another mesh than '@a'; a collective reshards a value inside its mesh}}
  %m = dagrt.send %x : tensor<4xf32, #dagrt.dist<@a, [_], of [4]>>
    -> !dagrt.message<tensor<2xf32, #dagrt.dist<@a, ["tp"], of [4]>>>
  %y = dagrt.recv %m : !dagrt.message<tensor<2xf32, #dagrt.dist<@a, ["tp"], of [4]>>>
  return
}

// -----

dagrt.mesh @a <"tp" = 2> devices [0, 1]
dagrt.mesh @b <"sp" = 2> devices [2, 3]
// expected-note@+1 {{operand defined here}}
func.func @f(%x: tensor<4xf32, #dagrt.dist<@a, [_], of [4]>>) {
  // send-c2
  // expected-error@+1 {{'dagrt.send' op expects a payload of the operand's global shape and element type, got 'tensor<3xf32, #dagrt.dist<@b, ["sp"], of [5]>>' for 'tensor<4xf32, #dagrt.dist<@a, [_], of [4]>>'}}
  %m = dagrt.send %x : tensor<4xf32, #dagrt.dist<@a, [_], of [4]>>
    -> !dagrt.message<tensor<3xf32, #dagrt.dist<@b, ["sp"], of [5]>>>
  %y = dagrt.recv %m : !dagrt.message<tensor<3xf32, #dagrt.dist<@b, ["sp"], of [5]>>>
  return
}

// -----

dagrt.mesh @a <"tp" = 2> devices [0, 1]
// expected-note@+1 {{mesh declared here}}
dagrt.mesh @b <"sp" = 2> devices [2, 3]
func.func @f(%x: tensor<4xf32, #dagrt.dist<@a, [_], of [4]>>) {
  // expected-error@+1 {{'dagrt.send' op expects dim 0 of the payload to be 2 (4 elements over 2 shards), got 3}}
  %m = dagrt.send %x : tensor<4xf32, #dagrt.dist<@a, [_], of [4]>>
    -> !dagrt.message<tensor<3xf32, #dagrt.dist<@b, ["sp"], of [4]>>>
  %y = dagrt.recv %m : !dagrt.message<tensor<3xf32, #dagrt.dist<@b, ["sp"], of [4]>>>
  return
}

// -----

dagrt.mesh @a <"tp" = 2> devices [0, 1]
dagrt.mesh @b <"sp" = 2> devices [2, 3]
func.func @f(%x: tensor<4xf32, #dagrt.dist<@a, [_], of [4]>>) {
  // send-c3
  // expected-error@+1 {{'dagrt.send' op expects its message to be received once, in the same block, got a use by 'func.call'}}
  %m = dagrt.send %x : tensor<4xf32, #dagrt.dist<@a, [_], of [4]>>
    -> !dagrt.message<tensor<2xf32, #dagrt.dist<@b, ["sp"], of [4]>>>
  // expected-note@+1 {{used here}}
  call @g(%m) : (!dagrt.message<tensor<2xf32, #dagrt.dist<@b, ["sp"], of [4]>>>) -> ()
  return
}
func.func private @g(!dagrt.message<tensor<2xf32, #dagrt.dist<@b, ["sp"], of [4]>>>)

// -----

dagrt.mesh @b <"sp" = 2> devices [2, 3]
// expected-note@+1 {{message defined here}}
func.func @f(%m: !dagrt.message<tensor<2xf32, #dagrt.dist<@b, ["sp"], of [4]>>>) {
  // recv-c1
  // expected-error@+1 {{'dagrt.recv' op expects a result of type 'tensor<2xf32, #dagrt.dist<@b, ["sp"], of [4]>>', got 'tensor<4xf32, #dagrt.dist<@b, [_], of [4]>>'}}
  %y = "dagrt.recv"(%m) : (!dagrt.message<tensor<2xf32, #dagrt.dist<@b, ["sp"], of [4]>>>)
    -> tensor<4xf32, #dagrt.dist<@b, [_], of [4]>>
  return
}

// -----

// expected-note@+1 {{mesh declared here}}
dagrt.mesh @b <"sp" = 2> devices [2, 3]
func.func @f(%m: !dagrt.message<tensor<2xf32, #dagrt.dist<@b, ["tp"], of [4]>>>) {
  // expected-error@+1 {{'dagrt.recv' op expects the payload to use axes of mesh '@b', got axis "tp"}}
  %y = dagrt.recv %m : !dagrt.message<tensor<2xf32, #dagrt.dist<@b, ["tp"], of [4]>>>
  return
}

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-note@+1 {{operand defined here, of type}}
func.func @f(%x: tensor<f32, #dagrt.dist<@m, [], of []>>) {
  // all_slice-c1
  // expected-error@+1 {{'dagrt.all_slice' op expects an operand that has dims, got #dagrt.dist<@m, [], of []>}}
  %0 = dagrt.all_slice %x dim 0 axes ["tp"]
    : tensor<f32, #dagrt.dist<@m, [], of []>> -> tensor<f32, #dagrt.dist<@m, [], of []>>
  return
}

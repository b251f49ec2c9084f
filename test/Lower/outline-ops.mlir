// RUN: dagrt-opt %s --outline-ops -split-input-file -verify-diagnostics | FileCheck %s
// RUN: dagrt-opt %s --outline-ops -split-input-file -verify-diagnostics > %t.once
// RUN: dagrt-opt %s --outline-ops --outline-ops -split-input-file -verify-diagnostics \
// RUN:   | diff - %t.once

// Equal ops share a function, whatever their roles; another property or type makes another op.
// CHECK-LABEL: func.func @shares_equal_ops(
// CHECK-NEXT:    call @gelu(%{{.*}}) {dagrt.role = #dagrt.role<ffn.activation, layer 0>}
// CHECK-NEXT:    call @gelu(%{{.*}}) {dagrt.role = #dagrt.role<ffn.activation, layer 1>}
// CHECK-NEXT:    call @gelu_0(
// CHECK-NEXT:    call @gelu_1(
// CHECK-NEXT:    return
func.func @shares_equal_ops(%x: tensor<4xf32>, %y: tensor<5xf32>) -> (tensor<4xf32>, tensor<5xf32>) {
  %a = dagrt.gelu %x {dagrt.role = #dagrt.role<ffn.activation, layer 0>} : tensor<4xf32>
  %b = dagrt.gelu %a {dagrt.role = #dagrt.role<ffn.activation, layer 1>} : tensor<4xf32>
  %c = dagrt.gelu %b tanh : tensor<4xf32>
  %d = dagrt.gelu %y : tensor<5xf32>
  return %c, %d : tensor<4xf32>, tensor<5xf32>
}
// CHECK:      func.func private @gelu(%{{.*}}: tensor<4xf32>) -> tensor<4xf32> attributes {dagrt.outlined}
// CHECK-NEXT:   dagrt.gelu %{{[a-z0-9]+}} : tensor<4xf32>
// CHECK:      func.func private @gelu_0(
// CHECK-NEXT:   dagrt.gelu %{{.*}} tanh : tensor<4xf32>
// CHECK:      func.func private @gelu_1(%{{.*}}: tensor<5xf32>)

// -----

// Which operands are the same value is part of an op: a * a is not a * b.
// CHECK-LABEL: func.func @tells_repeated_operands(
// CHECK-SAME:    %[[A:.*]]: tensor<4xf32>, %[[B:.*]]: tensor<4xf32>)
// CHECK-NEXT:    %[[M:.*]] = call @mul(%[[A]]) : (tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT:    %[[U:.*]] = call @mul_0(%[[M]], %[[B]]) :
// CHECK-NEXT:    %[[V:.*]] = call @mul(%[[U]]) :
// CHECK-NEXT:    %[[W:.*]] = call @mul_0(%[[B]], %[[V]]) :
// CHECK-NEXT:    return %[[W]]
func.func @tells_repeated_operands(%a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %m = dagrt.mul %a, %a : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %u = dagrt.mul %m, %b : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %v = dagrt.mul %u, %u : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %w = dagrt.mul %b, %v : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %w : tensor<4xf32>
}
// CHECK:      func.func private @mul(%[[X:.*]]: tensor<4xf32>)
// CHECK-NEXT:   dagrt.mul %[[X]], %[[X]] :
// CHECK:      func.func private @mul_0(%[[X:.*]]: tensor<4xf32>, %[[Y:.*]]: tensor<4xf32>)
// CHECK-NEXT:   dagrt.mul %[[X]], %[[Y]] :

// -----

// A message is sent and received in one block.
dagrt.mesh @a <"tp" = 2> devices [0, 1]
dagrt.mesh @b <"sp" = 3> devices [2, 3, 4]
!from = tensor<4x8xf32, #dagrt.dist<@a, ["tp", _], of [8, 8]>>
!to = tensor<3x8xf32, #dagrt.dist<@b, ["sp", _], of [8, 8]>>
// CHECK-LABEL: func.func @moves_send_and_recv_together(
// CHECK-NEXT:    %[[M:.*]] = call @transfer(
// CHECK-NEXT:    %[[S:.*]] = call @silu(
// CHECK-NEXT:    return %[[S]], %[[M]]
func.func @moves_send_and_recv_together(%x: !from) -> (!from, !to) {
  %m = dagrt.send %x : !from -> !dagrt.message<!to>
  %s = dagrt.silu %x : !from
  %y = dagrt.recv %m : !dagrt.message<!to>
  return %s, %y : !from, !to
}
// CHECK:      func.func private @transfer(
// CHECK-NEXT:   dagrt.send
// CHECK-NEXT:   dagrt.recv

// -----

// Parameters stay, and so do ops of other dialects. Names of the program's own functions are kept.
// CHECK-LABEL: func.func @leaves_parameters(
// CHECK-NEXT:    dagrt.parameter
// CHECK-NEXT:    call @silu_0(
// CHECK-NEXT:    arith.addf
func.func @leaves_parameters(%x: tensor<4xf32>) -> tensor<4xf32> {
  %w = dagrt.parameter "w" : tensor<4xf32>
  %y = dagrt.silu %x : tensor<4xf32>
  %z = arith.addf %y, %w : tensor<4xf32>
  return %z : tensor<4xf32>
}
func.func private @silu()

// -----

// expected-error @below {{expects a body of one block to outline its operations, got 2 blocks}}
func.func @blocks(%x: tensor<2xf32>) -> tensor<2xf32> {
  %y = dagrt.silu %x : tensor<2xf32>
  cf.br ^next
^next:
  return %y : tensor<2xf32>
}

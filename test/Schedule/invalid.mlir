// RUN: dagrt-opt %s --critical-path="report=%t.txt" -allow-unregistered-dialect -split-input-file -verify-diagnostics

func.func @f(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<9223372036854775807 ps>} : tensor<8xf32>
  // expected-error@below {{expects the program to end before 2^63 ps (106 days), got a start at 9223372036854775807 ps and a cost of 1 ps}}
  %z = dagrt.relu %y {dagrt.cost = #dagrt.cost<1 ps>} : tensor<8xf32>
  return %z : tensor<8xf32>
}

// -----

// expected-error@below {{expects a body of one block to schedule, got 2}}
func.func @f() {
  cf.br ^next
^next:
  return
}

// -----

func.func @f(%x: tensor<8xf32>, %c: i1) -> tensor<8xf32> {
  // expected-error@below {{expects a 'dagrt.cost' for the whole of its regions, got costs inside them}}
  %z = scf.if %c -> (tensor<8xf32>) {
    // expected-note@below {{this op has a cost}}
    %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<1 ps>} : tensor<8xf32>
    scf.yield %y : tensor<8xf32>
  } else {
    scf.yield %x : tensor<8xf32>
  }
  return %z : tensor<8xf32>
}

// -----

func.func private @g()
func.func @f() {
  // expected-error@below {{expects a 'dagrt.cost', or its callee in its place (--inline)}}
  call @g() : () -> ()
  return
}

// -----

func.func @f(%x: tensor<8xf32, #dagrt.dist<@nowhere, [_], of [8]>>) {
  // expected-error@below {{expects a declared mesh, got '@nowhere'}}
  "test.op"(%x) : (tensor<8xf32, #dagrt.dist<@nowhere, [_], of [8]>>) -> ()
  return
}

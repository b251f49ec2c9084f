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

func.func @f(%x: tensor<8xf32, #dagrt.dist<@nowhere, [_], of [8]>>) {
  // expected-error@below {{expects a declared mesh, got '@nowhere'}}
  "test.op"(%x) : (tensor<8xf32, #dagrt.dist<@nowhere, [_], of [8]>>) -> ()
  return
}

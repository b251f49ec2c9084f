// RUN: dagrt-opt %s --hoist-parameters -split-input-file -verify-diagnostics | FileCheck %s
// RUN: dagrt-opt %s --hoist-parameters -split-input-file -verify-diagnostics > %t.once
// RUN: dagrt-opt %s --hoist-parameters --hoist-parameters -split-input-file -verify-diagnostics \
// RUN:   | diff - %t.once

// Parameters stand after the inputs, in the order of the program.
// CHECK-LABEL: func.func @appends_in_order(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<1x8xf32>,
// CHECK-SAME:    %[[W:[a-z0-9]+]]: tensor<8x4xf32> {dagrt.parameter = {fan_in = 8 : i64, name = "w"}},
// CHECK-SAME:    %[[B:[a-z0-9]+]]: tensor<4xf32> {dagrt.parameter = {fan_in = 1 : i64, name = "b"}})
// CHECK-NOT:   dagrt.parameter "
// CHECK:       %[[Y:.*]] = dagrt.matmul %[[X]], %[[W]]
// CHECK:       dagrt.add %[[Y]], %[[B]]
func.func @appends_in_order(%x: tensor<1x8xf32>) -> tensor<1x4xf32> {
  %w = dagrt.parameter "w" fan_in 8 : tensor<8x4xf32>
  %y = dagrt.matmul %x, %w : tensor<1x8xf32>, tensor<8x4xf32> -> tensor<1x4xf32>
  %b = dagrt.parameter "b" : tensor<4xf32>
  %z = dagrt.add %y, %b : tensor<1x4xf32>, tensor<4xf32> -> tensor<1x4xf32>
  return %z : tensor<1x4xf32>
}

// A placed parameter keeps its distribution, and a view is kept.
// CHECK-LABEL: func.func @keeps_type_and_view(
// CHECK-SAME:    tensor<4x6xf32, #dagrt.dist<@base, ["tp", _], of [8, 6]>>
// CHECK-SAME:    view = #dagrt.view<[6, 8] offset 0 strides [1, 8]>
dagrt.mesh @base <"tp" = 2> devices [0, 1]
func.func @keeps_type_and_view() -> tensor<4x6xf32, #dagrt.dist<@base, ["tp", _], of [8, 6]>> {
  %w = dagrt.parameter "w" view <[6, 8] offset 0 strides [1, 8]>
    : tensor<4x6xf32, #dagrt.dist<@base, ["tp", _], of [8, 6]>>
  return %w : tensor<4x6xf32, #dagrt.dist<@base, ["tp", _], of [8, 6]>>
}

// CHECK-LABEL: func.func private @leaves_declarations(tensor<2xf32>)
func.func private @leaves_declarations(tensor<2xf32>)

// -----

// expected-error @below {{expects a body of one block to hoist parameters, got 2 blocks}}
func.func @blocks() -> tensor<2xf32> {
  %w = dagrt.parameter "w" : tensor<2xf32>
  cf.br ^next
^next:
  return %w : tensor<2xf32>
}

// RUN: dagrt-opt %s --verify-placement --split-input-file --verify-diagnostics

dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-error @below {{expects the FLOPs of its model, 8.000000e+00, summed over its ops without replicas, got 4.000000e+00}}
func.func @dropped_op(%x: tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>)
    -> tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
    attributes {dagrt.logical = #dagrt.logical<flops = 8.0, parameters = 0>} {
  %y = dagrt.relu %x : tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
  return %y : tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
}

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-error @below {{expects the 8 parameters of its model, got 4}}
func.func @dropped_parameter() -> tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
    attributes {dagrt.logical = #dagrt.logical<flops = 0.0, parameters = 8>} {
  %w = dagrt.parameter "w" : tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
  return %w : tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
}

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @uncovered_weight() -> tensor<2x2xf32, #dagrt.dist<@m, ["tp", _], of [4, 2]>> {
  // expected-error @below {{expects the parts of the stored weight 'w' to cover its 16 elements once, got 8}}
  %w = dagrt.parameter "w" view <[4, 4] offset 0 strides [4, 1]>
    : tensor<2x2xf32, #dagrt.dist<@m, ["tp", _], of [4, 2]>>
  return %w : tensor<2x2xf32, #dagrt.dist<@m, ["tp", _], of [4, 2]>>
}

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @disagreeing_weights() -> tensor<2x2xf32, #dagrt.dist<@m, ["tp", _], of [4, 2]>> {
  // expected-note @below {{first used here}}
  %w = dagrt.parameter "w" : tensor<2x2xf32, #dagrt.dist<@m, ["tp", _], of [4, 2]>>
  // expected-error @below {{expects the stored weight 'w' to have 8 elements, got 12}}
  %v = dagrt.parameter "w" : tensor<2x3xf32, #dagrt.dist<@m, ["tp", _], of [4, 3]>>
  return %w : tensor<2x2xf32, #dagrt.dist<@m, ["tp", _], of [4, 2]>>
}

// -----

// A tied weight, read as it is stored and transposed, is one weight; parts of a fused one add up.

dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @tied_and_fused()
    attributes {dagrt.logical = #dagrt.logical<flops = 0.0, parameters = 24>} {
  %t = dagrt.parameter "t" : tensor<2x2xf32, #dagrt.dist<@m, ["tp", _], of [4, 2]>>
  %h = dagrt.parameter "t" view <[4, 2] offset 0 strides [1, 2]>
    : tensor<2x2xf32, #dagrt.dist<@m, [_, "tp"], of [2, 4]>>
  %q = dagrt.parameter "qk" view <[4, 4] offset 0 strides [1, 4]>
    : tensor<4x1xf32, #dagrt.dist<@m, [_, "tp"], of [4, 2]>>
  %k = dagrt.parameter "qk" view <[4, 4] offset 8 strides [1, 4]>
    : tensor<4x1xf32, #dagrt.dist<@m, [_, "tp"], of [4, 2]>>
  return
}

// -----

// Parts must cover what is stored, not only be as many elements: this one begins one too late.

dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @shifted() {
  // expected-error @below {{expects the parts of the stored weight 'b' to cover its 12 elements once, got element [4] unread}}
  %q = dagrt.parameter "b" view <[12] offset 0 strides [1]>
    : tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
  // expected-note @below {{another part is used here}}
  %k = dagrt.parameter "b" view <[12] offset 5 strides [1]>
    : tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
  // expected-note @below {{another part is used here}}
  %v = dagrt.parameter "b" view <[12] offset 8 strides [1]>
    : tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
  return
}

// -----

// Columns of each row that are read by turns: rows 0 to 2 of [3, 8], columns 0-3 and 4-7, the
// second part one column too early.

dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @overlapping_columns() {
  // expected-error @below {{expects the parts of the stored weight 'w' to cover its 24 elements once, got element [0, 3] read twice}}
  %q = dagrt.parameter "w" view <[3, 8] offset 0 strides [8, 1]>
    : tensor<3x2xf32, #dagrt.dist<@m, [_, "tp"], of [3, 4]>>
  // expected-note @below {{another part is used here}}
  %k = dagrt.parameter "w" view <[3, 8] offset 3 strides [8, 1]>
    : tensor<3x2xf32, #dagrt.dist<@m, [_, "tp"], of [3, 4]>>
  return
}

// -----

// Packed in other ways: even and odd elements; heads of four that hold two of each part; rows read
// backwards; a part that begins in the middle of a row and ends in the middle of another.

dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @packed() {
  %even = dagrt.parameter "e" view <[8] offset 0 strides [2]>
    : tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
  %odd = dagrt.parameter "e" view <[8] offset 1 strides [2]>
    : tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
  %q = dagrt.parameter "h" view <[12, 2] offset 0 strides [8, 2, 1]>
    : tensor<3x1x2xf32, #dagrt.dist<@m, [_, "tp", _], of [3, 2, 2]>>
  %k = dagrt.parameter "h" view <[12, 2] offset 4 strides [8, 2, 1]>
    : tensor<3x1x2xf32, #dagrt.dist<@m, [_, "tp", _], of [3, 2, 2]>>
  %back = dagrt.parameter "r" view <[2, 4] offset 4 strides [-4, 1]>
    : tensor<1x4xf32, #dagrt.dist<@m, ["tp", _], of [2, 4]>>
  %head = dagrt.parameter "m" view <[4, 4] offset 0 strides [1]>
    : tensor<3xf32, #dagrt.dist<@m, ["tp"], of [6]>>
  %left = dagrt.parameter "m" view <[4, 4] offset 8 strides [4, 1]>
    : tensor<1x2xf32, #dagrt.dist<@m, ["tp", _], of [2, 2]>>
  %right = dagrt.parameter "m" view <[4, 4] offset 10 strides [4, 1]>
    : tensor<1x2xf32, #dagrt.dist<@m, ["tp", _], of [2, 2]>>
  %rest = dagrt.parameter "m" view <[4, 4] offset 6 strides [1]>
    : tensor<1xf32, #dagrt.dist<@m, ["tp"], of [2]>>
  return
}

// -----

// Views of strides that do not nest are counted.

dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @repeats() {
  // expected-error @below {{expects the parts of the stored weight 'w' to cover its 4 elements once, got element [1] read twice}}
  %q = dagrt.parameter "w" view <[4] offset 0 strides [1, 1]>
    : tensor<2x1xf32, #dagrt.dist<@m, [_, "tp"], of [2, 2]>>
  return
}

// -----

// Functions in logical form are left alone.

func.func @logical(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = dagrt.relu %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

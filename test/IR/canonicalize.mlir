// RUN: dagrt-opt %s --canonicalize | FileCheck %s
// RUN: dagrt-opt %s --canonicalize > %t
// RUN: dagrt-opt %t --canonicalize | diff %t -

dagrt.mesh @m <"tp" = 2> devices [0, 1]
dagrt.mesh @n <"tp" = 2> devices [2, 3]
dagrt.mesh @grid <"dp" = 2, "tp" = 2> devices [0, 1, 2, 3]

// CHECK-LABEL: @drops_full_slice
// CHECK-SAME: (%[[X:.*]]: tensor<4x8xf32>)
// CHECK-NEXT: return %[[X]]
func.func @drops_full_slice(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = dagrt.slice %x dim 0 offset 0 : tensor<4x8xf32> -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// CHECK-LABEL: @keeps_slice_of_a_part
func.func @keeps_slice_of_a_part(%x: tensor<4x8xf32>) -> tensor<3x8xf32> {
  // CHECK: dagrt.slice
  %y = dagrt.slice %x dim 0 offset 0 : tensor<4x8xf32> -> tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// The slice may begin anywhere.
// CHECK-LABEL: @keeps_slice_of_symbolic_size
func.func @keeps_slice_of_symbolic_size(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  // CHECK: dagrt.slice
  %y = dagrt.slice %x dim 0 offset 2 : tensor<?x8xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// Token 15 of 16 is the last of the first block: zigzag<2> is 0-3, 12-15, 4-7, 8-11.
// CHECK-LABEL: @takes_one_token_before_reordering
// CHECK-SAME: (%[[X:.*]]: tensor<16x8xf32>)
func.func @takes_one_token_before_reordering(%x: tensor<16x8xf32>) -> tensor<1x8xf32> {
  // CHECK-NEXT: dagrt.slice %[[X]] dim 0 offset 7 :
  // CHECK-NEXT: return
  %r = dagrt.reorder %x dim 0 order zigzag<2> inverse : tensor<16x8xf32>
  %y = dagrt.slice %r dim 0 offset 15 : tensor<16x8xf32> -> tensor<1x8xf32>
  return %y : tensor<1x8xf32>
}

// CHECK-LABEL: @keeps_reorder_of_two_tokens
func.func @keeps_reorder_of_two_tokens(%x: tensor<16x8xf32>) -> tensor<2x8xf32> {
  // CHECK: dagrt.reorder
  // CHECK: dagrt.slice
  %r = dagrt.reorder %x dim 0 order zigzag<2> inverse : tensor<16x8xf32>
  %y = dagrt.slice %r dim 0 offset 14 : tensor<16x8xf32> -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// CHECK-LABEL: @keeps_slice_of_another_dim
func.func @keeps_slice_of_another_dim(%x: tensor<16x8xf32>) -> tensor<16x1xf32> {
  // CHECK: dagrt.reorder
  // CHECK: dagrt.slice {{.*}} dim 1 offset 3
  %r = dagrt.reorder %x dim 0 order zigzag<2> inverse : tensor<16x8xf32>
  %y = dagrt.slice %r dim 1 offset 3 : tensor<16x8xf32> -> tensor<16x1xf32>
  return %y : tensor<16x1xf32>
}

// CHECK-LABEL: @keeps_token_of_an_order
func.func @keeps_token_of_an_order(%x: tensor<16x8xf32>) -> tensor<1x8xf32> {
  // CHECK: dagrt.reorder
  %r = dagrt.reorder %x dim 0 order zigzag<2> : tensor<16x8xf32>
  %y = dagrt.slice %r dim 0 offset 15 : tensor<16x8xf32> -> tensor<1x8xf32>
  return %y : tensor<1x8xf32>
}

// CHECK-LABEL: @folds_reorder_there_and_back
// CHECK-SAME: (%[[X:.*]]: tensor<16xi32>)
// CHECK-NEXT: return %[[X]], %[[X]]
func.func @folds_reorder_there_and_back(%x: tensor<16xi32>) -> (tensor<16xi32>, tensor<16xi32>) {
  %a = dagrt.reorder %x dim 0 order zigzag<2> : tensor<16xi32>
  %b = dagrt.reorder %a dim 0 order zigzag<2> inverse : tensor<16xi32>
  %c = dagrt.reorder %x dim 0 order zigzag<2> inverse : tensor<16xi32>
  %d = dagrt.reorder %c dim 0 order zigzag<2> : tensor<16xi32>
  return %b, %d : tensor<16xi32>, tensor<16xi32>
}

// CHECK-LABEL: @keeps_reorder_twice_the_same_way
// CHECK-COUNT-2: dagrt.reorder
func.func @keeps_reorder_twice_the_same_way(%x: tensor<16xi32>) -> tensor<16xi32> {
  %a = dagrt.reorder %x dim 0 order zigzag<2> : tensor<16xi32>
  %b = dagrt.reorder %a dim 0 order zigzag<2> : tensor<16xi32>
  return %b : tensor<16xi32>
}

// CHECK-LABEL: @keeps_reorder_back_from_another_order
// CHECK-COUNT-2: dagrt.reorder
func.func @keeps_reorder_back_from_another_order(%x: tensor<16xi32>) -> tensor<16xi32> {
  %a = dagrt.reorder %x dim 0 order zigzag<2> : tensor<16xi32>
  %b = dagrt.reorder %a dim 0 order zigzag<4> inverse : tensor<16xi32>
  return %b : tensor<16xi32>
}

// CHECK-LABEL: @drops_gather_of_slice
// CHECK-SAME: (%[[X:.*]]: tensor<
// CHECK-NEXT: return %[[X]]
func.func @drops_gather_of_slice(%x: tensor<5xf32, #dagrt.dist<@m, [_], of [5]>>)
    -> tensor<5xf32, #dagrt.dist<@m, [_], of [5]>> {
  %s = dagrt.all_slice %x dim 0 axes ["tp"] : tensor<5xf32, #dagrt.dist<@m, [_], of [5]>>
    -> tensor<3xf32, #dagrt.dist<@m, ["tp"], of [5]>>
  %g = dagrt.all_gather %s dim 0 axes ["tp"] : tensor<3xf32, #dagrt.dist<@m, ["tp"], of [5]>>
    -> tensor<5xf32, #dagrt.dist<@m, [_], of [5]>>
  return %g : tensor<5xf32, #dagrt.dist<@m, [_], of [5]>>
}

// CHECK-LABEL: @drops_slice_of_gather
// CHECK-SAME: (%[[X:.*]]: tensor<
// CHECK-NEXT: return %[[X]]
func.func @drops_slice_of_gather(%x: tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>)
    -> tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>> {
  %g = dagrt.all_gather %x dim 0 axes ["tp"] : tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
    -> tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>
  %s = dagrt.all_slice %g dim 0 axes ["tp"] : tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>
    -> tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
  return %s : tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>
}

// The padding of a slice is zero, that of the gathered value may be anything.
// CHECK-LABEL: @keeps_slice_of_gather_with_padding
func.func @keeps_slice_of_gather_with_padding(%x: tensor<3xf32, #dagrt.dist<@m, ["tp"], of [5]>>)
    -> tensor<3xf32, #dagrt.dist<@m, ["tp"], of [5]>> {
  // CHECK: dagrt.all_slice
  %g = dagrt.all_gather %x dim 0 axes ["tp"] : tensor<3xf32, #dagrt.dist<@m, ["tp"], of [5]>>
    -> tensor<5xf32, #dagrt.dist<@m, [_], of [5]>>
  %s = dagrt.all_slice %g dim 0 axes ["tp"] : tensor<5xf32, #dagrt.dist<@m, [_], of [5]>>
    -> tensor<3xf32, #dagrt.dist<@m, ["tp"], of [5]>>
  return %s : tensor<3xf32, #dagrt.dist<@m, ["tp"], of [5]>>
}

// CHECK-LABEL: @keeps_slice_over_another_axis
func.func @keeps_slice_over_another_axis(%x: tensor<2xf32, #dagrt.dist<@grid, ["tp"], of [4]>>)
    -> tensor<2xf32, #dagrt.dist<@grid, ["dp"], of [4]>> {
  // CHECK: dagrt.all_gather
  // CHECK: dagrt.all_slice
  %g = dagrt.all_gather %x dim 0 axes ["tp"] : tensor<2xf32, #dagrt.dist<@grid, ["tp"], of [4]>>
    -> tensor<4xf32, #dagrt.dist<@grid, [_], of [4]>>
  %s = dagrt.all_slice %g dim 0 axes ["dp"] : tensor<4xf32, #dagrt.dist<@grid, [_], of [4]>>
    -> tensor<2xf32, #dagrt.dist<@grid, ["dp"], of [4]>>
  return %s : tensor<2xf32, #dagrt.dist<@grid, ["dp"], of [4]>>
}

// CHECK-LABEL: @keeps_slice_of_another_dim_than_gathered
func.func @keeps_slice_of_another_dim_than_gathered(
    %x: tensor<2x4xf32, #dagrt.dist<@m, ["tp", _], of [4, 4]>>)
    -> tensor<4x2xf32, #dagrt.dist<@m, [_, "tp"], of [4, 4]>> {
  // CHECK: dagrt.all_gather
  // CHECK: dagrt.all_slice
  %g = dagrt.all_gather %x dim 0 axes ["tp"]
    : tensor<2x4xf32, #dagrt.dist<@m, ["tp", _], of [4, 4]>>
    -> tensor<4x4xf32, #dagrt.dist<@m, [_, _], of [4, 4]>>
  %s = dagrt.all_slice %g dim 1 axes ["tp"] : tensor<4x4xf32, #dagrt.dist<@m, [_, _], of [4, 4]>>
    -> tensor<4x2xf32, #dagrt.dist<@m, [_, "tp"], of [4, 4]>>
  return %s : tensor<4x2xf32, #dagrt.dist<@m, [_, "tp"], of [4, 4]>>
}

// CHECK-LABEL: @drops_message_that_nobody_reads
// CHECK-NEXT: return
func.func @drops_message_that_nobody_reads(%x: tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>) {
  %m = dagrt.send %x : tensor<4xf32, #dagrt.dist<@m, [_], of [4]>>
    -> !dagrt.message<tensor<2xf32, #dagrt.dist<@n, ["tp"], of [4]>>>
  %y = dagrt.recv %m : !dagrt.message<tensor<2xf32, #dagrt.dist<@n, ["tp"], of [4]>>>
  return
}

// Its sender waits for it.
// CHECK-LABEL: @keeps_message_of_a_caller
// CHECK: dagrt.recv
func.func @keeps_message_of_a_caller(
    %m: !dagrt.message<tensor<2xf32, #dagrt.dist<@n, ["tp"], of [4]>>>) {
  %y = dagrt.recv %m : !dagrt.message<tensor<2xf32, #dagrt.dist<@n, ["tp"], of [4]>>>
  return
}

// CHECK-LABEL: @drops_concat_of_one_part
// CHECK-SAME: (%[[X:.*]]: tensor<4x8xf32>)
// CHECK-NEXT: return %[[X]]
func.func @drops_concat_of_one_part(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = dagrt.concat %x dim 0 : tensor<4x8xf32> -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// RUN: dagrt-opt %s -split-input-file -verify-diagnostics
// Each sharding of a dim rounds up for itself, so a part of its axes can only be gathered, or sharded
// further, where the coarse shards are whole numbers of the fine ones: five rows in halves of 3 and
// 2 are not pairs of quarters of 2, 2, 1 and 0.

dagrt.mesh @m <"dp" = 2, "tp" = 2> devices [0, 1, 2, 3]
!quarters = tensor<2x4xf32, #dagrt.dist<@m, [{"dp", "tp"}, _], of [5, 4]>>
!halves = tensor<3x4xf32, #dagrt.dist<@m, ["dp", _], of [5, 4]>>
// expected-note @+1 {{operand defined here}}
func.func @gathers_uneven_parts(%x: !quarters) -> !halves {
  // all_gather-c2
  // expected-error @+1 {{expects dim 0 of 5 elements to have shards over ["dp"] of 2 parts of 2, got 3 elements}}
  %y = dagrt.all_gather %x dim 0 axes ["tp"] : !quarters -> !halves
  return %y : !halves
}

// -----

dagrt.mesh @m <"dp" = 2, "tp" = 2> devices [0, 1, 2, 3]
!quarters = tensor<2x4xf32, #dagrt.dist<@m, [{"dp", "tp"}, _], of [5, 4]>>
!halves = tensor<3x4xf32, #dagrt.dist<@m, ["dp", _], of [5, 4]>>
// expected-note @+1 {{operand defined here}}
func.func @slices_into_uneven_parts(%x: !halves) -> !quarters {
  // all_slice-c2
  // expected-error @+1 {{expects dim 0 of 5 elements to have shards over ["dp"] of 2 parts of 2, got 3 elements}}
  %y = dagrt.all_slice %x dim 0 axes ["tp"] : !halves -> !quarters
  return %y : !quarters
}

// -----

dagrt.mesh @m <"dp" = 2, "tp" = 2> devices [0, 1, 2, 3]
!quarters = tensor<2x4xf32, #dagrt.dist<@m, [{"dp", "tp"}, _], of [5, 4]>>
!partial = tensor<3x4xf32, #dagrt.dist<@m, ["dp", _], of [5, 4], partial ["tp"]>>
// expected-note @+1 {{operand defined here}}
func.func @scatters_into_uneven_parts(%x: !partial) -> !quarters {
  // reduce_scatter-c2
  // expected-error @+1 {{expects dim 0 of 5 elements to have shards over ["dp"] of 2 parts of 2, got 3 elements}}
  %y = dagrt.reduce_scatter %x dim 0 axes ["tp"] : !partial -> !quarters
  return %y : !quarters
}

// -----

dagrt.mesh @m <"dp" = 2, "tp" = 2> devices [0, 1, 2, 3]
!rows = tensor<3x2xf32, #dagrt.dist<@m, ["dp", "tp"], of [5, 4]>>
!quarters = tensor<2x4xf32, #dagrt.dist<@m, [{"dp", "tp"}, _], of [5, 4]>>
// expected-note @+1 {{operand defined here}}
func.func @turns_uneven_parts(%x: !quarters) -> !rows {
  // all_to_all-c2
  // expected-error @+1 {{expects dim 0 of 5 elements to have shards over ["dp"] of 2 parts of 2, got 3 elements}}
  %y = dagrt.all_to_all %x gather 0 scatter 1 axes ["tp"] : !quarters -> !rows
  return %y : !rows
}

// -----

// Seven elements do nest: halves of 4 are pairs of quarters of 2. And the last axes of a dim can
// always be gathered completely.
dagrt.mesh @m <"dp" = 2, "tp" = 2> devices [0, 1, 2, 3]
!quarters = tensor<2xf32, #dagrt.dist<@m, [{"dp", "tp"}], of [7]>>
!halves = tensor<4xf32, #dagrt.dist<@m, ["dp"], of [7]>>
!uneven = tensor<2xf32, #dagrt.dist<@m, [{"dp", "tp"}], of [5]>>
!whole = tensor<5xf32, #dagrt.dist<@m, [_], of [5]>>
func.func @gathers_even_parts(%x: !quarters, %u: !uneven) -> (!halves, !whole) {
  %y = dagrt.all_gather %x dim 0 axes ["tp"] : !quarters -> !halves
  %w = dagrt.all_gather %u dim 0 axes ["dp", "tp"] : !uneven -> !whole
  return %y, %w : !halves, !whole
}

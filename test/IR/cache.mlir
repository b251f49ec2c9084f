// Caches, their slots, and attention that is merged from parts, in the syntax that they print in.
// RUN: dagrt-opt %s | FileCheck %s
// RUN: dagrt-opt %s | dagrt-opt | FileCheck %s
// RUN: dagrt-opt %s --emit-bytecode | dagrt-opt | FileCheck %s

// CHECK: func.func @step(%arg0: tensor<2x16x4x8xf32> {dagrt.slots = #dagrt.slots<order striped<2, 4>>}
// CHECK-SAME: -> (tensor<2x16x4x8xf32> {dagrt.slots = #dagrt.slots<order striped<2, 4>>, dagrt.updates = 0 : i64})
func.func @step(%cache: tensor<2x16x4x8xf32> {dagrt.slots = #dagrt.slots<order striped<2, 4>>},
                %rows: tensor<2x3x4x8xf32>, %at: tensor<2x3xi32>)
    -> (tensor<2x16x4x8xf32> {dagrt.slots = #dagrt.slots<order striped<2, 4>>, dagrt.updates = 0 : i64}) {
  // CHECK: dagrt.positions order striped<2, 4> : tensor<16xi32>
  %slots = dagrt.positions order striped<2, 4> : tensor<16xi32>
  // CHECK: dagrt.cache_update %arg0, %arg1 positions %0, %arg2 in_place
  %next = dagrt.cache_update %cache, %rows positions %slots, %at in_place
    : tensor<2x16x4x8xf32>, tensor<2x3x4x8xf32>, tensor<16xi32>, tensor<2x3xi32> -> tensor<2x16x4x8xf32>
  return %next : tensor<2x16x4x8xf32>
}

// CHECK: func.func @window(%arg0: tensor<2x6x4x8xbf16> {dagrt.slots = #dagrt.slots<rolling>}
func.func @window(%cache: tensor<2x6x4x8xbf16> {dagrt.slots = #dagrt.slots<rolling>},
                  %rows: tensor<2x3x4x8xf32>, %at: tensor<2x3xi32>) -> tensor<2x6x4x8xbf16> {
  %slots = dagrt.positions : tensor<6xi32>
  // CHECK: dagrt.rolling_positions %0, %arg2 cycle 6 : tensor<6xi32>, tensor<2x3xi32> -> tensor<2x6xi32>
  %held = dagrt.rolling_positions %slots, %at cycle 6 : tensor<6xi32>, tensor<2x3xi32> -> tensor<2x6xi32>
  // CHECK: dagrt.offset_positions %arg2 by 2 : tensor<2x3xi32>
  %rowsAt = dagrt.offset_positions %at by 2 : tensor<2x3xi32>
  // Rows are rounded to the type of the cache.
  // CHECK: dagrt.cache_update %arg0, %arg1 positions %1, %2 :
  %next = dagrt.cache_update %cache, %rows positions %held, %rowsAt
    : tensor<2x6x4x8xbf16>, tensor<2x3x4x8xf32>, tensor<2x6xi32>, tensor<2x3xi32> -> tensor<2x6x4x8xbf16>
  return %next : tensor<2x6x4x8xbf16>
}

// CHECK: dagrt.slots = #dagrt.slots<from seq_len - 4>
module attributes {dagrt.sizes = {seq_len = 16 : i64}} {
  func.func @prefill(%k: tensor<1x?x4x8xf32, #dagrt.sizes<[1, seq_len, 4, 8]>>)
      -> (tensor<1x4x4x8xf32> {dagrt.slots = #dagrt.slots<from seq_len - 4>}) {
    %y = dagrt.slice %k dim 1 offset seq_len - 4
      : tensor<1x?x4x8xf32, #dagrt.sizes<[1, seq_len, 4, 8]>> -> tensor<1x4x4x8xf32>
    return %y : tensor<1x4x4x8xf32>
  }
}

// CHECK: func.func @merge
func.func @merge(%c: tensor<4x1x1x2x4x8xf32>, %l: tensor<4x1x1x2x4xf32>, %sink: tensor<2x4xf32>)
    -> (tensor<1x1x2x4x8xf32>, tensor<1x1x2x4x8xf32>) {
  // CHECK: dagrt.attention_merge %arg0, %arg1 : tensor<4x1x1x2x4x8xf32>, tensor<4x1x1x2x4xf32> -> tensor<1x1x2x4x8xf32>
  %y = dagrt.attention_merge %c, %l
    : tensor<4x1x1x2x4x8xf32>, tensor<4x1x1x2x4xf32> -> tensor<1x1x2x4x8xf32>
  // CHECK: dagrt.attention_merge %arg0, %arg1 sink %arg2
  %z = dagrt.attention_merge %c, %l sink %sink
    : tensor<4x1x1x2x4x8xf32>, tensor<4x1x1x2x4xf32>, tensor<2x4xf32> -> tensor<1x1x2x4x8xf32>
  return %y, %z : tensor<1x1x2x4x8xf32>, tensor<1x1x2x4x8xf32>
}

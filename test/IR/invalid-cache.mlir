// RUN: dagrt-opt %s -split-input-file -verify-diagnostics

// Caches, their slots, and the merge of attention.

func.func @f(%c: tensor<2x16x4xf32>, %r: tensor<2x1x4x8xf32>, %s: tensor<16xi32>, %p: tensor<2x1xi32>) {
  // cache_update-c1
  // expected-error@+1 {{'dagrt.cache_update' op expects a cache of 4 dims, got 'tensor<2x16x4xf32>'}}
  %0 = dagrt.cache_update %c, %r positions %s, %p
    : tensor<2x16x4xf32>, tensor<2x1x4x8xf32>, tensor<16xi32>, tensor<2x1xi32> -> tensor<2x16x4xf32>
  return
}

// -----

func.func @f(%c: tensor<2x16x4x8xf32>, %r: tensor<2x1x4x8xf32>, %s: tensor<1x1x16xi32>, %p: tensor<2x1xi32>) {
  // cache_update-c1
  // expected-error@+1 {{'dagrt.cache_update' op expects positions of slots of 1 or 2 dims, got 'tensor<1x1x16xi32>'}}
  %0 = dagrt.cache_update %c, %r positions %s, %p
    : tensor<2x16x4x8xf32>, tensor<2x1x4x8xf32>, tensor<1x1x16xi32>, tensor<2x1xi32> -> tensor<2x16x4x8xf32>
  return
}

// -----

func.func @f(%c: tensor<2x16x4x8xf32>, %r: tensor<2x1x4x8xf32>, %s: tensor<16xi32>, %p: tensor<2x1xi32>) {
  // cache_update-c1
  // expected-error@+1 {{'dagrt.cache_update' op expects one element type, got 'f32' and 'bf16'}}
  %0 = dagrt.cache_update %c, %r positions %s, %p
    : tensor<2x16x4x8xf32>, tensor<2x1x4x8xf32>, tensor<16xi32>, tensor<2x1xi32> -> tensor<2x16x4x8xbf16>
  return
}

// -----

// expected-note@+1 {{operand defined here}}
func.func @f(%c: tensor<2x16x4x8xf32>, %r: tensor<2x1x4x8xf32>, %s: tensor<12xi32>, %p: tensor<2x1xi32>) {
  // expected-error@+1 {{'dagrt.cache_update' op expects dim 0 of operand #2 (slots) to be 16, got 12}}
  %0 = dagrt.cache_update %c, %r positions %s, %p
    : tensor<2x16x4x8xf32>, tensor<2x1x4x8xf32>, tensor<12xi32>, tensor<2x1xi32> -> tensor<2x16x4x8xf32>
  return
}

// -----

func.func @f(%c: tensor<2x16x4x8xf32>, %r: tensor<2x1x4x8xf32>, %s: tensor<16xi32>, %p: tensor<2x1xi32>) {
  // cache_update-c2
  // expected-error@+1 {{'dagrt.cache_update' op expects to be the last reader of the cache that it updates in place}}
  %0 = dagrt.cache_update %c, %r positions %s, %p in_place
    : tensor<2x16x4x8xf32>, tensor<2x1x4x8xf32>, tensor<16xi32>, tensor<2x1xi32> -> tensor<2x16x4x8xf32>
  // expected-note@+1 {{read here after it; without 'in_place' it is copied}}
  %1 = dagrt.relu %c : tensor<2x16x4x8xf32>
  return
}

// -----

func.func @f(%s: tensor<2x12xi32>, %p: tensor<2x1xi32>) {
  // rolling_positions-c1
  // expected-error@+1 {{'dagrt.rolling_positions' op expects numbers of slots of 1 dims, got 'tensor<2x12xi32>'}}
  %0 = dagrt.rolling_positions %s, %p cycle 12 : tensor<2x12xi32>, tensor<2x1xi32> -> tensor<2x12xi32>
  return
}

// -----

func.func @f(%s: tensor<12xi32>, %p: tensor<2x1xi32>) {
  // rolling_positions-c2
  // expected-error@+1 {{'dagrt.rolling_positions' op expects a cycle of at least 1 slot, got 0}}
  %0 = dagrt.rolling_positions %s, %p cycle 0 : tensor<12xi32>, tensor<2x1xi32> -> tensor<2x12xi32>
  return
}

// -----

func.func @f(%p: tensor<2x1xi32>) {
  // offset_positions-c1
  // expected-error@+1 {{'dagrt.offset_positions' op expects 'by' not to be negative, got -1}}
  %0 = dagrt.offset_positions %p by -1 : tensor<2x1xi32>
  return
}

// -----

func.func @f(%c: tensor<4x1x1x2x4xf32>, %l: tensor<4x1x1x2x4xf32>) {
  // attention_merge-c1
  // expected-error@+1 {{'dagrt.attention_merge' op expects contexts of 6 dims, got 'tensor<4x1x1x2x4xf32>'}}
  %0 = dagrt.attention_merge %c, %l : tensor<4x1x1x2x4xf32>, tensor<4x1x1x2x4xf32> -> tensor<1x1x2x4xf32>
  return
}

// -----

func.func @f(%c: tensor<4x1x1x2x4x8xbf16>, %l: tensor<4x1x1x2x4xbf16>) {
  // attention_merge-c2
  // expected-error@+1 {{'dagrt.attention_merge' op expects log-sums of 'f32', got 'tensor<4x1x1x2x4xbf16>'}}
  %0 = dagrt.attention_merge %c, %l : tensor<4x1x1x2x4x8xbf16>, tensor<4x1x1x2x4xbf16> -> tensor<1x1x2x4x8xbf16>
  return
}

// -----

func.func @f(%c: tensor<4x1x1x2x4x8xf32>, %l: tensor<4x1x1x2x4xf32>, %i: tensor<1xi32>) {
  // attention_merge-c3
  // expected-error@+1 {{'dagrt.attention_merge' op expects placed contexts and shard numbers of one dim, got 'tensor<1xi32>'}}
  %0 = dagrt.attention_merge %c, %l shard %i : tensor<4x1x1x2x4x8xf32>, tensor<4x1x1x2x4xf32>, tensor<1xi32> -> tensor<1x1x2x4x8xf32>
  return
}

// -----

// A part that each device adds is that of its own shard of the parts.
dagrt.mesh @m <"kvp" = 4, "tp" = 4> devices [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
#c = #dagrt.dist<@m, ["kvp", _, _, _, _, _], of [4, 1, 1, 2, 4, 8]>
#l = #dagrt.dist<@m, [_, _, _, _, _], of [4, 1, 1, 2, 4]>
#y = #dagrt.dist<@m, [_, _, _, _, _], of [1, 1, 2, 4, 8], partial ["kvp"]>
// expected-note@+1 {{the parts defined here}}
func.func @f(%c: tensor<1x1x1x2x4x8xf32, #c>, %l: tensor<4x1x1x2x4xf32, #l>) {
  // expected-note@+1 {{shard numbers defined here}}
  %i = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@m, ["tp"], of [4]>>
  // attention_merge-c3
  // expected-error@+1 {{expects a shard number for each shard of the parts, ["kvp"] of '@m'}}
  %0 = dagrt.attention_merge %c, %l shard %i
    : tensor<1x1x1x2x4x8xf32, #c>, tensor<4x1x1x2x4xf32, #l>, tensor<1xi32, #dagrt.dist<@m, ["tp"], of [4]>>
    -> tensor<1x1x2x4x8xf32, #y>
  return
}

// -----

func.func @f(%q: tensor<1x1x2x4x8xf32>, %k: tensor<1x16x2x8xbf16>, %v: tensor<1x16x2x8xf32>) {
  // attention-c6
  // expected-error@+1 {{'dagrt.attention' op expects one element type, got 'bf16' and 'f32'}}
  %0 = dagrt.attention %q, %k, %v scale 1.0
    : tensor<1x1x2x4x8xf32>, tensor<1x16x2x8xbf16>, tensor<1x16x2x8xf32> -> tensor<1x1x2x4x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x1x2x4x8xf32>, %k: tensor<1x16x2x8xf32>) {
  // attention-c7
  // expected-error@+1 {{'dagrt.attention' op expects 'visible' not to be negative, got -1}}
  %0 = dagrt.attention %q, %k, %k visible 0 - 1 scale 1.0
    : tensor<1x1x2x4x8xf32>, tensor<1x16x2x8xf32>, tensor<1x16x2x8xf32> -> tensor<1x1x2x4x8xf32>
  return
}

// -----

// expected-error@+1 {{'func.func' op expects 'dagrt.slots' of argument #0 to be a #dagrt.slots attribute, got 1 : i64}}
func.func @f(%c: tensor<2x16x4x8xf32> {dagrt.slots = 1 : i64}) {
  return
}

// -----

// expected-error@+1 {{'func.func' op expects 'dagrt.updates' of result #0 to be the number of an argument, an i64, got 1 : i64}}
func.func @f(%c: tensor<2x16x4x8xf32>) -> (tensor<2x16x4x8xf32> {dagrt.updates = 1 : i64}) {
  return %c : tensor<2x16x4x8xf32>
}

// -----

// expected-error@+1 {{'func.func' op expects result #0 to have the type of argument #0, which it updates, 'tensor<2x16x4x8xf32>', got 'tensor<1xf32>'}}
func.func @f(%c: tensor<2x16x4x8xf32>, %x: tensor<1xf32>) -> (tensor<1xf32> {dagrt.updates = 0 : i64}) {
  return %x : tensor<1xf32>
}

// -----

// expected-error@+1 {{expects stripes of at least 1 token, got 0}}
%0 = dagrt.positions order striped<2, 0> : tensor<4xi32>

// -----

// expected-error@+1 {{expects 1 to 1048576 shards, got 0}}
%0 = dagrt.positions order striped<0, 1> : tensor<4xi32>

// RUN: dagrt-opt %s -split-input-file -verify-diagnostics

// Shapes and attributes of the compute ops. Distributions are in defects.mlir.

func.func @f(%ids: tensor<4xi32>, %table: tensor<f32>) {
  // embedding-c1
  // expected-error@+1 {{'dagrt.embedding' op expects a table of at least 1 dim, got 'tensor<f32>'}}
  %0 = dagrt.embedding %ids, %table : tensor<4xi32>, tensor<f32> -> tensor<4xf32>
  return
}

// -----

func.func @f(%ids: tensor<4xi32>, %table: tensor<8x6xf32>) {
  // embedding-c1
  // expected-error@+1 {{'dagrt.embedding' op expects a result of 2 dims, got 'tensor<1x4x6xf32>'}}
  %0 = dagrt.embedding %ids, %table : tensor<4xi32>, tensor<8x6xf32> -> tensor<1x4x6xf32>
  return
}

// -----

func.func @f(%ids: tensor<4xi32>, %table: tensor<8x6xf32>) {
  // expected-error@+1 {{'dagrt.embedding' op expects one element type, got 'f32' and 'bf16'}}
  %0 = dagrt.embedding %ids, %table : tensor<4xi32>, tensor<8x6xf32> -> tensor<4x6xbf16>
  return
}

// -----

func.func @f(%ids: tensor<4xi32>, %table: tensor<8x6xf32>) {
  // expected-error@+1 {{'dagrt.embedding' op expects dim 1 of result #0 (hidden) to be 6, got 7}}
  %0 = dagrt.embedding %ids, %table : tensor<4xi32>, tensor<8x6xf32> -> tensor<4x7xf32>
  return
}

// -----

func.func @f(%ids: tensor<4xi32>, %table: tensor<8x6xf32>, %i: tensor<1xi32>) {
  // embedding-c2
  // expected-error@+1 {{'dagrt.embedding' op expects a placed table and shard numbers of one dim, got 'tensor<1xi32>'}}
  %0 = dagrt.embedding %ids, %table shard %i
    : tensor<4xi32>, tensor<8x6xf32>, tensor<1xi32> -> tensor<4x6xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %w: tensor<8x4xf32>) {
  // matmul-c1
  // expected-error@+1 {{'dagrt.matmul' op expects to contract 1 to 2 dims, got 0}}
  %0 = dagrt.matmul %x, %w contract 0 : tensor<4x8xf32>, tensor<8x4xf32> -> tensor<4x8x8x4xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %w: tensor<8x4xf32>) {
  // matmul-c1
  // expected-error@+1 {{'dagrt.matmul' op expects to contract 1 to 2 dims, got 3}}
  %0 = dagrt.matmul %x, %w contract 3 : tensor<4x8xf32>, tensor<8x4xf32> -> tensor<f32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %w: tensor<8x4xf32>) {
  // matmul-c1
  // expected-error@+1 {{'dagrt.matmul' op expects to contract 1 to 2 dims, got -1}}
  %0 = dagrt.matmul %x, %w contract -1 : tensor<4x8xf32>, tensor<8x4xf32> -> tensor<4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %w: tensor<8x4xf32>) {
  // matmul-c2
  // expected-error@+1 {{'dagrt.matmul' op expects a result of 2 dims, got 'tensor<4xf32>'}}
  %0 = dagrt.matmul %x, %w : tensor<4x8xf32>, tensor<8x4xf32> -> tensor<4xf32>
  return
}

// -----

// expected-note@+1 {{operand defined here}}
func.func @f(%x: tensor<4x8xf32>, %w: tensor<6x4xf32>) {
  // matmul-c2
  // expected-error@+1 {{'dagrt.matmul' op expects dim 1 of operand #0 (k) to be 6, got 8}}
  %0 = dagrt.matmul %x, %w : tensor<4x8xf32>, tensor<6x4xf32> -> tensor<4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %w: tensor<8x4xf32>) {
  // matmul-c2
  // expected-error@+1 {{'dagrt.matmul' op expects dim 0 of result #0 (m) to be 4, got 5}}
  %0 = dagrt.matmul %x, %w : tensor<4x8xf32>, tensor<8x4xf32> -> tensor<5x4xf32>
  return
}

// -----

// expected-note@+1 {{operand defined here}}
func.func @f(%x: tensor<4x8xf32>) {
  // expected-error@+1 {{'dagrt.silu' op expects result #0 of the type of operand #0, 'tensor<4x8xf32>', got 'tensor<4xf32>'}}
  %0 = "dagrt.silu"(%x) : (tensor<4x8xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xi32>) {
  // expected-error@+1 {{'dagrt.relu' op operand #0 must be ranked tensor of floating-point values, but got 'tensor<4x8xi32>'}}
  %0 = dagrt.relu %x : tensor<4x8xi32>
  return
}

// -----

func.func @f(%x: tensor<*xf32>) {
  // expected-error@+1 {{invalid kind of type specified: expected builtin.tensor, but found 'tensor<*xf32>'}}
  %0 = dagrt.gelu %x : tensor<*xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>) {
  // expected-error@+1 {{'dagrt.add' op expected 2 operands, but found 1}}
  %0 = "dagrt.add"(%x) : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>) {
  // expected-error@+1 {{'dagrt.slice' op requires attribute 'dim'}}
  %0 = "dagrt.slice"(%x) {offset = #dagrt.size<0>} : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>) {
  // add-c1
  // expected-error@+1 {{'dagrt.add' op expects a result of 2 dims, got 'tensor<8xf32>'}}
  %0 = dagrt.add %x, %x : tensor<4x8xf32>, tensor<4x8xf32> -> tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %y: tensor<2x4x8xf32>) {
  // add-c1
  // expected-error@+1 {{'dagrt.add' op expects the right operand to have at most 2 dims, got 'tensor<2x4x8xf32>'}}
  %0 = dagrt.add %x, %y : tensor<4x8xf32>, tensor<2x4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

// expected-note@+1 {{operand defined here}}
func.func @f(%x: tensor<4x8xf32>, %y: tensor<4xf32>) {
  // mul-c1
  // expected-error@+1 {{'dagrt.mul' op expects dim 0 of operand #1 (d) to be 8, got 4}}
  %0 = dagrt.mul %x, %y : tensor<4x8xf32>, tensor<4xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %y: tensor<8xf16>) {
  // mul-c1
  // expected-error@+1 {{'dagrt.mul' op expects one element type, got 'f32' and 'f16'}}
  %0 = dagrt.mul %x, %y : tensor<4x8xf32>, tensor<8xf16> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<8xf32>, %s: tensor<4x8xf32>) {
  // norm-c1
  // expected-error@+1 {{'dagrt.rms_norm' op expects a scale of 1 to 1 dims, got 'tensor<4x8xf32>'}}
  %0 = dagrt.rms_norm %x, %s epsilon 0.5 : tensor<8xf32>, tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %s: tensor<8xf32>) {
  // norm-c1
  // expected-error@+1 {{'dagrt.layer_norm' op expects a bias of 1 dims, got 'tensor<4x8xf32>'}}
  %0 = dagrt.layer_norm %x, %s, %x epsilon 0.5 : tensor<4x8xf32>, tensor<8xf32>, tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %s: tensor<8xf32>) {
  // norm-c1
  // expected-error@+1 {{'dagrt.rms_norm' op expects a finite epsilon that is not negative, got -5.000000e-01}}
  %0 = dagrt.rms_norm %x, %s epsilon -0.5 : tensor<4x8xf32>, tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %s: tensor<8xf32>) {
  // norm-c1
  // expected-error@+1 {{'dagrt.rms_norm' op expects a finite epsilon that is not negative, got INF}}
  %0 = "dagrt.rms_norm"(%x, %s) {epsilon = 0x7FF0000000000000 : f64}
    : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %s: tensor<8xf32>) {
  // norm-c1
  // expected-error@+1 {{'dagrt.rms_norm' op expects a result of 2 dims, got 'tensor<8xf32>'}}
  %0 = "dagrt.rms_norm"(%x, %s) {epsilon = 1.0 : f64}
    : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %s: tensor<8xf16>) {
  // norm-c1
  // expected-error@+1 {{'dagrt.rms_norm' op expects one element type, got 'f32' and 'f16'}}
  %0 = dagrt.rms_norm %x, %s epsilon 0.5 : tensor<4x8xf32>, tensor<8xf16>
  return
}

// -----

func.func @f(%x: tensor<4x8xbf16>, %s: tensor<8xbf16>, %m: tensor<4xbf16>) {
  // norm-c2
  // expected-error@+1 {{'dagrt.rms_norm' op expects moments of 1 dims of 'f32', got 'tensor<4xbf16>'}}
  %0 = dagrt.rms_norm %x, %s square %m epsilon 0.5 : tensor<4x8xbf16>, tensor<8xbf16>, tensor<4xbf16>
  return
}

// -----

// expected-note@+1 {{operand defined here}}
func.func @f(%x: tensor<4x8xf32>, %s: tensor<8xf32>, %m: tensor<4xf32>, %q: tensor<8xf32>) {
  // norm-c2
  // expected-error@+1 {{'dagrt.layer_norm' op expects dim 0 of operand #4 (rows) to be 4, got 8}}
  %0 = dagrt.layer_norm %x, %s, %s moments %m, %q epsilon 0.5
    : tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<4xf32>, tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %s: tensor<8xf32>) {
  // norm-c3
  // expected-error@+1 {{'dagrt.rms_norm' op expects a norm over 1 to 1 dims, got 2}}
  %0 = dagrt.rms_norm %x, %s epsilon 0.5 dims 2 : tensor<4x8xf32>, tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %s: tensor<8xf32>) {
  // norm-c3
  // expected-error@+1 {{'dagrt.layer_norm' op expects a norm over 1 to 1 dims, got 0}}
  %0 = dagrt.layer_norm %x, %s epsilon 0.5 dims 0 : tensor<4x8xf32>, tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %s: tensor<4x8xf32>, %m: tensor<f32>) {
  // norm-c2
  // expected-error@+1 {{'dagrt.rms_norm' op expects moments of 1 dims of 'f32', got 'tensor<f32>'}}
  %0 = dagrt.rms_norm %x, %s square %m epsilon 0.5 dims 1
    : tensor<4x8xf32>, tensor<4x8xf32>, tensor<f32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %s: tensor<8xf32>, %m: tensor<4xf32>) {
  // norm-c2
  // expected-error@+1 {{'dagrt.layer_norm' op expects both moments or none, got one}}
  %0 = "dagrt.layer_norm"(%x, %s, %s, %m) {epsilon = 0.5, operandSegmentSizes = array<i32: 1, 1, 1, 1, 0>}
    : (tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<4xf32>) -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>) {
  // moment-c1
  // expected-error@+1 {{'dagrt.moment' op expects an order of 1 or 2, got 3}}
  %0 = dagrt.moment %x order 3 dims 1 count 8 : tensor<4x8xf32> -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>) {
  // moment-c1
  // expected-error@+1 {{'dagrt.moment' op expects a mean over 1 to 2 dims, got 0}}
  %0 = dagrt.moment %x order 2 dims 0 count 8 : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xbf16>) {
  // moment-c2
  // expected-error@+1 {{'dagrt.moment' op expects a result of 1 dims of 'f32', got 'tensor<4xbf16>'}}
  %0 = dagrt.moment %x order 2 dims 1 count 8 : tensor<4x8xbf16> -> tensor<4xbf16>
  return
}

// -----

dagrt.mesh @base <"tp" = 2> devices [0, 1]
func.func @f(%x: tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>) {
  // moment-c3
  // expected-error@+1 {{'dagrt.moment' op expects a count of the elements in the last 1 dims of 'tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>', got 4}}
  %0 = dagrt.moment %x order 2 dims 1 count 4 : tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>
    -> tensor<4xf32, #dagrt.dist<@base, [_], of [4], partial ["tp"]>>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>) {
  // moment-c3
  // expected-error@+1 {{'dagrt.moment' op expects a count of at least the elements in the last 1 dims of 'tensor<4x8xf32>', got 4}}
  %0 = dagrt.moment %x order 2 dims 1 count 4 : tensor<4x8xf32> -> tensor<4xf32>
  return
}

// -----

// A moment of rows in parts is a sum that is not complete.
dagrt.mesh @base <"tp" = 2> devices [0, 1]
// expected-note@+1 {{this operand's distribution decides}}
func.func @f(%x: tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>) {
  // expected-error@+1 {{'dagrt.moment' op expects result #0 of type 'tensor<4xf32, #dagrt.dist<@base, [_], of [4], partial ["tp"]>>', got 'tensor<4xf32, #dagrt.dist<@base, [_], of [4]>>'}}
  %0 = dagrt.moment %x order 2 dims 1 count 8 : tensor<4x4xf32, #dagrt.dist<@base, [_, "tp"], of [4, 8]>>
    -> tensor<4xf32, #dagrt.dist<@base, [_], of [4]>>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %p: tensor<8xi32>) {
  // rope-c1
  // expected-error@+1 {{'dagrt.rope' op expects an operand of at least 3 dims, got 'tensor<4x8xf32>'}}
  %0 = dagrt.rope %x, %p <theta 1.0, dims 8> : tensor<4x8xf32>, tensor<8xi32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8xf32>, %p: tensor<1x4x1xi32>) {
  // rope-c1
  // expected-error@+1 {{'dagrt.rope' op expects positions of 1 or 2 dims, got 'tensor<1x4x1xi32>'}}
  %0 = dagrt.rope %x, %p <theta 1.0, dims 8> : tensor<1x4x8xf32>, tensor<1x4x1xi32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8xf32>, %p: tensor<4xi32>) {
  // rope-c2
  // expected-error@+1 {{'dagrt.rope' op expects at most 8 rotated dims, got 10}}
  %0 = dagrt.rope %x, %p <theta 1.0, dims 10> : tensor<1x4x8xf32>, tensor<4xi32>
  return
}

// -----

func.func @f(%x: tensor<1x4x8xf32>, %p: tensor<4xi32>) {
  // expected-error@+1 {{'dagrt.rope' op expects one element type, got 'f32' and 'f16'}}
  %0 = "dagrt.rope"(%x, %p) <{config = #dagrt.rope_config<theta 1.0, dims 8>, operandSegmentSizes = array<i32: 1, 1, 0, 0>}>
    : (tensor<1x4x8xf32>, tensor<4xi32>) -> tensor<1x4x8xf16>
  return
}

// -----

func.func @f(%q: tensor<1x4x8xf32>, %k: tensor<1x4x1x8xf32>) {
  // attention-c1
  // expected-error@+1 {{'dagrt.attention' op expects a query of 5 dims, got 'tensor<1x4x8xf32>'}}
  %0 = dagrt.attention %q, %k, %k scale 1.0
    : tensor<1x4x8xf32>, tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32> -> tensor<1x4x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x1x8xf32>, %k: tensor<1x4x8xf32>) {
  // attention-c1
  // expected-error@+1 {{'dagrt.attention' op expects a key of 4 dims, got 'tensor<1x4x8xf32>'}}
  %0 = dagrt.attention %q, %k, %k scale 1.0
    : tensor<1x4x1x1x8xf32>, tensor<1x4x8xf32>, tensor<1x4x8xf32> -> tensor<1x4x1x1x8xf32>
  return
}

// -----

// expected-note@+1 {{operand defined here}}
func.func @f(%q: tensor<1x4x2x1x8xf32>, %k: tensor<1x4x1x8xf32>) {
  // attention-c1
  // expected-error@+1 {{'dagrt.attention' op expects dim 2 of operand #1 (heads) to be 2, got 1}}
  %0 = dagrt.attention %q, %k, %k scale 1.0
    : tensor<1x4x2x1x8xf32>, tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32> -> tensor<1x4x2x1x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x1x8xf32>, %k: tensor<1x4x1x8xf32>) {
  // attention-c2
  // expected-error@+1 {{'dagrt.attention' op expects positions of queries and keys with a mask, got none}}
  %0 = dagrt.attention %q, %k, %k causal scale 1.0
    : tensor<1x4x1x1x8xf32>, tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32> -> tensor<1x4x1x1x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x1x8xf32>, %k: tensor<1x4x1x8xf32>, %p: tensor<4xi32>) {
  // attention-c2
  // expected-error@+1 {{'dagrt.attention' op expects positions of both queries and keys, or of neither, got those of one}}
  %0 = "dagrt.attention"(%q, %k, %k, %p)
    <{scale = 1.0 : f64, operandSegmentSizes = array<i32: 1, 1, 1, 1, 0, 0, 0, 0, 0>}>
    : (tensor<1x4x1x1x8xf32>, tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32>, tensor<4xi32>)
    -> tensor<1x4x1x1x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x1x8xf32>, %k: tensor<1x4x1x8xf32>, %p: tensor<4xi32>) {
  // attention-c2
  // expected-error@+1 {{'dagrt.attention' op expects a causal window of at least 1, got -5}}
  %0 = dagrt.attention %q, %k, %k positions %p, %p causal window -5 scale 1.0
    : tensor<1x4x1x1x8xf32>, tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32>, tensor<4xi32>, tensor<4xi32>
    -> tensor<1x4x1x1x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x1x8xf32>, %k: tensor<1x4x1x8xf32>, %p: tensor<4xi32>) {
  // attention-c2
  // expected-error@+1 {{'dagrt.attention' op expects a causal window of at least 1, got 5 without 'causal'}}
  %0 = dagrt.attention %q, %k, %k positions %p, %p window 5 scale 1.0
    : tensor<1x4x1x1x8xf32>, tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32>, tensor<4xi32>, tensor<4xi32>
    -> tensor<1x4x1x1x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x1x8xf32>, %k: tensor<1x4x1x8xf32>, %p: tensor<4x1x1xi32>) {
  // attention-c2
  // expected-error@+1 {{'dagrt.attention' op expects query positions of 1 or 2 dims, got 'tensor<4x1x1xi32>'}}
  %0 = dagrt.attention %q, %k, %k positions %p, %p scale 1.0
    : tensor<1x4x1x1x8xf32>, tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32>, tensor<4x1x1xi32>,
      tensor<4x1x1xi32> -> tensor<1x4x1x1x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x1x8xf32>, %k: tensor<1x4x1x8xf32>) {
  // attention-c1
  // expected-error@+1 {{'dagrt.attention' op expects either a value or 'value_dims', got neither}}
  %0 = dagrt.attention %q, %k scale 1.0 : tensor<1x4x1x1x8xf32>, tensor<1x4x1x8xf32> -> tensor<1x4x1x1x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x1x8xf32>, %k: tensor<1x4x1x8xf32>) {
  // attention-c1
  // expected-error@+1 {{'dagrt.attention' op expects either a value or 'value_dims', got both}}
  %0 = dagrt.attention %q, %k, %k value_dims 8 scale 1.0 : tensor<1x4x1x1x8xf32>, tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32> -> tensor<1x4x1x1x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x1x8xf32>, %k: tensor<1x4x1x8xf32>) {
  // attention-c1
  // expected-error@+1 {{'dagrt.attention' op expects 'value_dims' from 1 to 8, got 9}}
  %0 = dagrt.attention %q, %k value_dims 9 scale 1.0 : tensor<1x4x1x1x8xf32>, tensor<1x4x1x8xf32> -> tensor<1x4x1x1x9xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x1x8xf32>, %k: tensor<1x4x1x8xf32>) {
  // attention-c3
  // expected-error@+1 {{'dagrt.attention' op expects log-sums of 'f32', got 'tensor<1x4x1x1xf64>'}}
  %0, %1 = dagrt.attention %q, %k, %k scale 1.0 : tensor<1x4x1x1x8xf32>, tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32> -> tensor<1x4x1x1x8xf32>, tensor<1x4x1x1xf64>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x1x8xf32>, %k: tensor<1x4x1x8xf32>, %s: tensor<1x1xf32>) {
  // attention-c3
  // expected-error@+1 {{'dagrt.attention' op expects no sink with log-sums: it joins where parts are merged}}
  %0, %1 = dagrt.attention %q, %k, %k sink %s scale 1.0 : tensor<1x4x1x1x8xf32>, tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32>, tensor<1x1xf32> -> tensor<1x4x1x1x8xf32>, tensor<1x4x1x1xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x1x8xf32>, %k: tensor<1x4x1x8xf32>, %i: tensor<1xi32>) {
  // attention-c3
  // expected-error@+1 {{'dagrt.attention' op expects log-sums as second result with a shard, got none}}
  %0 = dagrt.attention %q, %k, %k scale 1.0 shard %i : tensor<1x4x1x1x8xf32>, tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32>, tensor<1xi32> -> tensor<1x1x4x1x1x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x1x8xf32>, %k: tensor<1x4x1x8xf32>, %i: tensor<1xi32>) {
  // attention-c5
  // expected-error@+1 {{'dagrt.attention' op expects placed keys and shard numbers of one dim, got 'tensor<1xi32>'}}
  %0, %1 = dagrt.attention %q, %k, %k scale 1.0 shard %i : tensor<1x4x1x1x8xf32>, tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32>, tensor<1xi32> -> tensor<1x1x4x1x1x8xf32>, tensor<1x1x4x1x1xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x1x8xf32>, %k: tensor<1x4x1x8xf32>, %m: tensor<4xf32>) {
  // attention-c4
  // expected-error@+1 {{'dagrt.attention' op expects a mask of 2 or 3 dims, got 'tensor<4xf32>'}}
  %0 = dagrt.attention %q, %k, %k mask %m scale 1.0 : tensor<1x4x1x1x8xf32>, tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32>, tensor<4xf32> -> tensor<1x4x1x1x8xf32>
  return
}

// -----

dagrt.mesh @m <"kvp" = 2, "tp" = 2> devices [0, 1, 2, 3]
#q = #dagrt.dist<@m, [_, _, _, _, _], of [1, 1, 1, 1, 8]>
#k = #dagrt.dist<@m, [_, "kvp", _, _], of [1, 4, 1, 8]>
func.func @f(%q: tensor<1x1x1x1x8xf32, #q>,
             %i: tensor<1xi32, #dagrt.dist<@m, ["tp"], of [2]>>, // expected-note {{shard numbers defined here}}
             %k: tensor<1x2x1x8xf32, #k>) { // expected-note {{the keys defined here}}
  // attention-c5
  // expected-error@+1 {{'dagrt.attention' op expects a shard number for each shard of the keys, ["kvp"] of '@m', got #dagrt.dist<@m, ["tp"], of [2]>}}
  %0, %1 = dagrt.attention %q, %k, %k scale 1.0 shard %i
    : tensor<1x1x1x1x8xf32, #q>, tensor<1x2x1x8xf32, #k>, tensor<1x2x1x8xf32, #k>, tensor<1xi32, #dagrt.dist<@m, ["tp"], of [2]>>
    -> tensor<1x1x1x1x1x8xf32, #dagrt.dist<@m, ["kvp", _, _, _, _, _], of [2, 1, 1, 1, 1, 8]>>, tensor<1x1x1x1x1xf32, #dagrt.dist<@m, ["kvp", _, _, _, _], of [2, 1, 1, 1, 1]>>
  return
}

// -----

func.func @f(%x: tensor<2x3x4xf32>, %w: tensor<2x4x5xf32>) {
  // matmul-c3
  // expected-error@+1 {{'dagrt.matmul' op expects batch dims among the 2 dims of the left operand that are not contracted, got 2}}
  %0 = dagrt.matmul %x, %w batch [2] : tensor<2x3x4xf32>, tensor<2x4x5xf32> -> tensor<2x3x5xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3x4xf32>, %w: tensor<2x2x4x5xf32>) {
  // matmul-c3
  // expected-error@+1 {{'dagrt.matmul' op expects distinct batch dims, got 0 twice}}
  %0 = dagrt.matmul %x, %w batch [0, 0] : tensor<2x3x4xf32>, tensor<2x2x4x5xf32> -> tensor<2x3x5xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3x4xf32>, %w: tensor<4xf32>) {
  // matmul-c3
  // expected-error@+1 {{'dagrt.matmul' op expects at most 0 batch dims, got 1}}
  %0 = dagrt.matmul %x, %w batch [0] : tensor<2x3x4xf32>, tensor<4xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3x4xf32>, %y: tensor<2x4xf32>) {
  // add-c1
  // expected-error@+1 {{'dagrt.add' op expects rising dims from 0 to 2, got 0}}
  %0 = dagrt.add %x, %y dims [2, 0] : tensor<2x3x4xf32>, tensor<2x4xf32> -> tensor<2x3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3x4xf32>, %y: tensor<2x4xf32>) {
  // mul-c1
  // expected-error@+1 {{'dagrt.mul' op expects to name the 2 dims of the right operand, got 1}}
  %0 = dagrt.mul %x, %y dims [2] : tensor<2x3x4xf32>, tensor<2x4xf32> -> tensor<2x3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x2x8xf32>, %c: tensor<4x2xf32>, %p: tensor<4xi32>) {
  // rope-c2
  // expected-error@+1 {{'dagrt.rope' op expects at most 3 rotated dims, got 4}}
  %0 = dagrt.rope %x tables %c, %c at 5 : tensor<1x4x2x8xf32>, tensor<4x2xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x2x8xf32>, %c: tensor<4x2xf32>, %p: tensor<4xi32>) {
  // rope-c1
  // expected-error@+1 {{'dagrt.rope' op expects positions and a config, or tables of cosines and sines}}
  %0 = dagrt.rope %x : tensor<1x4x2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<1x4x2x8xf32>, %c: tensor<4x2xf32>, %p: tensor<4xi32>) {
  // rope-c3
  // expected-error@+1 {{'dagrt.rope' op expects 'at' and 'interleaved' in the config, got them beside it}}
  %0 = dagrt.rope %x, %p <theta 1.0e+04, dims 4> at 4 : tensor<1x4x2x8xf32>, tensor<4xi32>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x1x8xf32>, %k: tensor<1x4x1x8xf32>) {
  // attention_scores-c1
  // expected-error@+1 {{'dagrt.attention_scores' op expects a result of 5 dims, got 'tensor<4x4xf32>'}}
  %0 = dagrt.attention_scores %q, %k scale 1.0
    : tensor<1x4x1x1x8xf32>, tensor<1x4x1x8xf32> -> tensor<4x4xf32>
  return
}

// -----

func.func @f(%w: tensor<1x1x1x4x4xf32>, %v: tensor<4x8xf32>) {
  // attention_context-c1
  // expected-error@+1 {{'dagrt.attention_context' op expects a value of 4 dims, got 'tensor<4x8xf32>'}}
  %0 = dagrt.attention_context %w, %v
    : tensor<1x1x1x4x4xf32>, tensor<4x8xf32> -> tensor<1x4x1x1x8xf32>
  return
}

// -----

func.func @f(%w: tensor<4x4xf32>, %v: tensor<1x4x1x8xf32>) {
  // attention_context-c1
  // expected-error@+1 {{'dagrt.attention_context' op expects weights of 5 dims, got 'tensor<4x4xf32>'}}
  %0 = dagrt.attention_context %w, %v
    : tensor<4x4xf32>, tensor<1x4x1x8xf32> -> tensor<1x4x1x1x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // softmax-c1
  // expected-error@+1 {{'dagrt.softmax' op expects an operand of at least 2 dims, got 'tensor<4xf32>'}}
  %0 = dagrt.softmax %x : tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4x4xf32>) {
  // softmax-c1
  // expected-error@+1 {{'dagrt.softmax' op expects a result of 2 dims, got 'tensor<4xf32>'}}
  %0 = "dagrt.softmax"(%x) <{operandSegmentSizes = array<i32: 1, 0, 0, 0, 0, 0>}>
    : (tensor<4x4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4x4xf32>) {
  // softmax-c2
  // expected-error@+1 {{'dagrt.softmax' op expects positions of queries and keys with a mask, got none}}
  %0 = dagrt.softmax %x window 2 : tensor<4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<4x4xf32>, %p: tensor<4xi32>, %r: tensor<4x4xi32>) {
  // softmax-c4
  // expected-error@+1 {{'dagrt.softmax' op expects an operand of at least 3 dims with a batch of positions or masks, got 'tensor<4x4xf32>'}}
  %0 = dagrt.softmax %x positions %p, %r causal : tensor<4x4xf32>, tensor<4xi32>, tensor<4x4xi32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>) {
  // slice-c1
  // expected-error@+1 {{'dagrt.slice' op expects a dim from 0 to 1, got 2}}
  %0 = dagrt.slice %x dim 2 offset 0 : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<f32>) {
  // slice-c1
  // expected-error@+1 {{'dagrt.slice' op expects an operand that has dims, got 'tensor<f32>'}}
  %0 = dagrt.slice %x dim 0 offset 0 : tensor<f32> -> tensor<f32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>) {
  // slice-c1
  // expected-error@+1 {{'dagrt.slice' op expects a result of 2 dims, got 'tensor<8xf32>'}}
  %0 = dagrt.slice %x dim 0 offset 0 : tensor<4x8xf32> -> tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>) {
  // slice-c2
  // expected-error@+1 {{'dagrt.slice' op expects elements inside dim 0 of size 4, got 2 elements from 3 on}}
  %0 = dagrt.slice %x dim 0 offset 3 : tensor<4x8xf32> -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>) {
  // slice-c2
  // expected-error@+1 {{'dagrt.slice' op expects elements inside dim 0 of size 4, got 2 elements from 9223372036854775807 on}}
  %0 = dagrt.slice %x dim 0 offset 9223372036854775807 : tensor<4x8xf32> -> tensor<2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<?x8xf32>) {
  // slice-c2
  // expected-error@+1 {{'dagrt.slice' op expects elements inside dim 0 of size ?, got 2 elements from -1 on}}
  %0 = dagrt.slice %x dim 0 offset -1 : tensor<?x8xf32> -> tensor<2x8xf32>
  return
}

// -----

func.func @f() {
  // concat-c1
  // expected-error@+1 {{'dagrt.concat' op expects at least one part, got none}}
  %0 = "dagrt.concat"() {dim = 0} : () -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>) {
  // concat-c1
  // expected-error@+1 {{'dagrt.concat' op expects a dim from 0 to 1, got 2}}
  %0 = dagrt.concat %x dim 2 : tensor<4x8xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %y: tensor<8xf32>) {
  // concat-c1
  // expected-error@+1 {{'dagrt.concat' op expects part #1 of 2 dims, got 'tensor<8xf32>'}}
  %0 = dagrt.concat %x, %y dim 0 : tensor<4x8xf32>, tensor<8xf32> -> tensor<5x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %y: tensor<4x8xf16>) {
  // concat-c1
  // expected-error@+1 {{'dagrt.concat' op expects one element type, got 'f32' and 'f16'}}
  %0 = dagrt.concat %x, %y dim 0 : tensor<4x8xf32>, tensor<4x8xf16> -> tensor<8x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>, %y: tensor<2x8xf32>) {
  // concat-c2
  // expected-error@+1 {{'dagrt.concat' op expects a result of 6 elements along dim 0, as the parts have together, got 5}}
  %0 = dagrt.concat %x, %y dim 0 : tensor<4x8xf32>, tensor<2x8xf32> -> tensor<5x8xf32>
  return
}

// -----

func.func @f(%x: tensor<0x9223372036854775807xf32>) {
  // concat-c2
  // expected-error@+1 {{'dagrt.concat' op expects parts of fewer than 2^63 elements along dim 1}}
  %0 = dagrt.concat %x, %x dim 1 : tensor<0x9223372036854775807xf32>, tensor<0x9223372036854775807xf32> -> tensor<0x1xf32>
  return
}

// -----

// expected-note@+1 {{operand defined here}}
func.func @f(%x: tensor<4x8xf32>, %y: tensor<4x9xf32>) {
  // expected-error@+1 {{'dagrt.concat' op expects dim 1 of operand #1 (d) to be 8, got 9}}
  %0 = dagrt.concat %x, %y dim 0 : tensor<4x8xf32>, tensor<4x9xf32> -> tensor<8x8xf32>
  return
}

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-note@+1 {{operand defined here}}
func.func @f(%x: tensor<2x8xf32, #dagrt.dist<@m, ["tp", _], of [4, 8]>>) {
  // expected-error@+1 {{'dagrt.concat' op expects d to be replicated on each device, got operand #0 sharded over ["tp"]}}
  %0 = dagrt.concat %x, %x dim 0
    : tensor<2x8xf32, #dagrt.dist<@m, ["tp", _], of [4, 8]>>, tensor<2x8xf32, #dagrt.dist<@m, ["tp", _], of [4, 8]>>
    -> tensor<4x8xf32, #dagrt.dist<@m, ["tp", _], of [8, 8]>>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>) {
  // reorder-c1
  // expected-error@+1 {{'dagrt.reorder' op expects a dim from 0 to 1, got -1}}
  %0 = dagrt.reorder %x dim -1 order zigzag<2> : tensor<4x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x8xf32>) {
  // reorder-c1
  // expected-error@+1 {{'dagrt.reorder' op expects a result of type 'tensor<4x8xf32>', got 'tensor<8x4xf32>'}}
  %0 = "dagrt.reorder"(%x) {dim = 0 : i64, order = #dagrt.order<zigzag<2>>}
    : (tensor<4x8xf32>) -> tensor<8x4xf32>
  return
}

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-note@+1 {{operand defined here}}
func.func @f(%x: tensor<4x8xf32, #dagrt.dist<@m, ["tp", _], of [8, 8]>>) {
  // expected-error@+1 {{'dagrt.slice' op expects d to be replicated on each device, got operand #0 sharded over ["tp"]}}
  %0 = dagrt.slice %x dim 0 offset 0 : tensor<4x8xf32, #dagrt.dist<@m, ["tp", _], of [8, 8]>>
    -> tensor<1x8xf32, #dagrt.dist<@m, [_, _], of [1, 8]>>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x2x8xf32>, %k: tensor<1x4x1x8xf32>, %s: tensor<1x2xf32>) {
  // attention-c2
  // expected-error@+1 {{'dagrt.attention' op expects positions of queries and keys with ALiBi, got none}}
  %0 = "dagrt.attention"(%q, %k, %k, %s)
    <{scale = 1.0 : f64, operandSegmentSizes = array<i32: 1, 1, 1, 0, 0, 1, 0, 0, 0>}>
    : (tensor<1x4x1x2x8xf32>, tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32>, tensor<1x2xf32>)
    -> tensor<1x4x1x2x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x2x8xf32>, %k: tensor<1x4x1x8xf32>, %p: tensor<4xi32>, %s: tensor<2xf32>) {
  // attention-c4
  // expected-error@+1 {{'dagrt.attention' op expects slopes of 2 dims, got 'tensor<2xf32>'}}
  %0 = dagrt.attention %q, %k, %k positions %p, %p alibi %s scale 1.0
    : tensor<1x4x1x2x8xf32>, tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32>, tensor<4xi32>, tensor<4xi32>,
      tensor<2xf32> -> tensor<1x4x1x2x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x2x8xf32>, %k: tensor<1x4x1x8xf32>, %p: tensor<4xi32>) {
  // expected-note@+1 {{}}
  %s = dagrt.alibi_slopes : tensor<2x1xf32>
  // attention-c4
  // expected-error@+1 {{'dagrt.attention' op expects}}
  %0 = dagrt.attention %q, %k, %k positions %p, %p alibi %s scale 1.0
    : tensor<1x4x1x2x8xf32>, tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32>, tensor<4xi32>, tensor<4xi32>,
      tensor<2x1xf32> -> tensor<1x4x1x2x8xf32>
  return
}

// -----

func.func @f(%q: tensor<1x4x1x2x8xf32>, %k: tensor<1x4x1x8xf32>) {
  // attention-c4
  // expected-error@+1 {{'dagrt.attention' op expects a finite cap above 0, got 0}}
  %0 = dagrt.attention %q, %k, %k soft_cap 0.0 scale 1.0
    : tensor<1x4x1x2x8xf32>, tensor<1x4x1x8xf32>, tensor<1x4x1x8xf32> -> tensor<1x4x1x2x8xf32>
  return
}

// -----

func.func @f(%x: tensor<4x4xf32>, %p: tensor<4xi32>, %s: tensor<1x1xf32>) {
  // softmax-c3
  // expected-error@+1 {{'dagrt.softmax' op expects an operand of at least 4 dims with ALiBi, got 'tensor<4x4xf32>'}}
  %0 = dagrt.softmax %x positions %p, %p alibi %s
    : tensor<4x4xf32>, tensor<4xi32>, tensor<4xi32>, tensor<1x1xf32>
  return
}

// -----

func.func @f(%x: tensor<4x4xf32>) {
  // softmax-c3
  // expected-error@+1 {{'dagrt.softmax' op expects a finite cap above 0, got -1}}
  %0 = dagrt.softmax %x soft_cap -1.0 : tensor<4x4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // soft_cap-c1
  // expected-error@+1 {{'dagrt.soft_cap' op expects a finite cap above 0, got INF}}
  %0 = "dagrt.soft_cap"(%x) {cap = 0x7FF0000000000000 : f64} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<4xf32>) {
  // scale-c1
  // expected-error@+1 {{'dagrt.scale' op expects a finite number to multiply with, got nan}}
  %0 = "dagrt.scale"(%x) {by = 0x7FF8000000000000 : f64} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// alibi_slopes-c1
// expected-error@+2 {{'dagrt.alibi_slopes' op expects a result of two static dims, got 'tensor<4xf32>'}}
func.func @f() {
  %0 = dagrt.alibi_slopes : tensor<4xf32>
  return
}

// -----

// alibi_slopes-c1
// expected-error@+2 {{'dagrt.alibi_slopes' op expects at most 1048576 heads, got 'tensor<1099511627776x1xf32>'}}
func.func @f() {
  %0 = dagrt.alibi_slopes : tensor<1099511627776x1xf32>
  return
}

// -----

// alibi_slopes-c2
// expected-error@+2 {{'dagrt.alibi_slopes' op expects a finite bias_max above 0, got -8}}
func.func @f() {
  %0 = dagrt.alibi_slopes bias_max -8.0 : tensor<4x1xf32>
  return
}

// -----

// expected-note@+1 {{operand defined here}}
func.func @f(%x: tensor<4x8xf32>, %y: tensor<8xf32>) {
  // expected-error@+1 {{'dagrt.matmul_join' op expects operand #1 of the result's type, 'tensor<4x8xf32>', got 'tensor<8xf32>'}}
  %0 = "dagrt.matmul_join"(%x, %y) : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
  return
}

// RUN: dagrt-opt %s --partition-tp-pp="tp=4 pp=2" --split-input-file --verify-diagnostics

// expected-error @below {{'func.func' op expects one block to partition, got 2}}
func.func @two_blocks(%x: tensor<4xf32>) -> tensor<4xf32> {
  cf.br ^next
^next:
  return %x : tensor<4xf32>
}

// -----

// expected-error @below {{expects ranked tensors to partition, got 'f32'}}
func.func @scalar(%x: f32) -> f32 {
  return %x : f32
}

// -----

// expected-error @below {{expects sizes that are numbers or named in '#dagrt.sizes' to partition, got 'tensor<?xf32>'}}
func.func @dynamic(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}

// -----

func.func @no_rule(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // expected-error @below {{expects ops with a sharding rule to partition; this one does not implement ShardingRuleOpInterface}}
  %y = tensor.cast %x : tensor<4x4xf32> to tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-error @below {{expects a function in logical form to partition, got}}
func.func @placed(%x: tensor<2xf32, #dagrt.dist<@m, ["tp"], of [4]>>) {
  return
}

// -----

// expected-error @below {{expects at most 1 stages, one for each layer, got 2; lower 'pp'}}
module {
  func.func @one_layer(%x: tensor<4xf32>) -> tensor<4xf32> {
    %y = dagrt.relu %x {dagrt.role = #dagrt.role<ffn.activation, layer 0>} : tensor<4xf32>
    return %y : tensor<4xf32>
  }
}

// -----

// expected-error @below {{expects a function with a body to partition, got none}}
module {
  func.func private @external(tensor<4xf32>)
}

// -----

// expected-error @below {{expects no symbol '@stage0', the name of a mesh of strategy 'tp-pp'}}
module {
  func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
    %y = dagrt.relu %x {dagrt.role = #dagrt.role<ffn.activation, layer 1>} : tensor<4xf32>
    return %y : tensor<4xf32>
  }
  // expected-note @below {{symbol defined here}}
  func.func private @stage0()
}

// -----

func.func @too_few_heads(%x: tensor<1x6x8xf32>) -> tensor<1x6x1x3x4xf32> {
  %w = dagrt.parameter "q" : tensor<8x1x3x4xf32>
  // expected-error @below {{expects at most 3 devices along axis "tp" (attention.query), got 3 query heads on 4 devices: use tp 1, 2 or 3}}
  %q = dagrt.matmul %x, %w {dagrt.role = #dagrt.role<attention.query, layer 1>}
    : tensor<1x6x8xf32>, tensor<8x1x3x4xf32> -> tensor<1x6x1x3x4xf32>
  return %q : tensor<1x6x1x3x4xf32>
}

// -----

func.func @heads_do_not_divide(%x: tensor<1x6x8xf32>) -> tensor<1x6x3x4x4xf32> {
  %w = dagrt.parameter "q" : tensor<8x3x4x4xf32>
  // expected-error @below {{expects the size of axis "tp" to be at most the 3 elements that it shards first, or a multiple of them (attention.query), got 3 key/value heads on 4 devices: use tp 1, 2, 3, 6, 9 or 12}}
  %q = dagrt.matmul %x, %w {dagrt.role = #dagrt.role<attention.query, layer 1>}
    : tensor<1x6x8xf32>, tensor<8x3x4x4xf32> -> tensor<1x6x3x4x4xf32>
  return %q : tensor<1x6x3x4x4xf32>
}

// RUN: dagrt-opt %s --print-model-summary -split-input-file -verify-diagnostics -o /dev/null

func.func @one_name_two_shapes() {
  // expected-note @below {{first used here}}
  %a = dagrt.parameter "w" : tensor<4x6xf32>
  // expected-error @below {{'dagrt.parameter' op expects "w" to be stored as 'tensor<4x6xf32>' as at its first use, got 'tensor<6x4xf32>'}}
  %b = dagrt.parameter "w" : tensor<6x4xf32>
  return
}

// -----

func.func @one_name_two_types() {
  // expected-note @below {{first used here}}
  %a = dagrt.parameter "w" : tensor<4xf32>
  // expected-error @below {{expects "w" to be stored as 'tensor<4xf32>' as at its first use, got 'tensor<4xbf16>'}}
  %b = dagrt.parameter "w" : tensor<4xbf16>
  return
}

// -----

func.func @too_many_elements() {
  // expected-error @below {{expects a weight of fewer than 2^63 elements}}
  %a = dagrt.parameter "w" : tensor<4000000000x4000000000xf32>
  return
}

// -----

func.func @too_many_parameters() {
  %a = dagrt.parameter "a" : tensor<2000000000x4000000000xf32>
  // expected-error @below {{expects a model of fewer than 2^63 parameters}}
  %b = dagrt.parameter "b" : tensor<2000000000x4000000000xf32>
  return
}

// RUN: dagrt-opt %s --annotate-cost="model=roofline cluster=a100-pcie-8" --split-input-file --verify-diagnostics

// expected-error @+1 {{expects a cluster with a device 64, got 'a100-pcie-8' of 64 devices (8 nodes of 8); use fewer devices, or another cluster}}
dagrt.mesh @far <"tp" = 2> devices [1, 64]
func.func @device_past_the_end(%x: tensor<4xf32, #dagrt.dist<@far, [_], of [4]>>) {
  return
}

// -----

func.func @type_without_a_rate(%x: tensor<4x4xf8E4M3FN>) -> tensor<4x4xf8E4M3FN> {
  // expected-error @+1 {{'dagrt.matmul' op expects a device with a rate for fp8 (key 'fp8_tflops'), got 'a100-pcie-80g' with rates for fp64, fp32, fp16, bf16, int8, int4; choose another device or data type, or describe the rate}}
  %y = dagrt.matmul %x, %x : tensor<4x4xf8E4M3FN>, tensor<4x4xf8E4M3FN> -> tensor<4x4xf8E4M3FN>
  return %y : tensor<4x4xf8E4M3FN>
}

// -----

// One error, not one for each op.
func.func @symbolic_size(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @+1 {{expects sizes that are numbers or named ('#dagrt.sizes'), got a size without a name in 'tensor<?x4xf32>'}}
  %y = dagrt.silu %x : tensor<?x4xf32>
  %z = dagrt.silu %y : tensor<?x4xf32>
  return %z : tensor<?x4xf32>
}

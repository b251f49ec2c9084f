// RUN: dagrt-opt %s --convert-dagrt-to-linalg -split-input-file -verify-diagnostics
// RUN: echo 'module {}' | not dagrt-opt --convert-dagrt-to-linalg=element-type=bf16 2>&1 \
// RUN:   | FileCheck %s
// CHECK: for the --element-type option: expects model or f64, got 'bf16'

func.func @parameter() -> tensor<2xf32> {
  // expected-error @below {{expects parameters as arguments to convert it to linalg, got 'dagrt.parameter'; '--dagrt-hoist-parameters' makes them}}
  %w = dagrt.parameter "w" : tensor<2xf32>
  return %w : tensor<2xf32>
}

// -----

// expected-error @below {{expects argument #0 to have a static shape to convert it to linalg, got 'tensor<?xf32>'; give named sizes numbers with --dagrt-bind-sizes, or import the model with numbers}}
func.func @symbolic(%x: tensor<?xf32>) -> tensor<?xf32> {
  return %x : tensor<?xf32>
}

// -----

// expected-error @below {{expects argument #0 to have elements of f64, f32, f16 or bf16 to convert it to linalg, got 'tensor<2xf8E4M3FN>'; with element-type=f64 any float is computed in f64}}
func.func @narrow(%x: tensor<2xf8E4M3FN>) -> tensor<2xf8E4M3FN> {
  return %x : tensor<2xf8E4M3FN>
}

// -----

dagrt.mesh @m <"a" = 2> devices [0, 1]
func.func @foreign_placed(%x: tensor<2x2xf32, #dagrt.dist<@m, [_, _], of [2, 2]>>)
    -> tensor<2x2xf32, #dagrt.dist<@m, [_, _], of [2, 2]>> {
  // expected-error @below {{expects an op that has a meaning in placed form to convert it to linalg, got 'tensor.cast'}}
  %y = tensor.cast %x : tensor<2x2xf32, #dagrt.dist<@m, [_, _], of [2, 2]>>
    to tensor<2x2xf32, #dagrt.dist<@m, [_, _], of [2, 2]>>
  return %y : tensor<2x2xf32, #dagrt.dist<@m, [_, _], of [2, 2]>>
}

// -----

// expected-error @below {{expects a body of one block to convert it to linalg, got 2 blocks}}
func.func @blocks(%x: tensor<2xf32>) -> tensor<2xf32> {
  cf.br ^next
^next:
  return %x : tensor<2xf32>
}

// -----

// An axis of 12 as 3 x 4 and as 4 x 3 has no common factors.
dagrt.mesh @m <"a" = 12> devices [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
// expected-error @below {{expects argument #0 to use parts of an axis that nest to convert it to linalg}}
func.func @parts(%x: tensor<1x1xf32, #dagrt.dist<@m, ["a":(1)3, "a":(4)3], of [3, 3]>>) {
  return
}

// -----

// expected-error @below {{expects argument #0 to have at most 2^48 elements on all devices to convert it to linalg}}
func.func @elements(%x: tensor<0x4611686018427387904xf32>) {
  return
}

// -----

func.func @rotated(%x: tensor<1x1x1x131072xf32>, %p: tensor<1xi32>) -> tensor<1x1x1x131072xf32> {
  // expected-error @below {{expects at most 65536 rotated dims to convert it to linalg, got 131072}}
  %y = dagrt.rope %x, %p <theta 1.0e+04, dims 131072> : tensor<1x1x1x131072xf32>, tensor<1xi32>
  return %y : tensor<1x1x1x131072xf32>
}

// -----

func.func @order() -> tensor<33554432xi32> {
  // expected-error @below {{expects an order of at most 16777216 tokens to convert it to linalg, got 33554432}}
  %p = dagrt.positions order zigzag<2> : tensor<33554432xi32>
  return %p : tensor<33554432xi32>
}

// RUN: dagrt-opt %s -split-input-file -verify-diagnostics --extract-rank="device=1"
// RUN: echo "module {}" > %t.mlir
// RUN: not dagrt-opt %t.mlir --extract-rank="element-type=f8" 2>&1 | FileCheck %s --check-prefix=TYPE
// TYPE: for the --element-type option: expects model or f64, got 'f8'
// RUN: not dagrt-opt %t.mlir --extract-rank="gemm=cuda" 2>&1 | FileCheck %s --check-prefix=GEMM
// GEMM: for the --gemm option: expects linalg or blas, got 'cuda'

// expected-error @below {{expects argument #0 to be placed to run it on ranks, got 'tensor<2xf32>'; partition the program first}}
func.func @logical(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}

// -----

dagrt.mesh @m <"x" = 2> devices [0, 3]

// expected-error @below {{expects a device that runs it, of [0, 3], got 1}}
func.func @elsewhere(%x: tensor<2xf32, #dagrt.dist<@m, [_], of [2]>>) {
  return
}

// -----

dagrt.mesh @m <"x" = 2> devices [0, 1]

// expected-error @below {{expects argument #0 to have a static shape to run it on ranks}}
func.func @symbolic(%x: tensor<?xf32, #dagrt.dist<@m, ["x"], of [2]>>) {
  return
}

// -----

dagrt.mesh @m <"x" = 2> devices [0, 1]

// expected-error @below {{expects argument #0 to have elements of 64, 32 or 16 bits that ranks can send}}
func.func @narrow(%x: tensor<2xf8E4M3FN, #dagrt.dist<@m, [_], of [2]>>) {
  return
}

// -----

dagrt.mesh @m <"x" = 2> devices [0, 1]

func.func @unplaced(%x: tensor<2xf32, #dagrt.dist<@m, [_], of [2]>>) {
  // expected-error @below {{expects result #0 to be placed to run it on ranks}}
  %c = arith.constant dense<0.0> : tensor<2xf32>
  return
}

// -----

dagrt.mesh @a <"x" = 1> devices [0]
dagrt.mesh @b <"x" = 1> devices [1]

// expected-error @below {{expects argument #0 to be a value, got '!dagrt.message}}
func.func @message(%m: !dagrt.message<tensor<2xf32, #dagrt.dist<@b, [_], of [2]>>>)
    -> tensor<2xf32, #dagrt.dist<@b, [_], of [2]>> {
  %y = dagrt.recv %m : !dagrt.message<tensor<2xf32, #dagrt.dist<@b, [_], of [2]>>>
  return %y : tensor<2xf32, #dagrt.dist<@b, [_], of [2]>>
}

// -----

dagrt.mesh @m <"x" = 2> devices [0, 1]

// expected-error @below {{expects a body of one block to run it on ranks, got 2 blocks}}
func.func @blocks(%x: tensor<2xf32, #dagrt.dist<@m, [_], of [2]>>) {
  cf.br ^next
^next:
  return
}

// -----

// Only messages cross meshes; a device of one of them has no operand.
dagrt.mesh @a <"x" = 1> devices [0]
dagrt.mesh @b <"x" = 1> devices [1]

func.func @cast(%x: tensor<2xf32, #dagrt.dist<@a, [_], of [2]>>) {
  // expected-error @below {{expects operand #0 on the mesh of its result, '@b', to run it on ranks, got 'tensor<2xf32, #dagrt.dist<@a, [_], of [2]>>'}}
  %y = builtin.unrealized_conversion_cast %x : tensor<2xf32, #dagrt.dist<@a, [_], of [2]>>
    to tensor<2xf32, #dagrt.dist<@b, [_], of [2]>>
  return
}

// -----

dagrt.mesh @m <"x" = 2> devices [0, 1]

func.func private @print(tensor<2xf32, #dagrt.dist<@m, [_], of [2]>>)
func.func @call(%x: tensor<2xf32, #dagrt.dist<@m, [_], of [2]>>) {
  // expected-error @below {{expects an op with results to run it on ranks, got 'func.call' with none}}
  func.call @print(%x) : (tensor<2xf32, #dagrt.dist<@m, [_], of [2]>>) -> ()
  return
}

// -----

dagrt.mesh @m <"x" = 2> devices [0, 1]

func.func @positions() {
  // expected-error @below {{expects at most 16777216 positions to run it on ranks, got}}
  %p = dagrt.positions : tensor<1099511627776xi64, #dagrt.dist<@m, [_], of [1099511627776]>>
  return
}

// What a user can get wrong has one message each, and a status that is not zero.
// RUN: not dagrt-run %t.missing 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: dagrt-run: error: cannot open input file '{{.*}}.missing'
// RUN: echo "func.func @f(" | not dagrt-run 2>&1 | FileCheck %s --check-prefix=SYNTAX
// SYNTAX: error: expected non-function type
// RUN: echo "" | not dagrt-run 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: dagrt-run: error: expects a function with a body in 'standard input', got none
// RUN: not dagrt-run %s 2>&1 | FileCheck %s --check-prefix=SEVERAL
// SEVERAL: dagrt-run: error: expects one function in '{{.*}}', got @identity, @transposed,
// SEVERAL-SAME: ; name one with --function
// RUN: not dagrt-run %s --function=none 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not dagrt-run %s --function=declared 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: dagrt-run: error: expects a function '@{{none|declared}}' with a body in '{{.*}}', got none
// RUN: not dagrt-run --compare - < %s 2>&1 | FileCheck %s --check-prefix=BOTH
// BOTH: dagrt-run: error: expects two programs, got standard input for both
// RUN: not dagrt-run %s --tolerance=-1 2>&1 | FileCheck %s --check-prefix=NUMBERS
// RUN: not dagrt-run %s --memory-limit=0 2>&1 | FileCheck %s --check-prefix=NUMBERS
// NUMBERS: dagrt-run: error: expects a tolerance that is not negative and a memory limit above 0

func.func @identity(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  return %x : tensor<2x3xf32>
}

// RUN: not dagrt-run %s --function=transposed --compare %s --compare-function=identity 2>&1 \
// RUN:   | FileCheck %s --check-prefix=INPUT
// INPUT: dagrt-run: error: expects input #0 as in '{{.*}}', 2x3 floats,
// INPUT-SAME: got 3x2 floats in '{{.*}}'
func.func @transposed(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  return %x : tensor<3x2xf32>
}

// RUN: not dagrt-run %s --function=two_inputs --compare %s --compare-function=identity 2>&1 \
// RUN:   | FileCheck %s --check-prefix=INPUTS
// INPUTS: dagrt-run: error: expects the inputs of '{{.*}}', 1, got 2 in '{{.*}}'
func.func @two_inputs(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>) -> tensor<2x3xf32> {
  return %x : tensor<2x3xf32>
}

// RUN: not dagrt-run %s --function=large_table --compare %s --compare-function=small_table 2>&1 \
// RUN:   | FileCheck %s --check-prefix=TABLE
// TABLE: expects input #0 as in '{{.*}}', 4 integers below 5, got 4 integers below 9 in
func.func @small_table(%ids: tensor<4xi32>) -> tensor<4x1xf32> {
  %t = dagrt.parameter "t" : tensor<5x1xf32>
  %x = dagrt.embedding %ids, %t : tensor<4xi32>, tensor<5x1xf32> -> tensor<4x1xf32>
  return %x : tensor<4x1xf32>
}
func.func @large_table(%ids: tensor<4xi32>) -> tensor<4x1xf32> {
  %t = dagrt.parameter "t" : tensor<9x1xf32>
  %x = dagrt.embedding %ids, %t : tensor<4xi32>, tensor<9x1xf32> -> tensor<4x1xf32>
  return %x : tensor<4x1xf32>
}

// RUN: not dagrt-run %s --function=two_outputs --compare %s --compare-function=identity 2>&1 \
// RUN:   | FileCheck %s --check-prefix=OUTPUTS
// OUTPUTS: dagrt-run: error: expects the outputs of '{{.*}}', 1, got 2 in '{{.*}}'
func.func @two_outputs(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  return %x, %x : tensor<2x3xf32>, tensor<2x3xf32>
}

// RUN: not dagrt-run %s --function=part --compare %s --compare-function=identity 2>&1 \
// RUN:   | FileCheck %s --check-prefix=SHAPE
// SHAPE: dagrt-run: error: expects output #0 of shape 2x3, got 2x1
func.func @part(%x: tensor<2x3xf32>) -> tensor<2x1xf32> {
  %y = dagrt.slice %x dim 1 offset 0 : tensor<2x3xf32> -> tensor<2x1xf32>
  return %y : tensor<2x1xf32>
}

// A difference is told with its place, and --tolerance decides what counts as one.
// RUN: not dagrt-run %s --function=nudged --compare %s --compare-function=plain 2>&1 \
// RUN:   | FileCheck %s --check-prefix=DIFFERENCE
// RUN: dagrt-run %s --function=nudged --compare %s --compare-function=plain --tolerance=0.1 \
// RUN:   | FileCheck %s --check-prefix=TOLERATED
// DIFFERENCE: dagrt-run: error: expects output #0 within 1.00e-09, got 6.25e-02 at [1, 0]
// TOLERATED: output #0: 2x2, error 6.25e-02 (max|a-b| 2.50e-01, max|b| 4.00e+00),
// TOLERATED-SAME: largest at [1, 0]
func.func @plain() -> tensor<2x2xf32> {
  %x = arith.constant dense<[[1.0, 2.0], [3.0, -4.0]]> : tensor<2x2xf32>
  return %x : tensor<2x2xf32>
}
func.func @nudged() -> tensor<2x2xf32> {
  %x = arith.constant dense<[[1.0, 2.0], [3.25, -4.0]]> : tensor<2x2xf32>
  return %x : tensor<2x2xf32>
}

// RUN: not dagrt-run %s --function=not_finite 2>&1 | FileCheck %s --check-prefix=NAN
// RUN: not dagrt-run %s --function=not_finite --compare %s 2>&1 | FileCheck %s --check-prefix=NAN
// NAN: dagrt-run: error: expects finite outputs of '{{.*}}', got {{-?}}nan in output #0 at [1]
func.func @not_finite() -> tensor<2xf32> {
  %a = arith.constant dense<[1.0, 0.0]> : tensor<2xf32>
  %b = arith.divf %a, %a : tensor<2xf32>
  return %b : tensor<2xf32>
}

func.func private @declared(%x: tensor<2x3xf32>) -> tensor<2x3xf32>

// RUN: not dagrt-run %s --function=dynamic 2>&1 | FileCheck %s --check-prefix=DYNAMIC
// DYNAMIC: [[@LINE+2]]:{{[0-9]+}}: error: 'func.func' op expects argument #0 to have a static shape
// DYNAMIC-SAME: to evaluate it, got 'tensor<?x3xf32>'; give named sizes numbers with --dagrt-bind-sizes, or import the model with numbers
func.func @dynamic(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  return %x : tensor<?x3xf32>
}

// RUN: not dagrt-run %s --function=unknown_op 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: error: expects an op that the evaluator knows, got 'math.exp'
func.func @unknown_op(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %y = math.exp %x : tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// RUN: not dagrt-run %s --function=not_tensor 2>&1 | FileCheck %s --check-prefix=TENSOR
// TENSOR: error: 'func.func' op expects argument #0 to be a tensor of numbers to evaluate it, got 'f32'
func.func @not_tensor(%x: f32) -> f32 {
  return %x : f32
}

// RUN: not dagrt-run %s --function=blocks 2>&1 | FileCheck %s --check-prefix=BLOCKS
// BLOCKS: error: 'func.func' op expects a body of one block to evaluate it, got 2 blocks
func.func @blocks(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  cf.br ^next
^next:
  return %x : tensor<2x3xf32>
}

// RUN: not dagrt-run %s --function=partial 2>&1 | FileCheck %s --check-prefix=PARTIAL
// PARTIAL: error: 'func.func' op expects argument #0 to be a global value to evaluate it, got 'tensor
dagrt.mesh @m <"a" = 2> devices [0, 1]
!partial = tensor<2xf32, #dagrt.dist<@m, [_], of [2], partial ["a"]>>
func.func @partial(%x: !partial) -> !partial {
  return %x : !partial
}

// RUN: not dagrt-run %s --function=elements 2>&1 | FileCheck %s --check-prefix=ELEMENTS
// ELEMENTS: error: 'arith.constant' op expects dense elements to evaluate it, got dense_resource
func.func @elements() -> tensor<2xf32> {
  %x = arith.constant dense_resource<blob> : tensor<2xf32>
  return %x : tensor<2xf32>
}

// The argument (1 MiB in f64), the matmul and the sum are alive together, 3 MiB; the matmul is
// dropped after its last use.
// RUN: not dagrt-run %s --function=large --memory-limit=0.0028 2>&1 \
// RUN:   | FileCheck %s --check-prefix=MEMORY
// RUN: dagrt-run %s --function=large --memory-limit=0.003 | FileCheck %s --check-prefix=FITS
// MEMORY: error: expects to evaluate within 3.006 MB, got an estimate of 3.146 MB;
// MEMORY-SAME: 'dagrt-translate --shrink' imports a small model of the same family
// FITS: output #0: 128x1024
func.func @large(%x: tensor<128x1024xf32>) -> tensor<128x1024xf32> {
  %a = dagrt.mul %x, %x : tensor<128x1024xf32>, tensor<128x1024xf32> -> tensor<128x1024xf32>
  %b = dagrt.add %a, %x : tensor<128x1024xf32>, tensor<128x1024xf32> -> tensor<128x1024xf32>
  %c = dagrt.mul %b, %b : tensor<128x1024xf32>, tensor<128x1024xf32> -> tensor<128x1024xf32>
  return %c : tensor<128x1024xf32>
}

{-#
  dialect_resources: {
    builtin: {
      blob: "0x04000000000000000000803F"
    }
  }
#-}

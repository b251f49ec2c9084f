// The definition of each op on tiny tensors. Expected numbers are worked out beside each function.
// RUN: dagrt-run %s --print-outputs --function=matmul | FileCheck %s --check-prefix=MATMUL
// RUN: dagrt-run %s --print-outputs --function=contract | FileCheck %s --check-prefix=CONTRACT
// RUN: dagrt-run %s --print-outputs --function=unary | FileCheck %s --check-prefix=UNARY
// RUN: dagrt-run %s --print-outputs --function=binary | FileCheck %s --check-prefix=BINARY
// RUN: dagrt-run %s --print-outputs --function=arithmetic | FileCheck %s --check-prefix=ARITH
// RUN: dagrt-run %s --print-outputs --function=norms | FileCheck %s --check-prefix=NORMS
// RUN: dagrt-run %s --print-outputs --function=heads | FileCheck %s --check-prefix=HEADS
// RUN: dagrt-run %s --print-outputs --function=rope | FileCheck %s --check-prefix=ROPE
// RUN: dagrt-run %s --print-outputs --function=partial_rope | FileCheck %s --check-prefix=PARTIAL
// RUN: dagrt-run %s --print-outputs --function=embedding | FileCheck %s --check-prefix=EMBED
// RUN: dagrt-run %s --print-outputs --function=slice | FileCheck %s --check-prefix=SLICE
// RUN: dagrt-run %s --print-outputs --function=concat | FileCheck %s --check-prefix=CONCAT
// RUN: dagrt-run %s --print-outputs --function=reorder | FileCheck %s --check-prefix=REORDER
// RUN: dagrt-run %s --print-outputs --function=positions | FileCheck %s --check-prefix=POSITIONS
// RUN: dagrt-run %s --print-outputs --function=scalar | FileCheck %s --check-prefix=SCALAR

// [1 2] [5 6; 7 8] = [19 22], [3 4] [5 6; 7 8] = [43 50].
// MATMUL:      output #0: 2x2, norm {{.*}}, mean 33.5, max 50
// MATMUL-NEXT: [0]: 19 22
// MATMUL-NEXT: [1]: 43 50
func.func @matmul() -> tensor<2x2xf32> {
  %a = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %b = arith.constant dense<[[5.0, 6.0], [7.0, 8.0]]> : tensor<2x2xf32>
  %c = dagrt.matmul %a, %b : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
  return %c : tensor<2x2xf32>
}

// Two dims at once: 1*1 + 2*10 + 3*100 + 4*1000, and the same with twice the weights.
// CONTRACT: [0]: 4321 8642
func.func @contract() -> tensor<1x2xf32> {
  %a = arith.constant dense<[[[1.0, 2.0], [3.0, 4.0]]]> : tensor<1x2x2xf32>
  %b = arith.constant dense<[[[1.0, 2.0], [10.0, 20.0]], [[100.0, 200.0], [1000.0, 2000.0]]]>
    : tensor<2x2x2xf32>
  %c = dagrt.matmul %a, %b contract 2 : tensor<1x2x2xf32>, tensor<2x2x2xf32> -> tensor<1x2xf32>
  return %c : tensor<1x2xf32>
}

// silu(1) = 1/(1+1/e); gelu(1) = Phi(1) = 0.841344746; with tanh: 0.5 (1 + tanh(0.8336...)).
// UNARY:      output #0
// UNARY-NEXT: []: -0.268941421 0 0.731058579
// UNARY-NEXT: output #1
// UNARY-NEXT: []: 0 0 1
// UNARY-NEXT: output #2
// UNARY-NEXT: []: -0.158655254 0 0.841344746
// UNARY-NEXT: output #3
// UNARY-NEXT: []: -0.158808009 0 0.841191991
func.func @unary() -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
  %x = arith.constant dense<[-1.0, 0.0, 1.0]> : tensor<3xf32>
  %silu = dagrt.silu %x : tensor<3xf32>
  %relu = dagrt.relu %x : tensor<3xf32>
  %gelu = dagrt.gelu %x : tensor<3xf32>
  %tanh = dagrt.gelu %x tanh : tensor<3xf32>
  return %silu, %relu, %gelu, %tanh : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
}

// A right operand of fewer dims is repeated for each row.
// BINARY:      output #0
// BINARY-NEXT: [0]: 11 22
// BINARY-NEXT: [1]: 13 24
// BINARY-NEXT: output #1
// BINARY-NEXT: [0]: 10 40
// BINARY-NEXT: [1]: 30 80
func.func @binary() -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  %x = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %y = arith.constant dense<[10.0, 20.0]> : tensor<2xf32>
  %sum = dagrt.add %x, %y : tensor<2x2xf32>, tensor<2xf32> -> tensor<2x2xf32>
  %product = dagrt.mul %x, %y : tensor<2x2xf32>, tensor<2xf32> -> tensor<2x2xf32>
  return %sum, %product : tensor<2x2xf32>, tensor<2x2xf32>
}

// ((2 + 6) - 6 * 2) / 2 = -2 and ((3 + 6) - 6 * 3) / 3 = -3.
// ARITH: []: -2 -3
func.func @arithmetic() -> tensor<2xf64> {
  %x = arith.constant dense<[2.0, 3.0]> : tensor<2xf64>
  %six = arith.constant dense<6.0> : tensor<2xf64>
  %sum = arith.addf %x, %six : tensor<2xf64>
  %product = arith.mulf %x, %six : tensor<2xf64>
  %difference = arith.subf %sum, %product : tensor<2xf64>
  %quotient = arith.divf %difference, %x : tensor<2xf64>
  return %quotient : tensor<2xf64>
}

// rms: the mean square of (1, 7) is 25, so 1/5 and 7/5, times the scale. layer norm: mean 4,
// variance 9, so -1 and 1, times the scale, plus the bias. Both dims at once: the mean square of
// (1, 7, 1, 7) with epsilon 11 is 36 under the root.
// NORMS:      output #0
// NORMS-NEXT: [0]: 0.4 4.2
// NORMS-NEXT: [1]: 0.4 4.2
// NORMS-NEXT: output #1
// NORMS-NEXT: [0]: 98 203
// NORMS-NEXT: [1]: 98 203
// NORMS-NEXT: output #2
// NORMS-NEXT: [0]: 0.166666667 1.16666667
// NORMS-NEXT: [1]: 0.166666667 1.16666667
// With moments that are given, the same; 4 - 5 * 5 is no variance, and counts as none.
// NORMS-NEXT: output #3
// NORMS-NEXT: [0]: 0.4 4.2
// NORMS-NEXT: [1]: 0.4 4.2
// NORMS-NEXT: output #4
// NORMS-NEXT: [0]: 98 203
// NORMS-NEXT: [1]: 98 203
// NORMS-NEXT: output #5
// NORMS-NEXT: [0]: 96 203
// NORMS-NEXT: [1]: 96 203
func.func @norms() -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>,
                       tensor<2x2xf32>, tensor<2x2xf32>) {
  %x = arith.constant dense<[[1.0, 7.0], [1.0, 7.0]]> : tensor<2x2xf32>
  %scale = arith.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %bias = arith.constant dense<[100.0, 200.0]> : tensor<2xf32>
  %ones = arith.constant dense<1.0> : tensor<2x2xf32>
  %rms = dagrt.rms_norm %x, %scale epsilon 0.0 : tensor<2x2xf32>, tensor<2xf32>
  %layer = dagrt.layer_norm %x, %scale, %bias epsilon 0.0
    : tensor<2x2xf32>, tensor<2xf32>, tensor<2xf32>
  %both = dagrt.rms_norm %x, %ones epsilon 11.0 : tensor<2x2xf32>, tensor<2x2xf32>
  %mean = dagrt.moment %x order 1 dims 1 count 2 : tensor<2x2xf32> -> tensor<2xf32>
  %square = dagrt.moment %x order 2 dims 1 count 2 : tensor<2x2xf32> -> tensor<2xf32>
  %given = dagrt.rms_norm %x, %scale square %square epsilon 0.0
    : tensor<2x2xf32>, tensor<2xf32>, tensor<2xf32>
  %givenLayer = dagrt.layer_norm %x, %scale, %bias moments %mean, %square epsilon 0.0
    : tensor<2x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
  %five = arith.constant dense<5.0> : tensor<2xf32>
  %four = arith.constant dense<4.0> : tensor<2xf32>
  %clamped = dagrt.layer_norm %x, %scale, %bias moments %five, %four epsilon 4.0
    : tensor<2x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>
  return %rms, %layer, %both, %given, %givenLayer, %clamped
    : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>,
      tensor<2x2xf32>
}

// Each row [1, 7] alone, scaled by the weights of its head: mean 4, variance 9, mean square 25.
// HEADS:      output #0
// HEADS-NEXT: [0, 0]: -2 3
// HEADS-NEXT: [0, 1]: -5 7
// HEADS-NEXT: output #1
// HEADS-NEXT: [0, 0]: 0.4 4.2
// HEADS-NEXT: [0, 1]: 1 9.8
// HEADS-NEXT: output #2
// HEADS-NEXT: [0, 0]: -1 4
// HEADS-NEXT: [0, 1]: -4 8
func.func @heads() -> (tensor<1x2x2xf32>, tensor<1x2x2xf32>, tensor<1x2x2xf32>) {
  %x = arith.constant dense<[[[1.0, 7.0], [1.0, 7.0]]]> : tensor<1x2x2xf32>
  %scale = arith.constant dense<[[2.0, 3.0], [5.0, 7.0]]> : tensor<2x2xf32>
  %ones = arith.constant dense<1.0> : tensor<2x2xf32>
  %layer = dagrt.layer_norm %x, %scale epsilon 0.0 dims 1 : tensor<1x2x2xf32>, tensor<2x2xf32>
  %square = dagrt.moment %x order 2 dims 1 count 2 : tensor<1x2x2xf32> -> tensor<1x2xf32>
  %rms = dagrt.rms_norm %x, %scale square %square epsilon 0.0 dims 1
    : tensor<1x2x2xf32>, tensor<2x2xf32>, tensor<1x2xf32>
  %biased = dagrt.layer_norm %x, %scale, %ones epsilon 0.0 dims 1
    : tensor<1x2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
  return %layer, %rms, %biased : tensor<1x2x2xf32>, tensor<1x2x2xf32>, tensor<1x2x2xf32>
}

// Position 0 turns nothing. At position 1 with theta 100 and four dims the angles are 1 and 0.1:
// halves pair (1, 3) and (2, 4), interleaved pairs are (1, 2) and (3, 4). 1 cos 1 - 3 sin 1 =
// -1.98411065, 2 cos 0.1 - 4 sin 0.1 = 1.59067466, 1 sin 1 + 3 cos 1 = 2.4623779,
// 2 sin 0.1 + 4 cos 0.1 = 4.17968349; 1 cos 1 - 2 sin 1 = -1.14263966 and so on.
// ROPE:      output #0
// ROPE-NEXT: [0, 0, 0]: 1 2 3 4
// ROPE-NEXT: [0, 1, 0]: -1.98411065 1.59067466 2.4623779 4.17968349
// ROPE-NEXT: output #1
// ROPE-NEXT: [0, 0, 0]: 1 2 3 4
// ROPE-NEXT: [0, 1, 0]: -1.14263966 1.9220756 2.58567883 4.27951691
func.func @rope() -> (tensor<1x2x1x4xf32>, tensor<1x2x1x4xf32>) {
  %x = arith.constant dense<[[[[1.0, 2.0, 3.0, 4.0]], [[1.0, 2.0, 3.0, 4.0]]]]> : tensor<1x2x1x4xf32>
  %p = dagrt.positions : tensor<2xi32>
  %halves = dagrt.rope %x, %p <theta 100.0, dims 4> : tensor<1x2x1x4xf32>, tensor<2xi32>
  %pairs = dagrt.rope %x, %p <theta 100.0, dims 4, interleaved> : tensor<1x2x1x4xf32>, tensor<2xi32>
  return %halves, %pairs : tensor<1x2x1x4xf32>, tensor<1x2x1x4xf32>
}

// Two of four dims turn, and every head of a token turns alike. An attention factor of 2 (yarn, or
// longrope with a divisor of 1) multiplies what turns and nothing else.
// PARTIAL:      output #0
// PARTIAL-NEXT: [0, 0, 0]: -1.14263966 1.9220756 3 4
// PARTIAL-NEXT: [0, 0, 1]: -1.14263966 1.9220756 3 4
// PARTIAL-NEXT: output #1
// PARTIAL-NEXT: [0, 0, 0]: -2.28527933 3.84415119 3 4
// PARTIAL-NEXT: [0, 0, 1]: -2.28527933 3.84415119 3 4
func.func @partial_rope() -> (tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>) {
  %x = arith.constant dense<[[[[1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]]]]> : tensor<1x1x2x4xf32>
  %p = dagrt.positions first 1 : tensor<1xi32>
  %y = dagrt.rope %x, %p <theta 100.0, dims 2> : tensor<1x1x2x4xf32>, tensor<1xi32>
  %z = dagrt.rope %x, %p <theta 100.0, dims 2, longrope [2.0, 1.0]>
    : tensor<1x1x2x4xf32>, tensor<1xi32>
  return %y, %z : tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>
}

// An index outside the table, on either side, gives zeros.
// EMBED:      [0]: 5 6
// EMBED-NEXT: [1]: 1 2
// EMBED-NEXT: [2]: 0 0
// EMBED-NEXT: [3]: 0 0
func.func @embedding() -> tensor<4x2xf32> {
  %ids = arith.constant dense<[2, 0, 3, -1]> : tensor<4xi32>
  %table = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  %x = dagrt.embedding %ids, %table : tensor<4xi32>, tensor<3x2xf32> -> tensor<4x2xf32>
  return %x : tensor<4x2xf32>
}

// SLICE:      output #0
// SLICE-NEXT: [0, 0]: 3 4
// SLICE-NEXT: [1, 0]: 9 10
// SLICE-NEXT: output #1
// SLICE-NEXT: [0, 0]: 2
// SLICE-NEXT: [0, 1]: 4
// SLICE-NEXT: [0, 2]: 6
// SLICE-NEXT: [1, 0]: 8
// SLICE-NEXT: [1, 1]: 10
// SLICE-NEXT: [1, 2]: 12
func.func @slice() -> (tensor<2x1x2xf32>, tensor<2x3x1xf32>) {
  %x = arith.constant dense<[[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
                             [[7.0, 8.0], [9.0, 10.0], [11.0, 12.0]]]> : tensor<2x3x2xf32>
  %y = dagrt.slice %x dim 1 offset 1 : tensor<2x3x2xf32> -> tensor<2x1x2xf32>
  %z = dagrt.slice %x dim 2 offset 1 : tensor<2x3x2xf32> -> tensor<2x3x1xf32>
  return %y, %z : tensor<2x1x2xf32>, tensor<2x3x1xf32>
}

// Along the last dim, parts of two and one elements stand in each row behind each other; along the
// first, one behind the other.
// CONCAT:      output #0: 2x3
// CONCAT-NEXT: [0]: 1 2 5
// CONCAT-NEXT: [1]: 3 4 6
// CONCAT-NEXT: output #1: 3x1
// CONCAT-NEXT: [0]: 5
// CONCAT-NEXT: [1]: 6
// CONCAT-NEXT: [2]: 7
func.func @concat() -> (tensor<2x3xf32>, tensor<3x1xf32>) {
  %x = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %y = arith.constant dense<[[5.0], [6.0]]> : tensor<2x1xf32>
  %z = arith.constant dense<7.0> : tensor<1x1xf32>
  %0 = dagrt.concat %x, %y dim 1 : tensor<2x2xf32>, tensor<2x1xf32> -> tensor<2x3xf32>
  %1 = dagrt.concat %y, %z dim 0 : tensor<2x1xf32>, tensor<1x1xf32> -> tensor<3x1xf32>
  return %0, %1 : tensor<2x3xf32>, tensor<3x1xf32>
}

// zigzag<2> of 7 tokens: chunks 01, 23, 45, 6 in the order 0, 3, 1, 2. The inverse of the same
// numbers moves what stands third (token 6) to the end.
// REORDER:      output #0
// REORDER-NEXT: [0]: 0 1 6 2 3 4 5
// REORDER-NEXT: output #1
// REORDER-NEXT: [0]: 0 1 3 4 5 6 2
// REORDER-NEXT: output #2
// REORDER-NEXT: [0]: 0 1 2 3 4 5 6
func.func @reorder() -> (tensor<1x7xi32>, tensor<1x7xi32>, tensor<1x7xi32>) {
  %x = arith.constant dense<[[0, 1, 2, 3, 4, 5, 6]]> : tensor<1x7xi32>
  %y = dagrt.reorder %x dim 1 order zigzag<2> : tensor<1x7xi32>
  %z = dagrt.reorder %x dim 1 order zigzag<2> inverse : tensor<1x7xi32>
  %b = dagrt.reorder %y dim 1 order zigzag<2> inverse : tensor<1x7xi32>
  return %y, %z, %b : tensor<1x7xi32>, tensor<1x7xi32>, tensor<1x7xi32>
}

// POSITIONS:      output #0
// POSITIONS-NEXT: []: 2 3 4
// POSITIONS-NEXT: output #1
// POSITIONS-NEXT: []: 0 1 6 2 3 4 5
func.func @positions() -> (tensor<3xi32>, tensor<7xi32>) {
  %p = dagrt.positions first 2 : tensor<3xi32>
  %z = dagrt.positions order zigzag<2> : tensor<7xi32>
  return %p, %z : tensor<3xi32>, tensor<7xi32>
}

// SCALAR:      output #0: scalar, norm 2.5, mean -2.5, max 2.5
// SCALAR-NEXT: []: -2.5
func.func @scalar() -> tensor<f32> {
  %x = arith.constant dense<-2.5> : tensor<f32>
  return %x : tensor<f32>
}

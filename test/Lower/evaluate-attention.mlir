// Attention on tiny tensors by hand, and fused against its three steps.
// RUN: dagrt-run %s --print-outputs --function=masks | FileCheck %s --check-prefix=MASKS
// RUN: dagrt-run %s --print-outputs --function=weighted | FileCheck %s --check-prefix=WEIGHTED
// RUN: dagrt-run %s --print-outputs --function=groups | FileCheck %s --check-prefix=GROUPS
// RUN: dagrt-run %s --print-outputs --function=all_masked | FileCheck %s --check-prefix=MASKED
// RUN: dagrt-run %s --function=fused --compare %s --compare-function=steps --tolerance=1e-14 \
// RUN:   | FileCheck %s
// CHECK: output #0: 2x7x2x3x4, error

// All scores are equal, so each row is uniform over what it sees: everything, what is not later,
// and of that the last two positions.
// MASKS:      output #0
// MASKS-NEXT: [0]: 0.25 0.25 0.25 0.25
// MASKS-NEXT: [1]: 0.25 0.25 0.25 0.25
// MASKS:      output #1
// MASKS-NEXT: [0]: 1 0 0 0
// MASKS-NEXT: [1]: 0.5 0.5 0 0
// MASKS-NEXT: [2]: 0.333333333 0.333333333 0.333333333 0
// MASKS-NEXT: [3]: 0.25 0.25 0.25 0.25
// MASKS-NEXT: output #2
// MASKS-NEXT: [0]: 1 0 0 0
// MASKS-NEXT: [1]: 0.5 0.5 0 0
// MASKS-NEXT: [2]: 0 0.5 0.5 0
// MASKS-NEXT: [3]: 0 0 0.5 0.5
// A mask goes by positions and not by row numbers: in zigzag order 0 3 1 2 the second row sees all.
// MASKS-NEXT: output #3
// MASKS-NEXT: [0]: 1 0 0 0
// MASKS-NEXT: [1]: 0.25 0.25 0.25 0.25
// MASKS-NEXT: [2]: 0.5 0 0.5 0
// MASKS-NEXT: [3]: 0.333333333 0 0.333333333 0.333333333
func.func @masks() -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>) {
  %s = arith.constant dense<3.0> : tensor<4x4xf32>
  %p = dagrt.positions : tensor<4xi32>
  %z = dagrt.positions order zigzag<2> : tensor<4xi32>
  %all = dagrt.softmax %s : tensor<4x4xf32>
  %causal = dagrt.softmax %s positions %p, %p causal
    : tensor<4x4xf32>, tensor<4xi32>, tensor<4xi32>
  %window = dagrt.softmax %s positions %p, %p causal window 2
    : tensor<4x4xf32>, tensor<4xi32>, tensor<4xi32>
  %zigzag = dagrt.softmax %s positions %z, %z causal
    : tensor<4x4xf32>, tensor<4xi32>, tensor<4xi32>
  return %all, %causal, %window, %zigzag
    : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
}

// The scores are 2 * (1, 0) . (ln 3 / 2, 5) = ln 3 and 2 * (1, 0) . (0, 7) = 0: weights 3/4, 1/4.
// WEIGHTED: [0, 0, 0, 0]: 3.25 40
func.func @weighted() -> tensor<1x1x1x1x2xf64> {
  %q = arith.constant dense<[[[[[1.0, 0.0]]]]]> : tensor<1x1x1x1x2xf64>
  %k = arith.constant dense<[[[[0.549306144334054845697622618461, 5.0]], [[0.0, 7.0]]]]>
    : tensor<1x2x1x2xf64>
  %v = arith.constant dense<[[[[4.0, 40.0]], [[1.0, 40.0]]]]> : tensor<1x2x1x2xf64>
  %y = dagrt.attention %q, %k, %v scale 2.0
    : tensor<1x1x1x1x2xf64>, tensor<1x2x1x2xf64>, tensor<1x2x1x2xf64> -> tensor<1x1x1x1x2xf64>
  return %y : tensor<1x1x1x1x2xf64>
}

// With one key, each query head gets the value of its group.
// GROUPS:      [0, 0, 0, 0]: 1 2
// GROUPS-NEXT: [0, 0, 0, 1]: 1 2
// GROUPS-NEXT: [0, 0, 1, 0]: 3 4
// GROUPS-NEXT: [0, 0, 1, 1]: 3 4
func.func @groups() -> tensor<1x1x2x2x2xf32> {
  %q = dagrt.parameter "q" : tensor<1x1x2x2x2xf32>
  %k = dagrt.parameter "k" : tensor<1x1x2x2xf32>
  %v = arith.constant dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32>
  %y = dagrt.attention %q, %k, %v scale 1.0
    : tensor<1x1x2x2x2xf32>, tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32> -> tensor<1x1x2x2x2xf32>
  return %y : tensor<1x1x2x2x2xf32>
}

// A query that sees no key gets zeros and not 0/0.
// MASKED: [0]: 0 0
func.func @all_masked() -> tensor<1x2xf32> {
  %s = arith.constant dense<1.0> : tensor<1x2xf32>
  %q = dagrt.positions : tensor<1xi32>
  %k = dagrt.positions first 1 : tensor<2xi32>
  %y = dagrt.softmax %s positions %q, %k causal : tensor<1x2xf32>, tensor<1xi32>, tensor<2xi32>
  return %y : tensor<1x2xf32>
}

func.func @fused(%q: tensor<2x7x2x3x4xf32>, %k: tensor<2x7x2x4xf32>, %v: tensor<2x7x2x4xf32>)
    -> tensor<2x7x2x3x4xf32> {
  %p = dagrt.positions : tensor<7xi32>
  %y = dagrt.attention %q, %k, %v positions %p, %p causal window 4 scale 0.5
    : tensor<2x7x2x3x4xf32>, tensor<2x7x2x4xf32>, tensor<2x7x2x4xf32>, tensor<7xi32>, tensor<7xi32>
    -> tensor<2x7x2x3x4xf32>
  return %y : tensor<2x7x2x3x4xf32>
}

func.func @steps(%q: tensor<2x7x2x3x4xf32>, %k: tensor<2x7x2x4xf32>, %v: tensor<2x7x2x4xf32>)
    -> tensor<2x7x2x3x4xf32> {
  %p = dagrt.positions : tensor<7xi32>
  %s = dagrt.attention_scores %q, %k scale 0.5
    : tensor<2x7x2x3x4xf32>, tensor<2x7x2x4xf32> -> tensor<2x2x3x7x7xf32>
  %w = dagrt.softmax %s positions %p, %p causal window 4
    : tensor<2x2x3x7x7xf32>, tensor<7xi32>, tensor<7xi32>
  %y = dagrt.attention_context %w, %v
    : tensor<2x2x3x7x7xf32>, tensor<2x7x2x4xf32> -> tensor<2x7x2x3x4xf32>
  return %y : tensor<2x7x2x3x4xf32>
}

// Soft caps, ALiBi, and scales and norms of their own kinds, on tiny tensors by hand.
// RUN: dagrt-run %s --print-outputs --function=slopes | FileCheck %s --check-prefix=SLOPES
// RUN: dagrt-run %s --print-outputs --function=alibi | FileCheck %s --check-prefix=ALIBI
// RUN: dagrt-run %s --print-outputs --function=capped | FileCheck %s --check-prefix=CAPPED
// RUN: dagrt-run %s --print-outputs --function=elementwise | FileCheck %s --check-prefix=ELEMENTS
// RUN: dagrt-run %s --print-outputs --function=norms | FileCheck %s --check-prefix=NORMS
// RUN: dagrt-run %s --function=fused --compare %s --compare-function=steps --tolerance=1e-14 \
// RUN:   | FileCheck %s
// RUN: not dagrt-run %s --function=fused --compare %s --compare-function=uncapped --tolerance=1e-3 \
// RUN:   2>&1 | FileCheck %s --check-prefix=UNCAPPED
// CHECK: output #0: 2x7x2x3x4, error
// UNCAPPED: expects output #0 within

// Four heads have 2^-2, 2^-4, 2^-6, 2^-8. Six have those, and then 2^-1 and 2^-3: every other slope of
// eight. MPT's largest bias and Falcon's factor change them.
// SLOPES:      output #0
// SLOPES-NEXT: [0]: 0.25 0.0625
// SLOPES-NEXT: [1]: 0.015625 0.00390625
// SLOPES-NEXT: output #1
// SLOPES-NEXT: [0]: 0.25 0.0625
// SLOPES-NEXT: [1]: 0.015625 0.00390625
// SLOPES-NEXT: [2]: 0.5 0.125
// SLOPES-NEXT: output #2
// SLOPES-NEXT: [0]: 1 0.5
func.func @slopes() -> (tensor<2x2xf64>, tensor<3x2xf64>, tensor<1x2xf64>) {
  %four = dagrt.alibi_slopes : tensor<2x2xf64>
  %six = dagrt.alibi_slopes : tensor<3x2xf64>
  %other = dagrt.alibi_slopes bias_max 2.0 scale 2.0 : tensor<1x2xf64>
  return %four, %six, %other : tensor<2x2xf64>, tensor<3x2xf64>, tensor<1x2xf64>
}

// Equal scores, and a slope of ln 2: each step back halves the weight, by the position and not by the
// place of a key.
// ALIBI:      output #0
// ALIBI-NEXT: [0, 0, 0, 0]: 1 0 0
// ALIBI-NEXT: [0, 0, 0, 1]: 0.333333333 0.666666667 0
// ALIBI-NEXT: [0, 0, 0, 2]: 0.142857143 0.285714286 0.571428571
// ALIBI-NEXT: output #1
// ALIBI-NEXT: [0, 0, 0, 0]: 1 0 0
// ALIBI-NEXT: [0, 0, 0, 1]: 0.142857143 0.571428571 0.285714286
// ALIBI-NEXT: [0, 0, 0, 2]: 0.333333333 0 0.666666667
func.func @alibi() -> (tensor<1x1x1x3x3xf64>, tensor<1x1x1x3x3xf64>) {
  %s = arith.constant dense<3.0> : tensor<1x1x1x3x3xf64>
  %m = dagrt.alibi_slopes scale 177.445678223346 : tensor<1x1xf64>
  %p = dagrt.positions : tensor<3xi32>
  %z = arith.constant dense<[0, 2, 1]> : tensor<3xi32>
  %y = dagrt.softmax %s positions %p, %p causal alibi %m
    : tensor<1x1x1x3x3xf64>, tensor<3xi32>, tensor<3xi32>, tensor<1x1xf64>
  %w = dagrt.softmax %s positions %z, %z causal alibi %m
    : tensor<1x1x1x3x3xf64>, tensor<3xi32>, tensor<3xi32>, tensor<1x1xf64>
  return %y, %w : tensor<1x1x1x3x3xf64>, tensor<1x1x1x3x3xf64>
}

// 2 tanh(s / 2) = ln 3 at s = 2 artanh(ln 3 / 2): weights 3/4 and 1/4. The cap comes after the scale.
// CAPPED: [0, 0, 0, 0]: 3.25
func.func @capped() -> tensor<1x1x1x1x1xf64> {
  %q = arith.constant dense<1.0> : tensor<1x1x1x1x1xf64>
  %k = arith.constant dense<[[[[0.61738708206861435]], [[0.0]]]]> : tensor<1x2x1x1xf64>
  %v = arith.constant dense<[[[[4.0]], [[1.0]]]]> : tensor<1x2x1x1xf64>
  %y = dagrt.attention %q, %k, %v soft_cap 2.0 scale 2.0
    : tensor<1x1x1x1x1xf64>, tensor<1x2x1x1xf64>, tensor<1x2x1x1xf64> -> tensor<1x1x1x1x1xf64>
  return %y : tensor<1x1x1x1x1xf64>
}

// 2 tanh(1 / 2) = 0.924234315; far from zero it is the cap.
// ELEMENTS:      output #0
// ELEMENTS-NEXT: 3 -300
// ELEMENTS-NEXT: output #1
// ELEMENTS-NEXT: 0.924234315 -2
func.func @elementwise() -> (tensor<2xf64>, tensor<2xf64>) {
  %x = arith.constant dense<[1.0, -100.0]> : tensor<2xf64>
  %s = dagrt.scale %x by 3.0 : tensor<2xf64>
  %c = dagrt.soft_cap %x cap 2.0 : tensor<2xf64>
  return %s, %c : tensor<2xf64>, tensor<2xf64>
}

// Of 1 and 7 the mean is 4, the variance 9 and the mean square 25: a layer norm without a bias
// gives -1 and 1 times the scale, an RMS norm 1/5 and 7/5 times one more than what is stored.
// NORMS:      output #0
// NORMS-NEXT: [0]: -2 3
// NORMS-NEXT: output #1
// NORMS-NEXT: [0]: -2 3
// NORMS-NEXT: output #2
// NORMS-NEXT: [0]: 0.6 5.6
func.func @norms() -> (tensor<1x2xf64>, tensor<1x2xf64>, tensor<1x2xf64>) {
  %x = arith.constant dense<[[1.0, 7.0]]> : tensor<1x2xf64>
  %w = arith.constant dense<[2.0, 3.0]> : tensor<2xf64>
  %m = dagrt.moment %x order 1 dims 1 count 2 : tensor<1x2xf64> -> tensor<1xf64>
  %s = dagrt.moment %x order 2 dims 1 count 2 : tensor<1x2xf64> -> tensor<1xf64>
  %a = dagrt.layer_norm %x, %w epsilon 0.0 : tensor<1x2xf64>, tensor<2xf64>
  %b = dagrt.layer_norm %x, %w moments %m, %s epsilon 0.0
    : tensor<1x2xf64>, tensor<2xf64>, tensor<1xf64>, tensor<1xf64>
  %c = dagrt.rms_norm %x, %w plus_one epsilon 0.0 : tensor<1x2xf64>, tensor<2xf64>
  return %a, %b, %c : tensor<1x2xf64>, tensor<1x2xf64>, tensor<1x2xf64>
}

func.func @fused(%q: tensor<2x7x2x3x4xf64>, %k: tensor<2x7x2x4xf64>, %v: tensor<2x7x2x4xf64>)
    -> tensor<2x7x2x3x4xf64> {
  %p = dagrt.positions : tensor<7xi32>
  %m = dagrt.alibi_slopes : tensor<2x3xf64>
  %y = dagrt.attention %q, %k, %v positions %p, %p causal window 4 alibi %m soft_cap 0.25 scale 0.5
    : tensor<2x7x2x3x4xf64>, tensor<2x7x2x4xf64>, tensor<2x7x2x4xf64>, tensor<7xi32>, tensor<7xi32>,
      tensor<2x3xf64> -> tensor<2x7x2x3x4xf64>
  return %y : tensor<2x7x2x3x4xf64>
}

func.func @steps(%q: tensor<2x7x2x3x4xf64>, %k: tensor<2x7x2x4xf64>, %v: tensor<2x7x2x4xf64>)
    -> tensor<2x7x2x3x4xf64> {
  %p = dagrt.positions : tensor<7xi32>
  %m = dagrt.alibi_slopes : tensor<2x3xf64>
  %s = dagrt.attention_scores %q, %k scale 0.5
    : tensor<2x7x2x3x4xf64>, tensor<2x7x2x4xf64> -> tensor<2x2x3x7x7xf64>
  %w = dagrt.softmax %s positions %p, %p causal window 4 alibi %m soft_cap 0.25
    : tensor<2x2x3x7x7xf64>, tensor<7xi32>, tensor<7xi32>, tensor<2x3xf64>
  %y = dagrt.attention_context %w, %v
    : tensor<2x2x3x7x7xf64>, tensor<2x7x2x4xf64> -> tensor<2x7x2x3x4xf64>
  return %y : tensor<2x7x2x3x4xf64>
}

func.func @uncapped(%q: tensor<2x7x2x3x4xf64>, %k: tensor<2x7x2x4xf64>, %v: tensor<2x7x2x4xf64>)
    -> tensor<2x7x2x3x4xf64> {
  %p = dagrt.positions : tensor<7xi32>
  %m = dagrt.alibi_slopes : tensor<2x3xf64>
  %y = dagrt.attention %q, %k, %v positions %p, %p causal window 4 alibi %m scale 0.5
    : tensor<2x7x2x3x4xf64>, tensor<2x7x2x4xf64>, tensor<2x7x2x4xf64>, tensor<7xi32>, tensor<7xi32>,
      tensor<2x3xf64> -> tensor<2x7x2x3x4xf64>
  return %y : tensor<2x7x2x3x4xf64>
}

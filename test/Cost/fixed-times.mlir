// RUN: dagrt-opt %s --annotate-cost="model=roofline cluster=%S/Inputs/fixed.yaml" --split-input-file | FileCheck %s
// RUN: dagrt-opt %s --annotate-cost="model=roofline cluster=%S/Inputs/fixed.yaml" --split-input-file \
// RUN:   --remarks-filter='.*' --remark-format=emitRemark -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=REMARK

// RUN: sed 's/ffn: 80/attenton: 9/' %S/Inputs/fixed.yaml > %t.yaml
// RUN: not dagrt-opt %s --annotate-cost="model=roofline cluster=%t.yaml" --split-input-file -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=TYPO

// TYPO: error: expects the keys of 'fixed_time_us' to name ops or roles, got 'attenton', which matches
// TYPO-SAME: nothing in the program; did you mean 'attention'?
// A key that no model knows is a typo; one that is not used here is not.
// REMARK: FixedTime {{.*}}the cluster's description fixes the time of 4 ops by 'attention'
// REMARK: FixedTimeUnused {{.*}}the fixed time of 'send' is not used

// Three ops of the role in layer 0 take 120 us together, the one in layer 1 takes them alone.
// CHECK-LABEL: @role_of_a_layer
// CHECK: silu {{.*}}#dagrt.cost<40000000 ps, fixed{{[,>]}}
// CHECK: silu {{.*}}#dagrt.cost<40000000 ps, fixed{{[,>]}}
// CHECK: silu {{.*}}#dagrt.cost<40000000 ps, fixed{{[,>]}}
// CHECK: silu {{.*}}#dagrt.cost<120000000 ps, fixed{{[,>]}}
// CHECK: relu {{.*}}memory, modelled
func.func @role_of_a_layer(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = dagrt.silu %x {dagrt.role = #dagrt.role<attention.query, layer 0>} : tensor<4xf32>
  %1 = dagrt.silu %0 {dagrt.role = #dagrt.role<attention.key, layer 0>} : tensor<4xf32>
  %2 = dagrt.silu %1 {dagrt.role = #dagrt.role<attention.output, layer 0>} : tensor<4xf32>
  %3 = dagrt.silu %2 {dagrt.role = #dagrt.role<attention.query, layer 1>} : tensor<4xf32>
  %4 = dagrt.relu %3 : tensor<4xf32>
  return %4 : tensor<4xf32>
}

// -----

// The longer role wins; 7.000001 us do not divide by two, and the first op gets the rest.
// CHECK-LABEL: @longest_role_wins
// CHECK: silu {{.*}}#dagrt.cost<3500001 ps, fixed{{[,>]}}
// CHECK: silu {{.*}}#dagrt.cost<3500000 ps, fixed{{[,>]}}
// CHECK: silu {{.*}}#dagrt.cost<120000000 ps, fixed{{[,>]}}
func.func @longest_role_wins(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = dagrt.silu %x {dagrt.role = #dagrt.role<attention.core, layer 0>} : tensor<4xf32>
  %1 = dagrt.silu %0 {dagrt.role = #dagrt.role<attention.core, layer 0>} : tensor<4xf32>
  %2 = dagrt.silu %1 {dagrt.role = #dagrt.role<attention.value, layer 0>} : tensor<4xf32>
  return %2 : tensor<4xf32>
}

// -----

// Each such op takes the time, whatever its role is.
// CHECK-LABEL: @mnemonic_wins_over_role
// CHECK: rms_norm {{.*}}#dagrt.cost<2000000 ps, fixed{{[,>]}}
// CHECK: silu {{.*}}#dagrt.cost<80000000 ps, fixed{{[,>]}}
func.func @mnemonic_wins_over_role(%x: tensor<4x8xf32>, %w: tensor<8xf32>) -> tensor<4x8xf32> {
  %0 = dagrt.rms_norm %x, %w epsilon 1.0e-5 {dagrt.role = #dagrt.role<ffn.up, layer 0>}
    : tensor<4x8xf32>, tensor<8xf32>
  %1 = dagrt.silu %0 {dagrt.role = #dagrt.role<ffn.up, layer 0>} : tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}

// -----

!a = tensor<8xf32, #dagrt.dist<@a, [_], of [8]>>
!b = tensor<8xf32, #dagrt.dist<@b, [_], of [8]>>

dagrt.mesh @a <"x" = 2> devices [0, 1]
dagrt.mesh @b <"x" = 2> devices [2, 3]

// Meshes take the time of a role each; a message has the time of a message.
// CHECK-LABEL: @each_mesh
// CHECK: silu {{.*}}#dagrt.cost<80000000 ps, fixed{{[,>]}}
// CHECK: send {{.*}}#dagrt.cost<5000000 ps, fixed{{[,>]}}
// CHECK: silu {{.*}}#dagrt.cost<80000000 ps, fixed{{[,>]}}
func.func @each_mesh(%x: !a) -> !b {
  %0 = dagrt.silu %x {dagrt.role = #dagrt.role<ffn.up, layer 0>} : !a
  %m = dagrt.send %0 {dagrt.role = #dagrt.role<ffn.up, layer 0>} : !a -> !dagrt.message<!b>
  %1 = dagrt.recv %m : !dagrt.message<!b>
  %2 = dagrt.silu %1 {dagrt.role = #dagrt.role<ffn.up, layer 0>} : !b
  return %2 : !b
}

// -----

// CHECK-LABEL: @keeps_given_cost
// CHECK: silu {{.*}}#dagrt.cost<1 ps{{[,>]}}
// CHECK: silu {{.*}}#dagrt.cost<80000000 ps, fixed{{[,>]}}
func.func @keeps_given_cost(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = dagrt.silu %x {dagrt.role = #dagrt.role<ffn.up, layer 0>, dagrt.cost = #dagrt.cost<1 ps>}
    : tensor<4xf32>
  %1 = dagrt.silu %0 {dagrt.role = #dagrt.role<ffn.up, layer 0>} : tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

!a = tensor<8xf32, #dagrt.dist<@a, [_], of [8]>>
!b = tensor<8xf32, #dagrt.dist<@b, [_], of [8]>>

dagrt.mesh @a <"x" = 2> devices [0, 1]
dagrt.mesh @b <"x" = 2> devices [2, 3]

// A mnemonic with a role goes before the mnemonic alone, and a longer role before a shorter one. Each
// such op takes the time.
// CHECK-LABEL: @mnemonic_of_a_role
// CHECK: send {{.*}}#dagrt.cost<11000000 ps, fixed{{[,>]}}
// CHECK: send {{.*}}#dagrt.cost<11000000 ps, fixed{{[,>]}}
// CHECK: send {{.*}}#dagrt.cost<12000000 ps, fixed{{[,>]}}
// CHECK: send {{.*}}#dagrt.cost<5000000 ps, fixed{{[,>]}}
func.func @mnemonic_of_a_role(%x: !a) -> (!b, !b, !b, !b) {
  %0 = dagrt.send %x {dagrt.role = #dagrt.role<norm.attention, layer 0>} : !a -> !dagrt.message<!b>
  %1 = dagrt.send %x {dagrt.role = #dagrt.role<norm.final, layer 0>} : !a -> !dagrt.message<!b>
  %2 = dagrt.send %x {dagrt.role = #dagrt.role<norm.ffn, layer 0>} : !a -> !dagrt.message<!b>
  %3 = dagrt.send %x {dagrt.role = #dagrt.role<normal, layer 0>} : !a -> !dagrt.message<!b>
  %4 = dagrt.recv %0 : !dagrt.message<!b>
  %5 = dagrt.recv %1 : !dagrt.message<!b>
  %6 = dagrt.recv %2 : !dagrt.message<!b>
  %7 = dagrt.recv %3 : !dagrt.message<!b>
  return %4, %5, %6, %7 : !b, !b, !b, !b
}

// -----

// Each micro-batch takes the time of the role.
// CHECK-LABEL: @each_micro_batch
// CHECK: silu {{.*}}#dagrt.cost<80000000 ps, fixed{{[,>]}}
// CHECK: silu {{.*}}#dagrt.cost<40000000 ps, fixed{{[,>]}}
// CHECK: silu {{.*}}#dagrt.cost<40000000 ps, fixed{{[,>]}}
func.func @each_micro_batch(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = dagrt.silu %x {dagrt.role = #dagrt.role<ffn.up, layer 0, microbatch 0>} : tensor<4xf32>
  %1 = dagrt.silu %0 {dagrt.role = #dagrt.role<ffn.up, layer 0, microbatch 1>} : tensor<4xf32>
  %2 = dagrt.silu %1 {dagrt.role = #dagrt.role<ffn.down, layer 0, microbatch 1>} : tensor<4xf32>
  return %2 : tensor<4xf32>
}

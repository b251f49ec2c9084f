// RUN: dagrt-opt %s --split-input-file --annotate-cost=model=roofline | FileCheck %s

// A loop takes its body times its trips, whichever dialect it is of, and wherever its bounds are
// computed from constants.

// CHECK-LABEL: @loops
func.func @loops(%x: tensor<1024x1024xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %c9 = arith.addi %c4, %c4 : index
  // CHECK: arith.addf {{.*}}dagrt.cost = #dagrt.cost<[[#%d,ONE:]] ps, memory, modelled{{[,>]}}
  %y = arith.addf %x, %x : tensor<1024x1024xf32>
  // CHECK: scf.for
  // CHECK-NEXT: arith.addf %{{.*}} : tensor
  // CHECK-NEXT: } {dagrt.cost = #dagrt.cost<[[#mul(ONE,4)]] ps, memory, modelled{{[,>]}}
  scf.for %i = %c0 to %c4 step %c1 {
    %a = arith.addf %x, %x : tensor<1024x1024xf32>
  }
  // Steps of 2 from 0 to 9, with 9 computed, in 3 steps of a loop around: 4 * 3.
  // CHECK: affine.for
  // CHECK: } {dagrt.cost = #dagrt.cost<[[#mul(ONE,12)]] ps, memory, modelled{{[,>]}}
  affine.for %i = 0 to 5 step 2 {
    scf.for %j = %c0 to %c9 step %c2 {
      %a = arith.addf %x, %x : tensor<1024x1024xf32>
    }
  }
  // CHECK: scf.forall
  // CHECK: } {dagrt.cost = #dagrt.cost<[[#mul(ONE,6)]] ps, memory, modelled{{[,>]}}
  scf.forall (%i, %j) in (2, 3) {
    %a = arith.addf %x, %x : tensor<1024x1024xf32>
  }
  // CHECK: scf.parallel
  // CHECK: } {dagrt.cost = #dagrt.cost<[[#mul(ONE,8)]] ps, memory, modelled{{[,>]}}
  scf.parallel (%i, %j) = (%c0, %c0) to (%c2, %c4) step (%c1, %c1) {
    %a = arith.addf %x, %x : tensor<1024x1024xf32>
  }
  // CHECK: affine.parallel
  // CHECK: } {dagrt.cost = #dagrt.cost<[[#mul(ONE,10)]] ps, memory, modelled{{[,>]}}
  affine.parallel (%i, %j) = (0, 0) to (10, 4) step (2, 2) {
    %a = arith.addf %x, %x : tensor<1024x1024xf32>
  }
  // Tiles of 8, of which each has 8 trips wherever it begins.
  // CHECK: affine.for
  // CHECK: } {dagrt.cost = #dagrt.cost<[[#mul(ONE,32)]] ps, memory, modelled{{[,>]}}
  affine.for %i = 0 to 32 step 8 {
    affine.for %j = affine_map<(d0) -> (d0)>(%i) to affine_map<(d0) -> (d0 + 8)>(%i) {
      %a = arith.addf %x, %x : tensor<1024x1024xf32>
    }
  }
  // No trip, no time.
  // CHECK: scf.for
  // CHECK-NOT: dagrt.cost
  // CHECK: return
  scf.for %i = %c4 to %c4 step %c1 {
    %a = arith.addf %x, %x : tensor<1024x1024xf32>
  }
  return
}

// -----

// A branch takes its longer body; regions that run once take what is in them.

// CHECK-LABEL: @branches
func.func @branches(%c: i1, %i: index, %x: tensor<8xf32>) {
  // CHECK: } {dagrt.cost = #dagrt.cost<70 ps{{[,>]}}
  scf.if %c {
    %a = arith.addf %x, %x {dagrt.cost = #dagrt.cost<30 ps>} : tensor<8xf32>
    %b = arith.addf %x, %x {dagrt.cost = #dagrt.cost<40 ps>} : tensor<8xf32>
  } else {
    %a = arith.addf %x, %x {dagrt.cost = #dagrt.cost<60 ps>} : tensor<8xf32>
  }
  // CHECK: scf.index_switch {{.*}}{dagrt.cost = #dagrt.cost<5 ps{{[,>]}}
  scf.index_switch %i
  case 1 {
    %a = arith.addf %x, %x {dagrt.cost = #dagrt.cost<5 ps>} : tensor<8xf32>
    scf.yield
  }
  default {
    scf.yield
  }
  // CHECK: scf.execute_region
  // CHECK: } {dagrt.cost = #dagrt.cost<11 ps{{[,>]}}
  scf.execute_region {
    %a = arith.addf %x, %x {dagrt.cost = #dagrt.cost<11 ps>} : tensor<8xf32>
    scf.yield
  }
  return
}

// -----

// A call takes what its callee takes, which may call others, and whose modelled cost is computed again.

func.func private @leaf(%x: tensor<8xf32>) -> tensor<8xf32> {
  %a = arith.addf %x, %x {dagrt.cost = #dagrt.cost<3 ps>} : tensor<8xf32>
  return %a : tensor<8xf32>
}
func.func private @twice(%x: tensor<8xf32>) -> tensor<8xf32> {
  %a = call @leaf(%x) : (tensor<8xf32>) -> tensor<8xf32>
  %b = call @leaf(%a) : (tensor<8xf32>) -> tensor<8xf32>
  return %b : tensor<8xf32>
}
// CHECK-LABEL: @calls
func.func @calls(%x: tensor<8xf32>) -> tensor<8xf32> {
  // CHECK: call @twice{{.*}} {dagrt.cost = #dagrt.cost<6 ps{{[,>]}}
  %a = call @twice(%x) {dagrt.cost = #dagrt.cost<99 ps, memory, modelled, for 0x1>}
    : (tensor<8xf32>) -> tensor<8xf32>
  // A cost that is given stands for the callee's.
  // CHECK: call @twice{{.*}} {dagrt.cost = #dagrt.cost<50 ps{{[,>]}}
  %b = call @twice(%a) {dagrt.cost = #dagrt.cost<50 ps>} : (tensor<8xf32>) -> tensor<8xf32>
  return %b : tensor<8xf32>
}

// -----

// What is not counted has no cost, nor has a loop around it.

func.func private @elsewhere(%x: tensor<8xf32>) -> tensor<8xf32>
// CHECK-LABEL: @unknown
// CHECK-NOT: dagrt.cost
func.func @unknown(%n: index, %x: tensor<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %a = arith.addf %x, %x : tensor<8xf32>
  }
  scf.for %i = %c0 to %c1 step %c1 {
    %a = func.call @elsewhere(%x) : (tensor<8xf32>) -> tensor<8xf32>
  }
  call @recursive(%x) : (tensor<8xf32>) -> ()
  return
}
func.func private @recursive(%x: tensor<8xf32>) {
  call @recursive(%x) : (tensor<8xf32>) -> ()
  return
}

// RUN: dagrt-opt %s --critical-path="report=%t.txt" | FileCheck %s --check-prefixes=CHECK,FULL
// RUN: dagrt-opt %s --critical-path="report=%t.txt overlap=none" | FileCheck %s --check-prefixes=CHECK,NONE
// RUN: dagrt-opt %s --critical-path="report=%t.txt resources=unlimited" \
// RUN:   | FileCheck %s --check-prefixes=UNLIMITED

!whole = tensor<8x8xf32, #dagrt.dist<@a, [_, _], of [8, 8]>>
!cut = tensor<4x8xf32, #dagrt.dist<@a, ["x", _], of [8, 8]>>
!whole_b = tensor<8x8xf32, #dagrt.dist<@b, [_, _], of [8, 8]>>
!whole_c = tensor<8x8xf32, #dagrt.dist<@c, [_, _], of [8, 8]>>

dagrt.mesh @a <"x" = 2> devices [0, 1]
dagrt.mesh @b <"x" = 2> devices [2, 3]
// Shares device 1 with @a.
dagrt.mesh @c <"x" = 2> devices [1, 4]

// CHECK-LABEL: @waits_for_operands
func.func @waits_for_operands(%x: !whole) -> !whole {
  // CHECK-NEXT: silu {{.*}}timing<0 to 3000 ps, slack 0, critical>
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<3000 ps>} : !whole
  // CHECK-NEXT: relu {{.*}}timing<3000 to 5000 ps, slack 0, critical>
  %z = dagrt.relu %y {dagrt.cost = #dagrt.cost<2000 ps>} : !whole
  return %z : !whole
}

// CHECK-LABEL: @compute_serves_in_program_order
// UNLIMITED-LABEL: @compute_serves_in_program_order
func.func @compute_serves_in_program_order(%x: !whole) -> !whole {
  // CHECK-NEXT: silu {{.*}}timing<0 to 3000 ps, slack 0, critical>
  // UNLIMITED-NEXT: silu {{.*}}timing<0 to 3000 ps, slack 0, critical>
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<3000 ps>} : !whole
  // CHECK-NEXT: relu {{.*}}timing<3000 to 5000 ps, slack 0, critical>
  // UNLIMITED-NEXT: relu {{.*}}timing<0 to 2000 ps, slack 1000>
  %z = dagrt.relu %x {dagrt.cost = #dagrt.cost<2000 ps>} : !whole
  return %z : !whole
}

// CHECK-LABEL: @meshes_run_at_the_same_time
func.func @meshes_run_at_the_same_time(%x: !whole, %b: !whole_b) -> !whole {
  // CHECK-NEXT: silu {{.*}}timing<0 to 3000 ps, slack 0, critical>
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<3000 ps>} : !whole
  // CHECK-NEXT: relu {{.*}}timing<0 to 2000 ps, slack 1000>
  %z = dagrt.relu %b {dagrt.cost = #dagrt.cost<2000 ps>} : !whole_b
  return %y : !whole
}

// CHECK-LABEL: @meshes_that_share_a_device_compete
func.func @meshes_that_share_a_device_compete(%x: !whole, %c: !whole_c) -> !whole {
  // CHECK-NEXT: silu {{.*}}timing<0 to 3000 ps, slack 0, critical>
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<3000 ps>} : !whole
  // CHECK-NEXT: relu {{.*}}timing<3000 to 5000 ps, slack 0, critical>
  %z = dagrt.relu %c {dagrt.cost = #dagrt.cost<2000 ps>} : !whole_c
  return %y : !whole
}

// A collective overlaps with compute, unless there is no overlap.
// CHECK-LABEL: @collective_holds_collectives
func.func @collective_holds_collectives(%x: !cut, %w: !whole) -> !whole {
  // CHECK-NEXT: all_gather {{.*}}timing<0 to 4000 ps, slack 0, critical>
  %g = dagrt.all_gather %x dim 0 axes ["x"] {dagrt.cost = #dagrt.cost<4000 ps>} : !cut -> !whole
  // FULL-NEXT: silu {{.*}}timing<0 to 1000 ps, slack 8000>
  // NONE-NEXT: silu {{.*}}timing<4000 to 5000 ps, slack 0, critical>
  %y = dagrt.silu %w {dagrt.cost = #dagrt.cost<1000 ps>} : !whole
  // FULL-NEXT: all_gather {{.*}}timing<4000 to 9000 ps, slack 0, critical>
  // NONE-NEXT: all_gather {{.*}}timing<5000 to 10000 ps, slack 0, critical>
  %h = dagrt.all_gather %x dim 0 axes ["x"] {dagrt.cost = #dagrt.cost<5000 ps>} : !cut -> !whole
  return %g : !whole
}

// CHECK-LABEL: @send_holds_link_and_recv_takes_no_time
func.func @send_holds_link_and_recv_takes_no_time(%x: !whole, %b: !whole_b) -> !whole_b {
  // CHECK-NEXT: send {{.*}}timing<0 to 4000 ps, slack 0, critical>
  %m = dagrt.send %x {dagrt.cost = #dagrt.cost<4000 ps>} : !whole -> !dagrt.message<!whole_b>
  // FULL-NEXT: silu {{.*}}timing<0 to 1000 ps
  // NONE-NEXT: silu {{.*}}timing<4000 to 5000 ps
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<1000 ps>} : !whole
  // The receiver computes on.
  // CHECK-NEXT: relu {{.*}}timing<0 to 1000 ps
  %z = dagrt.relu %b {dagrt.cost = #dagrt.cost<1000 ps>} : !whole_b
  // The link is busy until the first message is through.
  // FULL-NEXT: send {{.*}}timing<4000 to 9000 ps, slack 0, critical>
  // NONE-NEXT: send {{.*}}timing<5000 to 10000 ps, slack 0, critical>
  %n = dagrt.send %x {dagrt.cost = #dagrt.cost<5000 ps>} : !whole -> !dagrt.message<!whole_b>
  // A cost on a recv does not count.
  // CHECK-NEXT: recv {{.*}}timing<4000 to 4000 ps
  %r = dagrt.recv %m {dagrt.cost = #dagrt.cost<77 ps>} : !dagrt.message<!whole_b>
  // FULL-NEXT: recv {{.*}}timing<9000 to 9000 ps, slack 0>
  // NONE-NEXT: recv {{.*}}timing<10000 to 10000 ps, slack 0>
  %s = dagrt.recv %n : !dagrt.message<!whole_b>
  return %r : !whole_b
}

// Links are full duplex: a message back does not wait.
// CHECK-LABEL: @links_are_full_duplex
// FULL: send {{.*}}timing<0 to 4000 ps
// FULL-NEXT: send {{.*}}timing<0 to 3000 ps
func.func @links_are_full_duplex(%x: !whole, %b: !whole_b) -> !whole_b {
  %m = dagrt.send %x {dagrt.cost = #dagrt.cost<4000 ps>} : !whole -> !dagrt.message<!whole_b>
  %n = dagrt.send %b {dagrt.cost = #dagrt.cost<3000 ps>} : !whole_b -> !dagrt.message<!whole>
  %r = dagrt.recv %m : !dagrt.message<!whole_b>
  %s = dagrt.recv %n : !dagrt.message<!whole>
  return %r : !whole_b
}

// Without a cost an op takes no time and no resource; with a cost of 0 it waits for its turn.
// CHECK-LABEL: @op_without_cost_stands_in_nobodys_way
func.func @op_without_cost_stands_in_nobodys_way(%x: !whole) -> !cut {
  // CHECK-NEXT: silu {{.*}}timing<0 to 3000 ps
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<3000 ps>} : !whole
  // CHECK-NEXT: all_slice {{.*}}timing<0 to 0 ps, slack 3000>
  %s = dagrt.all_slice %x dim 0 axes ["x"] : !whole -> !cut
  // CHECK-NEXT: relu {{.*}}timing<3000 to 3000 ps, slack 0>
  %z = dagrt.relu %x {dagrt.cost = #dagrt.cost<0 ps>} : !whole
  return %s : !cut
}

// CHECK-LABEL: @function_that_is_not_placed_is_one_device
func.func @function_that_is_not_placed_is_one_device(%x: tensor<8xf32>) -> tensor<8xf32> {
  // CHECK-NEXT: addf {{.*}}timing<0 to 3000 ps
  %y = arith.addf %x, %x {dagrt.cost = #dagrt.cost<3000 ps>} : tensor<8xf32>
  // CHECK-NEXT: silu {{.*}}timing<3000 to 4000 ps
  %z = dagrt.silu %x {dagrt.cost = #dagrt.cost<1000 ps>} : tensor<8xf32>
  return %z : tensor<8xf32>
}

// What a region reads from outside is an operand.
// CHECK-LABEL: @region_waits_for_what_it_reads
func.func @region_waits_for_what_it_reads(%x: tensor<8xf32>, %c: i1) -> tensor<8xf32> {
  // CHECK-NEXT: silu {{.*}}timing<0 to 1000 ps
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<1000 ps>} : tensor<8xf32>
  // CHECK: } {dagrt.timing = #dagrt.timing<1000 to 1000 ps, slack 0>}
  %z = scf.if %c -> (tensor<8xf32>) {
    scf.yield %y : tensor<8xf32>
  } else {
    scf.yield %x : tensor<8xf32>
  }
  return %z : tensor<8xf32>
}

// CHECK-LABEL: @empty_program
func.func @empty_program() {
  return
}

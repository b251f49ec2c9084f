// RUN: dagrt-opt %s --critical-path="report=%t.txt" | FileCheck %s
// RUN: FileCheck %s --check-prefix=REPORT --input-file=%t.txt
// RUN: dagrt-opt %s --critical-path="report=%t.json format=json" -o %t.mlir
// RUN: FileCheck %s --check-prefix=JSON --input-file=%t.json

// A message of 10 ns in three pieces, which are there after 3334, 6667 and 10000 ps. Steps of 4 ns
// wait for the first piece only; those of 2 ns for each.

#x = #dagrt.dist<@base, [_, "tp"], of [3, 5]>
#q = #dagrt.dist<@pool, [_, _], of [3, 5]>
#p = #dagrt.dist<@pool, [_, _], of [3, 2]>
#l = #dagrt.dist<@pool, [_, _], of [3, 1]>
#w = #dagrt.dist<@pool, [_, _], of [5, 7]>
#y = #dagrt.dist<@pool, [_, _], of [3, 7]>
!m = !dagrt.message<tensor<3x5xf32, #q>>

dagrt.mesh @base <"tp" = 3> devices [0, 1, 2]
dagrt.mesh @pool <"sp" = 1> devices [3]

// REPORT: @slow: 15.33 ns
// REPORT: 3.334 ns  send
// JSON: "makespan_us": 0.015334
// CHECK-LABEL: @slow
func.func @slow(%x: tensor<3x2xf32, #x>, %w: tensor<5x7xf32, #w>) -> tensor<3x7xf32, #y> {
  // CHECK: send {{.*}}timing<0 to 10000 ps, slack 0, critical>
  %m = dagrt.send %x {dagrt.cost = #dagrt.cost<10000 ps>} : tensor<3x2xf32, #x> -> !m
  // CHECK: recv {{.*}}timing<3334 to 3334 ps, slack 0, critical>
  %a = dagrt.recv %m dim 1 piece 0 of 3 : !m -> tensor<3x2xf32, #p>
  // CHECK: recv {{.*}}timing<6667 to 6667 ps, slack 667>
  %b = dagrt.recv %m dim 1 piece 1 of 3 : !m -> tensor<3x2xf32, #p>
  // CHECK: recv {{.*}}timing<10000 to 10000 ps, slack 1334>
  %c = dagrt.recv %m dim 1 piece 2 of 3 : !m -> tensor<3x1xf32, #l>
  // CHECK: matmul_step {{.*}}timing<3334 to 7334 ps, slack 0, critical>
  %s = dagrt.matmul_step %a, %w piece 0 of 3 {dagrt.cost = #dagrt.cost<4000 ps>}
    : tensor<3x2xf32, #p>, tensor<5x7xf32, #w> -> tensor<3x7xf32, #y>
  // CHECK: matmul_step {{.*}}timing<7334 to 11334 ps, slack 0, critical>
  %t = dagrt.matmul_step %b, %w into %s piece 1 of 3 {dagrt.cost = #dagrt.cost<4000 ps>}
    : tensor<3x2xf32, #p>, tensor<5x7xf32, #w>, tensor<3x7xf32, #y> -> tensor<3x7xf32, #y>
  // CHECK: matmul_step {{.*}}timing<11334 to 15334 ps, slack 0, critical>
  %y = dagrt.matmul_step %c, %w into %t piece 2 of 3 {dagrt.cost = #dagrt.cost<4000 ps>}
    : tensor<3x1xf32, #l>, tensor<5x7xf32, #w>, tensor<3x7xf32, #y> -> tensor<3x7xf32, #y>
  return %y : tensor<3x7xf32, #y>
}

// The message binds: its last piece arrives at its end.
// CHECK-LABEL: @fast
func.func @fast(%x: tensor<3x2xf32, #x>, %w: tensor<5x7xf32, #w>) -> tensor<3x7xf32, #y> {
  // CHECK: send {{.*}}timing<0 to 10000 ps, slack 0, critical>
  %m = dagrt.send %x {dagrt.cost = #dagrt.cost<10000 ps>} : tensor<3x2xf32, #x> -> !m
  // CHECK: recv {{.*}}timing<3334 to 3334 ps, slack 2666>
  %a = dagrt.recv %m dim 1 piece 0 of 3 : !m -> tensor<3x2xf32, #p>
  // CHECK: recv {{.*}}timing<6667 to 6667 ps, slack 1333>
  %b = dagrt.recv %m dim 1 piece 1 of 3 : !m -> tensor<3x2xf32, #p>
  // CHECK: recv {{.*}}timing<10000 to 10000 ps, slack 0, critical>
  %c = dagrt.recv %m dim 1 piece 2 of 3 : !m -> tensor<3x1xf32, #l>
  // CHECK: matmul_step {{.*}}timing<3334 to 5334 ps, slack 2666>
  %s = dagrt.matmul_step %a, %w piece 0 of 3 {dagrt.cost = #dagrt.cost<2000 ps>}
    : tensor<3x2xf32, #p>, tensor<5x7xf32, #w> -> tensor<3x7xf32, #y>
  // CHECK: matmul_step {{.*}}timing<6667 to 8667 ps, slack 1333>
  %t = dagrt.matmul_step %b, %w into %s piece 1 of 3 {dagrt.cost = #dagrt.cost<2000 ps>}
    : tensor<3x2xf32, #p>, tensor<5x7xf32, #w>, tensor<3x7xf32, #y> -> tensor<3x7xf32, #y>
  // CHECK: matmul_step {{.*}}timing<10000 to 12000 ps, slack 0, critical>
  %y = dagrt.matmul_step %c, %w into %t piece 2 of 3 {dagrt.cost = #dagrt.cost<2000 ps>}
    : tensor<3x1xf32, #l>, tensor<5x7xf32, #w>, tensor<3x7xf32, #y> -> tensor<3x7xf32, #y>
  return %y : tensor<3x7xf32, #y>
}

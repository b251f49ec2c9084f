// RUN: dagrt-opt %s --critical-path=format=json -o /dev/null 2>&1 | FileCheck %s
// RUN: dagrt-opt %s --critical-path="report=%t.txt trace=%t.json dot=%t.dot" -o /dev/null
// RUN: %python -c "import json, sys; json.load(open(sys.argv[1], encoding='utf-8'))" %t.json

// Names are unique whatever meshes are called, and are UTF-8.
dagrt.mesh @"a#2" <"x" = 1> devices [0]
dagrt.mesh @"\FF\22" <"x" = 1> devices [1]
dagrt.mesh @a <"x" = 1> devices [2]

!a = tensor<8xf32, #dagrt.dist<@a, [_], of [8]>>
!a2 = tensor<8xf32, #dagrt.dist<@"a#2", [_], of [8]>>
!odd = tensor<8xf32, #dagrt.dist<@"\FF\22", [_], of [8]>>

// CHECK: {"name":"silu@a","op":"silu","mesh":"a",
// CHECK-NEXT: {"name":"send@a->a#2","op":"send","mesh":"a","to":"a#2",
// CHECK-NEXT: {"name":"recv@a#2","op":"recv","mesh":"a#2",
// CHECK-NEXT: {"name":"silu@a#2","op":"silu","mesh":"a#2",
// CHECK-NEXT: {"name":"send@a#2->a","op":"send","mesh":"a#2","to":"a",
// CHECK-NEXT: {"name":"recv@a","op":"recv","mesh":"a",
// CHECK-NEXT: {"name":"silu@a#3","op":"silu","mesh":"a",
// CHECK-NEXT: {"name":"send@a->�\"","op":"send","mesh":"a","to":"�\"",
func.func @names(%x: !a) -> !odd {
  %0 = dagrt.silu %x {dagrt.cost = #dagrt.cost<1 ps>} : !a
  %1 = dagrt.send %0 {dagrt.cost = #dagrt.cost<1 ps>} : !a -> !dagrt.message<!a2>
  %2 = dagrt.recv %1 : !dagrt.message<!a2>
  %3 = dagrt.silu %2 {dagrt.cost = #dagrt.cost<1 ps>} : !a2
  %4 = dagrt.send %3 {dagrt.cost = #dagrt.cost<1 ps>} : !a2 -> !dagrt.message<!a>
  %5 = dagrt.recv %4 : !dagrt.message<!a>
  %6 = dagrt.silu %5 {dagrt.cost = #dagrt.cost<1 ps>} : !a
  %7 = dagrt.send %6 {dagrt.cost = #dagrt.cost<1 ps>} : !a -> !dagrt.message<!odd>
  %8 = dagrt.recv %7 : !dagrt.message<!odd>
  return %8 : !odd
}

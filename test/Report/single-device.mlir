// RUN: dagrt-opt %s --critical-path="format=json" -o /dev/null 2>&1 | FileCheck %s
// RUN: dagrt-opt %s --critical-path -o /dev/null 2>&1 | FileCheck %s --check-prefix=TEXT

// TEXT: @not_placed: 3.000 us on 1 device, by the costs given
// TEXT-NEXT: where none 100.0%
// TEXT-NEXT: why elementwise 100.0%; it computes 100.0% of the time
// TEXT: @takes_no_time: no time on 1 device
// TEXT-NOT: critical path

// Several functions: an object for each. A declaration has nothing to show.
// CHECK: "functions": [
// CHECK: "function": "not_placed",
// CHECK: "makespan_us": 3.000000,
// CHECK: "name": null,
// CHECK-NEXT: "devices": [0],
// CHECK-NEXT: "utilization": 1.000000,
// CHECK: "by_layer": {
// CHECK-NEXT: "none": 3.000000
// CHECK: "by_mesh": {
// CHECK-NEXT: "none": 3.000000
// CHECK: {"name":"arith.addf","op":"arith.addf","mesh":null,
// CHECK-NEXT: {"name":"silu","op":"silu","mesh":null,
func.func @not_placed(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = arith.addf %x, %x {dagrt.cost = #dagrt.cost<2000000 ps>} : tensor<8xf32>
  %z = dagrt.silu %y {dagrt.cost = #dagrt.cost<1000000 ps>} : tensor<8xf32>
  return %z : tensor<8xf32>
}

// CHECK: "function": "takes_no_time",
// CHECK: "makespan_us": 0.000000,
// CHECK: "utilization": 0.000000,
// CHECK: "critical_path": []
func.func @takes_no_time(%x: tensor<8xf32>) -> tensor<8xf32> {
  return %x : tensor<8xf32>
}

// CHECK-NOT: "declared"
func.func private @declared()

// RUN: dagrt-opt %s --critical-path="model=roofline cluster=l4-pcie-8 report=%t.json format=json" | FileCheck %s
// RUN: FileCheck %s --check-prefix=JSON < %t.json
// RUN: not dagrt-opt %s --critical-path="model=roofline cluster=nowhere" 2>&1 | FileCheck %s --check-prefix=CLUSTER
// RUN: sed 's/tensor<64x/tensor<?x/g' %s | not dagrt-opt --critical-path=model=roofline 2>&1 \
// RUN:   | FileCheck %s --check-prefix=SYMBOLIC

// Costs are added where there are none, for the cluster that is asked for; a given one stays.
// CLUSTER: error: {{.*}}nowhere
// SYMBOLIC: error: {{.*}}expects sizes that are numbers or named
// JSON: "cluster": "l4-pcie-8",
// JSON-NEXT: "model": "roofline",
// JSON: "device_memory_bytes": 24152900000,
// JSON-NEXT: "device_reserved_bytes": 3900000000,
// JSON: "by_provenance": {
// JSON-DAG: "given": 5.000000
// JSON-DAG: "modelled":
// CHECK: func.func @f({{.*}}dagrt.cluster = #dagrt.cluster<"l4-pcie-8"
// CHECK: dagrt.matmul {{.*}}dagrt.cost = #dagrt.cost<{{[1-9][0-9]*}} ps, {{.*}}modelled, for 0x{{[0-9a-f]+}}>, dagrt.timing = #dagrt.timing<0 to
// CHECK: dagrt.silu {{.*}}dagrt.cost = #dagrt.cost<5000000 ps{{.*}}, dagrt.timing
func.func @f(%x: tensor<64x128xf32>, %w: tensor<128x128xf32>) -> tensor<64x128xf32> {
  %y = dagrt.matmul %x, %w : tensor<64x128xf32>, tensor<128x128xf32> -> tensor<64x128xf32>
  %z = dagrt.silu %y {dagrt.cost = #dagrt.cost<5000000 ps>} : tensor<64x128xf32>
  return %z : tensor<64x128xf32>
}

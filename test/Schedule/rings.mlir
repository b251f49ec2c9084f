// RUN: dagrt-opt %s --decompose-collective-matmul \
// RUN:   --annotate-cost="cluster=%S/Inputs/rings.yaml" --critical-path="report=%t.txt" \
// RUN:   | FileCheck %s
// RUN: FileCheck %s --check-prefix=REPORT --input-file=%t.txt

// Steps of 10 us, shifts of 9: they hide behind the steps, and all that takes time are 4 + 4 steps and the
// join of the second ring's two sums.

#x = #dagrt.dist<@base, [_, "tp"], of [64, 256]>
#g = #dagrt.dist<@base, [_, _], of [64, 256]>
#p = #dagrt.dist<@base, [_, _], of [64, 256], partial ["tp"]>
#w = #dagrt.dist<@base, [_, "tp"], of [256, 512]>
#d = #dagrt.dist<@base, ["tp", _], of [512, 256]>
#h = #dagrt.dist<@base, [_, "tp"], of [64, 512]>
dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]

// CHECK: matmul_step {{.*}}step 0 of 4{{.*}}timing<0 to 10000000 ps
// CHECK: matmul_step {{.*}}step 3 of 4{{.*}}timing<30000000 to 40000000 ps
// CHECK: matmul_step {{.*}}step 0 of 4{{.*}}timing<40000000 to 50000000 ps
// CHECK: shift {{.*}}by -2{{.*}}timing<50000000 to 59000000 ps
// CHECK: matmul_step {{.*}}step 3 of 4{{.*}}timing<70000000 to 80000000 ps, slack 0, critical>
// CHECK: matmul_join {{.*}}timing<80000000 to 81000000 ps, slack 0, critical>
// REPORT: @f: 81.00 us
func.func @f(%x: tensor<64x64xf32, #x>, %w: tensor<256x128xf32, #w>, %d: tensor<128x256xf32, #d>)
    -> tensor<64x64xf32, #x> {
  %g = dagrt.all_gather %x dim 1 axes ["tp"] {dagrt.role = #dagrt.role<ffn.gather>}
    : tensor<64x64xf32, #x> -> tensor<64x256xf32, #g>
  %u = dagrt.matmul %g, %w {dagrt.role = #dagrt.role<ffn.up>}
    : tensor<64x256xf32, #g>, tensor<256x128xf32, #w> -> tensor<64x128xf32, #h>
  %y = dagrt.matmul %u, %d {dagrt.role = #dagrt.role<ffn.down>}
    : tensor<64x128xf32, #h>, tensor<128x256xf32, #d> -> tensor<64x256xf32, #p>
  %z = dagrt.reduce_scatter %y dim 1 axes ["tp"] {dagrt.role = #dagrt.role<ffn.down>}
    : tensor<64x256xf32, #p> -> tensor<64x64xf32, #x>
  return %z : tensor<64x64xf32, #x>
}

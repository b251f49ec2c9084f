// An update in place waits for those that read the cache before it, and costs its rows; a copy costs all slots.
// RUN: dagrt-opt %s --critical-path="resources=unlimited model=roofline cluster=dgx-h100" 2>/dev/null | FileCheck %s

// CHECK-LABEL: func.func @in_place
func.func @in_place(%q: tensor<1x1x8x4x128xbf16>, %k: tensor<1x65536x8x128xbf16>, %r: tensor<1x1x8x128xbf16>,
                    %p: tensor<1xi32>)
    -> (tensor<1x1x8x4x128xbf16>, tensor<1x65536x8x128xbf16>) {
  %s = dagrt.positions : tensor<65536xi32>
  // The old cache is read for long; the update starts when that ends, and is short.
  // CHECK: dagrt.attention {{.*}} dagrt.timing = #dagrt.timing<0 to [[END:[0-9]+]] ps
  %y = dagrt.attention %q, %k, %k positions %p, %s causal scale 1.0
    : tensor<1x1x8x4x128xbf16>, tensor<1x65536x8x128xbf16>, tensor<1x65536x8x128xbf16>, tensor<1xi32>, tensor<65536xi32>
    -> tensor<1x1x8x4x128xbf16>
  // CHECK: dagrt.cache_update {{.*}} in_place {dagrt.cost = #dagrt.cost<{{[0-9]?[0-9]?[0-9]?[0-9]?[0-9]?[0-9]}} ps, {{.*}} dagrt.timing = #dagrt.timing<[[END]] to
  %c = dagrt.cache_update %k, %r positions %s, %p in_place
    : tensor<1x65536x8x128xbf16>, tensor<1x1x8x128xbf16>, tensor<65536xi32>, tensor<1xi32> -> tensor<1x65536x8x128xbf16>
  return %y, %c : tensor<1x1x8x4x128xbf16>, tensor<1x65536x8x128xbf16>
}

// CHECK-LABEL: func.func @copied
func.func @copied(%q: tensor<1x1x8x4x128xbf16>, %k: tensor<1x65536x8x128xbf16>, %r: tensor<1x1x8x128xbf16>,
                  %p: tensor<1xi32>)
    -> tensor<1x65536x8x128xbf16> {
  %s = dagrt.positions : tensor<65536xi32>
  // 2 x 134 MB at 3.35 TB/s are 80 us.
  // CHECK: dagrt.cache_update {{.*}} {dagrt.cost = #dagrt.cost<80{{[0-9][0-9][0-9][0-9][0-9][0-9]}} ps, memory, {{.*}} dagrt.timing = #dagrt.timing<0 to
  %c = dagrt.cache_update %k, %r positions %s, %p
    : tensor<1x65536x8x128xbf16>, tensor<1x1x8x128xbf16>, tensor<65536xi32>, tensor<1xi32> -> tensor<1x65536x8x128xbf16>
  return %c : tensor<1x65536x8x128xbf16>
}

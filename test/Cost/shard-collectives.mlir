// RUN: dagrt-opt %s --annotate-cost --remarks-filter='annotate-cost' --remark-format=emitRemark \
// RUN:   -o /dev/null 2>&1 | FileCheck %s
// RUN: not dagrt-opt %s --annotate-cost=cluster=a40-pcie-8 -o /dev/null 2>&1 | FileCheck %s --check-prefix=SMALL

// Collectives over a grid: process i runs on device i. 128 x 1024 f32 are 524,288 bytes.

// CHECK: 1 x all_gather of 2.097 MB over 4 devices of mesh '@g'
// CHECK: 1 x reduce_scatter of 2.097 MB over 4 devices of mesh '@g'
// CHECK: 1 x all_to_all of 2.097 MB over 4 devices of mesh '@g'
// CHECK: 1 x shift of 524.3 kB over 4 devices of mesh '@g'
// CHECK: 1 x all_reduce of 524.3 kB over 2 devices of mesh '@g'
// CHECK: 1 x all_reduce of 524.3 kB over 8 devices of mesh '@g'
shard.grid @g(shape = 2x4)
func.func @f(%x: tensor<128x1024xf32>) -> tensor<128x1024xf32> {
  %a = shard.all_gather %x on @g grid_axes = [1] gather_axis = 0
    : tensor<128x1024xf32> -> tensor<512x1024xf32>
  %b = shard.reduce_scatter %a on @g grid_axes = [1] reduction = sum scatter_axis = 0
    : tensor<512x1024xf32> -> tensor<128x1024xf32>
  %c = shard.all_to_all %b on @g grid_axes = [1] split_axis = 0 concat_axis = 0
    : tensor<128x1024xf32> -> tensor<128x1024xf32>
  %d = shard.shift %c on @g grid_axes = [1] shift_axis = 1 offset = 1 rotate
    : tensor<128x1024xf32> -> tensor<128x1024xf32>
  %e = shard.all_reduce %d on @g grid_axes = [0] : tensor<128x1024xf32> -> tensor<128x1024xf32>
  %f = shard.all_reduce %e on @g grid_axes = [0, 1]
    : tensor<128x1024xf32> -> tensor<128x1024xf32>
  return %f : tensor<128x1024xf32>
}

// A grid of more processes than the cluster has devices.
// SMALL: 'shard.all_reduce' op expects a cluster with a device 64, got 'a40-pcie-8' of 64 devices
shard.grid @large(shape = 128)
func.func @wide(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = shard.all_reduce %x on @large grid_axes = [0] : tensor<8xf32> -> tensor<8xf32>
  return %0 : tensor<8xf32>
}

// RUN: dagrt-opt %s -split-input-file --extract-rank="device=4" | FileCheck %s
// RUN: dagrt-opt %s -split-input-file --extract-rank="device=4 element-type=f64" | FileCheck %s --check-prefix=F64
// RUN: dagrt-opt %s -split-input-file --extract-rank="device=4 gemm=blas" | FileCheck %s --check-prefix=BLAS

// Devices are ranks in ascending order: of [4, 7], 7 is rank 1.

dagrt.mesh @m <"x" = 2> devices [4, 7]

// Each op runs on the shapes that one device holds, between two calls that give its number.
// CHECK-NOT: dagrt.mesh
// CHECK-LABEL: func.func @computes_on_local_shapes(
// CHECK-SAME: %[[X:.*]]: tensor<2x2xf32> {dagrt.argument = 0 : i64},
// CHECK-SAME: %[[W:.*]]: tensor<2x3xf32> {dagrt.argument = 1 : i64, dagrt.parameter = {fan_in = 4 : i64, name = "w"}})
// CHECK-SAME: -> (tensor<2x3xf32> {dagrt.result = 0 : i64})
// CHECK: call @dagrt_begin(%[[ZERO:.*]])
// CHECK-NEXT: %[[Y:.*]] = dagrt.matmul %[[X]], %[[W]] {dagrt.role = #dagrt.role<ffn.down, layer 1>} : tensor<2x2xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
// CHECK-NEXT: call @dagrt_end(%[[ZERO]])
// CHECK: return %[[Y]]
// BLAS: %[[A:.*]] = memref.reinterpret_cast %{{.*}} to offset: [0], sizes: [2, 2], strides: [2, 1]
// BLAS: %[[A_ANY:.*]] = memref.cast %[[A]]
// BLAS: %[[B:.*]] = memref.reinterpret_cast %{{.*}} to offset: [0], sizes: [2, 3], strides: [3, 1]
// BLAS: %[[B_ANY:.*]] = memref.cast %[[B]]
// BLAS: call @dagrt_gemm_f32(%[[A_ANY]], %[[B_ANY]], %{{.*}})
// F64-LABEL: func.func @computes_on_local_shapes(
// F64: dagrt.matmul {{.*}} : tensor<2x2xf64>, tensor<2x3xf64> -> tensor<2x3xf64>
func.func @computes_on_local_shapes(%x: tensor<2x2xf32, #dagrt.dist<@m, [_, "x"], of [2, 4]>>)
    -> tensor<2x3xf32, #dagrt.dist<@m, [_, _], of [2, 3], partial ["x"]>> {
  %w = dagrt.parameter "w" fan_in 4 : tensor<2x3xf32, #dagrt.dist<@m, ["x", _], of [4, 3]>>
  %y = dagrt.matmul %x, %w {dagrt.role = #dagrt.role<ffn.down, layer 1>}
    : tensor<2x2xf32, #dagrt.dist<@m, [_, "x"], of [2, 4]>>,
      tensor<2x3xf32, #dagrt.dist<@m, ["x", _], of [4, 3]>>
    -> tensor<2x3xf32, #dagrt.dist<@m, [_, _], of [2, 3], partial ["x"]>>
  return %y : tensor<2x3xf32, #dagrt.dist<@m, [_, _], of [2, 3], partial ["x"]>>
}

// CHECK-LABEL: func.func @all_reduce(
// CHECK: %[[Y:.*]] = dagrt.matmul
// CHECK: bufferization.to_buffer %[[Y]] read_only
// CHECK: %[[TARGET:.*]] = memref.alloc() : memref<2xbf16>
// CHECK: %[[GROUP:.*]] = arith.constant dense<[0, 1]> : tensor<2xi64>
// CHECK: bufferization.to_buffer %[[GROUP]] read_only
// CHECK: call @dagrt_all_reduce_bf16({{.*}}) : (memref<*xi64>, i64, memref<*xbf16>, memref<*xbf16>) -> ()
// CHECK: bufferization.to_tensor %[[TARGET]] restrict :
// F64: call @dagrt_all_reduce_f64(
func.func @all_reduce(%x: tensor<2xbf16, #dagrt.dist<@m, [_], of [2]>>)
    -> tensor<2xbf16, #dagrt.dist<@m, [_], of [2]>> {
  %w = dagrt.parameter "w" : tensor<1x2xbf16, #dagrt.dist<@m, ["x", _], of [2, 2]>>
  %v = dagrt.parameter "v" : tensor<1xbf16, #dagrt.dist<@m, ["x"], of [2]>>
  %y = dagrt.matmul %v, %w : tensor<1xbf16, #dagrt.dist<@m, ["x"], of [2]>>,
    tensor<1x2xbf16, #dagrt.dist<@m, ["x", _], of [2, 2]>>
    -> tensor<2xbf16, #dagrt.dist<@m, [_], of [2], partial ["x"]>>
  %z = dagrt.all_reduce %y axes ["x"] : tensor<2xbf16, #dagrt.dist<@m, [_], of [2], partial ["x"]>>
    -> tensor<2xbf16, #dagrt.dist<@m, [_], of [2]>>
  return %z : tensor<2xbf16, #dagrt.dist<@m, [_], of [2]>>
}

// Sums of 16 bits are added in f32. The second half of 3 elements has one of padding.
// CHECK-LABEL: func.func @reduce_scatter(
// CHECK: call @dagrt_post({{.*}}) : (i64, i64, i64) -> ()
// CHECK: %[[OWN:.*]] = memref.subview %{{.*}}[0] [2] [1]
// CHECK: memref.cast %[[OWN]]
// CHECK: call @dagrt_send_bf16(
// CHECK: memref.subview %{{.*}}[2] [1] [1]
// CHECK: call @dagrt_send_bf16(
// CHECK: %[[SUM:.*]] = memref.alloc() : memref<2xf32>
// CHECK: linalg.fill {{.*}} outs(%[[SUM]] : memref<2xf32>)
// CHECK: call @dagrt_accumulate_bf16({{.*}}) : (i64, i64, memref<*xf32>) -> ()
// CHECK: call @dagrt_accumulate_bf16(
// CHECK: arith.truncf %{{.*}} : tensor<2xf32> to tensor<2xbf16>
func.func @reduce_scatter(%x: tensor<3xbf16, #dagrt.dist<@m, [_], of [3], partial ["x"]>>)
    -> tensor<2xbf16, #dagrt.dist<@m, ["x"], of [3]>> {
  %y = dagrt.reduce_scatter %x dim 0 axes ["x"]
    : tensor<3xbf16, #dagrt.dist<@m, [_], of [3], partial ["x"]>>
    -> tensor<2xbf16, #dagrt.dist<@m, ["x"], of [3]>>
  return %y : tensor<2xbf16, #dagrt.dist<@m, ["x"], of [3]>>
}

// Two elements of the own shard, one of the other's: padding stays behind.
// CHECK-LABEL: func.func @all_gather(
// CHECK: %[[ALL:.*]] = memref.alloc() : memref<3xi32>
// CHECK-NOT: linalg.fill
// CHECK: memref.subview %[[ALL]][0] [2] [1]
// CHECK: call @dagrt_receive_i32(
// CHECK: memref.subview %[[ALL]][2] [1] [1]
// CHECK: call @dagrt_receive_i32(
func.func @all_gather(%x: tensor<2xi32, #dagrt.dist<@m, ["x"], of [3]>>)
    -> tensor<3xi32, #dagrt.dist<@m, [_], of [3]>> {
  %y = dagrt.all_gather %x dim 0 axes ["x"] : tensor<2xi32, #dagrt.dist<@m, ["x"], of [3]>>
    -> tensor<3xi32, #dagrt.dist<@m, [_], of [3]>>
  return %y : tensor<3xi32, #dagrt.dist<@m, [_], of [3]>>
}

// CHECK-LABEL: func.func @shift(
// CHECK: %[[PEER:.*]] = arith.constant 1 : i64
// CHECK: call @dagrt_post(%[[PEER]],
// CHECK: call @dagrt_send_f32(%[[PEER]],
// CHECK: call @dagrt_receive_f32(%[[PEER]],
// CHECK-NOT: call @dagrt_receive_f32
// CHECK: return
func.func @shift(%x: tensor<2xf32, #dagrt.dist<@m, ["x"], of [4]>>)
    -> tensor<2xf32, #dagrt.dist<@m, ["x"+1], of [4]>> {
  %y = dagrt.shift %x dim 0 by 1 : tensor<2xf32, #dagrt.dist<@m, ["x"], of [4]>>
    -> tensor<2xf32, #dagrt.dist<@m, ["x"+1], of [4]>>
  return %y : tensor<2xf32, #dagrt.dist<@m, ["x"+1], of [4]>>
}

// -----

dagrt.mesh @m <"x" = 3> devices [1, 7, 4]

// What depends on the device is a constant or a slice. Device 4 is the last of the mesh: its shard
// of 5 tokens is one, and one of padding.
// CHECK-LABEL: func.func @depends_on_the_device(
// CHECK-SAME: %[[X:.*]]: tensor<5x3xf32>
// CHECK-DAG: %[[POSITIONS:.*]] = arith.constant dense<[4, 5]> : tensor<2xi32>
// CHECK-DAG: %[[INDEX:.*]] = arith.constant dense<2> : tensor<1xi32>
// CHECK-DAG: %[[ZIGZAG:.*]] = arith.constant dense<[3, 5]> : tensor<2xi32>
// CHECK-DAG: %[[SLICE:.*]] = tensor.extract_slice %[[X]][4, 0] [1, 3] [1, 1]
// CHECK: %[[SHARD:.*]] = tensor.pad %[[SLICE]] low[0, 0] high[1, 0]
// CHECK: return %[[POSITIONS]], %[[INDEX]], %[[ZIGZAG]], %[[SHARD]]
func.func @depends_on_the_device(%x: tensor<5x3xf32, #dagrt.dist<@m, [_, _], of [5, 3]>>)
    -> (tensor<2xi32, #dagrt.dist<@m, ["x"], of [5]>>, tensor<1xi32, #dagrt.dist<@m, ["x"], of [3]>>,
        tensor<2xi32, #dagrt.dist<@m, ["x"], of [5]>>,
        tensor<2x3xf32, #dagrt.dist<@m, ["x", _], of [5, 3]>>) {
  %p = dagrt.positions : tensor<2xi32, #dagrt.dist<@m, ["x"], of [5]>>
  %i = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@m, ["x"], of [3]>>
  %z = dagrt.positions order zigzag<3> : tensor<2xi32, #dagrt.dist<@m, ["x"], of [5]>>
  %s = dagrt.all_slice %x dim 0 axes ["x"] : tensor<5x3xf32, #dagrt.dist<@m, [_, _], of [5, 3]>>
    -> tensor<2x3xf32, #dagrt.dist<@m, ["x", _], of [5, 3]>>
  return %p, %i, %z, %s : tensor<2xi32, #dagrt.dist<@m, ["x"], of [5]>>,
    tensor<1xi32, #dagrt.dist<@m, ["x"], of [3]>>, tensor<2xi32, #dagrt.dist<@m, ["x"], of [5]>>,
    tensor<2x3xf32, #dagrt.dist<@m, ["x", _], of [5, 3]>>
}

// Ids count from the device's first row.
// CHECK-LABEL: func.func @looks_up_own_rows(
// CHECK-SAME: %[[IDS:.*]]: tensor<2xi32> {{.*}}, %[[TABLE:.*]]: tensor<4x3xf32>
// CHECK: %[[INDEX:.*]] = arith.constant dense<2> : tensor<1xi32>
// CHECK: %[[SHARD:.*]] = tensor.extract %[[INDEX]]
// CHECK: %[[ROWS:.*]] = arith.constant 4 : i32
// CHECK: %[[FIRST:.*]] = arith.muli %[[SHARD]], %[[ROWS]] : i32
// CHECK: %[[FIRSTS:.*]] = tensor.splat %[[FIRST]]
// CHECK: %[[OWN:.*]] = arith.subi %[[IDS]], %[[FIRSTS]]
// CHECK: dagrt.embedding %[[OWN]], %[[TABLE]] : tensor<2xi32>, tensor<4x3xf32> -> tensor<2x3xf32>
func.func @looks_up_own_rows(%ids: tensor<2xi32, #dagrt.dist<@m, [_], of [2]>>)
    -> tensor<2x3xf32, #dagrt.dist<@m, [_, _], of [2, 3], partial ["x"]>> {
  %t = dagrt.parameter "t" : tensor<4x3xf32, #dagrt.dist<@m, ["x", _], of [10, 3]>>
  %i = dagrt.axis_index : tensor<1xi32, #dagrt.dist<@m, ["x"], of [3]>>
  %y = dagrt.embedding %ids, %t shard %i : tensor<2xi32, #dagrt.dist<@m, [_], of [2]>>,
    tensor<4x3xf32, #dagrt.dist<@m, ["x", _], of [10, 3]>>, tensor<1xi32, #dagrt.dist<@m, ["x"], of [3]>>
    -> tensor<2x3xf32, #dagrt.dist<@m, [_, _], of [2, 3], partial ["x"]>>
  return %y : tensor<2x3xf32, #dagrt.dist<@m, [_, _], of [2, 3], partial ["x"]>>
}

// -----

dagrt.mesh @a <"x" = 2> devices [1, 4]
dagrt.mesh @b <"y" = 3> devices [4, 5, 6]

// A message is posted where it is sent, and waited for where it is received; device 4 keeps what it
// needs itself. The ops of other meshes are not there.
// CHECK-LABEL: func.func @message(
// CHECK-SAME: %[[X:.*]]: tensor<3xf32>
// CHECK-SAME: -> (tensor<2xf32> {dagrt.result = 0 : i64}, tensor<3xf32> {dagrt.result = 1 : i64})
// CHECK: %[[ZERO:.*]] = arith.constant 0 : i64
// CHECK: call @dagrt_post(%[[ZERO]], %{{.*}}, %{{.*}})
// CHECK: call @dagrt_send_f32(
// CHECK: call @dagrt_end(
// CHECK: dagrt.relu %[[X]]
// CHECK: call @dagrt_receive_f32(%[[ZERO]],
// CHECK-NOT: dagrt.silu
// CHECK: return
func.func @message(%x: tensor<3xf32, #dagrt.dist<@a, ["x"], of [6]>>)
    -> (tensor<2xf32, #dagrt.dist<@b, ["y"], of [6]>>, tensor<3xf32, #dagrt.dist<@a, ["x"], of [6]>>) {
  %m = dagrt.send %x : tensor<3xf32, #dagrt.dist<@a, ["x"], of [6]>>
    -> !dagrt.message<tensor<2xf32, #dagrt.dist<@b, ["y"], of [6]>>>
  %r = dagrt.relu %x : tensor<3xf32, #dagrt.dist<@a, ["x"], of [6]>>
  %y = dagrt.recv %m : !dagrt.message<tensor<2xf32, #dagrt.dist<@b, ["y"], of [6]>>>
  return %y, %r : tensor<2xf32, #dagrt.dist<@b, ["y"], of [6]>>, tensor<3xf32, #dagrt.dist<@a, ["x"], of [6]>>
}

// A device has fewer queries than keys; to the op they are the last ones.
// CHECK-LABEL: func.func @attention(
// CHECK: dagrt.attention {{.*}} : tensor<1x2x1x1x2xf32>, tensor<1x4x1x2xf32>
func.func @attention(%q: tensor<1x2x1x1x2xf32, #dagrt.dist<@a, [_, "x", _, _, _], of [1, 4, 1, 1, 2]>>,
                     %k: tensor<1x4x1x2xf32, #dagrt.dist<@a, [_, _, _, _], of [1, 4, 1, 2]>>)
    -> tensor<1x2x1x1x2xf32, #dagrt.dist<@a, [_, "x", _, _, _], of [1, 4, 1, 1, 2]>> {
  %y = dagrt.attention %q, %k, %k scale 1.0
    : tensor<1x2x1x1x2xf32, #dagrt.dist<@a, [_, "x", _, _, _], of [1, 4, 1, 1, 2]>>,
      tensor<1x4x1x2xf32, #dagrt.dist<@a, [_, _, _, _], of [1, 4, 1, 2]>>,
      tensor<1x4x1x2xf32, #dagrt.dist<@a, [_, _, _, _], of [1, 4, 1, 2]>>
    -> tensor<1x2x1x1x2xf32, #dagrt.dist<@a, [_, "x", _, _, _], of [1, 4, 1, 1, 2]>>
  return %y : tensor<1x2x1x1x2xf32, #dagrt.dist<@a, [_, "x", _, _, _], of [1, 4, 1, 1, 2]>>
}

// Numbers in place of named sizes, in both forms.
// RUN: dagrt-opt %s --bind-sizes="sizes=seq_len=37" | FileCheck %s
// RUN: dagrt-opt %s --bind-sizes="sizes=seq_len=37" -o /dev/null --remarks-filter=bind-sizes \
// RUN:   --remark-format=emitRemark 2>&1 | FileCheck %s --check-prefix=REMARK
// REMARK: [Passed] SizeBound | Category:bind-sizes
// REMARK: Remark="seq_len is 37", Size=37
// RUN: dagrt-opt %s --bind-sizes | FileCheck %s --check-prefix=DEFAULT
// RUN: dagrt-opt %s --bind-sizes="sizes=seq_len=37^1,batch=2^1" | FileCheck %s
// RUN: dagrt-opt %s --bind-sizes="sizes=seq_len=2^20,batch=3^0" | FileCheck %s --check-prefix=POWER
// RUN: dagrt-opt %s --bind-sizes="sizes=seq_len=37" | dagrt-opt --bind-sizes | FileCheck %s

// CHECK-NOT: dagrt.sizes
// DEFAULT-NOT: dagrt.sizes
module attributes {dagrt.sizes = {batch = 2 : i64, seq_len = 40 : i64}} {

// CHECK: dagrt.mesh @base
// DEFAULT: dagrt.mesh @base
dagrt.mesh @base <"tp" = 2> devices [0, 1]
dagrt.mesh @pool <"sp" = 5> devices [2, 3, 4, 5, 6]

// CHECK-LABEL: @logical
// CHECK-SAME: tensor<2x37x8xf32>
// DEFAULT-LABEL: @logical
// DEFAULT-SAME: tensor<2x40x8xf32>
// POWER: func.func @logical(%{{.*}}: tensor<1x1048576x8xf32>)
func.func @logical(%x: tensor<?x?x8xf32, #dagrt.sizes<[batch, seq_len, 8]>>) -> tensor<?x1x8xf32, #dagrt.sizes<[batch, 1, 8]>> {
  // CHECK: dagrt.slice %{{.*}} dim 1 offset 36 : tensor<2x37x8xf32> -> tensor<2x1x8xf32>
  // DEFAULT: dagrt.slice %{{.*}} dim 1 offset 39 : tensor<2x40x8xf32> -> tensor<2x1x8xf32>
  %y = dagrt.slice %x dim 1 offset seq_len - 1
    : tensor<?x?x8xf32, #dagrt.sizes<[batch, seq_len, 8]>> -> tensor<?x1x8xf32, #dagrt.sizes<[batch, 1, 8]>>
  return %y : tensor<?x1x8xf32, #dagrt.sizes<[batch, 1, 8]>>
}

// The shards of 37 tokens are 8 long, with padding; the message brings what the pool needs.
// CHECK-LABEL: @placed
// CHECK-SAME: tensor<37x8xf32, #dagrt.dist<@base, [_, _], of [37, 8]>>
// CHECK-SAME: -> tensor<8x8xf32, #dagrt.dist<@pool, ["sp", _], of [37, 8]>>
func.func @placed(%x: tensor<?x8xf32, #dagrt.dist<@base, [_, _], of [seq_len, 8]>>)
    -> tensor<?x8xf32, #dagrt.dist<@pool, ["sp", _], of [seq_len, 8]>> {
  // CHECK: dagrt.all_slice %{{.*}} dim 0 axes ["tp"]
  // CHECK-SAME: -> tensor<19x8xf32, #dagrt.dist<@base, ["tp", _], of [37, 8]>>
  %s = dagrt.all_slice %x dim 0 axes ["tp"]
    : tensor<?x8xf32, #dagrt.dist<@base, [_, _], of [seq_len, 8]>>
    -> tensor<?x8xf32, #dagrt.dist<@base, ["tp", _], of [seq_len, 8]>>
  // CHECK: dagrt.send
  // CHECK-SAME: -> <tensor<8x8xf32, #dagrt.dist<@pool, ["sp", _], of [37, 8]>>>
  %m = dagrt.send %s : tensor<?x8xf32, #dagrt.dist<@base, ["tp", _], of [seq_len, 8]>>
    -> !dagrt.message<tensor<?x8xf32, #dagrt.dist<@pool, ["sp", _], of [seq_len, 8]>>>
  // CHECK: dagrt.recv
  %y = dagrt.recv %m : !dagrt.message<tensor<?x8xf32, #dagrt.dist<@pool, ["sp", _], of [seq_len, 8]>>>
  return %y : tensor<?x8xf32, #dagrt.dist<@pool, ["sp", _], of [seq_len, 8]>>
}

// The totals hold at 40 tokens; of others they are counted: 2 x 37 x 8 x 4 FLOPs.
// CHECK-LABEL: @totals
// CHECK-SAME: dagrt.logical = #dagrt.logical<flops = 2.368000e+03, parameters = 32>
// DEFAULT-LABEL: @totals
// DEFAULT-SAME: dagrt.logical = #dagrt.logical<flops = 2.560000e+03, parameters = 32>
func.func @totals(%x: tensor<?x8xf32, #dagrt.dist<@base, [_, _], of [seq_len, 8]>>)
    -> tensor<?x2xf32, #dagrt.dist<@base, [_, "tp"], of [seq_len, 4]>>
    attributes {dagrt.logical = #dagrt.logical<flops = 2.56e+03, parameters = 32, sizes = {seq_len = 40 : i64}>} {
  %w = dagrt.parameter "w" : tensor<8x2xf32, #dagrt.dist<@base, [_, "tp"], of [8, 4]>>
  %y = dagrt.matmul %x, %w : tensor<?x8xf32, #dagrt.dist<@base, [_, _], of [seq_len, 8]>>,
    tensor<8x2xf32, #dagrt.dist<@base, [_, "tp"], of [8, 4]>>
    -> tensor<?x2xf32, #dagrt.dist<@base, [_, "tp"], of [seq_len, 4]>>
  return %y : tensor<?x2xf32, #dagrt.dist<@base, [_, "tp"], of [seq_len, 4]>>
}

// IR from elsewhere may have sizes that no name stands for; they stay.
// CHECK-LABEL: @foreign
// CHECK-SAME: tensor<?xf32>
func.func private @foreign(tensor<?xf32>)

}

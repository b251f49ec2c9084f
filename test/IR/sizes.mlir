// Sizes: expressions in their one form, and the types that hold them.
// RUN: dagrt-opt %s | FileCheck %s
// RUN: dagrt-opt %s --verify-roundtrip > /dev/null
// RUN: dagrt-opt %s --mlir-print-op-generic | dagrt-opt | FileCheck %s
// RUN: dagrt-opt %s --emit-bytecode | dagrt-opt | FileCheck %s

// CHECK: module attributes {dagrt.sizes = {batch = 4 : i64, seq_len = 8192 : i64}}
module attributes {dagrt.sizes = {batch = 4 : i64, seq_len = 8192 : i64}} {

// CHECK-LABEL: @expressions
// CHECK-SAME: #dagrt.size<7>
// CHECK-SAME: #dagrt.size<n + 2>
// CHECK-SAME: #dagrt.size<n - m>
// CHECK-SAME: #dagrt.size<0>
// CHECK-SAME: #dagrt.size<m * m + 2 * m * n + n * n>
// CHECK-SAME: #dagrt.size<-2 * n>
// CHECK-SAME: #dagrt.size<8 - n>
// CHECK-SAME: #dagrt.size<n floordiv 5>
// CHECK-SAME: #dagrt.size<(m + 1) ceildiv 4 + 2 * n>
// CHECK-SAME: #dagrt.size<(n + 3) mod 4>
// CHECK-SAME: #dagrt.size<3 * n>
// CHECK-SAME: #dagrt.size<-4>
// CHECK-SAME: #dagrt.size<(2 * n) floordiv m>
// CHECK-SAME: #dagrt.size<n>
// CHECK-SAME: #dagrt.size<max(3, min(2 * n, m))>
// CHECK-SAME: #dagrt.size<n - m - 1>
// CHECK-SAME: #dagrt.size<m * (n mod 2)>
func.func private @expressions() attributes {all = [
  #dagrt.size<3 + 4>,
  #dagrt.size<(n + 1) * 2 - n>,
  #dagrt.size<n - m>,
  #dagrt.size<n * m - m * n>,
  #dagrt.size<(n + m) * (m + n)>,
  #dagrt.size<n - 3 * n>,
  #dagrt.size<8 - n>,
  #dagrt.size<n floordiv 5>,
  #dagrt.size<(8 * n + m + 1) ceildiv 4>,
  #dagrt.size<(4 * m + n + 3) mod 4>,
  #dagrt.size<6 * n floordiv 2>,
  #dagrt.size<-7 floordiv 2>,
  #dagrt.size<2 * n floordiv m>,
  #dagrt.size<min(n, n + 3)>,
  #dagrt.size<max(3, min(m, n * 2))>,
  #dagrt.size<n - (m + 1)>,
  #dagrt.size<m * (n mod 2)>
]}

// An expression whose coefficients do not fit stays as it was written.
// CHECK-LABEL: @unsimplified
// CHECK-SAME: #dagrt.size<9223372036854775807 + 1>
// CHECK-SAME: #dagrt.size<4294967296 * 4294967296>
func.func private @unsimplified() attributes {all = [
  #dagrt.size<9223372036854775807 + 1>, #dagrt.size<4294967296 * 4294967296>]}

// CHECK-LABEL: @logical
// CHECK-SAME: tensor<?x?x64xbf16, #dagrt.sizes<[batch, seq_len, 64]>>
// CHECK-SAME: tensor<?xbf16>
func.func private @logical(tensor<?x?x64xbf16, #dagrt.sizes<[batch, seq_len, 64]>>, tensor<?xbf16>)

dagrt.mesh @pool <"sp" = 5> devices [8, 9, 10, 11, 12]

// CHECK-LABEL: @placed
// CHECK-SAME: tensor<1x?x64xbf16, #dagrt.dist<@pool, [_, "sp", _], of [1, seq_len, 64]>>
// CHECK-SAME: !dagrt.message<tensor<?xf32, #dagrt.dist<@pool, [_], of [batch * seq_len]>>>
// CHECK-SAME: tensor<1x13xbf16, #dagrt.dist<@pool, [_, "sp"], of [1, 64]>>
// CHECK-SAME: tensor<?xf32, #dagrt.dist<@pool, [_], of [seq_len], partial ["sp"]>>
func.func private @placed(
  tensor<1x?x64xbf16, #dagrt.dist<@pool, [_, "sp", _], of [1, seq_len, 64]>>,
  !dagrt.message<tensor<?xf32, #dagrt.dist<@pool, [_], of [seq_len * batch]>>>,
  tensor<1x13xbf16, #dagrt.dist<@pool, [_, "sp"], of [1, 60 + 4]>>,
  tensor<?xf32, #dagrt.dist<@pool, [_], of [seq_len], partial ["sp"]>>)

// CHECK-LABEL: @slices
func.func @slices(%x: tensor<1x?x64xf32, #dagrt.sizes<[1, seq_len, 64]>>)
    -> (tensor<1x1x64xf32>, tensor<1x?x64xf32, #dagrt.sizes<[1, seq_len floordiv 2, 64]>>) {
  // CHECK: dagrt.slice %{{.*}} dim 1 offset seq_len - 1 :
  %last = dagrt.slice %x dim 1 offset seq_len - 1
    : tensor<1x?x64xf32, #dagrt.sizes<[1, seq_len, 64]>> -> tensor<1x1x64xf32>
  // CHECK: dagrt.slice %{{.*}} dim 1 offset 0 :
  %half = dagrt.slice %x dim 1 offset 0
    : tensor<1x?x64xf32, #dagrt.sizes<[1, seq_len, 64]>>
    -> tensor<1x?x64xf32, #dagrt.sizes<[1, seq_len floordiv 2, 64]>>
  return %last, %half
    : tensor<1x1x64xf32>, tensor<1x?x64xf32, #dagrt.sizes<[1, seq_len floordiv 2, 64]>>
}

// CHECK: func.func private @totals()
// CHECK-SAME: dagrt.logical = #dagrt.logical<flops = 2.000000e+00, parameters = 3, sizes = {seq_len = 8 : i64}>
func.func private @totals() attributes {dagrt.logical =
  #dagrt.logical<flops = 2.0, parameters = 3, sizes = {seq_len = 8 : i64}>}

}

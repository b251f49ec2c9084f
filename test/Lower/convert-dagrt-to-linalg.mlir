// The smallest case of each kind of op: what is summed, sliced and moved.
// RUN: dagrt-opt %s --convert-dagrt-to-linalg | FileCheck %s --implicit-check-not=dagrt.
// RUN: sed '/@passes_[o]ther/,$d' %s | dagrt-opt --convert-dagrt-to-linalg=element-type=f64 \
// RUN:   | FileCheck %s --check-prefix=F64 --implicit-check-not=f32

dagrt.mesh @m <"dp" = 2, "tp" = 3> devices [0, 1, 2, 3, 4, 5]

// The columns are the innermost dim, consecutive in the right operand and in the result.
// CHECK-LABEL: func.func @matmul(
// CHECK:         linalg.fill
// CHECK:         linalg.contract indexing_maps = [#[[$LHS:.*]], #[[$RHS:.*]], #[[$OUT:.*]]]
// CHECK-SAME:      ins(%{{.*}}, %{{.*}} : tensor<1x4x2x3xf32>, tensor<2x3x5xf32>)
// CHECK-SAME:      -> tensor<1x4x5xf32>
func.func @matmul(%x: tensor<1x4x2x3xf32>, %w: tensor<2x3x5xf32>) -> tensor<1x4x5xf32> {
  %y = dagrt.matmul %x, %w contract 2 : tensor<1x4x2x3xf32>, tensor<2x3x5xf32> -> tensor<1x4x5xf32>
  return %y : tensor<1x4x5xf32>
}

// Matmuls of bf16 are summed in f32, and rounded once.
// CHECK-LABEL: func.func @matmul_bf16(
// CHECK:         linalg.contract
// CHECK-SAME:      tensor<4x8xbf16>, tensor<8x2xbf16>) outs(%{{.*}} : tensor<4x2xf32>)
// CHECK:         arith.truncf %{{.*}} : f32 to bf16
// F64-LABEL: func.func @matmul_bf16(
// F64-SAME:    tensor<4x8xf64>, %{{.*}}: tensor<8x2xf64>) -> tensor<4x2xf64>
// F64:         linalg.contract
// F64-NOT:     truncf
func.func @matmul_bf16(%x: tensor<4x8xbf16>, %w: tensor<8x2xbf16>) -> tensor<4x2xbf16> {
  %y = dagrt.matmul %x, %w : tensor<4x8xbf16>, tensor<8x2xbf16> -> tensor<4x2xbf16>
  return %y : tensor<4x2xbf16>
}

!x = tensor<4x8xf32, #dagrt.dist<@m, [_, _], of [4, 8]>>
!b = tensor<8xf32, #dagrt.dist<@m, [_], of [8]>>
// The devices are a dim that a bias has, too.
// CHECK-LABEL: func.func @add_placed(
// CHECK:         linalg.generic
// CHECK-SAME:      ins(%{{.*}}, %{{.*}} : tensor<6x4x8xf32>, tensor<6x8xf32>)
// CHECK:           arith.addf
func.func @add_placed(%x: !x, %b: !b) -> !x {
  %y = dagrt.add %x, %b : !x, !b -> !x
  return %y : !x
}

// CHECK-LABEL: func.func @rms_norm(
// CHECK:         arith.mulf %[[X:.*]], %[[X]]
// CHECK:         linalg.reduce { arith.addf } {{.*}} dimensions = [1]
// CHECK:         arith.divf
// CHECK:         math.sqrt
func.func @rms_norm(%x: tensor<4x8xf32>, %s: tensor<8xf32>) -> tensor<4x8xf32> {
  %y = dagrt.rms_norm %x, %s epsilon 1.0e-5 : tensor<4x8xf32>, tensor<8xf32>
  return %y : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @softmax(
// CHECK:         arith.cmpi sle
// CHECK:         arith.cmpi sgt
// CHECK:         linalg.reduce { arith.maximumf } {{.*}} dimensions = [1]
// CHECK:         math.exp
// CHECK:         arith.cmpi sle
// CHECK:         linalg.reduce { arith.addf } {{.*}} dimensions = [1]
// CHECK:         arith.cmpf oeq
// CHECK:         arith.divf
func.func @softmax(%s: tensor<3x4xf32>, %q: tensor<3xi32>, %k: tensor<4xi32>) -> tensor<3x4xf32> {
  %y = dagrt.softmax %s positions %q, %k causal window 2
    : tensor<3x4xf32>, tensor<3xi32>, tensor<4xi32>
  return %y : tensor<3x4xf32>
}

// Angles are f64; what is not turned stays in place.
// CHECK-LABEL: func.func @rope(
// CHECK-SAME:    %[[X:[a-z0-9]+]]: tensor<1x3x2x8xf32>
// CHECK:         dense<[1.000000e+00, 1.000000e-02]> : tensor<2xf64>
// CHECK:         math.cos %{{.*}} : f64
// CHECK:         math.sin %{{.*}} : f64
// CHECK:         tensor.extract_slice %[[X]][0, 0, 0, 0] [1, 3, 2, 2] [1, 1, 1, 2]
// CHECK:         tensor.extract_slice %[[X]][0, 0, 0, 1] [1, 3, 2, 2] [1, 1, 1, 2]
// CHECK:         tensor.insert_slice %{{.*}} into %[[X]][0, 0, 0, 0] [1, 3, 2, 2] [1, 1, 1, 2]
// CHECK:         tensor.insert_slice %{{.*}}[0, 0, 0, 1] [1, 3, 2, 2] [1, 1, 1, 2]
func.func @rope(%x: tensor<1x3x2x8xf32>, %p: tensor<3xi32>) -> tensor<1x3x2x8xf32> {
  %y = dagrt.rope %x, %p <theta 10000.0, dims 4, interleaved> : tensor<1x3x2x8xf32>, tensor<3xi32>
  return %y : tensor<1x3x2x8xf32>
}

// Below zero is past the end, as an unsigned number.
// CHECK-LABEL: func.func @embedding(
// CHECK:         arith.cmpi ult
// CHECK:         tensor.extract
// CHECK:         arith.select
func.func @embedding(%ids: tensor<4xi32>, %t: tensor<5x2xf32>) -> tensor<4x2xf32> {
  %y = dagrt.embedding %ids, %t : tensor<4xi32>, tensor<5x2xf32> -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// An order is a table, however many blocks it has.
// CHECK-LABEL: func.func @reorder(
// CHECK-SAME:    %[[X:[a-z0-9]+]]:
// CHECK:         dense<[0, 1, 6, 2, 3, 4, 5]> : tensor<7xi32>
// CHECK:         tensor.extract %[[X]]
func.func @reorder(%x: tensor<1x7xf32>) -> tensor<1x7xf32> {
  %y = dagrt.reorder %x dim 1 order zigzag<2> : tensor<1x7xf32>
  return %y : tensor<1x7xf32>
}

!cut = tensor<2x8xf32, #dagrt.dist<@m, ["tp", _], of [4, 8]>>
// Each group of three devices on its own: "dp" stays a dim.
// CHECK-LABEL: func.func @all_gather(
// CHECK:         tensor.expand_shape {{.*}} : tensor<6x2x8xf32> into tensor<2x3x2x8xf32>
// CHECK:         tensor.collapse_shape {{.*}} : tensor<2x3x2x8xf32> into tensor<2x6x8xf32>
// CHECK:         tensor.extract_slice {{.*}} to tensor<2x4x8xf32>
// CHECK:         linalg.broadcast {{.*}} dimensions = [1]
// CHECK:         tensor.collapse_shape {{.*}} into tensor<6x4x8xf32>
func.func @all_gather(%x: !cut) -> !x {
  %y = dagrt.all_gather %x dim 0 axes ["tp"] : !cut -> !x
  return %y : !x
}

// Each device's own replica is cut: the diagonal of devices and parts. Padding is cleared.
// CHECK-LABEL: func.func @all_slice(
// CHECK:         tensor.pad
// CHECK:         tensor.expand_shape {{.*}} into tensor<2x3x3x2x8xf32>
// CHECK:         linalg.generic
// CHECK-SAME:      ins(%{{.*}} : tensor<2x3x3x2x8xf32>) outs(%{{.*}} : tensor<2x3x2x8xf32>)
// CHECK:         arith.cmpi ult
// CHECK:         arith.select
func.func @all_slice(%x: !x) -> !cut {
  %y = dagrt.all_slice %x dim 0 axes ["tp"] : !x -> !cut
  return %y : !cut
}

!partial = tensor<4x8xf32, #dagrt.dist<@m, [_, _], of [4, 8], partial ["tp"]>>
// CHECK-LABEL: func.func @reduce_scatter(
// CHECK:         linalg.reduce { arith.addf } {{.*}} dimensions = [1]
// CHECK:         tensor.expand_shape {{.*}} : tensor<2x6x8xf32> into tensor<2x3x2x8xf32>
// CHECK:         tensor.collapse_shape {{.*}} into tensor<6x2x8xf32>
func.func @reduce_scatter(%x: !partial) -> !cut {
  %y = dagrt.reduce_scatter %x dim 0 axes ["tp"] : !partial -> !cut
  return %y : !cut
}

!turned = tensor<4x3xf32, #dagrt.dist<@m, [_, "tp"], of [4, 8]>>
// Devices and parts are exchanged.
// CHECK-LABEL: func.func @all_to_all(
// CHECK:         tensor.expand_shape {{.*}} into tensor<2x3x2x3x3xf32>
// CHECK:         linalg.transpose {{.*}} permutation = [0, 3, 1, 2, 4]
// CHECK:         tensor.collapse_shape {{.*}} : tensor<2x3x3x2x3xf32> into tensor<2x3x6x3xf32>
func.func @all_to_all(%x: !cut) -> !turned {
  %y = dagrt.all_to_all %x gather 0 scatter 1 axes ["tp"] : !cut -> !turned
  return %y : !turned
}

!rot = tensor<2x8xf32, #dagrt.dist<@m, ["tp"+1, _], of [4, 8]>>
// CHECK-LABEL: func.func @shift(
// CHECK:         tensor.extract_slice %{{.*}}[0, 1, 0, 0] [2, 2, 2, 8]
// CHECK:         tensor.insert_slice %{{.*}}[0, 0, 0, 0] [2, 2, 2, 8]
// CHECK:         tensor.extract_slice %{{.*}}[0, 0, 0, 0] [2, 1, 2, 8]
// CHECK:         tensor.insert_slice %{{.*}}[0, 2, 0, 0] [2, 1, 2, 8]
func.func @shift(%x: !cut) -> !rot {
  %y = dagrt.shift %x dim 0 by 1 : !cut -> !rot
  return %y : !rot
}

dagrt.mesh @n <"sp" = 2> devices [6, 7]
!to = tensor<4x4xf32, #dagrt.dist<@n, [_, "sp"], of [4, 8]>>
// A message goes through the global value.
// CHECK-LABEL: func.func @send(
// CHECK:         tensor.collapse_shape {{.*}} : tensor<3x2x8xf32> into tensor<6x8xf32>
// CHECK:         tensor.extract_slice {{.*}} to tensor<4x8xf32>
// CHECK:         linalg.transpose {{.*}} permutation = [1, 0, 2]
// CHECK-NEXT:    return
func.func @send(%x: !cut) -> !to {
  %m = dagrt.send %x : !cut -> !dagrt.message<!to>
  %y = dagrt.recv %m : !dagrt.message<!to>
  return %y : !to
}

// CHECK-LABEL: func.func @positions(
// CHECK:         linalg.index 0
// CHECK:         tensor.expand_shape {{.*}} : tensor<6xi32> into tensor<2x3xi32>
func.func @positions() -> tensor<3xi32, #dagrt.dist<@n, ["sp"], of [5]>> {
  %y = dagrt.positions first 2 : tensor<3xi32, #dagrt.dist<@n, ["sp"], of [5]>>
  return %y : tensor<3xi32, #dagrt.dist<@n, ["sp"], of [5]>>
}

// CHECK-LABEL: func.func @passes_other_dialects(
// CHECK-NEXT:    linalg.matmul
// CHECK-NEXT:    return
func.func @passes_other_dialects(%x: tensor<4x8xf32>, %w: tensor<8x2xf32>, %o: tensor<4x2xf32>)
    -> tensor<4x2xf32> {
  %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x2xf32>)
    outs(%o : tensor<4x2xf32>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

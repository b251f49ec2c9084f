// Bytecode keeps programs, and says which version of the dialect wrote it.
// RUN: dagrt-opt %S/ops.mlir > %t.ops
// RUN: dagrt-opt %S/ops.mlir --emit-bytecode | dagrt-opt | diff %t.ops -
// RUN: dagrt-opt %S/attributes.mlir > %t.attributes
// RUN: dagrt-opt %S/attributes.mlir --emit-bytecode | dagrt-opt | diff %t.attributes -
// RUN: dagrt-opt %s --emit-bytecode | dagrt-opt --emit-bytecode > %t.twice
// RUN: dagrt-opt %s --emit-bytecode | diff - %t.twice
// RUN: dagrt-opt %t.twice | FileCheck %s

// A file of a later version is refused. The version is the varint after the dialect's name in
// the table of dialects; the file is written with version 3 and changed to 5.
// RUN: %python %S/Inputs/change_version.py %t.twice %t.later
// RUN: not dagrt-opt %t.later 2>&1 | FileCheck %s --check-prefix=LATER
// LATER: error: expects dagrt bytecode of version 3 or earlier, got version 5

// A file of version 1, in which these ops had other properties, is read.
// RUN: dagrt-opt %S/Inputs/version-1.mlirbc | FileCheck %s --check-prefix=FIRST
// FIRST: dagrt.rope %arg0, %0 <theta 1.000000e+04, dims 8> : tensor<1x4x2x8xf32>, tensor<4xi32>
// FIRST: dagrt.attention %arg1, %1, %arg0 positions %0, %0 causal window 3 scale 5.000000e-01
// FIRST: dagrt.matmul %1, %arg2 : tensor<1x4x2x8xf32>, tensor<8x6xf32>
// FIRST: dagrt.add %1, %arg0 : tensor
// FIRST: dagrt.mul %{{.*}}, %arg0 : tensor
// FIRST: dagrt.softmax %arg3 positions %0, %0 causal

// So is one of version 2, in which attention did not say how many keys are visible.
// RUN: dagrt-opt %S/Inputs/version-2.mlirbc | FileCheck %s --check-prefix=SECOND
// SECOND: dagrt.attention %arg0, %arg1 value_dims 8 positions %0, %0 causal window 3 soft_cap 2.000000e+00 sink %arg2 scale 5.000000e-01
// SECOND: dagrt.attention %arg0, %arg1, %arg1 scale 5.000000e-01

// CHECK: dagrt.mesh @base <"tp" = 2> devices [0, 1]
dagrt.mesh @base <"tp" = 2> devices [0, 1]
// CHECK: dagrt.all_reduce %{{.*}} axes ["tp"] {dagrt.role = #dagrt.role<ffn.down, layer 1>}
func.func @f(%x: tensor<4xf32, #dagrt.dist<@base, [_], of [4], partial ["tp"]>>) {
  %y = dagrt.all_reduce %x axes ["tp"] {dagrt.role = #dagrt.role<ffn.down, layer 1>}
    : tensor<4xf32, #dagrt.dist<@base, [_], of [4], partial ["tp"]>>
    -> tensor<4xf32, #dagrt.dist<@base, [_], of [4]>>
  return
}

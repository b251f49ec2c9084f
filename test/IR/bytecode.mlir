// Bytecode keeps programs, and says which version of the dialect wrote it.
// RUN: dagrt-opt %S/ops.mlir > %t.ops
// RUN: dagrt-opt %S/ops.mlir --emit-bytecode | dagrt-opt | diff %t.ops -
// RUN: dagrt-opt %S/attributes.mlir > %t.attributes
// RUN: dagrt-opt %S/attributes.mlir --emit-bytecode | dagrt-opt | diff %t.attributes -
// RUN: dagrt-opt %s --emit-bytecode | dagrt-opt --emit-bytecode > %t.twice
// RUN: dagrt-opt %s --emit-bytecode | diff - %t.twice
// RUN: dagrt-opt %t.twice | FileCheck %s

// A file of a later version is refused. The version is the varint after the dialect's name in
// the table of dialects; the file is written with version 1 and changed to 5.
// RUN: %python %S/Inputs/change_version.py %t.twice %t.later
// RUN: not dagrt-opt %t.later 2>&1 | FileCheck %s --check-prefix=LATER
// LATER: error: expects dagrt bytecode of version 1 or earlier, got version 5

// CHECK: dagrt.mesh @base <"tp" = 2> devices [0, 1]
dagrt.mesh @base <"tp" = 2> devices [0, 1]
// CHECK: dagrt.all_reduce %{{.*}} axes ["tp"] {dagrt.role = #dagrt.role<ffn.down, layer 1>}
func.func @f(%x: tensor<4xf32, #dagrt.dist<@base, [_], of [4], partial ["tp"]>>) {
  %y = dagrt.all_reduce %x axes ["tp"] {dagrt.role = #dagrt.role<ffn.down, layer 1>}
    : tensor<4xf32, #dagrt.dist<@base, [_], of [4], partial ["tp"]>>
    -> tensor<4xf32, #dagrt.dist<@base, [_], of [4]>>
  return
}

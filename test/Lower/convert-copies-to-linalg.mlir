// RUN: dagrt-opt %s --convert-copies-to-linalg | FileCheck %s
// RUN: dagrt-opt %s --convert-copies-to-linalg > %t.once
// RUN: dagrt-opt %s --convert-copies-to-linalg --convert-copies-to-linalg | diff - %t.once

// CHECK-LABEL: func.func @converts_strided(
// CHECK-NEXT:    linalg.copy ins(%{{.*}} : memref<4x2xf32, strided<[8, 1]>>)
func.func @converts_strided(%x: memref<4x2xf32, strided<[8, 1]>>, %y: memref<4x2xf32>) {
  memref.copy %x, %y : memref<4x2xf32, strided<[8, 1]>> to memref<4x2xf32>
  return
}

// CHECK-LABEL: func.func @keeps_contiguous(
// CHECK-NEXT:    memref.copy
func.func @keeps_contiguous(%x: memref<4x2xf32, strided<[2, 1], offset: 4>>, %y: memref<4x2xf32>) {
  memref.copy %x, %y : memref<4x2xf32, strided<[2, 1], offset: 4>> to memref<4x2xf32>
  return
}

// RUN: dagrt-opt %s --convert-copies-to-linalg --remarks-filter='.*' --remark-format=emitRemark \
// RUN:   -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// REMARK: [Passed] CopiesConverted | Category:convert-copies-to-linalg

// What the passes that lower a program say that they did.

// RUN: dagrt-opt %s --hoist-parameters --outline-ops --remarks-filter='.*' --remark-format=emitRemark \
// RUN:   -o /dev/null 2>&1 | FileCheck %s --check-prefix=OUTLINE
// OUTLINE: remark: [Passed] ParametersHoisted | Category:hoist-parameters | Function=f
// OUTLINE-SAME: Parameters=1, Remark="1 parameters are arguments, after 1 inputs"
// OUTLINE: remark: [Analysis] OpsOutlined | Category:outline-ops
// OUTLINE-SAME: Calls=4, Functions=3, Remark="4 ops are calls of 3 functions"

// RUN: dagrt-opt %s --hoist-parameters --convert-dagrt-to-linalg=element-type=f64 \
// RUN:   --remarks-filter='convert.*' --remark-format=emitRemark -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=LINALG
// LINALG: remark: [Analysis] OpsConverted | Category:convert-dagrt-to-linalg
// LINALG-SAME: Ops=4, Remark="4 ops compute in f64"

// RUN: dagrt-opt %s --extract-rank=device=1 --remarks-filter=extract-rank \
// RUN:   --remark-format=emitRemark -o %t.rank.mlir 2>&1 | FileCheck %s --check-prefix=RANK
// Each of the four ops begins and ends with a call.
// RANK: remark: [Analysis] RankExtracted | Category:extract-rank | Function=f
// RANK-SAME: Ops=18, Remark="device 1 runs 18 ops, of which 8 call the runtime", RuntimeCalls=8

dagrt.mesh @m <"tp" = 2> devices [0, 1]

!x = tensor<4x8xf32, #dagrt.dist<@m, [_, _], of [4, 8]>>
!shard = tensor<4x4xf32, #dagrt.dist<@m, [_, "tp"], of [4, 8]>>
!w = tensor<8x4xf32, #dagrt.dist<@m, [_, "tp"], of [8, 8]>>

func.func @f(%x: !x) -> !shard {
  %w = dagrt.parameter "w" : !w
  %y = dagrt.matmul %x, %w : !x, !w -> !shard
  %z = dagrt.silu %y : !shard
  %u = dagrt.silu %z : !shard
  %v = dagrt.add %u, %z : !shard, !shard -> !shard
  return %v : !shard
}

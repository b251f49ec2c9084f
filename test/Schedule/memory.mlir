// RUN: dagrt-opt %s --critical-path="format=json report=%t.json" -o /dev/null
// RUN: FileCheck %s < %t.json
// RUN: dagrt-opt %s --critical-path="report=%t.txt" -o /dev/null
// RUN: FileCheck %s --check-prefix=TEXT < %t.txt
// RUN: not grep -E '.{101}' %t.txt

// What a device holds at most, when, and of what: worked out by hand. A device has 1000 bytes.

#tiny = #dagrt.device<"tiny", {memory_gb = 1.000000e-06}>
#cluster = #dagrt.cluster<"lab", 2 nodes of 4, #tiny, links {}>
!whole = tensor<8x8xf32, #dagrt.dist<@a, [_, _], of [8, 8]>>
!cut = tensor<4x8xf32, #dagrt.dist<@a, ["x", _], of [8, 8]>>
!whole_b = tensor<8x8xf32, #dagrt.dist<@b, [_, _], of [8, 8]>>
!whole_c = tensor<8x8xf32, #dagrt.dist<@c, [_, _], of [8, 8]>>

dagrt.mesh @a <"x" = 2> devices [0, 1]
dagrt.mesh @b <"x" = 2> devices [2, 3]
// Shares device 1 with @a.
dagrt.mesh @c <"x" = 2> devices [1, 4]

// A value lives until the end of its last user: %x and %y, then %y and %z, then %z and %u.
// CHECK: "function": "chain"
// CHECK: "device_memory_bytes": 1000,
// CHECK-NEXT: "device_reserved_bytes": 0,
// CHECK-NEXT: "fits_in_memory": true,
// CHECK: "memory": {
// CHECK-NEXT: "peak_bytes": 512,
// CHECK-NEXT: "at_us": 0.000000,
// CHECK-NEXT: "fits": true,
// CHECK-NEXT: "weight_bytes": 0,
// CHECK-NEXT: "keys_and_values_bytes": 0,
// CHECK-NEXT: "kept_bytes": 0,
// CHECK-NEXT: "largest": [
// CHECK-NEXT: {
// CHECK-NEXT: "name": "argument #0",
// CHECK-NEXT: "bytes": 256
// CHECK: "name": "silu@a",
// CHECK-NEXT: "bytes": 256
// TEXT: @chain:
// TEXT-NOT: does NOT fit
// TEXT: memory of a: 512 B of 1.000 kB at 0, fits; weights 0 B, argument #0 256 B, silu@a 256 B
func.func @chain(%x: !whole) -> !whole attributes {dagrt.cluster = #cluster} {
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<1000000 ps>} : !whole
  %z = dagrt.relu %y {dagrt.cost = #dagrt.cost<1000000 ps>} : !whole
  %u = dagrt.gelu %z {dagrt.cost = #dagrt.cost<1000000 ps>} : !whole
  return %u : !whole
}

// A later reader of %y keeps it: %y, %z and %u at 2 us. A parameter is there all the time, and once.
// CHECK: "function": "residual"
// CHECK: "fits_in_memory": false,
// CHECK: "peak_bytes": 1024,
// CHECK-NEXT: "at_us": 2.000000,
// CHECK-NEXT: "fits": false,
// CHECK-NEXT: "weight_bytes": 256,
// TEXT: @residual: 4.000 us, does NOT fit in memory, on 
// TEXT: memory of a: 1.024 kB of 1.000 kB at 2.000 us, does NOT fit{{$}}
// TEXT-NEXT: weights 256 B, silu@a 256 B, add@a 256 B, gelu@a 256 B
func.func @residual(%x: !whole) -> !whole attributes {dagrt.cluster = #cluster} {
  %w = dagrt.parameter "w" : !whole
  %w2 = dagrt.parameter "w" : !whole
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<1000000 ps>} : !whole
  %z = dagrt.add %y, %w {dagrt.cost = #dagrt.cost<1000000 ps>} : !whole, !whole -> !whole
  %u = dagrt.gelu %z {dagrt.cost = #dagrt.cost<1000000 ps>} : !whole
  %v = dagrt.add %u, %y {dagrt.cost = #dagrt.cost<1000000 ps>} : !whole, !whole -> !whole
  return %v : !whole
}

// A slice is no copy: it keeps all of %y, so that there are %y, %z and %u at 2 us.
// CHECK: "function": "view"
// CHECK: "peak_bytes": 512,
// CHECK-NEXT: "at_us": 2.000000,
// TEXT: @view:
func.func @view(%x: !cut) -> !cut attributes {dagrt.cluster = #cluster} {
  %y = dagrt.all_gather %x dim 0 axes ["x"] {dagrt.cost = #dagrt.cost<1000000 ps>} : !cut -> !whole
  %p = dagrt.all_slice %y dim 0 axes ["x"] : !whole -> !cut
  %z = dagrt.relu %p {dagrt.cost = #dagrt.cost<1000000 ps>} : !cut
  %u = dagrt.gelu %z {dagrt.cost = #dagrt.cost<1000000 ps>} : !cut
  %v = dagrt.add %p, %u {dagrt.cost = #dagrt.cost<1000000 ps>} : !cut, !cut -> !cut
  return %v : !cut
}

// Device 1 is of both meshes, and holds what both hold: weights of 256 and 256, and at 0 %x, %y and %z.
// CHECK: "function": "shared"
// CHECK: "name": "a",
// CHECK: "peak_bytes": 1280,
// CHECK: "weight_bytes": 512,
// CHECK: "name": "c",
// CHECK: "peak_bytes": 1280,
// TEXT: @shared:
func.func @shared(%x: !whole, %z: !whole_c) -> (!whole, !whole_c) attributes {dagrt.cluster = #cluster} {
  %w = dagrt.parameter "w" : !whole
  %wc = dagrt.parameter "w" : !whole_c
  %y = dagrt.add %x, %w {dagrt.cost = #dagrt.cost<1000000 ps>} : !whole, !whole -> !whole
  %u = dagrt.add %z, %wc {dagrt.cost = #dagrt.cost<1000000 ps>} : !whole_c, !whole_c -> !whole_c
  return %y, %u : !whole, !whole_c
}

// A message takes memory at its destination from the start of the transfer (1 us), and is what the
// receiver has; the source keeps %y until the transfer's end.
// CHECK: "function": "message"
// CHECK: "name": "a",
// CHECK: "peak_bytes": 512,
// CHECK: "name": "b",
// CHECK: "peak_bytes": 512,
// CHECK-NEXT: "at_us": 3.000000,
// CHECK: "name": "send@a->b",
// CHECK-NEXT: "bytes": 256
// CHECK: "name": "gelu@b",
// TEXT: @message:
func.func @message(%x: !whole) -> !whole_b attributes {dagrt.cluster = #cluster} {
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<1000000 ps>} : !whole
  %m = dagrt.send %y {dagrt.cost = #dagrt.cost<2000000 ps>} : !whole -> !dagrt.message<!whole_b>
  %r = dagrt.recv %m : !dagrt.message<!whole_b>
  %z = dagrt.gelu %r {dagrt.cost = #dagrt.cost<1000000 ps>} : !whole_b
  return %z : !whole_b
}

// A function that is not placed is one device.
// CHECK: "function": "one"
// CHECK: "peak_bytes": 64,
// TEXT: memory: 64 B of 1.000 kB at 0, fits; weights 0 B, argument #0 32 B, silu 32 B
func.func @one(%x: tensor<8xf32>) -> tensor<8xf32> attributes {dagrt.cluster = #cluster} {
  %y = dagrt.silu %x {dagrt.cost = #dagrt.cost<1000000 ps>} : tensor<8xf32>
  return %y : tensor<8xf32>
}

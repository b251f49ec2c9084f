// RUN: dagrt-opt %s --split-input-file --verify-diagnostics

dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @f(%x: tensor<4x8xf32>, %w: tensor<8x6xf32>) -> tensor<4x6xf32> {
  // matmul_step-c1
  // expected-error@+1 {{'dagrt.matmul_step' op expects operand #0 to be placed, got 'tensor<4x8xf32>'}}
  %0 = dagrt.matmul_step %x, %w step 0 of 1
    : tensor<4x8xf32>, tensor<8x6xf32> -> tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}

// -----

#x = #dagrt.dist<@m, [_, "tp"], of [4, 8]>
#w = #dagrt.dist<@m, [_, "tp"], of [8, 6]>
#y = #dagrt.dist<@m, [_, "tp"], of [4, 6]>
dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @f(%x: tensor<4x4xf32, #x>, %w: tensor<8x3xf32, #w>) {
  // matmul_step-c1
  // expected-error@+1 {{'dagrt.matmul_step' op expects to contract 1 to 2 dims, got 3}}
  %0 = dagrt.matmul_step %x, %w contract 3 step 0 of 2
    : tensor<4x4xf32, #x>, tensor<8x3xf32, #w> -> tensor<4x3xf32, #y>
  return
}

// -----

#x = #dagrt.dist<@m, [_, "tp"], of [4, 8]>
#w = #dagrt.dist<@m, [_, "tp"], of [9, 6]>
#y = #dagrt.dist<@m, [_, "tp"], of [4, 6]>
dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-note@+2 {{left operand defined here}}
// expected-note@+1 {{right operand defined here}}
func.func @f(%x: tensor<4x4xf32, #x>, %w: tensor<9x3xf32, #w>) {
  // matmul_step-c1
  // expected-error@+1 {{'dagrt.matmul_step' op expects a dim of 8 elements in both of its tensors, got 9}}
  %0 = dagrt.matmul_step %x, %w step 0 of 2
    : tensor<4x4xf32, #x>, tensor<9x3xf32, #w> -> tensor<4x3xf32, #y>
  return
}

// -----

#x = #dagrt.dist<@m, [_, "tp"], of [4, 8], partial ["dp"]>
#w = #dagrt.dist<@m, [_, "tp"], of [8, 6]>
#y = #dagrt.dist<@m, [_, "tp"], of [4, 6], partial ["dp"]>
dagrt.mesh @m <"dp" = 2, "tp" = 2> devices [0, 1, 2, 3]
func.func @f(%x: tensor<4x4xf32, #x>, %w: tensor<8x3xf32, #w>) {
  // matmul_step-c1
  // expected-error@+1 {{'dagrt.matmul_step' op expects operand #0 not to be partial, got a sum not yet reduced over ["dp"]}}
  %0 = dagrt.matmul_step %x, %w step 0 of 2
    : tensor<4x4xf32, #x>, tensor<8x3xf32, #w> -> tensor<4x3xf32, #y>
  return
}

// -----

#x = #dagrt.dist<@m, [_, _], of [4, 8]>
#w = #dagrt.dist<@m, [_, "tp"], of [8, 6]>
#y = #dagrt.dist<@m, [_, "tp"], of [4, 6]>
dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @f(%x: tensor<4x8xf32, #x>, %w: tensor<8x3xf32, #w>) {
  // matmul_step-c2
  // expected-error@+1 {{'dagrt.matmul_step' op expects one dim to be sharded over one full axis in one tensor and replicated in the other, got none}}
  %0 = dagrt.matmul_step %x, %w step 0 of 2
    : tensor<4x8xf32, #x>, tensor<8x3xf32, #w> -> tensor<4x3xf32, #y>
  return
}

// -----

#x = #dagrt.dist<@m, ["dp", "tp"], of [4, 8]>
#w = #dagrt.dist<@m, [_, "tp"], of [8, 6]>
#y = #dagrt.dist<@m, [_, "tp"], of [4, 6]>
dagrt.mesh @m <"dp" = 2, "tp" = 2> devices [0, 1, 2, 3]
// expected-note@+2 {{left operand defined here}}
// expected-note@+1 {{right operand defined here}}
func.func @f(%x: tensor<2x4xf32, #x>, %w: tensor<8x3xf32, #w>) {
  // matmul_step-c2: two dims in blocks
  // expected-error@+1 {{'dagrt.matmul_step' op expects one dim to be sharded over one full axis in one tensor and replicated in the other, and all others to be sharded alike, got a dim sharded over ["tp"] and []}}
  %0 = dagrt.matmul_step %x, %w step 0 of 2
    : tensor<2x4xf32, #x>, tensor<8x3xf32, #w> -> tensor<4x3xf32, #y>
  return
}

// -----

#x = #dagrt.dist<@m, [_, "tp"], of [4, 8]>
#w = #dagrt.dist<@m, [_, "tp"], of [8, 6]>
#y = #dagrt.dist<@m, [_, "tp"], of [4, 6]>
dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @f(%x: tensor<4x4xf32, #x>, %w: tensor<8x3xf32, #w>) {
  // matmul_step-c3
  // expected-error@+1 {{'dagrt.matmul_step' op expects a step from 0 to 1, got 2}}
  %0 = dagrt.matmul_step %x, %w step 2 of 2
    : tensor<4x4xf32, #x>, tensor<8x3xf32, #w> -> tensor<4x3xf32, #y>
  return
}

// -----

#x = #dagrt.dist<@m, [_, "tp"], of [4, 8]>
#w = #dagrt.dist<@m, [_, "tp"], of [8, 6]>
#y = #dagrt.dist<@m, [_, "tp"], of [4, 6]>
dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @f(%x: tensor<4x4xf32, #x>, %w: tensor<8x3xf32, #w>) {
  // matmul_step-c3
  // expected-error@+1 {{'dagrt.matmul_step' op expects a step from 0 to 0, got 0}}
  %0 = dagrt.matmul_step %x, %w step 0 of 0
    : tensor<4x4xf32, #x>, tensor<8x3xf32, #w> -> tensor<4x3xf32, #y>
  return
}

// -----

#x = #dagrt.dist<@m, [_, "tp"], of [4, 8]>
#w = #dagrt.dist<@m, [_, "tp"], of [8, 6]>
#y = #dagrt.dist<@m, [_, "tp"], of [4, 6]>
dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @f(%x: tensor<4x4xf32, #x>, %w: tensor<8x3xf32, #w>) {
  // matmul_step-c3
  // expected-error@+1 {{'dagrt.matmul_step' op expects as many steps as there are blocks over "tp", 2, got 3}}
  %0 = dagrt.matmul_step %x, %w step 0 of 3
    : tensor<4x4xf32, #x>, tensor<8x3xf32, #w> -> tensor<4x3xf32, #y>
  return
}

// -----

#x = #dagrt.dist<@m, [_, "tp"+1], of [4, 8]>
#w = #dagrt.dist<@m, [_, "tp"], of [8, 6]>
#y = #dagrt.dist<@m, [_, "tp"], of [4, 6]>
dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-note@+1 {{operand defined here; 'dagrt.shift' brings the next block}}
func.func @f(%x: tensor<4x4xf32, #x>, %w: tensor<8x3xf32, #w>) {
  // matmul_step-c3
  // expected-error@+1 {{'dagrt.matmul_step' op expects step 0 of 2 to have blocks rotated by 0, got "tp"+1}}
  %0 = dagrt.matmul_step %x, %w step 0 of 2
    : tensor<4x4xf32, #x>, tensor<8x3xf32, #w> -> tensor<4x3xf32, #y>
  return
}

// -----

#x = #dagrt.dist<@m, [_, _], of [4, 8]>
#w = #dagrt.dist<@m, [_, _], of [8, 6]>
#y = #dagrt.dist<@m, [_, "tp"+1], of [4, 6]>
dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @f(%x: tensor<4x8xf32, #x>, %w: tensor<8x6xf32, #w>) {
  // matmul_step-c3
  // expected-error@+1 {{'dagrt.matmul_step' op expects a matmul that is a sum over ["tp"], of which blocks of the result collect the terms, got one over []}}
  %0 = dagrt.matmul_step %x, %w step 0 of 2
    : tensor<4x8xf32, #x>, tensor<8x6xf32, #w> -> tensor<4x3xf32, #y>
  return
}

// -----

#x = #dagrt.dist<@m, [_, "dp", "tp"], of [4, 2, 8]>
#w = #dagrt.dist<@m, ["dp", _, "tp"], of [2, 8, 6]>
#y = #dagrt.dist<@m, [_, "tp"], of [4, 6]>
dagrt.mesh @m <"dp" = 2, "tp" = 2> devices [0, 1, 2, 3]
func.func @f(%x: tensor<4x1x4xf32, #x>, %w: tensor<1x8x3xf32, #w>) {
  // matmul_step-c3
  // expected-error@+1 {{'dagrt.matmul_step' op expects a result partial over ["dp"], got []}}
  %0 = dagrt.matmul_step %x, %w contract 2 step 0 of 2
    : tensor<4x1x4xf32, #x>, tensor<1x8x3xf32, #w> -> tensor<4x3xf32, #y>
  return
}

// -----

#p = #dagrt.dist<@m, [_, _], of [4, 5]>
#w = #dagrt.dist<@m, [_, _], of [8, 6]>
#y = #dagrt.dist<@m, [_, _], of [4, 6]>
dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-note@+2 {{left operand defined here}}
// expected-note@+1 {{right operand defined here}}
func.func @f(%x: tensor<4x5xf32, #p>, %w: tensor<8x6xf32, #w>) {
  // matmul_step-c4
  // expected-error@+1 {{'dagrt.matmul_step' op expects a piece of 4 elements, block 0 of 2 of the 8 that are contracted, got 5}}
  %0 = dagrt.matmul_step %x, %w piece 0 of 2
    : tensor<4x5xf32, #p>, tensor<8x6xf32, #w> -> tensor<4x6xf32, #y>
  return
}

// -----

#p = #dagrt.dist<@m, [_, "tp"], of [4, 4]>
#w = #dagrt.dist<@m, ["tp", _], of [8, 6]>
#y = #dagrt.dist<@m, [_, _], of [4, 6], partial ["tp"]>
dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @f(%x: tensor<4x2xf32, #p>, %w: tensor<4x6xf32, #w>) {
  // matmul_step-c4
  // expected-error@+1 {{'dagrt.matmul_step' op expects a matmul of pieces to contract a dim that is replicated on each device, got one sharded over ["tp"]}}
  %0 = dagrt.matmul_step %x, %w piece 0 of 2
    : tensor<4x2xf32, #p>, tensor<4x6xf32, #w> -> tensor<4x6xf32, #y>
  return
}

// -----

#p = #dagrt.dist<@m, [_, _], of [4, 2]>
#w = #dagrt.dist<@m, [_, _], of [5, 6]>
#y = #dagrt.dist<@m, [_, _], of [4, 6]>
dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @f(%x: tensor<4x2xf32, #p>, %w: tensor<5x6xf32, #w>) {
  // matmul_step-c4
  // expected-error@+1 {{'dagrt.matmul_step' op expects 4 pieces of at least 1 element, got 5 elements}}
  %0 = dagrt.matmul_step %x, %w piece 0 of 4
    : tensor<4x2xf32, #p>, tensor<5x6xf32, #w> -> tensor<4x6xf32, #y>
  return
}

// -----

#x = #dagrt.dist<@m, [_, "tp"+1], of [4, 8]>
#w = #dagrt.dist<@m, [_, "tp"], of [8, 6]>
#y = #dagrt.dist<@m, [_, "tp"], of [4, 6]>
dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @f(%x: tensor<4x4xf32, #x>, %w: tensor<8x3xf32, #w>) {
  // matmul_step-c5
  // expected-error@+1 {{'dagrt.matmul_step' op expects step 1 to continue the sum of step 0, got no 'into'}}
  %0 = dagrt.matmul_step %x, %w step 1 of 2
    : tensor<4x4xf32, #x>, tensor<8x3xf32, #w> -> tensor<4x3xf32, #y>
  return
}

// -----

#x = #dagrt.dist<@m, [_, "tp"], of [4, 8]>
#w = #dagrt.dist<@m, [_, "tp"], of [8, 6]>
#y = #dagrt.dist<@m, [_, "tp"], of [4, 6]>
dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-note@+1 {{sum defined here}}
func.func @f(%x: tensor<4x4xf32, #x>, %w: tensor<8x3xf32, #w>, %s: tensor<4x3xf32, #y>) {
  // matmul_step-c5
  // expected-error@+1 {{'dagrt.matmul_step' op expects step 0 to begin a sum, got one that it continues}}
  %0 = dagrt.matmul_step %x, %w into %s step 0 of 2
    : tensor<4x4xf32, #x>, tensor<8x3xf32, #w>, tensor<4x3xf32, #y> -> tensor<4x3xf32, #y>
  return
}

// -----

#x1 = #dagrt.dist<@m, [_, "tp"+1], of [4, 8]>
#w = #dagrt.dist<@m, [_, "tp"], of [8, 6]>
#y = #dagrt.dist<@m, [_, "tp"], of [4, 6]>
dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @f(%x: tensor<4x4xf32, #x1>, %w: tensor<8x3xf32, #w>, %s: tensor<4x3xf32, #y>) {
  // expected-note@+1 {{sum defined here}}
  %r = dagrt.relu %s : tensor<4x3xf32, #y>
  // matmul_step-c5
  // expected-error@+1 {{'dagrt.matmul_step' op expects to continue the sum of step 0 of 2, got one by 'dagrt.relu'}}
  %0 = dagrt.matmul_step %x, %w into %r step 1 of 2
    : tensor<4x4xf32, #x1>, tensor<8x3xf32, #w>, tensor<4x3xf32, #y> -> tensor<4x3xf32, #y>
  return
}

// -----

#x = #dagrt.dist<@m, [_, "tp"], of [4, 8]>
#x1 = #dagrt.dist<@m, [_, "tp"+1], of [4, 8]>
#w = #dagrt.dist<@m, [_, "tp"], of [8, 6]>
#y = #dagrt.dist<@m, [_, "tp"], of [4, 6]>
dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @f(%x: tensor<4x4xf32, #x>, %z: tensor<4x4xf32, #x>, %w: tensor<8x3xf32, #w>) {
  %next = dagrt.shift %z dim 1 by 1 : tensor<4x4xf32, #x> -> tensor<4x4xf32, #x1>
  // expected-note@+1 {{sum defined here}}
  %s = dagrt.matmul_step %x, %w step 0 of 2
    : tensor<4x4xf32, #x>, tensor<8x3xf32, #w> -> tensor<4x3xf32, #y>
  // matmul_step-c5: the ring of another value
  // expected-error@+1 {{'dagrt.matmul_step' op expects the operands of step 0, the next block of one of them, got others}}
  %0 = dagrt.matmul_step %next, %w into %s step 1 of 2
    : tensor<4x4xf32, #x1>, tensor<8x3xf32, #w>, tensor<4x3xf32, #y> -> tensor<4x3xf32, #y>
  return
}

// -----

#x = #dagrt.dist<@m, [_, "tp"], of [4, 8]>
#w = #dagrt.dist<@m, [_, "tp"], of [8, 6]>
#y = #dagrt.dist<@m, [_, "tp"], of [4, 6]>
dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @f(%x: tensor<4x4xf32, #x>, %w: tensor<8x3xf32, #w>) {
  // matmul_step-c6
  // expected-error@+1 {{'dagrt.matmul_step' op expects a sum that lacks steps to be continued once, got a use by 'dagrt.relu'}}
  %0 = dagrt.matmul_step %x, %w step 0 of 2
    : tensor<4x4xf32, #x>, tensor<8x3xf32, #w> -> tensor<4x3xf32, #y>
  // expected-note@+1 {{used here}}
  %1 = dagrt.relu %0 : tensor<4x3xf32, #y>
  return
}

// -----

#x = #dagrt.dist<@m, [_, "tp"], of [4, 8]>
#w = #dagrt.dist<@m, ["tp", _], of [8, 6]>
#y0 = #dagrt.dist<@m, [_, "tp"], of [4, 6]>
#y1 = #dagrt.dist<@m, [_, "tp"+1], of [4, 6]>
dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @f(%x: tensor<4x4xf32, #x>, %w: tensor<4x6xf32, #w>) {
  // matmul_step-c6: the last step lacks the other sum
  // expected-error@+1 {{'dagrt.matmul_step' op expects a sum that lacks steps to be continued once, got 0 uses}}
  %0 = dagrt.matmul_step %x, %w step 1 of 2
    : tensor<4x4xf32, #x>, tensor<4x6xf32, #w> -> tensor<4x3xf32, #y0>
  return
}

// -----

#x = #dagrt.dist<@m, [_, "tp"], of [4, 8]>
#w = #dagrt.dist<@m, ["tp", _], of [8, 6]>
#y0 = #dagrt.dist<@m, [_, "tp"], of [4, 6]>
#y1 = #dagrt.dist<@m, [_, "tp"+1], of [4, 6]>
dagrt.mesh @m <"tp" = 2> devices [0, 1]
func.func @f(%x: tensor<4x4xf32, #x>, %w: tensor<4x6xf32, #w>, %r: tensor<4x3xf32, #y0>) {
  // expected-note@+1 {{left operand defined here}}
  %0 = dagrt.matmul_step %x, %w step 1 of 2
    : tensor<4x4xf32, #x>, tensor<4x6xf32, #w> -> tensor<4x3xf32, #y0>
  // expected-note@+1 {{right operand defined here}}
  %1 = dagrt.relu %r : tensor<4x3xf32, #y0>
  // matmul_join-c1
  // expected-error@+1 {{'dagrt.matmul_join' op expects the last step of a ring and the shifted sum of the step before it, got 'dagrt.matmul_step' and 'dagrt.relu'}}
  %2 = dagrt.matmul_join %0, %1 : tensor<4x3xf32, #y0>
  return
}

// -----

#x = #dagrt.dist<@a, [_, "tp"], of [4, 6]>
#q = #dagrt.dist<@b, [_, _], of [4, 6]>
#p = #dagrt.dist<@b, [_, _], of [4, 3]>
!m = !dagrt.message<tensor<4x6xf32, #q>>
dagrt.mesh @a <"tp" = 2> devices [0, 1]
dagrt.mesh @b <"sp" = 1> devices [2]
func.func @f(%x: tensor<4x3xf32, #x>) {
  // expected-note@+1 {{message defined here}}
  %m = dagrt.send %x : tensor<4x3xf32, #x> -> !m
  // recv-c1
  // expected-error@+1 {{'dagrt.recv' op expects a result of type 'tensor<4x3xf32, #dagrt.dist<@b, [_, _], of [4, 3]>>', got 'tensor<4x6xf32, #dagrt.dist<@b, [_, _], of [4, 6]>>'}}
  %0 = dagrt.recv %m dim 1 piece 0 of 2 : !m
  %1 = dagrt.recv %m dim 1 piece 1 of 2 : !m -> tensor<4x3xf32, #p>
  return
}

// -----

#x = #dagrt.dist<@a, [_, "tp"], of [4, 6]>
#q = #dagrt.dist<@b, [_, _], of [4, 6]>
#p = #dagrt.dist<@b, [_, _], of [4, 2]>
!m = !dagrt.message<tensor<4x6xf32, #q>>
dagrt.mesh @a <"tp" = 2> devices [0, 1]
dagrt.mesh @b <"sp" = 1> devices [2]
func.func @f(%x: tensor<4x3xf32, #x>) {
  // expected-note@+1 {{sent here}}
  %m = dagrt.send %x : tensor<4x3xf32, #x> -> !m
  // recv-c2
  // expected-error@+1 {{'dagrt.recv' op expects as many pieces as the sent value has shards along dim 1, 2, got 3}}
  %0 = dagrt.recv %m dim 1 piece 0 of 3 : !m -> tensor<4x2xf32, #p>
  %1 = dagrt.recv %m dim 1 piece 1 of 3 : !m -> tensor<4x2xf32, #p>
  %2 = dagrt.recv %m dim 1 piece 2 of 3 : !m -> tensor<4x2xf32, #p>
  return
}

// -----

#q = #dagrt.dist<@b, [_, "sp"], of [4, 6]>
#p = #dagrt.dist<@b, [_, "sp"], of [4, 3]>
!m = !dagrt.message<tensor<4x3xf32, #q>>
dagrt.mesh @b <"sp" = 2> devices [2, 3]
func.func @f(%m: !m) {
  // recv-c2
  // expected-error@+1 {{'dagrt.recv' op expects a payload whose dim 1 is replicated to receive it in pieces, got 'tensor<4x3xf32, #dagrt.dist<@b, [_, "sp"], of [4, 6]>>'}}
  %0 = dagrt.recv %m dim 1 piece 0 of 2 : !m -> tensor<4x3xf32, #p>
  %1 = dagrt.recv %m dim 1 piece 1 of 2 : !m -> tensor<4x3xf32, #p>
  return
}

// -----

#x = #dagrt.dist<@a, [_, "tp"], of [4, 6]>
#q = #dagrt.dist<@b, [_, _], of [4, 6]>
#p = #dagrt.dist<@b, [_, _], of [4, 3]>
!m = !dagrt.message<tensor<4x6xf32, #q>>
dagrt.mesh @a <"tp" = 2> devices [0, 1]
dagrt.mesh @b <"sp" = 1> devices [2]
func.func @f(%x: tensor<4x3xf32, #x>) {
  // send-c3
  // expected-error@+1 {{'dagrt.send' op expects each of the message's 2 pieces to be received once, got 1}}
  %m = dagrt.send %x : tensor<4x3xf32, #x> -> !m
  // expected-note@+1 {{a piece is received here}}
  %0 = dagrt.recv %m dim 1 piece 0 of 2 : !m -> tensor<4x3xf32, #p>
  return
}

// -----

#x = #dagrt.dist<@a, [_, "tp"], of [4, 6]>
#q = #dagrt.dist<@b, [_, _], of [4, 6]>
#p = #dagrt.dist<@b, [_, _], of [4, 3]>
!m = !dagrt.message<tensor<4x6xf32, #q>>
dagrt.mesh @a <"tp" = 2> devices [0, 1]
dagrt.mesh @b <"sp" = 1> devices [2]
func.func @f(%x: tensor<4x3xf32, #x>) {
  // send-c3
  // expected-error@+1 {{'dagrt.send' op expects each of the message's 2 pieces to be received once, along one dim, got two of one or of different ones}}
  %m = dagrt.send %x : tensor<4x3xf32, #x> -> !m
  // expected-note@+1 {{and another here}}
  %0 = dagrt.recv %m dim 1 piece 1 of 2 : !m -> tensor<4x3xf32, #p>
  // expected-note@+1 {{a piece is received here}}
  %1 = dagrt.recv %m dim 1 piece 1 of 2 : !m -> tensor<4x3xf32, #p>
  return
}

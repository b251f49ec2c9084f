// RUN: dagrt-opt %s -split-input-file -verify-diagnostics

// Sizes that do not parse, or do not hold what they must.

// expected-error@+1 {{expects a number or the name of a size}}
func.func private @f() attributes {a = #dagrt.size<>}

// -----

// expected-error@+1 {{expects the name of a size to have letters, digits and '_', and to be no operator, got 'mod'}}
func.func private @f() attributes {a = #dagrt.size<mod>}

// -----

// expected-error@+1 {{expects the name of a size to have letters, digits and '_', and to be no operator, got 'a.b'}}
func.func private @f() attributes {a = #dagrt.size<a.b>}

// -----

// expected-error@+1 {{expects a divisor of at least 1, got 0}}
func.func private @f() attributes {a = #dagrt.size<n mod 0>}

// -----

// expected-error@+1 {{expects a divisor of at least 1, got -2}}
func.func private @f() attributes {a = #dagrt.size<n floordiv -2>}

// -----

// expected-error@+1 {{unbalanced '(' character}}
func.func private @f() attributes {a = #dagrt.size<(n + 1>}

// -----

// expected-error@+1 {{expected '>'}}
func.func private @f() attributes {a = #dagrt.size<n m>}

// -----

// expected-error@+1 {{expects at most 64 nested expressions}}
func.func private @f() attributes {a = #dagrt.size<((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((n))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))>}

// -----

// expected-error@+1 {{expects sizes of 1 dims, got 2}}
func.func private @f(tensor<?xf32, #dagrt.sizes<[n, 4]>>)

// -----

// expected-error@+1 {{expects a named size, or no '#dagrt.sizes', got numbers only}}
func.func private @f(tensor<4xf32, #dagrt.sizes<[4]>>)

// -----

// expected-error@+1 {{expects dim 0 to be ?, for its size is no number, got 4}}
func.func private @f(tensor<4x?xf32, #dagrt.sizes<[m, n]>>)

// -----

// expected-error@+1 {{expects dim 1 to be 4, as '#dagrt.sizes' has it, got ?}}
func.func private @f(tensor<?x?xf32, #dagrt.sizes<[n, 4]>>)

// -----

// expected-error@+1 {{expects dim 1 to be 4, as '#dagrt.sizes' has it, got 5}}
func.func private @f(tensor<?x5xf32, #dagrt.sizes<[n, 4]>>)

// -----

dagrt.mesh @m <"tp" = 2> devices [0, 1]
// expected-error@+1 {{expects dim 0 to be ?, for its size is no number, got 4}}
func.func private @f(tensor<4xf32, #dagrt.dist<@m, ["tp"], of [n]>>)

// -----

// expected-error@+1 {{expects 'dagrt.sizes' to be a dictionary on a module, got}}
func.func private @f() attributes {dagrt.sizes = {n = 4 : i64}}

// -----

// expected-error@+1 {{expects 'dagrt.sizes' to be a dictionary on a module, got 4}}
module attributes {dagrt.sizes = 4 : i64} {}

// -----

// expected-error@+1 {{expects 'n' in 'dagrt.sizes' to be an i64 of at least 1, got 0}}
module attributes {dagrt.sizes = {n = 0 : i64}} {}

// -----

// expected-error@+1 {{expects 'n' in 'dagrt.sizes' to be an i64 of at least 1, got 4 : i32}}
module attributes {dagrt.sizes = {n = 4 : i32}} {}

// -----

// expected-error@+1 {{expects names in 'dagrt.sizes' of letters, digits and '_' that are no operators, got 'ceildiv'}}
module attributes {dagrt.sizes = {ceildiv = 4 : i64}} {}

// -----

func.func @f(%x: tensor<?x8xf32, #dagrt.sizes<[seq_len, 8]>>, %y: tensor<?x8xf32, #dagrt.sizes<[batch, 8]>>) // expected-note {{operand defined here}}
    -> tensor<?x8xf32, #dagrt.sizes<[seq_len, 8]>> {
  // expected-error@+1 {{expects dim 0 of operand #1 (d) to be seq_len, got batch}}
  %z = dagrt.add %x, %y : tensor<?x8xf32, #dagrt.sizes<[seq_len, 8]>>, tensor<?x8xf32, #dagrt.sizes<[batch, 8]>>
    -> tensor<?x8xf32, #dagrt.sizes<[seq_len, 8]>>
  return %z : tensor<?x8xf32, #dagrt.sizes<[seq_len, 8]>>
}

// -----

func.func @f(%x: tensor<?x8xf32, #dagrt.sizes<[seq_len, 8]>>, %w: tensor<8x4xf32>) -> tensor<16x4xf32> {
  // expected-error@+1 {{expects dim 0 of result #0 (m) to be seq_len, got 16}}
  %z = dagrt.matmul %x, %w : tensor<?x8xf32, #dagrt.sizes<[seq_len, 8]>>, tensor<8x4xf32> -> tensor<16x4xf32>
  return %z : tensor<16x4xf32>
}

// -----

func.func @f(%x: tensor<?x8xf32, #dagrt.sizes<[seq_len, 8]>>) -> tensor<1x8xf32> {
  // expected-error@+1 {{expects elements inside dim 0 of size seq_len, got 1 elements from seq_len on}}
  %z = dagrt.slice %x dim 0 offset seq_len : tensor<?x8xf32, #dagrt.sizes<[seq_len, 8]>> -> tensor<1x8xf32>
  return %z : tensor<1x8xf32>
}

// -----

dagrt.mesh @a <"tp" = 2> devices [0, 1]
dagrt.mesh @b <"sp" = 2> devices [2, 3]
// The message has the global shape of the operand, in names, too.
func.func @f(%x: tensor<?xf32, #dagrt.dist<@a, [_], of [n]>>) -> tensor<?xf32, #dagrt.dist<@b, [_], of [m]>> { // expected-note {{operand defined here}}
  // expected-error@+1 {{expects a payload of the operand's global shape and element type, got 'tensor<?xf32, #dagrt.dist<@b, [_], of [m]>>' for}}
  %s = dagrt.send %x : tensor<?xf32, #dagrt.dist<@a, [_], of [n]>> -> !dagrt.message<tensor<?xf32, #dagrt.dist<@b, [_], of [m]>>>
  %y = dagrt.recv %s : !dagrt.message<tensor<?xf32, #dagrt.dist<@b, [_], of [m]>>>
  return %y : tensor<?xf32, #dagrt.dist<@b, [_], of [m]>>
}

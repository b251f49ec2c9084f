// A complete model of one layer, small and odd: 7 tokens, 2 key/value heads of 3 query heads each, an FFN of
// 9 and a vocabulary of 11.
func.func @tiny(%ids: tensor<1x7xi32>) -> tensor<1x1x11xf32> {
  %p = dagrt.positions {dagrt.role = #dagrt.role<positions>} : tensor<7xi32>
  %t = dagrt.parameter "emb" : tensor<11x6xf32>
  %x = dagrt.embedding %ids, %t {dagrt.role = #dagrt.role<embedding>} : tensor<1x7xi32>, tensor<11x6xf32> -> tensor<1x7x6xf32>
  %g = dagrt.parameter "g" : tensor<6xf32>
  %n = dagrt.rms_norm %x, %g epsilon 1.0e-5 {dagrt.role = #dagrt.role<norm.attention, layer 0>} : tensor<1x7x6xf32>, tensor<6xf32>
  %wq = dagrt.parameter "wq" : tensor<6x2x3x4xf32>
  %wk = dagrt.parameter "wk" : tensor<6x2x4xf32>
  %wv = dagrt.parameter "wv" : tensor<6x2x4xf32>
  %wo = dagrt.parameter "wo" : tensor<2x3x4x6xf32>
  %q0 = dagrt.matmul %n, %wq {dagrt.role = #dagrt.role<attention.query, layer 0>} : tensor<1x7x6xf32>, tensor<6x2x3x4xf32> -> tensor<1x7x2x3x4xf32>
  %k0 = dagrt.matmul %n, %wk {dagrt.role = #dagrt.role<attention.key, layer 0>} : tensor<1x7x6xf32>, tensor<6x2x4xf32> -> tensor<1x7x2x4xf32>
  %v = dagrt.matmul %n, %wv {dagrt.role = #dagrt.role<attention.value, layer 0>} : tensor<1x7x6xf32>, tensor<6x2x4xf32> -> tensor<1x7x2x4xf32>
  %q = dagrt.rope %q0, %p <theta 1.0e+04, dims 4> {dagrt.role = #dagrt.role<attention.query.rope, layer 0>} : tensor<1x7x2x3x4xf32>, tensor<7xi32>
  %k = dagrt.rope %k0, %p <theta 1.0e+04, dims 4> {dagrt.role = #dagrt.role<attention.key.rope, layer 0>} : tensor<1x7x2x4xf32>, tensor<7xi32>
  %a = dagrt.attention %q, %k, %v positions %p, %p causal scale 5.0e-1 {dagrt.role = #dagrt.role<attention.core, layer 0>} : tensor<1x7x2x3x4xf32>, tensor<1x7x2x4xf32>, tensor<1x7x2x4xf32>, tensor<7xi32>, tensor<7xi32> -> tensor<1x7x2x3x4xf32>
  %o = dagrt.matmul %a, %wo contract 3 {dagrt.role = #dagrt.role<attention.output, layer 0>} : tensor<1x7x2x3x4xf32>, tensor<2x3x4x6xf32> -> tensor<1x7x6xf32>
  %r = dagrt.add %x, %o {dagrt.role = #dagrt.role<residual.attention, layer 0>} : tensor<1x7x6xf32>, tensor<1x7x6xf32> -> tensor<1x7x6xf32>
  %g2 = dagrt.parameter "g2" : tensor<6xf32>
  %n2 = dagrt.rms_norm %r, %g2 epsilon 1.0e-5 {dagrt.role = #dagrt.role<norm.ffn, layer 0>} : tensor<1x7x6xf32>, tensor<6xf32>
  %wu = dagrt.parameter "wu" : tensor<6x9xf32>
  %wd = dagrt.parameter "wd" : tensor<9x6xf32>
  %u = dagrt.matmul %n2, %wu {dagrt.role = #dagrt.role<ffn.up, layer 0>} : tensor<1x7x6xf32>, tensor<6x9xf32> -> tensor<1x7x9xf32>
  %c = dagrt.silu %u {dagrt.role = #dagrt.role<ffn.activation, layer 0>} : tensor<1x7x9xf32>
  %d = dagrt.matmul %c, %wd {dagrt.role = #dagrt.role<ffn.down, layer 0>} : tensor<1x7x9xf32>, tensor<9x6xf32> -> tensor<1x7x6xf32>
  %y = dagrt.add %r, %d {dagrt.role = #dagrt.role<residual.ffn, layer 0>} : tensor<1x7x6xf32>, tensor<1x7x6xf32> -> tensor<1x7x6xf32>
  %l = dagrt.slice %y dim 1 offset 6 {dagrt.role = #dagrt.role<head.slice>} : tensor<1x7x6xf32> -> tensor<1x1x6xf32>
  %wh = dagrt.parameter "head" : tensor<6x11xf32>
  %z = dagrt.matmul %l, %wh {dagrt.role = #dagrt.role<head>} : tensor<1x1x6xf32>, tensor<6x11xf32> -> tensor<1x1x11xf32>
  return %z : tensor<1x1x11xf32>
}

// Two layers, each with attention on @pool between two messages, and an FFN on @base.

!base = tensor<1x64x256xbf16, #dagrt.dist<@base, [_, _, _], of [1, 64, 256]>>
!wide = tensor<1x64x128xbf16, #dagrt.dist<@base, [_, _, "tp"], of [1, 64, 256]>>
!sum = tensor<1x64x256xbf16, #dagrt.dist<@base, [_, _, _], of [1, 64, 256], partial ["tp"]>>
!up = tensor<256x128xbf16, #dagrt.dist<@base, [_, "tp"], of [256, 256]>>
!down = tensor<128x256xbf16, #dagrt.dist<@base, ["tp", _], of [256, 256]>>
!pool = tensor<1x32x256xbf16, #dagrt.dist<@pool, [_, "sp", _], of [1, 64, 256]>>
!keys = tensor<1x64x256xbf16, #dagrt.dist<@pool, [_, _, _], of [1, 64, 256]>>
!weight = tensor<256x256xbf16, #dagrt.dist<@pool, [_, _], of [256, 256]>>

dagrt.mesh @base <"tp" = 2> devices [0, 1]
dagrt.mesh @pool <"sp" = 2> devices [2, 3]

func.func @model(%x0: !base) -> !base {
  %query0 = dagrt.parameter "layers.0.query" : !weight
  %again0 = dagrt.parameter "layers.0.query" : !weight
  %up0 = dagrt.parameter "layers.0.up" : !up
  %down0 = dagrt.parameter "layers.0.down" : !down
  %n0 = dagrt.gelu %x0
    {dagrt.role = #dagrt.role<norm.attention, layer 0>, dagrt.cost = #dagrt.cost<2000000 ps, memory, modelled>} : !base
  %m0 = dagrt.send %n0
    {dagrt.role = #dagrt.role<attention.query, layer 0>, dagrt.cost = #dagrt.cost<1500000 ps, link, modelled, "p2p">} : !base -> !dagrt.message<!pool>
  %r0 = dagrt.recv %m0
    {dagrt.role = #dagrt.role<attention.query, layer 0>} : !dagrt.message<!pool>
  %q0 = dagrt.matmul %r0, %query0
    {dagrt.role = #dagrt.role<attention.query, layer 0>, dagrt.cost = #dagrt.cost<40000000 ps, compute, modelled>} : !pool, !weight -> !pool
  %k0 = dagrt.matmul %r0, %again0
    {dagrt.role = #dagrt.role<attention.key, layer 0>, dagrt.cost = #dagrt.cost<10000000 ps, compute, modelled>} : !pool, !weight -> !pool
  %g0 = dagrt.all_gather %k0 dim 1 axes ["sp"]
    {dagrt.role = #dagrt.role<attention.key, layer 0>, dagrt.cost = #dagrt.cost<7000000 ps, link, modelled, "ring", error 5.0>} : !pool -> !keys
  %s0 = dagrt.all_slice %g0 dim 1 axes ["sp"] : !keys -> !pool
  %o0 = dagrt.add %s0, %q0
    {dagrt.role = #dagrt.role<attention.output, layer 0>, dagrt.cost = #dagrt.cost<9000000 ps, memory, modelled>} : !pool, !pool -> !pool
  %b0 = dagrt.send %o0
    {dagrt.role = #dagrt.role<attention.output, layer 0>, dagrt.cost = #dagrt.cost<2500000 ps, link, modelled, "p2p">} : !pool -> !dagrt.message<!base>
  %t0 = dagrt.recv %b0 : !dagrt.message<!base>
  %u0 = dagrt.matmul %t0, %up0
    {dagrt.role = #dagrt.role<ffn.up, layer 0>, dagrt.cost = #dagrt.cost<30000000 ps, compute, modelled>} : !base, !up -> !wide
  %v0 = dagrt.gelu %x0 {dagrt.cost = #dagrt.cost<1000001 ps>} : !base
  %d0 = dagrt.matmul %u0, %down0
    {dagrt.role = #dagrt.role<ffn.down, layer 0>, dagrt.cost = #dagrt.cost<31000000 ps, compute, modelled>} : !wide, !down -> !sum
  %x1 = dagrt.all_reduce %d0 axes ["tp"]
    {dagrt.role = #dagrt.role<ffn.down, layer 0>, dagrt.cost = #dagrt.cost<12000000 ps, link, modelled, "ring">} : !sum -> !base
  %query1 = dagrt.parameter "layers.1.query" : !weight
  %again1 = dagrt.parameter "layers.1.query" : !weight
  %up1 = dagrt.parameter "layers.1.up" : !up
  %down1 = dagrt.parameter "layers.1.down" : !down
  %n1 = dagrt.gelu %x1
    {dagrt.role = #dagrt.role<norm.attention, layer 1>, dagrt.cost = #dagrt.cost<2000000 ps, memory, modelled>} : !base
  %m1 = dagrt.send %n1
    {dagrt.role = #dagrt.role<attention.query, layer 1>, dagrt.cost = #dagrt.cost<1500000 ps, link, modelled, "p2p">} : !base -> !dagrt.message<!pool>
  %r1 = dagrt.recv %m1
    {dagrt.role = #dagrt.role<attention.query, layer 1>} : !dagrt.message<!pool>
  %q1 = dagrt.matmul %r1, %query1
    {dagrt.role = #dagrt.role<attention.query, layer 1>, dagrt.cost = #dagrt.cost<40000000 ps, compute, modelled>} : !pool, !weight -> !pool
  %k1 = dagrt.matmul %r1, %again1
    {dagrt.role = #dagrt.role<attention.key, layer 1>, dagrt.cost = #dagrt.cost<10000000 ps, compute, modelled>} : !pool, !weight -> !pool
  %g1 = dagrt.all_gather %k1 dim 1 axes ["sp"]
    {dagrt.role = #dagrt.role<attention.key, layer 1>, dagrt.cost = #dagrt.cost<7000000 ps, link, modelled, "ring", error 5.0>} : !pool -> !keys
  %s1 = dagrt.all_slice %g1 dim 1 axes ["sp"] : !keys -> !pool
  %o1 = dagrt.add %s1, %q1
    {dagrt.role = #dagrt.role<attention.output, layer 1>, dagrt.cost = #dagrt.cost<9000000 ps, memory, modelled>} : !pool, !pool -> !pool
  %b1 = dagrt.send %o1
    {dagrt.role = #dagrt.role<attention.output, layer 1>, dagrt.cost = #dagrt.cost<2500000 ps, link, modelled, "p2p">} : !pool -> !dagrt.message<!base>
  %t1 = dagrt.recv %b1 : !dagrt.message<!base>
  %u1 = dagrt.matmul %t1, %up1
    {dagrt.role = #dagrt.role<ffn.up, layer 1>, dagrt.cost = #dagrt.cost<30000000 ps, compute, modelled>} : !base, !up -> !wide
  %v1 = dagrt.gelu %x1 {dagrt.cost = #dagrt.cost<1000001 ps>} : !base
  %d1 = dagrt.matmul %u1, %down1
    {dagrt.role = #dagrt.role<ffn.down, layer 1>, dagrt.cost = #dagrt.cost<31000000 ps, compute, modelled>} : !wide, !down -> !sum
  %x2 = dagrt.all_reduce %d1 axes ["tp"]
    {dagrt.role = #dagrt.role<ffn.down, layer 1>, dagrt.cost = #dagrt.cost<12000000 ps, link, modelled, "ring">} : !sum -> !base
  return %x2 : !base
}

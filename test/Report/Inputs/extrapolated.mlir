// Three ops beyond measurements, and one that is not; then a function without any.
!x = tensor<8x8xf32>
func.func @beyond(%x: !x) -> !x {
  %0 = dagrt.matmul %x, %x {dagrt.cost = #dagrt.cost<30000000 ps, compute, extrapolated, error 10.0>} : !x, !x -> !x
  %1 = dagrt.silu %0 {dagrt.cost = #dagrt.cost<40000000 ps, memory, extrapolated>} : !x
  %2 = dagrt.matmul %1, %x {dagrt.cost = #dagrt.cost<30000000 ps, compute, extrapolated, error 10.0>} : !x, !x -> !x
  %3 = dagrt.relu %2 {dagrt.cost = #dagrt.cost<60000000 ps, memory, modelled, error 10.0>} : !x
  return %3 : !x
}
func.func @measured(%x: !x) -> !x {
  %0 = dagrt.relu %x {dagrt.cost = #dagrt.cost<60000000 ps, memory, modelled, error 10.0>} : !x
  return %0 : !x
}

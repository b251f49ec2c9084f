"""Prints a program of <layers> layers, each a loop of <steps> products and ring steps, then a norm
that takes <jitter> ps longer in each layer than in the one before."""

import sys

layers, steps, jitter = map(int, sys.argv[1:])
whole = 'tensor<8x8xf32, #dagrt.dist<@a, [_, _], of [8, 8]>>'
print('dagrt.mesh @a <"x" = 2> devices [0, 1]')
print(f"func.func @layers(%x0: {whole}, %w: {whole}) -> {whole} {{")
value = "%x0"
for layer in range(layers):
    role = f"dagrt.role = #dagrt.role<ffn.up, layer {layer}>"
    for step in range(steps):
        name = f"%l{layer}s{step}"
        print(f"  {name}a = dagrt.matmul {value}, %w {{{role}, dagrt.cost = #dagrt.cost<3000 ps>}}"
              f" : {whole}, {whole} -> {whole}")
        print(f"  {name} = dagrt.relu {name}a {{{role}, dagrt.cost = #dagrt.cost<1000 ps>}} : {whole}")
        value = name
    role = f"dagrt.role = #dagrt.role<norm.ffn, layer {layer}>"
    print(f"  %n{layer} = dagrt.silu {value} {{{role}, "
          f"dagrt.cost = #dagrt.cost<{5000 + jitter * layer} ps>}} : {whole}")
    value = f"%n{layer}"
print(f"  return {value} : {whole}\n}}")

#!/usr/bin/env python3
"""Writes a placed program with the symbolic size seq_len, of a number of equal layers.

Each layer has two branches of one input: the base's time grows with seq_len, the pool's with its
square. So the longest path runs through the base for short sequences, and through the pool for long
ones."""
import sys

HEAD = """
!x = tensor<2x?x256xbf16, #dagrt.dist<@base, [_, _, _], of [2, seq_len, 256]>>
!wide = tensor<2x?x16384xbf16, #dagrt.dist<@base, [_, _, "tp"], of [2, seq_len, 65536]>>
!sum = tensor<2x?x256xbf16, #dagrt.dist<@base, [_, _, _], of [2, seq_len, 256], partial ["tp"]>>
!up = tensor<256x16384xbf16, #dagrt.dist<@base, [_, "tp"], of [256, 65536]>>
!down = tensor<16384x256xbf16, #dagrt.dist<@base, ["tp", _], of [65536, 256]>>
!block = tensor<2x?x256xbf16, #dagrt.dist<@pool, [_, "sp", _], of [2, seq_len, 256]>>
!q = tensor<2x?x4x1x64xbf16, #dagrt.dist<@pool, [_, "sp", _, _, _], of [2, seq_len, 4, 1, 64]>>
!kvblock = tensor<2x?x4x64xbf16, #dagrt.dist<@pool, [_, "sp", _, _], of [2, seq_len, 4, 64]>>
!kv = tensor<2x?x4x64xbf16, #dagrt.dist<@pool, [_, _, _, _], of [2, seq_len, 4, 64]>>
!scores = tensor<2x4x1x?x?xbf16,
  #dagrt.dist<@pool, [_, _, _, "sp", _], of [2, 4, 1, seq_len, seq_len]>>
!qw = tensor<256x4x1x64xbf16, #dagrt.dist<@pool, [_, _, _, _], of [256, 4, 1, 64]>>
!kvw = tensor<256x4x64xbf16, #dagrt.dist<@pool, [_, _, _], of [256, 4, 64]>>
!ow = tensor<4x1x64x256xbf16, #dagrt.dist<@pool, [_, _, _, _], of [4, 1, 64, 256]>>

module attributes {dagrt.sizes = {seq_len = 1024 : i64}} {
  dagrt.mesh @base <"tp" = 4> devices [0, 1, 2, 3]
  dagrt.mesh @pool <"sp" = 3> devices [4, 5, 6]
  func.func @model(%x0: !x) -> !x {
"""

LAYER = """
    %m{i} = dagrt.send %x{i} {role = "attention"} : !x -> !dagrt.message<!block>
    %up{i} = dagrt.parameter "layers.{i}.up" : !up
    %down{i} = dagrt.parameter "layers.{i}.down" : !down
    %h{i} = dagrt.matmul %x{i}, %up{i} {role = "ffn.up"} : !x, !up -> !wide
    %s{i} = dagrt.matmul %h{i}, %down{i} {role = "ffn.down"} : !wide, !down -> !sum
    %f{i} = dagrt.all_reduce %s{i} axes ["tp"] {role = "ffn.down"} : !sum -> !x
    %b{i} = dagrt.recv %m{i} {role = "attention"} : !dagrt.message<!block>
    %qw{i} = dagrt.parameter "layers.{i}.q" : !qw
    %kw{i} = dagrt.parameter "layers.{i}.k" : !kvw
    %vw{i} = dagrt.parameter "layers.{i}.v" : !kvw
    %ow{i} = dagrt.parameter "layers.{i}.o" : !ow
    %q{i} = dagrt.matmul %b{i}, %qw{i} {role = "attention.query"} : !block, !qw -> !q
    %k{i} = dagrt.matmul %b{i}, %kw{i} {role = "attention.key"} : !block, !kvw -> !kvblock
    %v{i} = dagrt.matmul %b{i}, %vw{i} {role = "attention.value"} : !block, !kvw -> !kvblock
    %ka{i} = dagrt.all_gather %k{i} dim 1 axes ["sp"] {role = "attention.key"} : !kvblock -> !kv
    %va{i} = dagrt.all_gather %v{i} dim 1 axes ["sp"] {role = "attention.value"} : !kvblock -> !kv
    %p{i} = dagrt.attention_scores %q{i}, %ka{i} scale 1.250000e-01 {role = "attention.scores"}
      : !q, !kv -> !scores
    %c{i} = dagrt.attention_context %p{i}, %va{i} {role = "attention.context"} : !scores, !kv -> !q
    %y{i} = dagrt.matmul %c{i}, %ow{i} contract 3 {role = "attention.output"} : !q, !ow -> !block
    %n{i} = dagrt.send %y{i} {role = "attention.output"} : !block -> !dagrt.message<!x>
    %a{i} = dagrt.recv %n{i} {role = "attention.output"} : !dagrt.message<!x>
    %x{next} = dagrt.add %f{i}, %a{i} {role = "residual"} : !x, !x -> !x
"""


def main():
    layers = int(sys.argv[1])
    text = HEAD
    for i in range(layers):
        lines = []
        for line in LAYER.splitlines():
            if '{role = "' in line:
                head, _, tail = line.partition('{role = "')
                role, _, rest = tail.partition('"}')
                line = f'{head}{{dagrt.role = #dagrt.role<{role}, layer {i}>}}{rest}'
            line = line.replace("{i}", str(i)).replace("{next}", str(i + 1))
            lines.append(line)
        text += "\n".join(lines) + "\n"
    print(text + f"    return %x{layers} : !x\n  }}\n}}")


main()

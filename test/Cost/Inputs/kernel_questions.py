"""One question about each of many kernels, as a program and as tables of dagrt-get-time.

  kernel_questions.py write DEVICE LINK FOLDER          writes program.mlir and a table of each kind
  kernel_questions.py compare COSTED.mlir ANSWERS...  fails unless both have the same picoseconds
"""

import csv
import re
import sys

ELEMENT = {"bf16": "bf16", "fp16": "f16", "fp32": "f32"}
BYTES = {"bf16": 2, "fp16": 2, "fp32": 4}


def tensor(shape, dtype, layout=""):
    return "tensor<%sx%s%s>" % ("x".join(map(str, shape)), ELEMENT.get(dtype, dtype), layout)


def products():
    for dtype in ["bf16", "fp16", "fp32"]:
        for batch, m, k, n in [(1, 1, 4096, 4096), (1, 8, 8192, 1024), (1, 333, 777, 4097),
                               (1, 4096, 4096, 14336), (1, 1, 1, 1), (32, 128, 512, 96)]:
            if batch == 1:
                lhs, rhs, result = (tensor(s, dtype) for s in ([m, k], [k, n], [m, n]))
                text = "%%y = dagrt.matmul %%a, %%b : %s, %s -> %s" % (lhs, rhs, result)
            else:
                lhs, rhs, result = (tensor(s, dtype) for s in (
                    [1, m, batch, 1, k], [1, n, batch, k], [1, batch, 1, m, n]))
                text = ("%%y = dagrt.attention_scores %%a, %%b scale 1.0 : %s, %s -> %s" %
                        (lhs, rhs, result))
            yield ("gemm", dict(dtype=dtype, batch=batch, m=m, k=k, n=n),
                   "%%a: %s, %%b: %s" % (lhs, rhs), text)


def attentions():
    for batch, queries, keys, heads, key_heads, size in [
            (1, 1, 8192, 32, 8, 128), (16, 1, 1024, 64, 8, 128), (1, 2048, 2048, 32, 32, 64),
            (2, 512, 512, 40, 8, 128), (1, 128, 4096, 32, 4, 128), (1, 4096, 4096, 8, 1, 128)]:
        query = tensor([batch, queries, key_heads, heads // key_heads, size], "bf16")
        key = tensor([batch, keys, key_heads, size], "bf16")
        of_queries, of_keys = "tensor<%dxi32>" % queries, "tensor<%dxi32>" % keys
        text = ("%%p = dagrt.positions first %d : %s\n  %%r = dagrt.positions : %s\n"
                "  %%y = dagrt.attention %%q, %%k, %%v positions %%p, %%r causal scale 1.0\n"
                "    : %s, %s, %s, %s, %s -> %s" %
                (keys - queries, of_queries, of_keys, query, key, key, of_queries, of_keys, query))
        yield ("attention", dict(phase="decode" if queries == 1 else "prefill", dtype="bf16",
                                 batch=batch, q_len=queries, kv_len=keys, num_heads=heads,
                                 num_kv_heads=key_heads, head_dim=size),
               "%%q: %s, %%k: %s, %%v: %s" % (query, key, key), text)


def rows():
    for dtype in ["bf16", "fp32"]:
        for tokens, columns in [(1, 4096), (4096, 8192), (77, 1001)]:
            x, w = tensor([tokens, columns], dtype), tensor([columns], dtype)
            for op, text in [
                    ("add", "dagrt.add %%x, %%x : %s, %s -> %s" % (x, x, x)),
                    ("mul", "dagrt.mul %%x, %%x : %s, %s -> %s" % (x, x, x)), ("relu", "dagrt.relu %%x : %s" % x),
                    ("silu", "dagrt.silu %%x : %s" % x), ("gelu", "dagrt.gelu %%x : %s" % x),
                    ("rmsnorm", "dagrt.rms_norm %%x, %%w epsilon 1.0e-5 : %s, %s" % (x, w)),
                    ("layernorm",
                     "dagrt.layer_norm %%x, %%w, %%w epsilon 1.0e-5 : %s, %s, %s" % (x, w, w))]:
                yield ("elementwise", dict(op=op, dtype=dtype, rows=tokens, cols=columns),
                       "%%x: %s, %%w: %s" % (x, w), "%y = " + text.replace("%%", "%"))
    for tokens, heads in [(1, 40), (4096, 12)]:
        x = tensor([1, tokens, heads, 128], "bf16")
        positions = "tensor<%dxi32>" % tokens
        yield ("elementwise", dict(op="rope", dtype="bf16", rows=tokens, cols=heads * 128),
               "%%x: %s, %%p: %s" % (x, positions),
               "%%y = dagrt.rope %%x, %%p <theta 1.0e4, dims 128> : %s, %s" % (x, positions))


def placed(elements, mesh, dim, partial=False):
    """Rows of bf16 of a value of `elements` [rows, 16] on a mesh of `size`, with one dim sharded."""
    size, name = mesh
    shape = [elements // 16, 16]
    local = list(shape)
    if dim is not None:
        local[dim] //= size
    dims = ", ".join('"tp"' if i == dim else "_" for i in range(2))
    tail = ', partial ["tp"]' if partial else ""
    return tensor(local, "bf16", ", #dagrt.dist<@%s, [%s], of [%d, %d]%s>" %
                  (name, dims, shape[0], shape[1], tail))


def collectives(meshes):
    for size, nodes, name in meshes:
        for elements in [1 << 8, 1 << 14, 1 << 19, 1 << 22, 1 << 24, 1 << 27]:
            value = [elements, (size, name)]
            whole, summed = placed(*value, None), placed(*value, None, partial=True)
            by_rows, by_columns = placed(*value, 0), placed(*value, 1)
            bytes = 2 * elements
            questions = [
                ("all_reduce", bytes, summed, 'axes ["tp"]', whole),
                ("all_gather", bytes, by_rows, 'dim 0 axes ["tp"]', whole),
                ("reduce_scatter", bytes, summed, 'dim 0 axes ["tp"]', by_rows),
                # A table counts the buffer of one rank.
                ("all_to_all", bytes // size, by_rows, 'gather 0 scatter 1 axes ["tp"]', by_columns)]
            for op, counted, source, text, result in questions:
                yield ("collective", dict(op=op, bytes=counted, num_gpus=size, nodes=nodes),
                       "%%x: %s" % source, "%%y = dagrt.%s %%x %s : %s -> %s" %
                       (op, text, source, result))
    for nodes, target in [(1, "near"), (2, "far")]:
        for elements in [1 << 8, 1 << 20]:
            shape = [elements // 16, 16]
            types = [tensor(shape, "bf16", ", #dagrt.dist<@%s, [_, _], of [%d, %d]>" %
                            (mesh, shape[0], shape[1])) for mesh in ("one", target)]
            yield ("collective", dict(op="send_recv", bytes=2 * elements, num_gpus=2, nodes=nodes),
                   "%%x: %s" % types[0], "%%m = dagrt.send %%x : %s -> !dagrt.message<%s>\n"
                   "  %%y = dagrt.recv %%m : !dagrt.message<%s>" % (types[0], types[1], types[1]))


def write(device, link, folder):
    near = [(2, 1, "two"), (8, 1, "eight"), (16, 2, "nodes")]
    program = ['dagrt.mesh @one <"tp" = 1> devices [0]', 'dagrt.mesh @near <"tp" = 1> devices [1]',
               'dagrt.mesh @far <"tp" = 1> devices [8]']
    for size, _, name in near:
        program.append('dagrt.mesh @%s <"tp" = %d> devices %s' % (name, size, list(range(size))))
    tables = {}
    questions = [*products(), *attentions(), *rows(), *collectives(near)]
    operands, body = [], []
    for number, (kind, row, arguments, text) in enumerate(questions):
        row = {"id": number, "gpu": device, **row}
        if kind == "collective":
            row["link"] = "network" if row["nodes"] > 1 else link
        tables.setdefault(kind, []).append(row)
        operands.append(arguments.replace("%", "%%q%d_" % number))
        body.append("  " + text.replace("%", "%%q%d_" % number))
    program.append("func.func @kernels(%s) {" % ",\n    ".join(operands))
    program += body + ["  return", "}"]
    with open(folder + "/program.mlir", "w") as file:
        file.write("\n".join(program) + "\n")
    for kind, table in tables.items():
        with open("%s/%s.csv" % (folder, kind), "w", newline="") as file:
            writer = csv.DictWriter(file, list(table[0]))
            writer.writeheader()
            writer.writerows(table)


def compare(program, answers):
    with open(program) as file:
        costed = [int(ps) for ps in re.findall(r"dagrt\.cost = #dagrt\.cost<(\d+) ps", file.read())]
    asked = {}
    for path in answers:
        for row in csv.DictReader(open(path)):
            asked[int(row["id"])] = round(float(row["pred_us"]) * 1e6)
    assert sorted(asked) == list(range(len(costed))), "expects a cost and an answer for each question"
    different = [n for n, picoseconds in enumerate(costed) if picoseconds != asked[n]]
    for n in different:
        print("question %d: %d ps costed, %d ps asked" % (n, costed[n], asked[n]))
    print("%d kernels, %d different" % (len(costed), len(different)))


if sys.argv[1] == "write":
    write(*sys.argv[2:])
else:
    compare(sys.argv[2], sys.argv[3:])

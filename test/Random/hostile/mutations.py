"""Ways to damage an input: each takes a random generator and bytes, and gives other bytes."""

import json
import re

EXTREMES = ["0", "-1", "1", "2", "7", "127", "255", "65536", "1048576", "2147483647", "2147483648",
            "4294967295", "4294967296", "4611686018427387904", "9223372036854775807",
            "9223372036854775808", "-9223372036854775808", "18446744073709551615",
            "18446744073709551616", "1" + "0" * 40, "1e308", "1e309", "-1e-320", "0.5", "nan",
            "inf", "0x7FF8000000000001", "0xFFFFFFFFFFFFFFFF", "?"]
TOKEN = re.compile(rb'"(?:[^"\\\n]|\\.)*"|[#!@%^]?[A-Za-z_][\w.$-]*|[#!@%^][\w.$-]+|\d+\.\d+|\d+|'
                   rb'->|\s+|.', re.DOTALL)
NUMBER = re.compile(rb"(?<![\w.])-?\d+(?:\.\d+)?|(?<=[x<])\d+(?=[x>a-z])")
NESTS = [(b"[", b"]"), (b"{", b"}"), (b"(", b")"), (b"<", b">"), (b"tuple<", b">"),
         (b"{a = ", b"}"), (b"module {", b"}"), (b'"a.b"() ({', b"}) : () -> ()"), (b"loc(", b")"),
         (b"#dagrt.dist<", b">"), (b"!dagrt.message<", b">"), (b'{"a": ', b"}"), (b"- ", b""),
         (b"&a ", b""), (b"[[", b"]"), (b"tensor<1x", b">")]
BROKEN = [b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\x00", b"\xf8\x88\x80\x80\x80", b"\xef\xbb\xbf",
          b"\r", b"\x1b[", b'"', b"\\", b"//", b"{", b"}", b"\xe2\x80\xae"]


def at(rng, items):
    return rng.randrange(len(items)) if items else 0


def flip_bytes(rng, data, other):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5))):
        if data:
            data[at(rng, data)] = rng.randrange(256)
    return bytes(data)


def insert_broken(rng, data, other):
    i = at(rng, data)
    return data[:i] + rng.choice(BROKEN) + data[i:]


def truncate(rng, data, other):
    return data[:at(rng, data)]


def remove_range(rng, data, other):
    i = at(rng, data)
    return data[:i] + data[i + rng.choice((1, 2, 4, 16, 100)):]


def repeat_range(rng, data, other):
    i = at(rng, data)
    piece = data[i:i + rng.choice((1, 4, 20, 200))]
    times = rng.choice((2, 2, 3, 50, 2000))
    return data[:i] + piece * times + data[i + len(piece):]


def splice(rng, data, other):
    return data[:at(rng, data)] + other[at(rng, other):]


def splice_lines(rng, data, other):
    lines, others = data.splitlines(True), other.splitlines(True)
    i, j = at(rng, lines), at(rng, others)
    lines[i:i + rng.randrange(3)] = others[j:j + 1 + rng.randrange(4)]
    return b"".join(lines)


def edit_sequence(rng, items, others):
    """Deletes, doubles, swaps, or replaces one item."""
    items = list(items)
    if not items:
        return items
    i, j = at(rng, items), at(rng, items)
    kind = rng.randrange(4)
    if kind == 0:
        del items[i]
    elif kind == 1:
        items.insert(j, items[i])
    elif kind == 2:
        items[i], items[j] = items[j], items[i]
    elif others:
        items[i] = rng.choice(others)
    return items


def edit_lines(rng, data, other):
    return b"".join(edit_sequence(rng, data.splitlines(True), other.splitlines(True)))


def edit_tokens(rng, data, other):
    tokens, others = TOKEN.findall(data), TOKEN.findall(other)
    for _ in range(rng.choice((1, 1, 2, 4))):
        tokens = edit_sequence(rng, tokens, others)
    return b"".join(tokens)


def replace_alike(rng, data, other):
    """A token becomes another of its class: the result gets past parsers more often."""
    tokens = TOKEN.findall(data)
    places = [i for i, token in enumerate(tokens) if token.strip()]
    if not places:
        return data
    i = rng.choice(places)

    def shape(token):
        first = token[:1]
        return b"a" if first.isalpha() else b"0" if first.isdigit() else first

    alike = [t for t in tokens + TOKEN.findall(other) if shape(t) == shape(tokens[i])]
    tokens[i] = rng.choice(alike)
    return b"".join(tokens)


def change_number(rng, data, other):
    places = list(NUMBER.finditer(data))
    if not places:
        return data
    place = rng.choice(places)
    number = place.group()
    if rng.randrange(3) == 0 and number.isdigit() and len(number) < 15:
        changed = str(int(number) + rng.choice((-1, 1, 2))).encode()
    else:
        changed = rng.choice(EXTREMES).encode()
    if rng.randrange(4) == 0:
        # Everywhere: sizes that must agree stay equal.
        return re.sub(rb"(?<![\w.])" + re.escape(number) + rb"(?![\d.])|(?<=x)" + re.escape(number) +
                      rb"(?=x)", lambda _: changed, data)
    return data[:place.start()] + changed + data[place.end():]


def nest(rng, data, other):
    before, after = rng.choice(NESTS)
    depth = rng.choice((10, 200, 3000, 60000))
    tokens = TOKEN.findall(data)
    i = at(rng, tokens)
    inner = tokens[i:i + 1] if rng.randrange(2) else []
    closed = after * depth if rng.randrange(4) else b""
    return b"".join(tokens[:i] + [before * depth] + inner + [closed] + tokens[i + 1:])


def lengthen_list(rng, data, other):
    """A list of very many elements."""
    places = [m.start() + 1 for m in re.finditer(rb"[\[<({]", data)]
    if not places:
        return data
    i = rng.choice(places)
    element = rng.choice((b"0, ", b"1x", b"[], ", b'"a", ', b"a: 1, ", b"_, ", b"1, 2, ", b"%0, "))
    return data[:i] + element * rng.choice((3, 100, 30000)) + data[i:]


def empty(rng, data, other):
    return rng.choice((b"", b"\n", b" ", b"\x00", b"null", b"{}", b"[]", b"---\n", b"#"))


TEXT = [(edit_tokens, 5), (replace_alike, 8), (change_number, 8), (edit_lines, 4), (splice_lines, 3),
        (splice, 1), (flip_bytes, 1), (insert_broken, 1), (truncate, 1), (remove_range, 1),
        (repeat_range, 1), (nest, 1), (lengthen_list, 1), (empty, 0.1)]


def change_json(rng, data, other):
    """A value of another type, or a key that is gone, doubled or renamed."""
    try:
        tree = json.loads(data)
    except ValueError:
        return data
    holders = []

    def walk(node):
        if isinstance(node, (dict, list)) and node:
            holders.append(node)
            for child in node.values() if isinstance(node, dict) else node:
                walk(child)

    walk(tree)
    if not holders:
        return data
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        holder = rng.choice(holders)
        key = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        kind = rng.randrange(6)
        if kind == 0 and isinstance(holder, dict) and len(holder) > 1:
            del holder[key]
        elif kind == 1:
            holder[key] = rng.choice((None, True, False, "", "x", [], {}, [1], {"a": 1}, 0.5, "8"))
        elif kind == 2:
            holder[key] = [holder[key]] * rng.choice((1, 2, 1000))
        else:
            holder[key] = rng.choice((0, -1, 1, 2, 3, 5, 2**31, 2**53, 2**63 - 1, 2**63, 2**64,
                                      -2**63, 1e308, 1e-308, 10**40, 4096, 1000000))
    return json.dumps(tree).encode()


def mutate(rng, item, other):
    """One to four mutations of an input, mostly one; `other` is what is spliced in."""
    choices = TEXT
    if item.kind in ("config", "cluster"):
        choices = choices + [(change_json, 25 if item.kind == "config" else 1)]
    data = item.data
    for _ in range(rng.choice((1, 1, 1, 2, 2, 4))):
        mutation = rng.choices([m for m, _ in choices], [w for _, w in choices])[0]
        data = mutation(rng, data, other.data)
    return data

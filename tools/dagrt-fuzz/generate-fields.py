"""Writes what can be damaged in a program, from the dialect's definition.

usage: generate-fields.py <records of DagrtOps.td, as JSON> <output>

For each op, its operands and attributes; for each attribute and type, its parameters, with code
that visits each of them and makes the attribute again with another value. So a new op, attribute or
parameter is damaged without anybody thinking of it: Damage.cpp knows only what a damaged number,
string or axis looks like.
"""

import json
import sys

HEAD = """\
// Generated from the dialect's definition by generate-fields.py; do not edit.
"""


def camel(name):
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


class Definition:
    def __init__(self, path):
        with open(path) as file:
            self.records = json.load(file)

    def of_class(self, name):
        return [(key, self.records[key]) for key in sorted(self.records["!instanceof"][name])]

    def arguments(self, dag):
        """(record or C++ type, name) of each argument."""
        for value, name in dag["args"]:
            yield (self.records[value["def"]] if isinstance(value, dict) else value), name


def write_ops(definition):
    yield "static const OpField kOpFields[] = {"
    for key, record in definition.of_class("Dagrt_Op"):
        op = "dagrt." + record["opName"]
        for argument, name in definition.arguments(record["arguments"]):
            kind, storage, remove = "Operand", "", "nullptr"
            classes = argument["!superclasses"]
            if "Optional" in classes:
                accessor = f"cast<{key.removeprefix('Dagrt_')}>(op).get{camel(name)}Mutable()"
                remove = f"[](Operation *op) {{ {accessor}.clear(); }}"
            elif "AttrConstraint" in classes:
                storage = argument["storageType"].strip().split("::")[-1]
                kind = "OptionalAttribute" if argument["isOptional"] else "Attribute"
            yield f'    {{"{op}", "{name}", OpField::{kind}, "{storage}", {remove}}},'
    yield "};\n"


def write_visits(record, sigil, base):
    names = [name for _, name in record["parameters"]["args"]]
    cpp = record["cppClassName"]
    yield f"  if (auto old = dyn_cast<{cpp}>(value)) {{"
    for name in names:
        values = ", ".join("value" if other == name else f"old.get{camel(other)}()" for other in names)
        make = f"{cpp}::get(context, {values})"
        yield f'    damager.visit("{sigil}dagrt.{record["mnemonic"]}.{name}",'
        yield f"                  old.get{camel(name)}(), [&](const auto &value) -> {base} {{"
        if record["genVerifyDecl"]:
            yield f"                    if (failed({cpp}::verify(emitError, {values})))"
            yield "                      return {};"
        yield f"                    return {make};"
        yield "                  });"
    yield "  }"


def write_parameters(definition):
    kinds = (("Dagrt_Attr", "#", "Attribute"), ("Dagrt_Type", "!", "Type"))
    yield "static const char *const kParameterFields[] = {"
    for kind, sigil, _ in kinds:
        for _, record in definition.of_class(kind):
            for _, name in record["parameters"]["args"]:
                yield f'    "{sigil}dagrt.{record["mnemonic"]}.{name}",'
    yield "};\n"
    for kind, sigil, base in kinds:
        yield f"/// Visits each parameter of the dialect's {base.lower()}s."
        yield "template <typename DamagerT, typename EmitErrorT>"
        yield f"static void visitParameters(DamagerT &damager, {base} value, EmitErrorT emitError) {{"
        yield "  MLIRContext *context = value.getContext();"
        for _, record in definition.of_class(kind):
            yield from write_visits(record, sigil, base)
        yield "}\n"


definition = Definition(sys.argv[1])
with open(sys.argv[2], "w") as file:
    file.write("\n".join([HEAD, *write_ops(definition), *write_parameters(definition)]))

//===- Proofs.cpp - Proofs for surviving mutants -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A survivor is either equivalent, which is proved here, or not detected by the verifiers or
// programs. A pattern may match more than its proof says: the page lists every survivor under its
// proof, so that a new one shows there, where a person has to read it.
//
//===----------------------------------------------------------------------===//

#include "Proofs.h"

#include "llvm/Support/Regex.h"

using namespace llvm;
using namespace dagrt;

static constexpr Proof kProofs[] = {
    {"dagrt\\.mesh\\.devices", ".*", "Other devices",
     "Ids name devices. What a device computes and what it sends depends on its indices along the "
     "axes of its mesh, which do not change: the same program runs on other devices, or on the "
     "same ones in another order. Ids that are not distinct are refused."},
    {"dagrt\\.mesh\\.axis_names", "\\[\"(.*)\", \"(.*)\"\\] -> \\[\"\\2\", \"\\1\"\\]",
     "Two axes of one size exchange their names",
     "Both have size 2. A device that had the indices (i, j) has (j, i): a permutation of the "
     "devices, as above."},
    {"dagrt\\.all_reduce\\.axes", ".*\\[\"(.*)\"\\]> -> .*\\[\"\\1\"\\+1\\]>",
     "A sum over an axis that is rotated",
     "A rotation says who holds which shard. Terms of a sum have no order: the sum runs over the "
     "same devices."},
    {"dagrt\\.(add|mul)\\.lhs", "exchanged with operand #1", "a + b = b + a, a * b = b * a",
     "Addition and multiplication commute."},
    {"dagrt\\.add\\.(lhs|rhs)", "exchanged with the next op of the kind",
     "(x + a) + b = (x + b) + a",
     "The two additions are links of one chain, and addition is associative and commutes."},
    {"dagrt\\.positions\\.first", "0 : i64 -> 1 : i64", "All positions one later",
     "These positions are read by rotations and masks only. A score of a query and a key that "
     "are "
     "rotated depends on the difference of their positions, and so does what a mask lets through."},
    {"dagrt\\.parameter\\.view", ".*<\\[([0-9]+), ([0-9]+)\\] (.*)> -> .*<\\[\\2, \\1\\] \\3>",
     "The sizes of a stored weight are exchanged",
     "An element is found by offset and strides; only the product of the stored sizes is read, "
     "which "
     "is the same."},
    {"dagrt\\.parameter\\.view", ".* -> none", "A view that is the stored weight itself is removed",
     "Its offset is 0, and its strides are those that a weight without a view has. The same view "
     "removed where that is not so is noticed."},
    {"dagrt\\.parameter\\.view",
     "(.*\\[24, 12, 4, 1\\]> -> .*\\[24, 12, [530], 1\\]>|"
     ".*\\[16, 16, 4, 1\\]> -> .*\\[16, (17|15|0), 4, 1\\]>)",
     "The stride of a dim of one element",
     "One query for each key/value head: the dim's only index is 0, times any stride 0."},
    {"dagrt\\.parameter: type", ".*@base.*types follow", "A projection is sharded in another way",
     "With `cut=core`, queries, keys and values are computed on the base and travel to the pool. "
     "The weight, "
     "and with it all up to the message, is sharded otherwise, or replicated; every type follows, "
     "so "
     "each device has what it computes with; and the message brings each receiver the same "
     "elements, from whichever device. Another partition of the same model."},
    {"dagrt\\.send: type", ".*@pool.*types follow", "Queries are sharded in another way",
     "The message brings each device of the pool other queries, or all of them, and the keys that "
     "all of them need; types follow up to the message back, which brings the same elements."},
    {"dagrt\\.(rms|layer)_norm\\.dims", "none -> 1 : i64",
     "A norm says how many dims its weight has",
     "Without a number a norm goes over all dims of its weight, and these have one."},
    {"dagrt\\.cache_update\\.in_place", ".*", "A cache is copied, or updated in place",
     "It says whose memory the result has. Its elements are the same; an update in place of a "
     "cache "
     "that is read later is refused."},
    {"dagrt\\.rope\\.config", ".*yarn .*6\\.400000e\\+01,.* -> .*yarn .*9\\.625000e\\+01,.*",
     "YaRN's original length, between two roundings",
     "The length decides between which pairs frequencies are stretched in part, rounded to pairs: "
     "1.03 and 1.20 round down to 1, 2.06 and 2.23 up to 3."},
};

ArrayRef<Proof> dagrt::getProofs() { return kProofs; }

/// True if `pattern` describes all of `text`.
static bool matches(StringRef pattern, StringRef text) {
  SmallVector<StringRef> groups;
  return Regex(pattern).match(text, &groups) && groups[0] == text;
}

const Proof *dagrt::findProof(StringRef what, StringRef how) {
  for (const Proof &proof : kProofs)
    if (matches(proof.what, what) && matches(proof.how, how))
      return &proof;
  return nullptr;
}

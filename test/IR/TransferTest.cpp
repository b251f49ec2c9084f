//===- TransferTest.cpp - Pieces of messages -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "IRTest.h"

#include "dagrt/IR/Transfer.h"

#include <map>
#include <random>

using namespace mlir;
using namespace dagrt;

namespace {

class TransferTest : public IRTest {
protected:
  TransferTest() {
    parse(R"(
      dagrt.mesh @eight <"tp" = 8> devices [0, 1, 2, 3, 4, 5, 6, 7]
      dagrt.mesh @pool <"sp" = 5> devices [8, 9, 10, 11, 12]
      dagrt.mesh @grid <"a" = 2, "b" = 3> devices [20, 21, 22, 23, 24, 25]
      dagrt.mesh @shared <"x" = 2, "y" = 2> devices [6, 7, 8, 9]
      dagrt.mesh @far <"x" = 2, "y" = 2> devices [30, 31, 32, 33]
    )");
  }

  Layout getLayout(DistAttr dist) { return Layout(getMesh(dist.getMesh().getValue()), dist); }

  SmallVector<TransferPiece> getPieces(DistAttr from, DistAttr to) {
    return getTransferPieces(getLayout(from), getLayout(to));
  }

  /// Elements that each device sends.
  static std::map<int64_t, double> getSent(ArrayRef<TransferPiece> pieces) {
    std::map<int64_t, double> sent;
    for (const TransferPiece &piece : pieces)
      sent[piece.sender] += piece.elements;
    return sent;
  }

  static bool holds(ArrayRef<Range> outer, ArrayRef<Range> inner) {
    return llvm::all_of(llvm::zip_equal(outer, inner), [](auto ranges) {
      auto [a, b] = ranges;
      return a.begin <= b.begin && b.end <= a.end;
    });
  }

  /// Every receiver gets each element of its box once, from devices that hold it.
  void check(DistAttr from, DistAttr to) {
    Layout source = getLayout(from), target = getLayout(to);
    ArrayRef<int64_t> of = to.getOf();
    SmallVector<TransferPiece> pieces = getPieces(from, to);
    for (int64_t receiver = 0; receiver < target.getNumDevices(); ++receiver) {
      Box box = target.getBox(receiver);
      std::vector<int> covers(of[0] * of[1], 0);
      for (const TransferPiece &piece : pieces) {
        if (piece.receiver != receiver)
          continue;
        ASSERT_TRUE(holds(box, piece.box)) << "receiver " << receiver;
        ASSERT_TRUE(holds(source.getBox(piece.sender), piece.box));
        ASSERT_EQ(piece.elements, piece.box[0].size() * piece.box[1].size());
        for (int64_t i = piece.box[0].begin; i < piece.box[0].end; ++i)
          for (int64_t j = piece.box[1].begin; j < piece.box[1].end; ++j)
            ++covers[i * of[1] + j];
      }
      for (int64_t i = 0; i < of[0]; ++i)
        for (int64_t j = 0; j < of[1]; ++j) {
          bool wanted = i >= box[0].begin && i < box[0].end && j >= box[1].begin && j < box[1].end;
          ASSERT_EQ(covers[i * of[1] + j], wanted) << "element " << i << ", " << j;
        }
    }
  }
};

TEST_F(TransferTest, EightShardsToFiveBlocksAreTwelvePieces) {
  DistAttr from = dist(R"(@eight, ["tp", _], of [8192, 4])");
  DistAttr to = dist(R"(@pool, ["sp", _], of [8192, 4])");
  EXPECT_EQ(getPieces(from, to).size(), 12u);
  EXPECT_EQ(getPieces(to, from).size(), 12u);
}

TEST_F(TransferTest, CrossCutsAreAPieceForEachPair) {
  EXPECT_EQ(
      getPieces(dist(R"(@eight, [_, "tp"], of [10, 8])"), dist(R"(@pool, ["sp", _], of [10, 8])"))
          .size(),
      40u);
}

TEST_F(TransferTest, ReplicasServeReceiversInTurn) {
  // Three replicas of each half; each half goes to all eight receivers.
  SmallVector<TransferPiece> pieces =
      getPieces(dist(R"(@grid, ["a", _], of [12, 8])"), dist(R"(@eight, [_, "tp"], of [12, 8])"));
  for (auto [sender, sent] : getSent(pieces))
    EXPECT_EQ(sent, 16) << "sender " << sender;
}

TEST_F(TransferTest, ReplicasServeOnlyThoseThatWantTheirBox) {
  // Each half is wanted by two of four receivers, which stand two apart: each replica of the half
  // must serve one of them.
  DistAttr from = dist(R"(@shared, ["x", _], of [4, 4])");
  DistAttr to = dist(R"(@far, ["y", _], of [4, 4])");
  std::map<int64_t, double> sent = getSent(getPieces(from, to));
  ASSERT_EQ(sent.size(), 4u);
  for (auto [sender, elements] : sent)
    EXPECT_EQ(elements, 8) << "sender " << sender;
}

TEST_F(TransferTest, ReplicasOfAWholeShareBySplitting) {
  // Five receivers of eight replicas: an eighth of each receiver's block comes from each.
  std::map<int64_t, double> sent = getSent(
      getPieces(dist(R"(@eight, [_, _], of [80, 8])"), dist(R"(@pool, ["sp", _], of [80, 8])")));
  ASSERT_EQ(sent.size(), 8u);
  for (auto [sender, elements] : sent)
    EXPECT_EQ(elements, 80) << "sender " << sender;
}

TEST_F(TransferTest, DevicesOfBothMeshesServeThemselves) {
  SmallVector<TransferPiece> pieces =
      getPieces(dist(R"(@eight, [_, _], of [4, 4])"), dist(R"(@shared, ["x", _], of [4, 4])"));
  int own = 0;
  for (const TransferPiece &piece : pieces)
    if (piece.sender == piece.receiver + 6) {
      EXPECT_EQ(piece.elements, 8);
      ++own;
    }
  EXPECT_EQ(own, 2);
}

TEST_F(TransferTest, EveryReceiverGetsItsBoxOnce) {
  std::mt19937 random(11);
  struct Choice {
    const char *mesh, *rows, *columns;
  };
  const Choice choices[] = {
      {"eight", "_", "_"},
      {"eight", R"("tp")", "_"},
      {"eight", R"("tp":(1)2)", R"("tp":(2)4)"},
      {"eight", R"("tp":(4)2)", "_"},
      {"pool", "_", "_"},
      {"pool", R"("sp")", "_"},
      {"pool", "_", R"("sp"+2)"},
      {"grid", R"("a")", R"("b")"},
      {"grid", R"({"b", "a"})", "_"},
      {"grid", "_", R"("b")"},
      {"shared", R"("x")", R"("y")"},
      {"shared", "_", R"("x")"},
  };
  for (int round = 0; round < 300; ++round) {
    const Choice &a = choices[random() % 12], &b = choices[random() % 12];
    std::string of = "], of [" + std::to_string(1 + random() % 20) + ", " +
                     std::to_string(1 + random() % 20) + "]";
    auto make = [&](const Choice &c) {
      return dist(std::string("@") + c.mesh + ", [" + c.rows + ", " + c.columns + of);
    };
    check(make(a), make(b));
    if (HasFatalFailure())
      FAIL() << a.mesh << ' ' << b.mesh << of;
  }
}

TEST_F(TransferTest, BytesOfASendAreThoseThatCross) {
  parse(R"(
    dagrt.mesh @a <"tp" = 2> devices [0, 1]
    dagrt.mesh @b <"sp" = 3> devices [2, 3, 4]
    dagrt.mesh @c <"sp" = 2> devices [1, 2]
    func.func @f(%x: tensor<4x8xbf16, #dagrt.dist<@a, ["tp", _], of [7, 8]>>) {
      %m = dagrt.send %x : tensor<4x8xbf16, #dagrt.dist<@a, ["tp", _], of [7, 8]>>
        -> !dagrt.message<tensor<7x8xbf16, #dagrt.dist<@b, [_, _], of [7, 8]>>>
      %y = dagrt.recv %m : !dagrt.message<tensor<7x8xbf16, #dagrt.dist<@b, [_, _], of [7, 8]>>>
      %n = dagrt.send %x : tensor<4x8xbf16, #dagrt.dist<@a, ["tp", _], of [7, 8]>>
        -> !dagrt.message<tensor<7x8xbf16, #dagrt.dist<@c, [_, _], of [7, 8]>>>
      %z = dagrt.recv %n : !dagrt.message<tensor<7x8xbf16, #dagrt.dist<@c, [_, _], of [7, 8]>>>
      return
    }
  )");
  SmallVector<double> bytes;
  module->walk([&](SendOp send) { bytes.push_back(send.getCommunication().bytes); });
  // Three replicas of 7 x 8 elements, without padding.
  EXPECT_EQ(bytes[0], 3 * 7 * 8 * 2);
  // Device 1 has rows 4 to 6 already.
  EXPECT_EQ(bytes[1], (4 + 7) * 8 * 2);
}

} // namespace

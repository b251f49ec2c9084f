//===- ViewCoverage.cpp - Do views tile what is stored? -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ViewCoverage.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <set>
#include <vector>

using namespace llvm;
using namespace dagrt;

StridedView::StridedView(int64_t offset, ArrayRef<int64_t> sizes, ArrayRef<int64_t> strides)
    : offset(offset) {
  SmallVector<std::pair<int64_t, int64_t>, 4> sorted;
  for (auto [size, stride] : zip_equal(sizes, strides)) {
    // Backwards is forwards from the other end.
    if (stride < 0)
      this->offset += (size - 1) * stride;
    if (size > 1)
      sorted.push_back({std::abs(stride), size});
  }
  llvm::sort(sorted, std::greater<>());
  for (auto [stride, size] : sorted)
    if (!dims.empty() && dims.back().first == stride * size)
      dims.back() = {stride, dims.back().second * size};
    else
      dims.push_back({stride, size});
}

int64_t StridedView::getLast() const {
  int64_t last = offset;
  for (auto [stride, size] : dims)
    last += stride * (size - 1);
  return last;
}

bool StridedView::isNested() const {
  int64_t inside = 0;
  for (auto [stride, size] : reverse(dims)) {
    if (stride <= inside)
      return false;
    inside += stride * (size - 1);
  }
  return true;
}

/// Beyond these, pieces and elements are not counted.
static constexpr size_t kMostPieces = size_t(1) << 20;
static constexpr int64_t kMostElements = int64_t(1) << 26;

//===----------------------------------------------------------------------===//
// Splitting views
//===----------------------------------------------------------------------===//

/// `view` without its outermost dim.
static StridedView getInner(const StridedView &view) {
  StridedView inner(view.offset);
  inner.dims.append(view.dims.begin() + 1, view.dims.end());
  return inner;
}

/// `count` of the items of the outermost dim, from item `first` on.
static StridedView takeItems(const StridedView &view, int64_t first, int64_t count) {
  StridedView part = view;
  part.offset += first * view.dims.front().first;
  part.dims.front().second = count;
  if (count == 1)
    part.dims.erase(part.dims.begin());
  return part;
}

/// The parts of a nested view below and from `boundary` on.
static void split(const StridedView &view, int64_t boundary, std::vector<StridedView> &below,
                  std::vector<StridedView> &above) {
  if (view.getLast() < boundary)
    return below.push_back(view);
  if (view.offset >= boundary)
    return above.push_back(view);
  auto [stride, size] = view.dims.front();
  StridedView inner = getInner(view);
  // Items that begin below the boundary, and of these the ones that end there. One may cross it.
  int64_t begun = std::min(size, (boundary - 1 - view.offset) / stride + 1);
  int64_t room = boundary - 1 - inner.getLast();
  int64_t ended = room < 0 ? 0 : std::min(size, room / stride + 1);
  if (ended > 0)
    below.push_back(takeItems(view, 0, ended));
  if (ended < begun) {
    inner.offset += ended * stride;
    split(inner, boundary, below, above);
  }
  if (begun < size)
    above.push_back(takeItems(view, begun, size - begun));
}

namespace {
/// What lies in each of `count` periods from the period `first` on; `rest` begins in the first.
struct Piece {
  int64_t first, count;
  StridedView rest;
};

/// Views split into pieces of one period.
class Periods {
public:
  explicit Periods(int64_t period) : period(period) {}
  /// False if there are too many pieces.
  bool add(StridedView view);
  std::vector<Piece> pieces;

private:
  void addPiece(int64_t first, int64_t count, StridedView view) {
    view.offset %= period;
    pieces.push_back({first, count, std::move(view)});
  }
  void addRepeated(const StridedView &view);
  bool addRun(const StridedView &view, std::vector<StridedView> &rest);

  int64_t period;
};
} // namespace

/// A view whose outermost dim goes from period to period.
void Periods::addRepeated(const StridedView &view) {
  int64_t first = view.offset / period, count = view.dims.front().second;
  std::vector<StridedView> below, above;
  split(getInner(view), (first + 1) * period, below, above);
  for (const StridedView &part : below)
    addPiece(first, count, part);
  for (const StridedView &part : above)
    addPiece(first + 1, count, part);
}

/// Adds full periods of a view that looks the same in each, and leaves what is behind them; false
/// if it is not such a view, or does not begin with a period.
bool Periods::addRun(const StridedView &view, std::vector<StridedView> &rest) {
  auto [stride, size] = view.dims.front();
  int64_t each = period / stride, count = size / each;
  int64_t reach = getInner(view).getLast() - view.offset;
  if (period % stride != 0 || count == 0 || view.offset % period % stride + reach >= stride ||
      view.offset % period >= stride)
    return false;
  addPiece(view.offset / period, count, takeItems(view, 0, each));
  if (size % each != 0)
    rest.push_back(takeItems(view, count * each, size % each));
  return true;
}

bool Periods::add(StridedView view) {
  std::vector<StridedView> views{std::move(view)};
  while (!views.empty()) {
    StridedView next = std::move(views.back());
    views.pop_back();
    if (pieces.size() + views.size() > kMostPieces)
      return false;
    int64_t first = next.offset / period;
    if (!next.dims.empty() && next.dims.front().first == period) {
      addRepeated(next);
      continue;
    }
    if (next.getLast() / period == first) {
      addPiece(first, 1, next);
      continue;
    }
    if (addRun(next, views))
      continue;
    std::vector<StridedView> below;
    split(next, (first + 1) * period, below, views);
    for (const StridedView &part : below)
      addPiece(first, 1, part);
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Comparing views
//===----------------------------------------------------------------------===//

/// Views of consecutive elements.
static std::optional<CoverageFault> findFaultOfRuns(ArrayRef<StridedView> views, int64_t size) {
  std::vector<std::pair<int64_t, int64_t>> runs;
  for (const StridedView &view : views)
    runs.push_back({view.offset, view.getLast() + 1});
  llvm::sort(runs);
  int64_t end = 0;
  for (auto [first, last] : runs) {
    if (first != end)
      return CoverageFault{first > end ? CoverageFault::Unread : CoverageFault::ReadTwice,
                           std::min(first, end)};
    end = last;
  }
  if (end < size)
    return CoverageFault{CoverageFault::Unread, end};
  return std::nullopt;
}

/// Views of any form, element by element.
static std::optional<CoverageFault> countElements(ArrayRef<StridedView> views, int64_t size) {
  if (size > kMostElements)
    return CoverageFault{CoverageFault::Unknown};
  std::vector<bool> isRead(size);
  for (const StridedView &view : views) {
    SmallVector<int64_t> index(view.dims.size(), 0);
    for (int64_t element = view.offset; element >= 0;) {
      if (isRead[element])
        return CoverageFault{CoverageFault::ReadTwice, element};
      isRead[element] = true;
      size_t dim = view.dims.size();
      for (; dim-- > 0;) {
        auto [stride, count] = view.dims[dim];
        element += stride;
        if (++index[dim] < count)
          break;
        element -= stride * count;
        index[dim] = 0;
      }
      if (dim == size_t(-1))
        break;
    }
  }
  auto unread = llvm::find(isRead, false);
  if (unread == isRead.end())
    return std::nullopt;
  return CoverageFault{CoverageFault::Unread, unread - isRead.begin()};
}

static std::optional<CoverageFault> findFault(ArrayRef<StridedView> views, int64_t size);

/// Compares pieces in each range of periods that the same pieces lie in.
static std::optional<CoverageFault> comparePeriods(std::vector<Piece> &pieces, int64_t period,
                                                   int64_t size) {
  std::set<int64_t> bounds{0, size / period, (size + period - 1) / period};
  for (const Piece &piece : pieces) {
    bounds.insert(piece.first);
    bounds.insert(piece.first + piece.count);
  }
  llvm::stable_sort(pieces, [](const Piece &a, const Piece &b) { return a.first < b.first; });
  size_t next = 0;
  std::vector<const Piece *> active;
  for (int64_t first : bounds) {
    if (first * period >= size)
      break;
    for (; next < pieces.size() && pieces[next].first == first; ++next)
      active.push_back(&pieces[next]);
    llvm::erase_if(active, [&](const Piece *p) { return p->first + p->count <= first; });
    std::vector<StridedView> rests;
    for (const Piece *piece : active)
      rests.push_back(piece->rest);
    std::optional<CoverageFault> fault = findFault(rests, std::min(period, size - first * period));
    if (!fault)
      continue;
    fault->element += first * period;
    return fault;
  }
  return std::nullopt;
}

/// As the public function, for nested views. Each step down takes a stride away.
static std::optional<CoverageFault> findFault(ArrayRef<StridedView> views, int64_t size) {
  int64_t period = 1;
  for (const StridedView &view : views)
    if (!view.dims.empty())
      period = std::max(period, view.dims.front().first);
  if (period == 1)
    return findFaultOfRuns(views, size);
  Periods periods(period);
  for (const StridedView &view : views)
    if (!periods.add(view))
      return CoverageFault{CoverageFault::Unknown};
  return comparePeriods(periods.pieces, period, size);
}

std::optional<CoverageFault> dagrt::findCoverageFault(ArrayRef<StridedView> views, int64_t size) {
  std::optional<CoverageFault> fault = CoverageFault{CoverageFault::Unknown};
  if (llvm::all_of(views, [](const StridedView &view) { return view.isNested(); }))
    fault = findFault(views, size);
  if (fault && fault->kind == CoverageFault::Unknown)
    return countElements(views, size);
  return fault;
}

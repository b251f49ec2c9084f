//===- Distribution.cpp - Arithmetic of distributions -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Axes are compared and split as lists of sub-axes `[pre, pre * size)` of an axis that is
// read as mixed-radix digits, most significant first. Every list that leaves this
// file is normalized, so equal shardings are equal attributes.
//
//===----------------------------------------------------------------------===//

#include "PlacedTypes.h"

#include "dagrt/IR/Dagrt.h"

#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace dagrt;

DistAttr dagrt::getDist(Type type) {
  auto tensor = dyn_cast_or_null<RankedTensorType>(type);
  return tensor ? dyn_cast_or_null<DistAttr>(tensor.getEncoding()) : DistAttr();
}

GlobalSize GlobalShape::operator[](size_t dim) const {
  bool isSymbolic = !symbols.empty() && symbols[dim] && !symbols[dim].isConstant();
  return {numbers[dim], isSymbolic ? symbols[dim] : SizeAttr()};
}

GlobalShape dagrt::getGlobalShape(DistAttr dist) { return {dist.getOf(), dist.getSymbols()}; }

GlobalShape dagrt::getGlobalShape(RankedTensorType type) {
  if (DistAttr dist = getDist(type))
    return getGlobalShape(dist);
  auto sizes = dyn_cast_or_null<SizesAttr>(type.getEncoding());
  return {type.getShape(), sizes ? sizes.getSizes() : ArrayRef<SizeAttr>()};
}

SmallVector<SizeAttr> dagrt::getSizeSymbols(MLIRContext *context, GlobalShape shape) {
  SmallVector<SizeAttr> symbols;
  if (!ShapedType::isDynamicShape(shape))
    return symbols;
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    GlobalSize size = shape[dim];
    assert((size.symbol || !ShapedType::isDynamic(size.number)) && "expects a known size");
    symbols.push_back(size.symbol ? size.symbol : SizeAttr::getConstant(context, size.number));
  }
  return symbols;
}

RankedTensorType dagrt::getLogicalType(GlobalShape shape, Type elementType) {
  MLIRContext *context = elementType.getContext();
  SmallVector<SizeAttr> symbols = getSizeSymbols(context, shape);
  Attribute encoding = symbols.empty() ? SizesAttr() : SizesAttr::get(context, symbols);
  return RankedTensorType::get(shape, elementType, encoding);
}

SmallVector<SizeAttr> dagrt::getGlobalSizes(RankedTensorType type) {
  SmallVector<SizeAttr> sizes;
  GlobalShape shape = getGlobalShape(type);
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    GlobalSize size = shape[dim];
    bool isNumber = !ShapedType::isDynamic(size.number);
    sizes.push_back(isNumber ? SizeAttr::getConstant(type.getContext(), size.number) : size.symbol);
  }
  return sizes;
}

SmallVector<SizeAttr> dagrt::getLocalSizes(MeshOp mesh, RankedTensorType type) {
  SmallVector<SizeAttr> sizes = getGlobalSizes(type);
  if (DistAttr dist = getDist(type))
    for (auto [size, axes] : llvm::zip_equal(sizes, dist.getDims()))
      size = size.ceilDiv(getNumShards(mesh, axes));
  return sizes;
}

MeshOp dagrt::lookupMesh(Operation *from, FlatSymbolRefAttr name) {
  return SymbolTable::lookupNearestSymbolFrom<MeshOp>(from, name.getAttr());
}

MeshOp dagrt::lookupMesh(Operation *from, FlatSymbolRefAttr name, SymbolTableCollection &symbols) {
  // Without regions it is no symbol table itself.
  if (from->getNumRegions() == 0 && from->getParentOp())
    from = from->getParentOp();
  return symbols.lookupNearestSymbolFrom<MeshOp>(from, name.getAttr());
}

//===----------------------------------------------------------------------===//
// Axes
//===----------------------------------------------------------------------===//

namespace {
/// A part of an axis with its numbers filled in.
struct SubAxis {
  StringRef name;
  int64_t pre = 1;      ///< Product of the factors before it.
  int64_t size = 1;     ///< Number of indices.
  int64_t full = 1;     ///< Size of the full axis.
  int64_t rotation = 0; ///< Of a full axis.

  int64_t end() const { return pre * size; }
};
} // namespace

static SubAxis resolve(MeshOp mesh, AxisRefAttr ref) {
  int64_t full = std::max<int64_t>(mesh.getAxisSize(ref.getName()), 1);
  if (ref.isWhole())
    return {ref.getName(), 1, full, full, ref.getRotation()};
  return {ref.getName(), ref.getPreSize(), ref.getSize(), full, 0};
}

static SmallVector<SubAxis, 4> resolve(MeshOp mesh, AxesAttr axes) {
  SmallVector<SubAxis, 4> result;
  if (axes)
    for (AxisRefAttr ref : axes)
      result.push_back(resolve(mesh, ref));
  return result;
}

/// The normalized attribute of a list of sub-axes.
static AxesAttr build(MLIRContext *context, ArrayRef<SubAxis> parts) {
  SmallVector<SubAxis, 4> merged;
  for (const SubAxis &part : parts) {
    if (part.size == 1)
      continue;
    bool joins = !merged.empty() && merged.back().name == part.name &&
                 merged.back().end() == part.pre && merged.back().rotation == 0 &&
                 part.rotation == 0;
    if (joins)
      merged.back().size *= part.size;
    else
      merged.push_back(part);
  }
  SmallVector<AxisRefAttr, 4> refs;
  for (const SubAxis &part : merged) {
    bool whole = part.pre == 1 && part.size == part.full;
    refs.push_back(AxisRefAttr::get(context, part.name, whole ? 0 : part.pre, whole ? 0 : part.size,
                                    part.rotation));
  }
  return AxesAttr::get(context, refs);
}

/// The parts of axes in the order of the mesh, neighbours joined: equal sets of axes are equal.
static SmallVector<SubAxis, 4> getSorted(MeshOp mesh, AxesAttr axes) {
  SmallVector<SubAxis, 4> parts = resolve(mesh, axes), joined;
  auto getPlace = [&](const SubAxis &part) {
    ArrayRef<Attribute> names = mesh.getAxisNames().getValue();
    auto isName = [&](Attribute name) { return cast<StringAttr>(name) == part.name; };
    return std::make_pair(llvm::find_if(names, isName) - names.begin(), part.pre);
  };
  llvm::stable_sort(parts,
                    [&](const SubAxis &a, const SubAxis &b) { return getPlace(a) < getPlace(b); });
  for (const SubAxis &part : parts) {
    if (!joined.empty() && joined.back().name == part.name && joined.back().end() == part.pre)
      joined.back().size *= part.size;
    else
      joined.push_back(part);
  }
  return joined;
}

bool dagrt::isSameSet(MeshOp mesh, AxesAttr a, AxesAttr b) {
  return a == b || build(mesh.getContext(), getSorted(mesh, a)) ==
                       build(mesh.getContext(), getSorted(mesh, b));
}

/// True for lists of full axes of several devices, as most are: these are normalized.
static bool areFullAxes(MeshOp mesh, ArrayRef<AxisRefAttr> axes) {
  return llvm::all_of(
      axes, [&](AxisRefAttr ref) { return ref.isWhole() && mesh.getAxisSize(ref.getName()) > 1; });
}

AxesAttr dagrt::normalizeAxes(MeshOp mesh, AxesAttr axes) {
  return areFullAxes(mesh, axes.getAxes()) ? axes : normalizeAxes(mesh, axes.getAxes());
}

AxesAttr dagrt::normalizeAxes(MeshOp mesh, ArrayRef<AxisRefAttr> axes) {
  SmallVector<SubAxis, 4> parts;
  for (AxisRefAttr ref : axes)
    parts.push_back(resolve(mesh, ref));
  return build(mesh.getContext(), parts);
}

AxesAttr dagrt::concatAxes(MeshOp mesh, AxesAttr front, AxesAttr back) {
  if (front.empty())
    return normalizeAxes(mesh, back);
  if (back.empty())
    return normalizeAxes(mesh, front);
  SmallVector<SubAxis, 4> parts = resolve(mesh, front);
  llvm::append_range(parts, resolve(mesh, back));
  return build(mesh.getContext(), parts);
}

bool dagrt::overlaps(MeshOp mesh, AxesAttr a, AxesAttr b) {
  if (!a || !b || a.empty() || b.empty())
    return false;
  for (const SubAxis &x : resolve(mesh, a))
    for (const SubAxis &y : resolve(mesh, b))
      if (x.name == y.name && x.pre < y.end() && y.pre < x.end())
        return true;
  return false;
}

std::optional<AxesAttr> dagrt::removeTail(MeshOp mesh, AxesAttr whole, AxesAttr tail) {
  SmallVector<SubAxis, 4> left = resolve(mesh, whole), cut = resolve(mesh, tail);
  while (!cut.empty()) {
    if (left.empty())
      return std::nullopt;
    SubAxis &w = left.back(), &t = cut.back();
    if (w.name != t.name || w.end() != t.end() || w.rotation != t.rotation)
      return std::nullopt;
    if (w.size == t.size) {
      left.pop_back();
      cut.pop_back();
    } else if (w.rotation == 0 && w.size > t.size && w.size % t.size == 0) {
      w.size /= t.size;
      cut.pop_back();
    } else if (w.rotation == 0 && t.size > w.size && t.size % w.size == 0) {
      t.size /= w.size;
      left.pop_back();
    } else {
      return std::nullopt;
    }
  }
  return build(mesh.getContext(), left);
}

std::optional<AxesAttr> dagrt::removeHead(MeshOp mesh, AxesAttr whole, AxesAttr head) {
  if (head.empty())
    return normalizeAxes(mesh, whole);
  SmallVector<SubAxis, 4> left = resolve(mesh, whole), cut = resolve(mesh, head);
  // From the front: a head may be the major part of an axis.
  size_t i = 0;
  for (size_t j = 0; j < cut.size();) {
    if (i == left.size())
      return std::nullopt;
    SubAxis &w = left[i], &h = cut[j];
    if (w.name != h.name || w.pre != h.pre || w.rotation != h.rotation)
      return std::nullopt;
    if (w.size == h.size) {
      ++i;
      ++j;
    } else if (w.rotation == 0 && w.size > h.size && w.size % h.size == 0) {
      w.pre *= h.size;
      w.size /= h.size;
      ++j;
    } else if (w.rotation == 0 && h.size > w.size && h.size % w.size == 0) {
      h.pre *= w.size;
      h.size /= w.size;
      ++i;
    } else {
      return std::nullopt;
    }
  }
  return build(mesh.getContext(), ArrayRef<SubAxis>(left).drop_front(i));
}

/// Takes the part `gone` out of one of `parts`; what is left of that one stays.
static bool removePart(SmallVectorImpl<SubAxis> &parts, SubAxis gone) {
  for (SubAxis *part = parts.begin(); part != parts.end(); ++part) {
    if (part->name != gone.name || part->pre > gone.pre || gone.end() > part->end() ||
        gone.pre % part->pre != 0 || part->end() % gone.end() != 0)
      continue;
    SubAxis rest = *part;
    rest.pre = gone.end();
    rest.size = part->end() / gone.end();
    part->size = gone.pre / part->pre;
    parts.insert(part + 1, rest);
    return true;
  }
  return false;
}

std::optional<AxesAttr> dagrt::removeAxes(MeshOp mesh, AxesAttr axes, AxesAttr gone) {
  SmallVector<SubAxis, 4> left = getSorted(mesh, axes);
  for (const SubAxis &part : getSorted(mesh, gone))
    if (part.size > 1 && !removePart(left, part))
      return std::nullopt;
  return build(mesh.getContext(), left);
}

//===----------------------------------------------------------------------===//
// Shards
//===----------------------------------------------------------------------===//

int64_t dagrt::getNumShards(MeshOp mesh, AxesAttr axes) {
  int64_t shards = 1;
  if (axes)
    for (AxisRefAttr ref : axes)
      shards *= resolve(mesh, ref).size;
  return shards;
}

/// Index of a device along the axis `name`.
static int64_t getAxisIndex(MeshOp mesh, StringRef name, int64_t device) {
  ArrayRef<int64_t> sizes = mesh.getAxisSizes();
  for (size_t i = sizes.size(); i-- > 0;) {
    int64_t index = device % sizes[i];
    if (cast<StringAttr>(mesh.getAxisNames()[i]).getValue() == name)
      return index;
    device /= sizes[i];
  }
  return 0;
}

int64_t dagrt::getShardIndex(MeshOp mesh, AxesAttr axes, int64_t device) {
  int64_t shard = 0;
  for (const SubAxis &part : resolve(mesh, axes)) {
    int64_t index = getAxisIndex(mesh, part.name, device);
    index = (index + part.rotation) % part.full;
    if (index < 0)
      index += part.full;
    int64_t rest = part.full / part.end();
    shard = shard * part.size + (index / rest) % part.size;
  }
  return shard;
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

/// Checks one axis reference.
static LogicalResult verifyAxis(Operation *op, MeshOp mesh, AxisRefAttr ref, const Twine &what) {
  int64_t full = mesh.getAxisSize(ref.getName());
  if (full == 0) {
    InFlightDiagnostic error = op->emitOpError()
                               << "expects " << what << " to use axes of mesh '@"
                               << mesh.getSymName() << "', got axis \"" << ref.getName() << '"';
    error.attachNote(mesh.getLoc()) << "mesh declared here";
    return error;
  }
  int64_t end = 0;
  if (ref.isWhole() ? ref.getRotation() < full
                    : !llvm::MulOverflow(ref.getPreSize(), ref.getSize(), end) && full % end == 0)
    return success();
  InFlightDiagnostic error = op->emitOpError()
                             << "expects " << what << " to use "
                             << (ref.isWhole() ? "a rotation" : "a factor") << " of axis \""
                             << ref.getName() << "\", which has the size " << full << ", got "
                             << ref.str();
  error.attachNote(mesh.getLoc()) << "mesh declared here";
  return error;
}

LogicalResult dagrt::verifyAxes(Operation *op, MeshOp mesh, AxesAttr axes, const Twine &what) {
  for (AxisRefAttr ref : axes)
    if (failed(verifyAxis(op, mesh, ref, what)))
      return failure();
  return success();
}

/// No part of an axis is used twice, be it by two dims or by a dim and the pending sum.
static LogicalResult verifyAxesOnce(Operation *op, MeshOp mesh, DistAttr dist, const Twine &what) {
  SmallVector<SubAxis, 4> used;
  auto use = [&](AxesAttr axes) -> LogicalResult {
    for (AxisRefAttr ref : axes) {
      SubAxis part = resolve(mesh, ref);
      for (const SubAxis &other : used) {
        if (part.name != other.name || part.pre >= other.end() || other.pre >= part.end())
          continue;
        InFlightDiagnostic error = op->emitOpError() << "expects " << what << " to use axis \""
                                                     << part.name << "\" once, got " << dist;
        error.attachNote(mesh.getLoc()) << "mesh declared here";
        return error;
      }
      used.push_back(part);
    }
    return success();
  };
  for (AxesAttr axes : dist.getDims())
    if (failed(use(axes)))
      return failure();
  return use(dist.getPartial());
}

/// The local shape follows from the global one.
static LogicalResult verifyLocalShape(Operation *op, MeshOp mesh, RankedTensorType tensor,
                                      const Twine &what) {
  DistAttr dist = getDist(tensor);
  for (int64_t dim = 0, rank = tensor.getRank(); dim < rank; ++dim) {
    int64_t shards = getNumShards(mesh, dist.getDims()[dim]);
    int64_t size = dist.getOf()[dim], local = getShardSize(size, shards);
    // The encoding's own verifier has compared symbolic dims.
    if (tensor.getDimSize(dim) == local)
      continue;
    InFlightDiagnostic error = op->emitOpError();
    error << "expects dim " << dim << " of " << what << " to be " << local;
    if (shards > 1)
      error << " (" << size << " elements over " << shards << " shards)";
    error << ", got ";
    if (tensor.isDynamicDim(dim))
      error << '?';
    else
      error << tensor.getDimSize(dim);
    error.attachNote(mesh.getLoc()) << "mesh declared here";
    return error;
  }
  return success();
}

/// Notes at the meshes that could be meant, a few at most.
static void noteMeshes(InFlightDiagnostic &error, Operation *op) {
  Operation *table = SymbolTable::getNearestSymbolTable(op);
  if (!table)
    return;
  constexpr unsigned kMostNotes = 4;
  unsigned notes = 0;
  for (auto mesh : table->getRegion(0).getOps<MeshOp>())
    if (notes++ < kMostNotes)
      error.attachNote(mesh.getLoc()) << "mesh '@" << mesh.getSymName() << "' declared here";
}

/// A mesh that is none reports itself, before functions are looked into; their ops would only
/// repeat it. An op beside the mesh comes first if it stands first, and then is the one to say so.
static LogicalResult refuseMesh(Operation *op, MeshOp mesh, const Twine &what) {
  if (op->hasTrait<OpTrait::IsIsolatedFromAbove>() ||
      op->getParentWithTrait<OpTrait::IsIsolatedFromAbove>() != mesh->getParentOp())
    return failure();
  InFlightDiagnostic error = op->emitOpError()
                             << "expects " << what << " to lie on a valid mesh, got '@"
                             << mesh.getSymName() << "'";
  error.attachNote(mesh.getLoc()) << "mesh declared here";
  return failure();
}

MeshOp PlacedTypes::lookup(DistAttr dist) {
  if (dist.getMesh() != name) {
    name = dist.getMesh();
    mesh = lookupMesh(op, name, symbols);
  }
  return mesh;
}

/// The mesh that a distribution names, with an error if it names none.
MeshOp PlacedTypes::findMesh(DistAttr dist, const Twine &what) {
  if (MeshOp found = lookup(dist))
    return found;
  InFlightDiagnostic error = op->emitOpError()
                             << "expects " << what << " to lie on a mesh of this module, got '"
                             << dist.getMesh() << "'";
  if (Operation *symbol = SymbolTable::lookupNearestSymbolFrom(op, dist.getMesh().getAttr()))
    error.attachNote(symbol->getLoc()) << "symbol declared here";
  else
    noteMeshes(error, op);
  return {};
}

LogicalResult PlacedTypes::verify(Type type, const Twine &what) {
  DistAttr dist = getDist(type);
  if (!dist || type == verified)
    return success();
  MeshOp found = findMesh(dist, what);
  if (!found)
    return failure();
  if (!found.hasShape())
    return refuseMesh(op, found, what);
  for (AxesAttr axes : dist.getDims())
    if (failed(verifyAxes(op, found, axes, what)))
      return failure();
  if (failed(verifyAxes(op, found, dist.getPartial(), what)) ||
      failed(verifyAxesOnce(op, found, dist, what)) ||
      failed(verifyLocalShape(op, found, cast<RankedTensorType>(type), what)))
    return failure();
  verified = type;
  return success();
}

LogicalResult dagrt::verifyPlacedType(Operation *op, Type type, const Twine &what,
                                      SymbolTableCollection &symbols) {
  return PlacedTypes(op, symbols).verify(type, what);
}

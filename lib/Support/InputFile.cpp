//===- InputFile.cpp - Files that are read, of a bounded size -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A regular file says how long it is before it is read, and is mapped. A pipe or a device does not:
// it is read in blocks until it ends or is longer than the limit, so that memory is bounded by the
// limit whatever the input is.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Support/InputFile.h"
#include "dagrt/Support/Units.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Errc.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"

using namespace llvm;
using namespace dagrt;

/// What MLIR bytecode begins with.
static constexpr StringLiteral kBytecodeMagic = "ML\xefR";

static Error makeError(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), message);
}

static Error refuseSize(uint64_t largest) {
  return makeError("expects a file of at most " + formatBytes(static_cast<double>(largest)) +
                   ", got a longer one");
}

/// Zero bytes are no text in any form that dagrt reads. Of UTF-16, which is full of them, readers
/// say what it is.
static Error checkText(StringRef text) {
  if (text.starts_with(kBytecodeMagic) || text.starts_with("\xff\xfe") ||
      text.starts_with("\xfe\xff"))
    return Error::success();
  size_t zero = text.take_front(1 << 16).find('\0');
  if (zero == StringRef::npos)
    return Error::success();
  return makeError("expects UTF-8 text, got a zero byte at offset " + Twine(zero));
}

/// Reads until the end, which must come within `largest` bytes.
static Expected<std::unique_ptr<MemoryBuffer>> readStream(sys::fs::file_t file, StringRef name,
                                                          uint64_t largest) {
  constexpr size_t block = 1 << 16;
  SmallVector<char, 0> bytes;
  for (;;) {
    size_t size = bytes.size();
    bytes.resize_for_overwrite(size + block);
    Expected<size_t> count =
        sys::fs::readNativeFile(file, MutableArrayRef<char>(bytes).drop_front(size));
    if (!count)
      return count.takeError();
    bytes.truncate(size + *count);
    if (*count == 0)
      break;
    if (bytes.size() > largest)
      return refuseSize(largest);
    if (size == 0)
      if (Error error = checkText(StringRef(bytes.data(), bytes.size())))
        return error;
  }
  return std::make_unique<SmallVectorMemoryBuffer>(std::move(bytes), name,
                                                   /*RequiresNullTerminator=*/true);
}

Expected<std::unique_ptr<MemoryBuffer>> dagrt::readInputFile(StringRef path, uint64_t largest) {
  sys::fs::file_status status;
  if (std::error_code error = sys::fs::status(path, status))
    return errorCodeToError(error);
  if (sys::fs::is_directory(status))
    return errorCodeToError(make_error_code(errc::is_a_directory));
  if (sys::fs::is_regular_file(status)) {
    // Files of /proc say that they are empty; they are read as streams are.
    if (status.getSize() > largest)
      return refuseSize(largest);
    if (status.getSize() > 0) {
      auto buffer = MemoryBuffer::getFile(path, /*IsText=*/true);
      if (!buffer)
        return errorCodeToError(buffer.getError());
      if (Error error = checkText((*buffer)->getBuffer()))
        return error;
      return std::move(*buffer);
    }
  }
  Expected<sys::fs::file_t> file = sys::fs::openNativeFileForRead(path);
  if (!file)
    return file.takeError();
  llvm::scope_exit closeFile([&] { sys::fs::closeFile(*file); });
  return readStream(*file, path, largest);
}

Expected<std::unique_ptr<MemoryBuffer>> dagrt::readInputFileOrStdin(StringRef path,
                                                                    uint64_t largest) {
  if (path == "-")
    return readStream(sys::fs::getStdinHandle(), "<stdin>", largest);
  return readInputFile(path, largest);
}

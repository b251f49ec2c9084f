//===- OutputFile.cpp - Files that are replaced when complete -*- C++ -*-===//
//
// Licensed under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The text goes to a temporary file beside the target, which then takes the target's name: a reader
// sees the old file or the new one, never a part. What is not a regular file cannot be replaced in
// this way without destroying it (think of /dev/stdout), so it is written to.
//
//===----------------------------------------------------------------------===//

#include "dagrt/Support/OutputFile.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Errc.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

/// Writes `text` to a file descriptor, which stays open.
static Error writeText(int descriptor, StringRef text) {
  raw_fd_ostream os(descriptor, /*shouldClose=*/false, /*unbuffered=*/true);
  os << text;
  std::error_code error = os.error();
  os.clear_error();
  return errorCodeToError(error);
}

static Error writeInPlace(StringRef path, StringRef text) {
  int descriptor = -1;
  if (std::error_code error = sys::fs::openFileForWrite(path, descriptor, sys::fs::CD_OpenExisting))
    return errorCodeToError(error);
  Error result = writeText(descriptor, text);
  if (std::error_code error = sys::Process::SafelyCloseFileDescriptor(descriptor); error && !result)
    return errorCodeToError(error);
  return result;
}

Error dagrt::replaceFile(StringRef path, StringRef text) {
  if (path == "-")
    return writeText(1, text);
  // A link stays a link: what it points to is replaced.
  SmallString<256> target(path), real;
  if (!sys::fs::real_path(path, real))
    target = real;
  sys::fs::file_status status;
  bool exists = !sys::fs::status(target, status) && sys::fs::exists(status);
  if (exists && sys::fs::is_directory(status))
    return errorCodeToError(make_error_code(errc::is_a_directory));
  if (exists && !sys::fs::is_regular_file(status))
    return writeInPlace(target, text);
  if (exists && !sys::fs::can_write(target))
    return errorCodeToError(make_error_code(errc::permission_denied));
  Expected<sys::fs::TempFile> temporary =
      sys::fs::TempFile::create(target + ".part-%%%%%%", sys::fs::all_read | sys::fs::all_write);
  if (!temporary)
    return temporary.takeError();
  if (Error error = writeText(temporary->FD, text))
    return joinErrors(std::move(error), temporary->discard());
  if (exists)
    (void)sys::fs::setPermissions(temporary->FD, status.permissions());
  return temporary->keep(target);
}

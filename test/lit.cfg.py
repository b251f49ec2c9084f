# How the tests run: shell lines in the files, with our tools and LLVM's on the PATH.

import os
import shutil
import sys

import lit.formats

config.name = "dagrt"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "lit.cfg.py"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.dagrt_build_dir, "test")
config.environment["PATH"] = os.pathsep.join(
    [config.dagrt_tools_dir, config.llvm_tools_dir, os.environ["PATH"]]
)
config.environment["FILECHECK_OPTS"] = "--enable-var-scope --allow-unused-prefixes=false"
config.substitutions.append(("%source_dir", config.dagrt_source_dir))
config.substitutions.append(("%build_dir", config.dagrt_build_dir))
config.substitutions.append(("%llvm_dir", config.llvm_dir))
config.substitutions.append(("%examples", os.path.join(config.dagrt_source_dir, "docs", "examples")))
config.substitutions.append(("%python", sys.executable))

# Programs that the embedding tests build use the compiler cache of this build, if it has one.
cmake_client_args = "-DCMAKE_CXX_COMPILER=" + config.cxx_compiler
if shutil.which("ccache"):
    cmake_client_args += " -DCMAKE_CXX_COMPILER_LAUNCHER=ccache"
config.substitutions.append(("%cmake_client_args", cmake_client_args))
for variable in ("HOME", "CCACHE_DIR", "CCACHE_BASEDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                 "UCX_MEM_MMAP_HOOK_MODE"):
    if variable in os.environ:
        config.environment[variable] = os.environ[variable]

plugin = os.path.join(config.dagrt_build_dir, "lib", "DagrtPlugin.so")
config.substitutions.append(("%plugin", plugin))
if os.path.exists(plugin):
    config.available_features.add("plugin")

# Left out where there is no MINPACK.
if os.path.exists(os.path.join(config.dagrt_tools_dir, "dagrt-calibrate")):
    config.available_features.add("calibrate")

# The functions of CUDA, cuBLAS and NCCL, without a GPU (test/Calibrate/FakeCuda.cpp).
if config.dagrt_has_nccl and "calibrate" in config.available_features:
    config.available_features.add("cuda")
fake_cuda = os.path.join(config.dagrt_build_dir, "test", "lib", "FakeCuda.so")
preload = ":".join(filter(None, [config.asan_runtime, fake_cuda]))
config.substitutions.append(("%fake_cuda", "env LD_PRELOAD=" + preload))

# Tests with %mpirun say `REQUIRES: mpi`, and use at most 4 ranks. Those that take minutes say
# `REQUIRES: long`: cmake -DDAGRT_TEST_LONG=ON, or lit --param long=1.
config.substitutions.append(("%mpirun", config.dagrt_mpiexec))
if config.dagrt_has_mpi:
    config.available_features.add("mpi")
if config.dagrt_has_blas:
    config.available_features.add("blas")
if config.dagrt_test_long or lit_config.params.get("long"):
    config.available_features.add("long")

# `lit --param verify_roundtrip=1` runs the suite again, and every program that a test gives to
# dagrt-opt is printed and parsed back first. A script of that name comes first on the PATH, so that
# programs that tests run are caught as well.
if lit_config.params.get("verify_roundtrip"):
    config.name = "dagrt-roundtrip"
    config.test_exec_root = os.path.join(config.dagrt_build_dir, "test-roundtrip")
    config.excludes += ["Docs", "Embedding", "Random", "Runtime"]
    wrappers = os.path.join(config.test_exec_root, "bin")
    os.makedirs(wrappers, exist_ok=True)
    wrapper = os.path.join(wrappers, "dagrt-opt")
    with open(wrapper, "w") as script:
        tool = os.path.join(config.dagrt_tools_dir, "dagrt-opt")
        script.write(f'#!/bin/sh\nexec "{tool}" --verify-roundtrip "$@"\n')
    os.chmod(wrapper, 0o755)
    config.environment["PATH"] = os.pathsep.join([wrappers, config.environment["PATH"]])

# Unit tests, for structures that have no IR text. Tests of anything that has are lit tests.

find_package(GTest QUIET)
if(NOT GTest_FOUND)
  message(STATUS "dagrt: unit tests are left out (no GoogleTest; install libgtest-dev)")
endif()

# dagrt_add_unit_test(<name> SOURCES <files> [LINK <dagrt libraries>]) builds one test program
# and registers it with ctest as unit-<name>. Libraries are named as in dagrt_add_library: `IR`.
# Call it from test/<Folder>/CMakeLists.txt.
function(dagrt_add_unit_test name)
  if(NOT GTest_FOUND)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  set(target dagrt-unit-${name})
  add_executable(${target} ${ARG_SOURCES})
  foreach(library IN LISTS ARG_LINK)
    target_link_libraries(${target} PRIVATE Dagrt${library})
  endforeach()
  target_link_libraries(${target} PRIVATE DagrtCompileOptions GTest::gtest GTest::gtest_main)
  dagrt_link_mlir(${target} PRIVATE)
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/test/unit")
  add_test(NAME unit-${name} COMMAND ${target})
endfunction()

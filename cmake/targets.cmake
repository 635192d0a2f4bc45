# What every target of slod shares: warnings as errors, sanitizers, and one library per folder, so
# that an include that breaks the layering does not link.

# Imported targets are known only where they were found and below, so all are found here.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(date REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers json url)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(CLI11 REQUIRED)
# Not by pkg-config: on Debian 13 that takes half a minute for all that Abseil consists of, none of
# which slod calls.
find_library(SLOD_RE2 re2 REQUIRED)
add_library(re2::re2 UNKNOWN IMPORTED)
set_target_properties(re2::re2 PROPERTIES IMPORTED_LOCATION ${SLOD_RE2})
find_library(SLOD_SODIUM sodium REQUIRED)
add_library(sodium::sodium UNKNOWN IMPORTED)
set_target_properties(sodium::sodium PROPERTIES IMPORTED_LOCATION ${SLOD_SODIUM})

set(SLOD_SANITIZE "" CACHE STRING "Sanitizers to build with, for example address,undefined")

add_library(slod_build INTERFACE)
target_compile_options(slod_build INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Werror)
target_include_directories(slod_build INTERFACE ${PROJECT_SOURCE_DIR})
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  string(REGEX MATCH "^[0-9]+" slod_clang "${CMAKE_CXX_COMPILER_VERSION}")
  find_program(SLOD_LINKER ld.lld-${slod_clang})
  if(SLOD_LINKER)
    target_link_options(slod_build INTERFACE -fuse-ld=lld-${slod_clang})
  endif()
endif()
if(SLOD_SANITIZE)
  target_compile_options(slod_build INTERFACE
    -fsanitize=${SLOD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(slod_build INTERFACE -fsanitize=${SLOD_SANITIZE})
endif()

option(SLOD_HARDENING "Build what makes a fault hard to exploit" ON)
if(SLOD_HARDENING)
  include(${CMAKE_CURRENT_LIST_DIR}/hardening.cmake)
endif()

# slod_library(NAME DEPENDS target...): all sources of the current folder become the library
# slod_NAME. DEPENDS lists every folder and package that its code may include.
function(slod_library name)
  cmake_parse_arguments(arg "" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp *.h)
  add_library(slod_${name} STATIC ${sources})
  set_target_properties(slod_${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(slod_${name} PUBLIC slod_build ${arg_DEPENDS})
endfunction()

# slod_document(TARGET FILE HEADER FUNCTION): FILE becomes a part of TARGET, as what the function
# slod::FUNCTION of HEADER returns.
function(slod_document target file header function)
  set(embedded ${CMAKE_CURRENT_BINARY_DIR}/embedded_${function}.cpp)
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed_document.cmake)
  add_custom_command(OUTPUT ${embedded}
    COMMAND ${CMAKE_COMMAND} -DOUT=${embedded} -DFILE=${file} -DHEADER=${header}
      -DFUNCTION=${function} -P ${script}
    DEPENDS ${file} ${script}
    VERBATIM)
  target_sources(${target} PRIVATE ${embedded})
endfunction()

# slod_test(NAME DEPENDS target...): all sources of the current folder become one GoogleTest program.
function(slod_test name)
  cmake_parse_arguments(arg "" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp *.h)
  add_executable(${name}_test ${sources})
  target_link_libraries(${name}_test PRIVATE slod_build ${arg_DEPENDS} GTest::gtest_main)
  # A test compiles in three quarters of the time without these. What ccache needs for it is in
  # CMakePresets.json.
  target_precompile_headers(${name}_test PRIVATE
    <gtest/gtest.h> <fmt/format.h> <boost/json/value.hpp>
    <algorithm> <functional> <map> <memory> <optional> <string> <vector>)
  gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300)
endfunction()

# slod_benchmark(NAME DEPENDS target...): NAME.cpp becomes one Google Benchmark program.
function(slod_benchmark name)
  cmake_parse_arguments(arg "" "" "DEPENDS" ${ARGN})
  add_executable(${name}_bench ${name}.cpp)
  target_link_libraries(${name}_bench PRIVATE slod_build ${arg_DEPENDS} benchmark::benchmark_main)
endfunction()

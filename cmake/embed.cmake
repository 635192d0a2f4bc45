# Turns files into one C++ source, so that the program needs none of them beside it. Run at build
# time: cmake -DOUT=file.cpp -DFILES=a;b -P embed.cmake
set(arrays "")
set(entries "")
set(count 0)
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  file(READ ${file} bytes HEX)
  # A source map lies elsewhere, and would be asked for in vain.
  if(name MATCHES "^dygraph")
    string(REGEX REPLACE "0a2f[2a]2320736f757263654d617070696e6755524c3d.*$" "0a" bytes "${bytes}")
  endif()
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "constexpr unsigned char bytes_${count}[] = {${bytes}};\n")
  string(APPEND entries
    "    {\"${name}\", {reinterpret_cast<const char*>(bytes_${count}), sizeof(bytes_${count})}},\n")
  math(EXPR count "${count} + 1")
endforeach()
file(WRITE ${OUT} "// Made by cmake/embed.cmake.
#include \"daemon/page/files.h\"
namespace slod::page {
namespace {
${arrays}}  // namespace
std::span<const File> files() {
  static const File all[] = {
${entries}  };
  return all;
}
}  // namespace slod::page
")

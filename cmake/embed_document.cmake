# Turns a document into a C++ source that defines the function slod::FUNCTION, which HEADER declares.
# Run at build time: cmake -DOUT=file.cpp -DFILE=document -DHEADER=h -DFUNCTION=name -P embed_document.cmake
file(READ ${FILE} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
file(WRITE ${OUT} "// Made by cmake/embed_document.cmake.
#include \"${HEADER}\"
namespace slod {
namespace {
constexpr unsigned char bytes[] = {${bytes}};
}  // namespace
std::string_view ${FUNCTION}() {
  return {reinterpret_cast<const char*>(bytes), sizeof(bytes)};
}
}  // namespace slod
")

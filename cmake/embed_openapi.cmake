# Turns docs/openapi.yaml into a C++ source. Run at build time:
#   cmake -DOUT=file.cpp -DFILE=openapi.yaml -P embed_openapi.cmake
file(READ ${FILE} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
file(WRITE ${OUT} "// Made by cmake/embed_openapi.cmake.
#include \"daemon/api/openapi.h\"
namespace slod {
namespace {
constexpr unsigned char bytes[] = {${bytes}};
}  // namespace
std::string_view openapi_document() {
  return {reinterpret_cast<const char*>(bytes), sizeof(bytes)};
}
}  // namespace slod
")

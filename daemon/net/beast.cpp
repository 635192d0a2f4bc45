// The one place where Beast's own sources are compiled (see CMakeLists.txt). Without its
// assertions: that of 1.81 in parse_chunk_header (n >= 5) does not hold where a peer sends the last
// chunk byte by byte, while the code after it is right. A peer must not be able to end the process.
#ifndef BOOST_DISABLE_ASSERTS
#define BOOST_DISABLE_ASSERTS
#endif
#include <boost/beast/src.hpp>

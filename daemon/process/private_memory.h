#pragma once

namespace slod {

/// Keeps what slod knows, which is secrets too, out of core dumps and from other processes of the
/// same user. Where $SLOD_CORE_DUMPS is 1, to look for a fault, it does nothing.
void keep_memory_private();

}  // namespace slod

#pragma once

#include <string>
#include <string_view>

namespace slod {

/// docs/runbooks.md, as it was when the program was built: whoever is paged at night may have no
/// repository at hand, but has the program.
std::string_view runbooks_document();

/// `slod runbook`: prints what to do about an alert on slod itself, or the whole document where
/// `alert` is empty. Returns the exit code: 0, or 3 if there is no such alert.
int print_runbook(const std::string& alert);

}  // namespace slod

"""How the scripts wait for what they start."""

import pathlib
import sys
import time


def wait_until(what, condition, seconds):
    """The first true value of `condition`; ends the script if there is none within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    sys.exit(f"{pathlib.Path(sys.argv[0]).stem}: {what} did not come within {seconds} s")

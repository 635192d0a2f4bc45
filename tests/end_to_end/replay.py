"""A target with timestamps of its own: each reader gets the same pages, one after the other, however
often it reads. So several servers come to hold the same samples, of a time that was in no hurry."""

import threading

from slod import eventually
from target import Target


class Replay(Target):
    """`page(step)` is the text of a page; it is made once for all readers. A reader is known by its
    path. After the last step a reader gets that page again and again."""

    def __init__(self, test, steps, page):
        super().__init__(test)
        self._steps = steps
        self._page = page
        self._pages = {}
        self._next = {}
        self._making = threading.Lock()
        self.behave = self._replay

    def _replay(self, request):
        with self._making:
            step = self._next.get(request.path, 0)
            self._next[request.path] = min(step + 1, self._steps)
            step = min(step, self._steps - 1)
            if step not in self._pages:
                self._pages[step] = self._page(step)
            page = self._pages[step]
        request.respond(page)

    def await_end(self, *paths):
        """Waits until these readers have had every page, and one of them twice."""
        def have_read():
            with self._making:
                return all(self._next.get(path, 0) >= self._steps for path in paths)

        eventually(f"{paths} have read all {self._steps} pages", have_read)
        asked = self.asked
        eventually("one more page is read", lambda: self.asked > asked + len(paths))

"""The program is built so that a fault in it is hard to exploit. Read from its own bytes (ELF, gABI)."""

import platform
import struct
import unittest

from slod import PROGRAM

PT_DYNAMIC, PT_GNU_STACK, PT_GNU_RELRO, PT_GNU_PROPERTY = 2, 0x6474E551, 0x6474E552, 0x6474E553
DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_BIND_NOW, DT_FLAGS, DT_FLAGS_1 = 5, 6, 10, 24, 30, 0x6FFFFFFB
DF_BIND_NOW, DF_1_NOW, DF_1_PIE = 8, 1, 0x08000000
X86_FEATURE_1_AND, SHSTK = 0xC0000002, 2
ET_DYN, EXECUTABLE = 3, 1


class Elf:
    """What the loader reads of a program of 64 bits, least significant byte first."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        assert self.bytes[:6] == b"\x7fELF\x02\x01", "expected ELF of 64 bits, little-endian"
        self.type, = struct.unpack_from("<H", self.bytes, 16)
        at, = struct.unpack_from("<Q", self.bytes, 32)
        size, count = struct.unpack_from("<HH", self.bytes, 54)
        # (type, flags, offset, address, size)
        self.segments = [struct.unpack_from("<IIQQ8xQ", self.bytes, at + i * size) for i in range(count)]
        self.dynamic = {}
        for tag, value in struct.iter_unpack("<QQ", self.content(PT_DYNAMIC)):
            self.dynamic.setdefault(tag, value)

    def segment(self, kind):
        return next((segment for segment in self.segments if segment[0] == kind), None)

    def content(self, kind):
        segment = self.segment(kind)
        return self.bytes[segment[2]:segment[2] + segment[4]] if segment else b""

    def offset(self, address):
        for kind, _, offset, begin, size in self.segments:
            if kind == 1 and begin <= address < begin + size:
                return offset + address - begin
        raise ValueError(f"no segment has the address {address:#x}")

    def symbols(self):
        """The names that the loader resolves."""
        begin = self.offset(self.dynamic[DT_STRTAB])
        return set(self.bytes[begin:begin + self.dynamic[DT_STRSZ]].decode("ascii", "replace").split("\0"))

    def cpu_features(self):
        """Those that every part of the program supports, from .note.gnu.property."""
        note = self.content(PT_GNU_PROPERTY)
        at = 16  # behind the note's own header and its name, "GNU\0"
        while at + 8 <= len(note):
            kind, size = struct.unpack_from("<II", note, at)
            if kind == X86_FEATURE_1_AND:
                return struct.unpack_from("<I", note, at + 8)[0]
            at += 8 + (size + 7) // 8 * 8
        return 0


class Hardening(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.elf = Elf(PROGRAM)
        cls.symbols = cls.elf.symbols()
        cls.is_sanitized = any(name.startswith(("__asan_", "__tsan_", "__ubsan_"))
                               for name in cls.symbols)

    def test_it_lies_at_another_address_each_time(self):
        self.assertEqual(self.elf.type, ET_DYN)
        self.assertTrue(self.elf.dynamic.get(DT_FLAGS_1, 0) & DF_1_PIE)

    def test_its_tables_of_functions_cannot_be_written(self):
        self.assertIsNotNone(self.elf.segment(PT_GNU_RELRO))
        self.assertTrue(self.elf.dynamic.get(DT_FLAGS, 0) & DF_BIND_NOW or
                        self.elf.dynamic.get(DT_FLAGS_1, 0) & DF_1_NOW or
                        DT_BIND_NOW in self.elf.dynamic)

    def test_its_stack_is_not_executed(self):
        self.assertFalse(self.elf.segment(PT_GNU_STACK)[1] & EXECUTABLE)

    def test_nothing_is_both_written_and_executed(self):
        for kind, flags, *_ in self.elf.segments:
            self.assertNotEqual(flags & 3, 3, hex(kind))

    def test_it_notices_a_stack_that_is_overwritten(self):
        self.assertTrue("__stack_chk_fail" in self.symbols)

    def test_it_checks_the_bounds_of_what_it_indexes(self):
        self.assertTrue([name for name in self.symbols if "__glibcxx_assert_fail" in name])

    def test_it_calls_the_checked_functions_of_the_c_library(self):
        if self.is_sanitized:
            self.skipTest("expected no sanitizer, which checks the same")
        self.assertTrue([name for name in self.symbols if name.endswith("_chk")])

    def test_the_processor_checks_where_it_jumps_and_returns_to(self):
        if platform.machine() != "x86_64":
            self.skipTest("expected an x86 processor")
        self.assertTrue(self.elf.cpu_features() & SHSTK)
        # Not each file that is linked has them, so that there is no mark: those that begin and end
        # every program on Debian lack them. Its own functions begin with ENDBR64.
        self.assertGreater(self.elf.bytes.count(b"\xf3\x0f\x1e\xfa"), 1000)


if __name__ == "__main__":
    unittest.main()

"""Writes history of slod's own series into a state file that slod has made and that nobody has open,
byte for byte as slod does: for each series one row a day, compressed, behind a checksum."""

import sqlite3
import struct

STEP_SECONDS = 300
DAY_SECONDS = 86400


def series_key(labels):
    """What a series is called in the file; `labels` with __name__."""
    def text(value):
        encoded = value.encode()
        return struct.pack("<I", len(encoded)) + encoded

    others = sorted((name, value) for name, value in labels.items() if name != "__name__")
    return text(labels["__name__"]) + struct.pack("<I", len(others)) + b"".join(
        text(name) + text(value) for name, value in others)


def compressed(points):
    """(time in seconds, value) pairs: times as differences of differences, values as the bits that
    changed. Each value brings its own place of those bits along, which slod reads as well."""
    bits = []
    time = step = raw = 0
    for index, (at, value) in enumerate(points):
        at *= 1000
        (now,) = struct.unpack(">Q", struct.pack(">d", value))
        if index == 0:
            bits.append(f"{at:064b}{now:064b}")
        else:
            bits.append(_time_bits(at - time - step))
            bits.append(_value_bits(now ^ raw))
            step = at - time
        time, raw = at, now
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return struct.pack("<I", len(points)) + int(text, 2).to_bytes(len(text) // 8, "big")


def _time_bits(change):
    if change == 0:
        return "0"
    for prefix, width in (("10", 14), ("110", 20), ("111", 64)):
        if -(1 << (width - 1)) <= change < 1 << (width - 1):
            return f"{prefix}{change & ((1 << width) - 1):0{width}b}"
    raise ValueError(f"no time can change by {change} ms")


def _value_bits(changed):
    if changed == 0:
        return "0"
    leading = min(64 - changed.bit_length(), 31)
    trailing = (changed & -changed).bit_length() - 1
    length = 64 - leading - trailing
    return f"11{leading:05b}{length - 1:06b}{changed >> trailing:0{length}b}"


def stored(points):
    chunk = compressed(points)
    checksum = 14695981039346656037  # FNV-1a
    for byte in chunk:
        checksum = (checksum ^ byte) * 1099511628211 & 0xFFFFFFFFFFFFFFFF
    return struct.pack("<I", (checksum ^ checksum >> 32) & 0xFFFFFFFF) + chunk


def write(state_file, series):
    """`series`: (labels, points sorted by time). Days that are there already are replaced."""
    with sqlite3.connect(state_file) as state:
        for labels, points in series:
            key = series_key(labels)
            days = {}
            for at, value in points:
                days.setdefault(at // DAY_SECONDS, []).append((at, value))
            state.execute("INSERT INTO history_series(key, last_day) VALUES(?1, ?2) ON CONFLICT(key)"
                          " DO UPDATE SET last_day = max(last_day, ?2)", (key, max(days)))
            (number,) = state.execute("SELECT id FROM history_series WHERE key = ?",
                                      (key,)).fetchone()
            state.executemany("INSERT OR REPLACE INTO history(series, day, samples) VALUES(?,?,?)",
                              [(number, day, stored(of_day)) for day, of_day in days.items()])
    state.close()


def days_of(state_file, labels):
    """The days of which the file holds a row of this series."""
    with sqlite3.connect(state_file) as state:
        days = [day for (day,) in state.execute(
            "SELECT day FROM history JOIN history_series ON id = series WHERE key = ?"
            " ORDER BY day", (series_key(labels),))]
    state.close()
    return days

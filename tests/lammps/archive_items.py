# SPDX-License-Identifier: GPL-2.0-only
"""Items of a model or state file: read, changed and written with a right length and checksum. The layout is in
lib/cgflow/src/files/archive_bytes.h."""
import struct

FLOAT, INTEGER, TEXT = 1, 2, 3


def _table():
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xC96C5795D7870F42 if crc & 1 else 0)
        table.append(crc)
    return table


_TABLE = _table()


def crc64(data):
    crc = 0xFFFFFFFFFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return struct.pack("<Q", crc ^ 0xFFFFFFFFFFFFFFFF)


def parse(data):
    """kind and {name: (type, shape, values)}; values are a list of numbers or bytes."""
    at = 24

    def word():
        nonlocal at
        at += 8
        return struct.unpack_from("<q", data, at - 8)[0]

    def text():
        nonlocal at
        n = word()
        at += n
        return data[at - n:at]

    kind, items = text().decode(), {}
    for _ in range(word()):
        name, kind_of_item = text().decode(), data[at]
        at += 1
        shape = [word() for _ in range(word())]
        count = 1
        for n in shape:
            count *= n
        if kind_of_item == TEXT:
            values, at = data[at:at + count], at + count
        else:
            values, at = list(struct.unpack_from(f"<{count}{'d' if kind_of_item == FLOAT else 'q'}", data, at)), at + 8 * count
        items[name] = (kind_of_item, shape, values)
    return kind, items


def build(kind, items):
    def text(value):
        return struct.pack("<Q", len(value)) + value

    body = text(kind.encode()) + struct.pack("<Q", len(items))
    for name in sorted(items):
        kind_of_item, shape, values = items[name]
        body += text(name.encode()) + bytes([kind_of_item]) + struct.pack(f"<Q{len(shape)}q", len(shape), *shape)
        body += values if kind_of_item == TEXT else struct.pack(f"<{len(values)}{'d' if kind_of_item == FLOAT else 'q'}", *values)
    whole = b"CGFLOW\r\n" + struct.pack("<QQ", 1, 24 + len(body) + 8) + body
    return whole + crc64(whole)


def numbers(values, shape=None):
    return FLOAT, [len(values)] if shape is None else shape, list(values)


def integers(values, shape=None):
    return INTEGER, [len(values)] if shape is None else shape, list(values)

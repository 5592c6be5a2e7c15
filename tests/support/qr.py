"""Reads a QR code (ISO/IEC 18004, byte mode, level M, versions 10 to 16) out of a drawing, without the maker's code.

Written from the standard's layout: format and version areas, alignment patterns, masks, the zigzag of codewords,
blocks, and Reed-Solomon: every block's syndromes must be zero, so a drawing that is damaged anywhere is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

ALIGNMENT = {
    10: (6, 28, 50),
    11: (6, 30, 54),
    12: (6, 32, 58),
    13: (6, 34, 62),
    14: (6, 26, 46, 66),
    15: (6, 26, 48, 70),
    16: (6, 26, 50, 74),
}
BLOCKS = {
    10: (26, (4, 43), (1, 44)),
    11: (30, (1, 50), (4, 51)),
    12: (22, (6, 36), (2, 37)),
    13: (22, (8, 37), (1, 38)),
    14: (24, (4, 40), (5, 41)),
    15: (24, (5, 41), (5, 42)),
    16: (28, (7, 45), (3, 46)),
}
"""Of level M: error-correction codewords in a block, and (blocks, data codewords in each)."""
MASKS = (
    lambda i, j: (i + j) % 2 == 0,
    lambda i, _: i % 2 == 0,
    lambda _, j: j % 3 == 0,
    lambda i, j: (i + j) % 3 == 0,
    lambda i, j: (i // 2 + j // 3) % 2 == 0,
    lambda i, j: i * j % 2 + i * j % 3 == 0,
    lambda i, j: (i * j % 2 + i * j % 3) % 2 == 0,
    lambda i, j: ((i + j) % 2 + i * j % 3) % 2 == 0,
)
Matrix = list[list[bool]]


def drawn(svg: str, *, border: int = 4) -> Matrix:
    """The modules of a drawing: dark strokes one unit high, in a quiet zone of `border` modules."""
    (path,) = re.findall(r'\bd="([^"]+)"', svg)
    dark: set[tuple[int, int]] = set()
    x = y = 0.0
    for letter, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?:[ ,]?(-?[\d.]+))?", path):
        if letter == "M":
            x, y = float(first), float(second)
        elif letter == "m":
            x, y = x + float(first), y + float(second)
        else:
            dark |= {(int(y), int(x) + step) for step in range(int(float(first)))}
            x += float(first)
    size = max(max(place) for place in dark) + 1 - border
    assert min(min(place) for place in dark) == border, "the quiet zone is not as wide as it must be"
    return [[(row + border, column + border) in dark for column in range(size)] for row in range(size)]


def decoded(matrix: Matrix) -> bytes:
    """The bytes in a code; AssertionError for whatever is not one in every respect."""
    size = len(matrix)
    version = (size - 17) // 4
    assert size == 17 + 4 * version
    mask = _mask(matrix)
    taken = _reserved(version, size)
    bits = [matrix[i][j] ^ MASKS[mask](i, j) for i, j in _zigzag(size) if (i, j) not in taken]
    words = bytes(
        sum(bit << (7 - at) for at, bit in enumerate(bits[k : k + 8])) for k in range(0, len(bits) // 8 * 8, 8)
    )
    data = _blocks(words, version)
    assert data[0] >> 4 == 0b0100, "it is not in byte mode"
    length = (data[0] & 15) << 12 | data[1] << 4 | data[2] >> 4
    return bytes((data[2 + k] & 15) << 4 | data[3 + k] >> 4 for k in range(length))


def _mask(matrix: Matrix) -> int:
    """The mask in the format area at the top left; its 15 bits must be a code word of level M."""
    places = [(8, j) for j in (0, 1, 2, 3, 4, 5, 7, 8)] + [(i, 8) for i in (7, 5, 4, 3, 2, 1, 0)]
    value = 0
    for i, j in places:
        value = value << 1 | matrix[i][j]
    value ^= 0b101010000010010
    rest = value
    for shift in range(4, -1, -1):
        if rest >> (shift + 10) & 1:
            rest ^= 0b10100110111 << shift
    assert rest == 0, "the format area is damaged"
    assert value >> 13 == 0b00, "it is not of level M"
    return value >> 10 & 7


def _reserved(version: int, size: int) -> set[tuple[int, int]]:
    """The modules that carry no data: finders, timing, alignment, format and version areas."""
    taken = {(i, j) for i in range(9) for j in range(9)}
    taken |= {(i, j) for i in range(9) for j in range(size - 8, size)}
    taken |= {(i, j) for i in range(size - 8, size) for j in range(9)}
    taken |= {(6, k) for k in range(size)} | {(k, 6) for k in range(size)}
    for a in ALIGNMENT[version]:
        for b in ALIGNMENT[version]:
            if (a, b) not in {(6, 6), (6, size - 7), (size - 7, 6)}:
                taken |= {(a + i, b + j) for i in range(-2, 3) for j in range(-2, 3)}
    taken |= {(i, j) for i in range(6) for j in range(size - 11, size - 8)}
    return taken | {(j, i) for i in range(6) for j in range(size - 11, size - 8)}


def _zigzag(size: int) -> Iterator[tuple[int, int]]:
    up, column = True, size - 1
    while column > 0:
        if column == 6:
            column -= 1
        for row in range(size - 1, -1, -1) if up else range(size):
            yield row, column
            yield row, column - 1
        up, column = not up, column - 2


def _blocks(words: bytes, version: int) -> bytes:
    """The data codewords in order, once every block with its check words is one of the code."""
    check, *groups = BLOCKS[version]
    lengths = [length for count, length in groups for _ in range(count)]
    blocks: list[list[int]] = [[] for _ in lengths]
    at = 0
    for index in range(max(lengths)):
        for number, length in enumerate(lengths):
            if index < length:
                blocks[number].append(words[at])
                at += 1
    data = [list(block) for block in blocks]
    for _ in range(check):
        for block in blocks:
            block.append(words[at])
            at += 1
    assert at == len(words), "there are more codewords than the version has"
    for block in blocks:
        assert not any(_syndromes(block, check)), "a block is damaged"
    return bytes(word for block in data for word in block)


def _syndromes(block: list[int], check: int) -> Iterator[int]:
    for power in range(check):
        root, value = _power(power), 0
        for word in block:
            value = _times(value, root) ^ word
        yield value


def _times(a: int, b: int) -> int:
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = a << 1 ^ (0x11D if a & 0x80 else 0)
        b >>= 1
    return product


def _power(exponent: int) -> int:
    value = 1
    for _ in range(exponent):
        value = _times(value, 2)
    return value

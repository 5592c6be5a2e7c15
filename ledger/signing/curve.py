"""The group of edwards25519 (RFC 8032 section 5.1), as far as judging a public key needs it.

The library that verifies signatures also accepts public keys outside the prime-order subgroup, and with
such keys correct verifiers disagree. Only public values pass through here: nothing is constant-time.
"""

from __future__ import annotations

from typing import NamedTuple

from ledger.errors import Malformed

PRIME = 2**255 - 19
"""The field: coordinates are numbers below this."""
ORDER = 2**252 + 27742317777372353535851937790883648493
"""L, the prime order of the subgroup that keys must lie in."""
_D = -121665 * pow(121666, -1, PRIME) % PRIME
_ROOT_OF_MINUS_1 = pow(2, (PRIME - 1) // 4, PRIME)


class Point(NamedTuple):
    """A point as (X : Y : Z) with T = XY/Z; one point has many such forms, `encode` makes them comparable."""

    x: int
    y: int
    z: int
    t: int


IDENTITY = Point(0, 1, 1, 0)


def encode(point: Point) -> bytes:
    """The 32 bytes of a point: y, and the lowest bit of x on top."""
    inverse = pow(point.z, -1, PRIME)
    x, y = point.x * inverse % PRIME, point.y * inverse % PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data: bytes) -> Point:
    """The point that 32 bytes stand for; raises Malformed for a second spelling or where there is no point."""
    if len(data) != 32:
        raise Malformed(f"A point of edwards25519 has 32 bytes, not {len(data)}.")
    number = int.from_bytes(data, "little")
    y, odd = number & (2**255 - 1), number >> 255
    if y >= PRIME:
        raise Malformed(
            "The point is written in a second, longer form.", why="Its y is not below the prime 2^255 - 19."
        )
    square = (y * y - 1) * pow(_D * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if x * x % PRIME != square:
        x = x * _ROOT_OF_MINUS_1 % PRIME
    if x * x % PRIME != square:
        raise Malformed("These bytes are not a point of edwards25519.")
    if x == 0 and odd:
        raise Malformed("The point is written in a second form.", why="Its x is zero, and zero has no sign.")
    if x & 1 != odd:
        x = PRIME - x
    return Point(x, y, 1, x * y % PRIME)


def add(a: Point, b: Point) -> Point:
    """The sum of two points; complete, so it also doubles and takes points of any order."""
    minus = (a.y - a.x) * (b.y - b.x) % PRIME
    plus = (a.y + a.x) * (b.y + b.x) % PRIME
    twist = 2 * _D * a.t * b.t % PRIME
    both = 2 * a.z * b.z % PRIME
    e, f, g, h = plus - minus, both - twist, both + twist, plus + minus
    return Point(e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME)


def multiply(times: int, point: Point) -> Point:
    """`point` added to itself `times` times, `times` >= 0."""
    total = IDENTITY
    while times:
        if times & 1:
            total = add(total, point)
        point = add(point, point)
        times >>= 1
    return total


def is_identity(point: Point) -> bool:
    """Whether the point is the neutral element, in whatever form."""
    return point.x % PRIME == 0 and (point.y - point.z) % PRIME == 0


BASE = decode((4 * pow(5, -1, PRIME) % PRIME).to_bytes(32, "little"))
"""The generator B of the prime-order subgroup: y = 4/5, x even."""

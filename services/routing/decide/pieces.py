"""Pieces of lines, and what the buyer pays for them: however they are divided, nothing is lost."""

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from crossdock_contracts.values import FulfilledQuantity
from services.hub.decision import changed
from services.routing.state import Pieces, Share


def take(pieces: tuple[Pieces, ...], line_id: str, quantity: int) -> tuple[tuple[Pieces, ...], tuple[Pieces, ...]]:
    """So many pieces of a line, as far as they are there, and the rest; their values add up to what they were."""
    taken: list[Pieces] = []
    rest: list[Pieces] = []
    for piece in pieces:
        n = min(quantity, piece.quantity) if piece.line_id == line_id else 0
        quantity -= n
        value = piece.value_minor * n // piece.quantity
        if n:
            taken.append(changed(piece, quantity=n, value_minor=value))
        if n < piece.quantity:
            rest.append(
                changed(piece, quantity=piece.quantity - n, value_minor=piece.value_minor - value) if n else piece
            )
    return tuple(taken), tuple(rest)


def split(value_minor: int, weights: Sequence[int]) -> list[int]:
    """An amount in proportion to weights, to the minor unit; without any weight the first part is all of it."""
    whole = sum(weights)
    if whole <= 0:
        return [value_minor, *(0 for _ in weights[1:])]
    upto = [value_minor * weight // whole for weight in accumulate(weights)]
    return [after - before for before, after in pairwise([0, *upto])]


def without(pieces: tuple[Pieces, ...], gone: Iterable[FulfilledQuantity]) -> tuple[Pieces, ...]:
    """The pieces without those that capture took out, at the value that it gave them; what is left makes up for it."""
    for one in gone:
        taken, pieces = take(pieces, one.line_id, one.quantity)
        pieces, _ = reprice(pieces, value_of(taken) - one.value_minor)
    return pieces


def add(pieces: tuple[Pieces, ...], more: tuple[Pieces, ...]) -> tuple[Pieces, ...]:
    """Both together, one entry for each line."""
    merged = {piece.line_id: piece for piece in pieces}
    for piece in more:
        known = merged.get(piece.line_id)
        merged[piece.line_id] = (
            changed(known, quantity=known.quantity + piece.quantity, value_minor=known.value_minor + piece.value_minor)
            if known
            else piece
        )
    return tuple(merged.values())


def quantity_of(pieces: tuple[Pieces, ...]) -> int:
    """How many they are."""
    return sum(piece.quantity for piece in pieces)


def value_of(pieces: tuple[Pieces, ...]) -> int:
    """What the buyer pays for them."""
    return sum(piece.value_minor for piece in pieces)


def cards_of(share: Share) -> int:
    """What gift cards pay of a share as it stands: never more than it is worth."""
    return share.cards_minor if share.shipped else min(share.cards_minor, value_of(share.pieces))


def reprice(pieces: tuple[Pieces, ...], by_minor: int) -> tuple[tuple[Pieces, ...], int]:
    """The pieces with so much more, or less, to be paid for them, each its share; and what they cannot carry.

    No piece costs less than nothing, and where there are none all of it is left.
    """
    left = max(by_minor, -value_of(pieces)) if pieces else 0
    over, weight = by_minor - left, value_of(pieces)
    repriced: list[Pieces] = []
    for number, piece in enumerate(pieces, start=1):
        part = left * piece.value_minor // weight if weight else left * (number == len(pieces))
        weight, left = weight - piece.value_minor, left - part
        repriced.append(changed(piece, value_minor=piece.value_minor + part))
    return tuple(repriced), over

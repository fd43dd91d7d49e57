"""Pieces of lines, and what the buyer pays for them: however they are divided, nothing is lost."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

from services.hub.decision import changed
from services.routing.state import Pieces


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

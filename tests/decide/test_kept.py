"""Which of the kept payloads of an order counts when they are read again."""

from datetime import timedelta

import pytest

from services.cli.kept import Newest, Survey
from tests.builders import NOW


def surveyed(*payloads: str, backwards: bool = False) -> Newest:
    """What counts of payloads that read so, a minute after one another; ``B5`` reads as B, and is of version 5."""
    found = Survey()
    made = [
        Newest(("CAPTURE_IN", number), reads[1:], at := NOW + timedelta(minutes=number), at, reads[0])
        for number, reads in enumerate(payloads)
    ]
    for one in reversed(made) if backwards else made:
        found.add("web:1", one)
    return found.newest["web:1"]


@pytest.mark.parametrize("backwards", [False, True])  # payloads are kept in several streams
@pytest.mark.parametrize(
    ("payloads", "counts"),
    [
        (("A",), 0),
        (("A", "B"), 1),
        (("A", "B", "A"), 1),  # an earlier copy that was sent again is none that its source wrote later
        (("A", "B", "A", "C", "B"), 3),
        (("A", "A", "B", "B"), 3),  # what reads the same today may have been two copies once
        (("B6", "A5"), 0),
        (("A5", "B6", "A5"), 1),
    ],
)
def test_the_copy_counts_that_its_source_wrote_last(payloads: tuple[str, ...], counts: int, *, backwards: bool) -> None:
    assert surveyed(*payloads, backwards=backwards).place == ("CAPTURE_IN", counts)

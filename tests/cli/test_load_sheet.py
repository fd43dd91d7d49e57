"""The cells of a load's files, and the report: what is told adds up, whatever happened."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.capture.channels import sheet
from services.capture.channels.sheet import CellError, Problem, Sheet, minor, moment
from services.cli.cutover.part import Entry, Standing
from services.cli.cutover.report import reported
from services.hub.money import major


@given(st.integers(-(10**14), 10**14), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_an_amount_is_read_as_it_is_written(amount_minor: int, currency: str) -> None:
    written = major(amount_minor, currency).removesuffix(f" {currency}").replace(",", "")
    assert minor(written, currency) == amount_minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [("1.999", "EUR"), ("1.5", "JPY"), ("1.2345", "KWD"), ("1,50", "EUR"), ("1e3", "EUR"), ("٣", "EUR")],
)
def test_an_amount_that_is_none_or_finer_than_its_currency_is_refused(text: str, currency: str) -> None:
    with pytest.raises(CellError, match="such as"):
        minor(text, currency)


@pytest.mark.parametrize("text", ["2026-11-20", "2026-11-20T10:00", "1763632800", "20.11.2026"])
def test_a_moment_without_offset_is_refused(text: str) -> None:
    with pytest.raises(CellError, match=r"such as|offset"):
        moment(text)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"sku,sku\nA,B\n", "it stands there twice"),
        (b"sku\n\xff\n", "it is not UTF-8"),
        (b'sku\n"A\n', "mend the quotes"),
        (b"sku\nA,B\n", "more cells"),
        (b"", "has to be"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(content: bytes, words: str, tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_bytes(content)
    found = sheet.read(file, ("sku",), ("sku",))
    assert words in str(found.problems[0])
    assert (len(found.problems), found.rows) == (1, [])


class Loaded:
    """A part of which it is known how it stands."""

    def __init__(self, entries: list[Entry]) -> None:
        self.sheet = Sheet("stock.csv")
        self.entries = entries


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 50), st.booleans(), st.booleans()), max_size=20))
def test_rows_are_loaded_there_already_or_refused_and_it_adds_up_only_if_none_is(
    found: list[tuple[int, int, bool, bool]],
) -> None:
    entries, line = [], 2
    for rows, pieces, _, _ in found:
        entries.append(Entry(tuple(range(line, line + rows)), amounts={"pieces": pieces}))
        line += rows
    before = [Standing(there=was, amounts={"pieces": pieces} if was else {}) for _, pieces, was, _ in found]
    after = [Standing(there=was or now, amounts={"pieces": n} if was or now else {}) for _, n, was, now in found]

    told = reported(Loaded(entries), before, after, [])  # type: ignore[arg-type]  # its hub is not asked

    assert told.loaded + told.already + told.refused == told.rows == sum(rows for rows, *_ in found)
    missing = [entry.lines[0] for entry, one in zip(entries, after, strict=True) if not one.there]
    assert [problem.line for problem in told.problems] == missing
    assert told.adds_up is not bool(missing)


def test_a_sum_that_the_hub_has_otherwise_does_not_add_up() -> None:
    entry = Entry((2,), amounts={"pieces": 3})
    part = Loaded([entry])
    told = reported(part, [Standing()], [Standing(there=True, amounts={"pieces": 2})], [])  # type: ignore[arg-type]
    assert not told.adds_up
    refusal = Problem("stock.csv", 2, "on_hand", "booked-already: goods were booked")
    told = reported(part, [Standing()], [Standing()], [refusal])  # type: ignore[arg-type]
    assert (told.problems, told.adds_up, told.holds) == ([refusal], False, Counter())

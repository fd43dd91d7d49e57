"""Payloads that went wrong on their way: whatever is changed in a sound one, it is an order or it is refused."""

from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from typing import Any

import orjson
from hypothesis import strategies as st

from crossdock_contracts.handed_in import OrderInput
from services.capture.channels import Format, UnmappableError
from services.capture.decide.money import expected_total, totals

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**18), 10**18),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(
        ["1e999999", "-1", "NaN", "0", "0.005", "1e-30", "9" * 400, "x" * 600, "2026-13-01T00:00:00Z", "EURO", "\u0000"]
    ),
    st.sampled_from([[], {}, [None], [[]], {"a": {}}, [{}], 10**15, -0.0, 1e308]),
)


def places(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a payload."""
    found = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for step, value in found:
        yield (*path, step)
        yield from places(value, (*path, step))


@st.composite
def mutated(draw: st.DrawFn, content: Any) -> bytes:
    """The payload with some things in it gone, doubled, or something else."""
    content = orjson.loads(orjson.dumps(content))  # nothing stands in two places at once
    for _ in range(draw(st.integers(1, 3))):
        found = list(places(content))
        if not found:
            break
        *way, last = draw(st.sampled_from(found))
        holder = content
        for step in way:
            holder = holder[step]
        match draw(st.integers(0, 2)), holder:
            case 0, _:
                del holder[last]
            case 1, list():
                holder.append(deepcopy(holder[last]))
            case _:
                holder[last] = deepcopy(draw(ODD))
    return orjson.dumps(content)


def read_or_refuse(reader: Format, body: bytes) -> None:
    """Nothing else may come of a payload."""
    for told in (reader.order_id, reader.read, reader.split):
        with suppress(UnmappableError):
            found = told(body)
            if isinstance(found, OrderInput):
                found.model_dump_json()


def adds_up(order: OrderInput) -> bool:
    """Lines − discounts + shipping + tax = total."""
    return expected_total(totals(order)) == order.total_minor

"""Documents that several partitions share are guarded at every read, whether they are there or not."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.hub.decision import Decision, Document, States
from services.hub.documents import DocumentCache, Entry, Reader
from services.hub.outbox import Outbox
from services.hub.plan import Plan, stage
from tests.builders import NOW


class Common(Document, service="inventory", kind="common", key=("name",), shared=True):
    """What all partitions go by."""

    name: str


class Own(Document, service="inventory", kind="own", key=("name",)):
    """What one partition goes by."""

    name: str


@pytest.mark.parametrize("there", [True, False], ids=["there", "absent"])
@pytest.mark.parametrize(("kind", "partitions", "guarded"), [(Common, 2, True), (Common, 1, False), (Own, 2, False)])
def test_what_another_partition_may_have_written_since_is_guarded(
    kind: type[Document], partitions: int, guarded: bool, there: bool
) -> None:
    document = kind(name="N")
    cache = DocumentCache(Reader(cast("Any", None), "INVENTORY", [Common, Own]), 1 << 20)
    body = document.encode() if there else b""
    entry = Entry(document.subject, 7 if there else 0, body, kind if there else None, verified=True)
    cache.put(entry)
    outbox = Outbox("inventory", 0, by_owner=False, partitions=partitions, pools=1)
    states = States({document.subject: document if there else None})
    states.get(kind, "main", "N")
    source = cast("Any", SimpleNamespace(handler=SimpleNamespace(name="reads"), outcome=None))

    plan = Plan(cache, outbox)
    plan.add(stage(source, Decision.nothing(), states, cache, outbox, NOW))

    text = b"".join(message.headers for message in plan.batch("inventory.state.guard.0", 1 << 20))
    assert (document.subject.encode() in text) is guarded
    assert (b"Last-Subject-Sequence: %d" % entry.seq in text) is guarded

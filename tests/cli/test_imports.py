"""`crossdock import`: its exit status."""

from pathlib import Path

import orjson

from tests.cli.conftest import Crossdock
from tests.flow.house import order_of


def test_an_import_of_which_every_row_is_rejected_has_failed(crossdock: Crossdock, tmp_path: Path) -> None:
    file = tmp_path / "orders.jsonl"
    file.write_text('{"order_id": "1"}\n')
    rejected = crossdock("import", file, "--channel", "web")

    file.write_bytes(b'{"order_id": "1"}\n' + orjson.dumps(order_of(("NONE", 1)).model_dump(mode="json")))
    in_part = crossdock("import", file, "--channel", "web")

    assert (rejected.status, "line 1: $.placed_at: Field required" in rejected.out) == (1, True)
    assert (in_part.status, "1 order and 0 cancellations; now 1 handed in" in in_part.out) == (0, True)

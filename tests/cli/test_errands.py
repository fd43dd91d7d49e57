"""`crossdock warehouse`: labels for returns, manifests, pickups of carriers."""

import re
from pathlib import Path

from tests.cli.conftest import Crossdock, RunningHub, eventually


def test_a_return_and_its_label_are_asked_for_shown_and_called_off(
    hub: RunningHub, crossdock: Crossdock, sku: str, tmp_path: Path
) -> None:
    order = hub.order((sku, 2))
    eventually(lambda: "label-bought" in crossdock("orders", "show", order).out)
    for step in ("picked", "packed", "shipped"):
        assert crossdock("warehouse", step, f"{order}/1").status == 0
    back = ("warehouse", "return", order, "R-1", "--line", "1=1", "--label")
    eventually(lambda: "return-label-wanted" in crossdock(*back).out)

    show = ("warehouse", "return-label", order, "R-1")
    eventually(lambda: "bought" in crossdock(*show).out)
    (paper,) = re.findall(r"labels/return-label:main/\S+", crossdock(*show).out)
    file = tmp_path / "label.pdf"
    said = crossdock("warehouse", "document", paper, "--to", str(file))
    assert (said.status, str(file) in said.out, file.read_bytes()[:5]) == (0, True, b"%PDF-")
    said = crossdock("warehouse", "document", "labels/none.pdf", "--to", str(tmp_path))
    assert (said.status, "no document labels/none.pdf" in said.error) == (3, True)
    found = crossdock("warehouse", "return-label", order, "R-1", "--json").json
    assert found["label"]["tracking_number"] == found["return"]["label"]["tracking_number"]
    assert "has a label that is bought" in crossdock(*show, "--send").error
    assert "buyer-keeps" in crossdock("warehouse", "cancel-return", order, "R-1").out
    eventually(lambda: "voided" in crossdock("warehouse", "return-label", order, "R-1").out)
    assert "return-label-bought" in crossdock("orders", "show", order).out
    assert crossdock("warehouse", "return-label", order, "R-9").status == 3
    both = crossdock("warehouse", "return-label", order, "R-1", "--send", "--not-bought")
    assert (both.status, "write one of" in both.error) == (2, True)


def test_an_order_to_which_no_carrier_suggests_another_address_stays_as_it_is(
    hub: RunningHub, crossdock: Crossdock, sku: str
) -> None:
    order = hub.order((sku, 1))
    eventually(lambda: "order-captured" in crossdock("orders", "show", order).out)
    said = crossdock("orders", "address", order, "--accept")
    assert (said.status, "no carrier suggests another address" in said.error) == (3, True)


def test_what_a_carrier_is_not_asked_for_is_refused_with_what_to_do(crossdock: Crossdock) -> None:
    said = crossdock("warehouse", "manifest", "BER", "table-parcel")
    assert (said.status, "manifests = true" in said.error) == (1, True)
    window = ("--ready", "2030-03-02T14:00", "--closes", "2030-03-02T17:00")
    said = crossdock("warehouse", "book-pickup", "BER", "table-parcel", *window)
    assert (said.status, "pickups = true" in said.error) == (1, True)
    assert "pickup P-9 of BER is not known" in crossdock("warehouse", "cancel-pickup", "BER", "P-9").error
    assert crossdock("warehouse", "settle-manifest", "BER", "table-parcel", "M-9").status == 2
    for settled in (
        ("settle-pickup", "BER", "P-9", "--number", "1"),
        ("settle-manifest", "BER", "x", "M-9", "--not-made"),
    ):
        said = crossdock("warehouse", *settled)
        assert (said.status, "9 of BER is not known" in said.error) == (3, True)
    for listed in ("manifests", "pickups"):
        assert crossdock("warehouse", listed, "BER", "--json").json == []

"""Carriers' codes and the one vocabulary that they map to."""

import csv
import io

import pytest
from prometheus_client import REGISTRY

from services.shipping.carriers.codes import Status, carrier_named, carriers, status_of, table
from tests.conftest import REAL_DATA

FOLDER = REAL_DATA / "reference-only" / "carriers" / "status_codes"
LISTED = {
    "dgf": "dhl-global-forwarding",
    "ecommerce": "dhl-ecommerce",
    "ecommerce-europe": "dhl-ecommerce-europe",
    "ecommerce-ppl": "dhl-ecommerce-ppl",
    "express": "dhl-express",
    "freight": "dhl-freight",
    "parcel-de": "dhl-parcel-de",
    "parcel-nl": "dhl-parcel-nl",
    "parcel-pl": "dhl-parcel-pl",
    "svb": "deutsche-post",
}
COARSE = {"DELIVERED": {Status.DELIVERED, Status.RETURNED}, "PRE_TRANSIT": {Status.LABELLED}}


@pytest.mark.parametrize("name", ["dhl-express", "DHLExpress", "dhl_express", "DHL Express"])
def test_a_carrier_is_found_however_it_is_written(name: str) -> None:
    assert carrier_named(name) == "dhl-express"


@pytest.mark.parametrize(
    ("carrier", "code", "status"),
    [
        ("ups", "011", Status.DELIVERED),
        ("ups", "021", Status.OUT_FOR_DELIVERY),
        ("ups", "M", Status.LABELLED),
        ("ups", "RS", Status.RETURNED),
        ("fedex", "OD", Status.OUT_FOR_DELIVERY),
        ("fedex", "DE", Status.ATTEMPTED),
        ("fedex", "HL", Status.TO_BE_COLLECTED),
        ("dhl-express", "OK", Status.DELIVERED),
        ("dhl-express", "WC", Status.OUT_FOR_DELIVERY),
        ("dhl-express", "RT", Status.RETURNED),
        ("usps", "01", Status.DELIVERED),
        ("usps", "GX", Status.LABELLED),
        ("usps", "Out for Delivery", Status.OUT_FOR_DELIVERY),
        ("dhl-parcel-de", "ZU", Status.DELIVERED),
        ("dhl-parcel-de", "NTDEL/NHOME", Status.ATTEMPTED),
        ("easypost", "return_to_sender", Status.RETURNED),
        ("easypost", "failure/lost", Status.LOST),
        ("easypost", "in_transit", Status.IN_TRANSIT),
    ],
)
def test_a_code_means_one_thing_here(carrier: str, code: str, status: Status) -> None:
    assert status_of(carrier, code) is status
    assert status_of(carrier, code.lower()) is status


def test_of_a_code_in_parts_the_last_may_be_unknown() -> None:
    assert status_of("easypost", "delivered/by_a_drone") is Status.DELIVERED
    assert status_of("dhl-parcel-de", "NTDEL/NEWXX") is Status.ATTEMPTED


@pytest.mark.parametrize(("carrier", "label"), [("ups", "ups"), ("nobody", "no-table")])
def test_an_unknown_code_is_an_unknown_exception_and_counted(carrier: str, label: str) -> None:
    def counted() -> float:
        return REGISTRY.get_sample_value("crossdock_unknown_codes_total", {"adapter": label, "kind": "tracking"}) or 0.0

    before = counted()
    assert status_of(carrier, "??") is Status.UNKNOWN
    assert status_of(carrier, "") is Status.UNKNOWN
    assert counted() == before + 2


def test_a_code_that_stands_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="code OK stands under delivered and exception-lost"):
        table({Status.DELIVERED: "OK", Status.LOST: "ok"})


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (Status.LABELLED, None),
        (Status.INFORMED, None),
        (Status.PICKED_UP, ("in-transit", "")),
        (Status.TO_BE_COLLECTED, ("in-transit", "")),
        (Status.OUT_FOR_DELIVERY, ("out-for-delivery", "")),
        (Status.DELIVERED, ("delivered", "")),
        (Status.LOST, ("exception", "lost")),
        (Status.DAMAGED, ("exception", "damaged")),
        (Status.RETURNED, ("exception", "returned-to-sender")),
        (Status.UNKNOWN, ("exception", "unknown")),
    ],
)
def test_each_status_is_told_as_a_tracking_update_or_is_no_news(status: Status, told: tuple[str, str] | None) -> None:
    assert status.told_as == told


@pytest.mark.parametrize("carrier", sorted(carriers()))
def test_each_table_tells_a_parcel_on_its_way_from_one_that_has_arrived(carrier: str) -> None:
    assert {Status.DELIVERED, Status.IN_TRANSIT, Status.LABELLED} <= set(carriers()[carrier].values())


def rows(file: str) -> list[dict[str, str]]:
    if not (FOLDER / file).exists():
        pytest.skip(f"{FOLDER / file} is not here")
    return list(csv.DictReader(io.StringIO((FOLDER / file).read_bytes().decode("latin-1")), delimiter=";"))


def test_every_status_that_dhl_lists_is_known() -> None:
    found = rows("status_1.csv")
    assert {row["Service"] for row in found} == set(LISTED)
    unknown = [
        (row["Service"], row["Status"])
        for row in found
        if status_of(LISTED[row["Service"]], row["Status"]) is Status.UNKNOWN
    ]
    assert unknown == []


def test_what_dhl_itself_sums_up_is_as_here() -> None:
    for row in rows("status_1.csv"):
        allowed = COARSE.get(row["Description"].strip()) if row["Service"] == "svb" else None
        if allowed is not None:
            assert status_of("deutsche-post", row["Status"]) in allowed, row


PLAIN = {
    "OUT FOR DELIVERY": {Status.OUT_FOR_DELIVERY},
    "DELIVERED": {Status.DELIVERED},
    "RETURN TO SENDER": {Status.RETURNED},
    "REFUSED": {Status.REFUSED},
    "NO ONE HOME": {Status.ATTEMPTED},
    "HELD AT CUSTOMS": {Status.CUSTOMS_HELD},
    "CLEARED CUSTOMS": {Status.IN_CUSTOMS},
    "AVAILABLE FOR PICKUP": {Status.TO_BE_COLLECTED},
    "LABEL CREATED": {Status.LABELLED},
    "VISIBLE DAMAGE": {Status.DAMAGED},
    "PACKAGE REPORTED MISSING": {Status.LOST},
}


def test_where_dhl_says_plainly_what_a_status_is_the_table_says_the_same() -> None:
    checked = 0
    for row in rows("status_1.csv"):
        allowed = PLAIN.get(row["Description"].strip())
        if allowed is not None and row["Service"] in ("ecommerce", "dgf"):
            checked += 1
            assert status_of(LISTED[row["Service"]], row["Status"]) in allowed, row
    assert checked > 15


def test_every_event_and_reason_of_dhl_paket_is_known() -> None:
    for row in rows("parcel_de_ice_event_ric_combinations_July_2024.csv"):
        pair = f"{row['ice_event_code']}/{row['ice_ric_code']}"
        assert status_of("dhl-parcel-de", pair) is not Status.UNKNOWN, row
        assert status_of("dhl-parcel-de", row["ttpro_event_code"]) is not Status.UNKNOWN, row
        if row["ttpro_event_code"] == "ZU" and row["ice_event_code"] == "DLVRD":
            assert status_of("dhl-parcel-de", pair) is Status.DELIVERED, row
        if row["ice_ric_code"] == "LOSTX":
            assert status_of("dhl-parcel-de", pair) is Status.LOST, row

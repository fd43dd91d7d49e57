"""One identity across channels; what it is known by; repeats."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock_contracts.capture import CustomersMergedV1
from crossdock_contracts.handed_in import LineInput
from crossdock_contracts.values import Address, Customer
from services.capture.decide.evidence import normal_email, normal_phone
from services.capture.decide.ingest import reads_ingest
from services.capture.state import Customer as Known
from tests.builders import BERLIN, NOW, later, order_input
from tests.builders import ingest as handed_in
from tests.decide.shop import Shop, checks

MAIL, PHONE = "anna@example.com", "+49 30 123456"


def buyer(email: str = "", phone: str = "", channel_id: str = "") -> Customer:
    return Customer(email=email, phone=phone, channel_customer_id=channel_id)


def known_by(customer: Known) -> set[str]:
    return {evidence.value for evidence in customer.evidence}


def test_the_same_buyer_has_the_same_id_in_every_channel() -> None:
    shop = Shop()
    first = shop.order("1", customer=buyer(MAIL)).customer.customer_id
    assert first
    assert (
        shop.order("2", channel="marketplace", customer=buyer("Anna+shop@Example.COM ")).customer.customer_id == first
    )
    assert shop.order("3", customer=buyer("bert@example.com")).customer.customer_id != first


def test_a_buyer_is_known_again_by_phone_and_by_the_channels_id_with_the_evidence_kept() -> None:
    shop = Shop()
    first = shop.order("1", customer=buyer(MAIL, PHONE, "77")).customer.customer_id
    assert shop.order("2", customer=buyer(phone="030/123456")).customer.customer_id == first
    assert shop.order("3", customer=buyer(channel_id="77")).customer.customer_id == first
    assert shop.order("4", channel="marketplace", customer=buyer(channel_id="77")).customer.customer_id != first
    (customer,) = [one for one in shop.customers if one.customer_id == first]
    assert {(e.kind, e.value, e.order_id) for e in customer.evidence} == {
        ("email", MAIL, "web:1"), ("phone", "+4930123456", "web:1"), ("channel", "web:77", "web:1"),
    }  # fmt: skip


def test_two_identities_that_turn_out_to_be_one_are_merged_and_an_event_says_so() -> None:
    shop = Shop()
    elder = shop.order("1", customer=buyer(MAIL), placed_at=NOW).customer.customer_id
    younger = shop.order("2", customer=buyer(phone=PHONE), placed_at=later(hours=1)).customer.customer_id
    assert elder != younger
    assert shop.order("3", customer=buyer(MAIL, PHONE), placed_at=later(hours=2)).customer.customer_id == elder
    (merged,) = shop.said(CustomersMergedV1)
    assert (merged.customer_id, merged.merged_id, merged.evidence, merged.order_id) == (
        elder,
        younger,
        "phone",
        "web:3",
    )
    (customer,) = shop.customers
    assert (customer.orders, known_by(customer)) == (3, {MAIL, "+4930123456"})
    assert shop.order("4", customer=buyer(phone=PHONE)).customer.customer_id == elder
    assert len(shop.said(CustomersMergedV1)) == 1


def test_a_second_address_with_a_known_phone_is_the_same_buyer_and_no_merge() -> None:
    shop = Shop()
    first = shop.order("1", customer=buyer(MAIL, PHONE)).customer.customer_id
    assert shop.order("2", customer=buyer("anna@work.example", PHONE)).customer.customer_id == first
    assert shop.order("3", customer=buyer("anna@work.example")).customer.customer_id == first
    assert not shop.said(CustomersMergedV1)


def test_a_number_that_is_everybodys_joins_no_more_than_so_many() -> None:
    shop = Shop(rules=checks(customers={"most_evidence": 4}))
    ids = [shop.order(str(n), customer=buyer(f"c{n}@example.com", PHONE)).customer.customer_id for n in range(8)]
    assert len(set(ids[:3])) == 1
    assert len(set(ids[3:])) == 5
    assert all(len(customer.evidence) <= 4 for customer in shop.customers)


def test_what_stands_for_nobody_is_no_evidence() -> None:
    shop = Shop(rules=checks(customers={"ignore_emails": ["@relay.example"], "ignore_phones": ["+4930123456"]}))
    for n, who in enumerate([buyer("x@relay.example", PHONE), buyer(channel_id="0"), buyer("no address", "0000000")]):
        assert shop.order(str(n), customer=who).customer.customer_id == ""
    assert shop.customers == []


def test_an_order_that_names_its_buyer_by_mail_alone_reads_and_writes_one_document() -> None:
    shop = Shop()
    for number in ("1", "2"):
        made = order_input(number, customer=buyer(MAIL))
        hinted = set(reads_ingest(shop.channels, handed_in(made)))
        decision = shop.takes_in(made)
        (written,) = [one for one in decision.writes if isinstance(one, Known)]
        assert written.subject in hinted


def test_a_known_buyer_is_found_in_one_step_whatever_the_order_names() -> None:
    shop = Shop()
    shop.takes("1", customer=buyer(MAIL, PHONE, "77"))
    decision = shop.takes_in(order_input("2", customer=buyer(MAIL, PHONE, "77")))
    assert len([one for one in decision.writes if isinstance(one, Known)]) == 1


def test_an_order_of_nobody_reads_and_writes_nothing_of_customers() -> None:
    shop = Shop()
    made = order_input("1")
    assert not [one for one in reads_ingest(shop.channels, handed_in(made)) if ".customer." in one]
    assert not [one for one in shop.takes_in(made).writes if isinstance(one, Known)]


def test_only_so_many_orders_of_a_customer_are_remembered() -> None:
    shop = Shop(rules=checks(customers={"remember_orders": 3, "repeats_within_minutes": 0}))
    for n in range(5):
        shop.takes(str(n), customer=buyer(MAIL), placed_at=later(days=-n))
    (customer,) = shop.customers
    assert ([recent.order_id for recent in customer.recent], customer.orders) == (["web:2", "web:1", "web:0"], 5)
    assert customer.since == later(days=-4)


def test_what_leads_to_a_customer_is_written_anew_before_it_is_forgotten() -> None:
    shop = Shop()
    shop.takes("1", customer=buyer(MAIL, PHONE))
    again = shop.takes_in(order_input("2", customer=buyer(MAIL, PHONE)), now=NOW + timedelta(days=200))
    assert len([one for one in again.writes if isinstance(one, Known)]) == 2


def test_nothing_about_a_buyer_stands_in_the_name_of_a_document() -> None:
    shop = Shop()
    shop.takes("1", customer=buyer(MAIL, PHONE, "77"))
    assert not [subject for subject in shop.documents if "anna" in subject or "123456" in subject]


@pytest.mark.parametrize(
    ("written", "country", "meant"),
    [
        ("+49 (0)30 / 12 34 56", "GB", "+4930123456"),
        ("0049 30 123456", "", "+4930123456"),
        ("030-123456", "DE", "+4930123456"),
        ("(212) 555-0100", "US", "+12125550100"),
        ("1-212-555-0100", "CA", "+12125550100"),
        ("06 123456", "IT", "+3906123456"),
        ("06 1 234 5678", "HU", "+3612345678"),
        ("8 495 123 45 67", "RU", "+74951234567"),
        ("612345678", "ES", "+34612345678"),
        ("030 123456", "", ""),
        ("000000000", "DE", ""),
        ("12", "DE", ""),
    ],
)
def test_a_phone_is_compared_with_its_country_code(written: str, country: str, meant: str) -> None:
    assert normal_phone(written, country) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [(" Anna.B+x@Example.com", "anna.b@example.com"), ("anna", ""), ("@example.com", ""), ("a@b", ""), ("+x@b.de", "")],
)
def test_an_address_is_compared_in_lower_case_and_without_what_follows_a_plus(written: str, meant: str) -> None:
    assert normal_email(written) == meant


def test_the_phone_of_the_address_counts_where_the_buyer_gave_none() -> None:
    shop = Shop()
    first = shop.order("1", customer=buyer(phone=PHONE)).customer.customer_id
    ship_to: Address = BERLIN.model_copy(update={"phone": "030 123456"})
    assert shop.order("2", ship_to=ship_to).customer.customer_id == first


PEOPLE = st.sets(st.sampled_from(["a@x.de", "b@x.de", "c@x.de", "+4930111222", "+4930333444", "web:1", "web:2"]))


@settings(max_examples=150)
@given(st.lists(PEOPLE, min_size=1, max_size=8))
def test_whoever_shares_anything_in_any_order_is_one_customer_in_the_end(orders: list[set[str]]) -> None:
    """The identities are the connected sets of what orders named together."""
    shop = Shop(rules=checks(customers={"repeats_within_minutes": 0, "most_evidence": 200}))
    groups: list[set[str]] = []
    for number, named in enumerate(orders):
        mails, phones = sorted(n for n in named if "@" in n)[:1], sorted(n for n in named if "+" in n)[:1]
        ids = sorted(n for n in named if ":" in n)[:1]
        shop.takes(str(number), customer=buyer(*mails or [""], *phones or [""], *[i[4:] for i in ids] or [""]))
        together = {*mails, *phones, *ids}
        touched = [group for group in groups if group & together]
        groups = [group for group in groups if not group & together]
        groups += [together.union(*touched)] if together else []
    assert sorted(map(sorted, groups)) == sorted(sorted(known_by(one)) for one in shop.customers)
    assert sum(one.orders for one in shop.customers) == sum(bool(named) for named in orders)


def test_the_same_goods_for_the_same_customer_within_minutes_are_held_as_a_repeat() -> None:
    shop = Shop()
    assert shop.reasons("1", customer=buyer(MAIL)) == []
    (hold,) = shop.takes("2", customer=buyer(MAIL), placed_at=later(minutes=9)).holds
    assert (hold.reason, "web:1 of 09:30" in hold.detail) == ("repeated-order", True)


def test_other_goods_another_customer_or_another_day_are_no_repeat() -> None:
    shop = Shop()
    shop.takes("1", customer=buyer(MAIL))
    other = LineInput(line_id="1", sku="B", quantity=1, unit_price_minor=1000)
    assert shop.reasons("2", other, customer=buyer(MAIL)) == []
    assert shop.reasons("3", customer=buyer("bert@example.com")) == []
    assert shop.reasons("4", customer=buyer(MAIL), placed_at=later(days=1)) == []
    assert shop.reasons("5") == []


def test_a_channel_of_old_sales_is_not_looked_at_for_repeats() -> None:
    shop = Shop(check_repeats=False)
    assert [shop.reasons(number, customer=buyer(MAIL)) for number in ("1", "2")] == [[], []]

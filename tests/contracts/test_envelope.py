from urllib.parse import unquote
from uuid import UUID, uuid5

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crossdock_contracts.envelope import NAMESPACE, Envelope, EnvelopeError, event_id, header
from crossdock_contracts.upcasts import beside
from tests.builders import NOW, captured, shipment_shipped, unique

IDS = st.text(min_size=1, max_size=60)


def envelope(**fields: str) -> Envelope:
    return Envelope.of(captured(), message_id="m-1", time=NOW).model_copy(update=fields)


def test_an_envelope_says_who_said_what_about_which_order() -> None:
    said = Envelope.of(captured(owner="acme"), message_id="m-1", time=NOW, cause="c-1")
    assert said.to_headers() == {
        "ce-specversion": "1.0",
        "ce-id": "m-1",
        "ce-type": "capture.evt.order-captured.v1",
        "ce-source": "/crossdock/capture",
        "ce-subject": "acme/web:1",
        "ce-time": "2026-03-02T09:30:00.000000Z",
        "ce-dataschema": "urn:crossdock:capture.evt.order-captured.v1",
        "ce-correlationid": "acme/web:1",
        "ce-causationid": "c-1",
        "content-type": "application/json",
    }


def test_a_message_belongs_to_the_order_that_its_cause_belongs_to() -> None:
    said = Envelope.of(captured(), message_id="m-1", time=NOW, correlation="main/web:7")
    assert (said.correlation_id, said.subject) == ("main/web:7", "main/web:1")


def test_what_came_from_outside_names_no_cause() -> None:
    assert "ce-causationid" not in envelope().to_headers()
    assert Envelope.from_headers(envelope().to_headers()).causation_id == ""


@given(IDS, IDS, IDS, IDS)
@example("100%", "%41", " lead", "trail ")
@example("a\r\nNats-Rollup: all", "\x00", "Größe", "注文")
def test_headers_read_back_as_they_were_written(identity: str, subject: str, correlation: str, cause: str) -> None:
    said = envelope(id=identity, subject=subject, correlation_id=correlation, causation_id=cause)
    assert Envelope.from_headers(said.to_headers()) == said


def test_a_trace_passes_through() -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    headers = envelope(traceparent=trace).to_headers()
    assert headers["traceparent"] == trace
    assert Envelope.from_headers(headers).traceparent == trace


@given(st.text())
@example("a\r\nNats-Rollup: all")
@example(" ")
def test_no_text_can_leave_its_header(text: str) -> None:
    value = header(text)
    assert value.isascii()
    assert value == "" or value.isprintable()
    assert value == value.strip()
    assert unquote(value) == text


def test_common_header_values_stay_readable() -> None:
    assert header("main/web:1001") == "main/web:1001"
    assert header("Customer order 7") == "Customer order 7"


def test_header_names_are_read_in_any_case() -> None:
    headers = {name.title(): value for name, value in envelope().to_headers().items()}
    assert Envelope.from_headers(headers) == envelope()


@pytest.mark.parametrize("name", ["ce-id", "ce-type", "ce-source", "ce-time"])
def test_a_missing_header_is_named(name: str) -> None:
    headers = envelope().to_headers()
    del headers[name]
    with pytest.raises(EnvelopeError, match=f"not a CloudEvents envelope: {name}: [^;]+$"):
        Envelope.from_headers(headers)


@pytest.mark.parametrize(
    ("name", "garbled", "why"),
    [
        ("ce-time", "yesterday", "valid datetime"),
        ("ce-time", "2026-03-02T09:30:00", "timezone"),
        ("ce-time", "2026-03-02T10:30:00+01:00", "offset of 0 required"),
        ("ce-id", "x" * 513, "at most 512"),
        ("ce-source", "", "at least 1"),
    ],
)
def test_a_garbled_header_is_named_with_the_reason(name: str, garbled: str, why: str) -> None:
    with pytest.raises(EnvelopeError, match=f"{name}: .*{why}"):
        Envelope.from_headers(envelope().to_headers() | {name: garbled})


@pytest.mark.parametrize("headers", [None, {}, {"Content-Type": "text/plain"}])
def test_a_message_without_an_envelope_is_told_all_that_is_missing(headers: dict[str, str] | None) -> None:
    with pytest.raises(EnvelopeError) as caught:
        Envelope.from_headers(headers)
    assert all(name in str(caught.value) for name in ("ce-id", "ce-type", "ce-source", "ce-time"))


def test_bytes_that_are_no_utf_8_do_not_stop_the_reading() -> None:
    headers = envelope().to_headers() | {"ce-subject": "main/%FF"}
    assert Envelope.from_headers(headers).subject == "main/\ufffd"


@given(st.text(), st.text())
def test_an_event_id_is_a_uuid_of_version_5(cause: str, entity: str) -> None:
    found = UUID(event_id(cause, "capture.evt.order-captured", entity))
    assert found == uuid5(NAMESPACE, f"{cause}\ncapture.evt.order-captured\n{entity}")
    assert found.version == 5


def test_an_event_id_never_changes() -> None:
    assert event_id("m-1", "capture.evt.order-captured", "web:1") == "8c36be55-c645-5377-a5bc-fa8cf960a334"


def test_another_cause_type_or_entity_is_another_event() -> None:
    cause, entity = unique(), unique()
    ids = {
        event_id(cause, "capture.evt.order-captured", entity),
        event_id(unique(), "capture.evt.order-captured", entity),
        event_id(cause, "capture.evt.order-held", entity),
        event_id(cause, "capture.evt.order-captured", unique()),
    }
    assert len(ids) == 4


def test_all_versions_of_an_event_have_one_id() -> None:
    new = shipment_shipped()
    (old,) = beside(new)
    assert old.VERSION != new.VERSION
    assert event_id("m-1", old.TYPE, old.entity) == event_id("m-1", new.TYPE, new.entity)

import re
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from crossdock_contracts import registry, subjects

ANY_TEXT = st.text(st.characters(codec=None), max_size=400)
"""All of Unicode, lone surrogates and controls included."""
ONE_TOKEN = re.compile(r"[A-Za-z0-9_=-]{1,128}").fullmatch


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


@given(ANY_TEXT)
@example("")
@example(".")
@example("*")
@example(">")
@example("a b\t\r\n")
@example("order\n")
@example("\x00")
@example("\ud800")
@example("$KV.evil.>")
@example("x" * 129)
@example("ü" * 43)
def test_any_text_becomes_one_safe_token_of_bounded_length(text: str) -> None:
    assert ONE_TOKEN(subjects.token(text))


@given(ANY_TEXT)
@example("Käse")
@example("Å ﬁ 가")
@example("é" * 300)
def test_composed_and_decomposed_text_share_their_token(text: str) -> None:
    assert subjects.token(unicodedata.normalize("NFD", text)) == subjects.token(nfc(text))


@given(ANY_TEXT, ANY_TEXT)
@example("", "=")
@example("a b", "a=20b")
@example("A", "a")
@example("x" * 129, "x" * 130)
@example("ü" * 43, "ü" * 44)
def test_different_texts_have_different_tokens(one: str, other: str) -> None:
    assert (subjects.token(one) == subjects.token(other)) == (nfc(one) == nfc(other))


def test_a_text_cannot_pose_as_a_hash_or_as_an_escape() -> None:
    long = "x" * 200
    assert subjects.token(subjects.token(long)) != subjects.token(long)
    assert subjects.token("=20") != subjects.token(" ")
    assert subjects.token("=") != subjects.token("")


def test_common_ids_stay_readable() -> None:
    assert subjects.token("SKU-0007_a") == "SKU-0007_a"
    assert subjects.token("web:1001") == "web=3A1001"
    assert subjects.token("Größe") == "Gr=C3=B6=C3=9Fe"


def test_a_token_is_hashed_from_its_129th_byte_on() -> None:
    assert subjects.token("x" * 128) == "x" * 128
    assert subjects.token("x" * 129).startswith("=h")
    assert len(subjects.token("." * 42 + "xx")) == 128
    assert subjects.token("." * 43).startswith("=h")


@given(st.lists(ANY_TEXT, min_size=1, max_size=4))
def test_a_key_has_as_many_tokens_as_parts(parts: list[str]) -> None:
    tokens = subjects.key(*parts).split(".")
    assert len(tokens) == len(parts)
    assert all(map(ONE_TOKEN, tokens))


def test_parts_of_a_key_cannot_be_shifted_into_each_other() -> None:
    assert subjects.key("a.b", "c") != subjects.key("a", "b.c")
    assert subjects.key("a", "") != subjects.key("", "a")


@given(st.integers(0, 63), st.integers(0, 63))
def test_the_subject_of_a_message_leads_back_to_its_contract(partition: int, pool: int) -> None:
    for contract in registry.everything():
        subject = subjects.message(contract.TYPE, contract.VERSION, partition=partition, pool=pool)
        service, kind, name, version, *numbers = subject.split(".")
        assert registry.find(f"{service}.{kind}.{name}", int(version.removeprefix("v"))) is contract
        assert numbers == [str(partition), str(pool)]


def test_no_two_contracts_share_a_subject() -> None:
    names = [subjects.message(contract.TYPE, contract.VERSION) for contract in registry.everything()]
    assert len(set(names)) == len(names)


def test_states_and_timers_stand_under_their_service_and_owner() -> None:
    assert subjects.state("inventory", "reservation", "main", "web:1") == "inventory.state.reservation.main.web=3A1"
    assert subjects.timer("capture", "hold", "main", "a.b") == "capture.timer.hold.main.a=2Eb"


def test_streams_are_named_after_their_service() -> None:
    assert (subjects.stream("inventory"), subjects.inbox("inventory")) == ("INVENTORY", "INVENTORY_IN")
    assert subjects.stream("order-desk") == "ORDER_DESK"


def test_the_partition_of_an_entity_never_changes() -> None:
    asked = [("main", "web:1001"), ("main", "web:1002"), ("acme", "web:1001"), ("main", "Käse"), ("", "")]
    assert [subjects.partition(owner, entity, 16) for owner, entity in asked] == [11, 1, 10, 7, 13]
    assert [subjects.pool(owner, 8) for owner in ("main", "acme", "Käse")] == [1, 4, 6]


@given(ANY_TEXT, ANY_TEXT, st.integers(1, 64))
@example("main", "\ud800", 7)
def test_a_partition_is_one_of_those_there_are(owner: str, entity: str, partitions: int) -> None:
    assert 0 <= subjects.partition(owner, entity, partitions) < partitions


@given(ANY_TEXT)
def test_composed_and_decomposed_keys_share_their_partition(text: str) -> None:
    decomposed = unicodedata.normalize("NFD", text)
    assert subjects.partition("main", decomposed, 64) == subjects.partition("main", nfc(text), 64)


def test_entities_spread_over_the_partitions() -> None:
    found = [subjects.partition("main", f"web:{number}", 8) for number in range(800)]
    assert all(60 < found.count(partition) < 140 for partition in range(8))

"""Manifests whose carrier is away: they wait, however long it takes."""

from functools import partial

import pytest

from crossdock_contracts.dock import ManifestDelayedV1, ManifestMadeV1, ManifestRefusedV1, SettleManifestV1
from crossdock_contracts.operations import CommandRefusedV1
from services.hub.decision import Decision, Done
from services.shipping.carriers.answers import ManifestKept
from services.shipping.decide import manifest
from services.shipping.state_dock import ManifestAgain
from tests.builders import NOW, later
from tests.decide.test_dock import AT, AWAY, HANDS_OVER, Quay


def test_a_manifest_waits_for_its_carrier_for_all_to_see_however_long_it_is_away_and_is_made_when_it_is_back() -> None:
    quay = Quay(1)
    key = quay.make().intent.key
    for _ in range(50):  # a message would be a dead letter by now
        decision = quay.made(AWAY)
        assert (decision.later, quay.make()) == (None, Decision())
        timer: ManifestAgain = quay.get(ManifestAgain, "main", "BER", "cheap", "M-1")
        assert (timer.waits_for, timer.why) == (("cheap:manifest",), "out of order")
        assert NOW < timer.due_at <= later(seconds=300)
        again = quay.take(partial(manifest.ask_again, HANDS_OVER), timer, timer.due_at).intent
        assert (again.key, again.resumed) == (key, False), "it is certain that nothing was done"
    quay.made(Done(ManifestKept(number="sf_1")))
    assert ([one.number for one in quay.said(ManifestMadeV1)], len(quay.said(ManifestDelayedV1))) == (["sf_1"], 1)
    assert quay.take(partial(manifest.ask_again, HANDS_OVER), timer, timer.due_at) == Decision()


@pytest.mark.parametrize("number", ["by hand 1", ""])
def test_a_manifest_that_waits_for_its_carrier_is_made_elsewhere_or_frees_its_parcels(number: str) -> None:
    quay = Quay(1)
    quay.make()
    command = SettleManifestV1(**AT, carrier="cheap", manifest_id="M-1", number=number)
    quay.take(manifest.settle_by_hand, command, NOW)
    assert quay.said(CommandRefusedV1)[0].reason == "wrong-state", "it is being asked for"
    quay.made(AWAY)
    quay.take(manifest.settle_by_hand, command, NOW)
    made, refused = quay.said(ManifestMadeV1), quay.said(ManifestRefusedV1)
    assert ([one.number for one in made], len(refused)) == (([number], 0) if number else ([], 1))
    timer = quay.get(ManifestAgain, "main", "BER", "cheap", "M-1")
    assert quay.take(partial(manifest.ask_again, HANDS_OVER), timer, timer.due_at) == Decision()


def test_a_manifest_that_waits_for_a_carrier_that_is_not_in_the_rules_any_more_frees_its_parcels() -> None:
    quay = Quay(1)
    quay.make()
    quay.made(AWAY)
    timer = quay.get(ManifestAgain, "main", "BER", "cheap", "M-1")
    gone = HANDS_OVER.model_copy(update={"carriers": {}})
    quay.take(partial(manifest.ask_again, gone), timer, NOW)
    assert (quay.said(ManifestRefusedV1)[0].reason, quay.waits()) == ("no-manifests", [("manifest", "web:1/1")])

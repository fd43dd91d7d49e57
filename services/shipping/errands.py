"""Shipping, wired: what carriers do beside the way of a fulfilment.

Labels for returns, manifests, pickups, and whether they deliver to an address.
"""

from functools import partial

from crossdock_contracts import addresses as asked
from crossdock_contracts import dock as told
from crossdock_contracts import return_labels, returns
from crossdock_contracts.base import Event
from services.hub.decision import Document
from services.hub.service import Service
from services.shipping.decide import addresses, back, dock, fetch, manifest
from services.shipping.rules import Rules
from services.shipping.state_address import AddressCheck
from services.shipping.state_back import ReturnLabel, ReturnLabelTimer
from services.shipping.state_dock import CarrierPickup, Docked, Manifest, ManifestAgain, ManifestTimer, PickupAgain

DOCUMENTS: tuple[type[Document], ...] = (
    ReturnLabel,
    ReturnLabelTimer,
    Docked,
    Manifest,
    ManifestTimer,
    ManifestAgain,
    CarrierPickup,
    PickupAgain,
    AddressCheck,
)
SAYS: tuple[type[Event], ...] = (
    return_labels.ReturnLabelBoughtV1,
    return_labels.ReturnLabelRefusedV1,
    return_labels.ReturnLabelDelayedV1,
    return_labels.ReturnLabelVoidedV1,
    told.ParcelWaitsV1,
    told.ManifestWantedV1,
    told.ManifestMadeV1,
    told.ManifestDelayedV1,
    told.ManifestRefusedV1,
    told.CarrierPickupBookedV1,
    told.CarrierPickupDelayedV1,
    told.CarrierPickupRefusedV1,
    told.CarrierPickupCancelledV1,
    asked.AddressCheckedV1,
)


def hear(hub: Service, rules: Rules) -> None:
    """What it takes; last of all, for a parcel comes to the dock by whatever else shipping hears."""
    if any(carrier.manifests or carrier.pickups for carrier in rules.carriers.values()):
        hub.wrap(partial(dock.docked, rules))
    _hear_returns(hub, rules)
    _hand_over(hub, rules)
    hub.on(
        asked.AddressCheckWantedV1,
        partial(addresses.check, rules),
        name="check-address",
        settle=addresses.settle_check,
    )


def _hear_returns(hub: Service, rules: Rules) -> None:
    """Labels with which buyers send goods back."""
    circuit, settle = partial(hub.effects.is_open, operation="buy"), partial(back.settle_label, rules)
    hub.on(return_labels.ReturnLabelWantedV1, partial(back.want_label, rules, circuit), settle=settle)
    hub.on(returns.ReturnCancelledV1, partial(back.call_off, rules), name="call-return-off", settle=settle)
    hub.at(ReturnLabelTimer, partial(back.ask_again, rules, circuit), name="ask-again-return", settle=settle)
    hub.on(
        return_labels.SettleReturnLabelV1,
        partial(back.settle_purchase, rules, circuit),
        name="settle-return-label",
        settle=settle,
        remember=True,
    )


def _hand_over(hub: Service, rules: Rules) -> None:
    """Manifests, and pickups of carriers."""
    settle = manifest.settle_manifest
    hub.on(told.MakeManifestV1, partial(manifest.make_manifest, rules), settle=settle)
    hub.on(told.ManifestWantedV1, partial(manifest.go_on, rules), name="make-next-manifest", settle=settle)
    hub.at(ManifestTimer, partial(manifest.close_day, rules), settle=settle)
    hub.at(ManifestAgain, partial(manifest.ask_again, rules), name="make-manifest-again", settle=settle)
    hub.on(told.SettleManifestV1, manifest.settle_by_hand, name="settle-manifest")
    hub.on(told.BookCarrierPickupV1, partial(fetch.book, rules), name="book-pickup", settle=fetch.settle_pickup)
    hub.on(told.CancelCarrierPickupV1, partial(fetch.call_off, rules), name="cancel-pickup", settle=fetch.settle_pickup)
    hub.at(PickupAgain, partial(fetch.ask_again, rules), name="ask-pickup-again", settle=fetch.settle_pickup)
    hub.on(told.SettleCarrierPickupV1, fetch.settle_by_hand, name="settle-pickup")
    hub.on(told.ParcelWaitsV1, partial(dock.wait_again, rules), reads=dock.reads_waiting)
    hub.at(Docked, dock.forget, name="forget-docked")

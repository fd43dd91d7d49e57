"""FedEx: event types and derived codes of the Track API; exceptions with their reason, ``DE/07``.

https://developer.fedex.com/api/en-us/guides/api-reference.html#trackingstatuscodes
"""

from services.shipping.carriers.codes import Status, table

CODES = table(
    {
        Status.LABELLED: "OC OX EP MD IN initiated label_created",
        Status.PICKED_UP: "PU PX OF AP picked_up",
        Status.IN_TRANSIT: """
            IT IX AA AC AF AR AX DP EA EO FD LO OW PF PL PM SF TR package_added_to_consolidation in_transit
        """,
        Status.INFORMED: "AE AO AS CH HA RC RM RR",
        Status.IN_CUSTOMS: "CC CP",
        Status.OUT_FOR_DELIVERY: "AD ED OD out_for_delivery",
        Status.TO_BE_COLLECTED: "HL HP held held_at_location ready_for_pickup",
        Status.DELIVERED: "DL delivered",
        Status.CANCELLED: "CA RD LC cancelled",
        Status.DELAYED: "DY DD PD PY DR delayed",
        Status.ON_HOLD: "SE SE/17 DE/17",
        Status.CUSTOMS_HELD: "CD",
        Status.ATTEMPTED: "DE DE/08 SE/08",
        Status.BAD_ADDRESS: "DE/03 SE/03",
        Status.REFUSED: "DE/07 SE/07",
        Status.DAMAGED: "DE/10 SE/10 DE/11 SE/11",
        Status.RETURNED: "RS RT",
    }
)

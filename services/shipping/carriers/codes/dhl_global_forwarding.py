"""DHL Global Forwarding: codes of tracking events.

https://developer.dhl.com/api-reference/shipment-tracking
"""

from services.shipping.carriers.codes import Status, table

CODES = table(
    {
        Status.LABELLED: "DATA_SUBMITTED",
        Status.PICKED_UP: "PICKUP_SUCCESSFUL",
        Status.IN_TRANSIT: """
            ARRIVED_AT_ORIGIN_FACILITY PROCESSED_AT_ORIGIN_FACILITY DEPARTED_FROM_ORIGIN_FACILITY
            READY_FOR_DEPARTURE DEPARTED ARRIVED ARRIVED_PROCESSED_AT_FACILITY
        """,
        Status.IN_CUSTOMS: "ARRIVED_AT_CUSTOMS CLEARED_BY_CUSTOMS",
        Status.OUT_FOR_DELIVERY: "OUT_FOR_DELIVERY",
        Status.DELIVERED: "DELIVERED",
        Status.CUSTOMS_HELD: "HELD_AT_CUSTOMS",
        Status.ATTEMPTED: "DELIVERY_EXCEPTION",
    }
)

"""USPS: event codes of the Tracking API, and its status categories (blanks are written as hyphens).

https://developers.usps.com/trackingv3r2
"""

from services.shipping.carriers.codes import Status, table

CODES = table(
    {
        Status.LABELLED: "GX MA TM pre-shipment",
        Status.PICKED_UP: "03 80 82 OA accepted accept",
        Status.IN_TRANSIT: """
            07 10 06 A1 T1 TL SF EF L1 NT PC ENROUTE UNIT
            in-transit in-transit-to-next-facility arrived-at-usps-facility delivered-to-agent
        """,
        Status.OUT_FOR_DELIVERY: "OF out-for-delivery",
        Status.TO_BE_COLLECTED: "14 16 available-for-pickup",
        Status.DELIVERED: "01 17 delivered",
        Status.DELAYED: "08 DE alert-awaiting-delivery-scan",
        Status.ON_HOLD: "alert",
        Status.ATTEMPTED: "02 30 51 52 53 54 55 56 delivery-attempt",
        Status.BAD_ADDRESS: "21 22 23 24 25 26 28",
        Status.REFUSED: "04",
        Status.UNDELIVERABLE: "05 27",
        Status.RETURNED: "09 29 return-to-sender",
    }
)

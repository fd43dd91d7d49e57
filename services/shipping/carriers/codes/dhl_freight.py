"""DHL Freight: event and reason: codes of tracking events.

https://developer.dhl.com/api-reference/shipment-tracking
"""

from services.shipping.carriers.codes import Status, table

CODES = table(
    {
        Status.LABELLED: """
            ACT-2 64-0 15-501 55-68 55-241 55-265 55-294 55-20 48-0 55-211 55-21 55-240 55-126 55-266 55-234
        """,
        Status.PICKED_UP: "13-0",
        Status.IN_TRANSIT: "24-0 1-0 1-21",
        Status.INFORMED: "31-139 31-140 361-139 361-140",
        Status.IN_CUSTOMS: "12-0",
        Status.OUT_FOR_DELIVERY: "24-628 24-501",
        Status.TO_BE_COLLECTED: "20-13",
        Status.DELIVERED: "24-600 21-234 21-600 21-0",
        Status.CANCELLED: "7-0",
        Status.DELAYED: "20-266 20-354 20-270 21-23",
        Status.ON_HOLD: "20-208 20-209 20-296",
        Status.CUSTOMS_HELD: "20-126",
        Status.ATTEMPTED: "20-211 56-211",
        Status.BAD_ADDRESS: "20-234",
        Status.REFUSED: "56-292 56-284 56-611 56-241",
        Status.RETURNED: "56-222",
    }
)

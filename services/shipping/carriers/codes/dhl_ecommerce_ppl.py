"""DHL eCommerce in the Czech Republic (PPL): codes of tracking events.

https://developer.dhl.com/api-reference/shipment-tracking
"""

from services.shipping.carriers.codes import Status, table

CODES = table(
    {
        Status.LABELLED: "900",
        Status.PICKED_UP: "150",
        Status.IN_TRANSIT: "300 400 500",
        Status.TO_BE_COLLECTED: "343",
        Status.DELIVERED: "450",
        Status.CANCELLED: "999",
        Status.DELAYED: "460",
        Status.REFUSED: "464",
        Status.LOST: "997",
    }
)

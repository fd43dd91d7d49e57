"""DHL Express: event codes, and the words of DHL's unified tracking.

https://developer.dhl.com/api-reference/dhl-express-mydhl-api
"""

from services.shipping.carriers.codes import Status, table

CODES = table(
    {
        Status.LABELLED: "104 pre-transit",
        Status.PICKED_UP: "PU SA",
        Status.IN_TRANSIT: "102 transit AF AR DF PL PO FD TP TR CU SM IT PD",
        Status.INFORMED: "AD BN RR SC PY RW unknown",
        Status.IN_CUSTOMS: "IC CR BR",
        Status.OUT_FOR_DELIVERY: "WC",
        Status.TO_BE_COLLECTED: "CC",
        Status.DELIVERED: "101 delivered OK",
        Status.DELAYED: "MC MD MS TD",
        Status.ON_HOLD: "OH HP SS",
        Status.CUSTOMS_HELD: "CD UD",
        Status.ATTEMPTED: "ND NH CA",
        Status.BAD_ADDRESS: "BA CM",
        Status.REFUSED: "RD",
        Status.UNDELIVERABLE: "103 failure CS DS",
        Status.DAMAGED: "DD DM",
        Status.RETURNED: "RT",
    }
)

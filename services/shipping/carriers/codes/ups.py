"""UPS: the three digits of a status, the letters of its type, and activity codes, of the Tracking API.

https://developer.ups.com/api/reference/tracking
"""

from services.shipping.carriers.codes import Status, table

CODES = table(
    {
        Status.LABELLED: "003 M MP NA 065",
        Status.PICKED_UP: "038 044 045 P OR PU XD",
        Status.IN_TRANSIT: """
            005 010 025 039 057 071 I W DO DD
            DP AR DS YP
        """,
        Status.INFORMED: "027 028 041 042 054 055 056 063",
        Status.IN_CUSTOMS: "012 014 SR",
        Status.OUT_FOR_DELIVERY: "006 021 072 O OT OF",
        Status.TO_BE_COLLECTED: "017 040",
        Status.DELIVERED: "011 026 D FS KB KM F4",
        Status.CANCELLED: "007 043 MV",
        Status.DELAYED: "032 046 047 048 049 051 052 053",
        Status.ON_HOLD: "013 016 018 019 020 029 030 X",
        Status.CUSTOMS_HELD: "058",
        Status.ATTEMPTED: "022 023 024 060 061 062 066",
        Status.BAD_ADDRESS: "050",
        Status.REFUSED: "064",
        Status.DAMAGED: "059",
        Status.RETURNED: "033 034 035 036 037 067 RS",
    }
)

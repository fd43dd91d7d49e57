"""DHL eCommerce Europe, parcels across borders: codes of tracking events.

https://developer.dhl.com/api-reference/shipment-tracking
"""

from services.shipping.carriers.codes import Status, table

CODES = table(
    {
        Status.LABELLED: "1 392",
        Status.PICKED_UP: "2 3 4 5 6 7 8 9 14 15 16 17 226 228",
        Status.IN_TRANSIT: """
            19 20 22 23 25 26 27 28 29 30 31 32 33 37 38 40 41 47 230 231 232 233 234 235 236 237 238 240 242
            254 255 302 354 355 356 364 367 369 377 378 379
        """,
        Status.INFORMED: "380 52 53 56 57 58 59 60 61 62",
        Status.IN_CUSTOMS: "130 133 258 368 370",
        Status.OUT_FOR_DELIVERY: "42",
        Status.TO_BE_COLLECTED: "43 44 45 46",
        Status.DELIVERED: "63 64 65 66 67 68 69 70 71 306",
        Status.DELAYED: "141 266 267 269",
        Status.ON_HOLD: "142 172 194 268 358",
        Status.ATTEMPTED: """
            72 73 74 75 77 78 82 85 86 87 88 89 90 91 92 93 94 95 96 97 98 154 156 159 161 200 214 215 217 218
            219 222 223 253 264 265 330 372 395
        """,
        Status.BAD_ADDRESS: "79 80 81 206",
        Status.REFUSED: "76 207 208 209 210 211",
        Status.DAMAGED: "83",
        Status.RETURNED: "366 99 100 101 102 149 151 152 155 157 160 248 249 259 363 365",
    }
)

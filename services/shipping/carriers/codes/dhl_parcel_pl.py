"""DHL Parcel in Poland: codes of tracking events.

https://developer.dhl.com/api-reference/shipment-tracking
"""

from services.shipping.carriers.codes import Status, table

CODES = table(
    {
        Status.LABELLED: "EDWP",
        Status.PICKED_UP: "SP_DWP DWP SP_PU",
        Status.IN_TRANSIT: """
            AWI_SPCAP KWC LP LW LW_PL SORT SP_DW TRM2 WEJPL WYJPL BCZ LIK SP_ATDSP TRM TRM_X WER ZID ZMA ZOS
            ZWW_KRYZ ZWW_NSP
        """,
        Status.INFORMED: "PNPT PO18 SAS SOB ZA ZAIT PSHOP POW",
        Status.IN_CUSTOMS: "EDB EDC EXA EXC SEC",
        Status.OUT_FOR_DELIVERY: "LK",
        Status.TO_BE_COLLECTED: """
            SP_DSP SP_PA DOR_SP OWL OWL_ONO OWL_PS_ONO OWL_SP_ONO OWL_KP OWL_PS_KP OWL_SP_KP SP_KP
        """,
        Status.DELIVERED: "DOR DOR_LOK DOR_OTH DOR_OWL DOR_POC DOR_RDZ DOR_SAS PPDOR SP_DOR",
        Status.CANCELLED: "SP_CN",
        Status.ON_HOLD: "BRG CC PNK SP_ZAM",
        Status.ATTEMPTED: "AWI AWI_DP2 AWI_NSP AWI_ONU AWI_OZ AWI_ROD AWI_SAS SP_CAP ZWW BRG_SAS",
        Status.BAD_ADDRESS: "AN AN_RA AN_SAS",
        Status.REFUSED: """
            AN_BO OP OP_BWER OP_COD OP_DUB OP_OTH OP_PLA OP_PNK OP_REZ OP_ROD OP_SAS OP_TNZ OP_UMO OP_USK OP_USP
        """,
        Status.RETURNED: """
            AWI_CZAS OP_DO OP_DOK REZ SP_KZW SP_OP SP_TO SP_ZWR ZWN ZWR ZWR_AN ZWR_OP ZWR_WER ZWR_ZB ZWR_ZT
        """,
    }
)

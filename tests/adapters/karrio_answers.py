"""What UPS and USPS answer, and documents, for the house that plays the carriers of karrio."""

import base64
import json
from typing import Any

from tests.adapters.outside import answer

PDF = base64.b64encode(b"%PDF-1.4 a label").decode()
ZPL = base64.b64encode(b"^XA a label ^XZ").decode()
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="  # one dot


def reference(shipment: dict[str, Any]) -> str:
    package = shipment["Package"][0]
    references = package.get("ReferenceNumber") or shipment["ReferenceNumber"]
    return str(references[0]["Value"])


def ups_rate(code: str, amount: str, days: str) -> dict[str, Any]:
    charge = {"CurrencyCode": "USD", "MonetaryValue": amount}
    arrival = {"ServiceSummary": {"EstimatedArrival": {"BusinessDaysInTransit": days}}}
    return {
        "Service": {"Code": code},
        "TransportationCharges": charge,
        "BaseServiceCharge": charge,
        "ServiceOptionsCharges": {"CurrencyCode": "USD", "MonetaryValue": "0.00"},
        "TotalCharges": charge,
        "TimeInTransit": arrival,
    }


def ups_package(number: str) -> dict[str, Any]:
    scans = [("20260105", "071356", "FS", "D"), ("20260104", "060000", "OT", "I")]
    activity = [
        {"date": date, "time": time, "status": {"code": code, "type": kind, "description": code}}
        for date, time, code, kind in scans
    ]
    return {"trackingNumber": number, "activity": activity, "deliveryDate": [{"type": "DEL", "date": "20260105"}]}


def usps_label(number: str, asked: dict[str, Any]) -> bytes:
    zpl = asked["imageInfo"]["imageType"].startswith("ZPL")
    return parts(
        {"labelMetadata": {"trackingNumber": number, "postage": 8.4, "SKU": "DUXX"}},
        {"labelImage": ZPL if zpl else PDF},
    )


def parts(facts: dict[str, Any], images: dict[str, str]) -> bytes:
    """As USPS answers: facts as JSON, images in base64, each a part."""
    parts = [
        f'Content-Type: application/json\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{json.dumps(fact)}'
        for name, fact in facts.items()
    ] + [
        f'Content-Type: application/pdf\r\nContent-Disposition: form-data; filename="{name}.pdf"; name="{name}"\r\n\r\n'
        f"{image}"
        for name, image in images.items()
    ]
    body = "".join(f"--abcdef123\r\n{part}\r\n" for part in parts) + "--abcdef123--"
    return answer(200, body.encode(), content_type="multipart/form-data; boundary=abcdef123")


def pdf() -> str:
    """A PDF that holds together: labels of FedEx are bound into one."""
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 10 10]/Resources<<>>>>",
    ]
    text, offsets = "%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(text))
        text += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    whole = (
        f"{text}xref\n0 4\n0000000000 65535 f \n{table}trailer<</Size 4/Root 1 0 R>>\nstartxref\n{len(text)}\n%%EOF\n"
    )
    return base64.b64encode(whole.encode()).decode()

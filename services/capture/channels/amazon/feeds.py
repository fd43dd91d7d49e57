"""Feeds: what Amazon reads later, and reports upon.

https://developer-docs.amazon.com/sp-api/docs/feeds-api-v2021-06-30-use-case-guide
"""

import gzip
from typing import Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from services.hub.effects import PermanentError, ThrottledError
from services.hub.http import Http, as_bytes

_LATER_S = 60.0
_ENDED = frozenset({"DONE", "FATAL", "CANCELLED"})
_FEEDS = "/feeds/2021-06-30"


class Feeds:
    """The feeds of one seller in one marketplace."""

    def __init__(self, http: Http, marketplace: str) -> None:
        self._http = http
        self._marketplace = marketplace

    async def submit(self, kind: str, content: bytes, content_type: str) -> str:
        """Hand a feed in; its id.

        Raises:
            UnknownError: it may have been handed in.
        """
        made: Any = await self._http.send(
            "createFeedDocument", "POST", f"{_FEEDS}/documents", json={"contentType": content_type}, safe=True
        )
        await self._http.send(
            "upload",
            "PUT",
            made["url"],
            content=content,
            headers={"Content-Type": content_type},
            auth=None,
            read=as_bytes,
            safe=True,
        )
        wanted = {
            "feedType": kind,
            "marketplaceIds": [self._marketplace],
            "inputFeedDocumentId": made["feedDocumentId"],
        }
        answer: Any = await self._http.send("createFeed", "POST", f"{_FEEDS}/feeds", json=wanted)
        return str(answer["feedId"])

    async def settled(self, feed_id: str) -> None:
        """See to it that Amazon has carried a feed out.

        Raises:
            ThrottledError: it has not yet.
            PermanentError: it would not; the text is what it reports.
        """
        feed: Any = await self._http.send("getFeed", "GET", f"{_FEEDS}/feeds/{feed_id}")
        status = str(feed.get("processingStatus", ""))
        if status not in _ENDED:
            msg = f"{self._http.adapter}: feed {feed_id} is {status.lower() or 'not yet read'}"
            raise ThrottledError(msg, _LATER_S)
        report = str(feed.get("resultFeedDocumentId") or "")
        code, text = refusal(await self._document(report)) if report else ("", "")
        if code or status != "DONE":
            raise PermanentError(code or status.lower(), text or f"feed {feed_id} was not carried out")

    async def _document(self, document_id: str) -> bytes:
        found: dict[str, Any] = await self._http.send("getFeedDocument", "GET", f"{_FEEDS}/documents/{document_id}")
        content = await self._http.send("download", "GET", found["url"], auth=None, read=as_bytes)
        return gzip.decompress(content) if found.get("compressionAlgorithm") == "GZIP" else content


def refusal(report: bytes) -> tuple[str, str]:
    """Code and text of the first error in a processing report; empty: there is none."""
    try:
        root = fromstring(report)
    except (ParseError, DefusedXmlException):
        return "unreadable-report", report[:300].decode(errors="replace")
    for result in root.iter("Result"):
        if (result.findtext("ResultCode") or "").strip() == "Error":
            code = (result.findtext("ResultMessageCode") or "").strip()
            return code or "error", (result.findtext("ResultDescription") or "").strip()
    return "", ""

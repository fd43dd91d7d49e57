"""Feeds: what Amazon reads later, and reports upon.

https://developer-docs.amazon.com/sp-api/docs/feeds-api-v2021-06-30-use-case-guide
"""

import gzip
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from services.capture.channels.speaking import utc
from services.hub.effects import PermanentError, ThrottledError, TransientError
from services.hub.http import Answer, Http, as_bytes, as_json

_LATER_S = 60.0
_ENDED = frozenset({"DONE", "FATAL", "CANCELLED"})
_FEEDS = "/feeds/2021-06-30"
_XML = "text/xml; charset=UTF-8"
_MOST = 1_000
_LISTED_S = 120.0
"""A feed that Amazon does not list so long after it may have been handed in was not."""
_CLOCKS = timedelta(minutes=5)
"""How far Amazon's clock may be behind ours."""


@dataclass(slots=True)
class _Handed:
    """How far a feed has come."""

    feed: str = ""
    """Amazon's id of it; empty: it has none yet."""
    sent_at: datetime | None = None
    """When it was handed in without an answer, so that it may be there."""


class Feeds:
    """The feeds of one seller in one marketplace, known by our keys as long as this process runs."""

    def __init__(self, http: Http, marketplace: str) -> None:
        self._http = http
        self._marketplace = marketplace
        self._handed: dict[str, _Handed] = {}
        self._asked: dict[str, datetime] = {}
        """When it was first looked up what nothing is known of: it may have been handed in just before."""

    def of(self, key: str) -> str:
        """The feed that was handed in under this key; empty: none is known."""
        known = self._handed.get(key)
        return known.feed if known else ""

    async def submit(self, key: str, kind: str, content: bytes) -> str:
        """Hand a feed of XML in; its id.

        Raises:
            UnknownError: it may have been handed in.
        """
        handed = self._handed[key] = _Handed()
        if len(self._handed) > _MOST:
            del self._handed[next(iter(self._handed))]
        document: Any = await self._http.send(
            "createFeedDocument", "POST", f"{_FEEDS}/documents", json={"contentType": _XML}, safe=True
        )
        await self._http.send(
            "upload",
            "PUT",
            document["url"],
            content=content,
            headers={"Content-Type": _XML},
            auth=None,
            read=as_bytes,
            safe=True,
        )
        wanted = {
            "feedType": kind,
            "marketplaceIds": [self._marketplace],
            "inputFeedDocumentId": document["feedDocumentId"],
        }
        handed.sent_at = datetime.now(UTC)
        try:
            feed = await self._http.send("createFeed", "POST", f"{_FEEDS}/feeds", json=wanted, read=_feed_id)
        except (PermanentError, TransientError):
            handed.sent_at = None
            raise
        handed.feed, handed.sent_at = feed, None
        return feed

    async def may_be_there(self, key: str, kind: str, since: datetime | None) -> bool:
        """Whether a feed that is not known to be ours may be the one of this key, which was wanted at that moment.

        What Amazon lists of a feed does not tell whose it is: only that there is none is certain.

        Raises:
            ThrottledError: it was handed in too short a while ago for that to be listed.
        """
        handed = self._handed.get(key)
        if handed is not None and (handed.feed or handed.sent_at is None):
            return False
        sent_at = handed.sent_at if handed else None
        now = datetime.now(UTC)
        wait_s = _LISTED_S - (now - (sent_at or self._asked.setdefault(key, now))).total_seconds()
        if len(self._asked) > _MOST:
            del self._asked[next(iter(self._asked))]
        if wait_s > 0:
            msg = f"{self._http.adapter}: whether a feed was handed in is listed later"
            raise ThrottledError(msg, wait_s)
        ours = {one.feed for one in self._handed.values()}
        found = await self._listed(kind, sent_at or since)
        self._asked.pop(key, None)
        if found <= ours:
            self._handed[key] = _Handed()
        return not found <= ours

    async def _listed(self, kind: str, since: datetime | None) -> set[str]:
        """Feeds of a kind that were created since; of the last 90 days, if it is not known since when."""
        asked = {"feedTypes": kind, "marketplaceIds": self._marketplace, "pageSize": "100"}
        if since is not None:
            asked["createdSince"] = utc(since - _CLOCKS)
        found: set[str] = set()
        while True:
            page: Any = await self._http.send("getFeeds", "GET", f"{_FEEDS}/feeds", params=asked)
            found |= {str(one["feedId"]) for one in page["feeds"]}
            if not page.get("nextToken"):
                return found
            asked = {"nextToken": page["nextToken"]}

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


def _feed_id(answer: Answer) -> str:
    return str(as_json(answer)["feedId"])


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
    if any((one.text or "0").strip() != "0" for one in root.iter("MessagesWithError")):
        return "error", "the report does not say why"
    return "", ""

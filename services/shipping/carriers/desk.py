"""The desk where labels and manifests are made: their documents are in the object store before they are facts."""

from collections.abc import Awaitable, Callable, Mapping

from crossdock_contracts.labels import LabelObject, Parcel
from services.hub.effects import TransientError, UnknownError
from services.shipping.carriers import Answer, BuyLabel, CarrierAdapter, Label, Manifested
from services.shipping.carriers.answers import ManifestKept

BUCKET = "labels"

Put = Callable[[str, bytes], Awaitable[str]]
"""Stores an object under a name; returns its SHA-256 as hexadecimal digits."""
Kept = Parcel | ManifestKept | Answer
"""What comes back: labels and manifests with where their documents are stored, other answers as they are."""


def following(account: str) -> str:
    """The name under which an account is asked where parcels are."""
    return f"{account}-track"


class AskDesk:
    """A carrier as it is asked for what changes nothing, under a name, and so within limits, of its own."""

    def __init__(self, name: str, call: Callable[[str, str, object], Awaitable[object]]) -> None:
        self.name = name
        self._call = call

    async def call(self, operation: str, key: str, request: object) -> object:
        """Ask it."""
        return await self._call(operation, key, request)

    async def look_up(self, operation: str, key: str, request: object) -> None:
        """Nothing: it is asked again."""


class LabelDesk:
    """A carrier whose labels and manifests are kept."""

    def __init__(self, carrier: CarrierAdapter, put: Put) -> None:
        self.name = carrier.name
        self._carrier = carrier
        self._put = put

    async def call(self, operation: str, key: str, request: object) -> Kept:
        """Do what is asked; a bought label comes back as a parcel, its documents stored.

        Raises:
            TransientError, PermanentError: as the carrier says.
            UnknownError: so says the carrier, or the label was bought and could not be stored: it is to be looked up.
        """
        answer = await self._carrier.call(operation, key, request)
        try:
            return await self._kept(key, request, answer)
        except TransientError as error:
            msg = f"{self.name}: {key} was done, and its documents were not stored: {error}"
            raise UnknownError(msg) from error

    async def look_up(self, operation: str, key: str, request: object) -> Kept | None:
        """What was answered under this key before; none if the carrier never heard of it.

        Raises:
            TransientError: it cannot be looked up just now.
        """
        answer = await self._carrier.look_up(operation, key, request)
        return None if answer is None else await self._kept(key, request, answer)

    async def close(self) -> None:
        """Have the carrier's adapter give up its connections, if it has any."""
        close = getattr(self._carrier, "close", None)
        if close is not None:
            await close()

    async def _kept(self, key: str, request: object, answer: Answer) -> Kept:
        if isinstance(answer, Manifested):
            return ManifestKept(
                number=answer.manifest_id,
                tracking_numbers=answer.tracking_numbers,
                documents=await self._stored(key, answer.documents),
            )
        if not isinstance(answer, Label) or not isinstance(request, BuyLabel):
            return answer
        return Parcel(
            parcel_id=f"{request.reference}/{request.parcel}",
            carrier=request.carrier,
            service=request.service,
            tracking_number=answer.tracking_number,
            weight_g=request.weight_g,
            cost=answer.cost,
            label=await self._stored(key, answer.documents),
            handle=answer.handle,
        )

    async def _stored(self, key: str, documents: Mapping[str, bytes]) -> tuple[LabelObject, ...]:
        return tuple(
            [
                LabelObject(
                    format=name.rpartition(".")[2],
                    bucket=BUCKET,
                    name=f"{key}.{name}",
                    size_bytes=len(content),
                    sha256=await self._put(f"{key}.{name}", content),
                )
                for name, content in documents.items()
            ]
        )

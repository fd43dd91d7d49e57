"""What every contract and value is: frozen, tolerant of unknown fields, plain JSON."""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal, Protocol, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import core_schema

from crossdock_contracts import registry

Kind = Literal["evt", "cmd"]


_MOST_PROBLEMS = 10


class _Utc:
    """Has pydantic see to it that a moment is in UTC, without a call into Python for each."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        del source, handler
        return core_schema.datetime_schema(tz_constraint=0)


Utc = Annotated[datetime, _Utc]
"""A moment in UTC, written as RFC 3339; other offsets are refused."""


MOST = 10**15
"""No number that comes from outside is larger: every reader of JSON keeps it, and sums of many, to the last digit."""
_YEARS = range(1900, 2200)
_NO_DAY = f"no day of business is before {_YEARS.start} or after {_YEARS.stop - 1}"


def _in_utc(moment: datetime) -> datetime:
    if moment.year not in _YEARS:
        raise ValueError(_NO_DAY)
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment with any offset, kept in UTC: for what comes from outside."""

LONGEST_ID = 512
Id = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_ID)]
"""An identifier as its source wrote it: any characters, 1 to 512 of them."""

Owner = Annotated[str, StringConstraints(min_length=1, max_length=64)]
"""The merchant, or the client of a third-party logistics provider, that a thing belongs to."""


class Value(BaseModel):
    """A frozen value inside a contract. Unknown fields are ignored, so that newer senders are understood."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    def __eq__(self, other: object) -> bool:
        # pydantic's own comparison costs six times this, and encoding compares each part with its default
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))


class Contract(Value):
    """One message type in one major version.

    Subclasses name themselves: ``class OrderCapturedV1(Event, service="capture", name="order-captured",
    version=1, entity="order_id")``. ``entity`` is the field whose value, within the owner, the message is about.
    """

    SERVICE: ClassVar[str] = ""
    KIND: ClassVar[Kind]
    NAME: ClassVar[str] = ""
    VERSION: ClassVar[int] = 0
    ENTITY: ClassVar[str] = ""
    TYPE: ClassVar[str] = ""
    """Type without the version, for instance ``capture.evt.order-captured``."""

    owner: Owner
    """Whose message this is; nothing of one owner reaches another."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__()  # the name of the message is taken once pydantic has built the class, below

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__()
        if not kwargs:
            return
        cls.SERVICE, cls.NAME = kwargs["service"], kwargs["name"]
        cls.VERSION, cls.ENTITY = kwargs["version"], kwargs["entity"]
        cls.TYPE = f"{cls.SERVICE}.{cls.KIND}.{cls.NAME}"
        registry.register(cls)

    @classmethod
    def decode(cls, body: bytes | str) -> Self:
        """Read one message body.

        Raises:
            pydantic.ValidationError: the body is not JSON or not this contract; the error names each field.
        """
        message: Self = cls.__pydantic_validator__.validate_json(body)
        return message

    def encode(self) -> bytes:
        """This message as JSON, the body that goes over the wire.

        Fields that have their default are left out, which halves an order; the JSON Schema names the defaults, and a
        default never changes within a major version.
        """
        return self.__pydantic_serializer__.to_json(self, exclude_defaults=True)

    @property
    def entity(self) -> str:
        """Identifier, within the owner, of what the message is about."""
        return str(getattr(self, self.ENTITY))


class Event(Contract):
    """What a service says happened: a past-tense fact."""

    KIND: ClassVar[Kind] = "evt"


class Command(Contract):
    """What somebody outside asks of a service, through its inbox."""

    KIND: ClassVar[Kind] = "cmd"

    @model_validator(mode="after")
    def _can_be_reckoned_with(self) -> Self:
        _check(self)
        return self


def _check(value: object) -> None:
    """See that numbers and moments can be reckoned with, wherever they stand."""
    match value:
        case str() | None:
            return  # most are
        case BaseModel():
            for part in value.__dict__.values():
                _check(part)
        case tuple() | list():
            for part in value:
                _check(part)
        case dict():
            for part in value.values():
                _check(part)
        case int() if abs(value) > MOST:
            msg = f"{str(value)[:40]} is more than anybody has: numbers go up to {MOST}"
            raise ValueError(msg)
        case datetime() if value.year not in _YEARS:
            raise ValueError(_NO_DAY)


class AboutOrder(Protocol):
    """Any message about one order."""

    @property
    def owner(self) -> str:
        """Whose order it is."""

    @property
    def order_id(self) -> str:
        """Which order, within the owner."""


def explain(error: ValidationError) -> str:
    """A validation error as paths and reasons, the first few.

    A list that is too short only because entries of it are wrong is not told: the entries are.
    """
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    deeper = {problem["loc"][:depth] for problem in problems for depth in range(len(problem["loc"]))}
    problems = [one for one in problems if one["type"] != "too_short" or one["loc"] not in deeper]
    shown = [f"{path(problem['loc'])}: {problem['msg']}" for problem in problems[:_MOST_PROBLEMS]]
    left = len(problems) - len(shown)
    return "; ".join(shown) + (f"; and {left} more" if left else "")


def path(location: tuple[Any, ...]) -> str:
    """A JSON path such as ``$.lines[0].quantity``."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)

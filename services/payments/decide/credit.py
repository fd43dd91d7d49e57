"""Terms: what a customer orders on account counts against their limit until it is paid.

An order uses the limit from when its money is made sure of: first as ordered, and once it ships as owed.
"""

from datetime import datetime

from crossdock_contracts.base import Event
from crossdock_contracts.capture import CustomersMergedV1
from crossdock_contracts.payments import AccountChangedV1, ReceivePaymentV1, SetCreditLimitV1
from services.hub.decision import Decision, States, changed
from services.payments.state import Account, Book, Payment

ACCOUNT = "account"
"""What stands for a gateway where a customer pays on terms."""
_MOST_STEPS = 8
"""Accounts that lead to one another, after as many merges."""
_REFERENCES = 200
"""Payments whose references are remembered."""


def account_of(states: States, owner: str, customer_id: str) -> Account:
    """The account that a customer's id stands for today; an empty one where there is none."""
    found = states.get(Account, owner, customer_id) or Account(owner=owner, customer_id=customer_id)
    for _ in range(_MOST_STEPS):
        if not found.same_as:
            break
        customer_id = found.same_as
        found = states.get(Account, owner, customer_id) or Account(owner=owner, customer_id=customer_id)
    return found


def book_of(account: Account, currency: str) -> Book:
    """The account's book in a currency; an empty one without limit where there is none."""
    return account.books.get(currency) or Book()


def refusal_of(states: States, payment: Payment, amount_minor: int) -> str:
    """Why an order is beyond its customer's limit; empty where it is not."""
    if not payment.customer_id:
        return ""
    book = book_of(account_of(states, payment.owner, payment.customer_id), payment.currency)
    if book.room_minor is None or amount_minor <= book.room_minor:
        return ""
    return (
        f"{amount_minor} {payment.currency} minor units are ordered on terms, {max(0, book.room_minor)} are left of "
        f"the limit of {book.limit_minor} ({book.ordered_minor} ordered, {book.owed_minor} owed)"
    )


def booked(
    states: States, payment: Payment, now: datetime, reason: str, *, ordered: int = 0, owed: int = 0
) -> Decision:
    """Have an order change what its customer has open; ``ordered`` stays with the order as well."""
    payment = changed(payment, on_account_minor=payment.on_account_minor + ordered)
    decision = Decision(writes=[payment])
    if not payment.customer_id or not (ordered or owed):
        return decision
    account = account_of(states, payment.owner, payment.customer_id)
    book = book_of(account, payment.currency)
    book = changed(book, ordered_minor=book.ordered_minor + ordered, owed_minor=book.owed_minor + owed)
    return decision.and_then(_kept(account, payment.currency, book, reason, payment.order_id, now))


def _kept(
    account: Account, currency: str, book: Book, reason: str, reference: str, now: datetime, by: str = ""
) -> Decision:
    event = AccountChangedV1(
        owner=account.owner,
        customer_id=account.customer_id,
        currency=currency,
        limit_minor=book.limit_minor,
        ordered_minor=book.ordered_minor,
        owed_minor=book.owed_minor,
        reason=reason,
        reference=reference,
        changed_at=now,
        changed_by=by,
    )
    return Decision(writes=[changed(account, books={**account.books, currency: book})], events=[event])


def set_limit(states: States, message: SetCreditLimitV1, now: datetime) -> Decision:
    """Somebody says how much a customer may have open."""
    account = account_of(states, message.owner, message.customer_id)
    book = changed(book_of(account, message.currency), limit_minor=message.limit_minor)
    return _kept(account, message.currency, book, "limit-set", message.set_by, now, message.set_by)


def receive_payment(states: States, message: ReceivePaymentV1, now: datetime) -> Decision:
    """A customer has paid."""
    account = account_of(states, message.owner, message.customer_id)
    currency, amount = message.amount.currency, message.amount.amount_minor
    book = book_of(account, currency)
    if amount <= 0:
        return Decision.refused(message, "no-payment", f"{amount} is no payment; what a customer gets back is a refund")
    if message.reference and message.reference in book.references:
        return Decision.refused(
            message, "booked-already", f"payment {message.reference} of {message.customer_id} is booked"
        )
    references = (*book.references, message.reference)[-_REFERENCES:] if message.reference else book.references
    book = changed(book, owed_minor=book.owed_minor - amount, references=references)
    return _kept(account, currency, book, "paid", message.reference, now, message.received_by)


def merge_accounts(states: States, message: CustomersMergedV1, now: datetime) -> Decision:
    """Two customers are one: what both have open is one account's, under the limit of the one that stays, if it has."""
    kept = account_of(states, message.owner, message.customer_id)
    gone = account_of(states, message.owner, message.merged_id)
    if gone.customer_id == kept.customer_id:
        return Decision.nothing()
    events: list[Event] = []
    for currency, book in gone.books.items():
        mine = book_of(kept, currency)
        merged = changed(
            mine,
            limit_minor=book.limit_minor if mine.limit_minor is None else mine.limit_minor,
            ordered_minor=mine.ordered_minor + book.ordered_minor,
            owed_minor=mine.owed_minor + book.owed_minor,
            references=(*mine.references, *book.references)[-_REFERENCES:],
        )
        step = _kept(kept, currency, merged, "customers-merged", gone.customer_id, now)
        events += step.events
        kept = changed(kept, books={**kept.books, currency: merged})
    gone = changed(gone, same_as=kept.customer_id, books={})
    return Decision(writes=[gone, *([kept] if events else [])], events=events)

"""The ledger as everybody uses it, and the only door to the storage: open, read, take a turn, append, prove."""

from ledger.book.ledger import Ledger as Ledger
from ledger.storage.receipt import Receipt as Receipt

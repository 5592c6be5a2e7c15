"""The ledger as everybody uses it, and the only door to the storage: open, read, take a turn, append, prove."""

from ledger.book.ledger import Ledger as Ledger
from ledger.storage.location import is_url as is_url
from ledger.storage.location import masked as masked
from ledger.storage.location import shown as shown
from ledger.storage.location import whereabouts as whereabouts
from ledger.storage.receipt import Receipt as Receipt

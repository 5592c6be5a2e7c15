"""Copies of the record outside its ledger: lines in a folder or alone, a bundle, a dossier, tiles; read as they lie."""

from ledger.copies.copy import Copy as Copy
from ledger.copies.form import Form as Form
from ledger.copies.form import form_of as form_of
from ledger.copies.lines import Withheld as Withheld
from ledger.copies.opening import PrivateFolder as PrivateFolder
from ledger.copies.opening import open_copy as open_copy

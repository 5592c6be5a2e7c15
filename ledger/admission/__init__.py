"""Whether one entry may stand at its place in the log: the one judgement that append and verify share."""

from ledger.admission.judge import problems as problems
from ledger.admission.problem import Problem as Problem
from ledger.admission.signatures import check_signatures as check_signatures
from ledger.admission.signatures import signing_keys as signing_keys
from ledger.admission.view import Named as Named
from ledger.admission.view import View as View
from ledger.admission.view import log_time as log_time

"""What an inspector asks of a ledger: everything derived again from the stored bytes, and every difference named."""

from ledger.verify.anchoring import Outside as Outside
from ledger.verify.report import Finding as Finding
from ledger.verify.report import FirstBad as FirstBad
from ledger.verify.report import Report as Report
from ledger.verify.report import Verdict as Verdict
from ledger.verify.since import Verified as Verified
from ledger.verify.source import Source as Source
from ledger.verify.whole import Rebuild as Rebuild
from ledger.verify.whole import examine as examine
from ledger.verify.whole import verify as verify
from ledger.verify.whole import verify_path as verify_path

"""What vouches for the log from outside: the newest head that was seen of it, and the proof of two histories."""

from ledger.anchors.fork import Fork as Fork
from ledger.anchors.fork import check_fork as check_fork
from ledger.anchors.fork import fork_of as fork_of
from ledger.anchors.fork import parse_fork as parse_fork
from ledger.anchors.heads import Heads as Heads
from ledger.anchors.heads import Opener as Opener
from ledger.anchors.heads import opener as opener
from ledger.anchors.heads import opener_by as opener_by
from ledger.anchors.kept import LastSeen as LastSeen
from ledger.anchors.standing import Standing as Standing
from ledger.anchors.standing import compare as compare

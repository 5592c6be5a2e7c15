"""Who held which key and role, what was delegated, revoked and doubted, as a fold over the log.

A roster folded from the entries before position p answers for p: authority is judged by position, and a
delegation also by the time the act is said to have happened.
"""

from ledger.course.people.delegations import Delegation as Delegation
from ledger.course.people.disputes import Doubt as Doubt
from ledger.course.people.folding import completes as completes
from ledger.course.people.folding import evolve as evolve
from ledger.course.people.folding import fold as fold
from ledger.course.people.quorum import beside as beside
from ledger.course.people.quorum import reaches_back as reaches_back
from ledger.course.people.quorum import too_few as too_few
from ledger.course.people.roster import Key as Key
from ledger.course.people.roster import Person as Person
from ledger.course.people.roster import Policy as Policy
from ledger.course.people.roster import Roster as Roster

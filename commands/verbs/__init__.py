"""Every write command and its options, once: the command line and scenario files read the same table."""

from commands.options import Reading as Reading
from commands.verbs.build import VERBS as VERBS
from commands.verbs.build import build as build
from commands.verbs.verb import COMMON as COMMON
from commands.verbs.verb import Verb as Verb

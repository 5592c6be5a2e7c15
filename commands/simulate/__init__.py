"""Plays a scripted trial on a throw-away ledger with real signatures, and says what came out otherwise."""

from commands.simulate.play import run
from commands.simulate.result import Result, StepResult
from commands.simulate.written import expand

__all__ = ["Result", "StepResult", "expand", "run"]

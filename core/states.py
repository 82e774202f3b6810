"""State machines as tables: one table beside the enum, checked here and by a database trigger alike."""

from collections.abc import Collection, Mapping

# From each state to the states it may move to; a state that ends the life maps to nothing.
Transitions = Mapping[str, Collection[str]]


class TransitionRefused(Exception):
    """The table has no step between the two states."""


def check_transition(table: Transitions, from_state: str, to_state: str, *, what: str = "This") -> None:
    """Pass if the table allows the step. `what` names the thing in the message ("Run 12").

    Raises TransitionRefused, saying which steps there are.
    """
    allowed = sorted(str(state) for state in table.get(from_state, ()))
    if str(to_state) in allowed:
        return
    if str(from_state) not in states(table):
        way_out = "that is no state it can be in"
    elif not allowed:
        way_out = "that is the end of its life"
    else:
        way_out = "from there it can become " + " or ".join(_in_words(state) for state in allowed)
    raise TransitionRefused(
        f"{what} is {_in_words(from_state)} and cannot become {_in_words(to_state)}: {way_out}."
    )


def can_transition(table: Transitions, from_state: str, to_state: str) -> bool:
    """Tell whether the table allows the step."""
    return str(to_state) in {str(state) for state in table.get(from_state, ())}


def states(table: Transitions) -> set[str]:
    """Give every state that the table names, on either side."""
    return {str(state) for state in table} | {str(state) for onward in table.values() for state in onward}


def reachable(table: Transitions, start: str) -> set[str]:
    """Give every state that can be reached from `start`, itself included."""
    found, waiting = {str(start)}, [str(start)]
    while waiting:
        for state in table.get(waiting.pop(), ()):
            if str(state) not in found:
                found.add(str(state))
                waiting.append(str(state))
    return found


def mermaid(name: str, table: Transitions) -> str:
    """Draw the table as a Mermaid state diagram; the first state of the table is the beginning."""
    lines = ["---", f"title: {name}", "---", "stateDiagram-v2"]
    ordered = [str(state) for state in table]
    if ordered:
        lines.append(f"    [*] --> {ordered[0]}")
    for from_state, onward in table.items():
        lines.extend(f"    {from_state!s} --> {state}" for state in sorted(str(each) for each in onward))
    ends = sorted(state for state in states(table) if not table.get(state))
    lines.extend(f"    {state} --> [*]" for state in ends)
    return "\n".join(lines) + "\n"


def trigger_arguments(table: Transitions) -> list[str]:
    """Give the table's steps as sorted "FROM>TO" texts, the arguments of the database's guard."""
    return sorted(f"{from_state!s}>{state!s}" for from_state, onward in table.items() for state in onward)


def _in_words(state: str) -> str:
    return str(state).replace("_", " ").lower()

"""How the answer to a fault is judged."""

UNSEEN = ("invisible", "refused")


def verdict(fault, status, causes):
    """How a fault was judged: found, wrong, none, or not to be seen at all."""
    if status in (0, 2):
        return UNSEEN[status // 2]  # where there is no graph at all, what is wrong is said when it is read
    if not causes:
        return "none"
    if isinstance(fault.causes[0], tuple):  # a pair: both are named, and nothing else
        named = all(any(cause in wanted for cause in causes) for wanted in fault.causes)
        return "found" if named and all(any(cause in wanted for wanted in fault.causes) for cause in causes) else "wrong"
    return "found" if causes[0] in fault.causes else "wrong"

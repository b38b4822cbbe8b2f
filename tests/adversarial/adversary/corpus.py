"""All attacks, by family."""

from adversary import between, companions, forged_output, notebooks, processes, reading, silence, sockets, writing
from adversary.attack import Attack

FAMILIES: dict[str, tuple[Attack, ...]] = {
    "Silencing the tests": silence.ATTACKS,
    "Forging outputs": forged_output.ATTACKS,
    "Ending, stopping, outliving, using up": processes.ATTACKS,
    "Reading": reading.ATTACKS,
    "Writing": writing.ATTACKS,
    "Talking": sockets.ATTACKS,
    "Passing on": between.ATTACKS,
    "Broken notebooks": notebooks.ATTACKS,
    "Companion files": companions.ATTACKS,
}
ATTACKS = tuple(attack for family in FAMILIES.values() for attack in family)

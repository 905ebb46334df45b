"""What a sentence holds against people: who is said to have left undone, done wrong, or been what.

Each look is one way English has for it, asked at the words that may open it. All ask for a person, leave
alone what is denied, only supposed, or told with what kept people from it, and say nothing of machines.
"""

from __future__ import annotations

from typing import Final

from pmkit.checks.clauses import PEOPLE, Clauses, Found, find_first, look
from pmkit.checks.reproach import asked, character, done, fault, left_undone, measured

_WORTH_A_LOOK: Final = PEOPLE | {"careless", "lapse", "virtue", "asking"}


def find_reproach(said: Clauses) -> Found | None:
    """The first reproach in a sentence, if there is one."""
    return find_first(said, _LOOKS) if said.kinds & _WORTH_A_LOOK else None


_LOOKS: Final = (
    look("whose fault", "who|whose|which", asked.asks_who),
    look("whose fault", "why|what|how", asked.asks_why),
    look("left undone", "failed|fails|failing|omitted|neglected|omits", left_undone.failed_to),
    look("left undone", "failure|refusal|reluctance|unwillingness", left_undone.failure_to),
    look("measured", "should|ought|could|might|needed", measured.ought_to_have),
    look("measured", "had|if", measured.if_they_had),
    look("left undone", "not|never", left_undone.did_not),
    look("left undone", "job|homework|part|diligence|duty", left_undone.did_not_do_the_job),
    look("left undone", "nobody", left_undone.nobody_cared),
    look("left undone", "without|w/o|instead|rather", left_undone.without_care),
    look("judged", "sin|harm", done.sinned),
    look("judged", "making|leaving|picked", done.chose_wrong),
    look("judged", "misdoing|inexcusable", done.did_badly),
    look("whose fault", "lapse", fault.own_fault),
    look("whose fault", "by", fault.done_by),
    look("whose fault", "cause_word", fault.owing_to),
    look("whose fault", "fault|blame|guilt|responsibility|mistake|this|that", fault.lies_with),
    look("whose fault", "blame|blames|blamed|blaming", fault.blames),
    look("whose fault", "cause|problem|reason|culprit", fault.is_the_cause),
    look("whose fault", "held", fault.held_accountable),
    look("character", "careless", character.careless),
    look("character", "lacking", character.lacking),
    look("character", "not", character.not_careful),
    look("character", "good", character.more_careful),
    look("character", "any|every|even|no|a|an", character.any_other_would),
    look("character", "virtue|ability", character.wanted),
    look("judged", "despite|against|ignoring", done.against_advice),
    look("measured", "told|warned|instructed|asked|reminded|supposed|expected|obliged", done.was_told),
    look("judged", "always|constantly|keeps|keep|kept|never|repeatedly|forever", done.keeps_doing),
    look("judged", "as usual|as always|typical|once again|yet again|typically|always", done.as_usual),
    look("left undone", "because|since", left_undone.because_not),
    look("judged", "wrong|bad|poor|careless|hasty|late|slow", done.wrong_by),
    look("judged", "'s|his|her", done.thing_of_theirs),
    look("measured", "should|must|needs|need|has", measured.has_to_learn),
    look("judged", "thought", done.thought_it_good),
    look("judged", "simply|merely|just", done.just_clicked),
    look("character", "punishing|ask", asked.punishes),
    look("character", "punished", asked.was_punished),
    look("character", "reprimand|rota|rotation|access|permissions|rights|privileges", asked.is_warned),
    look("character", "until|make|ensure|new_here", asked.until_they_learn),
)

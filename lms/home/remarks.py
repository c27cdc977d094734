"""What the facilitators of the demo write to participants, each in the language of the answer. All invented."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lms.assessments.rules.marking import Comment, Marks, Rubric
from lms.courses.rules import ByLanguage

WORDS_QUOTED = 6


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one facilitator thinks of an answer.

    levels: by place in the rubric; fewer than it has criteria while she is at it. remarks: by place too. opening,
    ending: comments on the first and on the last sentence.
    """

    levels: Sequence[int]
    remarks: Sequence[ByLanguage] = ()
    opening: ByLanguage = field(default_factory=dict)
    ending: ByLanguage = field(default_factory=dict)
    feedback: ByLanguage = field(default_factory=dict)

    def marks(self, rubric: Rubric, text: str, language: str) -> Marks:
        """The marks of a text with this rubric."""
        names = [criterion.id for criterion in rubric.criteria]
        sentences = text.rstrip(".").split(". ")
        about = ((self.opening, sentences[0]), (self.ending, sentences[-1]))
        return Marks(
            levels=dict(zip(names, self.levels, strict=False)),
            remarks={name: told[language] for name, told in zip(names, self.remarks, strict=False)},
            comments=tuple(
                Comment(paragraph=1, quote=" ".join(sentence.split(" ")[:WORDS_QUOTED]), text=told[language])
                for told, sentence in about
                if told
            ),
            feedback=self.feedback.get(language, ""),
        )


NAMED_WELL: ByLanguage = {
    "en": "A clear beginning: the text, its date and where it can be read.",
    "fr": "Un début clair : le texte, sa date et l’endroit où on peut le lire.",
    "ar": "بداية واضحة: النص وتاريخه ومكان الاطلاع عليه.",
}
WHO_AND_WHEN: ByLanguage = {
    "en": "Say who would do this, and by when. Then it can be asked for at the table.",
    "fr": "Dites qui le ferait, et pour quand. On peut alors le demander à la table.",
    "ar": "اذكري من يقوم بذلك ومتى. عندئذ يمكن طلبه على الطاولة.",
}
FROM_PROVISIONS: ByLanguage = {
    "en": "The type follows from the provisions you quote, not from the title.",
    "fr": "Le type découle des dispositions que vous citez, et non du titre.",
    "ar": "النوع مستنتج من الأحكام التي استشهدت بها لا من العنوان.",
}
ONE_MORE_STEP: ByLanguage = {
    "en": "The gap is real. One sentence more on whom it reaches would make it stronger.",
    "fr": "La lacune est réelle. Une phrase de plus sur les personnes touchées la rendrait plus forte.",
    "ar": "الثغرة حقيقية. وجملة أخرى عمن تمسه تجعلها أقوى.",
}
TITLE_ONLY: ByLanguage = {
    "en": "Here the title decides. Which provision would you show to somebody who doubts it?",
    "fr": "Ici, c’est le titre qui décide. Quelle disposition montreriez-vous à qui en doute ?",
    "ar": "العنوان هو الذي يحسم هنا. أي حكم ترينه لمن يشك في ذلك؟",
}
TOO_GENERAL: ByLanguage = {
    "en": "Name an act, a place and who suffers it: then the gap can be closed.",
    "fr": "Nommez un acte, un lieu et qui le subit : la lacune peut alors être comblée.",
    "ar": "سمي فعلاً ومكاناً ومن يقع عليه: عندئذ يمكن سد الثغرة.",
}

GOOD = Told(
    levels=(4, 3, 3, 3),
    remarks=(FROM_PROVISIONS, ONE_MORE_STEP),
    opening=NAMED_WELL,
    ending=WHO_AND_WHEN,
    feedback={
        "en": "Thank you for this careful note. You read the provisions and not the title, which is what counts. "
        "For the next one: take your last point one step further and say whom it protects.",
        "fr": "Merci pour cette note soignée. Vous lisez les dispositions et non le titre, et c’est l’essentiel. "
        "Pour la prochaine : menez votre dernier point un pas plus loin et dites qui il protège.",
        "ar": "شكراً على هذه المذكرة المتأنية. لقد قرأت الأحكام لا العنوان، وهذا هو المهم. "
        "وفي المرة القادمة: تقدمي بنقطتك الأخيرة خطوة وقولي من الذي تحميه.",
    },
)
STRONG = Told(
    levels=(4, 4, 3, 4),
    remarks=(FROM_PROVISIONS,),
    opening=NAMED_WELL,
    feedback={
        "en": "A strong note. It holds against the objection, and it could be read out at the table as it stands. "
        "Only the figures still need their source.",
        "fr": "Une note solide. Elle résiste à l’objection et pourrait être lue telle quelle à la table. "
        "Seuls les chiffres attendent encore leur source.",
        "ar": "مذكرة قوية. تصمد أمام الاعتراض ويمكن قراءتها على الطاولة كما هي. ولا ينقص إلا مصدر الأرقام.",
    },
)
NOT_YET = Told(
    levels=(2, 2, 3, 3),
    remarks=(TITLE_ONLY, TOO_GENERAL),
    ending=TOO_GENERAL,
    feedback={
        "en": "Not yet, and you are close. Dates and source are right. Two things are missing: one provision that "
        "decides the type, and one concrete effect of the gap. You may hand in a second version.",
        "fr": "Pas encore, mais vous en êtes proche. Les dates et la source sont exactes. Il manque deux choses : une "
        "disposition qui décide du type, et un effet concret de la lacune. Vous pouvez rendre une deuxième version.",
        "ar": "ليس بعد، لكنك قريبة. التواريخ والمصدر صحيحة. وينقص أمران: حكم يحسم النوع، وأثر ملموس للثغرة. "
        "ويمكنك تسليم نسخة ثانية.",
    },
)
PLAIN = Told(
    levels=(3, 3, 3, 3),
    remarks=(FROM_PROVISIONS,),
    feedback={
        "en": "It meets what was asked: a type with its provision, a real gap and its effect. Well done.",
        "fr": "Ce qui était demandé y est : un type avec sa disposition, une vraie lacune et son effet. Bravo.",
        "ar": "فيها ما طُلب: نوع مع حكمه، وثغرة حقيقية وأثرها. أحسنت.",
    },
)
RETURNED = Told(
    levels=(2, 1, 2, 3),
    remarks=(TITLE_ONLY,),
    feedback={
        "en": "The text ends before it says what is missing. Please add the gap and its effect; the first half can "
        "stay as it is. Nothing is lost, and there is no hurry before the due date.",
        "fr": "Le texte s’arrête avant de dire ce qui manque. Ajoutez la lacune et son effet ; la première moitié peut "
        "rester telle quelle. Rien n’est perdu, et rien ne presse avant la date limite.",
        "ar": "ينتهي النص قبل أن يقول ما الناقص. أضيفي الثغرة وأثرها؛ ويمكن أن يبقى النصف الأول كما هو. "
        "لم يضع شيء، ولا داعي للعجلة قبل الموعد.",
    },
)
BEGUN = Told(levels=(3,), remarks=(FROM_PROVISIONS,), opening=NAMED_WELL)
ALL_FINISHED = (GOOD, GOOD, STRONG, NOT_YET, PLAIN, PLAIN, PLAIN)
"""As often as they come in a large cohort."""

REASON = "The line in her district is cut on most evenings; two more weeks, agreed with the coordinator."

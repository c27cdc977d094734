"""A small sound pack in three languages, and ways to spoil it."""

from collections.abc import Mapping
from pathlib import Path

from lms.content.pack import Pack

LESSON_EN = """\
---
id: m1-words
title: What the words mean
minutes: 8
safety: false
sources:
  - id: guidance
    title: Guidance on Mediation
    publisher: A publisher
    published: 2022-09-14
    url: https://example.org/guidance
    checked: 2026-11-01
    review: 2027-11-01
  - id: regulations
    title: Regulations of war on land
    publisher: Another publisher
    published: 1907
    note: article 36
    checked: 2026-11-01
    review: 2027-11-01
terms: [armistice, ceasefire]
---

{#start}
A draft lies on the table. It uses the word [ceasefire](term:ceasefire)
and cites a source.[](source:guidance)

## One word {#word}

{#word-law}
No treaty defines it.[](source:guidance) An [Armistice](term:armistice) is **older**.[](source:regulations)

![](figure:three-designs)

{#word-list}
- one thing
- another thing

### A closer look {#closer}

{#word-table}
| Word | Purpose |
|---|---|
| Truce | a break |
| Pause | relief |

{#word-said}
> Somebody said so.
"""

LESSON_FR = (
    LESSON_EN.replace("title: What the words mean", "title: Ce que disent les mots")
    .replace("A draft lies on the table. It uses the word", "Un projet est sur la table. Il dit")
    .replace("One word", "Un mot")
    .replace("article 36", "article 36 du règlement")
)
LESSON_AR = (
    LESSON_EN.replace("title: What the words mean", "title: ما معنى الكلمات")
    .replace("A draft lies on the table. It uses the word", "مسودة على الطاولة")
    .replace("One word", "كلمة واحدة")
)

COURSE = """\
id: small-course
languages:
  required: [en, fr, ar]
  allowed: [es]
title: {en: "A course", fr: "Un cours", ar: "دورة"}
summary: {en: "Two modules.", fr: "Deux modules.", ar: "وحدتان."}
naming: alias
address: {ar: feminine}
completion:
  activities_percent: 80
  simulation: true
"""

MODULE_1 = """\
id: m1
title: {en: "What it is", fr: "Ce que c’est", ar: "ما هو"}
summary: {en: "The words.", fr: "Les mots.", ar: "الكلمات."}
objectives:
  - {en: "Tell words apart.", fr: "Distinguer les mots.", ar: "تمييز الكلمات."}
lessons: [m1-words]
"""

MODULE_2 = """\
id: m2
title: {en: "Later", fr: "Plus tard", ar: "لاحقا"}
summary: {en: "Being written.", fr: "En cours.", ar: "قيد الكتابة."}
lessons: []
"""

GLOSSARY = """\
id,term_en,term_fr,term_ar,definition_en,definition_fr,definition_ar
armistice,armistice,armistice,اتفاق هدنة,"Stops war, by agreement.",Suspend la guerre.,يعلق الحرب.
ceasefire,ceasefire,cessez-le-feu,وقف إطلاق النار,Stops fire.,Arrête le feu.,يوقف النار.
"""

DRAWING = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 28 480 230">
<g fill="none" stroke="currentColor">
<path d="M6 162h150v46H6z" opacity=".2"/>
</g>
<g fill="currentColor" font-size="17">
<rect x="10" y="30" width="5" height="5"/>
<text x="81" y="191" data-label="stop" text-anchor="middle"></text>
<text x="100" y="230" data-label="start"></text>
</g>
</svg>
"""

FIGURE = """\
id: three-designs
alt: {en: "A box & a dot.", fr: "Une boîte et un point.", ar: "مربع ونقطة."}
caption: {en: "What it shows.", fr: "Ce qu’on voit.", ar: "ما يظهر."}
mirror: true
labels:
  stop: {en: "stop <now>", fr: "arrêt", ar: "توقف"}
  start: {en: "start", fr: "début", ar: "بداية"}
"""

ITEMS = """\
items:
  - id: m1-q1
    type: single
    text: {en: "Which?", fr: "Lequel ?", ar: "أيها؟"}
    options:
      - {id: a, text: {en: "This", fr: "Ceci", ar: "هذا"}}
      - {id: b, text: {en: "That", fr: "Cela", ar: "ذاك"}}
    key: a
    feedback: {en: "This one.", fr: "Celui-ci.", ar: "هذا."}
  - id: m1-q2
    type: short
    text: {en: "Name it.", fr: "Nommez-le.", ar: "سمه."}
    accepted:
      - {en: ["ceasefire"], fr: ["cessez-le-feu"], ar: ["وقف إطلاق النار"]}
  - id: m1-q3
    type: number
    text: {en: "How many?", fr: "Combien ?", ar: "كم؟"}
    key: 16.7
    tolerance: 0.1
  - id: m1-q4
    type: open
    text: {en: "Write.", fr: "Écrivez.", ar: "اكتبي."}
    words: {min: 150, max: 200}
    rubric: m1-r1
"""

RUBRICS = """\
rubrics:
  - id: m1-r1
    criteria:
      - {id: type, weight: 60, title: {en: "Type", fr: "Type", ar: "النوع"}}
      - {id: safety, weight: 40, safety: true, title: {en: "Safety", fr: "Sécurité", ar: "السلامة"}}
"""

TASKS = """\
tasks:
  - id: m1-words-check
    kind: checkpoint
    lesson: m1-words
    item: m1-q1
  - id: m1-quiz
    kind: quiz
    title: {en: "A quiz", fr: "Un questionnaire", ar: "اختبار"}
    items: [m1-q2, m1-q3]
    graded: true
    attempts: 3
    feedback: close
  - id: m1-memo
    kind: assignment
    title: {en: "A memo", fr: "Une note", ar: "مذكرة"}
    item: m1-q4
"""

M1 = "modules/01-what-it-is"
EN, FR, AR = (f"{M1}/lessons/01-words.{language}.md" for language in ("en", "fr", "ar"))
FILES: Mapping[str, str] = {
    "course.yaml": COURSE,
    "glossary.csv": GLOSSARY,
    f"{M1}/module.yaml": MODULE_1,
    EN: LESSON_EN,
    FR: LESSON_FR,
    AR: LESSON_AR,
    f"{M1}/figures/three-designs.svg": DRAWING,
    f"{M1}/figures/three-designs.yaml": FIGURE,
    f"{M1}/items.yaml": ITEMS,
    f"{M1}/rubrics.yaml": RUBRICS,
    f"{M1}/tasks.yaml": TASKS,
    "modules/02-later/module.yaml": MODULE_2,
}


def pack(files: Mapping[str, str] = FILES) -> Pack:
    """The files as a pack in memory."""
    return Pack(files={path: text.encode() for path, text in files.items()})


def changed(path: str, old: str, new: str, files: Mapping[str, str] = FILES) -> dict[str, str]:
    """The files with one text replaced at its first place."""
    assert old in files[path], f"{old!r} does not stand in {path}"
    return {**files, path: files[path].replace(old, new, 1)}


def in_every_language(old: str, new: str) -> dict[str, str]:
    """The files with a text of the lesson replaced in all its languages."""
    files = dict(FILES)
    for path in (EN, FR, AR):
        files = changed(path, old, new, files)
    return files


def write(folder: Path, files: Mapping[str, str] = FILES) -> Path:
    """The files in a folder."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
    return folder
